/* report.c - the reading half's side of the pipe
 *
 * A pipe that nobody reads ends this process (SIGPIPE), which is right. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "intake.h"

static int channel = -1;	/* set once, before the first frame */

void report_to(int fd) { channel = fd; }

static void put(const void *data, size_t size)
{
	const char *at = data;

	while (size > 0) {
		ssize_t done = write(channel, at, size);

		if (done <= 0)
			_exit(1);
		at += done;
		size -= (size_t)done;
	}
}

static void send_frame(struct frame frame, const char *name, const char *text, const void *data)
{
	frame.name_size = (uint16_t)strlen(name);
	frame.text_size = (uint16_t)strlen(text);
	put(&frame, sizeof(frame));
	put(name, frame.name_size);
	put(text, frame.text_size);
	put(data, frame.data_size);
}

void report_file(const char *target, const char *name, const void *data, size_t size)
{
	char escaped[300];

	escape_name(name, escaped, sizeof(escaped));
	send_frame((struct frame){ .kind = FRAME_FILE, .data_size = (uint32_t)size }, target, escaped, data);
}

void report_refused(const char *name, const char *why, bool odd)
{
	char escaped[300];

	escape_name(name, escaped, sizeof(escaped));
	send_frame((struct frame){ .kind = FRAME_REFUSED, .odd = odd }, escaped, why, "");
}

void report_problem(const char *format, ...)
{
	char text[300], escaped[300];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);	/* lint: escape_name() ends a text of 292 bytes with dots */
	va_end(args);
	escape_name(text, escaped, sizeof(escaped));
	send_frame((struct frame){ .kind = FRAME_PROBLEM }, "", escaped, "");
}

void report_end(void) { send_frame((struct frame){ .kind = FRAME_END }, "", "", ""); }
