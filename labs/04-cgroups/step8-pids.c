/* step8-pids.c - a fork loop runs into pids.max
 *
 *   ./step8-pids LIMIT		at most 500; as root
 *
 * New in this step: pids.max bounds the tasks of a group, fork(2) then fails
 * with EAGAIN, and pids.events counts the refusals.  The same names on v1 and
 * v2.  See fork(2), clone(2), and pids in the kernel's admin-guide. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int put(const char *file, long value)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	return fd < 0 || dprintf(fd, "%ld", value) < 0 || close(fd) ? -1 : 0;
}

/* Make a group at the root of the hierarchy with the pids controller, v1 or
 * v2, and go there. */
static void enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char *dir = NULL;
	struct mntent *m;
	int version = 0;

	while (mounts && version != 1 && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, "cgroup2") || hasmntopt(m, "pids")) {
			version = strcmp(m->mnt_type, "cgroup2") ? 1 : 2;
			dir = strdup(m->mnt_dir);
		}
	if (!dir || chdir(dir))
		errx(77, "no cgroup hierarchy is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", dir, name);
	if (access("pids.max", F_OK) && !chdir("..") && !rmdir(name))
		errx(77, "%s/cgroup.subtree_control does not name pids", dir);
	printf("group: %s/%s (v%d)\n", dir, name, version);
}

static void print_file(const char *file)
{
	char line[128] = "-\n";
	FILE *f = fopen(file, "re");

	if (f && fgets(line, sizeof(line), f))	/* fits: a number */
		fclose(f);
	printf("%s: %s", file, line);
}

/* Fork children that only wait, until the kernel refuses; then end them all. */
static void __attribute__((noreturn)) fork_loop(void)
{
	pid_t children[500];
	int n = 0;

	if (put("cgroup.procs", 0))	/* 0: the writer itself */
		_exit(1);
	while (n < 500 && (children[n] = fork()) > 0)
		n++;
	while (n < 500 && !children[n])
		pause();
	printf("%d forks, then: %s\n", n, strerror(errno));
	print_file("pids.current");
	print_file("pids.max");
	print_file("pids.events");
	while (n-- > 0) {
		kill(children[n], SIGKILL);
		waitpid(children[n], NULL, 0);
	}
	exit(0);
}

int main(int argc, char **argv)
{
	long limit = argc == 2 ? atol(argv[1]) : 0;
	char name[] = "lab-pids.XXXXXX";

	if (limit < 1 || limit > 500)
		errx(2, "usage: %s LIMIT	1 to 500", argv[0]);
	enter_group(name);
	if (put("pids.max", limit))
		err(1, "pids.max");
	fflush(stdout);
	if (!fork())
		fork_loop();
	wait(NULL);
	print_file("pids.current");
	return chdir("..") || rmdir(name);
}
