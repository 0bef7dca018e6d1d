/* step14-account.c - what a group has used, without any limit
 *
 *   ./step14-account		as root
 *
 * New in this step: the kernel counts in every group.  CPU time stays when the
 * process is gone; memory is what is in use now, of programs and of files.
 * See cpu.stat and memory.stat in the kernel's admin-guide, cgroups(7). */
#include <err.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const figures[3][4][2] = {
	[1] = { { "memory.stat", "rss " }, { "memory.stat", "cache " }, { "cpuacct.usage", "" }, { "cpuacct.usage_sys", "" } },
	[2] = { { "memory.stat", "anon " }, { "memory.stat", "file " }, { "cpu.stat", "usage_usec " }, { "cpu.stat", "system_usec " } },
};

/* The number after KEY in FILE; with an empty KEY, the first one. */
static long number(const char *file, const char *key)
{
	FILE *f = fopen(file, "re");
	char *line = NULL;
	long n = -1;

	for (size_t size = 0; f && n < 0 && getline(&line, &size, f) > 0;)
		if (!strncmp(line, key, strlen(key)))
			n = atol(line + strlen(key));
	if (f)
		fclose(f);
	return n;
}

/* Make a group where CONTROLLER is, and go there: DIR; the version. */
static int make_group(const char *controller, char **dir)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char name[] = "lab-account.XXXXXX";
	struct mntent *m;
	int version = 0;

	while (mounts && version != 1 && (m = getmntent(mounts)))
		if ((!strcmp(m->mnt_type, "cgroup2") || hasmntopt(m, controller)) && !chdir(m->mnt_dir))
			version = strcmp(m->mnt_type, "cgroup2") ? 1 : 2;
	if (!version)
		errx(77, "no cgroup hierarchy is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", get_current_dir_name(), name);
	dprintf(STDOUT_FILENO, "group: %s (v%d)\n", *dir = get_current_dir_name(), version);
	if (version == 2 && access("memory.stat", F_OK) && !rmdir(*dir))
		errx(77, "%s: cgroup.subtree_control above it does not name memory", *dir);
	return version;
}

static void print(const char *when, int version, char *dirs[])
{
	const long unit[] = { 1 << 20, 1 << 20, version == 1 ? 1000000 : 1000, version == 1 ? 1000000 : 1000 };

	printf("%s:", when);
	for (int i = 0; i < 4 && !chdir(dirs[i / 2]); i++)
		printf("%s %s %s%ld %s", i ? "," : "", figures[version][i][0], figures[version][i][1],
		       number(figures[version][i][0], figures[version][i][1]) / unit[i], i < 2 ? "MiB" : "ms");
	printf("\n");
}

int main(int argc, char **argv)
{
	char *dirs[2], page[4096];
	int version, fd[2], pid;
	FILE *f;

	if (argc != 1)
		errx(2, "usage: %s", argv[0]);
	version = make_group("memory", &dirs[0]);
	if (version == 2 || !make_group("cpuacct", &dirs[1]))
		dirs[1] = dirs[0];
	if (pipe(fd) || (pid = fork()) < 0)
		err(1, "fork");
	if (!pid) {
		for (int i = 0; i < version % 2 + 1; i++)
			if (chdir(dirs[i]) || !(f = fopen("cgroup.procs", "we")) || fputs("0", f) < 0 || fclose(f))
				err(1, "%s/cgroup.procs", dirs[i]);
		if (!memset(sbrk(16 << 20), 1, 16 << 20) || !(f = tmpfile()) || ftruncate(fileno(f), 8 << 20))
			err(1, "tmpfile");
		while (read(fileno(f), page, sizeof(page)) > 0 || clock() < CLOCKS_PER_SEC / 5)	/* CPU time */
			;
		_exit(write(fd[1], "r", 1) == 1 ? pause() : 1);
	}
	close(fd[1]);
	print(read(fd[0], page, 1) == 1 ? "it lives" : "it died", version, dirs);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	print("it ended", version, dirs);
	return rmdir(dirs[0]) || (version == 1 && rmdir(dirs[1]));
}
