/* payload-escape.c - look for a way out of the root, for the tests
 *
 *   payload-escape PATH       needs CAP_SYS_CHROOT, like root in a container
 *
 * PATH exists outside and not inside.  Prints "chroot: out" or "chroot: kept
 * in", the same for every descriptor on a directory that it inherited, and
 * then "descriptor N: ...".  Exits 1 if any way led out, 125 if it could not
 * try.  See chroot(2), fchdir(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FDS = 256, DEEP = 256 };

/* seen_from_here: climb as far as ".." goes, make that the root and look */
static int seen_from_here(const char *path)
{
	for (int i = 0; i < DEEP; i++)
		if (chdir(".."))
			return 0;
	return !chroot(".") && !access(path, F_OK);
}

static int report(const char *way, int number, int out)
{
	if (number < 0)
		printf("%s: %s\n", way, out ? "out" : "kept in");
	else
		printf("%s %d: %s\n", way, number, out ? "out" : "kept in");
	return out;
}

int main(int argc, char **argv)
{
	struct stat st;
	int bad = 0, here;

	if (argc != 2 || argv[1][0] != '/') {
		fprintf(stderr, "usage: payload-escape PATH\n");
		return 2;
	}
	if (!access(argv[1], F_OK))
		errx(125, "%s: is here already", argv[1]);
	/* A root below the working directory: ".." no longer meets it on its way
	 * up.  Any directory will do, /bin is where this program or its like is. */
	here = open(".", O_PATH | O_DIRECTORY);
	if (here < 0 || fchdir(here) || chroot("/bin"))
		err(125, "chroot /bin");
	bad |= report("chroot", -1, seen_from_here(argv[1]));

	for (int fd = 0; fd < FDS; fd++)
		if (fd != here && !fstat(fd, &st) && S_ISDIR(st.st_mode) && !fchdir(fd))
			bad |= report("descriptor", fd, seen_from_here(argv[1]));
	return bad;
}
