/* cgroups.c - a fresh cgroup with memory, pids and cpu limits (lab 04)
 *
 * Each controller is on the v2 hierarchy or on one of v1, and on a hybrid
 * machine (WSL2, many others) it differs by controller; so each is looked up,
 * and the directories are one to three, or more with --delegate.
 */
#include <inttypes.h>
#include <time.h>

#include "command/command.h"

static const char *const names[] = { "memory", "pids", "cpu", "freezer", "cpuacct" };

/* unescape - a path of mountinfo, where \\040 is a blank (proc_pid_mountinfo(5)) */
static void unescape(char *path)
{
	char *to = path;

	for (const char *from = path; *from != '\0'; to++)
		if (from[0] == '\\' && strspn(from + 1, "01234567") >= 3) {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	*to = '\0';
}

/* read_mount - a line of mountinfo.  Returns the version of its hierarchy, 0 for
 * what is none; POINT and the options are parts of LINE. */
static int read_mount(char *line, char **point, char **options)
{
	char *tail = strstr(line, " - cgroup"), *word;
	int two;

	*point = NULL;
	if (tail == NULL)
		return 0;
	*tail = '\0';
	for (int i = 0; i < 5 && (word = strsep(&line, " ")) != NULL; i++)
		*point = i == 4 ? word : NULL;
	tail += strlen(" - cgroup");
	two = *tail == '2';
	tail += two;
	/* " SOURCE OPTIONS" */
	if (*point == NULL || *tail++ != ' ' || (*options = strchr(tail, ' ')) == NULL)
		return 0;
	unescape(*point);
	return two + 1;
}

bool cgroup_find(struct hierarchy found[CONTROLLERS])
{
	FCLOSED FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, list[4096], *where, *options;
	size_t room = 0;

	while (mounts != NULL && getline(&line, &room, mounts) > 0) {
		int version = read_mount(line, &where, &options);
		/* Where its paths would have to be cut, it is as if it were not there. */
		if (version == 0 || strlen(where) >= sizeof(found[0].point) ||
		    (version == 2 && file_read(list, sizeof(list), "%s/cgroup.controllers", where) < 0))
			continue;
		for (int i = 0; i < CONTROLLERS; i++)
			if (found[i].version == 0 && has_word(version == 2 ? list : options, names[i])) {
				found[i].version = version;
				strcpy(found[i].point, where);  /* lint: its length was looked at */
			}
	}
	free(line);
	return found[MEMORY].version == 2 || found[PIDS].version == 2 || found[CPU].version == 2;
}

/* own_cgroup - this process's cgroup on v2 ("0::/path") or on the v1 hierarchy
 * of CONTROLLER ("4:memory:/path"), below POINT */
static bool own_cgroup(const char *point, int version, const char *controller, char *path, size_t size)
{
	FCLOSED FILE *file = fopen("/proc/self/cgroup", "re");
	char *line = NULL, *where;
	bool found = false;
	size_t room = 0;

	while (!found && file != NULL && getline(&line, &room, file) > 0) {
		char *list = strchr(line, ':');
		where = list != NULL ? strchr(list + 1, ':') : NULL;
		if (where == NULL)
			break;
		*where++ = '\0';
		where[strcspn(where, "\n")] = '\0';
		found = (version == 2 ? list[1] == '\0' : has_word(list + 1, controller)) &&
			text_format(path, size, "%s%s", point, where) == 0;
	}
	free(line);
	return found;
}

/* enable - make CONTROLLER available to the children of a v2 cgroup */
static int enable(const char *parent, const char *controller)
{
	char word[32], list[4096];

	if (file_read(list, sizeof(list), "%s/cgroup.subtree_control", parent) == 0 && has_word(list, controller))
		return 0;
	if (text_format(word, sizeof(word), "+%s", controller) < 0)
		return -1;
	return file_write(word, "%s/cgroup.subtree_control", parent);
}

/*
 * make_below - a directory in PARENT that gets CONTROLLER, noted before and after.
 * An existing directory belongs to someone else: mkdir(2) must make it.
 */
static int make_below(struct container *c, const char *point, const char *parent, const char *controller,
		      int version, struct failure *f)
{
	struct cgroup_dir dir = { .version = version, .unsure = true };
	int err;

	/* The name is for a view of the hierarchies, where a long one has no place. */
	if (text_format(dir.path, sizeof(dir.path), "%s/skiff-%s", parent, c->record->id) < 0 ||
	    text_format(dir.name, sizeof(dir.name), "%s", strrchr(point, '/')) < 0 ||
	    (version == 2 && enable(parent, controller) < 0))
		return -1;
	PASS(keeper_note(c, NOTE_GROUP, &dir, sizeof(dir), -1, f));
	if (mkdir(dir.path, 0755) == 0)
		return 0;
	err = errno;
	PASS(keeper_note(c, NOTE_NOT_MADE, NULL, 0, -1, f));
	errno = err;
	return -1;
}

/*
 * place - the directory for CONTROLLER: one made already if it carries that
 * one too, else a new one below the root of the hierarchy as it is seen here,
 * else, for a user whose own part of the tree was delegated to them, below
 * their own cgroup or beside it.
 */
static const struct cgroup_dir *place(struct container *c, const struct hierarchy *where, const char *controller,
				      struct failure *f)
{
	struct cgroup *group = &c->left.cgroup;
	const char *point = where->point;
	int version = where->version, err = ENOENT;
	char parent[512] = "";

	for (int i = 0; version != 0 && i < group->count; i++) {
		struct cgroup_dir *dir = &group->dir[i];
		if (dir->version != version || strncmp(dir->path, point, strlen(point)) != 0 ||
		    dir->path[strlen(point)] != '/')
			continue;
		/* lint: shorter than the path that it is the start of */
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
		if (strlen(parent) >= strlen(point) && make_below(c, point, parent, controller, version, f) == 0)
			return &group->dir[group->count - 1];
		if (f->status != 0)
			return NULL;
		err = attempt == 0 ? errno : err;
	}
	return fail(f, err, "cgroup: a group with the %s controller", controller), NULL;
}

int cgroup_create(struct container *c, const struct hierarchy found[CONTROLLERS], const struct config *config,
		  struct failure *f)
{
	const struct cgroup *group = &c->left.cgroup;
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
			dirs[i] = place(c, &found[i], names[i], f);
			if (dirs[i] == NULL)
				return -1;
		}
	PASS(keeper_note(c, NOTE_MADE, NULL, 0, -1, f));
	/* TODO 1: every limit into its file (file_write), for the version of its
	 * controller; a failure is one, but for an optional file that is missing
	 * (ENOENT). cpu.max wants the period too, "QUOTA 100000". Then open the v2
	 * directory, if there is one, for clone3(2); see cgroups(7), O_PATH in
	 * open(2) */
	/* BEGIN SOLUTION */
	for (size_t i = 0; i < COUNT(limits); i++) {
		const struct cgroup_dir *dir = dirs[limits[i].controller];
		const char *file = dir->version == 2 ? limits[i].v2 : limits[i].v1;
		TRY(text_format(text, sizeof(text), "%" PRIu64 "%s", limits[i].value,
				dir->version == 2 && limits[i].controller == CPU ? " 100000" : ""), "cgroup: %s", file);
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

int cgroup_remove(const struct cgroup *group)
{
	const time_t end = time(NULL) + 10;
	int left = 0;

	for (int i = group->count - 1; i >= 0; i--) {
		const char *path = group->dir[i].path;
		bool gone;
		/* Delegated, there may be more below; and the kernel may still be
		 * taking the last process apart.  What may be somebody else's after
		 * all is removed only if nothing is in it. */
		while (!(gone = rmdir(path) == 0 || errno == ENOENT) && !group->dir[i].unsure && time(NULL) < end) {
			usleep(2000);
			delegate_clear(path, 10);
		}
		left += !gone && !group->dir[i].unsure;
	}
	return left;
}
