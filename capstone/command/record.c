/* record.c - the containers that run: one file each, for as long as they do
 *
 * skiff writes the file, once, and holds a lock on it (fcntl_locking(2), "Open file
 * description locks").  A record that nobody has locked is of no running container.
 */
#include <dirent.h>
#include <sys/random.h>

#include "command.h"

/* run_path - where the records are: root's in /run, a user's where their session has
 * its own, else (CHOICE 1) one in /tmp that must be theirs alone
 * @path: takes it, of PATH_MAX bytes.  Returns whether there is that choice. */
static bool run_path(int choice, char *path)
{
	const char *base = geteuid() == 0 ? "/run" : getenv("XDG_RUNTIME_DIR");

	if (choice == 1)
		return text_format(path, PATH_MAX, "/tmp/skiff-%u", geteuid()) == 0;
	return base != NULL && *base == '/' && text_format(path, PATH_MAX, "%s/skiff", base) == 0;
}

/* run_open - a descriptor of that directory, if it is ours alone; or -1 */
static int run_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 077) == 0)
		return fd;
	close_fd(&fd);
	return -1;
}

/* run_directory - the first that there is.  Returns its descriptor, or -1. */
static int run_directory(char *path)
{
	int fd = -1;

	for (int choice = 0; choice < 2 && fd < 0; choice++)
		fd = run_path(choice, path) ? run_open(path) : -1;
	return fd;
}

/* run_make - the same, made if missing and noted before */
static int run_make(struct container *c, char *path, struct failure *f)
{
	int fd = run_directory(path), err = ENOENT;

	for (int choice = 0; choice < 2 && fd < 0; choice++) {
		if (!run_path(choice, path))
			continue;
		PASS(keeper_note(c, NOTE_DIRECTORY, path, strlen(path) + 1, -1, f));
		if (mkdir(path, 0700) < 0)
			err = errno;
		fd = run_open(path);
	}
	if (fd < 0)
		return fail(f, err, "a directory for the containers' records");
	PASS(keeper_note(c, NOTE_DIRECTORY, path, strlen(path) + 1, fd, f));
	return fd;
}

bool process_stat(pid_t pid, int field, unsigned long long *value)
{
	char text[1024], *at = NULL;

	/* The name, in parentheses, is the process's own choice: behind the last. */
	if (file_read(text, sizeof(text), "/proc/%d/stat", (int)pid) == 0)
		at = strrchr(text, ')');
	for (int i = 2; at != NULL && i < field; i++)
		at = strchr(at + 1, ' ');
	*value = at != NULL ? strtoull(at, NULL, 10) : 0;
	return at != NULL;
}

unsigned long long process_born(pid_t pid)
{
	unsigned long long born;

	process_stat(pid, 22, &born);
	return born;
}

static bool locked(int fd)
{
	struct flock lock = { .l_type = F_WRLCK };

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

struct record *record_create(struct failure *f)
{
	struct record *record = calloc(1, sizeof(*record));
	uint64_t random;

	if (record == NULL || getrandom(&random, sizeof(random), 0) != sizeof(random))
		return free(record), fail(f, errno, "a record of the container"), NULL;
	snprintf(record->id, sizeof(record->id), "%012llx", (unsigned long long)(random >> 16));
	return record;
}

int record_describe(struct record *record, const struct config *config, struct failure *f)
{
	/* lint: it is only shown, and may be cut */
	snprintf(record->command, sizeof(record->command), "%s", config->command[0]);
	record->security = config->security;
	if (config->security.filter_len > 0)
		memcpy(record->filter, config->security.filter, config->security.filter_len * sizeof(record->filter[0]));
	TRY(text_format(record->hostname, sizeof(record->hostname), "%s", config->hostname), "--hostname");
	return 0;
}

/* take - the file NAME in DIRECTORY, made if missing, locked.  Returns its
 * descriptor; -1 with errno, EAGAIN where a container that runs has it, ENOENT
 * where somebody removed it meanwhile. */
static int take(int directory, const char *name)
{
	struct flock whole = { .l_type = F_WRLCK };
	int fd = openat(directory, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), err;
	struct stat st;

	if (fd < 0)
		return -1;
	if (fcntl(fd, F_OFD_SETLK, &whole) == 0 && fstat(fd, &st) == 0) {
		if (st.st_nlink > 0 && (st.st_size == 0 || ftruncate(fd, 0) == 0))
			return fd;
		errno = st.st_nlink == 0 ? ENOENT : errno;
	}
	err = errno == EACCES ? EAGAIN : errno;
	close(fd);
	errno = err;
	return -1;
}

int record_name(struct container *c, const char *name, struct failure *f)
{
	char path[PATH_MAX] = "";
	int fd;

	name = name != NULL ? name : c->record->id;
	/* Another skiff may remove the file or the directory as we look. */
	for (int tries = 0; tries < 100; tries++) {
		PASS(fd = run_make(c, path, f));
		/* Noted, then made: whoever cleans up removes it if nobody has locked it. */
		PASS(keeper_note(c, NOTE_RECORD, name, strlen(name) + 1, -1, f));
		c->lock = take(fd, name);
		if (c->lock >= 0)
			return 0;
		if (errno == EAGAIN) {
			PASS(keeper_note(c, NOTE_NOT_MADE, NULL, 0, -1, f));
			return fail(f, 0, "run: --name %s: in use by a container that runs", name);
		}
		if (errno != ENOENT)
			break;
		close(fd);
		c->left.directory = -1;
	}
	return fail(f, errno, "%s/%s", path, name);
}

/* status_number - a number of /proc/PID/status, which its NAME begins a line with:
 * "Name:" may hold anything.  Returns UINT64_MAX if there is none. */
static uint64_t status_number(pid_t pid, const char *name, int base)
{
	char path[32], *line = NULL;
	uint64_t value = UINT64_MAX;
	size_t room = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FCLOSED FILE *file = fopen(path, "re");
	while (file != NULL && value == UINT64_MAX && getline(&line, &room, file) > 0)
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtoull(line + strlen(name), NULL, base);
	free(line);
	return value;
}

/* confined - has its PID 1 put away what COMMAND is not to have?  Until then nothing of
 * the container's may run beside it. */
static bool confined(const struct record *record)
{
	const struct security *security = &record->security;

	return (status_number(record->pid, "CapBnd:", 16) & ~security->capabilities) == 0 &&
	       (security->filter_len == 0 || status_number(record->pid, "Seccomp:", 10) == 2);
}

/* record_read - that of a container that runs, with its PID 1: born, and not
 * another one with the same number.  Returns whether there is one. */
static bool record_read(int directory, const char *name, struct record *record)
{
	struct stat st;

	if (directory < 0 || strchr(name, '/') != NULL)
		return false;
	CLOSED int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == sizeof(*record) && locked(fd) &&
	       pread(fd, record, sizeof(*record), 0) == sizeof(*record) &&
	       record->security.filter_len <= COUNT(record->filter) &&
	       record->cgroup.count >= 0 && record->cgroup.count <= CGROUP_HIERARCHIES &&
	       record->pid > 0 && process_born(record->pid) == record->born && confined(record);
}

int record_born(struct container *c, struct failure *f)
{
	struct record *record = c->record;
	size_t used = offsetof(struct record, filter) + record->security.filter_len * sizeof(record->filter[0]);

	record->cgroup = c->left.cgroup;
	record->born = process_born(c->pid);
	record->pid = c->pid;
	if (pwrite(c->lock, record, used, 0) != (ssize_t)used)
		return fail(f, errno, "%s/%s", c->left.path, c->left.name);
	return 0;
}

int record_show(const struct container *c, struct failure *f)
{
	TRY(c->lock >= 0 ? ftruncate(c->lock, sizeof(*c->record)) : 0, "%s/%s", c->left.path, c->left.name);
	return 0;
}

const struct record *record_open(const char *name, int *pidfd, struct failure *f)
{
	struct record *record = calloc(1, sizeof(*record));
	char path[PATH_MAX];
	CLOSED int directory = run_directory(path);

	if (record == NULL)
		return fail(f, errno, "%s", name), NULL;
	*pidfd = record_read(directory, name, record) ? (int)syscall(SYS_pidfd_open, record->pid, 0) : -1;
	/* Looked at again: the descriptor is of the process that was meant. */
	if (*pidfd >= 0 && process_born(record->pid) == record->born)
		return record;
	free(record);
	return fail(f, 0, "%s: no such container (see skiff list)", name), NULL;
}

int record_each(void (*show)(const char *name, const struct record *record), struct failure *f)
{
	struct dirent **entries;
	char path[PATH_MAX];
	int count;
	CLOSED int directory = run_directory(path);
	struct record *record = directory >= 0 ? calloc(1, sizeof(*record)) : NULL;

	if (record == NULL)
		return 0;
	count = scandirat(directory, ".", &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		if (record_read(directory, entries[i]->d_name, record))
			show(entries[i]->d_name, record);
		free(entries[i]);
	}
	free(record);
	TRY(count, "%s", path);
	free(entries);
	return 0;
}

void record_remove(struct leftovers *left)
{
	struct flock whole = { .l_type = F_WRLCK };

	if (left->path[0] == '\0')
		return;
	/* Nobody holds the lock but a skiff that is about to end; or another
	 * container that has the name by now, whose file it is then. */
	CLOSED int fd = left->directory < 0 || left->name[0] == '\0' ? -1 : openat(left->directory, left->name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	for (int tries = 0; fd >= 0 && tries < 500; tries++) {
		if (fcntl(fd, F_OFD_SETLK, &whole) == 0) {
			unlinkat(left->directory, left->name, 0);
			break;
		}
		usleep(2000);
	}
	rmdir(left->path);      /* the last one */
	left->name[0] = '\0';
}
