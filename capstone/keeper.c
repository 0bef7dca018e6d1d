/* keeper.c - who cleans up, also after a skiff that was killed
 *
 * PR_SET_PDEATHSIG alone would not do: PID 1 of the container may switch it
 * off again, and nobody would remove the cgroup.  So a second process waits
 * for the end of a socket that only skiff holds open.  It shares the record
 * with skiff, where it finds what is there to be removed.
 */
#include <poll.h>

#include "command/command.h"

void keeper_clean(struct record *record)
{
	record_remove(record);
	network_disconnect(record);
	upper_close(record);
	cgroup_remove(&record->cgroup);
}

static void keeper_main(struct record *record, int socket)
{
	struct pollfd dead = { .fd = -1, .events = POLLIN }, end = { .fd = socket };
	struct failure message;
	int fd;

	poll(&end, 1, -1);      /* not for what is said before: it waits there */
	while (sync_receive(socket, &message, &fd) == 1)
		dead.fd = fd;
	/* Its PID 1 gone, the kernel ends the rest of the container. */
	if (dead.fd >= 0) {
		syscall(SYS_pidfd_send_signal, dead.fd, SIGKILL, NULL, 0);
		delegate_end(&dead, 1, &record->cgroup, record->pid);
	}
	terminal_restore(record, 2);
	keeper_clean(record);
	_exit(0);
}

int keeper_start(struct record *record, pid_t *pid, struct failure *f)
{
	int pair[2];

	TRY(SYNC_PAIR(pair), "socketpair");
	*pid = fork();
	if (*pid == 0) {
		/*
		 * Out of reach of a Ctrl-C, and holding open nothing of the
		 * caller's but its terminal: whoever waits for the end of a
		 * pipe would wait for the keeper too.
		 */
		setsid();
		if (dup2(isatty(0) ? 0 : pair[1], 2) < 0 || dup2(pair[1], 0) < 0 || dup2(pair[1], 1) < 0 ||
		    syscall(SYS_close_range, 3U, ~0U, 0U) < 0)
			_exit(125);
		keeper_main(record, 0);
	}
	close(pair[1]);
	TRY(*pid, "fork");
	return pair[0];
}
