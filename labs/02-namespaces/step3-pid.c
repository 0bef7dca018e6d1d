/* step3-pid.c - one process, two process IDs
 *
 *   ./step3-pid          try as an ordinary user: unshare -r ./step3-pid
 *
 * New in this step: CLONE_NEWPID.  The child is PID 1 in a namespace of its own,
 * where it has no parent; seen from outside it is a process like any other.
 * See clone(2), pid_namespaces(7), and NSpid in proc(5). */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The line of /proc/PID/status that tells one PID per namespace, outermost first */
static void print_nspid(pid_t pid)
{
	char path[64], *line = NULL;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "re");
	if (!status)
		err(1, "%s", path);
	for (size_t size = 0; getline(&line, &size, status) > 0;)
		if (strncmp(line, "NSpid:", 6) == 0)
			printf("outside: %s has %s", path, line);
	fclose(status);
}

static int child(void *arg)
{
	int *go = arg;
	char byte;

	close(go[1]);
	if (read(go[0], &byte, 1) != 1)
		return 1;	/* the parent is gone: nobody to show this to */
	printf("inside:  I am PID %d, my parent is PID %d\n", getpid(), getppid());
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	static char stack[64 * 1024] __attribute__((aligned(16)));
	int go[2], status;
	pid_t pid;

	(void)argv;
	if (argc != 1) {
		fprintf(stderr, "usage: step3-pid\n");
		return 2;
	}
	if (pipe(go) == -1)
		err(1, "pipe");
	/* The stack grows down, so the child starts at its end. */
	pid = clone(child, stack + sizeof(stack), CLONE_NEWPID | SIGCHLD, go);
	if (pid == -1 && errno == EINVAL)
		errx(77, "this kernel has no PID namespaces");
	if (pid == -1)
		err(1, "clone");
	close(go[0]);
	printf("outside: I am PID %d, my child is PID %d\n", getpid(), pid);
	print_nspid(pid);	/* while it lives: it waits for our byte */
	fflush(stdout);
	if (write(go[1], "G", 1) != 1)
		err(1, "write");
	if (waitpid(pid, &status, 0) == -1)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
