/* step12-idmapped.c - a mount that translates ids
 *
 *   ./step12-idmapped [FOLDER]     as root; FOLDER: on the file system to try
 *
 * The files of an image belong to uid 0; the root of the container is the host's
 * 200000 and may not even read them.  No chown of everything: mount the folder once
 * more with the map of the container, and 0 on the disk is 200000 by that mount.
 *
 * New in this step: open_tree(2), a mount that is in no tree yet; mount_setattr(2)
 * with MOUNT_ATTR_IDMAP (Linux 5.12), which not every file system takes.
 *
 * See mount_setattr(2), "ID-mapped mounts"; open_tree(2). */
#include <err.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void try(const char *how, int dir, const char *name, int flags)
{
	int fd = openat(dir, name, flags | O_CLOEXEC, 0600);
	struct stat st;

	if (fstatat(dir, name, &st, 0) == -1)
		err(1, "%s", name);
	dprintf(STDOUT_FILENO, "%s: %s is of uid %u, opened: %s\n", how, name, st.st_uid, fd < 0 ? "no" : "yes");
}

/* A user namespace with the map of a container, kept by its open file. */
static int container(void)
{
	static const char *const files[] = { "uid_map", "gid_map", "ns/user" };
	int fd = -1, status;
	char path[64];
	pid_t pid;

	if ((pid = fork()) == 0) {
		if (unshare(CLONE_NEWUSER) == -1)
			err(77, "user namespace (make doctor says why)");
		raise(SIGSTOP);		/* and never goes on */
	}
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		exit(77);
	for (int i = 0; i < 3; i++) {
		/* fits: a name of files */
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
		fd = open(path, i < 2 ? O_WRONLY : O_RDONLY | O_CLOEXEC);
		if (fd == -1 || (i < 2 && dprintf(fd, "0 200000 65536\n") < 0))
			err(1, "%s", path);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return fd;
}

int main(int argc, char **argv)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	int user, disk, mapped, result;
	char folder[] = "step12.XXXXXX";

	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		return fputs("usage: step12-idmapped [FOLDER]\n", stderr), 2;
	if (geteuid() != 0)
		errx(77, "a file system's ids are root's to map: needs root");
	user = container();
	if (chdir(argc > 1 ? argv[1] : "/tmp") == -1 || !mkdtemp(folder) || chmod(folder, 0755) == -1)
		err(1, "a folder in %s", argc > 1 ? argv[1] : "/tmp");
	disk = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	try("host, on the disk", disk, "image", O_CREAT | O_WRONLY);
	mapped = (int)syscall(SYS_open_tree, AT_FDCWD, folder, OPEN_TREE_CLONE);
	attr.userns_fd = (unsigned int)user;
	result = (int)syscall(SYS_mount_setattr, mapped, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	if (result == -1) {
		warn("this kernel, or the file system of %s, takes no id-mapped mount",
		     argc > 1 ? argv[1] : "/tmp");
	} else {
		try("host, by the mount", mapped, "image", O_RDONLY);
		if (fork() == 0) {
			if (setns(user, CLONE_NEWUSER) || setresgid(0, 0, 0) || setresuid(0, 0, 0))
				err(1, "becoming the container's root");
			try("container, on the disk", disk, "image", O_RDONLY);
			try("container, by the mount", mapped, "image", O_RDONLY);
			try("container, by the mount", mapped, "new", O_CREAT | O_WRONLY);
			return 0;
		}
		wait(NULL);
		try("host, on the disk", disk, "new", O_RDONLY);
	}
	unlinkat(disk, "image", 0), unlinkat(disk, "new", 0), rmdir(folder);
	return result == -1 ? 77 : 0;
}
