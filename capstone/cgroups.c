/* cgroups.c - a fresh cgroup with memory, pids and cpu limits (lab 04)
 *
 * Each controller is on the v2 hierarchy or on one of v1, and on a hybrid
 * machine (WSL2, many others) it differs by controller; so each is looked up,
 * and the directories are one to three, or more with --delegate.
 */
#include <inttypes.h>

#include "command/command.h"

static const char *const names[] = { "memory", "pids", "cpu", "freezer", "cpuacct" };

bool cgroup_find(struct hierarchy found[CONTROLLERS])
{
	FCLOSED FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char line[4096], where[512], type[32], options[512], list[512];

	while (mounts != NULL && fgets(line, sizeof(line), mounts) != NULL) {
		char *dash = strstr(line, " - cgroup");
		if (dash == NULL || sscanf(line, "%*s %*s %*s %*s %511s", where) != 1 ||
		    sscanf(dash, " - %31s %*s %511s", type, options) != 2)
			continue;
		bool two = strcmp(type, "cgroup2") == 0;
		if (two && file_read(list, sizeof(list), "%s/cgroup.controllers", where) < 0)
			continue;
		for (int i = 0; i < CONTROLLERS; i++)
			if (found[i].version == 0 && has_word(two ? list : options, names[i])) {
				found[i].version = two ? 2 : 1;
				memcpy(found[i].point, where, sizeof(where));
			}
	}
	return found[MEMORY].version == 2 || found[PIDS].version == 2 || found[CPU].version == 2;
}

/* own_cgroup - this process's cgroup on v2 ("0::/path") or on the v1 hierarchy
 * of CONTROLLER ("4:memory:/path"), below POINT */
static bool own_cgroup(const char *point, int version, const char *controller, char *path, size_t size)
{
	FCLOSED FILE *file = fopen("/proc/self/cgroup", "re");
	char line[1024], *where = NULL;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		char *list = strchr(line, ':');
		where = list != NULL ? strchr(list + 1, ':') : NULL;
		if (where == NULL)
			break;
		*where++ = '\0';
		where[strcspn(where, "\n")] = '\0';
		if (version == 2 ? list[1] == '\0' : has_word(list + 1, controller))
			return (size_t)snprintf(path, size, "%s%s", point, where) < size;
	}
	return false;
}

/* enable - make CONTROLLER available to the children of a v2 cgroup */
static int enable(const char *parent, const char *controller)
{
	char word[32], list[512];

	if (file_read(list, sizeof(list), "%s/cgroup.subtree_control", parent) == 0 && has_word(list, controller))
		return 0;
	snprintf(word, sizeof(word), "+%s", controller);
	return file_write(word, "%s/cgroup.subtree_control", parent);
}

/*
 * make_below - a directory in PARENT that gets CONTROLLER.  Directories that
 * exist already are somebody's: mkdir(2) must make it.
 */
static int make_below(struct cgroup *group, const char *point, const char *parent, const char *controller,
		      int version, const char *id)
{
	struct cgroup_dir *dir = &group->dir[group->count];

	errno = ENAMETOOLONG;
	if ((size_t)snprintf(dir->path, sizeof(dir->path), "%s/skiff-%s", parent, id) >= sizeof(dir->path) ||
	    (version == 2 && enable(parent, controller) < 0))
		return -1;
	snprintf(dir->name, sizeof(dir->name), "%.31s", strrchr(point, '/'));
	dir->version = version;
	/* First counted, then made: the keeper removes what is counted. */
	group->count++;
	if (mkdir(dir->path, 0755) == 0)
		return 0;
	group->count--;
	return -1;
}

/*
 * place - the directory for CONTROLLER: one made already if it carries that
 * one too, else a new one below the root of the hierarchy as it is seen here,
 * else, for a user whose own part of the tree was delegated to them, below
 * their own cgroup or beside it.
 */
static const struct cgroup_dir *place(struct cgroup *group, const struct hierarchy *where, const char *controller,
				      const char *id, struct failure *f)
{
	const char *point = where->point;
	int version = where->version, err = ENOENT;
	char parent[512] = "";

	for (int i = 0; version != 0 && i < group->count; i++) {
		struct cgroup_dir *dir = &group->dir[i];
		if (dir->version != version || strncmp(dir->path, point, strlen(point)) != 0 ||
		    dir->path[strlen(point)] != '/')
			continue;
		snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(dir->path, '/') - dir->path), dir->path);
		if (version == 1 || enable(parent, controller) == 0)
			return dir;
		return fail(f, errno, "cgroup: enabling %s in %s", controller, parent), NULL;
	}
	for (int attempt = 0; version != 0 && attempt < 3 && group->count < CGROUP_HIERARCHIES; attempt++) {
		if (attempt == 0)
			memcpy(parent, point, sizeof(parent));
		else if (attempt == 1 && !own_cgroup(point, version, controller, parent, sizeof(parent)))
			break;
		else if (attempt == 2)
			*strrchr(parent, '/') = '\0';
		if (strlen(parent) >= strlen(point) && make_below(group, point, parent, controller, version, id) == 0)
			return &group->dir[group->count - 1];
		err = attempt == 0 ? errno : err;
	}
	return fail(f, err, "cgroup: a group with the %s controller", controller), NULL;
}

int cgroup_create(struct cgroup *group, const struct hierarchy found[CONTROLLERS], const struct config *config,
		  const char *id, struct failure *f)
{
	/* Order counts: v1 refuses a memory+swap limit below the memory limit.
	 * An optional file is one that this kernel may be built without. */
	const struct { int controller; const char *v1, *v2; bool optional; uint64_t value; } limits[] = {
		{ MEMORY, "memory.limit_in_bytes", "memory.max", false, config->memory },
		{ MEMORY, "memory.memsw.limit_in_bytes", NULL, true, config->memory },
		{ MEMORY, NULL, "memory.swap.max", true, 0 },
		{ PIDS, "pids.max", "pids.max", false, config->pids },
		{ CPU, "cpu.cfs_quota_us", "cpu.max", false, config->cpu_quota },       /* of a period of 100000 */
	};
	const struct cgroup_dir *dirs[CONTROLLERS];
	char text[48];
	int born = -1;

	for (int i = 0; i < CONTROLLERS; i++)
		if (i <= CPU || (found[i].version == 1 && (i == CPUACCT || config->security.delegate))) {
			dirs[i] = place(group, &found[i], names[i], id, f);
			if (dirs[i] == NULL)
				return -1;
		}
	/* TODO 1: every limit into its file (file_write), for the version of its
	 * controller; a failure is one, but for an optional file that is missing
	 * (ENOENT). cpu.max wants the period too, "QUOTA 100000". Then open the v2
	 * directory, if there is one, for clone3(2); see cgroups(7), O_PATH in
	 * open(2) */
	/* BEGIN SOLUTION */
	for (size_t i = 0; i < COUNT(limits); i++) {
		const struct cgroup_dir *dir = dirs[limits[i].controller];
		const char *file = dir->version == 2 ? limits[i].v2 : limits[i].v1;
		snprintf(text, sizeof(text), "%" PRIu64 "%s", limits[i].value,
			 dir->version == 2 && limits[i].controller == CPU ? " 100000" : "");
		if (file != NULL && file_write(text, "%s/%s", dir->path, file) < 0 &&
		    !(limits[i].optional && errno == ENOENT))
			return fail(f, errno, "cgroup: %s of %s", file, text);
	}
	for (int i = 0; i < group->count && born < 0; i++)
		if (group->dir[i].version == 2)
			TRY(born = open(group->dir[i].path, O_PATH | O_DIRECTORY | O_CLOEXEC), "%s", group->dir[i].path);
	return born;
	/* END SOLUTION */
}

int cgroup_enter(const struct cgroup *group, bool born, struct failure *f)
{
	/* TODO 6: this process into each v1 directory, "0" to its tasks; into a v2
	 * one only if it was not BORN there: "0" to init/cgroup.procs, where that
	 * leaf is, else to cgroup.procs; see cgroups(7) */
	/* BEGIN SOLUTION */
	for (int i = 0; i < group->count; i++) {
		const struct cgroup_dir *dir = &group->dir[i];
		/* One task that moves itself: the one migration for which the
		 * kernel need not wait until all others have noticed.  A delegated
		 * v2 group has its processes in a leaf of their own. */
		if (dir->version == 1)
			TRY(file_write("0", "%s/tasks", dir->path), "cgroup: entering %s", dir->path);
		else if (!born && file_write("0", "%s/init/cgroup.procs", dir->path) < 0)
			TRY(file_write("0", "%s/cgroup.procs", dir->path), "cgroup: entering %s", dir->path);
	}
	return 0;
	/* END SOLUTION */
}

void cgroup_remove(const struct cgroup *group)
{
	for (int i = group->count - 1; i >= 0; i--)
		for (int tries = 1000; tries > 0 && rmdir(group->dir[i].path) < 0 && errno != ENOENT; tries--) {
			/* Delegated, there may be more below; and the kernel may
			 * still be taking the last process apart. */
			usleep(2000);
			delegate_clear(group->dir[i].path);
		}
}
