/* keeper.c - who cleans up after a skiff that was killed
 *
 * PR_SET_PDEATHSIG alone would not do: PID 1 of the container may switch it
 * off again, and nobody would remove the cgroup.  So a second process waits
 * for the end of a socket that only skiff holds open.  It shares one page with
 * skiff, where it finds the directories that are there to be removed.
 */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "skiff.h"

static void keeper_main(int socket, const struct cgroup *group)
{
	struct failure message;
	int pidfd = -1, fd;

	while (sync_receive(socket, &message, &fd) == 1) {
		if (message.status != 0)
			_exit(0);       /* dismissed: all is clean */
		pidfd = fd;
	}
	/* Its PID 1 gone, the kernel ends the rest of the container. */
	if (pidfd >= 0)
		syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	cgroup_remove(group);
	_exit(0);
}

int keeper_start(const struct cgroup *group, pid_t *pid, struct failure *f)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail(f, errno, "socketpair");
	*pid = fork();
	if (*pid < 0) {
		close(pair[0]);
		close(pair[1]);
		return fail(f, errno, "fork");
	}
	if (*pid == 0) {
		/*
		 * Out of reach of a Ctrl-C, and holding open nothing of the
		 * caller's: whoever waits for the end of a pipe would wait for
		 * the keeper too.
		 */
		setsid();
		if (dup2(pair[1], 0) < 0 || syscall(SYS_close_range, 1U, ~0U, 0U) < 0)
			_exit(125);
		keeper_main(0, group);
	}
	close(pair[1]);
	return pair[0];
}

int keeper_watch(int keeper, int pidfd, struct failure *f)
{
	struct failure go_on = { 0 };

	return sync_send(keeper, &go_on, pidfd) == 0 ? 0 : fail(f, errno, "keeper");
}

void keeper_dismiss(int keeper, pid_t pid)
{
	struct failure done = { .status = 1 };

	sync_send(keeper, &done, -1);
	close(keeper);
	waitpid(pid, NULL, 0);
}
