/* overlay.c - the container's root: what it writes is not in ROOTFS (lab 06) */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "skiff.h"

#define STAGE "/tmp"    /* any directory will do: the container never sees it */

/* overlay_shifts - does overlay take a layer with shifted ids?  Not before Linux
 * 5.19, and it says so only when it is mounted, too late to think again. */
static bool overlay_shifts(void)
{
	struct utsname kernel;
	int major, minor;

	return uname(&kernel) == 0 && sscanf(kernel.release, "%d.%d", &major, &minor) == 2 &&
	       (major > 5 || (major == 5 && minor >= 19));
}

int overlay_lower(const struct config *config, pid_t child, struct failure *f)
{
	struct mount_attr shift = { .attr_set = MOUNT_ATTR_IDMAP };
	char path[48];
	int tree, user;

	f->status = 0;
	if (geteuid() != 0)
		return -1;
	/* Without AT_RECURSIVE: what the host mounts below is not the image. */
	tree = (int)syscall(SYS_open_tree, AT_FDCWD, config->rootfs,
			    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0 && errno == EPERM)
		return -1;
	if (tree < 0)
		return fail(f, errno, "%s", config->rootfs);
	if (!config->userns)
		return tree;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)child);
	user = open(path, O_RDONLY | O_CLOEXEC);
	if (user < 0) {
		fail(f, errno, "%s", path);
		close(tree);
		return -1;
	}
	shift.userns_fd = (uint64_t)user;
	errno = EINVAL;
	if (!overlay_shifts() ||
	    syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &shift, sizeof(shift)) < 0)
		warn_line("the ids of %s cannot be mapped on this kernel or filesystem (%s): "
			  "its files belong to nobody inside", config->rootfs, strerror(errno));
	close(user);
	return tree;
}

/* open_rootfs - where the parent could not hand over the mount: the child's own
 * user may open ROOTFS, and is root of this mount namespace */
static int open_rootfs(const struct config *config, struct failure *f)
{
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, config->rootfs,
				OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0 && errno == EINVAL)
		/* A mount below it is locked to it: take all or nothing. */
		tree = (int)syscall(SYS_open_tree, AT_FDCWD, config->rootfs,
				    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	return tree < 0 ? fail(f, errno, "%s", config->rootfs) : tree;
}

/* stage - a tmpfs of the container's own with lower (mounted), upper, work */
static int stage(const struct config *config, int lower, struct failure *f)
{
	static const char *const names[] = { "lower", "upper", "work", "merged" };
	char size[32];
	/* Half of the memory limit, to which its pages count: a full root is
	 * then ENOSPC, not the OOM killer. */
	const char *options[] = { "mode", "0755", "size", size, "nr_inodes", "131072", NULL };
	int target;

	snprintf(size, sizeof(size), "%" PRIu64 "k", config->memory / 2048);
	target = open(STAGE, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (target < 0)
		return fail(f, errno, STAGE);
	if (mount_attach(mount_new("tmpfs", options, 0, f), target, STAGE, f) < 0)
		return -1;
	if (chdir(STAGE) < 0)
		return fail(f, errno, STAGE);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (mkdir(names[i], 0755) < 0)
			return fail(f, errno, STAGE "/%s", names[i]);
	target = open("lower", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return mount_attach(lower, target, config->rootfs, f);
}

static int open_overlay(const struct config *config, struct failure *f)
{
	/* Relative names: nothing of the caller's needs escaping. */
	const char *options[] = { "lowerdir", "lower", "upperdir", "upper", "workdir", "work",
				  config->userns ? "userxattr" : NULL, "", NULL };
	/* A device node in ROOTFS is a file like any other; and where no exec
	 * gains privileges, set-UID bits need not be looked at either. */
	unsigned attributes = MOUNT_ATTR_NODEV | (config->no_new_privs ? MOUNT_ATTR_NOSUID : 0);
	int target = open("merged", O_PATH | O_DIRECTORY | O_CLOEXEC), root;

	if (mount_attach(mount_new("overlay", options, attributes, f), target, "the overlay", f) < 0)
		return -1;
	root = open("merged", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? fail(f, errno, "the overlay") : root;
}

int overlay_enter(const struct config *config, int lower, struct failure *f)
{
	struct mount_attr private = { .propagation = MS_PRIVATE };
	struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
	int root;

	/* Before the first mount: nothing of ours may propagate to the host. */
	if (syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &private, sizeof(private)) < 0)
		return fail(f, errno, "making the mounts private");
	if (lower < 0)
		lower = open_rootfs(config, f);
	if (lower < 0 || stage(config, lower, f) < 0)
		return -1;
	root = open_overlay(config, f);
	if (root < 0 || mounts_fill(config, root, f) < 0)
		return -1;
	if (config->masked && mounts_mask(root, f) < 0)
		return -1;
	/* Last, so that missing mount points could still be made. */
	if (config->read_only && syscall(SYS_mount_setattr, root, "", AT_EMPTY_PATH, &read_only,
					 sizeof(read_only)) < 0)
		return fail(f, errno, "making the root read-only");
	if (fchdir(root) < 0)
		return fail(f, errno, "the overlay");
	/*
	 * pivot_root(".", "."): the old root ends up on top of the new one, and
	 * is taken off whole, so no directory for it is needed in ROOTFS.
	 */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return fail(f, errno, "pivot_root");
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return fail(f, errno, "detaching the old root");
	close(root);
	return 0;
}
