/* step9-quota.c - a busy loop that gets a part of one CPU, as a bar
 *
 *   ./step9-quota [PERCENT...]	of one CPU, 1 to 100; as root
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
#include <unistd.h>

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	return fd < 0 || dprintf(fd, "%s", text) < 0 || close(fd) ? -1 : 0;
}

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

/* Make a group where the cpu controller is, and go there; the version. */
static int enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int version = 0;

	while (mounts && version != 1 && (m = getmntent(mounts)))
		if ((!strcmp(m->mnt_type, "cgroup2") || hasmntopt(m, "cpu")) && !chdir(m->mnt_dir))
			version = strcmp(m->mnt_type, "cgroup2") ? 1 : 2;
	if (!version)
		errx(77, "no cgroup hierarchy is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", get_current_dir_name(), name);
	printf("group: %s (v%d)\n", get_current_dir_name(), version);
	if (access(version == 1 ? "cpu.cfs_quota_us" : "cpu.max", F_OK) && !chdir("..") && !rmdir(name))
		errx(77, "%s/cgroup.subtree_control does not name cpu", get_current_dir_name());
	return version;
}

/* A child is busy for a second on the clock on the wall; its share, in percent. */
static int measure(void)
{
	struct rusage used;
	int status;

	if (!fork()) {
		if (put("cgroup.procs", "0"))	/* 0: the writer itself */
			_exit(1);
		for (alarm(1); ; )	/* the signal ends it */
			;
	}
	wait4(-1, &status, 0, &used);
	return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 100 +
	       (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 10000;
}

int main(int argc, char **argv)
{
	static const char bar[] = "##################################################";
	char *usual[] = { "10", "25", "50", "100", NULL }, name[] = "lab-quota.XXXXXX", quota[32];
	char **list = argc > 1 ? argv + 1 : usual, *file;

	for (char **text = list; *text; text++)
		if (atoi(*text) < 1 || atoi(*text) > 100)
			errx(2, "usage: %s [PERCENT...]	1 to 100", argv[0]);
	file = enter_group(name) == 1 ? "cpu.cfs_quota_us" : "cpu.max";
	for (char **text = list; *text; text++) {
		long waits = number("cpu.stat", "nr_throttled ");

		/* The period is 100000 microseconds, unless it is changed. */
		snprintf(quota, sizeof(quota), "%d", atoi(*text) * 1000);
		if (put(file, quota))
			err(1, "%s: %s", file, quota);
		fflush(stdout);
		int used = measure();
		printf("quota %3s %%  used %3d %%  |%-50.*s|  nr_throttled %ld\n", *text, used, used / 2 > 50 ? 50 : used / 2,
		       bar, number("cpu.stat", "nr_throttled ") - waits);
	}
	return chdir("..") || rmdir(name);
}
