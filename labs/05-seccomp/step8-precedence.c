/* step8-precedence.c - several filters: all run, the harshest wins
 *
 *   ./step8-precedence
 *
 * A child loads two filters: the first says ROW to getppid, the second COLUMN.
 *
 * New in this step: filters add up, and none can take back what another says.
 * See seccomp(2), under SECCOMP_RET_DATA. */
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
	{ "NOTIF",        SECCOMP_RET_USER_NOTIF },	/* nobody listens: ENOSYS */
	{ "EACCES",       SECCOMP_RET_ERRNO | EACCES },
	{ "EIO",          SECCOMP_RET_ERRNO | EIO },
	{ "TRAP",         SECCOMP_RET_TRAP },
	{ "THREAD",       SECCOMP_RET_KILL_THREAD },
	{ "PROCESS",      SECCOMP_RET_KILL_PROCESS },
};
#define LENGTH (sizeof(actions) / sizeof(actions[0]))

static volatile sig_atomic_t trapped;

static void on_sigsys(int sig) { trapped = sig; }

static void *second_thread(void *what)
{
	long result = syscall(SYS_getppid);

	*(const char **)what = trapped ? "TRAP" : result != -1 ? "ALLOW" :
		errno == ENOSYS ? "NOTIF" : strerrorname_np(errno);
	return NULL;
}

static void load(__u32 action)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0 /* nr */),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = 4, .filter = filter };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
		err(77, "seccomp");
}

static void child(__u32 first, __u32 second)
{
	const char *what = "THREAD";	/* unless it comes to say something else */
	pthread_t thread;
	signal(SIGSYS, on_sigsys);
	load(first);
	load(second);
	if (pthread_create(&thread, NULL, second_thread, &what) != 0 || pthread_join(thread, NULL) != 0)
		errx(1, "thread");
	printf("%-8s", what);
}

int main(int argc, char **argv)
{
	int status;

	if (argc != 1) {
		fprintf(stderr, "usage: %s\n", argv[0]);
		return 2;
	}
	printf("%-8s", "");
	for (size_t i = 0; i < LENGTH; i++)
		printf(" %-8s", actions[i].name);
	for (size_t i = 0; i < LENGTH * LENGTH; i++) {
		if (i % LENGTH == 0)
			printf("\n%-8s", actions[i / LENGTH].name);
		putchar(' ');
		fflush(stdout);
		if (fork() == 0) {
			child(actions[i / LENGTH].action, actions[i % LENGTH].action);
			exit(0);
		}
		if (wait(&status) == -1 || (WIFEXITED(status) && WEXITSTATUS(status) != 0))
			return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
		if (WIFSIGNALED(status))
			printf("%-8s", "PROCESS");
	}
	putchar('\n');
}
