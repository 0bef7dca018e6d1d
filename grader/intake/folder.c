/* folder.c - read a folder that somebody else filled, and may still be filling
 *
 * Every step is beneath the folder itself and follows no link: openat2(2).  A
 * file is first held with O_PATH, which opens no FIFO and no device, looked at,
 * and only then opened for reading, as that same file: through /proc/self/fd. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "intake.h"

static int entries;	/* seen so far */

static void scan(int parent, const char *path, struct wanted *wanted);

static int open_beneath(int folder, const char *name, unsigned long flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};

	return (int)syscall(SYS_openat2, folder, name, &how, sizeof(how));
}

static const char *irregular(const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFREG: break;
	case S_IFLNK: return "a symbolic link";
	case S_IFIFO: return "a FIFO";
	case S_IFCHR: return "a character device";
	case S_IFBLK: return "a block device";
	case S_IFSOCK: return "a socket";
	case S_IFDIR: return "a folder where a file should be";
	default: return "no regular file";
	}
	if (st->st_nlink > 1)
		return "a hard link: it has other names";
	if (st->st_mode & (S_ISUID | S_ISGID))
		return "a set-user-ID or set-group-ID bit";
	return NULL;
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_nlink == b->st_nlink &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* copy - the file held by `held` into `data`; its size, or -1 with errno:
 * EAGAIN where it changed meanwhile */
static ssize_t copy(int held, const struct stat *before, char *data)
{
	char path[40];
	struct stat after;
	size_t size = 0;
	ssize_t got = 1;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", held);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while (size <= MAX_FILE && (got = read(fd, data + size, MAX_FILE + 1 - size)) > 0)
		size += (size_t)got;
	if (got == 0 && (fstat(fd, &after) < 0 || !same(before, &after) || size != (size_t)before->st_size)) {
		errno = EAGAIN;
		got = -1;
	}
	close(fd);
	return got < 0 ? -1 : (ssize_t)size;
}

/* take_file - hand out, or refuse, what `held` holds */
static void take_file(int held, const char *path, const char *target)
{
	static char data[MAX_FILE + 1];
	char reason[100];
	struct stat st;
	ssize_t size = -1;
	const char *why = NULL;

	for (int tries = 3; tries > 0 && size < 0; tries--) {
		if (fstat(held, &st) < 0)
			return;
		if ((why = irregular(&st)))
			break;
		if (st.st_size > MAX_FILE) {
			snprintf(reason, sizeof(reason), "%lld bytes, and at most %d are taken", (long long)st.st_size, MAX_FILE);
			why = reason;
			break;
		}
		size = copy(held, &st, data);
		if (size < 0 && errno != EAGAIN) {
			/* fits: glibc's longest text of an errno has 49 bytes */
			snprintf(reason, sizeof(reason), "it cannot be read: %s", strerror(errno));
			why = reason;
			break;
		}
		why = "it changed while it was read";
	}
	if (size < 0)
		report_refused(path, why, true);
	else
		report_file(target, path, data, (size_t)size);
}

static void take_entry(int folder, const char *name, const char *path, struct wanted *wanted)
{
	const char *target, *why;
	struct stat st;
	bool odd;
	int held = open_beneath(folder, name, O_PATH);

	if (held < 0 || fstat(held, &st) < 0) {
		report_refused(path, errno == EXDEV ? "it is on another file system" : strerror(errno), true);
	} else if ((target = wanted_place(path, wanted, &why, &odd))) {
		take_file(held, path, target);
	} else if (S_ISDIR(st.st_mode) && !odd && wanted_folder(path)) {
		scan(held, path, wanted);
	} else if (S_ISDIR(st.st_mode)) {
		report_refused(path, odd ? why : "a folder in which nothing is asked for", odd);
	} else {
		report_refused(path, !odd && irregular(&st) ? irregular(&st) : why, odd || irregular(&st));
	}
	if (held >= 0)
		close(held);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* names_in - the names in a folder, sorted: the same folder always reads the same */
static char **names_in(DIR *stream, size_t *count)
{
	char **names = NULL, **more;
	struct dirent *entry;

	*count = 0;
	while ((entry = readdir(stream))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (++entries > MAX_ENTRIES)
			break;
		more = *count % 64 ? names : realloc(names, (*count + 64) * sizeof(*names));
		if (!more)
			_exit(1);
		names = more;
		names[*count] = strdup(entry->d_name);
		if (!names[*count])
			_exit(1);
		++*count;
	}
	if (*count)
		qsort(names, *count, sizeof(*names), by_name);
	return names;
}

/* scan - the folder held by `held`; its path in the submission is for names only */
static void scan(int held, const char *path, struct wanted *wanted)
{
	int fd = open_beneath(held, ".", O_RDONLY | O_DIRECTORY);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	char **names, inner[MAX_NAME];
	size_t count;

	if (!stream) {
		report_refused(*path ? path : ".", strerror(errno), true);
		return;
	}
	names = names_in(stream, &count);
	for (size_t i = 0; i < count; i++) {
		if (snprintf(inner, sizeof(inner), "%s%s%s", path, *path ? "/" : "", names[i]) < (int)sizeof(inner))
			take_entry(fd, names[i], inner, wanted);
		else
			report_refused(inner, "its name is too long", true);
		free(names[i]);
	}
	free(names);
	closedir(stream);
}

void read_folder(int fd, struct wanted *wanted)
{
	scan(fd, "", wanted);
	if (entries > MAX_ENTRIES)
		report_problem("more than %d entries: the rest was not read", MAX_ENTRIES);
}
