/* step9-mount.c - a file system that only I have
 *
 *   ./step9-mount DIR    try as an ordinary user: unshare -r ./step9-mount DIR
 *
 * New in this step: CLONE_NEWNS, the oldest kind, hence the short name.  A new
 * mount namespace begins with a copy of the caller's list of mounts; what is
 * mounted in it from then on is in its list alone, if the mounts are private.
 * The files themselves are no copies: a write to the others is seen by all.
 * See mount_namespaces(7), mount(2), /proc/PID/mountinfo in proc(5). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

/* How many mounts there are, and what is in DIR */
static void show(const char *where, const char *dir)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char link[64] = "";
	int c, lines = 0, fd = open(dir, O_PATH | O_DIRECTORY);

	if (!mounts || readlink("/proc/self/ns/mnt", link, sizeof(link) - 1) == -1)
		err(1, "/proc/self");
	while ((c = getc(mounts)) != EOF)
		lines += c == '\n';
	fclose(mounts);
	printf("%-8s %s has %d mounts, and DIR/secret: %s\n", where, link, lines,
	       faccessat(fd, "secret", F_OK, 0) == 0 ? "it is there" : strerror(errno));
	close(fd);
	fflush(stdout);
}

static int inside(const char *dir, int ready, int stay)
{
	int fd;
	char byte;

	if (unshare(CLONE_NEWNS) == -1) {
		warn("new mount namespace");
		return errno == EINVAL ? 77 : 1;
	}
	/* What this line is for is the next step. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		err(1, "make all mounts private");
	show("inside:", dir);
	if (mount("step9", dir, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k") == -1)
		err(1, "mount on %s", dir);
	fd = openat(open(dir, O_PATH | O_CLOEXEC), "secret", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		err(1, "%s/secret", dir);
	close(fd);
	show("inside:", dir);
	/* The other looks while we are still here. */
	return write(ready, "R", 1) == 1 && read(stay, &byte, 1) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	int ready[2], stay[2], status;
	char byte;
	pid_t pid;

	if (argc != 2 || argv[1][0] == '\0') {
		fprintf(stderr, "usage: step9-mount DIR\n");
		return 2;
	}
	if (pipe(ready) == -1 || pipe(stay) == -1)
		err(1, "pipe");
	pid = fork();
	if (pid == -1)
		err(1, "fork");
	if (pid == 0) {
		close(stay[1]);
		return inside(argv[1], ready[1], stay[0]);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) == 1)
		show("outside:", argv[1]);
	close(stay[1]);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
