/* step21-userns.c - an overlay of an ordinary user's, and its trap
 *
 *   ./step21-userns DIR     DIR: a new, empty directory; needs no privilege
 *
 * New in this step: the root of a user namespace may mount an overlay (since
 * Linux 5.11), but may not write trusted.* attributes.  With userxattr the
 * overlay keeps its notes in user.* instead.  Without it the mount succeeds too,
 * and a directory that has to be hidden cannot be removed any more.
 * See mount(8) userxattr, xattr(7), user_namespaces(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static void write_proc(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(77, "%s (make doctor says why)", name);
	close(fd);
}

static void become_root_inside(void)
{
	char map[32];
	unsigned int uid = geteuid(), gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		err(77, "user namespace (make doctor says why)");
	write_proc("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_proc("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_proc("/proc/self/gid_map", map);
}

static void act(const char *what, int failed)
{
	printf("  %-20s %s\n", what, failed ? strerror(errno) : "done");
}

static void try(const char *upper, const char *work, const char *more)
{
	char options[128], file[64], dir[64], list[256];
	struct stat st;
	ssize_t len;

	/* fits: our own names */
	snprintf(options, sizeof(options), "lowerdir=lower,upperdir=%s,workdir=%s%s", upper, work, more);
	snprintf(file, sizeof(file), "%s/file", upper);	/* fits: our own names */
	snprintf(dir, sizeof(dir), "%s/dir", upper);	/* fits: our own names */
	printf("%s\n", options);
	if (mkdir(upper, 0755) || mkdir(work, 0700))
		err(1, "%s", upper);
	if (mount("overlay", "merged", "overlay", 0, options))
		err(errno == EPERM || errno == EINVAL || errno == ENODEV ? 77 : 1,
		    "no overlay in a user namespace (Linux 5.11, and the upper layer on ext4, xfs or the like)");
	act("unlink file", unlink("merged/file"));
	if (!lstat(file, &st) && S_ISCHR(st.st_mode))
		printf("  %-20s device %u,%u\n", "the whiteout", major(st.st_rdev), minor(st.st_rdev));
	act("unlink dir/in-it", unlink("merged/dir/in-it"));
	act("rmdir dir", rmdir("merged/dir"));
	act("mkdir dir", mkdir("merged/dir", 0755));
	len = llistxattr(dir, list, sizeof(list) - 1);
	list[len > 0 ? len : 0] = '\0';		/* the first name */
	printf("  %-20s %s\n", "the mark", *list ? list : "none");
	if (umount2("merged", 0))
		err(1, "umount");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: step21-userns DIR\n");
		return 2;
	}
	if (chdir(argv[1]) || mkdir("lower", 0755) || mkdir("lower/dir", 0755) || mkdir("merged", 0755) ||
	    mknod("lower/file", S_IFREG | 0644, 0) || mknod("lower/dir/in-it", S_IFREG | 0644, 0))
		err(1, "%s", argv[1]);
	become_root_inside();
	try("upper1", "work1", "");
	try("upper2", "work2", ",userxattr");
	return 0;
}
