/* book.js - the theme, the contents on a phone, the answers, copying, the search.
 * The pages can be read without it. */
(function () {
	'use strict';
	var root = document.documentElement;

	function get(id) { return document.getElementById(id); }
	function all(css) { return Array.prototype.slice.call(document.querySelectorAll(css)); }
	function keep(key, value) { try { localStorage.setItem(key, value); } catch (e) { /* a folder may have no storage */ } }
	function kept(key) { try { return localStorage.getItem(key); } catch (e) { return null; } }

	/* ---- dark and light ---- */

	function dark() {
		if (root.dataset.theme) return root.dataset.theme === 'dark';
		return matchMedia('(prefers-color-scheme: dark)').matches;
	}
	if (get('theme')) get('theme').addEventListener('click', function () {
		root.dataset.theme = dark() ? 'light' : 'dark';
		keep('theme', root.dataset.theme);
	});

	/* ---- contents ---- */

	var menu = get('menu'), contents = get('contents');
	function openMenu(open) {
		contents.classList.toggle('open', open);
		menu.setAttribute('aria-expanded', String(open));
	}
	if (menu) {
		menu.addEventListener('click', function () { openMenu(!contents.classList.contains('open')); });
		contents.addEventListener('click', function (e) { if (e.target.closest('a')) openMenu(false); });
	}

	/* The section that is being read is marked in the contents. */
	function follow() {
		var links = {}, seen = [];
		all('#contents a[href^="#"]').forEach(function (a) { links[a.getAttribute('href').slice(1)] = a; });
		var heads = all('article h2[id]').filter(function (h) { return links[h.id]; });
		function mark() {
			var here = null;
			heads.forEach(function (h) { if (h.getBoundingClientRect().top < 160) here = h; });
			if (here === seen[0]) return;
			seen = [here];
			Object.keys(links).forEach(function (id) { links[id].classList.toggle('here', Boolean(here) && here.id === id); });
			if (here && contents.scrollHeight > contents.clientHeight) {
				var a = links[here.id], top = a.offsetTop;
				if (top < contents.scrollTop + 40 || top > contents.scrollTop + contents.clientHeight - 80)
					contents.scrollTop = top - contents.clientHeight / 2;
			}
		}
		addEventListener('scroll', mark, { passive: true });
		mark();
	}
	if (contents) follow();
	var current = document.querySelector('#contents a[aria-current]');
	if (current && current.offsetTop > contents.clientHeight) contents.scrollTop = current.offsetTop - 80;

	/* ---- answers ---- */

	var button = get('answers'), folds = all('details.answer');
	function showAnswers(show) {
		folds.forEach(function (d) { d.open = show; });
		button.setAttribute('aria-pressed', String(show));
		button.querySelector('span').textContent = show ? 'Hide ' : 'Show ';
	}
	if (button && folds.length) {
		button.hidden = false;
		if (kept('answers') === 'shown') showAnswers(true);
		button.addEventListener('click', function () {
			var show = button.getAttribute('aria-pressed') !== 'true';
			showAnswers(show);
			keep('answers', show ? 'shown' : '');
		});
	}
	/* On paper there is nothing to open. */
	addEventListener('beforeprint', function () {
		folds.forEach(function (d) { d.dataset.was = d.open ? 'open' : ''; d.open = true; });
	});
	addEventListener('afterprint', function () {
		folds.forEach(function (d) { d.open = d.dataset.was === 'open'; });
	});

	/* ---- copying: of a console block, the commands alone ---- */

	function textOf(pre) {
		var commands = pre.querySelectorAll('.cmd');
		if (!commands.length) return pre.querySelector('code').textContent;
		return Array.prototype.map.call(commands, function (c) { return c.textContent; }).join('\n') + '\n';
	}
	function addCopy(pre) {
		var copy = document.createElement('button');
		copy.type = 'button';
		copy.className = 'copy';
		copy.textContent = 'Copy';
		copy.addEventListener('click', function () {
			navigator.clipboard.writeText(textOf(pre)).then(function () {
				copy.textContent = 'Copied';
				setTimeout(function () { copy.textContent = 'Copy'; }, 1500);
			}, function () { copy.textContent = 'Refused'; });
		});
		pre.appendChild(copy);
	}
	if (navigator.clipboard) all('pre.try, pre.console, pre.sourceCode').forEach(addCopy);

	/* What scrolls sideways can be reached by keys. */
	all('pre, .scroll').forEach(function (box) {
		if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
	});

	/* ---- search ---- */

	var input = get('q'), found = get('found'), form = get('search');

	/* The index is loaded when somebody looks for something, once. */
	var asked = false;
	function load() {
		if (asked) return;
		asked = true;
		var script = document.createElement('script');
		script.src = 'search-index.js';
		script.onload = search;
		document.head.appendChild(script);
	}

	/* Every word must be somewhere in the section; in a title it counts for more,
	 * and as a word of its own for more than inside another. */
	function score(section, words) {
		var title = section.t.toLowerCase(), text = section.x.toLowerCase(), sum = 0, i, word, at;
		for (i = 0; i < words.length; i++) {
			word = words[i];
			at = text.indexOf(word);
			if (title.indexOf(word) >= 0) sum += 50;
			else if (at < 0) return 0;
			if (at >= 0) sum += Math.min(text.split(word).length - 1, 10) + (/\w/.test(text.charAt(at + word.length)) ? 0 : 5);
		}
		return sum;
	}

	function marked(text, words, into) {
		var lower = text.toLowerCase(), at = 0, next, word;
		for (;;) {
			next = -1;
			words.forEach(function (w) {
				var i = lower.indexOf(w, at);
				if (i >= 0 && (next < 0 || i < next)) { next = i; word = w; }
			});
			if (next < 0) break;
			into.appendChild(document.createTextNode(text.slice(at, next)));
			var m = document.createElement('mark');
			m.textContent = text.slice(next, next + word.length);
			into.appendChild(m);
			at = next + word.length;
		}
		into.appendChild(document.createTextNode(text.slice(at)));
	}

	function excerpt(section, words) {
		var at = -1, lower = section.x.toLowerCase();
		words.forEach(function (w) { if (at < 0) at = lower.indexOf(w); });
		var from = Math.max(0, at - 70), cut = section.x.slice(from, from + 190);
		return (from > 0 ? '… ' : '') + cut + (from + 190 < section.x.length ? ' …' : '');
	}

	function show(words) {
		var hits = window.bookIndex.map(function (s) { return { s: s, n: score(s, words) }; })
			.filter(function (h) { return h.n > 0; })
			.sort(function (a, b) { return b.n - a.n; });
		found.textContent = '';
		var count = document.createElement('p');
		count.textContent = hits.length ? hits.length + (hits.length === 1 ? ' section' : ' sections') : 'Nothing has all of these words.';
		found.appendChild(count);
		hits.slice(0, 30).forEach(function (h) {
			var a = document.createElement('a'), b = document.createElement('b'), span = document.createElement('span');
			a.href = h.s.p + '.html' + (h.s.s ? '#' + h.s.s : '');
			b.textContent = (h.s.t === h.s.n ? '' : h.s.n + ' › ') + h.s.t;
			marked(excerpt(h.s, words), words, span);
			a.appendChild(b);
			a.appendChild(span);
			a.addEventListener('click', function () { close(); });
			found.appendChild(a);
		});
		found.hidden = false;
	}

	function close() { if (found) found.hidden = true; }

	function search() {
		var words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
		if (!words.length || words.join('').length < 2) { close(); return; }
		if (window.bookIndex) show(words); else load();
	}

	if (form) {
		input.addEventListener('input', search);
		input.addEventListener('focus', search);
		form.addEventListener('submit', function (e) {
			e.preventDefault();
			var first = found.querySelector('a');
			if (first && !found.hidden) first.click();
		});
		document.addEventListener('click', function (e) {
			if (!found.contains(e.target) && !form.contains(e.target)) close();
		});
		form.parentNode.addEventListener('keydown', function (e) {
			var list = all('#found a'), at = list.indexOf(document.activeElement);
			if (found.hidden || (e.key !== 'ArrowDown' && e.key !== 'ArrowUp')) return;
			e.preventDefault();
			at += e.key === 'ArrowDown' ? 1 : -1;
			if (at < 0) input.focus(); else if (list[at]) list[at].focus();
		});
	}
	document.addEventListener('keydown', function (e) {
		var typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
		if (e.key === 'Escape') {
			close();
			if (menu) openMenu(false);
		} else if (e.key === '/' && input && !typing && !e.ctrlKey && !e.metaKey) {
			e.preventDefault();
			input.focus();
		}
	});
}());
