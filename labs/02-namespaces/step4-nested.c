/* step4-nested.c - a PID namespace in a PID namespace: one process, three PIDs
 *
 *   ./step4-nested       try as an ordinary user: unshare -r ./step4-nested
 *
 * New in this step: PID namespaces form a tree.  A process has a PID in its own
 * and in each one above, and none in those below.  So the outer sees the inner,
 * and not the other way round.  At level 1 another process has had PID 2 before,
 * so that no two of the numbers are equal.
 * See pid_namespaces(7), NSpid in proc(5). */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void new_level(void)
{
	if (unshare(CLONE_NEWPID) == 0)		/* for children */
		return;
	err(errno == EINVAL ? 77 : 1, "new PID namespace");
}

static pid_t start(void)
{
	pid_t pid;

	fflush(stdout);		/* or both would print what is in the buffer */
	pid = fork();
	if (pid == -1)
		err(1, "fork");
	return pid;
}

static int end_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) == -1)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Our own line of /proc/self/status: that /proc is of the outermost namespace,
 * and tells all our PIDs, outermost first. */
static int innermost(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char *line = NULL;

	if (!status)
		err(1, "/proc/self/status");
	for (size_t size = 0; getline(&line, &size, status) > 0;)
		if (strncmp(line, "NSpid:", 6) == 0)
			printf("level 2: %s", line);
	fclose(status);
	printf("level 2: I am PID %d, my parent is PID %d\n", getpid(), getppid());
	return 0;
}

static int middle(void)
{
	pid_t pid;
	int status;

	pid = start();		/* takes PID 2 of this level, and ends */
	if (pid == 0)
		_exit(0);
	if (end_of(pid) != 0)
		errx(1, "PID 2 failed");
	new_level();
	pid = start();
	if (pid == 0)
		return innermost();
	status = end_of(pid);
	printf("level 1: I am PID %d, my child was PID %d\n", getpid(), pid);
	return status;
}

int main(int argc, char **argv)
{
	pid_t pid;
	int status;

	(void)argv;
	if (argc != 1) {
		fprintf(stderr, "usage: step4-nested\n");
		return 2;
	}
	new_level();
	pid = start();
	if (pid == 0)
		return middle();
	status = end_of(pid);
	printf("level 0: I am PID %d, my child was PID %d\n", getpid(), pid);
	return status;
}
