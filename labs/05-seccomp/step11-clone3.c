/* step11-clone3.c - a call whose arguments lie in memory, and what to answer
 *
 *   ./step11-clone3 ERRNO      ENOSYS, EPERM, or 0: clone3 is let through
 *
 * clone3(2) does what clone(2) does, but takes its flags in a structure.  A
 * filter that refuses CLONE_NEWUSER to clone cannot see it there, so all of
 * clone3 has to go.  How it is refused decides whether threads still work.
 *
 * New in this step: what is behind a pointer cannot be tested; ENOSYS.
 * See clone(2), pthread_create(3). */
#include <err.h>
#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_clone3
#define SYS_clone3 435
#endif

static void show(const char *call, int error)
{
	printf("%-26s %s\n", call, error ? strerrorname_np(error) : "done");
}

/* The errno of a new child, which ends at once; 0 if there was one. */
static int child(long pid)
{
	if (pid == 0)
		_exit(0);
	if (pid == -1)
		return errno;
	return waitpid((pid_t)pid, NULL, 0) == -1 ? errno : 0;
}

static int by_clone(unsigned long flags)
{
	return child(syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0));
}

static int by_clone3(unsigned long flags)
{
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };

	return child(syscall(SYS_clone3, &args, sizeof(args)));
}

static void *nothing(void *unused)
{
	return unused;
}

int main(int argc, char **argv)
{
	int error = argc != 2 ? -1 : strcmp(argv[1], "ENOSYS") == 0 ? ENOSYS :
		    strcmp(argv[1], "EPERM") == 0 ? EPERM : strcmp(argv[1], "0") == 0 ? 0 : -1, rc;
	scmp_filter_ctx ctx;
	pthread_t thread;

	if (error == -1) {
		fprintf(stderr, "usage: %s ENOSYS | EPERM | 0\n", argv[0]);
		return 2;
	}
	rc = by_clone3(0);
	if (rc)
		errx(77, "clone3: %s: too old a kernel, or somebody's filter", strerror(rc));
	rc = by_clone3(CLONE_NEWUSER);
	if (rc)
		errx(77, "no user namespace can be made here: %s", strerror(rc));
	ctx = seccomp_init(SCMP_ACT_ALLOW);
	if (!ctx)
		errx(1, "seccomp_init");
	rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
			      SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
	if (rc == 0 && error)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(error), SCMP_SYS(clone3), 0);
	if (rc == 0)
		rc = seccomp_load(ctx);
	if (rc < 0)
		errx(1, "filter: %s", strerror(-rc));

	show("clone, CLONE_NEWUSER:", by_clone(CLONE_NEWUSER));
	show("clone3, CLONE_NEWUSER:", by_clone3(CLONE_NEWUSER));
	rc = pthread_create(&thread, NULL, nothing, NULL);
	show("pthread_create:", rc);
	return rc == 0 ? pthread_join(thread, NULL) : 0;
}
