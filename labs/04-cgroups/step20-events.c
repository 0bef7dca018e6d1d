/* step20-events.c - to be told when a group becomes empty, or stands still
 *
 *   ./step20-events		as root
 *
 * New in this step: poll(2) on cgroup.events (v2).  It wakes with POLLPRI when the
 * file changes; nobody has to look again and again.  inotify(7) works as well.
 * See cgroups(7). */
#include <err.h>
#include <fcntl.h>
#include <mntent.h>
#include <poll.h>
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

/* Sleep until cgroup.events, open as FD, has changed to WANTED. */
static void wait_for(const char *act, int fd, const char *wanted)
{
	struct pollfd file = { .fd = fd, .events = POLLPRI };
	char text[256] = "";
	int woken = 0;

	for (; !strstr(text, wanted); woken++)
		if (poll(&file, 1, 5000) != 1 || pread(fd, text, sizeof(text) - 1, 0) < 0)
			errx(1, "cgroup.events: five seconds, and no %s", wanted);
	printf("%-20s %s, woken %d\n", act, wanted, woken);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char name[] = "lab-events.XXXXXX", text[256];
	pid_t pid;
	int fd;

	if (argc != 1)
		errx(2, "usage: %s", argv[0]);
	enter_group(name);
	fd = open("cgroup.events", O_RDONLY | O_CLOEXEC);
	pid = fork();
	while (!pid)
		pause();
	/* What has been read is old news: only a change after it wakes. */
	if (fd < 0 || pid < 0 || pread(fd, text, sizeof(text), 0) < 0)
		err(1, "cgroup.events");
	put("cgroup.procs", pid);
	wait_for("a process moves in:", fd, "populated 1");
	if (!put("cgroup.freeze", 1))
		wait_for("freeze:", fd, "frozen 1");
	if (!put("cgroup.freeze", 0))
		wait_for("thaw:", fd, "frozen 0");
	kill(pid, SIGKILL);
	wait_for("kill the process:", fd, "populated 0");
	waitpid(pid, NULL, 0);
	return chdir("..") || rmdir(name);
}
