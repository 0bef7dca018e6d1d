/* step11-net.c - a network of one's own, in which not even lo is up
 *
 *   ./step11-net         try as an ordinary user: unshare -r ./step11-net
 *
 * New in this step: CLONE_NEWNET.  A new network namespace has one interface,
 * lo, and it is down.
 * See network_namespaces(7), netdevice(7), connect(2). */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Port 1 of 127.0.0.1: nobody listens there, but does the packet get there? */
static const char *try_connect(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(1),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int failed;

	if (fd == -1)
		err(1, "socket");
	failed = connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1 ? errno : 0;
	close(fd);
	return failed ? strerror(failed) : "connected";
}

static void show(const char *where)
{
	struct ifreq lo = { .ifr_name = "lo" };
	struct if_nameindex *names = if_nameindex();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char link[64] = "";
	int count = 0;

	if (fd == -1 || !names || ioctl(fd, SIOCGIFFLAGS, &lo) == -1)
		err(1, "lo");
	if (readlink("/proc/self/ns/net", link, sizeof(link) - 1) == -1)
		err(1, "/proc/self/ns/net");
	while (names[count].if_index)
		count++;
	if_freenameindex(names);
	close(fd);
	printf("%s: %s, %d interface%s, lo is %s, 127.0.0.1: %s\n", where, link, count,
	       count == 1 ? "" : "s", lo.ifr_flags & IFF_UP ? "up" : "down", try_connect());
}

int main(int argc, char **argv)
{
	struct ifreq lo = { .ifr_name = "lo" };
	int fd;

	(void)argv;
	if (argc != 1) {
		fprintf(stderr, "usage: step11-net\n");
		return 2;
	}
	show("outside");
	if (unshare(CLONE_NEWNET) == -1) {
		if (errno == EINVAL)
			errx(77, "this kernel has no network namespaces");
		err(1, "unshare");
	}
	show("inside");
	/* A socket belongs to the namespace it was made in: make it now. */
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || ioctl(fd, SIOCGIFFLAGS, &lo) == -1)
		err(1, "flags of lo");
	lo.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &lo) == -1)
		err(1, "lo up");
	show("inside");
	return 0;
}
