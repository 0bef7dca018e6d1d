/* record.c - the containers that run: one file each, for as long as they do
 *
 * The record is shared with the keeper in memory; the file is a copy of it for
 * others, and skiff holds a lock on it (fcntl_locking(2), "Open file description
 * locks").  A record that nobody has locked is of no running container.
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

unsigned long long process_born(pid_t pid)
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

struct record *record_create(struct failure *f)
{
	struct record *record = mmap(NULL, sizeof(*record), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t random;

	if (record == MAP_FAILED || getrandom(&random, sizeof(random), 0) != sizeof(random))
		return fail(f, errno, "a record of the container"), NULL;
	record->lock = -1;
	snprintf(record->id, sizeof(record->id), "%012llx", (unsigned long long)(random >> 16));
	return record;
}

void record_describe(struct record *record, const struct config *config)
{
	snprintf(record->hostname, sizeof(record->hostname), "%s", config->hostname);
	snprintf(record->command, sizeof(record->command), "%s", config->command[0]);
	record->security = config->security;
	if (config->security.filter_len > 0)
		memcpy(record->filter, config->security.filter, config->security.filter_len * sizeof(record->filter[0]));
}

int record_name(struct record *record, const char *name, struct failure *f)
{
	struct flock whole = { .l_type = F_WRLCK };
	struct stat st;
	char dir[100];
	int taken;

	/* Another skiff may remove the file or the directory as we look. */
	for (int tries = 0; tries < 100; tries++) {
		TRY(run_directory(dir, sizeof(dir), true), "a directory for the containers' records");
		/* Noted, then made: whoever cleans up removes it if nobody has locked it. */
		snprintf(record->path, sizeof(record->path), "%s/%s", dir, name != NULL ? name : record->id);
		record->lock = open(record->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (record->lock < 0 && errno == ENOENT)
			continue;
		TRY(record->lock, "%s", record->path);
		taken = fcntl(record->lock, F_OFD_SETLK, &whole);
		if (taken < 0 && (errno == EAGAIN || errno == EACCES))
			return fail(f, 0, "run: --name %s: in use by a container that runs", name);
		TRY(taken, "locking %s", record->path);
		if (fstat(record->lock, &st) == 0 && st.st_nlink > 0) {
			TRY(st.st_size > 0 ? ftruncate(record->lock, 0) : 0, "%s", record->path);
			return 0;
		}
		close(record->lock);
	}
	return fail(f, EBUSY, "%s", record->path);
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
	if (record == MAP_FAILED || record->pid == 0 || process_born(record->pid) != record->born)
		return NULL;
	return record;
}

int record_born(struct record *record, pid_t pid, struct failure *f)
{
	size_t used = offsetof(struct record, filter) + record->security.filter_len * sizeof(record->filter[0]);

	record->born = process_born(pid);
	record->pid = pid;
	if (pwrite(record->lock, record, used, 0) != (ssize_t)used)
		return fail(f, errno, "%s", record->path);
	return 0;
}

int record_show(const struct record *record, struct failure *f)
{
	TRY(record->lock >= 0 ? ftruncate(record->lock, sizeof(*record)) : 0, "%s", record->path);
	return 0;
}

const struct record *record_open(const char *name, int *pidfd, struct failure *f)
{
	const struct record *record = record_map(name);

	*pidfd = record == NULL ? -1 : (int)syscall(SYS_pidfd_open, record->pid, 0);
	/* Looked at again: the descriptor is of the process that was meant. */
	if (*pidfd < 0 || process_born(record->pid) != record->born)
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
	struct flock whole = { .l_type = F_WRLCK };
	char dir[180];

	if (record->path[0] == '\0')
		return;
	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(record->path, '/') - record->path), record->path);
	/* Nobody holds the lock but a child that is about to end; or another
	 * container that has the name by now, whose file it is then. */
	CLOSED int fd = open(record->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	for (int tries = 0; fd >= 0 && tries < 500; tries++) {
		if (fcntl(fd, F_OFD_SETLK, &whole) == 0) {
			unlink(record->path);
			break;
		}
		usleep(2000);
	}
	rmdir(dir);     /* the last one */
	record->path[0] = '\0';
}
