/* step13-cgroup.c - where I am in the tree of cgroups, and what I take for its root
 *
 *   ./step13-cgroup CGROUP    a new directory in the mounted cgroup v2 tree; as root
 *
 * New in this step: CLONE_NEWCGROUP.  The cgroup that a process is in when it makes
 * the namespace becomes the root of what it sees in /proc/PID/cgroup.  It hides
 * names; the limits of the cgroup hold as before (lab 04).
 * See cgroup_namespaces(7), cgroups(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The line of /proc/PID/cgroup that is about cgroup v2 */
static void show(const char *who, const char *whose, pid_t pid)
{
	char path[64], *line = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	file = fopen(path, "re");
	if (!file)
		err(1, "%s", path);
	for (size_t size = 0; getline(&line, &size, file) > 0;)
		if (strncmp(line, "0::", 3) == 0)
			printf("%s the %s is in %s", who, whose, line + 3);
	fclose(file);
	fflush(stdout);
}

static int inside(const char *procs, pid_t outer, int ready, int stay)
{
	int fd = open(procs, O_WRONLY | O_CLOEXEC);
	char byte;

	/* Ourselves, no other: 0 is who writes. */
	if (fd == -1 || write(fd, "0", 1) != 1) {
		warn("%s", procs);
		return 1;
	}
	close(fd);
	show("before: ", "child", getpid());
	if (unshare(CLONE_NEWCGROUP) == -1) {
		warn("new cgroup namespace");
		return errno == EINVAL ? 77 : 1;
	}
	show("inside: ", "child", getpid());
	show("inside: ", "parent", outer);
	return write(ready, "R", 1) == 1 && read(stay, &byte, 1) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	int ready[2], stay[2], status;
	char procs[4096], byte;
	pid_t pid;

	if (argc != 2 || argv[1][0] == '\0') {
		fprintf(stderr, "usage: step13-cgroup CGROUP\n");
		return 2;
	}
	if (snprintf(procs, sizeof(procs), "%s/cgroup.procs", argv[1]) >= (int)sizeof(procs))
		errx(1, "%s: too long", argv[1]);
	if (pipe(ready) == -1 || pipe(stay) == -1)
		err(1, "pipe");
	if (mkdir(argv[1], 0755) == -1)		/* ours, and no other's */
		err(1, "mkdir %s", argv[1]);
	pid = fork();
	if (pid == 0) {
		close(stay[1]);
		_exit(inside(procs, getppid(), ready[1], stay[0]));
	}
	close(ready[1]);
	if (pid != -1 && read(ready[0], &byte, 1) == 1)
		show("outside:", "child", pid);
	close(stay[1]);
	status = pid != -1 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	if (rmdir(argv[1]) == -1)
		err(1, "rmdir %s", argv[1]);
	return status;
}
