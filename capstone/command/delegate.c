/* delegate.c - --delegate: a part of the cgroup tree that is the container's */
#include <dirent.h>
#include <linux/mount.h>
#include <poll.h>
#include <sys/mount.h>

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
		char path[600];
		snprintf(path, sizeof(path), "%s/init", group->dir[i].path);
		if (group->dir[i].version == 2 && (mkdir(path, 0755) < 0 || file_write("0", "%s/cgroup.procs", path) < 0))
			return fail(f, errno, "--delegate: %s", path);
	}
	return delegate_show(group, open_inside(root, "sys/fs/cgroup", true), 0, f);
}

static int is_group(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* clear_here - of the working directory: no path is too long for it, and no
 * depth takes more descriptors than there are.  Returns false if it is another
 * directory now. */
static bool clear_here(void)
{
	struct dirent **below;
	bool here = true;
	int count;

	file_write("THAWED", "freezer.state");
	count = scandir(".", &below, is_group, alphasort);
	for (int i = 0; i < count; i++) {
		if (here && chdir(below[i]->d_name) == 0) {
			here = clear_here() && chdir("..") == 0;
			if (here)
				rmdir(below[i]->d_name);
		}
		free(below[i]);
	}
	if (count >= 0)
		free(below);
	return here;
}

void delegate_clear(const char *path)
{
	CLOSED int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (back < 0 || chdir(path) < 0)
		return;
	clear_here();
	if (fchdir(back) < 0)
		warn_line("cgroup: back from %s: %s", path, strerror(errno));
}

/*
 * With a v1 freezer a container can freeze itself, and what is frozen does not
 * die: not PID 1 when it is killed, nor those whose end PID 1, once dead, waits
 * for.  Dead, it has no memory any more, so VmSize is gone (proc(5)).
 */
static void watch(const struct cgroup *group, pid_t pid)
{
	char status[4096], *pending;

	if (file_read(status, sizeof(status), "/proc/%d/status", (int)pid) < 0 ||
	    (pending = strstr(status, "SigPnd:")) == NULL)
		return;
	if (strstr(status, "VmSize:") == NULL || strtoull(pending + 7, NULL, 16) >> (SIGKILL - 1) & 1)
		for (int i = 0; i < group->count; i++)
			delegate_clear(group->dir[i].path);
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
