/* cgroups.c - a fresh cgroup with memory, pids and cpu limits (lab 04)
 *
 * Each controller is on the v2 hierarchy or on one of v1, and on a hybrid
 * machine (WSL2, many others) it differs by controller; so each is looked up,
 * and the directories are one to three.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "skiff.h"

static int write_file(const char *dir, const char *name, const char *text)
{
	char path[600];
	int fd, err;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	err = errno;
	close(fd);
	errno = err;
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* has_word - WORD in a list separated by blanks, commas or a newline */
static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; (at = strstr(at, word)) != NULL; at++)
		if ((at == list || strchr(" ,\n", at[-1])) && strchr(" ,\n", at[len]))
			return true;
	return false;
}

static bool file_has_word(const char *dir, const char *name, const char *word)
{
	char path[600], text[512] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 && has_word(text, word);
}

/* find_mount - where CONTROLLER is mounted; returns its version, 0 for nowhere */
static int find_mount(const char *controller, char *point, size_t size)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, where[512], type[32], options[256];
	size_t room = 0;
	int version = 0;

	while (mounts != NULL && version != 1 && getline(&line, &room, mounts) > 0) {
		char *dash = strstr(line, " - ");
		if (dash == NULL || sscanf(line, "%*s %*s %*s %*s %511s", where) != 1 ||
		    sscanf(dash, " - %31s %*s %255s", type, options) != 2)
			continue;
		if (strcmp(type, "cgroup") == 0 && has_word(options, controller))
			version = 1;
		else if (strcmp(type, "cgroup2") == 0 && version == 0 &&
			 file_has_word(where, "cgroup.controllers", controller))
			version = 2;
		else
			continue;
		snprintf(point, size, "%s", where);
	}
	free(line);
	if (mounts != NULL)
		fclose(mounts);
	return version;
}

/* own_cgroup - this process's cgroup on v2 ("0::/path") or on the v1 hierarchy
 * of CONTROLLER ("4:memory:/path"), below POINT */
static int own_cgroup(const char *point, int version, const char *controller,
		      char *path, size_t size)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[1024];
	bool found = false;

	while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL) {
		char *list = strchr(line, ':'), *where = list != NULL ? strchr(list + 1, ':') : NULL;
		if (where == NULL)
			break;
		*where++ = '\0';
		where[strcspn(where, "\n")] = '\0';
		found = version == 2 ? list[1] == '\0' : has_word(list + 1, controller);
		if (found && (size_t)snprintf(path, size, "%s%s", point, where) >= size)
			break;
	}
	if (file != NULL)
		fclose(file);
	return found ? 0 : -1;
}

/* enable - make CONTROLLER available to the children of a v2 cgroup */
static int enable(const char *parent, const char *controller)
{
	char word[32];

	if (file_has_word(parent, "cgroup.subtree_control", controller))
		return 0;
	snprintf(word, sizeof(word), "+%s", controller);
	return write_file(parent, "cgroup.subtree_control", word);
}

/*
 * make_below - a directory in PARENT that gets CONTROLLER.  Directories that
 * exist already are somebody's: mkdir(2) must make it.
 */
static int make_below(struct cgroup *group, const char *parent, const char *controller,
		      int version, const char *id)
{
	struct cgroup_dir *dir = &group->dir[group->count];

	if ((size_t)snprintf(dir->path, sizeof(dir->path), "%s/skiff-%s", parent, id) >=
	    sizeof(dir->path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (version == 2 && enable(parent, controller) < 0)
		return -1;
	dir->version = version;
	/* First counted, then made: the keeper removes what is counted. */
	group->count++;
	if (mkdir(dir->path, 0755) < 0) {
		int err = errno;
		group->count--;
		errno = err;
		return -1;
	}
	return 0;
}

/*
 * place - the directory for CONTROLLER: one made already if it carries that
 * one too, else a new one below the root of the hierarchy as it is seen here,
 * else, for a user whose own part of the tree was delegated to them, below
 * their own cgroup or beside it.
 */
static const struct cgroup_dir *place(struct cgroup *group, const char *controller,
				      const char *id, struct failure *f)
{
	char point[512], own[512], *slash;
	int version = find_mount(controller, point, sizeof(point)), err;

	if (version == 0) {
		fail(f, 0, "cgroup: no hierarchy here has the %s controller", controller);
		return NULL;
	}
	for (int i = 0; i < group->count; i++) {
		struct cgroup_dir *dir = &group->dir[i];
		if (dir->version != version || strncmp(dir->path, point, strlen(point)) != 0 ||
		    dir->path[strlen(point)] != '/')
			continue;
		if (version == 1)
			return dir;
		snprintf(own, sizeof(own), "%s", dir->path);
		*strrchr(own, '/') = '\0';
		if (enable(own, controller) == 0)
			return dir;
		fail(f, errno, "cgroup: enabling %s in %s", controller, own);
		return NULL;
	}
	if (make_below(group, point, controller, version, id) == 0)
		return &group->dir[group->count - 1];
	err = errno;
	if (own_cgroup(point, version, controller, own, sizeof(own)) == 0) {
		if (make_below(group, own, controller, version, id) == 0)
			return &group->dir[group->count - 1];
		slash = strrchr(own, '/');
		*slash = '\0';
		if (strlen(own) > strlen(point) &&
		    make_below(group, own, controller, version, id) == 0)
			return &group->dir[group->count - 1];
	}
	fail(f, err, "cgroup: a group with the %s controller in %s", controller, point);
	return NULL;
}

struct limit {
	const char *controller, *v1, *v2;
	char text[48];
	bool optional;          /* this kernel may be built without */
};

int cgroup_create(struct cgroup *group, const struct config *config, const char *id,
		  struct failure *f)
{
	/* Order counts: v1 refuses a memory+swap limit below the memory limit. */
	struct limit limits[] = {
		{ "memory", "memory.limit_in_bytes", "memory.max", "", false },
		{ "memory", "memory.memsw.limit_in_bytes", NULL, "", true },
		{ "memory", NULL, "memory.swap.max", "0", true },
		{ "pids", "pids.max", "pids.max", "", false },
		{ "cpu", "cpu.cfs_period_us", NULL, "", false },
		{ "cpu", "cpu.cfs_quota_us", NULL, "", false },
		{ "cpu", NULL, "cpu.max", "", false },
	};

	snprintf(limits[0].text, 48, "%" PRIu64, config->memory);
	snprintf(limits[1].text, 48, "%" PRIu64, config->memory);
	snprintf(limits[3].text, 48, "%" PRIu64, config->pids);
	snprintf(limits[4].text, 48, "%d", CPU_PERIOD_US);
	snprintf(limits[5].text, 48, "%" PRIu64, config->cpu_quota);
	snprintf(limits[6].text, 48, "%" PRIu64 " %d", config->cpu_quota, CPU_PERIOD_US);
	group->born_fd = -1;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		const struct cgroup_dir *dir = place(group, limits[i].controller, id, f);
		if (dir == NULL)
			return -1;
		const char *file = dir->version == 2 ? limits[i].v2 : limits[i].v1;
		if (file != NULL && write_file(dir->path, file, limits[i].text) < 0 &&
		    !(limits[i].optional && errno == ENOENT))
			return fail(f, errno, "cgroup: %s of %s", file, limits[i].text);
		if (dir->version == 2 && group->born_fd < 0) {
			group->born_fd = open(dir->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
			if (group->born_fd < 0)
				return fail(f, errno, "cgroup: %s", dir->path);
		}
	}
	return 0;
}

int cgroup_enter(const struct cgroup *group, pid_t pid, struct failure *f)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	for (int i = 0; i < group->count; i++)
		if (group->dir[i].version == 1 &&
		    write_file(group->dir[i].path, "cgroup.procs", text) < 0)
			return fail(f, errno, "cgroup: entering %s", group->dir[i].path);
	return 0;
}

void cgroup_remove(const struct cgroup *group)
{
	const struct timespec tick = { 0, 2000000 };

	for (int i = group->count - 1; i >= 0; i--)
		for (int tries = 1000; tries > 0; tries--) {
			if (rmdir(group->dir[i].path) == 0 || errno != EBUSY)
				break;
			/* The kernel is still taking the last process apart. */
			nanosleep(&tick, NULL);
		}
}
