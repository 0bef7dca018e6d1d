/* failure.c - what went wrong, in one line */
#include <stdarg.h>

#include "skiff.h"

static void describe(struct failure *f, int err, const char *format, va_list args)
{
	char why[80] = "";
	size_t room, n;

	/* lint: the C library's sentences are shorter */
	if (err != 0)
		snprintf(why, sizeof(why), ": %s", strerror(err));
	/* Where a long name has no room, its end goes, not the reason. */
	room = sizeof(f->text) - strlen(why);
	n = (size_t)vsnprintf(f->text, room, format, args);
	if (n >= room) {
		n = room - 1;
		memcpy(f->text + n - 3, "...", 3);
	}
	memcpy(f->text + n, why, strlen(why) + 1);
	/* A name from the command line may hold a newline: one failure, one line. */
	text_clean(f->text);
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

void failure_copy(struct failure *f, const struct failure *told)
{
	*f = *told;
	f->text[sizeof(f->text) - 1] = '\0';
	text_clean(f->text);
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
