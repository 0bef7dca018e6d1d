/* step10-weight.c - two groups want the same CPU
 *
 *   ./step10-weight A B		weights from 1 to 1000; as root
 *
 * New in this step: a weight is no limit.  It says how to divide what is too
 * little for all: cpu.weight on v2, cpu.shares (1024 stands for 100) on v1.
 * See cgroups(7), sched_setaffinity(2), cgroup-v2 in the kernel's admin-guide. */
#include <err.h>
#include <fcntl.h>
#include <mntent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	return fd < 0 || dprintf(fd, "%s", text) < 0 || close(fd) ? -1 : 0;
}

/* Make a group where the cpu controller is, and go there; the version. */
static int enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int version = 0;

	while (mounts && version != 1 && (m = getmntent(mounts)))
		if ((!strcmp(m->mnt_type, "cgroup2") || hasmntopt(m, "cpu")) && !chdir(m->mnt_dir))
			version = strcmp(m->mnt_type, "cgroup2") ? 1 : 2;
	if (!version)
		errx(77, "no cgroup hierarchy is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", get_current_dir_name(), name);
	printf("group: %s (v%d)\n", get_current_dir_name(), version);
	if (access(version == 1 ? "cpu.shares" : "cpu.max", F_OK) && !chdir("..") && !rmdir(name))
		errx(77, "%s/cgroup.subtree_control does not name cpu", get_current_dir_name());
	return version;
}

/* Be busy for a second in each of the groups NAMES; print who got what. */
static void race(const char *names, const cpu_set_t *one)
{
	char file[] = "?/cgroup.procs";
	struct rusage used;
	pid_t pids[2] = { 0 };

	for (int i = 0; (*file = names[i]); i++, waitpid(-1, NULL, WUNTRACED))
		if ((pids[i] = fork()) <= 0) {
			/* In this order: to enter a group may change the CPUs. */
			if (pids[i] < 0 || put(file, "0") || sched_setaffinity(0, sizeof(*one), one) || raise(SIGSTOP))
				_exit(1);
			for (alarm(1); ; )	/* the signal ends it */
				;
		}
	for (int i = 0; names[i]; i++)	/* all are there, and stopped: go */
		kill(pids[i], SIGCONT);
	for (int i = 0; names[i]; i++) {
		wait4(pids[i], NULL, 0, &used);
		printf("%s%c %ld ms%s", i ? ", " : names[1] ? "both:  " : "alone: ", names[i],
		       used.ru_utime.tv_sec * 1000 + used.ru_utime.tv_usec / 1000, names[i + 1] ? "" : "\n");
	}
}

static void set_weight(const char *group, int version, int weight)
{
	char text[32], file[32];

	snprintf(file, sizeof(file), "%s/cpu.%s", group, version == 1 ? "shares" : "weight");	/* fits: a, b */
	snprintf(text, sizeof(text), "%d", version == 1 ? weight * 1024 / 100 : weight);
	if (put(file, text))
		err(1, "%s: %s", file, text);
	printf("%s: %s\n", file, text);
}

int main(int argc, char **argv)
{
	int a = argc == 3 ? atoi(argv[1]) : 0, b = argc == 3 ? atoi(argv[2]) : 0, version;
	char name[] = "lab-weight.XXXXXX";
	cpu_set_t one;

	if (a < 1 || a > 1000 || b < 1 || b > 1000)
		errx(2, "usage: %s A B	weights from 1 to 1000", argv[0]);
	version = enter_group(name);
	if (mkdir("a", 0755) || mkdir("b", 0755) || (version == 2 && put("cgroup.subtree_control", "+cpu")))
		err(1, "%s", name);
	set_weight("a", version, a), set_weight("b", version, b);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	race("a", &one);
	race("ab", &one);
	return rmdir("a") || rmdir("b") || chdir("..") || rmdir(name);
}
