/* share.c - show a folder of a container out here, harmlessly
 *
 *   share PID FOLDER TARGET
 *
 * FOLDER is a mount point in the container of PID, TARGET a folder here.  The
 * filesystem is the container's own, so that its root may do there what root may:
 * map ids, mount overlays.  Out here its ids are shown as they are in there, and
 * nothing in it is a device, a link that leads on, or a program.
 *
 * See setns(2), open_tree(2), mount_setattr(2), move_mount(2). */
#include <err.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_of(const char *pid, const char *name)
{
	char path[64];
	int fd;

	if (snprintf(path, sizeof(path), "/proc/%s/%s", pid, name) >= (int)sizeof(path))
		errx(1, "%s: %zu bytes are no process id", pid, strlen(pid));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static void write_to(pid_t pid, const char *name, const char *text)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);	/* fits: uid_map, gid_map */
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err(1, "%s", path);
	close(fd);
}

/* identity - a user namespace in which every id is itself: the kernel takes any
 * but the first one for the ids of a mount */
static int identity(void)
{
	char name[16], byte;
	int pair[2], fd;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		err(1, "pipe");
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) < 0)
			err(1, "unshare");
		close(pair[1]);
		pause();
		_exit(0);
	}
	close(pair[1]);
	/* The child's end closes when it is in its namespace. */
	if (pid < 0 || read(pair[0], &byte, 1) != 0)
		err(1, "fork");
	write_to(pid, "uid_map", "0 0 4294967295");
	write_to(pid, "gid_map", "0 0 4294967295");
	snprintf(name, sizeof(name), "%d", (int)pid);
	fd = open_of(name, "ns/user");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return fd;
}

int main(int argc, char *argv[])
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
			    MOUNT_ATTR_NOSYMFOLLOW,
	};
	int here, there, tree;

	if (argc != 4) {
		fprintf(stderr, "usage: share PID FOLDER TARGET\n");
		return 2;
	}
	attr.userns_fd = (uint64_t)identity();
	here = open_of("self", "ns/mnt");
	there = open_of(argv[1], "ns/mnt");
	if (setns(there, CLONE_NEWNS) < 0)
		err(1, "entering the container's mounts");
	tree = (int)syscall(SYS_open_tree, AT_FDCWD, argv[2], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		err(1, "%s", argv[2]);
	if (setns(here, CLONE_NEWNS) < 0)
		err(1, "back to our own mounts");
	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		err(1, "mount_setattr %s", argv[2]);
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, argv[3], MOVE_MOUNT_F_EMPTY_PATH) < 0)
		err(1, "%s", argv[3]);
	return 0;
}
