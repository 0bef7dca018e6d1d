/* step6-high.c - a limit that nobody dies of
 *
 *   ./step6-high HIGH WANT	MiB each, at most 512; as root
 *
 * New in this step: memory.high (v2).  Whoever is above it must reclaim, and
 * where nothing can be reclaimed, wait.  memory.soft_limit_in_bytes (v1) counts only
 * when the whole machine runs out.  See memory in the kernel's admin-guide. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct { const char *limit, *swap; } files[] = {
	[1] = { "memory.soft_limit_in_bytes", "memory.memsw.limit_in_bytes" },
	[2] = { "memory.high", "memory.swap.max" },
};

static int put(const char *file, long value)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	return fd < 0 || dprintf(fd, "%ld", value) < 0 || close(fd) ? -1 : 0;
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

/* Make a group where the memory controller is, and go there; the version. */
static int enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int version = 0;

	while (mounts && version != 1 && (m = getmntent(mounts)))
		if ((!strcmp(m->mnt_type, "cgroup2") || hasmntopt(m, "memory")) && !chdir(m->mnt_dir))
			version = strcmp(m->mnt_type, "cgroup2") ? 1 : 2;
	if (!version)
		errx(77, "no cgroup hierarchy is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", get_current_dir_name(), name);
	printf("group: %s (v%d)\n", get_current_dir_name(), version);
	if (access(files[version].limit, F_OK) && !chdir("..") && !rmdir(name))
		errx(77, "%s/cgroup.subtree_control does not name memory", get_current_dir_name());
	return version;
}

int main(int argc, char **argv)
{
	long high = argc == 3 ? atol(argv[1]) : 0, want = argc == 3 ? atol(argv[2]) : 0;
	volatile long *pages = mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char name[] = "lab-high.XXXXXX";
	int version, status;
	pid_t pid;

	if (high < 1 || high > 512 || want < 1 || want > 512)
		errx(2, "usage: %s HIGH WANT	in MiB, at most 512", argv[0]);
	version = enter_group(name);
	if (put(files[version].limit, high << 20))
		err(1, "%s", files[version].limit);
	if (version == 2 && put(files[2].swap, 0) && errno != ENOENT)
		err(1, "%s", files[version].swap);
	if (fflush(stdout) || (pid = fork()) < 0)
		err(1, "fork");
	if (!pid) {
		for (status = put("cgroup.procs", 0); !status && *pages < want * 256; ++*pages)
			memset(sbrk(4096), 1, 4096);
		_exit(status ? 1 : pause());
	}
	for (int i = 0; i < 100 && *pages < want * 256; i++)	/* a second, or until it has all */
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	printf("%s: %ld MiB\n", files[version].limit, number(files[version].limit, "") >> 20);
	printf("the child touched %ld of %ld MiB %s, and %s\n", *pages / 256, want,
	       *pages < want * 256 ? "in a second" : "at once", waitpid(pid, &status, WNOHANG) ? "died" : "lives");
	if (version == 2)
		printf("memory.events: high %ld, max %ld\n", number("memory.events", "high "), number("memory.events", "max "));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return chdir("..") || rmdir(name);
}
