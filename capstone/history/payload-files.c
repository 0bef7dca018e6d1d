/* payload-files.c - attempts on files: of the kernel, of the host, of the image
 *
 *   payload-files NAME[=ARG]...       see attempt.h
 *
 * A file that would hurt is opened for writing, and nothing is written.
 * See proc(5), sysfs(5), mknod(2), mount(2), open_by_handle_at(2). */
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "attempt.h"

/* write=PATH */
static int try_write(const char *path) { return open(path, O_WRONLY | O_CLOEXEC); }

/* read=PATH: that something is to be read */
static int try_read(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd >= 0 && read(fd, &byte, 1) == 1 ? 0 : -1;
}

/* exists=PATH */
static int try_exists(const char *path) { return access(path, F_OK); }

/* node=b:MAJOR:MINOR: a device node, and what is behind it */
static int try_node(const char *arg)
{
	unsigned major, minor;
	char kind;

	unlink("/tmp/node");
	if (sscanf(arg, "%c:%u:%u", &kind, &major, &minor) != 3)
		return -1;
	if (mknod("/tmp/node", 0600 | (kind == 'b' ? S_IFBLK : S_IFCHR), makedev(major, minor)) < 0)
		return -1;
	int fd = open("/tmp/node", O_RDONLY | O_NONBLOCK), error = errno;
	unlink("/tmp/node");
	errno = error;
	return fd;
}

static int try_umount(const char *path) { return umount2(path, MNT_DETACH); }

static int try_remount(const char *path) { return mount(NULL, path, NULL, MS_REMOUNT | MS_BIND, NULL); }

/* tmpfs=PATH: something of one's own over it */
static int try_tmpfs(const char *path) { return mount("none", path, "tmpfs", 0, NULL); }

/* proc=DIR: a fresh one, without masks */
static int try_proc(const char *path) { return mount("proc", path, "proc", 0, NULL); }

/* chroot=FILE of the host: out of a chroot with a directory above the root as
 * working directory, as chroot(2) itself describes */
static int try_chroot(const char *canary)
{
	mkdir("/tmp/cell", 0700);
	if (chroot("/tmp/cell") < 0)
		return -1;
	for (int i = 0; i < 64; i++)
		if (chdir("..") < 0)
			return -1;
	if (chroot(".") < 0)
		return -1;
	return access(canary, F_OK);
}

/* descriptors=FILE of the host: below an open directory somebody forgot */
static int try_descriptors(const char *canary)
{
	for (int fd = 0; fd < 256; fd++)
		if (faccessat(fd, canary + 1, F_OK, 0) == 0)
			return 0;
	return -1;
}

/* cwd=FILE of the host: upwards from the working directory that was given */
static int try_cwd(const char *canary)
{
	for (int i = 0; i < 64 && faccessat(AT_FDCWD, canary + 1, F_OK, 0) < 0; i++)
		if (chdir("..") < 0)
			return -1;
	return faccessat(AT_FDCWD, canary + 1, F_OK, 0);
}

/* handle=DIR: the root of the file system that DIR is on, by its handle, which
 * for ext4 is inode 2 (the "shocker" of 2014) */
static int try_handle(const char *dir)
{
	union { struct file_handle head; char room[sizeof(struct file_handle) + 8]; } handle;
	const unsigned inode[2] = { 2, 0 };
	int mount_fd = open(dir, O_RDONLY | O_DIRECTORY);

	handle.head.handle_bytes = 8;
	handle.head.handle_type = 1;    /* FILEID_INO32_GEN */
	memcpy(handle.head.f_handle, inode, sizeof(inode));
	return mount_fd < 0 ? -1 : open_by_handle_at(mount_fd, &handle.head, O_RDONLY | O_DIRECTORY);
}

static int cgroup_mount(const char *controller)
{
	mkdir("/tmp/cgroup", 0700);
	return mount("cgroup", "/tmp/cgroup", strcmp(controller, "v2") == 0 ? "cgroup2" : "cgroup", 0,
		     strcmp(controller, "v2") == 0 ? NULL : controller);
}

/* release_agent=CONTROLLER: of the v1 hierarchy, as the root of new namespaces */
static int try_release_agent(const char *controller)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP) < 0 || cgroup_mount(controller) < 0)
		return -1;
	return open("/tmp/cgroup/release_agent", O_WRONLY);
}

/* cgroup=CONTROLLER:FILE: of a hierarchy mounted by oneself */
static int try_cgroup(const char *arg)
{
	char controller[32], path[128];
	size_t len = strcspn(arg, ":");

	if (snprintf(controller, sizeof(controller), "%.*s", (int)len, arg) >= (int)sizeof(controller) ||
	    snprintf(path, sizeof(path), "/tmp/cgroup/%s", arg + len + 1) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (unshare(CLONE_NEWNS) < 0 || cgroup_mount(controller) < 0)
		return -1;
	return open(path, O_WRONLY);
}

/* link=FROM:TO and rename=FROM:TO */
static int two_paths(const char *arg, int (*call)(const char *, const char *))
{
	char from[4096];
	size_t len = strcspn(arg, ":");

	if (snprintf(from, sizeof(from), "%.*s", (int)len, arg) >= (int)sizeof(from)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return call(from, arg + len + 1);
}

static int try_link(const char *arg) { return two_paths(arg, link); }
static int try_rename(const char *arg) { return two_paths(arg, rename); }

/* stdin: writing to what was given as standard input */
static int try_stdin(const char *arg)
{
	(void)arg;
	return write(0, "written", 7) == 7 ? 0 : -1;
}

int main(int argc, char **argv)
{
	static const struct attempt table[] = {
		{ "write", try_write }, { "read", try_read }, { "exists", try_exists },
		{ "node", try_node }, { "umount", try_umount }, { "remount", try_remount },
		{ "tmpfs", try_tmpfs }, { "proc", try_proc }, { "chroot", try_chroot },
		{ "descriptors", try_descriptors }, { "cwd", try_cwd }, { "handle", try_handle },
		{ "release_agent", try_release_agent }, { "cgroup", try_cgroup },
		{ "link", try_link }, { "rename", try_rename }, { "stdin", try_stdin },
		{ NULL, NULL },
	};

	return attempts_main(table, argc, argv);
}
