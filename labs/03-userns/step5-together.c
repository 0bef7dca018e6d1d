/* step5-together.c - one unshare for all kinds: the user namespace comes first
 *
 *   ./step5-together     as an ordinary user, and as root
 *
 * The other kinds take CAP_SYS_ADMIN, which an ordinary user lacks.  Asked for
 * in the same call as a user namespace, they are granted: the kernel makes that
 * one first, and in it one has the capability.  It also owns all the others.
 *
 * New in this step: CLONE_NEWUSER with other flags in one call.
 *
 * See unshare(2), clone(2), user_namespaces(7), "Interaction of user namespaces
 * and other types of namespaces"; ioctl_ns(2), NS_GET_USERNS. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80	/* Linux 5.6 */
#endif

static const struct kind {
	const char *name;
	int flag;
} kinds[] = {
	{ "mnt", CLONE_NEWNS }, { "uts", CLONE_NEWUTS }, { "ipc", CLONE_NEWIPC },
	{ "net", CLONE_NEWNET }, { "pid", CLONE_NEWPID }, { "cgroup", CLONE_NEWCGROUP },
	{ "time", CLONE_NEWTIME }, { NULL, 0 },
};

static int open_kind(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);	/* fits: a kind of namespace */
	return open(path, O_RDONLY | O_CLOEXEC);	/* -1: not in this kernel */
}

/* The inode is the number in user:[4026531837], see namespaces(7). */
static unsigned long inode(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		err(1, "fstat");
	return (unsigned long)st.st_ino;
}

static void show_owners(void)
{
	int fd, owner;

	printf("user:[%lu]\n", inode(open_kind("user")));
	for (const struct kind *k = kinds; k->name; k++) {
		if ((fd = open_kind(k->name)) == -1)
			continue;
		if ((owner = ioctl(fd, NS_GET_USERNS)) == -1)
			err(1, "NS_GET_USERNS of %s", k->name);
		printf("  owns %s:[%lu]: %s\n", k->name, inode(fd),
		       inode(owner) == inode(open_kind("user")) ? "yes" : "no");
	}
}

int main(int argc, char **argv)
{
	int status, all = 0;
	pid_t pid;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: step5-together\n");
		return 2;
	}
	for (const struct kind *k = kinds; k->name; k++)
		if (open_kind(k->name) != -1)
			all |= k->flag;
	if ((pid = fork()) == 0) {
		printf("without CLONE_NEWUSER: %s\n", unshare(all) ? strerror(errno) : "done");
		return 0;
	}
	waitpid(pid, NULL, 0);
	if (unshare(CLONE_NEWUSER | all) == -1)
		err(77, "with CLONE_NEWUSER (make doctor says why)");
	puts("with CLONE_NEWUSER: done");
	fflush(stdout);

	/* The pid and time namespaces are for children. */
	if ((pid = fork()) == 0) {
		show_owners();
		return 0;
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
