/* clocks.c - --time-offset: since when the container believes to be up */

#include "command.h"

/* offsets_open - our own timens_offsets.  Becoming root has made our files in /proc
 * somebody else's, unless we are dumpable; and that for no longer than the open(2). */
static int offsets_open(void)
{
	int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), fd;

	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	/* The value 2, of a sysctl, cannot be set. */
	prctl(PR_SET_DUMPABLE, dumpable == 1, 0, 0, 0);
	return fd;
}

int clocks_enter(const char *offsets, struct failure *f)
{
	TRY(unshare(CLONE_NEWTIME), "a time namespace");
	CLOSED int file = offsets_open();
	TRY(write(file, offsets, strlen(offsets)), "time offsets '%s'", offsets);
	CLOSED int fd = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	TRY(setns(fd, CLONE_NEWTIME), "entering the time namespace");
	return 0;
}

int clocks_set(int64_t offset, struct failure *f)
{
	char text[96];

	snprintf(text, sizeof(text), "monotonic %lld 0\nboottime %lld 0\n", (long long)offset, (long long)offset);
	return clocks_enter(text, f);
}
