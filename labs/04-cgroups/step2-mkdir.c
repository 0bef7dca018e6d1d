/* step2-mkdir.c - a group is a directory, and moving in is writing a number
 *
 *   ./step2-mkdir		as root
 *
 * New in this step: mkdir(2) makes a group, and the kernel fills it with files;
 * a pid written to cgroup.procs moves that process in, and whatever it forks is
 * born there; rmdir(2) removes the group when it is empty.  See cgroups(7). */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Go to the root of the hierarchy with the pids controller, v1 or v2. */
static int enter_root(char **dir)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int version = 0;

	while (mounts && version != 1 && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, "cgroup2") || hasmntopt(m, "pids")) {
			version = strcmp(m->mnt_type, "cgroup2") ? 1 : 2;
			*dir = strdup(m->mnt_dir);
		}
	if (!*dir || chdir(*dir))
		errx(77, "no cgroup hierarchy is mounted here");
	return version;
}

static int visible(const struct dirent *entry)
{
	return *entry->d_name != '.';
}

/* The pids in cgroup.procs: how many, and whether OURS is one of them. */
static int members(int ours, int *found)
{
	FILE *f = fopen("cgroup.procs", "re");
	int pid, n = 0;

	for (*found = 0; f && fscanf(f, "%d", &pid) == 1; n++)
		*found |= pid == ours;
	if (f)
		fclose(f);
	return n;
}

int main(int argc, char **argv)
{
	char *dir = NULL, name[] = "lab-mkdir.XXXXXX", byte;
	int go[2], version, found, fd, n;
	struct dirent **files;
	pid_t pid;

	if (argc != 1)
		errx(2, "usage: %s", argv[0]);
	version = enter_root(&dir);
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", dir, name);
	n = scandir(".", &files, visible, alphasort);
	printf("mkdir %s/%s (v%d): %d files, from %s to %s\n", dir, name, version, n,
	       files[0]->d_name, files[n - 1]->d_name);
	prctl(PR_SET_CHILD_SUBREAPER, 1);	/* to reap the grandchild too */
	if (fflush(stdout) || pipe(go) || (pid = fork()) < 0)
		err(1, "fork");
	if (!pid) {	/* wait to be moved, then fork; both wait to be killed */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) || read(go[0], &byte, 1) != 1)
			_exit(1);
		pid = getpid();
		if (!fork() && (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != pid))
			_exit(1);
		for (;;)
			pause();
	}
	fd = open("cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || dprintf(fd, "%d", (int)pid) < 0)
		err(1, "cgroup.procs");
	n = members(pid, &found);
	printf("moved in:  %d process, %s\n", n, found ? "the child" : "a stranger");
	if (write(go[1], "g", 1) != 1)
		err(1, "pipe");
	while ((n = members(pid, &found)) < 2)
		;
	if (chdir(".."))
		err(1, "%s", dir);
	printf("it forked: %d processes; rmdir: %s\n", n, rmdir(name) ? strerror(errno) : "removed");
	kill(pid, SIGKILL);
	while (wait(NULL) > 0)	/* the grandchild dies with its parent */
		;
	return printf("all dead:  rmdir: %s\n", rmdir(name) ? strerror(errno) : "removed") < 0;
}
