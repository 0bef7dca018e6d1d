/* step12-freeze.c - a group stands still, and does not notice
 *
 *   ./step12-freeze		as root
 *
 * New in this step: the freezer, cgroup.freeze on v2, freezer.state on v1.  It is
 * no signal: nobody can catch it.  v1 also keeps from dying.  See cgroups(7). */
#include <err.h>
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

static const struct { const char *file, *on, *off, *look, *frozen; } freezer[] = {
	[1] = { "freezer.state", "FROZEN", "THAWED", "freezer.state", "FROZEN" },
	[2] = { "cgroup.freeze", "1", "0", "cgroup.events", "frozen 1" },
};

static void put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "%s", text) < 0 || close(fd))
		err(1, "%s: %s", file, text);
}

/* Make a group where there is a freezer, and go there; the version. */
static int enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	char *dir = NULL;
	int version = 0;

	while (mounts && version != 1 && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, "cgroup2") || hasmntopt(m, "freezer")) {
			version = strcmp(m->mnt_type, "cgroup2") ? 1 : 2;
			dir = strdup(m->mnt_dir);
		}
	if (!dir)
		errx(77, "no cgroup hierarchy with a freezer is mounted here");
	if (chdir(dir) || !mkdtemp(name) || chdir(name))
		err(1, "%s/%s", dir, name);
	printf("group: %s/%s (v%d)\n", dir, name, version);
	return version;
}

/* Freeze, and wait until the kernel says that all stand still. */
static void freeze(int version)
{
	char text[256] = "";
	int fd;

	put(freezer[version].file, freezer[version].on);
	fd = open(freezer[version].look, O_RDONLY | O_CLOEXEC);
	while (!strstr(text, freezer[version].frozen))
		if (pread(fd, text, sizeof(text) - 1, 0) < 0)
			err(1, "%s", freezer[version].look);
}

/* Watch the child for a tenth of a second. */
static void watch(const char *when, pid_t pid, volatile long *count)
{
	long before = *count;

	nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	printf("%s: the child %s\n", when, waitpid(pid, NULL, WNOHANG) ? "is dead" :
	       *count == before ? "stands still" : "counts");
}

int main(int argc, char **argv)
{
	volatile long *count = mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
	char name[] = "lab-freeze.XXXXXX";
	int version, pid;

	if (argc != 1)
		errx(2, "usage: %s", argv[0]);
	version = enter_group(name);
	if ((pid = fork()) < 0)
		err(1, "fork");
	if (!pid)
		for (put("cgroup.procs", "0"); ; ++*count)
			;
	while (!*count && !waitpid(pid, NULL, WNOHANG))
		;
	watch("free", pid, count);
	freeze(version);
	watch(freezer[version].frozen, pid, count);
	kill(pid, SIGKILL);
	watch("and SIGKILL", pid, count);
	put(freezer[version].file, freezer[version].off);
	printf("thawed: the child %s\n", waitpid(pid, NULL, 0) ? "is dead" : "lives");	/* waits for it */
	return chdir("..") || rmdir(name);
}
