/* step15-open.c - a file that was open when it was copied up
 *
 *   ./step15-open DIR       DIR: a new, empty directory; as an ordinary user:
 *                           unshare -rm ./step15-open DIR
 *
 * New in this step: an open file of an overlay is a file of one layer, and
 * operations go straight to that.  When another opens it for writing, the copy in
 * the upper layer is another file.  Since Linux 4.19 read(2) notices and goes on
 * with the copy; memory that was mapped before stays that of the lower file.
 * See mmap(2), and "Non-standard behavior" in the kernel's overlayfs.rst. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE = 3 };

static int must_open(const char *name, int flags)
{
	int fd = open(name, flags, 0644);

	if (fd < 0)
		err(1, "%s", name);
	return fd;
}

static const char *map(int fd)
{
	const char *text = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);

	if (text == MAP_FAILED)
		err(1, "mmap");
	return text;
}

static void show(const char *when, int fd, const char *memory)
{
	char text[SIZE];

	if (pread(fd, text, SIZE, 0) != SIZE)
		err(1, "read");
	printf("%-34s read: %.*s  memory: %.*s\n", when, SIZE, text, SIZE, memory);
}

/* write_through: make "new" of what is NAME's content, in place */
static void write_through(const char *name)
{
	int fd = must_open(name, O_WRONLY);

	if (pwrite(fd, "new", SIZE, 0) != SIZE)
		err(1, "%s", name);
	close(fd);
}

int main(int argc, char **argv)
{
	const char *memory;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: step15-open DIR\n");
		return 2;
	}
	if (chdir(argv[1]) || mkdir("lower", 0755) || mkdir("upper", 0755) || mkdir("work", 0700) ||
	    mkdir("merged", 0755))
		err(1, "%s", argv[1]);
	if (write(must_open("lower/file", O_WRONLY | O_CREAT), "old", SIZE) != SIZE ||
	    write(must_open("plain", O_WRONLY | O_CREAT), "old", SIZE) != SIZE)
		err(1, "file");
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");
	if (mount("overlay", "merged", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work"))
		err(errno == ENODEV || errno == EPERM || errno == EINVAL ? 77 : 1, "no overlay in %s", argv[1]);

	fd = must_open("plain", O_RDONLY);
	memory = map(fd);
	show("a plain file, opened", fd, memory);
	write_through("plain");
	show("written by another", fd, memory);

	fd = must_open("merged/file", O_RDONLY);
	memory = map(fd);
	show("a file of an overlay, opened", fd, memory);
	write_through("merged/file");
	show("written by another, so copied up", fd, memory);
	fd = must_open("merged/file", O_RDONLY);
	show("opened again", fd, map(fd));
	return 0;
}
