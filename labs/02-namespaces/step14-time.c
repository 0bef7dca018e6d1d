/* step14-time.c - a machine that was started long ago, or so it seems
 *
 *   ./step14-time SECONDS try as an ordinary user: unshare -r ./step14-time SECONDS
 *
 * New in this step: CLONE_NEWTIME.  As with PID namespaces, unshare(2) moves
 * only the children; until the first of them is there, and only then, the
 * clocks can be set.  The time of day is not among them.
 * See time_namespaces(7), clock_gettime(2). */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static const struct { clockid_t id; const char *name; } clocks[] = {
	{ CLOCK_BOOTTIME, "boot time" }, { CLOCK_MONOTONIC, "monotonic" }, { CLOCK_REALTIME, "time of day" },
};
#define CLOCKS 3

static double seconds_of(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) == -1)
		err(1, "clock_gettime");
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* How far each clock is ahead of what it was before */
static void show(const char *where, const double *before)
{
	printf("%-8s", where);
	for (int i = 0; i < CLOCKS; i++)
		printf(" %s %+.0f s%s", clocks[i].name, seconds_of(clocks[i].id) - before[i],
		       i < CLOCKS - 1 ? "," : "\n");
	fflush(stdout);
}

/* One write: 0, or the reason why not */
static int set_clocks(long seconds)
{
	char text[128];
	int length = snprintf(text, sizeof(text), "monotonic %ld 0\nboottime %ld 0\n", seconds, seconds);
	int fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	int failed = fd == -1 || write(fd, text, length) != length ? errno : 0;

	if (fd != -1)
		close(fd);
	return failed;
}

int main(int argc, char **argv)
{
	double before[CLOCKS];
	char *end = NULL;
	long seconds;
	int status, failed;
	pid_t pid;

	seconds = argc == 2 ? strtol(argv[1], &end, 10) : 0;
	if (argc != 2 || !isdigit((unsigned char)argv[1][0]) || *end || seconds > 1000000000) {
		fprintf(stderr, "usage: step14-time SECONDS\n");
		return 2;
	}
	for (int i = 0; i < CLOCKS; i++)
		before[i] = seconds_of(clocks[i].id);
	if (unshare(CLONE_NEWTIME) == -1) {
		if (errno == EINVAL)
			errx(77, "this kernel has no time namespaces");
		err(1, "unshare");
	}
	failed = set_clocks(seconds);
	if (failed)
		errx(1, "/proc/self/timens_offsets: %s", strerror(failed));
	pid = fork();
	if (pid == -1)
		err(1, "fork");
	if (pid == 0) {
		show("inside:", before);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) == -1)
		err(1, "waitpid");
	show("outside:", before);
	printf("outside: to set the clocks again, now that it had a process: %s\n",
	       strerror(set_clocks(seconds)));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
