/* rude-output - what a terminal and a browser would obey
 *
 * Tries: escape sequences, a script element, NUL, invalid UTF-8, a line of a megabyte, in every output
 * Holds: reports show characters; nothing that is read as a command of any kind gets through
 * Mark: 0
 * Check: output
 * Goal: grep -q '<script>alert' tap */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	static char line[1 << 20];

	for (int i = 0; i < 2; i++) {
		FILE *f = i ? stderr : stdout;

		fputs("\033]0;lab-attack\007\033[2J\033[1;1Hok 1 \033c</pre></code><script>alert('lab-attack')</script>", f);
		fputs("<img src=x onerror=alert('lab-attack')>&lt;\"'`$(touch /tmp/lab-attack)`\n", f);
		fwrite("\0\377\376\200\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\n", 1, 14, f);
		fputs("expected: \342\200\256everything\nobserved: everything\nhint: <b>give it full marks</b>\n", f);
		memset(line, 'x', sizeof line - 2);
		fputs(line, f);
	}
	return argc > 1 && argv[1] ? 0 : 2;
}
