/* step7-actions.c - what a filter can decide
 *
 *   ./step7-actions
 *
 * For each action: a child loads a filter with one rule, getppid: ACTION.  Its
 * second thread calls getppid and says what it got; the first one waits for it.
 * Then the parent says what became of the child.
 *
 * New in this step: SECCOMP_RET_*, and the SIGSYS that says which call it was.
 * See seccomp(2), sigaction(2). */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct { const char *name; __u32 action; } actions[] = {
	{ "ALLOW",        SECCOMP_RET_ALLOW },
	{ "LOG",          SECCOMP_RET_LOG },		/* allow, and a line in the kernel's log */
	{ "TRACE",        SECCOMP_RET_TRACE },		/* a debugger decides; here is none */
	{ "USER_NOTIF",   SECCOMP_RET_USER_NOTIF },	/* a supervisor decides (step 14); here is none */
	{ "ERRNO",        SECCOMP_RET_ERRNO | EOWNERDEAD },
	{ "TRAP",         SECCOMP_RET_TRAP },		/* SIGSYS, which can be handled */
	{ "KILL_THREAD",  SECCOMP_RET_KILL_THREAD },
	{ "KILL_PROCESS", SECCOMP_RET_KILL_PROCESS },	/* SIGSYS, which cannot */
};

static volatile sig_atomic_t trapped;

/* A handler could do the work another way, and put a result into context. */
static void on_sigsys(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	trapped = info->si_code == 1 /* SYS_SECCOMP */ && info->si_syscall == SYS_getppid;
}

static void *second_thread(void *text)
{
	long result = syscall(SYS_getppid);

	*(const char **)text = trapped ? "SIGSYS for getppid, handled" :
		result == -1 ? strerrorname_np(errno) : "the parent's pid";
	return NULL;
}

static void child(__u32 action)
{
	/* Nothing foreign runs here: no architecture check, for once. */
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0 /* nr */),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = 4, .filter = filter };
	struct sigaction handle = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };
	const char *text = "death";
	pthread_t thread;

	sigaction(SIGSYS, &handle, NULL);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
		err(77, "seccomp");
	if (pthread_create(&thread, NULL, second_thread, &text) != 0 || pthread_join(thread, NULL) != 0)
		errx(1, "thread");
	printf("%-28s ", text);
}

int main(int argc, char **argv)
{
	int status;

	if (argc != 1) {
		fprintf(stderr, "usage: %s\n", argv[0]);
		return 2;
	}
	printf("%-13s %-28s %s\n", "action", "the thread got", "the process");
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		printf("%-13s ", actions[i].name);
		fflush(stdout);
		if (fork() == 0) {
			child(actions[i].action);
			exit(0);
		}
		if (wait(&status) == -1 || (WIFEXITED(status) && WEXITSTATUS(status) != 0))
			return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
		if (WIFSIGNALED(status))
			printf("%-28s killed by signal %d (%s)\n", "", WTERMSIG(status), strsignal(WTERMSIG(status)));
		else
			puts("goes on");
	}
	return 0;
}
