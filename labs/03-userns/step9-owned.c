/* step9-owned.c - who owns a namespace decides what may be done to it
 *
 *   ./step9-owned     as an ordinary user
 *
 * Every namespace of another kind is owned by a user namespace.  A capability
 * counts for what the user namespace that holds it owns, and for its children:
 * the same process makes the same two calls, before and after it has a uts and a
 * network namespace of its own.
 *
 * New in this step: NS_GET_USERNS, which tells the owner of a namespace.  It
 * answers only about what we or a child of ours own: ask about the host's first.
 *
 * See ioctl_ns(2), user_namespaces(7), sethostname(2), netdevice(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The inode is the number in uts:[4026531838], see namespaces(7). */
static unsigned long inode(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		err(1, "fstat");
	return (unsigned long)st.st_ino;
}

static void show_owner(const char *kind)
{
	char path[64];
	int fd, owner;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);	/* fits: a kind of namespace */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	owner = ioctl(fd, NS_GET_USERNS);
	if (owner == -1)
		printf("%s:[%lu] is owned by: %s\n", kind, inode(fd), strerror(errno));
	else
		printf("%s:[%lu] is owned by user:[%lu]\n", kind, inode(fd), inode(owner));
}

/* The name that it has: should it ever be permitted, nothing has changed. */
static void try_hostname(void)
{
	struct utsname host;

	uname(&host);
	printf("  sethostname: %s\n", sethostname(host.nodename, strlen(host.nodename)) ?
	       strerror(errno) : "done");
}

/* Up, as the host's is already. */
static void try_loopback(void)
{
	struct ifreq lo = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (ioctl(fd, SIOCGIFFLAGS, &lo) == -1)
		err(1, "lo");
	lo.ifr_flags |= IFF_UP;
	printf("  lo up: %s\n", ioctl(fd, SIOCSIFFLAGS, &lo) ? strerror(errno) : "done");
	close(fd);
}

int main(int argc, char **argv)
{
	cap_flag_value_t has = CAP_CLEAR;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: step9-owned\n");
		return 2;
	}
	show_owner("uts");
	if (unshare(CLONE_NEWUSER) == -1)
		err(77, "user namespace (make doctor says why)");
	cap_get_flag(cap_get_proc(), CAP_SYS_ADMIN, CAP_EFFECTIVE, &has);
	printf("now CAP_SYS_ADMIN %s, in user:[%lu]\n", has ? "yes" : "no",
	       inode(open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC)));
	for (int own = 0; own < 2; own++) {
		if (own && unshare(CLONE_NEWUTS | CLONE_NEWNET) == -1)
			errx(77, "no uts or network namespace here: %s", strerror(errno));
		show_owner("uts");
		try_hostname();
		show_owner("net");
		try_loopback();
	}
	return 0;
}
