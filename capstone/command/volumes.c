/* volumes.c - what options add to the container's mounts: volumes, tmpfs, upper
 *
 * A target is the rootfs's word, and may lead through its symbolic links: they
 * are followed, but none leads out of the root (CVE-2021-30465).
 */
#include <dirent.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <sys/file.h>
#include <sys/vfs.h>

#include "command.h"

/* A string for fsconfig(2) has 255 bytes at most, "store/" and the name among them. */
#define WORK_MAX ((size_t)249)

/* target_inside - of any PATH, made if missing: the last component a file or a
 * DIRECTORY, those before it directories */
int target_inside(int root, const char *path, bool directory, struct failure *f)
{
	char part[4096];
	size_t end = 0;
	int fd = -1;

	while (end < sizeof(part) && path[end] != '\0') {
		size_t start = end + strspn(path + end, "/");
		end = start + strcspn(path + start, "/");
		close_fd(&fd);
		memcpy(part, path, end);
		part[end] = '\0';
		fd = open_inside(root, part, false);
		if (fd >= 0 || errno != ENOENT)
			continue;
		part[start] = '\0';
		CLOSED int parent = open_inside(root, start > 0 ? part : "/", false);
		const char *name = memcpy(part, path + start, end - start);
		part[end - start] = '\0';
		if (directory || path[end] != '\0')
			mkdirat(parent, name, 0755);
		else
			close(openat(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644));
		memcpy(part, path, end);
		part[end] = '\0';
		fd = open_inside(root, part, false);
	}
	TRY(fd, "%s in the container", path);
	return fd;
}

/* volume_target - the same, but a process's own files are no place to mount on
 * (CVE-2019-16884) */
static int volume_target(int root, const char *path, bool directory, struct failure *f)
{
	int fd = target_inside(root, path, directory, f);
	struct statfs fs;

	if (fd >= 0 && (fstatfs(fd, &fs) < 0 || fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC)) {
		close(fd);
		return fail(f, 0, "%s: nothing is mounted in /proc or /sys", path);
	}
	return fd;
}


/* mount_one - a volume, or a tmpfs; from neither comes a device, nor privilege
 * unless that was asked for */
static int mount_one(const struct config *config, const struct tree *tree, int root, struct failure *f)
{
	unsigned attributes = MOUNT_ATTR_NODEV | (tree->suid ? 0 : MOUNT_ATTR_NOSUID) |
			      (tree->read_only ? MOUNT_ATTR_RDONLY : 0);
	char half[32];
	const char *options[] = { "mode", tree->mode, "size", tree->size != NULL ? tree->size : half, NULL };
	struct stat st = { .st_mode = S_IFDIR };
	int mount = tree->fd;

	snprintf(half, sizeof(half), "%" PRIu64 "k", config->memory / 2048);
	if (tree->kind == TMPFS) {
		mount = mount_new("tmpfs", options, attributes | (tree->exec ? 0 : MOUNT_ATTR_NOEXEC), f);
	} else {
		PASS(mount_change(mount, attributes, tree->source, f));
		TRY(fstat(mount, &st), "%s", tree->source);
	}
	return mount_attach(mount, volume_target(root, tree->target, S_ISDIR(st.st_mode), f), tree->target, f);
}


int upper_open(struct tree *upper, struct container *c, struct failure *f)
{
	/* Overlay wants upper and work in one mount: that of the directory which
	 * they are both in. */
	char *path = realpath(upper->source, NULL), *slash, work[NAME_MAX + 1];
	struct stat here, there;
	int store;

	if (path == NULL)
		return fail(f, errno, "--upper: %s", upper->source);
	/* For as long as skiff runs; two containers would ruin each other's. */
	TRY(c->upper = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "--upper: %s", path);
	if (flock(c->upper, LOCK_EX | LOCK_NB) < 0)
		return fail(f, 0, "--upper: %s: in use by another container", path);
	slash = strrchr(path, '/');
	*slash = '\0';
	upper->source = slash == path ? strdup("/") : path;
	upper->target = slash + 1;
	TRY(store = open(upper->source, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "--upper: %s", upper->source);
	if (fstat(c->upper, &here) < 0 || fstatat(store, upper->target, &there, AT_SYMLINK_NOFOLLOW) < 0 ||
	    here.st_dev != there.st_dev || here.st_ino != there.st_ino || fstat(store, &there) < 0 || here.st_dev != there.st_dev)
		return fail(f, 0, "--upper: %s is a mount point: name a directory in it", upper->target);
	if (text_format(work, sizeof(work), ".%s.%s", upper->target, c->record->id) < 0 || strlen(work) > WORK_MAX)
		return fail(f, 0, "--upper: %s: a name of %zu bytes, at most %zu", upper->target, strlen(upper->target),
			    WORK_MAX - strlen(c->record->id) - 2);
	/* Only what this mkdir(2) makes is ours to remove. */
	PASS(keeper_note(c, NOTE_WORK, work, strlen(work) + 1, store, f));
	if (mkdirat(store, work, 0700) < 0) {
		fail(f, errno, "--upper: %s/%s", upper->source, work);
		keeper_note(c, NOTE_NOT_MADE, NULL, 0, -1, &(struct failure){ .status = 0 });
		return -1;
	}
	return keeper_note(c, NOTE_MADE, NULL, 0, -1, f);
}

int volumes_mount(const struct config *config, int root, struct failure *f)
{
	for (int i = 0; i < config->tree_count; i++)
		if (config->trees[i].kind >= VOLUME)
			PASS(mount_one(config, &config->trees[i], root, f));
	return 0;
}

/* remove_in - all that is in the directory behind FD, which is closed; DEPTH more
 * directories deep at most */
static void remove_in(int fd, int depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL) {
		close(fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		const char *name = entry->d_name;
		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || unlinkat(fd, name, 0) == 0)
			continue;
		int below = depth > 0 ? openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
		if (below < 0 && errno == EACCES && fchmodat(fd, name, 0700, 0) == 0)   /* overlay's own, of mode 000 */
			below = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0)
			remove_in(below, depth - 1);
		unlinkat(fd, name, AT_REMOVEDIR);
	}
	closedir(dir);
}

void remove_tree(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		remove_in(fd, 64);
	unlinkat(dir, name, AT_REMOVEDIR);
}

void upper_close(struct leftovers *left)
{
	if (left->work[0] == '\0')
		return;
	/* What may be somebody else's after all is removed only if it is empty. */
	if (left->work_unsure)
		unlinkat(left->store, left->work, AT_REMOVEDIR);
	else
		remove_tree(left->store, left->work);
	left->work[0] = '\0';
}
