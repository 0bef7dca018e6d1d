/* step16-opaque.c - a directory that replaces one of the lower layer
 *
 *   ./step16-opaque DIR     DIR: a new, empty directory; as an ordinary user:
 *                           unshare -rm ./step16-opaque DIR
 *
 * New in this step: the opaque directory.  Directories of one name are merged,
 * so one that is removed and made anew needs a mark: the extended attribute
 * trusted.overlay.opaque, or user.overlay.opaque in a user namespace.  Here it
 * is taken away by hand, while nothing is mounted.
 * See mount(8) "Mount options for overlay", xattr(7). */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *const marks[] = { "trusted.overlay.opaque", "user.overlay.opaque" };

static void make_file(const char *name)
{
	if (mknod(name, S_IFREG | 0644, 0))
		err(1, "%s", name);
}

static void print_dir(const char *name)
{
	struct dirent **entry;
	int count = scandir(name, &entry, NULL, alphasort);

	printf("  %-12s", name);
	if (count < 0)
		printf(" -");
	for (int i = 0; i < count; i++)
		if (entry[i]->d_name[0] != '.')
			printf(" %s", entry[i]->d_name);
	printf("\n");
}

static void show(const char *when)
{
	char value[8] = "";

	printf("%s\n", when);
	print_dir("merged/dir");
	print_dir("upper/dir");
	print_dir("lower/dir");
	for (int i = 0; i < 2; i++)
		if (lgetxattr("upper/dir", marks[i], value, sizeof(value) - 1) > 0)
			printf("  upper/dir has %s=%s\n", marks[i], value);
}

static void mount_it(int in_userns)
{
	if (mount("overlay", "merged", "overlay", 0, in_userns ?
		  "lowerdir=lower,upperdir=upper,workdir=work,userxattr" :
		  "lowerdir=lower,upperdir=upper,workdir=work"))
		err(errno == ENODEV || errno == EPERM || errno == EINVAL ? 77 : 1, "no overlay here");
}

int main(int argc, char **argv)
{
	struct stat ns;
	int in_userns;

	if (argc != 2) {
		fprintf(stderr, "usage: step16-opaque DIR\n");
		return 2;
	}
	if (chdir(argv[1]) || mkdir("lower", 0755) || mkdir("lower/dir", 0755) ||
	    mkdir("upper", 0755) || mkdir("work", 0700) || mkdir("merged", 0755))
		err(1, "%s", argv[1]);
	make_file("lower/dir/a");
	make_file("lower/dir/b");
	/* the kernel fixes the inode number of the initial user namespace */
	in_userns = stat("/proc/self/ns/user", &ns) || ns.st_ino != 0xEFFFFFFDU;
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");

	mount_it(in_userns);
	show("at first");
	if (unlink("merged/dir/a") || unlink("merged/dir/b") || rmdir("merged/dir") ||
	    mkdir("merged/dir", 0755))
		err(1, "merged/dir");
	make_file("merged/dir/c");
	show("removed and made anew, with c");

	if (umount2("merged", 0) || removexattr("upper/dir", marks[in_userns]))
		err(1, "the mark");
	mount_it(in_userns);
	show("mounted again, without the mark");
	return 0;
}
