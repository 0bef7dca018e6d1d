/* step7-swap.c - more memory than the limit: what does not fit is swapped out
 *
 *   ./step7-swap LIMIT SWAP WANT	MiB each, at most 512; as root, with swap on
 *
 * New in this step: swap has a limit of its own, memory.swap.max (v2); on v1
 * memory.memsw.limit_in_bytes limits the sum.  Needs a swap file or device.
 * See swapon(8), cgroups(7), memory in the kernel's admin-guide. */
#include <err.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct { const char *limit, *swap, *file, *key; } files[] = {
	[1] = { "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.stat", "swap " },
	[2] = { "memory.max", "memory.swap.max", "memory.swap.current", "" },
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
	if (access(files[version].swap, F_OK) && !chdir("..") && !rmdir(name))
		errx(77, "%s/cgroup.subtree_control does not name memory", get_current_dir_name());
	return version;
}

int main(int argc, char **argv)
{
	long limit = argc == 4 ? atol(argv[1]) : 0, swap = argc == 4 ? atol(argv[2]) : -1;
	long want = argc == 4 ? atol(argv[3]) : 0;
	int version, fd[2], pid;
	char name[] = "lab-swap.XXXXXX", byte;

	if (limit < 1 || limit > 512 || swap < 0 || swap > 512 || want < 1 || want > 512)
		errx(2, "usage: %s LIMIT SWAP WANT	in MiB, at most 512", argv[0]);
	if (number("/proc/swaps", "/") < 0)	/* a line for each, with its path */
		errx(77, "no swap is on here: see /proc/swaps, swapon(8)");
	version = enter_group(name);
	if (put(files[version].limit, limit << 20))
		err(1, "%s", files[version].limit);
	if (put(files[version].swap, (version == 1 ? limit + swap : swap) << 20))
		err(1, "%s", files[version].swap);
	fflush(stdout);
	if (pipe(fd) || (pid = fork()) < 0)
		err(1, "fork");
	if (!pid) {
		if (put("cgroup.procs", 0))	/* 0: the writer itself */
			_exit(1);
		memset(sbrk(want << 20), 1, (size_t)want << 20);
		_exit(write(fd[1], "t", 1) == 1 ? pause() : 1);
	}
	close(fd[1]);
	if (read(fd[0], &byte, 1) == 1)
		printf("the child has touched %ld MiB; %s: %s%ld MiB\n", want, files[version].file,
		       files[version].key, number(files[version].file, files[version].key) >> 20);
	else
		printf("the child was killed before it had %ld MiB\n", want);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return chdir("..") || rmdir(name);
}
