/* archive.c - read a tar archive, gzipped or not, and hand out what is asked for
 *
 * Only these two formats: each further one is more code that a hostile file
 * reaches.  See libarchive(3), archive_read(3). */
#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "intake.h"

/* foreign - what an archive is that we do not read, by its first bytes */
static const char *foreign(int fd)
{
	static const struct { const char *bytes; size_t size; const char *what; } known[] = {
		{ "\xfd" "7zXZ", 5, "compressed with xz" },
		{ "BZh", 3, "compressed with bzip2" },
		{ "\x28\xb5\x2f\xfd", 4, "compressed with zstd" },
		{ "PK\3\4", 4, "a zip archive" },
		{ "7z\xbc\xaf", 4, "a 7z archive" },
		{ "Rar!", 4, "a rar archive" },
	};
	char first[8];
	ssize_t size = pread(fd, first, sizeof(first), 0);

	if (size == 0)
		return "an empty file";
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (size >= (ssize_t)known[i].size && memcmp(first, known[i].bytes, known[i].size) == 0)
			return known[i].what;
	return NULL;
}

/* irregular - what an entry is, if it is no regular file */
static const char *irregular(struct archive_entry *entry)
{
	if (archive_entry_hardlink(entry))
		return "a hard link";
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG: return NULL;
	case AE_IFLNK: return "a symbolic link";
	case AE_IFIFO: return "a FIFO";
	case AE_IFCHR: return "a character device";
	case AE_IFBLK: return "a block device";
	case AE_IFSOCK: return "a socket";
	case AE_IFDIR: return "a folder where a file should be";
	default: return "no regular file";
	}
}

/* contents - of the entry, into `data`; its size, or -1 where it is damaged */
static ssize_t contents(struct archive *archive, char *data)
{
	size_t size = 0;

	while (size < MAX_FILE) {
		la_ssize_t got = archive_read_data(archive, data + size, MAX_FILE - size);

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		size += (size_t)got;
	}
	return (ssize_t)size;
}

/* pass_over - the contents of an entry that is not wanted, but only so many
 * bytes: what is small when packed may be without end */
static bool pass_over(struct archive *archive)
{
	const void *block;
	size_t size;
	la_int64_t offset;
	int status;

	while ((status = archive_read_data_block(archive, &block, &size, &offset)) == ARCHIVE_OK)
		if (archive_filter_bytes(archive, 0) > MAX_READ)
			return true;	/* read_archive says so */
	return status == ARCHIVE_EOF || status == ARCHIVE_WARN;
}

/* take_entry - false where the archive is damaged */
static bool take_entry(struct archive *archive, struct archive_entry *entry, struct wanted *wanted)
{
	static char data[MAX_FILE];
	static char name[MAX_NAME + 1];
	const char *target, *why, *kind = irregular(entry), *path = archive_entry_pathname(entry);
	char reason[100];
	ssize_t size;
	bool odd;

	if (snprintf(name, sizeof(name), "%s", path ? path : "") > MAX_NAME) {
		snprintf(reason, sizeof(reason), "its name is too long: %zu bytes, at most %d", strlen(path), MAX_NAME - 1);
		report_refused(path, reason, true);
		return pass_over(archive);
	}
	if (*name && name[strlen(name) - 1] == '/')
		name[strlen(name) - 1] = '\0';
	target = wanted_place(name, wanted, &why, &odd);
	if (!target && !odd && kind && archive_entry_filetype(entry) == AE_IFDIR)
		return true;	/* folders come and go with what is in them */
	if (kind) {
		report_refused(name, target || !odd ? kind : why, true);
	} else if (!target) {
		report_refused(name, why, odd);
	} else if (archive_entry_perm(entry) & (S_ISUID | S_ISGID)) {
		report_refused(name, "a set-user-ID or set-group-ID bit", true);
	} else if (archive_entry_size(entry) > MAX_FILE) {
		snprintf(reason, sizeof(reason), "%lld bytes, and at most %d are taken",
			 (long long)archive_entry_size(entry), MAX_FILE);
		report_refused(name, reason, true);
	} else {
		size = contents(archive, data);
		if (size < 0)
			return false;
		report_file(target, name, data, (size_t)size);
		return true;
	}
	return pass_over(archive);
}

/* read_archive - everything that happens here happens to a process that can do
 * nothing but report: see confine.c */
void read_archive(int fd, struct wanted *wanted)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	const char *what = foreign(fd);
	int status, entries = 0;

	if (what) {
		report_problem("%s, not a tar archive packed with gzip", what);
		return;
	}
	if (!archive)
		_exit(1);
	archive_read_support_filter_gzip(archive);
	archive_read_support_format_tar(archive);
	if (archive_read_open_fd(archive, fd, 1 << 16) != ARCHIVE_OK) {
		report_problem("not a tar archive packed with gzip");
		return;
	}
	while ((status = archive_read_next_header(archive, &entry)) != ARCHIVE_EOF) {
		if (status == ARCHIVE_RETRY)
			continue;
		if (status == ARCHIVE_FATAL || !take_entry(archive, entry, wanted)) {
			report_problem(entries ? "damaged: %s" : "not a tar archive: %s", archive_error_string(archive));
			return;
		}
		if (++entries >= MAX_ENTRIES) {
			report_problem("more than %d entries: the rest was not read", MAX_ENTRIES - 1);
			return;
		}
		if (archive_filter_bytes(archive, 0) > MAX_READ) {
			report_problem("more than %d MiB when unpacked: the rest was not read", MAX_READ >> 20);
			return;
		}
	}
}
