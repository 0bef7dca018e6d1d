/* step10-readonly.c - a bind mount that is read-only, and two that only look it
 *
 *   ./step10-readonly DIR        DIR: a new, empty directory; as an ordinary user:
 *                           unshare -rm ./step10-readonly DIR
 *
 * New in this step: a bind mount shows a tree at a second place, and
 * "read-only" belongs to a mount, not to a file.  So it has to be set on every
 * mount of the tree, and not in the call that makes the bind, where the kernel
 * ignores it.  See mount(2) "Creating a bind mount", mount_setattr(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/mount.h>	/* after sys/mount.h: older C libraries need that order */

/* try_write: what the kernel answers to a new file in that directory */
static const char *try_write(const char *dir)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "%s/file", dir);	/* fits: view/sub */
	fd = open(name, O_WRONLY | O_CREAT, 0600);
	if (fd < 0)
		return strerror(errno);
	close(fd);
	return "written";
}

static void report(const char *how)
{
	printf("%s\n", how);
	printf("  view      %s\n", try_write("view"));
	printf("  view/sub  %s\n", try_write("view/sub"));
	printf("  src       %s\n", try_write("src"));
	if (umount2("view", MNT_DETACH))
		err(1, "umount view");
}

static void must_mount(const char *from, const char *to, const char *type, unsigned long flags)
{
	if (mount(from, to, type, flags, NULL))
		err(1, "mount %s", to);
}

int main(int argc, char **argv)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	if (argc != 2) {
		fprintf(stderr, "usage: step10-readonly DIR\n");
		return 2;
	}
	if (chdir(argv[1]) || mkdir("src", 0755) || mkdir("src/sub", 0755) || mkdir("view", 0755))
		err(1, "%s", argv[1]);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");
	must_mount("sub", "src/sub", "tmpfs", 0);

	must_mount("src", "view", NULL, MS_BIND | MS_REC | MS_RDONLY);
	report("MS_BIND | MS_RDONLY in one call:");

	must_mount("src", "view", NULL, MS_BIND | MS_REC);
	must_mount(NULL, "view", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY);
	report("bind, then remount read-only:");

	must_mount("src", "view", NULL, MS_BIND | MS_REC);
	if (syscall(SYS_mount_setattr, AT_FDCWD, "view", AT_RECURSIVE, &attr, sizeof(attr)))
		err(errno == ENOSYS ? 77 : 1, "mount_setattr");
	report("bind, then mount_setattr with AT_RECURSIVE:");
	return 0;
}
