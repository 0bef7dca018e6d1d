/* step3-born.c - moved into a group, or born inside?
 *
 *   ./step3-born		as root
 *
 * New in this step: clone3(2) with CLONE_INTO_CGROUP (v2).  Who is moved has
 * run outside before, and what it forked there stays outside.  Each child forks
 * at once and looks at /proc/self/cgroup.  See clone(2), cgroups(7). */
#include <err.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Make a group in the v2 tree, or else where v1 has pids, and go there. */
static int enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char *dir = NULL;
	struct mntent *m;
	int version = 0;

	while (mounts && version != 2 && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, "cgroup2") || hasmntopt(m, "pids")) {
			version = strcmp(m->mnt_type, "cgroup2") ? 1 : 2;
			dir = strdup(m->mnt_dir);
		}
	if (!dir || chdir(dir))
		errx(77, "no cgroup v2 tree and no v1 hierarchy with pids is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", dir, name);
	dprintf(STDOUT_FILENO, "group: %s/%s (v%d)\n", dir, name, version);
	return version;
}

/* Does /proc/PID/cgroup name our group? */
static const char *where(pid_t pid, const char *name)
{
	char file[64], text[4096] = "";
	int fd;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0 || close(fd))
		err(1, "%s", file);
	return strstr(text, name) ? "inside" : "outside";
}

/* Fork first of all; look; and once more when the parent says so. */
static void __attribute__((noreturn)) child(const char *how, const char *name, int go, int ready)
{
	pid_t pid = fork();
	char byte;

	if (pid < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL))
		_exit(1);
	while (!pid)
		pause();
	for (int look = 0; look < 2; look++) {
		dprintf(STDOUT_FILENO, "%-7s itself %s, its child %s\n", look ? "later:" : how,
			where(getpid(), name), where(pid, name));
		if (!look && (write(ready, "r", 1) != 1 || read(go, &byte, 1) != 1))
			break;
	}
	kill(pid, SIGKILL);
	_exit(waitpid(pid, NULL, 0) != pid);
}

int main(int argc, char **argv)
{
	char name[] = "lab-born.XXXXXX", byte;
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
	int version, go[2], ready[2], pid;
	FILE *procs;

	if (argc != 1)
		errx(2, "usage: %s", argv[0]);
	version = enter_group(name);
	args.cgroup = (__u64)open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int born = 0; born < version; born++) {
		pid = pipe(go) || pipe(ready) ? -1 : born ? (pid_t)syscall(SYS_clone3, &args, sizeof(args)) : fork();
		if (pid < 0)
			err(1, born ? "clone3" : "fork");
		if (!pid)
			child(born ? "born:" : "moved:", name, go[0], ready[1]);
		close(ready[1]);
		procs = fopen("cgroup.procs", "we");
		if (read(ready[0], &byte, 1) != 1 || !procs || (!born && fprintf(procs, "%d", (int)pid) < 0) ||
		    fclose(procs) || write(go[1], "g", 1) != 1)
			err(1, "cgroup.procs");
		waitpid(pid, NULL, 0);
	}
	return chdir("..") || rmdir(name);
}
