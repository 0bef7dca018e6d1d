/* delegate.c - --delegate: a part of the cgroup tree that is the container's */
#include <dirent.h>
#include <linux/mount.h>
#include <poll.h>
#include <sys/mount.h>
#include <time.h>

#include "command.h"

/* How many groups a container may make below its own.  On v1 nothing bounds that
 * but the memory that they take; there the time that their removal takes is bounded. */
static const struct { const char *file, *most; } bounds[] = {
	{ "cgroup.max.descendants", "1000" }, { "cgroup.max.depth", "32" },
};

int delegate_give(const struct cgroup *group, pid_t child, struct failure *f)
{
	/* Not the limits: they stay out of reach (cgroups(7), "Delegation"). */
	static const char *const files[] = { "", "/cgroup.procs", "/tasks", "/cgroup.threads", "/cgroup.subtree_control" };
	char path[PATH_MAX], uids[4096], gids[4096];
	unsigned uid, gid;

	TRY(file_read(uids, sizeof(uids), "/proc/%d/uid_map", (int)child) < 0 ? -1 :
	    file_read(gids, sizeof(gids), "/proc/%d/gid_map", (int)child), "--delegate: reading the container's id maps");
	if (sscanf(uids, "%*u %u", &uid) != 1 || sscanf(gids, "%*u %u", &gid) != 1)
		return fail(f, 0, "--delegate: the container's root has no id");
	for (int i = 0; i < group->count; i++) {
		for (size_t n = 0; n < COUNT(bounds) && group->dir[i].version == 2; n++)
			TRY(file_write(bounds[n].most, "%s/%s", group->dir[i].path, bounds[n].file),
			    "--delegate: %s", bounds[n].file);
		for (size_t n = 0; n < COUNT(files); n++) {
			TRY(text_format(path, sizeof(path), "%s%s", group->dir[i].path, files[n]), "--delegate");
			if (chown(path, uid, gid) < 0 && errno != ENOENT)
				return fail(f, errno, "--delegate: %s", path);
		}
	}
	return 0;
}

int delegate_show(const struct cgroup *group, int target, uint64_t attributes, struct failure *f)
{
	static const char *const options[] = { "mode", "0755", "size", "64k", NULL };
	struct mount_attr attr = { .attr_set = attributes, .propagation = MS_PRIVATE };
	bool single = group->count == 1 && strcmp(group->dir[0].name, "/cgroup") == 0;
	int view = single ? -1 : mount_new("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, f), tree;

	if (!single)    /* on something that is mounted nowhere nothing can be mounted */
		PASS(mount_attach(dup(view), target, "/sys/fs/cgroup", f));
	for (int i = 0; i < group->count; i++) {
		const char *path = group->dir[i].path;
		PASS(tree = clone_mount(AT_FDCWD, path, 0, f));
		TRY(syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)), "%s", path);
		PASS(mount_attach(tree, single ? target : directory_inside(view, group->dir[i].name + 1, f), path, f));
	}
	if (single)
		return 0;
	TRY(syscall(SYS_mount_setattr, view, "", AT_EMPTY_PATH, &attr, sizeof(attr)), "/sys/fs/cgroup");
	return close(view);
}

int delegate_mount(const struct cgroup *group, int root, struct failure *f)
{
	/* Its processes in a leaf, as v2 wants it. */
	for (int i = 0; i < group->count; i++) {
		char path[PATH_MAX];
		TRY(text_format(path, sizeof(path), "%s/init", group->dir[i].path), "--delegate");
		if (group->dir[i].version == 2 && (mkdir(path, 0755) < 0 || file_write("0", "%s/cgroup.procs", path) < 0))
			return fail(f, errno, "--delegate: %s", path);
	}
	return delegate_show(group, open_inside(root, "sys/fs/cgroup", true), 0, f);
}

static int is_group(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* One directory on the way down: the groups in it, and how far we are. */
struct level {
	struct level *up;
	struct dirent **groups;
	int count, next;
	bool cleared;           /* what is below groups[next] */
};

static struct level *level_open(struct level *up)
{
	struct level *level = malloc(sizeof(*level));
	struct dirent **groups = NULL;
	int count;

	if (level == NULL)
		return NULL;
	count = scandir(".", &groups, is_group, alphasort);
	*level = (struct level){ .up = up, .groups = groups, .count = count };
	return level;
}

static struct level *level_close(struct level *level)
{
	struct level *up = level->up;

	for (int i = 0; i < level->count; i++)
		free(level->groups[i]);
	if (level->count >= 0)
		free(level->groups);
	free(level);
	return up;
}

static bool time_is_left(const struct timespec *end)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec < end->tv_sec || (now.tv_sec == end->tv_sec && now.tv_nsec < end->tv_nsec);
}

/*
 * delegate_clear - from directory to directory, so that no path is too long, with a
 * list in memory, so that no depth takes more descriptors or more stack than there
 * are.  What can be removed is, before anybody looks into it; only where processes
 * are left is a group thawed, which costs the kernel a visit to all below it.
 */
void delegate_clear(const char *path, int seconds)
{
	CLOSED int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct level *level, *below;
	struct timespec end;

	if (back < 0 || chdir(path) < 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	file_write("THAWED", "freezer.state");
	level = level_open(NULL);
	while (level != NULL && time_is_left(&end)) {
		const char *name = level->next < level->count ? level->groups[level->next]->d_name : NULL;
		if (name == NULL) {
			level = level_close(level);
			if (level != NULL && chdir("..") < 0)
				break;
		} else if (rmdir(name) == 0 || errno == ENOENT) {
			level->cleared = false;
			level->next++;
		} else if (level->cleared || chdir(name) < 0) {
			file_write("THAWED", "%s/freezer.state", name);
			level->cleared = false;
			level->next++;
		} else {
			level->cleared = true;
			below = level_open(level);
			if (below == NULL)
				break;
			level = below;
		}
	}
	while (level != NULL)
		level = level_close(level);
	if (fchdir(back) < 0)
		warn_line("cgroup: back from %s: %s", path, strerror(errno));
}

/*
 * With a v1 freezer a container can freeze itself, and what is frozen does not
 * die: not PID 1 when it is killed (SIGKILL is pending, field 31), nor those whose end
 * PID 1, once dead, waits for.  Dead, it has no memory any more (field 23).
 */
static void watch(const struct cgroup *group, pid_t pid)
{
	unsigned long long size, pending;

	if (!process_stat(pid, 23, &size) || !process_stat(pid, 31, &pending))
		return;
	if (size == 0 || (pending >> (SIGKILL - 1) & 1))
		for (int i = 0; i < group->count; i++)
			delegate_clear(group->dir[i].path, 1);
}

int delegate_poll(struct pollfd *fds, unsigned long count, const struct cgroup *group, pid_t pid)
{
	int ready = poll(fds, count, group != NULL ? 200 : -1), err = errno;

	if (group != NULL)
		watch(group, pid);
	errno = err;
	return ready;
}

void delegate_end(struct pollfd *fds, unsigned long count, const struct cgroup *group, pid_t pid)
{
	for (int tries = 40; tries > 0 && poll(fds, count, 50) == 0; tries--)
		watch(group, pid);
}
