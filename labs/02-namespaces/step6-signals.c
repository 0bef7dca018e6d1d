/* step6-signals.c - what reaches PID 1, and what is left without it
 *
 *   ./step6-signals      try as an ordinary user: unshare -r ./step6-signals
 *
 * New in this step: from inside, a signal reaches PID 1 only if it has a handler
 * for it; SIGKILL and SIGSTOP cannot have one, so they never do.  An ancestor
 * namespace is not bound by that.  Once PID 1 is gone, nobody can be born there.
 * See pid_namespaces(7), kill(2), fork(2). */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t usr1;

static void count(int signal_number)
{
	(void)signal_number;
	usr1++;
}

/* A child of PID 1 sends it three signals, in this order, and ends. */
static void attack(void)
{
	static const struct { int number; const char *name; } sent[] = {
		{ SIGKILL, "SIGKILL" }, { SIGTERM, "SIGTERM" }, { SIGUSR1, "SIGUSR1" },
	};

	for (int i = 0; i < 3; i++)
		printf("inside:  PID %d sends %s to PID 1: %s\n", getpid(), sent[i].name,
		       kill(1, sent[i].number) == -1 ? strerror(errno) : "accepted");
	fflush(stdout);
	_exit(0);
}

__attribute__((noreturn)) static void init(int ready)
{
	struct sigaction act = { .sa_handler = count, .sa_flags = SA_RESTART };
	pid_t pid;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || sigaction(SIGUSR1, &act, NULL) == -1)
		err(1, "init");
	pid = fork();
	if (pid == 0)
		attack();
	if (pid == -1 || waitpid(pid, NULL, 0) == -1)
		err(1, "the child");
	printf("inside:  PID 1 is there; SIGUSR1, for which it has a handler, came %d time%s\n", (int)usr1,
	       usr1 == 1 ? "" : "s");
	fflush(stdout);
	if (write(ready, "R", 1) != 1)
		err(1, "write");
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	int ready[2], status;
	pid_t pid;
	char byte;

	(void)argv;
	if (argc != 1) {
		fprintf(stderr, "usage: step6-signals\n");
		return 2;
	}
	if (pipe(ready) == -1)
		err(1, "pipe");
	if (unshare(CLONE_NEWPID) == -1)
		err(errno == EINVAL ? 77 : 1, "new PID namespace");
	pid = fork();
	if (pid == -1)
		err(1, "fork");
	if (pid == 0)
		init(ready[1]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		errx(1, "the init has not survived");
	if (kill(pid, SIGKILL) == -1 || waitpid(pid, &status, 0) == -1)
		err(1, "kill");
	printf("outside: I send SIGKILL to PID %d: it %s\n", pid,
	       WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? "died of it" : "lives");
	fflush(stdout);
	/* Our children still belong there, for unshare(2) has said so. */
	pid = fork();
	if (pid == 0)
		_exit(0);
	printf("outside: fork into the namespace without an init: %s\n", pid == -1 ? strerror(errno) : "done");
	return pid == -1 ? 0 : 1;
}
