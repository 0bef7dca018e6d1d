/* step2-born.c - a group, a process born inside it, and the end of the group
 *
 *   ./step2-born		as root
 *
 * New in this step: a group is a directory.  mkdir(2) makes it, clone3(2) with
 * CLONE_INTO_CGROUP has a child born in it (v2), a pid written to cgroup.procs
 * moves a process into it, rmdir(2) removes it when empty.  See cgroups(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Go to the root of the v2 tree, or else of the v1 hierarchy with pids. */
static int enter_root(char dir[256])
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int version = 0;

	while (mounts && version != 2 && (m = getmntent(mounts))) {
		int v2 = !strcmp(m->mnt_type, "cgroup2");

		if (v2 || (!strcmp(m->mnt_type, "cgroup") && hasmntopt(m, "pids"))) {
			snprintf(dir, 256, "%s", m->mnt_dir);
			version = v2 ? 2 : 1;
		}
	}
	if (!version || chdir(dir))
		errx(77, "no cgroup v2 tree and no v1 hierarchy with pids is mounted here");
	return version;
}

/* Print the lines of FILE that hold WORD. */
static void print_lines(const char *title, const char *file, const char *word)
{
	char line[512];
	FILE *f = fopen(file, "re");

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, word))
			printf("%-17s %s", title, line);
	if (f)
		fclose(f);
}

/* A child that only waits, in the group open as FD. */
static pid_t child_in(int fd, int version, const char *how[])
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (__u64)fd
	};
	pid_t pid = version == 2 ? (pid_t)syscall(SYS_clone3, &args, sizeof(args)) : -1;
	int procs;

	*how = pid < 0 ? "moved in" : "born inside";
	if (pid < 0 && (pid = fork()) > 0) {
		procs = openat(fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
		if (procs < 0 || dprintf(procs, "%d", (int)pid) < 0)
			err(1, "cgroup.procs");
		close(procs);
	}
	if (!pid)
		for (;;)
			pause();
	return pid;
}

int main(int argc, char **argv)
{
	char dir[256], name[] = "lab-born.XXXXXX", file[64];
	const char *how;
	int version, fd;
	pid_t pid;

	if (argc != 1)
		errx(2, "usage: %s", argv[0]);
	version = enter_root(dir);
	if (!mkdtemp(name) || (fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		err(1, "%s/%s", dir, name);
	printf("%-17s %s/%s (v%d)\n", "the new group:", dir, name, version);
	pid = child_in(fd, version, &how);
	printf("%-17s %d, %s\n", "the child:", (int)pid, how);
	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	print_lines("its group:", file, name);
	snprintf(file, sizeof(file), "%s/cgroup.procs", name);
	print_lines("cgroup.procs:", file, "");
	printf("%-17s %s\n", "rmdir, child in:", rmdir(name) ? strerror(errno) : "removed");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	printf("%-17s %s\n", "rmdir, child dead:", rmdir(name) ? strerror(errno) : "removed");
	return 0;
}
