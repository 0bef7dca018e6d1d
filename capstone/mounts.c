/* mounts.c - /proc, /sys and /dev of the container (lab 06)
 *
 * The rootfs is hostile: its /proc, /sys or /dev may be a symbolic link to
 * anywhere (CVE-2019-19921, CVE-2021-30465).  So a path in it is opened only
 * with openat2(2), from the root downwards, following no link at all, and the
 * mount goes onto that descriptor, never onto a name.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "skiff.h"

int mount_new(const char *type, const char *const *options, unsigned attributes,
	      struct failure *f)
{
	int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC), mount = -1;
	bool ok = fs >= 0 &&    /* the name that /proc/mounts shows */
		  syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "source", type, 0) == 0;

	for (; ok && options != NULL && options[0] != NULL; options += 2)
		ok = syscall(SYS_fsconfig, fs, *options[1] != '\0' ? FSCONFIG_SET_STRING :
			     FSCONFIG_SET_FLAG, options[0], *options[1] != '\0' ? options[1] :
			     NULL, 0) == 0;
	ok = ok && syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0;
	if (ok)
		mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes);
	if (mount < 0)
		fail(f, errno, "mounting a %s", type);
	if (fs >= 0)
		close(fs);
	return mount;
}

int mount_attach(int mount, int target, const char *what, struct failure *f)
{
	int result = 0;

	if (mount < 0 || target < 0)
		result = f->status != 0 ? -1 : fail(f, errno, "mounting %s", what);
	else if (syscall(SYS_move_mount, mount, "", target, "",
			 MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		result = fail(f, errno, "mounting %s", what);
	if (mount >= 0)
		close(mount);
	if (target >= 0)
		close(target);
	return result;
}

/* open_inside - O_PATH descriptor of PATH below ROOT, no link followed */
static int open_inside(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(O_PATH | O_CLOEXEC | flags),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS,
	};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* directory_inside - the same for a directory, made if missing.  PATH is one
 * component: mkdirat(2) would follow a link in any but the last. */
static int directory_inside(int root, const char *path, struct failure *f)
{
	int fd = open_inside(root, path, O_DIRECTORY);

	if (fd < 0 && errno == ENOENT && mkdirat(root, path, 0755) == 0)
		fd = open_inside(root, path, O_DIRECTORY);
	if (fd < 0 && errno == ELOOP)
		return fail(f, 0, "rootfs: /%s is a symbolic link: refused", path);
	return fd < 0 ? fail(f, errno, "rootfs: /%s", path) : fd;
}

/* clone_mount - a detached bind mount of what is at PATH */
static int clone_mount(int dir, const char *path, unsigned flags, struct failure *f)
{
	int fd = (int)syscall(SYS_open_tree, dir, path,
			      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);

	return fd < 0 ? fail(f, errno, "bind mount of %s", path) : fd;
}

/* fill_dev - a small tmpfs: nodes of the host's that do no harm, and what
 * programs expect beside them.  Nodes cannot be made in a user namespace, so
 * they are bind mounts of the host's. */
static int fill_dev(int root, struct failure *f)
{
	static const char *const nodes[] = { "null", "zero", "full", "random", "urandom", "tty" };
	static const char *const links[][2] = {
		{ "/proc/self/fd", "fd" }, { "/proc/self/fd/0", "stdin" },
		{ "/proc/self/fd/1", "stdout" }, { "/proc/self/fd/2", "stderr" },
		{ "pts/ptmx", "ptmx" },
	};
	static const char *const size[] = { "mode", "0755", "size", "64k", NULL };
	static const char *const pts[] = { "ptmxmode", "0666", "mode", "0620", NULL };
	static const char *const shm[] = { "mode", "1777", "size", "64m", NULL };
	static const struct { const char *name, *type; const char *const *options; } below[] = {
		{ "pts", "devpts", pts }, { "shm", "tmpfs", shm }, { "mqueue", "mqueue", NULL },
	};
	const unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	int target = directory_inside(root, "dev", f), dev, fd;

	if (mount_attach(mount_new("tmpfs", size, attributes, f), target, "/dev", f) < 0)
		return -1;
	dev = open_inside(root, "dev", O_DIRECTORY);
	if (dev < 0)
		return fail(f, errno, "/dev");
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		char path[16] = "/dev/";
		strcat(path, nodes[i]);
		fd = openat(dev, nodes[i], O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 || mount_attach(clone_mount(AT_FDCWD, path, 0, f), fd, path, f) < 0)
			return fd < 0 ? fail(f, errno, "%s", path) : -1;
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlinkat(links[i][0], dev, links[i][1]) < 0)
			return fail(f, errno, "/dev/%s", links[i][1]);
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++)
		if (mount_attach(mount_new(below[i].type, below[i].options,
					   attributes | (i == 0 ? 0 : MOUNT_ATTR_NODEV), f),
				 directory_inside(dev, below[i].name, f), below[i].name, f) < 0)
			return -1;
	close(dev);
	return 0;
}

int mounts_fill(const struct config *config, int root, struct failure *f)
{
	const unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	int sys;

	if (fill_dev(root, f) < 0 ||
	    mount_attach(mount_new("proc", NULL, attributes, f),
			 directory_inside(root, "proc", f), "/proc", f) < 0)
		return -1;
	/* A sysfs shows the network namespace it was mounted in, and so may be
	 * mounted only by that one's owner. */
	if (config->host_network) {
		struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
		sys = clone_mount(AT_FDCWD, "/sys", AT_RECURSIVE, f);
		if (sys >= 0 && syscall(SYS_mount_setattr, sys, "", AT_EMPTY_PATH | AT_RECURSIVE,
					&read_only, sizeof(read_only)) < 0)
			return fail(f, errno, "making /sys read-only");
	} else {
		sys = mount_new("sysfs", NULL, attributes | MOUNT_ATTR_RDONLY, f);
	}
	return mount_attach(sys, directory_inside(root, "sys", f), "/sys", f);
}

/* Docker's lists; what is not there on this kernel needs no hiding. */
static const char *const masked[] = {
	"proc/acpi", "proc/asound", "proc/interrupts", "proc/kcore", "proc/keys",
	"proc/latency_stats", "proc/sched_debug", "proc/scsi", "proc/timer_list",
	"proc/timer_stats", "sys/devices/virtual/powercap", "sys/firmware",
};
static const char *const read_only_paths[] = {
	"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger",
};

int mounts_mask(int root, struct failure *f)
{
	static const char *const empty[] = { "mode", "0755", "size", "4k", "nr_inodes", "1", NULL };
	const struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
	const unsigned attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID |
				    MOUNT_ATTR_NOEXEC;

	for (size_t i = 0; i < sizeof(masked) / sizeof(masked[0]); i++) {
		struct stat st;
		int target = open_inside(root, masked[i], 0);
		if (target < 0 && (errno == ENOENT || errno == EACCES))
			continue;
		if (target < 0 || fstat(target, &st) < 0)
			return fail(f, errno, "hiding /%s", masked[i]);
		/* CVE-2025-31133: never by the name /dev/null of the container. */
		if (mount_attach(S_ISDIR(st.st_mode) ? mount_new("tmpfs", empty, attributes, f) :
				 clone_mount(root, "dev/null", AT_SYMLINK_NOFOLLOW, f),
				 target, masked[i], f) < 0)
			return -1;
	}
	for (size_t i = 0; i < sizeof(read_only_paths) / sizeof(read_only_paths[0]); i++) {
		int target = open_inside(root, read_only_paths[i], 0);
		if (target < 0 && errno == ENOENT)
			continue;
		int mount = clone_mount(root, read_only_paths[i], AT_RECURSIVE, f);
		if (mount >= 0 && syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | AT_RECURSIVE,
					  &read_only, sizeof(read_only)) < 0)
			return fail(f, errno, "write-protecting /%s", read_only_paths[i]);
		if (mount_attach(mount, target, read_only_paths[i], f) < 0)
			return -1;
	}
	return 0;
}
