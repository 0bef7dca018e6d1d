/* step25-inside.c - a path in a root whose author is not on your side
 *
 *   ./step25-inside ROOT PATH
 *
 * New in this step: a container's root holds whatever its author put there,
 * symbolic links too.  Joining ROOT and PATH to one string lets them lead out;
 * openat2(2) with RESOLVE_IN_ROOT resolves "/", ".." and links as a process
 * inside would.  Nobody needs privilege for either.
 * See openat2(2), symlink(7), path_resolution(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* report: where descriptor FD is, in the words of the kernel */
static void report(const char *how, int fd)
{
	char link[64], where[PATH_MAX];
	ssize_t len;

	if (fd < 0) {
		printf("%-16s %s\n", how, strerror(errno));
		return;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, where, sizeof(where));
	if (len < 0)
		err(1, "%s", link);
	printf("%-16s %.*s\n", how, (int)len, where);
	close(fd);
}

int main(int argc, char **argv)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	char joined[PATH_MAX];
	int root, fd;

	if (argc != 3) {
		fprintf(stderr, "usage: step25-inside ROOT PATH\n");
		return 2;
	}
	root = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		err(1, "%s", argv[1]);

	if (snprintf(joined, sizeof(joined), "%s/%s", argv[1], argv[2]) >= (int)sizeof(joined))
		errx(1, "%s: too long", argv[2]);
	report("joined", open(joined, O_PATH | O_CLOEXEC));

	fd = (int)syscall(SYS_openat2, root, argv[2], &how, sizeof(how));
	if (fd < 0 && errno == ENOSYS)
		err(77, "openat2");
	report("RESOLVE_IN_ROOT", fd);
	return 0;
}
