/* volumes.c - what options add to the container's mounts: volumes, tmpfs, upper
 *
 * A target is the rootfs's word, and may lead through its symbolic links: they
 * are followed, but none leads out of the root (CVE-2021-30465).
 */
#include <ftw.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <sys/file.h>
#include <sys/vfs.h>

#include "command.h"

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


int upper_open(struct tree *upper, struct record *record, struct failure *f)
{
	/* Overlay wants upper and work in one mount: that of the directory which
	 * they are both in. */
	char *path = realpath(upper->source, NULL), *slash;
	struct stat here, above;
	int fd;

	if (path == NULL)
		return fail(f, errno, "--upper: %s", upper->source);
	/* For as long as skiff runs; two containers would ruin each other's. */
	TRY(fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "--upper: %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return fail(f, 0, "--upper: %s: in use by another container", path);
	slash = strrchr(path, '/');
	*slash = '\0';
	upper->source = slash == path ? strdup("/") : path;
	upper->target = slash + 1;
	if (fstat(fd, &here) < 0 || stat(upper->source, &above) < 0 || here.st_dev != above.st_dev)
		return fail(f, 0, "--upper: %s is a mount point: name a directory in it", upper->target);
	snprintf(record->work, sizeof(record->work), "%s/.%s.%s", upper->source, upper->target, record->id);
	TRY(mkdir(record->work, 0700), "--upper: %s", record->work);
	return 0;
}


int volumes_mount(const struct config *config, int root, struct failure *f)
{
	for (int i = 0; i < config->tree_count; i++)
		if (config->trees[i].kind >= VOLUME)
			PASS(mount_one(config, &config->trees[i], root, f));
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	remove(path);
	return 0;
}

void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void upper_close(struct record *record)
{
	char work[600];

	if (record->work[0] == '\0')
		return;
	snprintf(work, sizeof(work), "%s/work", record->work);
	chmod(work, 0700);      /* overlay's own, of mode 000 */
	remove_tree(record->work);
	record->work[0] = '\0';
}
