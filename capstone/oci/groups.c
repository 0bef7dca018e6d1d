/* groups.c - the container's control groups: where they are, and config.json's
 * "resources" in their files
 *
 * Each file is looked for in all the container's directories: on a hybrid machine some
 * controllers are on v1 and some on v2.  A limit whose file is in none is an error.
 */
#include "oci.h"

/* enable - whatever controllers there are, for the children of a v2 group */
static void enable_all(const char *parent)
{
	char list[512], word[64];

	if (file_read(list, sizeof(list), "%s/cgroup.controllers", parent) < 0)
		return;
	for (char *name = strtok(list, " \n"); name != NULL; name = strtok(NULL, " \n")) {
		if (FITS(word, "+%s", name))
			file_write(word, "%s/cgroup.subtree_control", parent);
	}
}

/* inherit - a new cpuset of v1 has no processors, and so takes no process */
static void inherit(const char *parent, const char *child, const char *file)
{
	char text[4096];

	if (file_read(text, sizeof(text), "%s/%s", child, file) == 0 && (text[0] == '\n' || text[0] == '\0') &&
	    file_read(text, sizeof(text), "%s/%s", parent, file) == 0)
		file_write(text, "%s/%s", child, file);
}

/* descend - make PATH below the hierarchy mounted at POINT
 * @made: was its last directory not there before? */
static int descend(struct cgroup_dir *dir, const char *point, const char *path, bool *made, struct failure *f)
{
	char parent[512], busy[16];
	size_t n = strlen(point);

	errno = ENAMETOOLONG;
	if (n + strlen(path) + 1 >= sizeof(dir->path))
		return fail(f, 0, "linux.cgroupsPath: %zu bytes, at most %zu below %s", strlen(path), sizeof(dir->path) - 2 - n, point);
	if (!FITS(dir->path, "%s", point))
		return fail(f, ENAMETOOLONG, "cgroup: %s", point);
	for (const char *part = path + strspn(path, "/"); *part != '\0'; part += strspn(part, "/")) {
		size_t length = strcspn(part, "/");
		memcpy(parent, dir->path, sizeof(parent));
		if (dir->version == 2)
			enable_all(parent);
		dir->path[n++] = '/';        /* there is room: see above */
		memcpy(dir->path + n, part, length);
		n += length;
		dir->path[n] = '\0';
		*made = mkdir(dir->path, 0755) == 0;
		if (!*made && errno != EEXIST)
			return fail(f, errno, "cgroup: %s", dir->path);
		if (dir->version == 1) {
			inherit(parent, dir->path, "cpuset.cpus");
			inherit(parent, dir->path, "cpuset.mems");
		}
		part += length;
	}
	/* Ours alone: what is in it already would be limited, frozen and killed with us. */
	if (file_read(busy, sizeof(busy), "%s/cgroup.procs", dir->path) < 0 || busy[0] != '\0')
		return fail(f, errno = EBUSY, "cgroup: %s", dir->path);
	return 0;
}

/* create_below - PATH in the hierarchy of LINE, of /proc/self/mountinfo, if it is one */
static int create_below(struct cgroup *group, const char *line, const char *path, bool must, int *born, struct failure *f)
{
	struct cgroup_dir *dir = &group->dir[group->count];
	const char *dash = strstr(line, " - cgroup");
	char *point = NULL;
	bool made = false;
	int err;

	/* A blank in a name is written \040, so the first dash that stands alone is the one. */
	if (dash == NULL || sscanf(line, "%*s %*s %*s %*s %ms", &point) != 1)
		return 0;
	dir->version = strncmp(dash, " - cgroup2 ", 11) == 0 ? 2 : 1;
	if (!FITS(dir->name, "%s", strrchr(point, '/')))
		return fail(f, ENAMETOOLONG, "cgroup: %s", point);
	if (descend(dir, point, path, &made, f) < 0) {
		err = errno;
		if (made)
			rmdir(dir->path);
		if (must || (err != EACCES && err != EPERM && err != EROFS))
			return -1;
		f->status = 0;  /* an ordinary user without a part of the tree, and no limit asked for */
	} else {
		if (dir->version == 2)
			TRY(*born = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "%s", dir->path);
		group->count++;
	}
	free(point);
	return 0;
}

int groups_create(struct cgroup *group, const char *path, bool must, struct failure *f)
{
	FCLOSED FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	int born = -1;

	if (path[strspn(path, "/")] == '\0' || strstr(path, "..") != NULL)
		return fail(f, 0, "linux.cgroupsPath: '%s': no path below the root", path);
	while (mounts != NULL && getline(&line, &size, mounts) > 0 && group->count < CGROUP_HIERARCHIES)
		PASS(create_below(group, line, path, must, &born, f));
	free(line);
	return born;
}

int group_write(const struct cgroup *group, const char *v1, const char *text1, const char *v2, const char *text2)
{
	for (int i = 0; i < group->count; i++) {
		bool two = group->dir[i].version == 2;
		if ((two ? v2 : v1) == NULL)
			continue;
		if (file_write(two ? text2 : text1, "%s/%s", group->dir[i].path, two ? v2 : v1) == 0)
			return 0;
		if (errno != ENOENT)
			return -1;
	}
	errno = ENOENT;
	return -1;
}

bool groups_frozen(const struct cgroup *group)
{
	char text[256];

	for (int i = 0; i < group->count; i++) {
		bool two = group->dir[i].version == 2;
		if (file_read(text, sizeof(text), "%s/%s", group->dir[i].path, two ? "cgroup.events" : "freezer.state") == 0 &&
		    strstr(text, two ? "frozen 1" : "FROZEN") != NULL)
			return true;
	}
	return false;
}

int groups_freeze(const struct cgroup *group, bool freeze, struct failure *f)
{
	/* Where both versions can, one is enough.  Again and again: a v1 group stays FREEZING
	 * where a process was forked meanwhile. */
	for (int tries = 1000; tries > 0; tries--) {
		TRY(group_write(group, "freezer.state", freeze ? "FROZEN" : "THAWED", "cgroup.freeze", freeze ? "1" : "0"), "freezing needs a freezer");
		if (groups_frozen(group) == freeze)
			return 0;
		usleep(2000);
	}
	return fail(f, ETIMEDOUT, "freezing");
}

json_t *groups_pids(const struct cgroup *group)
{
	json_t *pids = json_array();
	char path[600];
	int pid;

	for (int i = 0; i < group->count && json_array_size(pids) == 0; i++) {
		FCLOSED FILE *file = FITS(path, "%s/cgroup.procs", group->dir[i].path) ? fopen(path, "re") : NULL;
		while (file != NULL && fscanf(file, "%d", &pid) == 1)
			json_array_append_new(pids, json_integer(pid));
	}
	return pids;
}

void groups_kill(const struct cgroup *group, int signo)
{
	bool more = true;
	json_t *pid;
	size_t i;

	for (int tries = 500; tries > 0 && more; tries--) {
		json_t *pids = groups_pids(group);
		more = false;
		json_array_foreach(pids, i, pid)
			if (json_integer_value(pid) > 1 && kill((pid_t)json_integer_value(pid), signo) == 0)
				more = signo == SIGKILL;
		json_decref(pids);
		if (more)
			usleep(2000);
	}
}
