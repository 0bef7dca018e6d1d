/* step2-powerless.c - every capability, and no power over the host
 *
 *   ./step2-powerless     as an ordinary user
 *
 * Every namespace of another kind is owned by a user namespace.  A capability
 * counts for what the user namespace that holds it owns, and for its children.
 *
 * New in this step: NS_GET_USERNS, which tells the owner of a namespace.  It
 * answers only about namespaces that we or a child of ours own, so this program
 * asks about the host's before it leaves.
 *
 * See ioctl_ns(2), user_namespaces(7), sethostname(2). */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

static unsigned long inode(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		err(1, "fstat");
	return (unsigned long)st.st_ino;
}

/* The inode is the number in uts:[4026531838], see namespaces(7). */
static void show_owner(void)
{
	int uts = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	int owner = ioctl(uts, NS_GET_USERNS);

	if (owner == -1)
		printf("uts:[%lu] is owned by: %s\n", inode(uts), strerror(errno));
	else
		printf("uts:[%lu] is owned by user:[%lu]\n", inode(uts), inode(owner));
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd == -1 || write(fd, text, strlen(text)) == -1)
		errx(77, "no map for an ordinary user on this machine: %s", strerror(errno));
	close(fd);
}

/* The host's own name: should it ever be permitted, nothing has changed. */
static void try_hostname(void)
{
	struct utsname host;

	uname(&host);
	printf("sethostname: %s\n", sethostname(host.nodename, strlen(host.nodename)) ?
	       strerror(errno) : "done");
}

int main(int argc, char **argv)
{
	char map[64];
	cap_flag_value_t has = CAP_CLEAR;
	struct stat st;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: step2-powerless\n");
		return 2;
	}
	show_owner();
	snprintf(map, sizeof(map), "0 %u 1\n", geteuid());
	if (unshare(CLONE_NEWUSER) == -1)
		errx(77, "no user namespace on this machine: %s", strerror(errno));
	put("/proc/self/uid_map", map);
	cap_get_flag(cap_get_proc(), CAP_SYS_ADMIN, CAP_EFFECTIVE, &has);
	printf("now uid %u, CAP_SYS_ADMIN %s, in user:[%lu]\n", getuid(), has ? "yes" : "no",
	       inode(open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC)));
	show_owner();
	try_hostname();
	if (stat("/root", &st) == 0)
		printf("/root belongs to uid %u here; reading it: %s\n", st.st_uid,
		       opendir("/root") ? "done" : strerror(errno));

	if (unshare(CLONE_NEWUTS) == -1)
		errx(77, "no uts namespace on this machine: %s", strerror(errno));
	show_owner();
	try_hostname();
	return 0;
}
