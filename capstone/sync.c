/* sync.c - how parent, child and keeper talk: datagrams over a socket pair
 *
 * Between parent and child a message is a struct failure: status 0 means "go on",
 * anything else is a failure on its way to the user.  The end of the stream is never
 * permission: a parent that died closes the socket too.
 */

#include "skiff.h"

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

int sync_send_bytes(int socket, const void *bytes, size_t size, int fd)
{
	union control control = {
		.header = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)) },
	};
	struct iovec data = { (void *)(uintptr_t)bytes, size };
	struct msghdr msg = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = fd >= 0 ? control.room : NULL, .msg_controllen = fd >= 0 ? sizeof(control.room) : 0,
	};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	return sendmsg(socket, &msg, MSG_NOSIGNAL) == (ssize_t)size ? 0 : -1;
}

ssize_t sync_receive_bytes(int socket, void *bytes, size_t size, int *fd)
{
	union control control = { .header = { .cmsg_len = 0 } };
	struct iovec data = { bytes, size };
	struct msghdr msg = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room),
	};
	ssize_t n;

	do
		n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	*fd = -1;
	if (n >= 0 && CMSG_FIRSTHDR(&msg) != NULL && control.header.cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(&control.header), sizeof(int));
	return n < 0 && errno == ECONNRESET ? 0 : n;
}

int sync_send(int socket, const struct failure *message, int fd)
{
	return sync_send_bytes(socket, message, sizeof(*message), fd);
}

int sync_receive(int socket, struct failure *message, int *fd)
{
	int got;
	ssize_t n = sync_receive_bytes(socket, message, sizeof(*message), &got);

	if (fd == NULL || (n > 0 && n != sizeof(*message)))
		close_fd(&got);
	if (fd != NULL)
		*fd = n == sizeof(*message) ? got : -1;
	if (n <= 0)
		return (int)n;
	message->text[sizeof(message->text) - 1] = '\0';
	errno = EPROTO;
	return n == sizeof(*message) ? 1 : -1;
}
