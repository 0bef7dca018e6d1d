/* step3-actions.c - what a filter can decide
 *
 *   ./step3-actions allow | log | errno | trap | kill
 *
 * A child loads a filter with one rule, getppid: ACTION, and calls getppid.
 * It prints what it got; the parent prints how the child ended.  One more
 * action, asking another process, is step 6.
 *
 * New in this step: libseccomp, the actions.
 * See seccomp_init(3), seccomp_rule_add(3), SECCOMP_RET_* in seccomp(2). */
#include <err.h>
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_SECCOMP	/* glibc leaves it out */
#define SYS_SECCOMP 1
#endif

static const struct { const char *name; uint32_t action; } actions[] = {
	{ "allow", SCMP_ACT_ALLOW },
	{ "log",   SCMP_ACT_LOG },		/* allow, and a line in the kernel's log */
	{ "errno", SCMP_ACT_ERRNO(EOWNERDEAD) },
	{ "trap",  SCMP_ACT_TRAP },		/* SIGSYS, which can be handled */
	{ "kill",  SCMP_ACT_KILL_PROCESS },	/* SIGSYS, which cannot */
};

/* The signal says which call it was, so that a program can emulate it. */
static void on_sigsys(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	if (info->si_code == SYS_SECCOMP && info->si_syscall == SYS_getppid) {
		static const char text[] = "child:  SIGSYS for getppid, handled\n";

		if (write(STDOUT_FILENO, text, sizeof(text) - 1) == -1)
			_exit(1);
	}
}

static int child(uint32_t action, pid_t parent)
{
	struct sigaction handle = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	long result;
	int rc = 0;

	if (!ctx)
		errx(1, "seccomp_init");
	if (action != SCMP_ACT_ALLOW)	/* a rule that says the default is an error */
		rc = seccomp_rule_add(ctx, action, SCMP_SYS(getppid), 0);
	if (rc < 0) {
		warnx("this kernel lacks the action: %s", strerror(-rc));
		return 77;
	}
	sigaction(SIGSYS, &handle, NULL);
	rc = seccomp_load(ctx);		/* sets no_new_privs too */
	if (rc < 0)
		errx(1, "seccomp_load: %s", strerror(-rc));
	errno = 0;
	result = syscall(SYS_getppid);
	if (result == -1)
		printf("child:  getppid failed: %s\n", strerror(errno));
	else
		printf("child:  getppid returned %s\n", result == parent ? "the parent's pid" : "something else");
	return 0;
}

int main(int argc, char **argv)
{
	size_t i, n = sizeof(actions) / sizeof(actions[0]);
	pid_t parent = getpid();
	int status;

	for (i = 0; i < n && argc == 2; i++)
		if (strcmp(argv[1], actions[i].name) == 0)
			break;
	if (argc != 2 || i == n) {
		fprintf(stderr, "usage: %s allow | log | errno | trap | kill\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		return child(actions[i].action, parent);
	}
	if (wait(&status) == -1)
		err(1, "wait");
	if (WIFSIGNALED(status))
		printf("parent: killed by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == 0)
		printf("parent: exited normally\n");
	return WIFSIGNALED(status) ? 0 : WEXITSTATUS(status);
}
