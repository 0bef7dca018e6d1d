/* step15-setns.c - a namespace without processes, and how to enter it
 *
 *   ./step15-setns NAME   try as an ordinary user: unshare -r ./step15-setns NAME
 *
 * New in this step: setns(2), and what keeps a namespace.  It ends with its last
 * process, unless somebody holds it: by an open file descriptor as here, or by
 * a bind mount of the file in /proc/PID/ns, as ip-netns(8) does.
 * See namespaces(7), setns(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void show(const char *who)
{
	char link[64] = "", name[65] = "";

	if (readlink("/proc/self/ns/uts", link, sizeof(link) - 1) == -1)
		err(1, "/proc/self/ns/uts");
	if (gethostname(name, sizeof(name) - 1) == -1)
		err(1, "gethostname");
	printf("%-7s %s is called %s\n", who, link, name);
	fflush(stdout);
}

/* Makes a UTS namespace, says so, and lives until `stay` is closed. */
static int child(const char *name, int ready, int stay)
{
	char byte;

	if (unshare(CLONE_NEWUTS) == -1) {
		if (errno == EINVAL)
			errx(77, "this kernel has no UTS namespaces");
		err(1, "unshare");
	}
	if (sethostname(name, strlen(name)) == -1)
		err(1, "sethostname");
	show("child:");
	if (write(ready, "R", 1) != 1)
		err(1, "write");
	return read(stay, &byte, 1) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	int ready[2], stay[2], ns, status;
	char path[64], byte;
	struct stat held;
	pid_t pid;

	if (argc != 2 || argv[1][0] == '\0') {
		fprintf(stderr, "usage: step15-setns NAME\n");
		return 2;
	}
	if (pipe(ready) == -1 || pipe(stay) == -1)
		err(1, "pipe");
	show("parent:");
	pid = fork();
	if (pid == -1)
		err(1, "fork");
	if (pid == 0) {
		close(stay[1]);
		return child(argv[1], ready[1], stay[0]);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)	/* it failed, and has said why */
		return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	snprintf(path, sizeof(path), "/proc/%d/ns/uts", pid);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns == -1)
		err(1, "%s", path);
	close(stay[1]);
	if (waitpid(pid, &status, 0) == -1 || fstat(ns, &held) == -1)
		err(1, "waitpid");
	printf("parent: the child has ended; my descriptor holds uts:[%lu]\n", (unsigned long)held.st_ino);
	if (setns(ns, CLONE_NEWUTS) == -1)
		err(1, "setns");
	show("parent:");
	return 0;
}
