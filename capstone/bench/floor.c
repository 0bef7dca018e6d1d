/* floor.c - the least that a container costs: the kernel's own price
 *
 *   floor ROOTFS COMMAND [ARG...]
 *
 * The seven namespaces of skiff in one clone3(2), a range of ids, a bind mount
 * of ROOTFS, pivot_root(2), execve(2): nothing is limited, hidden, refused or
 * given up, so nobody should run a container like this.  It is what the others
 * are measured against.  See clone(2), user_namespaces(7), pivot_root(2). */
#include <err.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void write_text(pid_t pid, const char *name, const char *text)
{
	char path[48];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);	/* fits: uid_map and the like */
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err(125, "%s", path);
	close(fd);
}

/* map_ids - root: a range of high ids; anybody else: their own id as root */
static void map_ids(pid_t child)
{
	char text[32];

	if (geteuid() == 0) {
		write_text(child, "uid_map", "0 1000000000 65536\n");
		write_text(child, "gid_map", "0 1000000000 65536\n");
		return;
	}
	snprintf(text, sizeof(text), "0 %u 1\n", (unsigned)geteuid());
	write_text(child, "uid_map", text);
	write_text(child, "setgroups", "deny");
	snprintf(text, sizeof(text), "0 %u 1\n", (unsigned)getegid());
	write_text(child, "gid_map", text);
}

static void child_main(char **argv, int go)
{
	char byte;

	/* The byte, not the end of the pipe, says that the ids are mapped. */
	if (read(go, &byte, 1) != 1)
		_exit(125);
	/* Before the change of ids: the way to ROOTFS may be open to us alone.
	 * Recursive: in a user namespace the mounts below are locked to theirs. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(argv[1], argv[1], NULL, MS_BIND | MS_REC, NULL) < 0 || chdir(argv[1]) < 0)
		err(125, "bind mount of %s", argv[1]);
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		err(125, "becoming root of the container");
	if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
		err(125, "pivot_root");
	execv(argv[2], argv + 2);
	err(127, "%s", argv[2]);
}

int main(int argc, char **argv)
{
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS |
			 CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP,
		.exit_signal = SIGCHLD,
	};
	int go[2], status;
	pid_t child;

	if (argc < 3) {
		fprintf(stderr, "usage: floor ROOTFS COMMAND [ARG...]\n");
		return 2;
	}
	if (pipe2(go, O_CLOEXEC) < 0)
		err(125, "pipe");
	child = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (child < 0)
		err(125, "clone3");
	if (child == 0) {
		close(go[1]);
		child_main(argv, go[0]);
	}
	map_ids(child);
	if (write(go[1], "", 1) != 1 || waitpid(child, &status, 0) < 0)
		err(125, "the child");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
