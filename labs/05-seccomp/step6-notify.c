/* step6-notify.c - let another process decide
 *
 *   ./step6-notify
 *
 * A filter sends getppid to a supervisor.  The caller sleeps in the kernel
 * until the supervisor has answered; the call itself is never carried out.  A
 * container manager does for its guests so what they may not do themselves.
 *
 * New in this step: SCMP_ACT_NOTIFY, the listener descriptor.
 * See seccomp_unotify(2), seccomp_notify_alloc(3). */
#include <err.h>
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Answer one call with this result, and say what it was. */
static void supervise(int listener, pid_t child, int answer)
{
	struct seccomp_notif *call;
	struct seccomp_notif_resp *reply;
	char *name;

	if (seccomp_notify_alloc(&call, &reply) != 0 || seccomp_notify_receive(listener, call) != 0)
		errx(1, "seccomp_notify_receive");
	name = seccomp_syscall_resolve_num_arch(call->data.arch, call->data.nr);
	printf("supervisor: %s wants %s\n", (pid_t)call->pid == child ? "the child" : "somebody", name);

	/* Whoever acts on the caller's memory or pid first makes sure that it
	 * is still waiting: the pid may be another process's by now. */
	if (seccomp_notify_id_valid(listener, call->id) != 0)
		errx(1, "the caller is gone");
	reply->id = call->id;
	reply->val = answer;
	reply->error = 0;		/* -EPERM here: the call fails */
	reply->flags = 0;		/* SECCOMP_USER_NOTIF_FLAG_CONTINUE: let it run */
	printf("supervisor: answers %d\n", answer);
	free(name);
	if (seccomp_notify_respond(listener, reply) != 0)
		errx(1, "seccomp_notify_respond");
}

int main(int argc, char **argv)
{
	scmp_filter_ctx ctx;
	int rc, listener, status;
	pid_t child;

	if (argc != 1) {
		fprintf(stderr, "usage: %s\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	ctx = seccomp_init(SCMP_ACT_ALLOW);
	if (!ctx)
		errx(1, "seccomp_init");
	rc = seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, SCMP_SYS(getppid), 0);
	if (rc == 0)
		rc = seccomp_load(ctx);
	if (rc < 0) {
		warnx("this kernel or libseccomp cannot notify: %s", strerror(-rc));
		return 77;
	}
	listener = seccomp_notify_fd(ctx);

	/* Parent and child are both behind the filter; only the parent keeps
	 * the listener, and it never calls getppid. */
	child = fork();
	if (child == -1)
		err(1, "fork");
	if (child == 0) {
		close(listener);
		printf("child:      getppid returned %ld\n", syscall(SYS_getppid));
		return 0;
	}
	supervise(listener, child, 4242);
	if (waitpid(child, &status, 0) == -1 || status != 0)
		errx(1, "the child failed");
	return 0;
}
