/* step4-memory.c - 4096 bytes at a time, until the OOM killer comes
 *
 *   ./step4-memory LIMIT [WANT]	MiB each, WANT at most 1024; as root
 *
 * New in this step: a limit on memory with no swap beyond it, the kernel's own
 * count of the processes that it killed for it, oom_kill, and the most that the
 * group ever had.  See cgroups(7), and memory in the kernel's admin-guide. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* v1 limits the sum of memory and swap, and never to less than the memory. */
static const struct { const char *limit, *swap, *events, *peak; } files[] = {
	[1] = { "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.oom_control",
		"memory.max_usage_in_bytes" },
	[2] = { "memory.max", "memory.swap.max", "memory.events", "memory.peak" },
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
	long limit = argc > 1 ? atol(argv[1]) : 0, want = argc > 2 ? atol(argv[2]) : 4 * limit;
	long *pages = mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char name[] = "lab-memory.XXXXXX";
	const char *events;
	int version, status;

	if (argc > 3 || limit < 1 || want < 1 || want > 1024)
		errx(2, "usage: %s LIMIT [WANT]	in MiB, WANT at most 1024", argv[0]);
	version = enter_group(name);
	if (put(files[version].limit, limit << 20))
		err(1, "%s", files[version].limit);
	if (put(files[version].swap, version == 1 ? limit << 20 : 0) && errno != ENOENT)
		err(1, "%s", files[version].swap);
	events = files[version].events;
	printf("before: %s: oom_kill %ld\n", events, number(events, "oom_kill "));
	fflush(stdout);
	if (!fork()) {
		if (put("cgroup.procs", 0))	/* 0: the writer itself */
			_exit(1);
		for (; *pages < want * 256; ++*pages)
			memset(sbrk(4096), 1, 4096);
		_exit(0);
	}
	wait(&status);
	printf("the child touched %ld of %ld MiB: %s %d\n", *pages / 256, want,
	       WIFSIGNALED(status) ? "killed by signal" : "exit status",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	printf("after: %s: oom_kill %ld\n", events, number(events, "oom_kill "));
	printf("peak: %s: %ld\n", files[version].peak, number(files[version].peak, ""));
	return chdir("..") || rmdir(name);
}
