/* step14-notify.c - let another process decide, and do the work
 *
 *   ./step14-notify DIR
 *
 * Behind the filter a child asks for mkdir, and sleeps in the kernel until a
 * supervisor has answered; its own call is never carried out.  The supervisor
 * makes directories for it, but only in DIR.
 *
 * New in this step: SCMP_ACT_NOTIFY, the listener, reading the caller's memory.
 * See seccomp_unotify(2), seccomp_notify_alloc(3), process_vm_readv(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child: load the filter, say which descriptor the listener is, and ask. */
static int child(const char *dir, int tell)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int rc = ctx ? seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, SCMP_SYS(mkdirat), 0) : -ENOMEM, listener;

	if (rc == 0)
		rc = seccomp_load(ctx);
	listener = rc == 0 ? seccomp_notify_fd(ctx) : rc;
	if (write(tell, &listener, sizeof(listener)) != sizeof(listener) || rc < 0)
		return 1;
	umask(0077);	/* for what we make ourselves */
	for (const char *const *name = (const char *const[]){ "wanted", "../unwanted", NULL }; *name; name++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", dir, *name);	/* fits: see main() */
		rc = (int)syscall(SYS_mkdirat, AT_FDCWD, path, 0777);
		printf("child:      %s: %s\n", *name, rc == 0 ? "done" : strerrorname_np(errno));
	}
	return 0;
}

/* Answer one call. */
static void supervise(int listener, const char *dir)
{
	struct seccomp_notif *call;
	struct seccomp_notif_resp *reply;
	char path[4096] = "";
	size_t length = strlen(dir);
	struct iovec here = { path, sizeof(path) - 1 }, there = { NULL, sizeof(path) - 1 };

	if (seccomp_notify_alloc(&call, &reply) != 0 || seccomp_notify_receive(listener, call) != 0)
		errx(1, "seccomp_notify_receive");
	there.iov_base = (void *)call->data.args[1];
	if (process_vm_readv((pid_t)call->pid, &here, 1, &there, 1, 0) <= 0)
		err(1, "process_vm_readv");
	/* The pid may be another process's by now.  If the caller still waits,
	 * what we have read was its memory. */
	if (seccomp_notify_id_valid(listener, call->id) != 0)
		errx(1, "the caller is gone");
	reply->id = call->id;
	if (strncmp(path, dir, length) != 0 || path[length] != '/' || strchr(path + length + 1, '/'))
		reply->error = -EACCES;
	else if (mkdir(path, (mode_t)call->data.args[2]) == -1)
		reply->error = -errno;
	printf("supervisor: mkdir %s: %s\n", path + length + 1, reply->error ? "no" : "made");
	if (seccomp_notify_respond(listener, reply) != 0)
		errx(1, "seccomp_notify_respond");
	seccomp_notify_free(call, reply);
}

int main(int argc, char **argv)
{
	int pipe_fd[2], listener, status;
	pid_t pid;

	if (argc != 2 || strlen(argv[1]) > 4000) {
		fprintf(stderr, "usage: %s DIR\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	umask(0022);
	if (pipe(pipe_fd) == -1)
		err(1, "pipe");
	pid = fork();
	if (pid == 0)
		exit(child(argv[1], pipe_fd[1]));
	if (read(pipe_fd[0], &listener, sizeof(listener)) != sizeof(listener) || listener < 0)
		errx(77, "this kernel or libseccomp cannot notify");
	/* The child's descriptor becomes ours too. */
	listener = (int)syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, pid, 0), listener, 0);
	if (listener == -1)
		err(77, "pidfd_getfd");
	supervise(listener, argv[1]);
	supervise(listener, argv[1]);
	return wait(&status) == -1 || status != 0;
}
