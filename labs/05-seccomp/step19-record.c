/* step19-record.c - which system calls does a program need?
 *
 *   ./step19-record LIST CMD [ARG...]    the list goes to the file LIST
 *
 * A filter sends every call of CMD, and of all that it starts, to us.  We note
 * its number and let it go on.  The names come out as `sandbox -a` takes them.
 *
 * New in this step: a filter as a recorder.  See seccomp_unotify(2), strace(1). */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS = 600 };

/* After the filter no call of ours is free: it waits for an answer.  The number
 * of the listener goes to the parent through memory. */
static void child(_Atomic int *listener, char **cmd)
{
	struct sock_filter filter = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	struct sock_fprog program = { .len = 1, .filter = &filter };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	atomic_store(listener, (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
	if (atomic_load(listener) >= 0)
		execvp(cmd[0], cmd);
	err(errno == ENOENT ? 127 : 126, "%s", cmd[0]);
}

static void write_list(const char *file, const char *seen)
{
	const char *comma = "";
	FILE *f = fopen(file, "w");

	if (!f)
		err(1, "%s", file);
	for (int number = 0; number < CALLS; number++) {
		char *name = seen[number] ? seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number) : NULL;

		if (seen[number] && !name)
			errx(1, "call %d: too new for this libseccomp", number);
		if (name)
			fprintf(f, "%s%s", comma, name);
		comma = name ? "," : comma;
		free(name);
	}
	fputc('\n', f);
	fclose(f);
}

int main(int argc, char **argv)
{
	_Atomic int *number = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct pollfd listener = { .events = POLLIN };
	char seen[CALLS] = "";
	int status, pid;

	if (argc < 3) {
		fprintf(stderr, "usage: %s LIST CMD [ARG...]\n", argv[0]);
		return 2;
	}
	atomic_store(number, -1);
	pid = fork();
	if (pid == 0)
		child(number, argv + 2);
	while (atomic_load(number) == -1 && waitpid(pid, &status, WNOHANG) == 0)
		;
	listener.fd = (int)syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, pid, 0), atomic_load(number), 0);
	if (listener.fd == -1)
		err(77, "this kernel cannot notify, or not hand over the listener");
	/* Until the first process has gone; who is left then gets ENOSYS. */
	while (waitpid(pid, &status, WNOHANG) == 0) {
		struct seccomp_notif call = { 0 };
		struct seccomp_notif_resp reply = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

		if (poll(&listener, 1, 20) <= 0 || ioctl(listener.fd, SECCOMP_IOCTL_NOTIF_RECV, &call) == -1)
			continue;
		if (call.data.nr >= 0 && call.data.nr < CALLS)
			seen[call.data.nr] = 1;
		reply.id = call.id;
		ioctl(listener.fd, SECCOMP_IOCTL_NOTIF_SEND, &reply);
	}
	write_list(argv[1], seen);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
