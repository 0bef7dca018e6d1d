/* step7-three.c - clone, unshare and setns: who is moved?
 *
 *   ./step7-three clone|unshare|setns    as an ordinary user: unshare -r ./step7-three ...
 *
 * New in this step: the three calls side by side.  clone(2) puts a new process
 * in new namespaces; unshare(2) moves the caller to new ones, setns(2) to those of
 * another.  But nobody's PID changes in its life: a PID namespace takes the next child.
 * See clone(2), unshare(2), setns(2), namespaces(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct links { char uts[40], pid[40], children[40]; };

static struct links links_of(pid_t pid)
{
	static const char *const names[] = { "uts", "pid", "pid_for_children" };
	struct links l = { 0 };
	char *const to[] = { l.uts, l.pid, l.children };
	char path[64];

	for (int i = 0; i < 3; i++) {
		/* pid_for_children may have none: before the first child is born. */
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, names[i]);	/* fits: names */
		int missing = readlink(path, to[i], sizeof(l.uts) - 1) == -1;
		if (missing && i < 2)
			err(1, "%s", path);
	}
	return l;
}

static void show(const char *who, pid_t pid, const struct links *before)
{
	struct links now = links_of(pid);
	printf("%-22s uts %-4s pid %-4s pid for children %s\n", who,
	       strcmp(now.uts, before->uts) ? "new" : "old", strcmp(now.pid, before->pid) ? "new" : "old",
	       strcmp(now.children, before->pid) ? "new" : "old");
	fflush(stdout);
}

/* A process that waits for its end, or for ours */
static int hold(void *arg)
{
	(void)arg;
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 ? 1 : pause();
}

static pid_t holder(int flags)
{
	static char stack[16 * 1024] __attribute__((aligned(16)));
	pid_t pid = clone(hold, stack + sizeof(stack), flags | SIGCHLD, NULL);

	if (pid == -1)
		err(errno == EINVAL ? 77 : 1, "clone");
	return pid;
}

static void enter(pid_t pid)
{
	char path[64];
	int fd;

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, i ? "pid" : "uts");	/* fits: names */
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd == -1 || setns(fd, 0) == -1)
			err(1, "setns %s", path);
	}
}

int main(int argc, char **argv)
{
	struct links before = links_of(getpid());
	pid_t target, child;

	if (argc != 2 || (strcmp(argv[1], "clone") && strcmp(argv[1], "unshare") && strcmp(argv[1], "setns"))) {
		fprintf(stderr, "usage: step7-three clone|unshare|setns\n");
		return 2;
	}
	target = holder(argv[1][0] == 'u' ? 0 : CLONE_NEWUTS | CLONE_NEWPID);
	if (argv[1][0] == 's')
		enter(target);
	else if (argv[1][0] == 'u' && unshare(CLONE_NEWUTS | CLONE_NEWPID) == -1)
		err(errno == EINVAL ? 77 : 1, "unshare");
	show("the caller", getpid(), &before);
	child = argv[1][0] == 'c' ? target : holder(0);
	show(argv[1][0] == 'c' ? "the child it made" : "the child it made then", child, &before);
	kill(child, SIGKILL);
	kill(target, SIGKILL);
	while (wait(NULL) > 0)
		;
	return 0;
}
