/* step11-cpuset.c - which CPUs, not how much of them
 *
 *   ./step11-cpuset		as root, where there are two CPUs
 *
 * New in this step: cpuset.cpus.  Who is in the group runs only there, and
 * sched_setaffinity(2) no longer gets them out.  v1 lets nobody into a group
 * before it has CPUs and memory nodes.  See cpuset(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	return fd < 0 || dprintf(fd, "%s", text) < 0 || close(fd) ? -1 : 0;
}

/* Make a group where the cpuset controller is, and go there; the version. */
static int enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int version = 0;

	while (mounts && version != 1 && (m = getmntent(mounts)))
		if ((!strcmp(m->mnt_type, "cgroup2") || hasmntopt(m, "cpuset")) && !chdir(m->mnt_dir))
			version = strcmp(m->mnt_type, "cgroup2") ? 1 : 2;
	if (!version)
		errx(77, "no cgroup hierarchy is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", get_current_dir_name(), name);
	printf("group: %s (v%d)\n", get_current_dir_name(), version);
	if (access("cpuset.cpus", F_OK) && !chdir("..") && !rmdir(name))
		errx(77, "%s/cgroup.subtree_control does not name cpuset", get_current_dir_name());
	return version;
}

/* Where may this process run?  And does it get CPU if it asks for that? */
static void look(const char *when, int cpu)
{
	char *line = NULL;
	cpu_set_t set;
	FILE *f = fopen("/proc/self/status", "re");

	for (size_t size = 0; f && getline(&line, &size, f) > 0 && strncmp(line, "Cpus_allowed_list:", 18);)
		;
	if (!f || fclose(f))
		err(1, "/proc/self/status");
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	errno = 0;
	sched_setaffinity(0, sizeof(set), &set);
	printf("%-8s CPUs %s          CPU %d, please: %s\n", when, strtok(line + 18, "\t\n"), cpu, strerror(errno));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char name[] = "lab-cpuset.XXXXXX", text[32];
	cpu_set_t all;
	int one = 0, other, version;

	if (argc != 1)
		errx(2, "usage: %s", argv[0]);
	if (sched_getaffinity(0, sizeof(all), &all))
		err(1, "sched_getaffinity");
	while (!CPU_ISSET(one, &all))
		one++;
	if (CPU_COUNT(&all) < 2)
		errx(77, "only CPU %d is for us", one);
	for (other = one + 1; !CPU_ISSET(other, &all); other++)
		;
	version = enter_group(name);
	if (version == 1) {
		printf("v1, empty cpuset.cpus, cgroup.procs: %s\n", put("cgroup.procs", "0") ? strerror(errno) : "moved");
		if (put("cpuset.mems", "0"))
			err(1, "cpuset.mems");
	}
	snprintf(text, sizeof(text), "%d", one);
	if (put("cpuset.cpus", text))
		err(1, "cpuset.cpus: %s", text);
	fflush(stdout);
	if (!fork()) {
		look("outside:", other);
		if (put("cgroup.procs", "0"))	/* 0: the writer itself */
			err(1, "cgroup.procs");
		look("inside:", other);
		_exit(0);
	}
	wait(NULL);
	return chdir("..") || rmdir(name);
}
