/* record.c - the containers that run: one file each, for as long as they do
 *
 * The file is mapped by skiff and its keeper and locked by both (a lock of the
 * open file description, fcntl_locking(2)), so it needs no clean-up to be seen
 * as out of date: a record that nobody has locked is of no running container.
 */
#include <dirent.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "command.h"

/* run_directory - where the records are: root's in /run, a user's where their
 * session has its own, else one in /tmp that must be theirs alone.  MAKE it? */
static int run_directory(char *dir, size_t size, bool make)
{
	const char *base = geteuid() == 0 ? "/run" : getenv("XDG_RUNTIME_DIR");
	struct stat st;

	for (int i = 0; i < 2; i++) {
		if (i == 0)
			snprintf(dir, size, "%s/skiff", base != NULL ? base : "/nonexistent");
		else
			snprintf(dir, size, "/tmp/skiff-%u", geteuid());
		if (make)
			mkdir(dir, 0700);
		if (lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 077) == 0)
			return 0;
	}
	errno = ENOENT;
	return -1;
}

static unsigned long long start_time(pid_t pid)
{
	char text[1024], *field = NULL;

	if (file_read(text, sizeof(text), "/proc/%d/stat", (int)pid) == 0)
		field = strrchr(text, ')');
	for (int i = 2; field != NULL && i < 22; i++)
		field = strchr(field + 1, ' ');
	return field != NULL ? strtoull(field, NULL, 10) : 0;
}

static bool locked(int fd)
{
	struct flock lock = { .l_type = F_WRLCK };

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* remove_record - and the directory with it, if it was the last */
static void remove_record(const char *path)
{
	char dir[180];

	if (*path == '\0')
		return;
	unlink(path);
	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path, '/') - path), path);
	rmdir(dir);
}

/* lock_file - the record's file, made and locked.  Returns a descriptor, -1. */
static int lock_file(const char *name, char *path, size_t size, struct failure *f)
{
	struct flock whole = { .l_type = F_WRLCK };
	struct stat st;
	char dir[100];
	int fd;

	/* Another skiff may remove the file or the directory as we look. */
	for (int tries = 0; tries < 100; tries++) {
		TRY(run_directory(dir, sizeof(dir), true), "a directory for the containers' records");
		snprintf(path, size, "%s/%s", dir, name);
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0) {
			fail(f, errno, "%s", path);
			rmdir(dir);     /* made for nothing, unless others use it */
			return -1;
		}
		if (fcntl(fd, F_OFD_SETLK, &whole) < 0) {
			if (errno == EAGAIN || errno == EACCES)
				return fail(f, 0, "run: --name %s: in use by a container that runs", name);
			fail(f, errno, "locking %s", path);
			if (fstat(fd, &st) == 0 && st.st_size == 0)
				remove_record(path);    /* made just now, and so nobody's */
			return -1;
		}
		if (fstat(fd, &st) == 0 && st.st_nlink > 0)
			return fd;
		close(fd);
	}
	return fail(f, EBUSY, "%s", path);
}

struct record *record_create(const char *name, int *lock, struct failure *f)
{
	char path[180] = "", id[16];
	struct record *record;
	uint64_t random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return fail(f, errno, "getrandom"), NULL;
	snprintf(id, sizeof(id), "%012llx", (unsigned long long)(random >> 16));
	if (name == NULL || *name != '\0')
		*lock = lock_file(name != NULL ? name : id, path, sizeof(path), f);
	else if ((*lock = memfd_create("record", MFD_CLOEXEC)) < 0)
		fail(f, errno, "memfd_create");
	if (*lock < 0)
		return NULL;
	record = MAP_FAILED;
	if (ftruncate(*lock, 0) == 0 && ftruncate(*lock, sizeof(*record)) == 0)
		record = mmap(NULL, sizeof(*record), PROT_READ | PROT_WRITE, MAP_SHARED, *lock, 0);
	if (record == MAP_FAILED) {
		fail(f, errno, "the record of the container");
		remove_record(path);
		return NULL;
	}
	memcpy(record->id, id, sizeof(id));
	memcpy(record->path, path, sizeof(path));
	return record;
}

/* record_map - that of a container that runs, or NULL */
static const struct record *record_map(const char *name)
{
	struct record *record = MAP_FAILED;
	char path[100];
	struct stat st;

	if (run_directory(path, sizeof(path), false) < 0 || strchr(name, '/') != NULL)
		return NULL;
	strncat(path, "/", sizeof(path) - strlen(path) - 1);
	strncat(path, name, sizeof(path) - strlen(path) - 1);
	CLOSED int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size == sizeof(*record) && locked(fd))
		record = mmap(NULL, sizeof(*record), PROT_READ, MAP_SHARED, fd, 0);
	/* Its first process: born, and not another one with the same number. */
	if (record == MAP_FAILED || record->pid == 0 || start_time(record->pid) != record->born)
		return NULL;
	return record;
}

void record_born(struct record *record, pid_t pid)
{
	record->born = start_time(pid);
	record->pid = pid;
}

const struct record *record_open(const char *name, int *pidfd, struct failure *f)
{
	const struct record *record = record_map(name);

	*pidfd = record == NULL ? -1 : (int)syscall(SYS_pidfd_open, record->pid, 0);
	/* Looked at again: the descriptor is of the process that was meant. */
	if (*pidfd < 0 || start_time(record->pid) != record->born)
		return fail(f, 0, "%s: no such container (see skiff list)", name), NULL;
	return record;
}

int record_each(void (*show)(const char *name, const struct record *record), struct failure *f)
{
	struct dirent **entries;
	char dir[100];
	int count;

	if (run_directory(dir, sizeof(dir), false) < 0)
		return 0;
	TRY(count = scandir(dir, &entries, NULL, alphasort), "%s", dir);
	for (int i = 0; i < count; i++) {
		const struct record *record = record_map(entries[i]->d_name);
		if (record != NULL)
			show(entries[i]->d_name, record);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

void record_remove(struct record *record)
{
	remove_record(record->path);
	record->path[0] = '\0';
}
