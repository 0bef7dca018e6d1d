/* step13-threads.c - a filter is a thread's, unless you say otherwise
 *
 *   ./step13-threads
 *
 * A worker thread is running when the main thread loads a filter.  Both say what
 * mkdirat answers to bad pointers, and what /proc says of the thread.
 *
 * New in this step: SECCOMP_FILTER_FLAG_TSYNC.
 * See seccomp(2). */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void show(const char *who)
{
	char path[64], *line = NULL, mode[8] = "?";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", gettid());
	f = fopen(path, "r");
	for (size_t size = 0; f && getline(&line, &size, f) > 0;)
		sscanf(line, "Seccomp: %7s", mode);	/* fits: a number */
	if (f)
		fclose(f);
	syscall(SYS_mkdirat, -1, -1, 0);
	printf("  %-22s Seccomp %s, mkdirat: %s\n", who, mode, strerrorname_np(errno));
}

/* Each says its line when the other has said its own: three times. */
static void *worker(void *turn)
{
	for (int i = 0; i < 3; i++) {
		pthread_barrier_wait(turn);
		show("worker:");
		pthread_barrier_wait(turn);
	}
	return NULL;
}

static void *newcomer(void *unused)
{
	show("a thread started now:");
	return unused;
}

static void both(const char *when, pthread_barrier_t *turn)
{
	printf("%s\n", when);
	show("main:");
	pthread_barrier_wait(turn);
	pthread_barrier_wait(turn);
}

static long load(unsigned int flags)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0 /* nr */),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdirat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = 4, .filter = filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		err(1, "PR_SET_NO_NEW_PRIVS");
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

int main(int argc, char **argv)
{
	pthread_t thread, late;
	pthread_barrier_t turn;

	if (argc != 1) {
		fprintf(stderr, "usage: %s\n", argv[0]);
		return 2;
	}
	pthread_barrier_init(&turn, NULL, 2);
	if (pthread_create(&thread, NULL, worker, &turn) != 0)
		errx(1, "pthread_create");
	both("at the start", &turn);
	if (load(0) == -1)
		err(77, "seccomp");
	both("main has loaded a filter", &turn);
	if (pthread_create(&late, NULL, newcomer, NULL) != 0 || pthread_join(late, NULL) != 0)
		errx(1, "pthread_create");
	if (load(SECCOMP_FILTER_FLAG_TSYNC) != 0)
		err(1, "TSYNC");
	both("main has loaded one with TSYNC", &turn);
	return pthread_join(thread, NULL);
}
