/* step6-descriptor.c - a way out that pivot_root does not close
 *
 *   ./step6-descriptor DIR      as an ordinary user: unshare -rm ./step6-...
 *
 * New in this step: an open directory is a place to start from, whatever the
 * root directory is, and whatever is still mounted.  Twice the same: pivot_root,
 * then fchdir(2) to a descriptor from before; the second time close_range(2)
 * was called in between.
 * See fchdir(2), close_range(2), pivot_root(2), getcwd(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

static void pivot(const char *dir)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");
	if (mount(dir, dir, NULL, MS_BIND | MS_REC, NULL) || chdir(dir))
		err(1, "%s", dir);
	if (syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) || chdir("/"))
		err(1, "pivot_root");
}

static void attempt(const char *dir, int fd, bool close_all)
{
	char where[PATH_MAX] = "?";
	struct stat outside, here;

	if (stat("/", &outside))
		err(1, "/");
	pivot(dir);
	if (close_all && syscall(SYS_close_range, 3, ~0U, 0))
		err(errno == ENOSYS ? 77 : 1, "close_range");
	printf("descriptor %s\n", close_all ? "closed" : "open");
	printf("  fchdir       %s\n", fchdir(fd) ? strerror(errno) : "done");
	/* the system call: the C library's function hides "(unreachable)" */
	if (syscall(SYS_getcwd, where, sizeof(where)) < 0 || stat(".", &here))
		err(1, ".");
	printf("  . is         %s\n", where);
	printf("  . is the old root: %s\n",
	       here.st_dev == outside.st_dev && here.st_ino == outside.st_ino ? "yes" : "no");
	printf("  etc/passwd   %s\n", access("etc/passwd", R_OK) ? strerror(errno) : "can be read");
}

int main(int argc, char **argv)
{
	int fd, status;

	if (argc != 2) {
		fprintf(stderr, "usage: step6-descriptor DIR\n");
		return 2;
	}
	fd = open("/", O_RDONLY | O_DIRECTORY);	/* without O_CLOEXEC, as it is by mistake */
	if (fd < 0)
		err(1, "/");
	for (int close_all = 0; close_all <= 1; close_all++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			attempt(argv[1], fd, close_all);
			return 0;
		}
		if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
			errx(1, "the child");
		if (WEXITSTATUS(status))
			return WEXITSTATUS(status);
	}
	return 0;
}
