/* step6-nesting.c - capabilities flow down, not up and not sideways
 *
 *   ./step6-nesting     as an ordinary user
 *
 * Four user namespaces: our own (host), A and B in it, and C in A.  From each one
 * process tries to enter each.  setns(2) takes CAP_SYS_ADMIN in the target, so
 * EPERM shows where one lacks it.  EINVAL: there already, and entering again
 * would bring back capabilities that were dropped.
 * New in this step: a user namespace in another, and one that lives on without
 * a process in it, as long as somebody has it open.
 *
 * See user_namespaces(7), "Nested namespaces"; setns(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_namespace(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		err(1, "%s", path);
	return fd;
}

static void put(const char *path, const char *format, unsigned int id)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (dprintf(fd, format, id) < 0)
		err(77, "map of my own ids (make doctor says why)");
	close(fd);
}

/* make: a new user namespace in the one behind FD, with our ids for a root */
static int make(int fd)
{
	unsigned int uid, gid;
	int made, status;
	pid_t pid = fork();

	if (pid == 0) {
		if (setns(fd, CLONE_NEWUSER) == -1 && errno != EINVAL)	/* there already */
			err(1, "setns");
		uid = geteuid(), gid = getegid();	/* as they are called there */
		if (unshare(CLONE_NEWUSER) == -1)
			err(77, "user namespace (make doctor says why)");
		put("/proc/self/setgroups", "deny", 0);
		put("/proc/self/uid_map", "0 %u 1\n", uid);
		put("/proc/self/gid_map", "0 %u 1\n", gid);
		raise(SIGSTOP);		/* until the parent has it open */
	}
	if (pid == -1 || waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		exit(77);
	made = open_namespace(pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return made;
}

int main(int argc, char **argv)
{
	static const char *const name[] = { "host", "A", "B", "C" };
	int fd[4], from, to;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: step6-nesting\n");
		return 2;
	}
	fd[0] = open_namespace(getpid());
	fd[1] = make(fd[0]);
	fd[2] = make(fd[0]);
	fd[3] = make(fd[1]);
	printf("from\\to  host    A       B       C\n");
	for (from = 0; from < 4; from++) {
		printf("%-7s", name[from]);
		for (to = 0; to < 4; to++) {
			fflush(stdout);
			if (fork() == 0) {	/* nobody comes back */
				if (from > 0 && setns(fd[from], CLONE_NEWUSER) == -1)
					err(1, "setns to %s", name[from]);
				printf("  %-6s", setns(fd[to], CLONE_NEWUSER) ? strerrorname_np(errno) : "done");
				return 0;
			}
			wait(NULL);
		}
		putchar('\n');
	}
	return 0;
}
