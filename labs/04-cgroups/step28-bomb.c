/* step28-bomb.c - a fork bomb beside a neighbour who forks now and then
 *
 *   ./step28-bomb [INNER]	1 to 40; as root
 *
 * New in this step: an attack.  An outer group of 40 tasks always holds both; INNER
 * limits the bomb alone, and protects the neighbour.  See cgroups(7). */
#include <err.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <unistd.h>

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	return fd < 0 || dprintf(fd, "%s", text) < 0 || close(fd) ? -1 : 0;
}

static int number(const char *file)
{
	FILE *f = fopen(file, "re");
	int n = 0;

	return f && fscanf(f, "%d", &n) == 1 && !fclose(f) ? n : -1;
}

/* Make a group where the pids controller is, and go there; the version. */
static int enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int version = 0;

	while (mounts && version != 1 && (m = getmntent(mounts)))
		if ((!strcmp(m->mnt_type, "cgroup2") || hasmntopt(m, "pids")) && !chdir(m->mnt_dir))
			version = strcmp(m->mnt_type, "cgroup2") ? 1 : 2;
	if (!version)
		errx(77, "no cgroup hierarchy is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", get_current_dir_name(), name);
	if (access("pids.max", F_OK) && !chdir("..") && !rmdir(name))
		errx(77, "%s/cgroup.subtree_control does not name pids", get_current_dir_name());
	return version;
}

/* A child in neighbour forks, as often as it can for 300 ms. */
static void neighbour(const char *when)
{
	clock_t end = times(NULL) + sysconf(_SC_CLK_TCK) * 3 / 10;
	pid_t pid = fork(), child;
	int forks = 0;

	if (!pid && put("neighbour/cgroup.procs", "0"))	/* 0: the writer itself */
		_exit(1);
	for (; !pid && times(NULL) < end; forks += child > 0 && waitpid(child, NULL, 0) == child)
		if (!(child = fork()))
			_exit(0);
	if (!pid && dprintf(STDOUT_FILENO, "the neighbour %s: %d forks in 300 ms\n", when, forks))
		_exit(0);
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	int inner = argc == 2 ? atoi(argv[1]) : 40, pid;
	char name[] = "lab-bomb.XXXXXX";
	FILE *procs;

	if (argc > 2 || inner < 1 || inner > 40)
		errx(2, "usage: %s [INNER]	1 to 40", argv[0]);
	prctl(PR_SET_CHILD_SUBREAPER, 1);	/* to reap the bomb's orphans too */
	if ((enter_group(name) == 2 && put("cgroup.subtree_control", "+pids")) || put("pids.max", "40") || mkdir("bomb", 0755) || mkdir("neighbour", 0755) ||
	    put("bomb/pids.max", argc == 2 ? argv[1] : "max"))
		err(1, "%s", name);
	neighbour("alone");
	if (!fork()) {
		while (!put("bomb/cgroup.procs", "0") && (fork() >= 0 || pause()))
			;	/* the children do the same */
		_exit(1);
	}
	while (number("bomb/pids.current") < inner)
		;
	dprintf(STDOUT_FILENO, "the bomb: %d tasks of 40\n", number("bomb/pids.current"));
	neighbour("beside it");
	for (put("pids.max", "0"); number("pids.current"); wait(NULL)) {
		procs = fopen("bomb/cgroup.procs", "re");
		while (procs && fscanf(procs, "%d", &pid) == 1 && pid > 0)
			kill(pid, SIGKILL);
		fclose(procs);
	}
	return rmdir("bomb") || rmdir("neighbour") || chdir("..") || rmdir(name);
}
