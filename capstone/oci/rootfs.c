/* rootfs.c - the container's root: a bundle's mounts and devices
 *
 * As in mounts.c, the rootfs is hostile: what is mounted goes onto a descriptor that
 * was opened from the root downwards, never onto a name.
 */
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include "oci.h"

static int set_attributes(int mount, struct mount_attr attr, bool recursive, const char *what, struct failure *f)
{
	if (attr.attr_set == 0 && attr.attr_clr == 0 && attr.propagation == 0)
		return 0;
	TRY(syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr, sizeof(attr)), "mounts: %s: its attributes", what);
	return 0;
}

/* clone_tree - what may not be cloned in the parent the child will try */
static int clone_tree(const char *path, bool recursive, int *fd, struct failure *f)
{
	if (*fd >= 0)
		return 0;
	*fd = (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0));
	if (*fd < 0 && errno == EINVAL && !recursive)   /* locked to what is mounted below it */
		*fd = (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (*fd < 0 && (errno != EPERM || access(path, F_OK) < 0))
		return fail(f, errno, "mounts: %s", path);
	return 0;
}

int rootfs_open(struct bundle *b, struct failure *f)
{
	PASS(clone_tree(b->rootfs, true, &b->root, f));
	for (struct mounting *m = b->mounts; m < b->mounts + b->mount_count; m++)
		if (m->bind)
			PASS(clone_tree(m->source, m->recursive, &m->fd, f));
	return 0;
}

int rootfs_shift(const struct bundle *b, pid_t child, struct failure *f)
{
	for (const struct mounting *m = b->mounts; m < b->mounts + b->mount_count; m++) {
		struct mount_attr shift = { .attr_set = MOUNT_ATTR_IDMAP };
		struct config own = { .security = { .namespaces = CLONE_NEWUSER } };
		pid_t holder = child;
		char path[48];
		int pidfd = -1;

		if (!m->shifted)
			continue;
		if (m->uid_map != NULL) {       /* ids of its own: a namespace that somebody must be in */
			PASS(holder = namespaces_clone(&own, -1, &pidfd, f));
			if (holder == 0)
				for (;;)
					pause();
			if (maps_write(m->uid_map, m->gid_map, holder, f) < 0)
				f->status = -1;
		}
		snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)holder);
		CLOSED int user = open(path, O_RDONLY | O_CLOEXEC);
		if (m->uid_map != NULL) {
			syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
			waitpid(holder, NULL, 0);
			close(pidfd);
			if (f->status < 0)
				return f->status = 125, -1;
		}
		shift.userns_fd = (uint64_t)user;
		TRY(user < 0 ? -1 : syscall(SYS_mount_setattr, m->fd, "", AT_EMPTY_PATH | (m->shifted_recursive ? AT_RECURSIVE : 0), &shift, sizeof(shift)),
		    "mounts: %s: mapping its ids", m->target);
	}
	return 0;
}

/* copy_up - what the image has there, into the tmpfs that will cover it.  Both are
 * named by descriptors: cp(1) is still the host's, its names too. */
static int copy_up(int from, int to, const char *what, struct failure *f)
{
	char source[40], target[40];

	snprintf(source, sizeof(source), "/proc/self/fd/%d/.", from);
	snprintf(target, sizeof(target), "/proc/self/fd/%d/", to);
	fcntl(from, F_SETFD, 0);
	fcntl(to, F_SETFD, 0);
	if (program_run((const char *[]){ "cp", "-a", source, target, NULL }, -1) != 0)
		return fail(f, 0, "mounts: %s: tmpcopyup: cp failed", what);
	fcntl(from, F_SETFD, FD_CLOEXEC);
	fcntl(to, F_SETFD, FD_CLOEXEC);
	return 0;
}

/* allowed - may that be mounted there?  What a process says of itself in /proc, and
 * what others are told there, is not to be forged (CVE-2019-16884, CVE-2019-19921);
 * lxcfs brings a few files of numbers. */
static int allowed(const struct mounting *m, int root, int target, struct failure *f)
{
	static const char files[] = "cpuinfo diskstats meminfo stat swaps uptime loadavg slabinfo net/dev";
	const char *name = m->target + strspn(m->target, "/");
	bool process = strcmp(m->type, "proc") == 0, whole = strncmp(name, "proc", 4) == 0 && strspn(name + 4, "/") == strlen(name + 4);
	struct statfs fs, source = { .f_type = process ? PROC_SUPER_MAGIC : 0 };
	int strict;

	TRY(fstatfs(target, &fs), "mounts: %s", m->target);
	if (m->bind)
		TRY(fstatfs(m->fd, &source), "mounts: %s", m->source);
	if (fs.f_type == PROC_SUPER_MAGIC && !whole && !(strncmp(name, "proc/", 5) == 0 && has_word(files, name + 5)))
		return fail(f, 0, "mounts: %s: nothing is mounted in /proc", m->target);
	if (whole && source.f_type != PROC_SUPER_MAGIC)
		return fail(f, 0, "mounts: %s: only a proc is mounted there", m->target);
	if (!process && strcmp(m->type, "sysfs") != 0)
		return 0;
	strict = open_inside(root, m->target, true);
	if (strict < 0)
		return fail(f, 0, "mounts: %s: leads through a symbolic link: refused", m->target);
	return close(strict);
}

static int mount_one(struct mounting *m, const struct cgroup *group, int root, struct failure *f)
{
	const struct mount_attr all = { .attr_set = m->recursive_set, .attr_clr = m->recursive_clear,
					.propagation = m->propagation_recursive || m->propagation == 0 ? m->propagation : 0 };
	struct mount_attr one = { .attr_set = m->set, .attr_clr = m->clear, .propagation = m->propagation };
	struct stat st = { .st_mode = S_IFDIR };
	char mode[8];
	int target;
	size_t n = 0;

	if (m->bind)
		TRY(fstat(m->fd, &st), "mounts: %s", m->source);
	PASS(target = target_inside(root, m->target, S_ISDIR(st.st_mode), f));
	PASS(allowed(m, root, target, f));
	if (strncmp(m->type, "cgroup", 6) == 0)
		return delegate_show(group, target, m->set, f);
	if (m->bind) {
		/* A clone propagates as its source does; unless that is asked for, not. */
		const struct mount_attr private = { .propagation = MS_PRIVATE };
		if (m->propagation == 0 || m->propagation == MS_PRIVATE)
			PASS(set_attributes(m->fd, private, true, m->target, f));
		PASS(set_attributes(m->fd, all, true, m->target, f));
		PASS(set_attributes(m->fd, one, false, m->target, f));
		return mount_attach(m->fd, target, m->target, f);
	}
	if (strcmp(m->type, "tmpfs") == 0 && !m->mode_given && fstat(target, &st) == 0) {
		while (m->options[n] != NULL)
			n += 2;
		snprintf(mode, sizeof(mode), "%04o", st.st_mode & 07777);
		m->options[n] = "mode";
		m->options[n + 1] = mode;
	}
	PASS(m->fd = mount_new(m->type, m->options, 0, f));
	if (m->copy_up)
		PASS(copy_up(target, m->fd, m->target, f));
	one.attr_set |= m->recursive_set;
	if (strcmp(m->target, "/dev") == 0)     /* not before its nodes are there */
		one.attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	PASS(set_attributes(m->fd, one, false, m->target, f));
	return mount_attach(m->fd, target, m->target, f);
}

int rootfs_fill(struct bundle *b, const struct cgroup *group, struct failure *f)
{
	struct mount_attr slave = { .propagation = MS_SLAVE };
	struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
	const char *cwd = b->process.cwd;
	bool dev = true, dev_read_only = false;
	int root;

	/* Before the first mount: nothing of ours may propagate to the host. */
	TRY(syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &slave, sizeof(slave)), "keeping the mounts from the host");
	PASS(rootfs_open(b, f));
	if (b->root < 0)
		return fail(f, EPERM, "root.path: %s", b->rootfs);
	PASS(set_attributes(b->root, (struct mount_attr){ .propagation = MS_PRIVATE }, true, "/", f));
	root = dup(b->root);
	/* Over itself, or where its user may not go there, over what hides the least. */
	int place = open(b->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	place = place >= 0 ? place : open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
	PASS(mount_attach(b->root, place, "the rootfs", f));
	fcntl(root, F_SETFD, FD_CLOEXEC);
	for (struct mounting *m = b->mounts; m < b->mounts + b->mount_count; m++) {
		if (m->bind && m->fd < 0)
			return fail(f, EPERM, "mounts: %s", m->source);
		PASS(mount_one(m, group, root, f));
		if (strcmp(m->target, "/dev") == 0) {
			dev = !m->bind;
			dev_read_only = dev && (m->set & MOUNT_ATTR_RDONLY);
		}
	}
	if (dev)
		PASS(devices_fill(b, root, f));
	if (dev_read_only) {
		CLOSED int fd = open_inside(root, "/dev", false);
		PASS(set_attributes(fd, read_only, false, "/dev", f));
	}
	int where = target_inside(root, cwd, true, &(struct failure){ .status = 0 });
	close_fd(&where);
	PASS(mounts_mask(&b->core, root, f));
	/* Last, so that missing mount points could still be made. */
	if (b->core.read_only)
		TRY(syscall(SYS_mount_setattr, root, "", AT_EMPTY_PATH, &read_only, sizeof(read_only)), "root.readonly");
	return root;
}

int rootfs_pivot(const struct bundle *b, int root, struct failure *f)
{
	struct mount_attr as = { .propagation = b->propagation };

	TRY(fchdir(root), "the rootfs");
	close(root);
	TRY(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	TRY(umount2(".", MNT_DETACH) < 0 ? -1 : chdir("/"), "detaching the old root");
	if (b->propagation != 0)
		TRY(syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &as, sizeof(as)), "linux.rootfsPropagation");
	return 0;
}
