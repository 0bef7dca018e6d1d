/* step8-setns.c - user namespaces have parents and owners, and both count
 *
 *   ./step8-setns PID     as an ordinary user
 *
 * Shows the user namespace of PID and all that it stands in, as far up as our
 * own, each with the uid that the kernel noted as its owner; then enters it,
 * and tries to get back.  Without any capability we may enter what our uid owns
 * and all below it, because the owner outside has every capability inside.
 *
 * New in this step: NS_GET_PARENT, NS_GET_OWNER_UID, and setns(2) into a user
 * namespace, which takes CAP_SYS_ADMIN in it.
 *
 * See ioctl_ns(2), setns(2), user_namespaces(7), "Capabilities". */
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
#include <unistd.h>

static int user_namespace(const char *pid)
{
	char path[64];
	int fd;

	if (snprintf(path, sizeof(path), "/proc/%s/ns/user", pid) >= (int)sizeof(path))
		errx(1, "%s: too long for a process id", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		err(1, "%s", path);
	return fd;
}

/* The inode is the number in user:[4026531837], see namespaces(7). */
static unsigned long inode(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		err(1, "fstat");
	return (unsigned long)st.st_ino;
}

static void show(const char *when)
{
	cap_flag_value_t has = CAP_CLEAR;

	cap_get_flag(cap_get_proc(), CAP_SYS_ADMIN, CAP_EFFECTIVE, &has);
	printf("%s: uid %u, CAP_SYS_ADMIN %s, in user:[%lu]\n", when, getuid(), has ? "yes" : "no",
	       inode(user_namespace("self")));
}

static void try_setns(const char *where, int fd)
{
	printf("setns to %s: %s\n", where, setns(fd, CLONE_NEWUSER) ? strerror(errno) : "done");
}

int main(int argc, char **argv)
{
	int target, old, fd;
	uid_t owner;

	if (argc != 2 || strspn(argv[1], "0123456789") != strlen(argv[1]) || !*argv[1]) {
		fprintf(stderr, "usage: step8-setns PID\n");
		return 2;
	}
	show("before");
	old = user_namespace("self");
	target = user_namespace(argv[1]);
	/* NS_GET_PARENT ends with EPERM: what we stand in is not ours to see. */
	for (fd = target; fd != -1; fd = ioctl(fd, NS_GET_PARENT))
		if (ioctl(fd, NS_GET_OWNER_UID, &owner) == 0)
			printf("user:[%lu] has the owner %u\n", inode(fd), owner);

	try_setns("it", target);
	show("after");
	try_setns("the old one", old);
	try_setns("the present one", user_namespace("self"));
	return 0;
}
