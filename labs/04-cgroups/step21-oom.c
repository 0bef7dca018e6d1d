/* step21-oom.c - to be told that a group has run out of memory
 *
 *   ./step21-oom LIMIT		MiB, at most 512; as root
 *
 * New in this step: memory.events wakes poll(2) like cgroup.events (v2).  On v1 an
 * eventfd(2) is registered in cgroup.event_control.  See cgroups(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct { const char *limit, *swap, *events; } files[] = {
	[1] = { "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.oom_control" },
	[2] = { "memory.max", "memory.swap.max", "memory.events" },
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
	long limit = argc == 2 ? atol(argv[1]) : 0;
	struct pollfd wait_for = { .events = POLLPRI };
	char name[] = "lab-oom.XXXXXX", text[512];
	int version, fd, control, status;

	if (limit < 1 || limit > 512)
		errx(2, "usage: %s LIMIT	in MiB, at most 512", argv[0]);
	version = enter_group(name);
	if (put(files[version].limit, limit << 20) ||
	    (put(files[version].swap, version == 1 ? limit << 20 : 0) && errno != ENOENT))
		err(1, "%s", files[version].limit);
	fd = wait_for.fd = open(files[version].events, O_RDONLY | O_CLOEXEC);
	if (pread(fd, text, sizeof(text), 0) < 0)	/* old news from here on */
		err(1, "%s", files[version].events);
	if (version == 1) {
		wait_for = (struct pollfd){ .fd = eventfd(0, EFD_CLOEXEC), .events = POLLIN };
		control = open("cgroup.event_control", O_WRONLY | O_CLOEXEC);
		if (control < 0 || dprintf(control, "%d %d", wait_for.fd, fd) < 0)
			err(1, "cgroup.event_control");
	}
	if (!fflush(stdout) && !fork()) {
		while (!put("cgroup.procs", 0))	/* 0: the writer itself */
			memset(sbrk(65536), 1, 65536);
		_exit(1);
	}
	if (poll(&wait_for, 1, 10000) != 1)
		errx(1, "%s: ten seconds, and no event", files[version].events);
	printf("woken by %s\n", version == 1 ? "an eventfd" : files[version].events);
	wait(&status);
	printf("the child: killed by signal %d; oom_kill %ld\n", WTERMSIG(status), number(files[version].events, "oom_kill "));
	return chdir("..") || rmdir(name);
}
