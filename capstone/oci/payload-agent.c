/* payload-agent.c - one that is asked, through seccomp, what a container may do
 *
 *   payload-agent SOCKET ERRNO      prints what it is told of each process, a line each
 *
 * Of the mkdirs of a process the first fails with ERRNO, the second is let through, and
 * so on; everything else is let through.  It ends at SIGTERM, or when it is not told of
 * anybody for a minute.  See seccomp_unotify(2). */
#include <err.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static bool is_mkdir(int nr)
{
#ifdef SYS_mkdir
	if (nr == SYS_mkdir)
		return true;
#endif
	return nr == SYS_mkdirat;
}

/* answer - until nobody is left who could ask */
static void answer(int listener, int error)
{
	struct pollfd asked = { .fd = listener, .events = POLLIN };
	bool refuse = true;

	while (poll(&asked, 1, -1) == 1 && !(asked.revents & POLLHUP)) {
		struct seccomp_notif question = { .id = 0 };
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &question) < 0)
			continue;       /* whoever asked is gone */
		struct seccomp_notif_resp reply = { .id = question.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
		if (is_mkdir(question.data.nr)) {
			if (refuse)
				reply = (struct seccomp_notif_resp){ .id = question.id, .error = -error };
			refuse = !refuse;
		}
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
	}
}

/* serve - one connection: the state of one process, the listener of its filter */
static void serve(int connection, int error)
{
	static char text[1 << 16];
	union { struct cmsghdr header; char room[CMSG_SPACE(sizeof(int))]; } control = { .header = { .cmsg_len = 0 } };
	struct iovec data = { text, sizeof(text) - 1 };
	struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(connection, &msg, 0), more;
	int listener;

	if (n <= 0 || CMSG_FIRSTHDR(&msg) == NULL || control.header.cmsg_type != SCM_RIGHTS)
		errx(1, "no listener came");
	memcpy(&listener, CMSG_DATA(&control.header), sizeof(int));
	while ((more = read(connection, text + n, sizeof(text) - 1 - (size_t)n)) > 0)
		n += more;
	close(connection);
	printf("%s\n", text);
	fflush(stdout);
	if (fork() == 0) {
		alarm(60);
		answer(listener, error);
		_exit(0);
	}
	close(listener);
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), connection;

	if (argc != 3 || strlen(argv[1]) >= sizeof(address.sun_path))
		errx(2, "usage: payload-agent SOCKET ERRNO");
	strcpy(address.sun_path, argv[1]);      /* lint: its length was looked at */
	if (sock < 0 || bind(sock, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(sock, 8) < 0)
		err(1, "%s", argv[1]);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		alarm(60);
		connection = accept(sock, NULL, NULL);
		if (connection < 0)
			err(1, "accept");
		serve(connection, atoi(argv[2]));
	}
}
