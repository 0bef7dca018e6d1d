/* step5-cpu.c - a busy loop that gets a part of one CPU
 *
 *   ./step5-cpu [PERCENT]	of one CPU, 1 to 1000; as root
 *
 * New in this step: a quota of microseconds in each period: cpu.max on v2,
 * cpu.cfs_quota_us and cpu.cfs_period_us on v1.  Who has used it up waits for
 * the next period.  See sched-bwc in the kernel's documentation. */
#include <err.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	return fd < 0 || dprintf(fd, "%s", text) < 0 || close(fd) ? -1 : 0;
}

/* Make a group at the root of the hierarchy with the cpu controller, and go
 * there; the version. */
static int enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char dir[256] = "";
	struct mntent *m;
	int version = 0;

	while (mounts && version != 1 && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, "cgroup2") || hasmntopt(m, "cpu")) {
			version = strcmp(m->mnt_type, "cgroup2") ? 1 : 2;
			snprintf(dir, sizeof(dir), "%s", m->mnt_dir);
		}
	if (!version || chdir(dir))
		errx(77, "no cgroup hierarchy is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", dir, name);
	if (access(version == 1 ? "cpu.cfs_quota_us" : "cpu.max", F_OK) && !chdir("..") && !rmdir(name))
		errx(77, "%s/cgroup.subtree_control does not name cpu", dir);
	printf("group: %s/%s (v%d)\n", dir, name, version);
	return version;
}

static void print_throttled(void)
{
	char line[128];
	FILE *f = fopen("cpu.stat", "re");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "nr_throttled ", 13))
			printf("cpu.stat: %s", line);
	if (f)
		fclose(f);
}

/* One second on the clock on the wall, all of it busy. */
static void __attribute__((noreturn)) busy(void)
{
	struct timespec start, now;

	if (put("cgroup.procs", "0"))	/* 0: the writer itself */
		_exit(1);
	clock_gettime(CLOCK_MONOTONIC, &start);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < 1000);
	_exit(0);
}

int main(int argc, char **argv)
{
	int percent = argc == 2 ? atoi(argv[1]) : 0;
	char name[] = "lab-cpu.XXXXXX", quota[32], *file;
	struct rusage used;

	if (argc > 2 || (argc == 2 && (percent < 1 || percent > 1000)))
		errx(2, "usage: %s [PERCENT]	1 to 1000", argv[0]);
	/* The period is 100000 microseconds, unless it is changed. */
	snprintf(quota, sizeof(quota), "%d", percent * 1000);
	file = enter_group(name) == 1 ? "cpu.cfs_quota_us" : "cpu.max";
	if (percent && put(file, quota))
		err(1, "%s: %s", file, quota);
	fflush(stdout);
	if (!fork())
		busy();
	wait(NULL);
	getrusage(RUSAGE_CHILDREN, &used);
	printf("CPU time in one second: %ld ms\n", (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
	       (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000);
	print_throttled();
	return chdir("..") || rmdir(name);
}
