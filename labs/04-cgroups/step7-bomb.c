/* step7-bomb.c - a fork bomb beside a neighbour who wants to fork once
 *
 *   ./step7-bomb [INNER]	1 to 40; as root
 *
 * New in this step: groups nest, and a limit binds all below.  An outer group of
 * 40 tasks always holds both; INNER limits the bomb's own group.  See cgroups(7). */
#include <err.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "%s", text) < 0 || close(fd))
		err(1, "%s: %s", file, text);
}

static int number(const char *file)
{
	FILE *f = fopen(file, "re");
	int n;

	if (!f || fscanf(f, "%d", &n) != 1)
		err(1, "%s", file);
	fclose(f);
	return n;
}

/* Make a group at the root of the hierarchy with pids, and go there. */
static int enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char dir[256] = "";
	struct mntent *m;
	int version = 0;

	while (mounts && version != 1 && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, "cgroup2") || hasmntopt(m, "pids")) {
			version = strcmp(m->mnt_type, "cgroup2") ? 1 : 2;
			snprintf(dir, sizeof(dir), "%s", m->mnt_dir);
		}
	if (!version || chdir(dir))
		errx(77, "no cgroup hierarchy is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", dir, name);
	if (access("pids.max", F_OK) && !chdir("..") && !rmdir(name))
		errx(77, "%s/cgroup.subtree_control does not name pids", dir);
	return version;
}

int main(int argc, char **argv)
{
	int inner = argc == 2 ? atoi(argv[1]) : 40, pid;
	char name[] = "lab-bomb.XXXXXX";
	FILE *procs;

	if (argc > 2 || inner < 1 || inner > 40)
		errx(2, "usage: %s [INNER]	1 to 40", argv[0]);
	prctl(PR_SET_CHILD_SUBREAPER, 1);	/* to reap the bomb's orphans too */
	if (enter_group(name) == 2)
		put("cgroup.subtree_control", "+pids");
	put("pids.max", "40");
	if (mkdir("bomb", 0755) || mkdir("neighbour", 0755))
		err(1, "mkdir");
	put("bomb/pids.max", argc == 2 ? argv[1] : "max");
	if (!fork()) {
		put("bomb/cgroup.procs", "0");	/* 0: the writer itself */
		while (fork() >= 0 || pause())	/* the children do the same */
			;
	}
	while (number("bomb/pids.current") < inner)
		;
	dprintf(STDOUT_FILENO, "the bomb: %d tasks of 40\n", number("bomb/pids.current"));
	if (!fork()) {
		put("neighbour/cgroup.procs", "0");
		pid = fork();
		if (pid)
			printf(pid > 0 ? "the neighbour forks: it works\n" : "the neighbour forks: %m\n");
		exit(0);
	}
	wait(NULL);
	put("pids.max", "0");
	while (number("pids.current")) {
		procs = fopen("bomb/cgroup.procs", "re");
		while (procs && fscanf(procs, "%d", &pid) == 1)
			kill(pid, SIGKILL);
		fclose(procs);
		wait(NULL);
	}
	return rmdir("bomb") || rmdir("neighbour") || chdir("..") || rmdir(name);
}
