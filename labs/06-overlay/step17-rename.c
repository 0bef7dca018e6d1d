/* step17-rename.c - what an overlay cannot rename
 *
 *   ./step17-rename DIR     DIR: a new, empty directory; as an ordinary user:
 *                           unshare -rm ./step17-rename DIR
 *
 * New in this step: a directory of the lower layer would have to be copied with
 * all that is in it, so rename(2) says EXDEV, as between two file systems, and
 * mv(1) copies.  With redirect_dir=on the upper layer gets an empty directory
 * and the attribute trusted.overlay.redirect instead: its old name.
 * See rename(2), mount(8) "Mount options for overlay", xattr(7). */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static void make_file(const char *name)
{
	if (mknod(name, S_IFREG | 0644, 0))
		err(1, "%s", name);
}

static void try_rename(const char *what, const char *from, const char *to)
{
	printf("  %-32s %s\n", what, rename(from, to) ? strerror(errno) : "done");
}

/* try: with directories of its own, as upper and work are used once */
static void try(const char *redirect, const char *upper, const char *work, const char *more)
{
	char options[128], name[64], old[64] = "", file[128];
	struct stat st;

	snprintf(options, sizeof(options), "lowerdir=lower,upperdir=%s,workdir=%s,redirect_dir=%s%s",
		 upper, work, redirect, more);	/* fits: main()'s own words */
	printf("redirect_dir=%s\n", redirect);
	if (mkdir(upper, 0755) || mkdir(work, 0700))
		err(1, "%s", upper);
	if (mount("overlay", "merged", "overlay", 0, options)) {
		if (strcmp(redirect, "on"))
			err(errno == ENODEV || errno == EPERM || errno == EINVAL ? 77 : 1, "no overlay here");
		printf("  mount: %s\n", strerror(errno));
		return;
	}
	if (mkdir("merged/made", 0755))
		err(1, "merged/made");
	try_rename("a file of the lower layer", "merged/file", "merged/file2");
	try_rename("a directory of the upper layer", "merged/made", "merged/made2");
	try_rename("a directory of the lower layer", "merged/dir", "merged/dir2");

	snprintf(name, sizeof(name), "%s/dir2", upper);	/* fits: our own names */
	snprintf(file, sizeof(file), "%s/in-it", name);	/* fits: our own names */
	if (!lstat(name, &st)) {
		printf("  merged/dir2/in-it: %s, upper/dir2/in-it: %s\n",
		       access("merged/dir2/in-it", F_OK) ? strerror(errno) : "there",
		       access(file, F_OK) ? strerror(errno) : "there");
		if (lgetxattr(name, "trusted.overlay.redirect", old, sizeof(old) - 1) > 0)
			printf("  upper/dir2 has trusted.overlay.redirect=%s\n", old);
	}
	if (umount2("merged", MNT_DETACH))
		err(1, "umount");
}

int main(int argc, char **argv)
{
	struct stat ns;
	const char *more = "";

	if (argc != 2) {
		fprintf(stderr, "usage: step17-rename DIR\n");
		return 2;
	}
	if (chdir(argv[1]) || mkdir("lower", 0755) || mkdir("lower/dir", 0755) || mkdir("merged", 0755))
		err(1, "%s", argv[1]);
	make_file("lower/file");
	make_file("lower/dir/in-it");
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");
	/* the kernel fixes the inode number of the initial user namespace */
	if (stat("/proc/self/ns/user", &ns) || ns.st_ino != 0xEFFFFFFDU)
		more = ",userxattr";
	try("nofollow", "upper1", "work1", more);
	try("on", "upper2", "work2", more);
	return 0;
}
