/* failure.c - what went wrong, in one line */
#include <stdarg.h>

#include "skiff.h"

static void describe(struct failure *f, int err, const char *format, va_list args)
{
	size_t n;

	vsnprintf(f->text, sizeof(f->text), format, args);
	n = strlen(f->text);
	if (err != 0)
		snprintf(f->text + n, sizeof(f->text) - n, ": %s", strerror(err));
	/* A name from the command line may hold a newline: one failure, one line. */
	for (char *c = f->text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

int fail(struct failure *f, int err, const char *format, ...)
{
	va_list args;

	f->status = 125;
	va_start(args, format);
	describe(f, err, format, args);
	va_end(args);
	return -1;
}

void warn_line(const char *format, ...)
{
	struct failure f;
	va_list args;

	va_start(args, format);
	describe(&f, 0, format, args);
	va_end(args);
	fprintf(stderr, "skiff: warning: %s\n", f.text);
}
