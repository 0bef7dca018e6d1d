/* step22-kill.c - one write ends a tree of groups
 *
 *   ./step22-kill		as root
 *
 * New in this step: cgroup.kill (v2, Linux 5.14).  Everybody in the group and below
 * gets SIGKILL at once, also who is being forked just now.  A list of pids would
 * be old when it has been read.  See cgroups(7), cgroup-v2 in the admin-guide. */
#include <err.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int put(const char *file, long value)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	return fd < 0 || dprintf(fd, "%ld", value) < 0 || close(fd) ? -1 : 0;
}

/* Make a group in the v2 tree, and go there. */
static void enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;

	while (mounts && (m = getmntent(mounts)) && strcmp(m->mnt_type, "cgroup2"))
		;
	if (!mounts || !m || chdir(m->mnt_dir))
		errx(77, "no cgroup v2 tree is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", m->mnt_dir, name);
	printf("group: %s (v2)\n", get_current_dir_name());
}

/* COUNT processes in GROUP that only wait. */
static void fill(const char *group, int count, pid_t *pids)
{
	char file[64];

	snprintf(file, sizeof(file), "%s/cgroup.procs", group);	/* fits: our own names */
	for (int i = 0; i < count; i++)
		if ((pids[i] = fork()) ? put(file, pids[i]) : pause())
			err(1, "%s", file);
}

static int procs(const char *file)
{
	FILE *f = fopen(file, "re");
	int pid, n = 0;

	while (f && fscanf(f, "%d", &pid) == 1)
		n++;
	if (!f || fclose(f))
		err(1, "%s", file);
	return n;
}

static void print(const char *when)
{
	printf("%s a: %d, a/below: %d, beside: %d\n", when, procs("a/cgroup.procs"),
	       procs("a/below/cgroup.procs"), procs("beside/cgroup.procs"));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char name[] = "lab-kill.XXXXXX";
	int status, killed = 0;
	pid_t pids[10];

	if (argc != 1)
		errx(2, "usage: %s", argv[0]);
	enter_group(name);
	if (access("cgroup.kill", F_OK) && !chdir("..") && !rmdir(name))
		errx(77, "no cgroup.kill here: it came with Linux 5.14");
	if (mkdir("a", 0755) || mkdir("a/below", 0755) || mkdir("beside", 0755))
		err(1, "%s", name);
	fflush(stdout);
	fill("a", 4, pids);
	fill("a/below", 5, pids + 4);
	fill("beside", 1, pids + 9);
	print("before:");
	if (put("a/cgroup.kill", 1))
		err(1, "a/cgroup.kill");
	for (int i = 0; i < 9; i++)
		killed += waitpid(pids[i], &status, 0) == pids[i] && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	printf("ended by signal 9: %d\n", killed);
	print("after: ");
	kill(pids[9], SIGKILL);
	waitpid(pids[9], NULL, 0);
	return rmdir("a/below") || rmdir("a") || rmdir("beside") || chdir("..") || rmdir(name);
}
