/* sync.c - how parent, child and keeper talk: datagrams over a socket pair
 *
 * A message is a struct failure: status 0 means "go on", anything else is a
 * failure on its way to the user.  The end of the stream is never permission:
 * a parent that died closes the socket too.
 */

#include "skiff.h"

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

int sync_send(int socket, const struct failure *message, int fd)
{
	union control control = {
		.header = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)) },
	};
	struct iovec data = { (void *)(uintptr_t)message, sizeof(*message) };
	struct msghdr msg = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = fd >= 0 ? control.room : NULL, .msg_controllen = fd >= 0 ? sizeof(control.room) : 0,
	};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	return sendmsg(socket, &msg, MSG_NOSIGNAL) == sizeof(*message) ? 0 : -1;
}

int sync_receive(int socket, struct failure *message, int *fd)
{
	union control control = { .header = { .cmsg_len = 0 } };
	struct iovec data = { message, sizeof(*message) };
	struct msghdr msg = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room),
	};
	ssize_t n;
	int got = -1;

	do
		n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n == sizeof(*message) && CMSG_FIRSTHDR(&msg) != NULL && control.header.cmsg_type == SCM_RIGHTS)
		memcpy(&got, CMSG_DATA(&control.header), sizeof(int));
	if (fd != NULL)
		*fd = got;
	else
		close_fd(&got);
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return 0;
	message->text[sizeof(message->text) - 1] = '\0';
	return n == sizeof(*message) ? 1 : -1;
}
