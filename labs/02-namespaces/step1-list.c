/* step1-list.c - which namespaces am I in, and which of them are yours too?
 *
 *   ./step1-list [PID]   default: the parent, that is the shell
 *
 * New in this step: /proc/PID/ns, one link for each kind.  Each leads to a file
 * that stands for the namespace; if device and inode of two are equal, the
 * processes share it.  Of another user's process one may not even look.
 * See namespaces(7), stat(2). */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const kinds[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts" };
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static pid_t parse_pid(const char *text)
{
	char *end;
	long pid = strtol(text, &end, 10);

	return isdigit((unsigned char)*text) && *end == '\0' && pid <= INT_MAX ? pid : 0;
}

static int look(pid_t pid, const char *kind, struct stat *st)
{
	char path[64];

	/* fits: a name of kinds */
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kind);
	return stat(path, st);
}

int main(int argc, char **argv)
{
	pid_t pid = argc == 2 ? parse_pid(argv[1]) : getppid();
	struct stat mine, theirs;

	if (argc > 2 || pid < 1) {
		fprintf(stderr, "usage: step1-list [PID]\n");
		return 2;
	}
	printf("%-7s %-12s %s\n", "kind", "mine", "theirs");
	for (size_t i = 0; i < KINDS; i++) {
		if (look(getpid(), kinds[i], &mine) == -1) {
			printf("%-7s this kernel has none\n", kinds[i]);
			continue;
		}
		printf("%-7s %-12lu ", kinds[i], (unsigned long)mine.st_ino);
		fflush(stdout);
		if (look(pid, kinds[i], &theirs) == -1)
			err(1, "/proc/%d/ns/%s", pid, kinds[i]);
		printf("%-12lu %s\n", (unsigned long)theirs.st_ino,
		       mine.st_dev == theirs.st_dev && mine.st_ino == theirs.st_ino ? "the same" : "another");
	}
	return 0;
}
