/* step4-pivot.c - pivot_root(2) step by step, with what it asks for
 *
 *   ./step4-pivot DIR       as an ordinary user: unshare -rm ./step4-pivot DIR
 *
 * New in this step: pivot_root(new_root, put_old) swaps the root MOUNT of a
 * mount namespace: new_root becomes /, and all that was / is then mounted at
 * put_old, from where it can be unmounted.  chroot(2) moves one process and
 * leaves all mounts.  After each call: the answer, how many mounts there are,
 * and which directory of its file system the mount at / shows.
 * See pivot_root(2), mount_namespaces(7), umount(2). */
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

/* report: ANSWER is a system call's; the rest is from mountinfo, which lies in
 * the old root, so it is reached by a descriptor of that /proc */
static void report(int proc, const char *what, long answer)
{
	int error = errno, count = 0, fd = openat(proc, "self/mountinfo", O_RDONLY);
	char *line = NULL, *root, *point, *shown = "?";
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (!file)
		err(1, "mountinfo");
	for (size_t size = 0; getline(&line, &size, file) > 0;) {
		count++;
		if (sscanf(line, "%*s %*s %*s %ms %ms", &root, &point) == 2 && !strcmp(point, "/"))
			shown = root;
	}
	fclose(file);
	printf("%-38s %-24s mounts: %d  / shows %s\n", what, answer ? strerror(error) : "done", count, shown);
}

static long pivot(const char *new_root, const char *put_old)
{
	return syscall(SYS_pivot_root, new_root, put_old);
}

int main(int argc, char **argv)
{
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (argc != 2) {
		fprintf(stderr, "usage: step4-pivot DIR\n");
		return 2;
	}
	if (proc < 0 || chdir(argv[1]) || mkdir("old", 0755))
		err(1, "%s", argv[1]);
	if (unshare(CLONE_NEWNS))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");
	/* first of all: nothing that follows passes on to the machine's mounts */
	report(proc, "every mount private", mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	report(proc, "pivot_root(DIR, DIR/old)", pivot(".", "old"));
	report(proc, "bind DIR on itself", mount(".", ".", NULL, MS_BIND | MS_REC, NULL));
	/* "." is still the directory under the new mount */
	if (chdir(argv[1]))
		err(1, "%s", argv[1]);
	/* shared with nobody, as the group is new; the kernel refuses all the same */
	report(proc, "every mount shared", mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL));
	report(proc, "pivot_root(DIR, DIR/old)", pivot(".", "old"));
	report(proc, "every mount private", mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	report(proc, "pivot_root(DIR, DIR/old)", pivot(".", "old"));
	if (chdir("/"))
		err(1, "/");
	report(proc, "umount2(/old, 0)", umount2("/old", 0));
	report(proc, "umount2(/old, MNT_DETACH)", umount2("/old", MNT_DETACH));
	report(proc, "rmdir(/old)", rmdir("/old"));
	return 0;
}
