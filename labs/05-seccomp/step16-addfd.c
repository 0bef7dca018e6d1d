/* step16-addfd.c - the answer: look once, and act on what you have seen
 *
 *   ./step16-addfd DIR          DIR/public may be opened, DIR/secret may not
 *
 * The attacker of step 15.  This supervisor copies the path, opens the file
 * itself, and puts the descriptor into the caller's table.  Nobody looks again.
 *
 * New in this step: SECCOMP_IOCTL_NOTIF_ADDFD.  See seccomp_unotify(2). */
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
	int rc = seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, SCMP_SYS(openat), 0), listener, got[3] = { 0 };
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);	/* nobody else would answer us */
	listener = rc == 0 && seccomp_load(ctx) == 0 ? seccomp_notify_fd(ctx) : -1;
	if (write(tell, &listener, sizeof(listener)) < 0 || listener < 0 || pthread_create(&thread, NULL, change, NULL) != 0)
		return 1;
	for (int tries = 0; tries < 200000 && (got[0] < 500 || got[2] < 500); tries++) {
		int fd = (int)syscall(SYS_openat, AT_FDCWD, path.name, O_RDONLY);
		char text[32] = "";

		got[fd == -1 || read(fd, text, sizeof(text) - 1) == -1 ? 2 : !strstr(text, "public")]++;
		close(fd);
	}
	printf("attacker:   read public %d times, refused %d times, read secret %d times\n", got[0], got[2], got[1]);
	return got[0] == 0 || got[1] > 0;
}

static void supervise(int listener)
{
	struct seccomp_notif_addfd add = { .newfd_flags = O_CLOEXEC };
	struct seccomp_notif_resp reply = { .error = -EPERM };
	struct seccomp_notif call = { 0 };
	char seen[8];

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) == -1)
		err(1, "SECCOMP_IOCTL_NOTIF_RECV");
	struct iovec here = { seen, sizeof(seen) }, there = { (void *)call.data.args[1], sizeof(seen) };
	reply.id = add.id = call.id;
	if (process_vm_readv((pid_t)call.pid, &here, 1, &there, 1, 0) > 0 && strcmp(seen, "public") == 0) {
		add.srcfd = (__u32)open(seen, O_RDONLY | O_CLOEXEC);
		reply.val = ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);	/* its number over there */
		reply.error = reply.val == -1 ? -errno : 0;
		close((int)add.srcfd);
	}
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

int main(int argc, char **argv)
{
	int tell[2], status, child;
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
			supervise(listener.fd);
	return WEXITSTATUS(status);
}
