/* send-signal.c - send a signal to the process that is meant, and to no other
 *
 *   send-signal SIGNAL TARGET...
 *
 * SIGNAL is a name or a number; 0 sends nothing and only looks.  TARGET is PID:START,
 * a process and its start time (field 22 of /proc/PID/stat), or -PGID:START, the
 * process group whose leader started then.
 *
 * The kernel gives the number of a process that has ended to a new one.  A pidfd is
 * opened first: it refers to one process for ever.  If the start time, read after
 * that, is the right one and the process still exists, then the pidfd refers to the
 * process that is meant, and a signal sent through it cannot reach another one.
 *
 * A group has no such descriptor.  Its number is not given away while a process is in
 * it; so it is the right one if its leader is, or if the leader has ended and the
 * group still exists.
 *
 * Status: 0 sent to all, 1 not to all: ended, not the one that is meant, or not
 * permitted; 2 wrong usage.  See pidfd_open(2), pidfd_send_signal(2), proc(5). */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

/* signal_number - of "15", "TERM" or "SIGTERM"; -1 if there is none */
static int signal_number(const char *word)
{
	char *end;
	long number = strtol(word, &end, 10);

	if (*word != '\0' && *end == '\0')
		return number >= 0 && number <= SIGRTMAX ? (int)number : -1;
	if (strncasecmp(word, "SIG", 3) == 0)
		word += 3;
	for (int i = 1; i < SIGRTMIN; i++) {
		const char *name = sigabbrev_np(i);
		if (name != NULL && strcasecmp(word, name) == 0)
			return i;
	}
	return -1;
}

/* start_time - of PID, in clock ticks since boot; 0 if there is no such process.  The
 * name in the file may hold anything, also ") "; the fields after it are numbers. */
static unsigned long long start_time(pid_t pid)
{
	char path[64], text[1024], *field;
	unsigned long long start = 0;
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	field = strrchr(text, ')');
	for (int i = 2; field != NULL && i < 22; i++)
		field = strchr(field + 1, ' ');
	if (field == NULL || sscanf(field, "%llu", &start) != 1)
		return 0;
	return start;
}

static bool send_to_group(pid_t leader, unsigned long long start, int sig)
{
	unsigned long long now = start_time(leader);

	return (now == 0 || now == start) && kill(-leader, sig) == 0;
}

static bool send_to_process(pid_t pid, unsigned long long start, int sig)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	bool sent = false;

	/* Before Linux 5.3, or refused by a filter: the check and then the signal. */
	if (fd < 0)
		return (errno == ENOSYS || errno == EPERM) && start_time(pid) == start && kill(pid, sig) == 0;
	if (start_time(pid) == start)
		sent = syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0) == 0;
	close(fd);
	return sent;
}

int main(int argc, char **argv)
{
	int sig = argc > 2 ? signal_number(argv[1]) : -1, status = 0;

	if (sig < 0) {
		fprintf(stderr, "usage: send-signal SIGNAL PID:START...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		unsigned long long start = 0;
		char rest;
		int number = 0;

		/* 0, 1 and -1 are everybody in a group, init, and everybody. */
		if (sscanf(argv[i], "%d:%llu%c", &number, &start, &rest) != 2 || abs(number) <= 1 || start == 0)
			status = 1;
		else if (!(number < 0 ? send_to_group(-number, start, sig) : send_to_process(number, start, sig)))
			status = 1;
	}
	return status;
}
