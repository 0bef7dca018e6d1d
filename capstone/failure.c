/* failure.c - what went wrong, in one line */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "skiff.h"

int fail(struct failure *f, int err, const char *format, ...)
{
	va_list args;
	int n;

	f->status = 125;
	va_start(args, format);
	n = vsnprintf(f->text, sizeof(f->text), format, args);
	va_end(args);
	if (err != 0 && n >= 0 && (size_t)n < sizeof(f->text))
		snprintf(f->text + n, sizeof(f->text) - (size_t)n, ": %s", strerror(err));
	/* A name from the command line may hold a newline: one failure, one line. */
	for (char *c = f->text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return -1;
}

void warn_line(const char *format, ...)
{
	va_list args;

	fputs("skiff: warning: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}
