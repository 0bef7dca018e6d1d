/* step5-reclaim.c - a file larger than the limit, and nobody dies
 *
 *   ./step5-reclaim LIMIT FILE	LIMIT in MiB; a FILE on a disk; as root
 *
 * New in this step: what can be had again from a disk is no reason to kill.  At
 * the limit the kernel first reclaims: pages of files go, and are read again
 * when needed.  See cgroups(7), memory in the kernel's admin-guide. */
#include <err.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct { const char *limit, *usage, *cache, *hits, *key, *events; } files[] = {
	[1] = { "memory.limit_in_bytes", "memory.usage_in_bytes", "cache ", "memory.failcnt", "", "memory.oom_control" },
	[2] = { "memory.max", "memory.current", "file ", "memory.events", "max ", "memory.events" },
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

/* Make a group at the root of the hierarchy with the memory controller, and
 * go there; the version. */
static int enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char *dir = NULL;
	struct mntent *m;
	int version = 0;

	while (mounts && version != 1 && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, "cgroup2") || hasmntopt(m, "memory")) {
			version = strcmp(m->mnt_type, "cgroup2") ? 1 : 2;
			dir = strdup(m->mnt_dir);
		}
	if (!dir || chdir(dir))
		errx(77, "no cgroup hierarchy is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", dir, name);
	if (access(files[version].limit, F_OK) && !chdir("..") && !rmdir(name))
		errx(77, "%s/cgroup.subtree_control does not name memory", dir);
	printf("group: %s/%s (v%d)\n", dir, name, version);
	return version;
}

int main(int argc, char **argv)
{
	long limit = argc == 3 ? atol(argv[1]) : 0;
	char name[] = "lab-reclaim.XXXXXX", page[4096];
	int version, status, fd;

	if (limit < 1 || limit > 256)
		errx(2, "usage: %s LIMIT FILE	LIMIT in MiB, at most 256", argv[0]);
	fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))	/* who reads it, pays for it */
		err(1, "%s", argv[2]);
	version = enter_group(name);
	if (put(files[version].limit, limit << 20))
		err(1, "%s", files[version].limit);
	fflush(stdout);
	if (!fork()) {
		for (status = put("cgroup.procs", 0); !status && read(fd, page, sizeof(page)) > 0; )
			;
		_exit(status ? 1 : 0);
	}
	wait(&status);
	printf("the child read %ld MiB: %s %d\n", (long)(lseek(fd, 0, SEEK_CUR) >> 20),
	       WIFSIGNALED(status) ? "killed by signal" : "exit status",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	printf("%s: %ld MiB, of it %s%ld MiB\n", files[version].usage, number(files[version].usage, "") >> 20,
	       files[version].cache, number("memory.stat", files[version].cache) >> 20);
	printf("%s: %s%ld\n", files[version].hits, files[version].key, number(files[version].hits, files[version].key));
	printf("%s: oom_kill %ld\n", files[version].events, number(files[version].events, "oom_kill "));
	return chdir("..") || rmdir(name);
}
