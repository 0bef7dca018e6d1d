/* reading.c - files of others, read bounded; files of ours, written whole
 *
 * config.json, the process of `exec` and the image's /etc/passwd belong to somebody else.  Each
 * could be a FIFO that nobody writes to, a device without an end, or a terabyte.  So only a
 * regular file is read, and only up to a limit.
 */
#include <linux/openat2.h>
#include <sys/sysmacros.h>

#include "oci.h"

bool owned(const struct stat *st)
{
	return st->st_uid == geteuid() && (st->st_mode & 022) == 0;
}

/* read_all - the open file FD, as a string.  Returns NULL with F filled. */
static char *read_all(int fd, const char *path, size_t most, size_t *size, struct failure *f)
{
	struct stat st;
	char *text = NULL, *more;
	size_t n = 0, room;
	ssize_t got = 1;

	if (fstat(fd, &st) < 0)
		return fail(f, errno, "%s", path), NULL;
	if (!S_ISREG(st.st_mode))
		return fail(f, 0, "%s: not a regular file", path), NULL;
	if (st.st_size < 0 || (size_t)st.st_size > most)
		return fail(f, 0, "%s: %lld bytes; at most %zu are read", path, (long long)st.st_size, most), NULL;
	/* It may have grown since; one byte more than is allowed is read. */
	for (room = (size_t)st.st_size + 1; got > 0 && n <= most; room = 2 * room < most + 1 ? 2 * room : most + 1) {
		if ((more = realloc(text, room + 1)) == NULL)
			break;
		text = more;
		while (n < room && (got = read(fd, text + n, room - n)) > 0)
			n += (size_t)got;
	}
	if (got != 0 || n > most) {
		fail(f, n > most ? EFBIG : errno, "%s", path);
		free(text);
		return NULL;
	}
	text[n] = '\0';
	*size = n;
	return text;
}

char *file_take(int dir, const char *path, bool ours, size_t most, size_t *size, struct failure *f)
{
	int follow = ours ? O_NOFOLLOW : 0;
	struct stat st;

	/* Looked at before it is opened: opening a device may do something. */
	if (fstatat(dir, path, &st, ours ? AT_SYMLINK_NOFOLLOW : 0) < 0)
		return fail(f, errno, "%s", path), NULL;
	if (!S_ISREG(st.st_mode))
		return fail(f, 0, "%s: not a regular file", path), NULL;
	CLOSED int fd = openat(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | follow);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(f, errno, "%s", path), NULL;
	if (ours && !owned(&st))
		return fail(f, 0, "%s: owned or writable by another user", path), NULL;
	return read_all(fd, path, most, size, f);
}

int users_read(const char *path, char **text, size_t *size, struct failure *f)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	struct stat st;

	*text = NULL;
	CLOSED int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLOSED int found = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	/* A file that is hidden by "maskedPaths" is /dev/null. */
	if (found < 0 || fstat(found, &st) < 0 || (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)))
		return 0;
	if (!S_ISREG(st.st_mode))
		return fail(f, 0, "%s in the container: not a regular file", path);
	how.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	CLOSED int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (fd < 0)
		return 0;       /* not for this user to read */
	*text = read_all(fd, path, MOST_USERS, size, f);
	return *text != NULL ? 0 : -1;
}

int file_put(int dir, const char *path, const void *text, size_t size, struct failure *f)
{
	char temporary[PATH_MAX];

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.new", path) >= sizeof(temporary))
		return fail(f, 0, "%zu bytes of path, at most %zu: %s", strlen(path), sizeof(temporary) - 5, path);
	/* One that is there is left over, or another user's trap: never written to. */
	if (unlinkat(dir, temporary, 0) < 0 && errno != ENOENT)
		return fail(f, errno, "%s", temporary);
	CLOSED int fd = openat(dir, temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd >= 0 && write(fd, text, size) == (ssize_t)size && renameat(dir, temporary, dir, path) == 0)
		return 0;
	fail(f, errno, "%s", path);
	if (fd >= 0)
		unlinkat(dir, temporary, 0);
	return -1;
}
