/* delegate.c - --delegate: a part of the cgroup tree that is the container's */
#include <dirent.h>
#include <linux/mount.h>

#include "command.h"

int delegate_give(const struct cgroup *group, pid_t child, struct failure *f)
{
	/* Not the limits: they stay out of reach (cgroups(7), "Delegation"). */
	static const char *const files[] = { "", "/cgroup.procs", "/tasks", "/cgroup.threads", "/cgroup.subtree_control" };
	char path[600], map[256];
	unsigned uid, gid;

	if (file_read(map, sizeof(map), "/proc/%d/uid_map", (int)child) < 0 || sscanf(map, "%*u %u", &uid) != 1 ||
	    file_read(map, sizeof(map), "/proc/%d/gid_map", (int)child) < 0 || sscanf(map, "%*u %u", &gid) != 1)
		return fail(f, errno, "--delegate: whose?");
	for (int i = 0; i < group->count; i++)
		for (size_t n = 0; n < COUNT(files); n++) {
			snprintf(path, sizeof(path), "%s%s", group->dir[i].path, files[n]);
			if (chown(path, uid, gid) < 0 && errno != ENOENT)
				return fail(f, errno, "--delegate: %s", path);
		}
	return 0;
}


int delegate_mount(const struct cgroup *group, int root, struct failure *f)
{
	/* The container's own directories where programs look for the hierarchies;
	 * its processes in a leaf, as v2 wants it. */
	static const char *const options[] = { "mode", "0755", "size", "64k", NULL };
	int target = open_inside(root, "sys/fs/cgroup", true), tree;
	bool single = group->count == 1 && strcmp(group->dir[0].name, "/cgroup") == 0;

	if (!single) {
		PASS(mount_attach(mount_new("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, f), target, "/sys/fs/cgroup", f));
		TRY(target = open_inside(root, "sys/fs/cgroup", true), "/sys/fs/cgroup");
	}
	for (int i = 0; i < group->count; i++) {
		const struct cgroup_dir *dir = &group->dir[i];
		char path[600];
		snprintf(path, sizeof(path), "%s/init", dir->path);
		if (dir->version == 2 && (mkdir(path, 0755) < 0 || file_write("0", "%s/cgroup.procs", path) < 0))
			return fail(f, errno, "--delegate: %s", path);
		PASS(tree = clone_mount(AT_FDCWD, dir->path, 0, f));
		PASS(mount_attach(tree, single ? target : directory_inside(target, dir->name + 1, f), dir->path, f));
	}
	return single ? 0 : close(target);
}

static int is_group(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* clear_here - of the working directory: no path is too long for it, and no
 * depth takes more descriptors than there are */
static void clear_here(void)
{
	struct dirent **below = NULL;
	int count;

	file_write("THAWED", "freezer.state");
	count = scandir(".", &below, is_group, NULL);
	for (int i = 0; i < count; i++) {
		if (chdir(below[i]->d_name) == 0) {
			clear_here();
			if (chdir("..") < 0)
				_exit(125);
			rmdir(below[i]->d_name);
		}
		free(below[i]);
	}
	free(below);
}

void delegate_clear(const char *path)
{
	CLOSED int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (back < 0 || chdir(path) < 0)
		return;
	clear_here();
	if (fchdir(back) < 0)
		_exit(125);
}

/*
 * With a v1 freezer a container can freeze itself, and what is frozen does not
 * die: not PID 1 when it is killed, nor those whose end PID 1, once dead, waits
 * for.  Dead, it has no memory any more, so VmSize is gone (proc(5)).
 */
void delegate_watch(const struct cgroup *group, pid_t pid)
{
	char status[4096], *pending;

	if (file_read(status, sizeof(status), "/proc/%d/status", (int)pid) < 0 ||
	    (pending = strstr(status, "SigPnd:")) == NULL)
		return;
	if (strstr(status, "VmSize:") == NULL || strtoull(pending + 7, NULL, 16) >> (SIGKILL - 1) & 1)
		for (int i = 0; i < group->count; i++)
			delegate_clear(group->dir[i].path);
}
