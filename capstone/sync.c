/* sync.c - how parent, child and keeper talk: datagrams over a socket pair
 *
 * A message is a struct failure: status 0 means "go on", anything else is a
 * failure on its way to the user.  The end of the stream is never permission:
 * a parent that died closes the socket too.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "skiff.h"

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int))];
};

int sync_send(int socket, const struct failure *message, int fd)
{
	struct iovec data = { (void *)(uintptr_t)message, sizeof(*message) };
	struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1 };
	union control control = { 0 };

	if (fd >= 0) {
		msg.msg_control = control.room;
		msg.msg_controllen = sizeof(control.room);
		struct cmsghdr *header = CMSG_FIRSTHDR(&msg);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(int));
	}
	return sendmsg(socket, &msg, MSG_NOSIGNAL) == sizeof(*message) ? 0 : -1;
}

int sync_receive(int socket, struct failure *message, int *fd)
{
	struct iovec data = { message, sizeof(*message) };
	union control control;
	struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.room };
	struct cmsghdr *header;
	ssize_t n;

	do {
		msg.msg_controllen = fd != NULL ? sizeof(control.room) : 0;
		n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return 0;
	if (n != sizeof(*message))
		return -1;
	message->text[sizeof(message->text) - 1] = '\0';
	if (fd != NULL) {
		*fd = -1;
		header = CMSG_FIRSTHDR(&msg);
		if (header != NULL && header->cmsg_type == SCM_RIGHTS)
			memcpy(fd, CMSG_DATA(header), sizeof(int));
	}
	return 1;
}
