/* step23-view.c - a container does not see where its group is
 *
 *   ./step23-view		as root
 *
 * New in this step: unshare(2) with CLONE_NEWCGROUP.  The group of the caller
 * becomes the root that it sees, of every hierarchy; /proc/PID/cgroup counts from
 * there.  Nothing moves, no limit changes.  See cgroup_namespaces(7). */
#include <err.h>
#include <fcntl.h>
#include <mntent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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
	printf("group: %s (v%d)\n", get_current_dir_name(), version);
	if (access(version == 2 ? "cgroup.procs" : "pids.max", F_OK) && !chdir("..") && !rmdir(name))
		errx(77, "%s/cgroup.subtree_control does not name pids", get_current_dir_name());
	return version;
}

/* The line of FILE for that hierarchy: "8:pids:/path" on v1, "0::/path" on v2. */
static void print(const char *who, const char *file, int version)
{
	char *line = NULL;
	FILE *f = fopen(file, "re");

	for (size_t size = 0; f && getline(&line, &size, f) > 0;)
		if (strstr(line, version == 1 ? ":pids:" : "0::") || (version == 1 && strstr(line, "pids,")))
			printf("%-32s %s", who, strchr(strchr(line, ':') + 1, ':') + 1);
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	char name[] = "lab-view.XXXXXX", file[64], byte;
	int version, ready[2], go[2];
	pid_t pid;

	if (argc != 1)
		errx(2, "usage: %s", argv[0]);
	version = enter_group(name);
	if (pipe(ready) || pipe(go) || fflush(stdout) || (pid = fork()) < 0)
		err(1, "fork");
	if (!pid) {
		FILE *f = fopen("cgroup.procs", "we");

		if (!f || fputs("0", f) < 0 || fclose(f))	/* 0: the writer itself */
			err(1, "cgroup.procs");
		print("itself, before:", "/proc/self/cgroup", version);
		if (unshare(CLONE_NEWCGROUP))
			err(1, "unshare");
		print("itself, in a namespace of it:", "/proc/self/cgroup", version);
		snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)getppid());
		print("its parent, seen from there:", file, version);
		if (fflush(stdout) || write(ready[1], "r", 1) != 1 || read(go[0], &byte, 1) != 1)
			_exit(1);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) == 1) {
		snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
		print("the child, seen from outside:", file, version);
	}
	if (write(go[1], "g", 1) == 1)
		wait(NULL);
	return chdir("..") || rmdir(name);
}
