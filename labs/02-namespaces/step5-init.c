/* step5-init.c - PID 1 inherits the orphans, and takes the rest with it
 *
 *   ./step5-init         try as an ordinary user: unshare -r ./step5-init
 *
 * New in this step: what the kernel makes of the first process.  Who loses its
 * parent becomes a child of PID 1, which must reap it; and when PID 1 ends, the
 * kernel kills everybody else in the namespace.
 * See pid_namespaces(7), wait(2). */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Says who its parent is, before and after the parent ends.  It would then
 * never end by itself; while it lives, it holds `alive` open. */
__attribute__((noreturn)) static void orphan(const int *parent_ended, int told)
{
	char byte;

	close(parent_ended[1]);
	printf("inside:  PID %d: my parent is PID %d\n", getpid(), getppid());
	fflush(stdout);
	if (write(told, "1", 1) != 1)
		err(1, "write");
	/* Our parent held the other end: at its end, this reads nothing. */
	if (read(parent_ended[0], &byte, 1) == -1)
		err(1, "read");
	while (getppid() == 2)
		;	/* the kernel closes files a moment before it moves children */
	printf("inside:  PID %d: my parent is PID %d, and PID 2 has ended\n", getpid(), getppid());
	fflush(stdout);
	if (write(told, "2", 1) != 1)
		err(1, "write");
	for (;;)
		pause();
}

static int init(void)
{
	int parent_ended[2], told[2], status;
	char byte;
	pid_t middle;

	if (pipe(parent_ended) == -1 || pipe(told) == -1)
		err(1, "pipe");
	middle = fork();			/* PID 2 */
	if (middle == 0) {
		pid_t child = fork();	/* PID 3, soon an orphan */

		if (child == 0)
			orphan(parent_ended, told[1]);
		/* End only when the orphan has told. */
		_exit(child != -1 && read(told[0], &byte, 1) == 1 ? 0 : 1);
	}
	close(parent_ended[1]);
	if (middle == -1 || waitpid(middle, &status, 0) == -1 || status != 0)
		errx(1, "PID 2 failed");
	if (read(told[0], &byte, 1) != 1)
		err(1, "read");
	printf("inside:  PID %d ends, and PID 3 still runs\n", getpid());
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	int alive[2], status;
	char byte;
	pid_t pid;

	(void)argv;
	if (argc != 1) {
		fprintf(stderr, "usage: step5-init\n");
		return 2;
	}
	if (pipe(alive) == -1)
		err(1, "pipe");
	if (unshare(CLONE_NEWPID) == -1) {	/* for children: our own PID stays */
		if (errno == EINVAL)
			errx(77, "this kernel has no PID namespaces");
		err(1, "unshare");
	}
	pid = fork();
	if (pid == -1)
		err(1, "fork");
	if (pid == 0)
		return init();
	close(alive[1]);
	if (waitpid(pid, &status, 0) == -1 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(1, "the init failed");
	/* Everybody inside inherited the other end of this pipe. */
	if (read(alive[0], &byte, 1) != 0)
		errx(1, "somebody inside is left");
	printf("outside: PID %d has ended, and nobody is left inside\n", pid);
	return 0;
}
