/* terminal.js - what the screen of a terminal shows, after all that was written to it:
 * the part of ECMA-48 that shells, the demo player and tmux use. */
(function () {
	'use strict';

	var COLOURS = ['#20262a', '#f08a7a', '#8fca9b', '#dcb368', '#82b6e6', '#c9a0e6', '#7cc4d6', '#d7dcde',
		'#868f94', '#ff9f90', '#a8e0b3', '#f0cc85', '#9dcbf5', '#dcbbf2', '#98d9e8', '#ffffff'];

	function palette(n) {
		if (n < 16) return COLOURS[n];
		if (n > 231) { n = 8 + (n - 232) * 10; return 'rgb(' + n + ',' + n + ',' + n + ')'; }
		n -= 16;
		return 'rgb(' + [Math.floor(n / 36), Math.floor(n / 6) % 6, n % 6].map(function (v) { return v ? 55 + v * 40 : 0; }) + ')';
	}

	function Terminal(width, height) {
		this.width = width;
		this.height = height;
		this.reset();
	}

	Terminal.prototype.reset = function () {
		var y;
		this.lines = [];
		for (y = 0; y < this.height; y++) this.lines.push(this.blank());
		this.x = this.y = 0;
		this.style = '';
		this.attributes = {};
		this.top = 0;
		this.bottom = this.height - 1;
		this.saved = { x: 0, y: 0 };
		this.pending = '';
		this.graphics = false;
	};

	Terminal.prototype.blank = function () {
		var line = [], x;
		for (x = 0; x < this.width; x++) line.push([' ', '']);
		return line;
	};

	Terminal.prototype.scroll = function (from, to, n) {
		for (; n > 0; n--) { this.lines.splice(from, 1); this.lines.splice(to, 0, this.blank()); }
		for (; n < 0; n++) { this.lines.splice(to, 1); this.lines.splice(from, 0, this.blank()); }
	};

	Terminal.prototype.feed = function () {
		if (this.y === this.bottom) this.scroll(this.top, this.bottom, 1);
		else if (this.y < this.height - 1) this.y++;
	};

	/* Line drawing, as tmux asks for it on terminals without UTF-8. */
	var DRAWN = { j: '┘', k: '┐', l: '┌', m: '└', n: '┼', q: '─', t: '├', u: '┤', v: '┴', w: '┬', x: '│', '~': '·' };

	Terminal.prototype.put = function (c) {
		if (this.graphics && DRAWN[c]) c = DRAWN[c];
		if (this.x >= this.width) { this.x = 0; this.feed(); }
		this.lines[this.y][this.x++] = [c, this.style];
	};

	Terminal.prototype.control = function (c) {
		if (c === '\n' || c === '\v' || c === '\f') this.feed();
		else if (c === '\r') this.x = 0;
		else if (c === '\b') this.x = Math.max(0, Math.min(this.x, this.width) - 1);
		else if (c === '\t') this.x = Math.min(this.width - 1, (this.x | 7) + 1);
		else if (c === '\x0e') this.graphics = true;
		else if (c === '\x0f') this.graphics = false;
	};

	Terminal.prototype.colour = function (codes) {
		var a = this.attributes, i, n;
		for (i = 0; i < codes.length; i++) {
			n = codes[i];
			if (n === 0) a = {};
			else if (n === 1) a.bold = true;
			else if (n === 2) a.dim = true;
			else if (n === 3) a.italic = true;
			else if (n === 4) a.line = true;
			else if (n === 7) a.swap = true;
			else if (n === 22) a.bold = a.dim = false;
			else if (n === 23) a.italic = false;
			else if (n === 24) a.line = false;
			else if (n === 27) a.swap = false;
			else if ((n === 38 || n === 48) && codes[i + 1] === 5) { a[n === 38 ? 'fg' : 'bg'] = palette(codes[i + 2]); i += 2; }
			else if ((n === 38 || n === 48) && codes[i + 1] === 2) { a[n === 38 ? 'fg' : 'bg'] = 'rgb(' + codes.slice(i + 2, i + 5) + ')'; i += 4; }
			else if (n >= 30 && n < 38) a.fg = COLOURS[n - 30];
			else if (n >= 90 && n < 98) a.fg = COLOURS[n - 82];
			else if (n === 39) a.fg = '';
			else if (n >= 40 && n < 48) a.bg = COLOURS[n - 40];
			else if (n >= 100 && n < 108) a.bg = COLOURS[n - 92];
			else if (n === 49) a.bg = '';
		}
		this.attributes = a;
		var fg = a.swap ? a.bg || '#14181a' : a.fg, bg = a.swap ? a.fg || '#d7dcde' : a.bg;
		this.style = (fg ? 'color:' + fg + ';' : '') + (bg ? 'background:' + bg + ';' : '') + (a.bold ? 'font-weight:700;' : '') +
			(a.dim ? 'opacity:.65;' : '') + (a.italic ? 'font-style:italic;' : '') + (a.line ? 'text-decoration:underline;' : '');
	};

	Terminal.prototype.erase = function (y, from, to) {
		for (; from < to; from++) this.lines[y][from] = [' ', ''];
	};

	Terminal.prototype.clear = function (what) {
		var y, first = what === 0 ? this.y + 1 : 0, last = what === 1 ? this.y : this.height;
		for (y = first; y < last; y++) this.lines[y] = this.blank();
		if (what < 2) this.clearLine(what);
	};

	Terminal.prototype.clearLine = function (what) {
		this.erase(this.y, what === 0 ? this.x : 0, what === 1 ? Math.min(this.x + 1, this.width) : this.width);
	};

	Terminal.prototype.go = function (x, y) {
		this.x = Math.max(0, Math.min(this.width - 1, x));
		this.y = Math.max(0, Math.min(this.height - 1, y));
	};

	/* CSI: private sign, numbers, final letter */
	Terminal.prototype.sequence = function (sign, numbers, final) {
		var codes = numbers ? numbers.split(/[;:]/).map(Number) : [], n = codes[0] || 0, one = n || 1, line = this.lines[this.y], i;
		if (sign && sign !== '?') return;
		switch (final) {
		case 'A': this.go(this.x, Math.max(this.y - one, this.y >= this.top ? this.top : 0)); break;
		case 'B': case 'e': this.go(this.x, Math.min(this.y + one, this.y <= this.bottom ? this.bottom : this.height)); break;
		case 'C': case 'a': this.go(this.x + one, this.y); break;
		case 'D': this.go(this.x - one, this.y); break;
		case 'E': this.go(0, this.y + one); break;
		case 'F': this.go(0, this.y - one); break;
		case 'G': case '`': this.go(one - 1, this.y); break;
		case 'd': this.go(this.x, one - 1); break;
		case 'H': case 'f': this.go((codes[1] || 1) - 1, one - 1); break;
		case 'J': this.clear(n); break;
		case 'K': this.clearLine(n); break;
		/* Lines in or out; outside the scrolled region as tmux does it. */
		case 'L': this.scroll(this.y, this.y < this.top || this.y > this.bottom ? this.height - 1 : this.bottom, -one); break;
		case 'M': this.scroll(this.y, this.y < this.top || this.y > this.bottom ? this.height - 1 : this.bottom, one); break;
		case 'S': this.scroll(this.top, this.bottom, one); break;
		case 'T': this.scroll(this.top, this.bottom, -one); break;
		case 'P': line.splice(this.x, one); while (line.length < this.width) line.push([' ', '']); break;
		case '@': for (i = 0; i < one; i++) line.splice(this.x, 0, [' ', '']); line.length = this.width; break;
		case 'X': this.erase(this.y, this.x, Math.min(this.x + one, this.width)); break;
		case 'm': if (!sign) this.colour(codes.length ? codes : [0]); break;
		case 'r': if (!sign) { this.top = one - 1; this.bottom = Math.min(codes[1] || this.height, this.height) - 1; this.go(0, 0); } break;
		case 's': this.saved = { x: this.x, y: this.y }; break;
		case 'u': this.go(this.saved.x, this.saved.y); break;
		case 'h': case 'l':
			/* The other screen: what matters here is that it begins empty. */
			if (sign && (n === 1049 || n === 1047 || n === 47)) { this.clear(2); if (final === 'h') this.go(0, 0); }
			break;
		}
	};

	var CSI = /^\x1b\[([<-?]?)([0-9;:]*)[ -/]*([@-~])/, OSC = /^\x1b[\]PX^_][\s\S]*?(\x07|\x1b\\)/, SHORT = /^\x1b([()*+#%])?([ -~])/;

	Terminal.prototype.escape = function (text) {
		var m = CSI.exec(text);
		if (m) { this.sequence(m[1], m[2], m[3]); return m[0].length; }
		if (text.charAt(1) === '[') return 0;
		m = OSC.exec(text);
		if (m) return m[0].length;
		if (/^\x1b[\]PX^_]/.test(text)) return 0;
		m = SHORT.exec(text);
		if (!m) return 0;
		if (m[1] === '(') this.graphics = m[2] === '0';
		else if (m[2] === '7') this.saved = { x: this.x, y: this.y };
		else if (m[2] === '8') this.go(this.saved.x, this.saved.y);
		else if (m[2] === 'M') { if (this.y === this.top) this.scroll(this.top, this.bottom, -1); else this.go(this.x, this.y - 1); }
		else if (m[2] === 'D') this.feed();
		else if (m[2] === 'E') { this.x = 0; this.feed(); }
		else if (m[2] === 'c') this.reset();
		return m[0].length;
	};

	/* What is not a whole sequence yet waits for the rest. */
	Terminal.prototype.write = function (data) {
		var text = this.pending + data, i = 0, c, length;
		this.pending = '';
		while (i < text.length) {
			c = text.charAt(i);
			if (c === '\x1b') {
				length = this.escape(text.slice(i));
				if (!length) { this.pending = text.slice(i); return; }
				i += length;
			} else {
				if (c < ' ' || c === '\x7f') this.control(c);
				else { c = String.fromCodePoint(text.codePointAt(i)); this.put(c); }
				i += c.length;
			}
		}
	};

	/* Runs of one style are one span. */
	Terminal.prototype.draw = function (pre, cursor) {
		var out = document.createDocumentFragment(), self = this;
		this.lines.forEach(function (line, y) {
			var text = '', style = null;
			function flush() {
				if (!text) return;
				var span = document.createElement('span');
				if (style) span.style.cssText = style;
				span.textContent = text;
				out.appendChild(span);
				text = '';
			}
			line.forEach(function (cell, x) {
				var s = cell[1];
				if (cursor && y === self.y && x === self.x) s += 'background:#d7dcde;color:#14181a;';
				if (s !== style) { flush(); style = s; }
				text += cell[0];
			});
			flush();
			if (y < self.height - 1) out.appendChild(document.createTextNode('\n'));
		});
		pre.textContent = '';
		pre.appendChild(out);
	};

	window.bookTerminal = Terminal;
}());
