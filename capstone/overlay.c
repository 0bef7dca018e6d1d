/* overlay.c - the container's root: what it writes is not in ROOTFS (lab 06) */
#include <inttypes.h>
#include <linux/mount.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>

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

/* open_attached - what the caller may not clone yet, the child will */
static int open_attached(struct attached *attached, bool recursive, struct failure *f)
{
	if (attached->source == NULL || attached->tree >= 0)
		return 0;
	attached->tree = clone_tree(attached->source, recursive);
	if (attached->tree < 0 && errno == EPERM)
		return access(attached->source, F_OK) < 0 ? fail(f, errno, "%s", attached->source) : 0;
	TRY(attached->tree, "%s", attached->source);
	return 0;
}

/* open_upper - overlay wants upper and work in one mount: that of the directory
 * which they are both in */
static int open_upper(struct attached *upper, struct record *record, struct failure *f)
{
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

static int open_all(struct config *config, struct failure *f)
{
	if (config->network == NETWORK_HOST)
		config->sys.source = "/sys";
	PASS(open_attached(&config->sys, false, f));
	PASS(open_attached(&config->upper, false, f));
	for (int i = 0; i < config->lower_count; i++)
		PASS(open_attached(&config->lowers[i], false, f));
	for (int i = 0; i < config->attached_count; i++)
		PASS(open_attached(&config->attached[i], true, f));
	return 0;
}

int overlay_open(struct config *config, struct record *record, struct failure *f)
{
	if (config->upper.source != NULL)
		PASS(open_upper(&config->upper, record, f));
	return open_all(config, f);
}

static void shift(const struct attached *attached, int user, bool possible)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user };

	errno = EINVAL;
	if (attached->tree >= 0 && (!possible || syscall(SYS_mount_setattr, attached->tree, "",
				    AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0))
		warn_line("the ids of %s cannot be mapped on this kernel or filesystem (%s): "
			  "its files belong to nobody inside", attached->source, strerror(errno));
}

int overlay_shift(const struct config *config, pid_t child, struct failure *f)
{
	char path[48];

	if (!(config->security.namespaces & CLONE_NEWUSER) || geteuid() != 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)child);
	CLOSED int user = open(path, O_RDONLY | O_CLOEXEC);
	TRY(user, "%s", path);
	shift(&config->upper, user, overlay_shifts());
	for (int i = 0; i < config->lower_count; i++)
		shift(&config->lowers[i], user, overlay_shifts());
	for (int i = 0; i < config->attached_count; i++)
		shift(&config->attached[i], user, true);
	return 0;
}

static int stage_tree(const struct attached *attached, const char *name, struct failure *f)
{
	TRY(mkdir(name, 0755), STAGE "/%s", name);
	return mount_attach(attached->tree, open(name, O_PATH | O_DIRECTORY | O_CLOEXEC), attached->source, f);
}

/* stage - a tmpfs of the container's own, the layers mounted in it, and upper
 * and work.  LOWERDIR becomes their names, the top one first. */
static int stage(const struct config *config, char *lowerdir, size_t room, struct failure *f)
{
	static const char *const names[] = { "merged", "upper", "work" };
	char size[32], name[16];
	/* Half of the memory limit, to which its pages count: a full root is
	 * then ENOSPC, not the OOM killer. */
	const char *options[] = { "mode", "0755", "size", size, "nr_inodes", "131072", NULL };

	snprintf(size, sizeof(size), "%" PRIu64 "k", config->memory / 2048);
	PASS(mount_attach(mount_new("tmpfs", options, 0, f), open(STAGE, O_PATH | O_DIRECTORY | O_CLOEXEC), STAGE, f));
	TRY(chdir(STAGE), STAGE);
	for (size_t i = 0; i < COUNT(names); i++)
		TRY(mkdir(names[i], 0755), STAGE "/%s", names[i]);
	*lowerdir = '\0';
	for (int i = config->lower_count - 1; i >= 0; i--) {
		snprintf(name, sizeof(name), "%d", i);
		snprintf(lowerdir + strlen(lowerdir), room - strlen(lowerdir), "%s%s", name, i > 0 ? ":" : "");
		PASS(stage_tree(&config->lowers[i], name, f));
	}
	return config->upper.source != NULL ? stage_tree(&config->upper, "store", f) : 0;
}

/* open_overlay - mounted on "merged".  Returns a descriptor of its root. */
static int open_overlay(const struct config *config, const struct record *record, struct failure *f)
{
	char lowerdir[MAX_ATTACHED * 4], upper[300] = "upper", work[300] = "work";
	/* Relative names: of the caller's only that of --upper. */
	const char *options[] = { "lowerdir", lowerdir, "upperdir", upper, "workdir", work,
				  config->security.namespaces & CLONE_NEWUSER ? "userxattr" : NULL, "", NULL };
	/* A device node in ROOTFS is a file like any other; and where no exec
	 * gains privileges, set-UID bits need not be looked at either. */
	const unsigned attributes = MOUNT_ATTR_NODEV | (config->security.no_new_privs ? MOUNT_ATTR_NOSUID : 0);
	int root;

	PASS(stage(config, lowerdir, sizeof(lowerdir), f));
	if (config->upper.source != NULL) {
		snprintf(upper, sizeof(upper), "store/%s", config->upper.target);
		snprintf(work, sizeof(work), "store%s", strrchr(record->work, '/'));
	}
	PASS(mount_attach(mount_new("overlay", options, attributes, f),
			  open("merged", O_PATH | O_DIRECTORY | O_CLOEXEC), "the overlay", f));
	TRY(root = open("merged", O_PATH | O_DIRECTORY | O_CLOEXEC), "the overlay");
	return root;
}

int overlay_enter(struct config *config, const struct record *record, struct failure *f)
{
	struct mount_attr private = { .propagation = MS_PRIVATE };
	struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
	int root;

	/* Before the first mount: nothing of ours may propagate to the host. */
	TRY(syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &private, sizeof(private)),
	    "making the mounts private");
	/* What the parent could not open, its user can, who is root in here. */
	PASS(open_all(config, f));
	PASS(root = open_overlay(config, record, f));
	PASS(mounts_fill(config, &record->cgroup, root, f));
	if (config->masked)
		PASS(mounts_mask(root, f));
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
	TRY(umount2(".", MNT_DETACH), "detaching the old root");
	TRY(chdir("/"), "detaching the old root");
	close(root);
	return 0;
}
