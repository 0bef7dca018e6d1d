/* step13-rootless.c - a container, by hand, by anybody
 *
 *   ./step13-rootless ROOTFS CMD [ARG]...     as an ordinary user
 *
 * Runs CMD as root, and as process 1, in the tree ROOTFS (/ is the host's own),
 * which is read-only but for a new /tmp; with a name, processes, IPC objects and
 * a network of its own.  ROOTFS has the folders proc and tmp.
 *
 * New in this step: all together.  The order is what matters, and is commented.
 *
 * See user_namespaces(7), pivot_root(2), mount_setattr(2), pid_namespaces(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALL (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET)

/* must: the result of a system call, or the end with status 77 */
static long must(long result, const char *what)
{
	if (result == -1)
		err(77, "%s", what);
	return result;
}

static void put(const char *path, const char *format, unsigned int id)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd == -1 || dprintf(fd, format, id) < 0)
		err(77, "%s (make doctor says why)", path);
	close(fd);
}

static void enter(const char *rootfs)
{
	struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };

	must(sethostname("rootless", 8), "sethostname");
	/* First, or the mounts below would go to the host, too. */
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
	/* pivot_root(2) takes a mount.  Recursive: what hides below stays hidden. */
	must(mount(rootfs, "/tmp", NULL, MS_BIND | MS_REC, NULL), rootfs);
	must(chdir("/tmp"), rootfs);
	must(syscall(SYS_mount_setattr, AT_FDCWD, ".", AT_RECURSIVE, &read_only,
		     sizeof(read_only)), "read-only");
	/* While the host's /proc is there: with none in sight this is refused. */
	must(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "proc");
	must(mount("tmpfs", "tmp", "tmpfs", MS_NOSUID | MS_NODEV, NULL), "tmp");
	/* The old root comes to lie on the new one, and goes. */
	must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "the old root");
	must(chdir("/"), "/");
}

int main(int argc, char **argv)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int status;
	pid_t pid;

	if (argc < 3 || argv[1][0] == '-') {
		fprintf(stderr, "usage: step13-rootless ROOTFS CMD [ARG]...\n");
		return 2;
	}
	/* The user namespace is made first, and owns the others. */
	must(unshare(ALL), "user namespace (make doctor says why)");
	put("/proc/self/setgroups", "deny", 0);
	put("/proc/self/uid_map", "0 %u 1\n", uid);
	put("/proc/self/gid_map", "0 %u 1\n", gid);

	/* We stay outside the new pid namespace; the child is its process 1. */
	pid = (pid_t)must(fork(), "fork");
	if (pid == 0) {
		must(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl");
		enter(argv[1]);
		execvp(argv[2], argv + 2);
		err(errno == ENOENT ? 127 : 126, "%s", argv[2]);
	}
	must(waitpid(pid, &status, 0), "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
