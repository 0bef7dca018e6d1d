/* step5-kept-in.c - the same attack where the old root is gone
 *
 *   ./step5-kept-in DIR       as an ordinary user: unshare -rm ./step5-kept-in DIR
 *
 * New in this step: pivot_root(2) changes the root of the mount namespace,
 * not of one process, and the old root can then be unmounted.  ".." has
 * nowhere to go: there is no other tree.  Exits 0 if the attack stayed in.
 * See pivot_root(2), mount_namespaces(7), umount(2). */
#include <err.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* show_root: which directory "/" is, by device and inode number */
static struct stat show_root(const char *when)
{
	struct stat st;

	if (stat("/", &st))
		err(1, "/");
	printf("%-14s / is %u:%u inode %ju\n", when, major(st.st_dev), minor(st.st_dev),
	       (uintmax_t)st.st_ino);
	return st;
}

/* attack: the one of step3-escape */
static void attack(void)
{
	if (mkdir("below", 0700))
		err(1, "below");
	if (chroot("below"))
		err(1, "chroot below");
	rmdir("below");
	for (int i = 0; i < 1000; i++)
		if (chdir(".."))
			err(1, "..");
	if (chroot("."))
		err(1, "chroot .");
}

static void pivot(const char *dir)
{
	/* a copy of the mounts, so that only our own tree changes */
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");
	/* the new root has to be a mount; a directory bound to itself is one */
	if (mount(dir, dir, NULL, MS_BIND | MS_REC, NULL) || chdir(dir))
		err(1, "%s", dir);
	if (syscall(SYS_pivot_root, ".", "."))
		err(1, "pivot_root");
	/* the old root now lies on top of the new one, at "." */
	if (umount2(".", MNT_DETACH) || chdir("/"))
		err(1, "the old root");
}

int main(int argc, char **argv)
{
	struct stat before, after;

	if (argc != 2) {
		fprintf(stderr, "usage: step5-kept-in DIR\n");
		return 2;
	}
	show_root("outside");
	pivot(argv[1]);
	before = show_root("after pivot");
	attack();
	after = show_root("after attack");
	return before.st_dev != after.st_dev || before.st_ino != after.st_ino;
}
