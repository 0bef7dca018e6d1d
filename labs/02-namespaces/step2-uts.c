/* step2-uts.c - rename the machine where nobody else can see it
 *
 *   ./step2-uts NAME     try as an ordinary user: unshare -r ./step2-uts NAME
 *
 * New in this step: CLONE_NEWUTS, by unshare(2), which moves the caller.  Two
 * processes share a namespace if their links in /proc/PID/ns name one inode.
 * See uts_namespaces(7), unshare(2), sethostname(2), namespaces(7). */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void show(const char *where)
{
	char link[64] = "", name[65] = "";

	if (readlink("/proc/self/ns/uts", link, sizeof(link) - 1) == -1)
		err(1, "/proc/self/ns/uts");
	if (gethostname(name, sizeof(name) - 1) == -1)
		err(1, "gethostname");
	printf("%-8s %s is called %s\n", where, link, name);
	fflush(stdout);
}

static int inside(const char *name)
{
	if (unshare(CLONE_NEWUTS) == -1) {
		if (errno == EINVAL)
			errx(77, "this kernel has no UTS namespaces");
		err(1, "unshare");
	}
	if (sethostname(name, strlen(name)) == -1)
		err(1, "sethostname");
	show("inside:");
	return 0;
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc != 2 || argv[1][0] == '\0') {
		fprintf(stderr, "usage: step2-uts NAME\n");
		return 2;
	}
	show("outside:");
	pid = fork();
	if (pid == -1)
		err(1, "fork");
	if (pid == 0)
		return inside(argv[1]);
	if (waitpid(pid, &status, 0) == -1)
		err(1, "waitpid");
	show("outside:");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
