/* step16-tree.c - a child group cannot have more than its parent
 *
 *   ./step16-tree PARENT CHILD	tasks, 1 to 500; as root
 *
 * New in this step: a group in a group.  The child's limit may be written as one
 * likes; what holds is the smallest on the way up, and the parent's is shared by
 * all below.  The same on v1 and v2.  See cgroups(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	return fd < 0 || dprintf(fd, "%s", text) < 0 || close(fd) ? -1 : 0;
}

/* Make a group where the pids controller is, and go there; the version. */
static int enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int version = 0;

	while (mounts && version != 1 && (m = getmntent(mounts)))
		if ((!strcmp(m->mnt_type, "cgroup2") || hasmntopt(m, "pids")) && !chdir(m->mnt_dir))
			version = strcmp(m->mnt_type, "cgroup2") ? 1 : 2;
	if (!version)
		errx(77, "no cgroup hierarchy is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", get_current_dir_name(), name);
	printf("group: %s (v%d)\n", get_current_dir_name(), version);
	if (access("pids.max", F_OK) && !chdir("..") && !rmdir(name))
		errx(77, "%s/cgroup.subtree_control does not name pids", get_current_dir_name());
	return version;
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

	if (put("child/cgroup.procs", "0"))	/* 0: the writer itself */
		err(1, "child/cgroup.procs");
	while (n < 500 && (children[n] = fork()) > 0)
		n++;
	while (n < 500 && !children[n])
		pause();
	printf("%d forks in the child, then: %s\n", n, strerror(errno));
	print_file("pids.current");
	print_file("child/pids.current");
	while (n-- > 0) {
		kill(children[n], SIGKILL);
		waitpid(children[n], NULL, 0);
	}
	exit(0);
}

int main(int argc, char **argv)
{
	int parent = argc == 3 ? atoi(argv[1]) : 0, child = argc == 3 ? atoi(argv[2]) : 0;
	char name[] = "lab-tree.XXXXXX";

	if (parent < 1 || parent > 500 || child < 1 || child > 500)
		errx(2, "usage: %s PARENT CHILD	1 to 500", argv[0]);
	if (enter_group(name) == 2 && put("cgroup.subtree_control", "+pids"))
		err(1, "cgroup.subtree_control");
	if (put("pids.max", argv[1]) || mkdir("child", 0755) || put("child/pids.max", argv[2]))
		err(1, "pids.max");
	print_file("pids.max");
	print_file("child/pids.max");
	fflush(stdout);
	if (!fork())
		fork_loop();
	wait(NULL);
	return rmdir("child") || chdir("..") || rmdir(name);
}
