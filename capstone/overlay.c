/* overlay.c - the container's root: what it writes is not in ROOTFS (lab 06) */
#include <inttypes.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/utsname.h>

#include "command/command.h"

enum { OPTION_SIZE = 256 };     /* of a string for fsconfig(2), with its end */

#define STAGE "/tmp"    /* any directory will do: the container never sees it */

/* overlay_shifts - does overlay take a layer with shifted ids?  Not before Linux
 * 5.19, and it says so only when it is mounted, too late to think again. */
static bool overlay_shifts(void)
{
	struct utsname kernel;
	int major, minor;

	return uname(&kernel) == 0 && sscanf(kernel.release, "%d.%d", &major, &minor) == 2 && 100 * major + minor >= 519;
}

/* clone_tree - a detached mount of PATH, nothing of which propagates.  A layer
 * without what is mounted below it, which is not the image; unless, for an
 * ordinary user, that is locked to it: all or nothing. */
static int clone_tree(const char *path, bool recursive)
{
	struct mount_attr private = { .propagation = MS_PRIVATE };
	const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	int fd = (int)syscall(SYS_open_tree, AT_FDCWD, path, flags | (recursive ? AT_RECURSIVE : 0));

	if (fd < 0 && errno == EINVAL && !recursive)
		fd = (int)syscall(SYS_open_tree, AT_FDCWD, path, flags | AT_RECURSIVE);
	if (fd >= 0 && syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &private, sizeof(private)) < 0) {
		close_fd(&fd);
		fd = -1;
	}
	return fd;
}

/* What the caller may not clone, the child will: this is called by both. */
int overlay_open(struct config *config, struct failure *f)
{
	for (struct tree *tree = config->trees; tree < config->trees + config->tree_count; tree++) {
		if (tree->kind == TMPFS || tree->fd >= 0)
			continue;
		tree->fd = clone_tree(tree->source, tree->kind == VOLUME);
		if (tree->fd < 0 && (errno != EPERM || access(tree->source, F_OK) < 0))
			return fail(f, errno, "%s", tree->source);
	}
	return 0;
}

int overlay_shift(const struct config *config, pid_t child, struct failure *f)
{
	struct mount_attr shift = { .attr_set = MOUNT_ATTR_IDMAP };
	char path[48];

	if (!(config->security.namespaces & CLONE_NEWUSER) || geteuid() != 0)
		return 0;
	/* TODO 5: the user namespace of CHILD, in /proc, and each tree that is open
	 * and to be shifted, with all below it; what this kernel or filesystem
	 * refuses is a warning (warn_line), no failure; see MOUNT_ATTR_IDMAP in
	 * mount_setattr(2) */
	/* BEGIN SOLUTION */
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)child);
	CLOSED int user = open(path, O_RDONLY | O_CLOEXEC);
	TRY(user, "%s", path);
	shift.userns_fd = (uint64_t)user;
	for (const struct tree *tree = config->trees; tree < config->trees + config->tree_count; tree++) {
		if (tree->fd < 0 || tree->kind == SYSFS || !tree->shifted)
			continue;
		errno = EINVAL;
		if ((tree->kind != VOLUME && !overlay_shifts()) ||
		    syscall(SYS_mount_setattr, tree->fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &shift, sizeof(shift)) < 0)
			warn_line("the ids of %s cannot be mapped on this kernel or filesystem (%s): "
				  "its files belong to nobody inside", tree->source, strerror(errno));
	}
	return 0;
	/* END SOLUTION */
}

static int stage_tree(const struct tree *tree, const char *name, struct failure *f)
{
	TRY(mkdir(name, 0755), STAGE "/%s", name);
	return mount_attach(tree->fd, open(name, O_PATH | O_DIRECTORY | O_CLOEXEC), tree->source, f);
}

/* stage - a tmpfs of the container's own, the layers mounted in it, and upper
 * and work.  LOWERDIR, of OPTION_SIZE bytes, becomes their names, the top one first. */
static int stage(const struct config *config, char *lowerdir, struct failure *f)
{
	static const char *const names[] = { "merged", "upper", "work" };
	char size[32], name[16];
	size_t used;
	/* Half of the memory limit, to which its pages count: a full root is
	 * then ENOSPC, not the OOM killer. */
	const char *options[] = { "mode", "0755", "size", size, "nr_inodes", "131072", NULL };

	snprintf(size, sizeof(size), "%" PRIu64 "k", config->memory / 2048);
	PASS(mount_attach(mount_new("tmpfs", options, 0, f), open(STAGE, O_PATH | O_DIRECTORY | O_CLOEXEC), STAGE, f));
	TRY(chdir(STAGE), STAGE);
	for (size_t i = 0; i < COUNT(names); i++)
		TRY(mkdir(names[i], 0755), STAGE "/%s", names[i]);
	for (int i = config->tree_count - 1; i >= 0; i--) {
		if (config->trees[i].kind != LOWER)
			continue;
		snprintf(name, sizeof(name), "%d", i);
		used = strlen(lowerdir);
		if (text_format(lowerdir + used, OPTION_SIZE - used, "%s%s", name, i > 0 ? ":" : "") < 0)
			return fail(f, 0, "--layer: %d layers and volumes are too many: their numbers take over %d bytes",
				    config->tree_count, OPTION_SIZE - 1);
		PASS(stage_tree(&config->trees[i], name, f));
	}
	return config->upper != NULL ? stage_tree(config->upper, "store", f) : 0;
}

/* open_overlay - mounted on "merged".  Returns a descriptor of its root. */
static int open_overlay(const struct config *config, const struct leftovers *left, struct failure *f)
{
	char lowerdir[OPTION_SIZE] = "", upper[OPTION_SIZE] = "upper", work[OPTION_SIZE] = "work";
	/* Relative names: of the caller's only that of --upper. */
	const char *options[] = { "lowerdir", lowerdir, "upperdir", upper, "workdir", work,
				  config->security.namespaces & CLONE_NEWUSER ? "userxattr" : NULL, "", NULL };
	/* A device node in ROOTFS is a file like any other; and where no exec
	 * gains privileges, set-UID bits need not be looked at either. */
	const unsigned attributes = MOUNT_ATTR_NODEV | (config->security.no_new_privs ? MOUNT_ATTR_NOSUID : 0);
	int root;

	/* TODO 11: the stage; with --upper its own upper and work, in "store"; then
	 * a new overlay with OPTIONS and ATTRIBUTES on "merged" (mount_new,
	 * mount_attach), and a descriptor of its root; see mount(8), "overlay" */
	/* BEGIN SOLUTION */
	PASS(stage(config, lowerdir, f));
	if (config->upper != NULL)
		TRY(text_format(upper, sizeof(upper), "store/%s", config->upper->target) < 0 ? -1 :
		    text_format(work, sizeof(work), "store/%s", left->work), "--upper: %s", config->upper->target);
	PASS(mount_attach(mount_new("overlay", options, attributes, f),
			  open("merged", O_PATH | O_DIRECTORY | O_CLOEXEC), "the overlay", f));
	TRY(root = open("merged", O_PATH | O_DIRECTORY | O_CLOEXEC), "the overlay");
	return root;
	/* END SOLUTION */
}

int overlay_enter(struct config *config, const struct leftovers *left, struct failure *f)
{
	struct mount_attr private = { .propagation = MS_PRIVATE };
	struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
	CLOSED int root = -1;

	/* TODO 15: no mount of ours may propagate to the host: before the first
	 * one, see mount_setattr(2). Then, in this order: what the parent could not
	 * open, the overlay, what is mounted in it, what is hidden in it;
	 * read-only, if asked for; and into it, the old root gone: see
	 * pivot_root(2), NOTES */
	/* BEGIN SOLUTION */
	/* Before the first mount: nothing of ours may propagate to the host. */
	TRY(syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &private, sizeof(private)),
	    "making the mounts private");
	/* What the parent could not open, its user can, who is root in here. */
	PASS(overlay_open(config, f));
	PASS(root = open_overlay(config, left, f));
	PASS(mounts_fill(config, &left->cgroup, root, f));
	PASS(mounts_mask(config, root, f));
	/* Last, so that missing mount points could still be made. */
	if (config->read_only)
		TRY(syscall(SYS_mount_setattr, root, "", AT_EMPTY_PATH, &read_only, sizeof(read_only)),
		    "making the root read-only");
	TRY(fchdir(root), "the overlay");
	/*
	 * pivot_root(".", "."): the old root ends up on top of the new one, and
	 * is taken off whole, so no directory for it is needed in ROOTFS.
	 */
	TRY(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	TRY(umount2(".", MNT_DETACH) < 0 ? -1 : chdir("/"), "detaching the old root");
	return 0;
	/* END SOLUTION */
}
