/* step14-copyup.c - what a change of one byte costs
 *
 *   ./step14-copyup DIR     DIR: a new, empty directory; as an ordinary user:
 *                           unshare -rm ./step14-copyup DIR
 *
 * New in this step: copy-up is of whole files.  It is not reading that causes
 * it, but opening for writing, and every change of mode, owner or times.  The copy
 * is a new inode: two hard links to one lower file become two files.
 * See mount(8) "Mount options for overlay", inode(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE = 4 << 20 };

static const char *const files[] = { "read", "mode", "byte", "hard1", "hard2" };

static int must_open(const char *name, int flags)
{
	int fd = open(name, flags, 0644);

	if (fd < 0)
		err(1, "%s", name);
	return fd;
}

static void make_file(const char *name)
{
	int fd = must_open(name, O_WRONLY | O_CREAT);

	if (posix_fallocate(fd, 0, SIZE))
		errx(1, "%s: no room for %d bytes", name, SIZE);
	close(fd);
}

static void act(const char *what, int failed)
{
	struct stat st;
	char name[32];

	if (failed)
		err(1, "%s", what);
	printf("%-26s upper:", what);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(name, sizeof(name), "upper/%s", files[i]);	/* fits: our own names */
		if (!lstat(name, &st))
			printf(" %s %jd", files[i], (intmax_t)st.st_size);
	}
	printf("\n");
}

static int append_byte(int fd)
{
	return write(fd, "x", 1) != 1;
}

int main(int argc, char **argv)
{
	char buffer[4096];
	struct stat one, two;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: step14-copyup DIR\n");
		return 2;
	}
	if (chdir(argv[1]) || mkdir("lower", 0755) || mkdir("upper", 0755) || mkdir("work", 0700) ||
	    mkdir("merged", 0755))
		err(1, "%s", argv[1]);
	make_file("lower/read");
	make_file("lower/mode");
	make_file("lower/byte");
	make_file("lower/hard1");
	if (link("lower/hard1", "lower/hard2"))
		err(1, "link");
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");
	/* index=on keeps hard links together; a kernel may have it on by default */
	if (mount("overlay", "merged", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work,index=off"))
		err(errno == ENODEV || errno == EPERM || errno == EINVAL ? 77 : 1, "no overlay in %s", argv[1]);

	fd = must_open("merged/read", O_RDONLY);
	act("read", read(fd, buffer, sizeof(buffer)) < 0);
	fd = must_open("merged/byte", O_RDWR);
	act("open for writing", 0);
	act("append a byte", lseek(fd, 0, SEEK_END) < 0 || append_byte(fd));
	act("change a mode", chmod("merged/mode", 0600));
	act("append to one hard link", append_byte(must_open("merged/hard1", O_WRONLY | O_APPEND)));
	if (stat("merged/hard1", &one) || stat("merged/hard2", &two))
		err(1, "hard1");
	printf("hard1 has %jd bytes, hard2 %jd\n", (intmax_t)one.st_size, (intmax_t)two.st_size);
	return 0;
}
