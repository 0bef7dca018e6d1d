/* step19-hide.c - the attack of step 18, stopped
 *
 *   ./step19-hide PID     try as an ordinary user: unshare -r ./step19-hide PID
 *
 * New in this step: CLONE_NEWNS, mounts that propagate nowhere, and in the new
 * mount namespace a /proc of the new PID namespace.  The order matters: were
 * the mounts still shared, the new /proc would appear outside as well.
 * See mount_namespaces(7), mount(2), proc(5). */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t parse_pid(const char *text)
{
	char *end;
	long pid = strtol(text, &end, 10);

	return isdigit((unsigned char)*text) && *end == '\0' && pid <= INT_MAX ? pid : 0;
}

/* Returns 0 if the secret is seen. */
static int look(pid_t pid)
{
	char path[64];
	int fd;

	printf("inside: I am PID %d; kill(%d, 0): %s\n", getpid(), pid,
	       kill(pid, 0) == -1 ? strerror(errno) : "it is there");
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	printf("inside: %s: %s\n", path, fd == -1 ? strerror(errno) : "open");
	return fd == -1 ? 1 : 0;
}

static int inside(pid_t victim)
{
	char self[16] = "";

	/* PID 1 mounts it: a proc shows the PID namespace of who mounts it. */
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == -1) {
		if (errno == EPERM)
			errx(77, "a fresh /proc is refused: parts of the old one are masked here");
		err(1, "mount /proc");
	}
	if (readlink("/proc/self", self, sizeof(self) - 1) == -1)
		err(1, "/proc/self");
	printf("inside: /proc/self is %s\n", self);
	return look(victim);
}

int main(int argc, char **argv)
{
	pid_t victim = argc == 2 ? parse_pid(argv[1]) : 0;
	int status;
	pid_t pid;

	if (victim < 1) {
		fprintf(stderr, "usage: step19-hide PID\n");
		return 2;
	}
	if (unshare(CLONE_NEWPID | CLONE_NEWNS) == -1) {
		if (errno == EINVAL)
			errx(77, "this kernel has no PID or no mount namespaces");
		err(1, "unshare");
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		err(1, "make all mounts private");
	pid = fork();
	if (pid == -1)
		err(1, "fork");
	if (pid == 0)
		return inside(victim);
	if (waitpid(pid, &status, 0) == -1)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
