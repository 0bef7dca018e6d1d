/* step27-meter.c - usage against limit, drawn while it happens
 *
 *   ./step27-meter LIMIT		MiB, 8 to 512; as root
 *
 * New in this step: nothing but a picture.  On a terminal one line is drawn again and
 * again, elsewhere a line for each eighth of the limit.  A child takes 1 MiB every
 * 30 ms until it is killed.  See memory in the kernel's admin-guide. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct { const char *limit, *swap, *usage, *events; } files[] = {
	[1] = { "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.usage_in_bytes", "memory.oom_control" },
	[2] = { "memory.max", "memory.swap.max", "memory.current", "memory.events" },
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

static void draw(long usage, long limit)
{
	static const char bar[] = "########################################";

	printf("%s|%-40.*s| %3ld of %ld MiB%s", isatty(STDOUT_FILENO) ? "\r" : "", (int)(usage * 40 / limit), bar,
	       usage >> 20, limit >> 20, isatty(STDOUT_FILENO) ? "" : "\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	long limit = argc == 2 ? atol(argv[1]) << 20 : 0, usage, drawn = -1;
	char name[] = "lab-meter.XXXXXX";
	int version, status;

	if (limit < 8 << 20 || limit > 512 << 20)
		errx(2, "usage: %s LIMIT	in MiB, 8 to 512", argv[0]);
	version = enter_group(name);
	if (put(files[version].limit, limit) || (put(files[version].swap, version == 1 ? limit : 0) && errno != ENOENT))
		err(1, "%s", files[version].limit);
	if (!fflush(stdout) && !fork()) {
		for (; !put("cgroup.procs", 0); usleep(30000))	/* 0: the writer itself */
			memset(sbrk(1 << 20), 1, 1 << 20);
		_exit(1);
	}
	while (!waitpid(-1, &status, WNOHANG)) {
		usage = number(files[version].usage, "");
		if (isatty(STDOUT_FILENO) || usage * 8 / limit != drawn)
			draw(usage, limit);
		drawn = usage * 8 / limit;
		usleep(10000);
	}
	printf("%skilled by signal %d; oom_kill %ld\n", isatty(STDOUT_FILENO) ? "\n" : "", WTERMSIG(status),
	       number(files[version].events, "oom_kill "));
	return chdir("..") || rmdir(name);
}
