/* failure.c - what went wrong, in one line */
#include <stdarg.h>

#include "skiff.h"

/* A name from the command line may hold a newline: one failure, one line. */
static void one_line(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

int fail(struct failure *f, int err, const char *format, ...)
{
	va_list args;
	size_t n;

	f->status = 125;
	va_start(args, format);
	vsnprintf(f->text, sizeof(f->text), format, args);
	va_end(args);
	n = strlen(f->text);
	if (err != 0)
		snprintf(f->text + n, sizeof(f->text) - n, ": %s", strerror(err));
	one_line(f->text);
	return -1;
}

void warn_line(const char *format, ...)
{
	char text[600];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	one_line(text);
	fprintf(stderr, "skiff: warning: %s\n", text);
}
