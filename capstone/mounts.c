/* mounts.c - what is mounted in the container's root: /proc /sys /dev, volumes
 *
 * The rootfs is hostile: its /proc, /sys or /dev may be a symbolic link to
 * anywhere (CVE-2019-19921, CVE-2021-30465).  So a path in it is opened only
 * with openat2(2), from the root downwards, and the mount goes onto that
 * descriptor, never onto a name.  On the way to those three no link is followed
 * at all; on the way to a volume links are, but none leads out of the root.
 */
#include <linux/mount.h>
#include <linux/openat2.h>

#include "command/command.h"

enum { SAFE = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC };

int mount_new(const char *type, const char *const *options, unsigned attributes, struct failure *f)
{
	/* TODO 9: a new filesystem of TYPE with OPTIONS (a value "" makes a flag),
	 * mounted nowhere yet; see fsopen(2), fsconfig(2), fsmount(2), or the
	 * kernel's documentation, filesystems/mount_api */
	/* BEGIN SOLUTION */
	CLOSED int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	bool ok = fs >= 0;
	int mount = -1;

	for (; ok && options != NULL && options[0] != NULL; options += 2)
		ok = syscall(SYS_fsconfig, fs, *options[1] != '\0' ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
			     options[0], *options[1] != '\0' ? options[1] : NULL, 0) == 0;
	if (ok)         /* the name that /proc/mounts shows, where OPTIONS has none */
		syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "source", type, 0);
	if (ok && syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes);
	TRY(mount, "mounting a %s", type);
	return mount;
	/* END SOLUTION */
}

int mount_attach(int mount, int target, const char *what, struct failure *f)
{
	CLOSED int from = mount, to = target;

	if ((mount < 0 || target < 0) && f->status != 0)
		return -1;
	/* TODO 10: MOUNT onto TARGET, a descriptor and never a name; see
	 * MOVE_MOUNT_F_EMPTY_PATH and MOVE_MOUNT_T_EMPTY_PATH in move_mount(2) */
	/* BEGIN SOLUTION */
	TRY(target < 0 ? -1 : syscall(SYS_move_mount, from, "", to, "",
				      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH), "mounting %s", what);
	return 0;
	/* END SOLUTION */
}

int mount_change(int mount, unsigned set, const char *what, struct failure *f)
{
	struct mount_attr attr = { .attr_set = set };

	if (mount < 0)
		return -1;
	TRY(syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)),
	    "write-protecting %s", what);
	return mount;
}

/* open_inside - O_PATH descriptor of PATH below ROOT, links followed inside it
 * or, if STRICT, not at all */
int open_inside(int root, const char *path, bool strict)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | (strict ? RESOLVE_NO_SYMLINKS : RESOLVE_NO_MAGICLINKS),
	};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* directory_inside - of one component, no link followed, made if missing */
int directory_inside(int root, const char *name, struct failure *f)
{
	int fd = open_inside(root, name, true);

	if (fd < 0 && errno == ENOENT && mkdirat(root, name, 0755) == 0)
		fd = open_inside(root, name, true);
	if (fd < 0 && errno == ELOOP)
		return fail(f, 0, "rootfs: /%s is a symbolic link: refused", name);
	TRY(fd, "rootfs: /%s", name);
	return fd;
}

/* clone_mount - a detached bind mount of what is at PATH */
int clone_mount(int dir, const char *path, unsigned flags, struct failure *f)
{
	int fd = (int)syscall(SYS_open_tree, dir, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);

	TRY(fd, "bind mount of %s", path);
	return fd;
}

/* fill_dev - a small tmpfs: nodes of the host's that do no harm, and what
 * programs expect beside them.  Nodes cannot be made in a user namespace, so
 * they are bind mounts of the host's. */
static int fill_dev(int root, struct failure *f)
{
	static const char *const nodes[] = { "null", "zero", "full", "random", "urandom", "tty" };
	static const char *const links[][2] = {
		{ "/proc/self/fd", "fd" }, { "/proc/self/fd/0", "stdin" }, { "/proc/self/fd/1", "stdout" },
		{ "/proc/self/fd/2", "stderr" }, { "pts/ptmx", "ptmx" },
	};
	static const char *const size[] = { "mode", "0755", "size", "64k", NULL };
	/* The machine has 4096, 1024 of them for the host alone (kernel.pty.*): no container
	 * may hold them all. */
	static const char *const pts[] = { "ptmxmode", "0666", "mode", "0620", "max", "64", NULL };
	static const char *const shm[] = { "mode", "1777", "size", "64m", NULL };
	static const struct { const char *name, *type; const char *const *options; unsigned attributes; } below[] = {
		{ "pts", "devpts", pts, SAFE & ~MOUNT_ATTR_NODEV }, { "shm", "tmpfs", shm, SAFE },
		{ "mqueue", "mqueue", NULL, SAFE },
	};
	char path[16];

	/* TODO 12: a tmpfs on "dev"; in it the nodes, as bind mounts whose mode
	 * cannot be changed, each on a file that is new (O_EXCL), the links, and
	 * what is mounted below it; see openat(2), symlinkat(2) */
	/* BEGIN SOLUTION */
	PASS(mount_attach(mount_new("tmpfs", size, SAFE & ~MOUNT_ATTR_NODEV, f), directory_inside(root, "dev", f), "/dev", f));
	CLOSED int dev = open_inside(root, "dev", true);
	TRY(dev, "/dev");
	for (size_t i = 0; i < COUNT(nodes); i++) {
		TRY(text_format(path, sizeof(path), "/dev/%s", nodes[i]), "/dev/%s", nodes[i]);
		/* A device can be written on a read-only mount, its mode and owner
		 * cannot: they are the host's. */
		int node = mount_change(clone_mount(AT_FDCWD, path, 0, f), MOUNT_ATTR_RDONLY | (SAFE & ~MOUNT_ATTR_NODEV), path, f);
		PASS(mount_attach(node, openat(dev, nodes[i], O_CREAT | O_EXCL | O_CLOEXEC, 0666), path, f));
	}
	for (size_t i = 0; i < COUNT(links); i++)
		TRY(symlinkat(links[i][0], dev, links[i][1]), "/dev/%s", links[i][1]);
	for (size_t i = 0; i < COUNT(below); i++)
		PASS(mount_attach(mount_new(below[i].type, below[i].options, below[i].attributes, f),
				  directory_inside(dev, below[i].name, f), below[i].name, f));
	return 0;
	/* END SOLUTION */
}

int mounts_fill(const struct config *config, const struct cgroup *group, int root, struct failure *f)
{
	int sys;

	/* TODO 13: /dev, a fresh /proc, /sys read-only (config->sys, if there is
	 * one), the cgroup tree if it is delegated (delegate_mount), the volumes
	 * (volumes_mount); no link of the image followed on the way:
	 * directory_inside */
	/* BEGIN SOLUTION */
	PASS(fill_dev(root, f));
	PASS(mount_attach(mount_new("proc", NULL, SAFE, f), directory_inside(root, "proc", f), "/proc", f));
	/* A sysfs shows the network namespace it was mounted in, and so may be
	 * mounted only by that one's owner. */
	if (config->sys == NULL)
		sys = mount_new("sysfs", NULL, SAFE | MOUNT_ATTR_RDONLY, f);
	else
		sys = mount_change(config->sys->fd, SAFE | MOUNT_ATTR_RDONLY, "/sys", f);
	PASS(mount_attach(sys, directory_inside(root, "sys", f), "/sys", f));
	if (config->security.delegate)
		PASS(delegate_mount(group, root, f));
	return volumes_mount(config, root, f);
	/* END SOLUTION */
}

/* Docker's lists; what is not there on this kernel needs no hiding. */
const char *const mounts_masked[] = {
	"proc/acpi", "proc/asound", "proc/interrupts", "proc/kcore", "proc/keys", "proc/latency_stats",
	"proc/sched_debug", "proc/scsi", "proc/timer_list", "proc/timer_stats",
	"sys/devices/virtual/powercap", "sys/firmware", NULL,
};
const char *const mounts_protected[] = { "proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger", NULL };

int mounts_mask(const struct config *config, int root, struct failure *f)
{
	static const char *const empty[] = { "mode", "0755", "size", "4k", "nr_inodes", "1", NULL };
	CLOSED int nothing = -1;
	struct stat st;

	/* TODO 14: over each path of config->masked, if it is there, an empty
	 * read-only tmpfs (over a directory) or the host's /dev/null (over a file);
	 * over each of config->protected itself, read-only. Paths are opened with
	 * open_inside, no link followed */
	/* BEGIN SOLUTION */
	for (const char *const *path = config->masked; path != NULL && *path != NULL; path++) {
		int target = open_inside(root, *path, true);
		if (target < 0 && (errno == ENOENT || errno == EACCES))
			continue;
		TRY(target < 0 ? -1 : fstat(target, &st), "hiding /%s", *path);
		/* CVE-2025-31133: never by the name /dev/null of the container. */
		int mount = !S_ISDIR(st.st_mode) ? clone_mount(AT_FDCWD, "/dev/null", 0, f) :
			    nothing < 0 ? mount_new("tmpfs", empty, SAFE | MOUNT_ATTR_RDONLY, f) :
			    clone_mount(nothing, "", AT_EMPTY_PATH, f);
		if (S_ISDIR(st.st_mode) && nothing < 0)
			nothing = dup(mount);   /* the next are clones of it */
		PASS(mount_attach(mount, target, *path, f));
	}
	for (const char *const *path = config->protected; path != NULL && *path != NULL; path++) {
		int target = open_inside(root, *path, true);
		if (target < 0 && errno == ENOENT)
			continue;      /* on this kernel */
		int mount = mount_change(clone_mount(target, "", AT_EMPTY_PATH | AT_RECURSIVE, f), MOUNT_ATTR_RDONLY, *path, f);
		PASS(mount_attach(mount, target, *path, f));
	}
	return 0;
	/* END SOLUTION */
}
