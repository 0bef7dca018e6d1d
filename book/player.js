/* player.js - plays recordings of a terminal (asciicast v2), from files of the book */
(function () {
	'use strict';

	var IDLE = 6, waiting = {};

	window.bookCast = function (name, cast) { if (waiting[name]) waiting[name](cast); };

	function load(name, ready) {
		var script = document.createElement('script');
		waiting[name] = ready;
		script.src = 'cast-' + name + '.js';
		document.head.appendChild(script);
	}

	function clock(seconds) {
		var s = Math.floor(seconds);
		return Math.floor(s / 60) + ':' + String(s % 60).padStart(2, '0');
	}

	function element(tag, attributes, parent) {
		var e = document.createElement(tag);
		Object.keys(attributes).forEach(function (k) { e[k] = attributes[k]; });
		parent.appendChild(e);
		return e;
	}

	function Player(figure) {
		var self = this, bar;
		this.figure = figure;
		this.pre = element('pre', {}, figure.querySelector('.screen'));
		bar = element('div', { className: 'controls' }, document.createElement('div'));
		figure.querySelector('.screen').after(bar);
		this.button = element('button', { type: 'button', textContent: 'Play' }, bar);
		this.seek = element('input', { type: 'range', min: 0, max: 0, step: 0.1, value: 0, ariaLabel: 'Position in seconds' }, bar);
		this.time = element('output', { textContent: '0:00' }, bar);
		this.speed = element('select', { ariaLabel: 'Speed' }, bar);
		[['1', '1×'], ['2', '2×'], ['4', '4×']].forEach(function (s) { element('option', { value: s[0], textContent: s[1] }, self.speed); });
		this.chapters = element('select', { ariaLabel: 'Part', hidden: true }, bar);
		this.chapters.addEventListener('change', function () { self.to(Number(self.chapters.value)); });
		this.button.addEventListener('click', function () { if (self.playing) self.pause(); else self.play(); });
		this.seek.addEventListener('input', function () { self.pause(); self.to(Number(self.seek.value)); });
		load(figure.dataset.cast, function (cast) { self.begin(cast); });
	}

	/* Long pauses are cut; before the start, what is shown is the end of the first second. */
	Player.prototype.begin = function (cast) {
		var shift = 0, last = 0;
		this.events = cast.events.map(function (e) {
			shift += Math.max(0, e[0] - last - IDLE);
			last = e[0];
			return [e[0] - shift, e[1]];
		});
		this.length = this.events.length ? this.events[this.events.length - 1][0] : 0;
		this.pre.style.setProperty('--columns', cast.width);
		this.findChapters();
		this.terminal = new window.bookTerminal(cast.width, cast.height);
		this.next = 0;
		this.seek.max = this.length;
		this.figure.dataset.ready = 'yes';
		this.to(Math.min(1, this.length));
		this.at = 0;
		this.seek.value = 0;
		this.label();
	};

	/* A demo begins each step with its title, in reverse; it may be in two pieces. */
	Player.prototype.findChapters = function () {
		var title = /\x1b\[[0-9;]*7m (Step [0-9]+: [^\x1b\r\n]*?)(?:  |\x1b|\r|$)/g, last = '', i = 0, end = 0, m;
		var text = this.events.map(function (e) { return e[1]; }).join('');
		while ((m = title.exec(text))) {
			while (end <= m.index) end += this.events[i++][1].length;
			if (m[1].trim() !== last) element('option', { value: this.events[i - 1][0], textContent: m[1].trim() }, this.chapters);
			last = m[1].trim();
		}
		this.chapters.hidden = this.chapters.options.length < 2;
	};

	Player.prototype.label = function () { this.time.textContent = clock(this.at) + ' / ' + clock(this.length); };

	Player.prototype.to = function (at) {
		if (!this.events) return;
		if (this.next > 0 && this.events[this.next - 1][0] > at) { this.terminal.reset(); this.next = 0; }
		while (this.next < this.events.length && this.events[this.next][0] <= at) this.terminal.write(this.events[this.next++][1]);
		this.at = at;
		this.terminal.draw(this.pre, this.playing);
		this.seek.value = at;
		this.label();
		var i = this.chapters.options.length - 1;
		while (i > 0 && Number(this.chapters.options[i].value) > at) i--;
		this.chapters.selectedIndex = i;
	};

	Player.prototype.play = function () {
		var self = this, last = performance.now();
		if (!this.events) return;
		if (this.at >= this.length) this.at = 0;
		this.playing = true;
		this.button.textContent = 'Pause';
		this.to(this.at);
		function frame(now) {
			if (!self.playing) return;
			self.to(Math.min(self.length, self.at + (now - last) / 1000 * Number(self.speed.value)));
			last = now;
			if (self.at >= self.length) self.pause(); else requestAnimationFrame(frame);
		}
		requestAnimationFrame(frame);
	};

	Player.prototype.pause = function () {
		this.playing = false;
		this.button.textContent = this.length && this.at >= this.length ? 'Again' : 'Play';
	};

	Array.prototype.forEach.call(document.querySelectorAll('figure.cast'), function (figure) { new Player(figure); });
}());
