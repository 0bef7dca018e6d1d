/* step18-threads.c - one process, two threads, two groups
 *
 *   ./step18-threads		as root
 *
 * New in this step: cgroup.type, cgroup.threads.  v2 moves whole processes; only in
 * a threaded subtree single threads.  See "thread mode" in cgroups(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Make a group in the v2 tree, and go there. */
static void enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;

	while (mounts && (m = getmntent(mounts)) && strcmp(m->mnt_type, "cgroup2"))
		;
	if (!mounts || !m || chdir(m->mnt_dir))
		errx(77, "no cgroup v2 tree is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", m->mnt_dir, name);
	printf("group: %s (v2)\n", get_current_dir_name());
}

/* Write TEXT to FILE, and tell how that went. */
static void try(const char *what, const char *text, const char *file)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	printf("%-11s > %-18s %s\n", what, file, fd < 0 || dprintf(fd, "%s", text) < 0 ? strerror(errno) : "ok");
	close(fd);
}

/* Print the first line of FILE with WORD in it, from there on. */
static void print(const char *who, const char *file, const char *word)
{
	char *line = NULL;
	FILE *f = fopen(file, "re");

	for (size_t size = 0; f && getline(&line, &size, f) > 0 && !strstr(line, word);)
		;
	printf("  %-9s %s", who, line && !fclose(f) && strstr(line, word) ? strstr(line, word) : "?\n");
}

static void *wait_forever(void *tid)
{
	for (*(volatile int *)tid = gettid(); ; )
		pause();
	return tid;
}

/* A process with two threads moves about. */
static void __attribute__((noreturn)) two_threads(const char *name)
{
	char second[16], look[64];
	pthread_t thread;
	int tid = 0;

	for (pthread_create(&thread, NULL, wait_forever, &tid); !*(volatile int *)&tid; )
		;
	snprintf(second, sizeof(second), "%d", tid);
	snprintf(look, sizeof(look), "/proc/self/task/%d/cgroup", tid);
	try("the process", "0", "cgroup.procs");
	try("thread 2", second, "t/cgroup.threads");
	try("thread 2", second, "t/cgroup.procs");
	print("thread 1:", "/proc/self/cgroup", name);
	print("thread 2:", look, name);
	try("the process", "0", "cgroup.procs");
	try("threaded", "threaded", "t/cgroup.type");
	print("parent:", "cgroup.type", "");
	print("t:", "t/cgroup.type", "");
	try("thread 2", second, "t/cgroup.threads");
	print("thread 1:", "/proc/self/cgroup", name);
	print("thread 2:", look, name);
	exit(0);
}

int main(int argc, char **argv)
{
	char name[] = "lab-threads.XXXXXX";

	if (argc != 1)
		errx(2, "usage: %s", argv[0]);
	enter_group(name);
	if (mkdir("t", 0755))
		err(1, "%s", name);
	if (!fflush(stdout) && !fork())
		two_threads(name);
	wait(NULL);
	return rmdir("t") || chdir("..") || rmdir(name);
}
