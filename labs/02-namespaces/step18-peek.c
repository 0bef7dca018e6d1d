/* step18-peek.c - attack: what a new PID namespace alone does not hide
 *
 *   ./step18-peek PID     try as an ordinary user: unshare -r ./step18-peek PID
 *
 * New in this step: nothing but CLONE_NEWPID, and it is not enough.  From inside
 * no system call can name process PID.  But /proc was mounted outside, shows
 * the PID namespace it was mounted in, and is still there.
 * See pid_namespaces(7), "/proc and PID namespaces". */
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
	char path[64], line[256];
	ssize_t length;
	int fd;

	printf("inside: I am PID %d; kill(%d, 0): %s\n", getpid(), pid,
	       kill(pid, 0) == -1 ? strerror(errno) : "it is there");
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd == -1 ? -1 : read(fd, line, sizeof(line) - 1);
	if (length == -1) {
		printf("inside: %s: %s\n", path, strerror(errno));
		return 1;
	}
	for (ssize_t i = 0; i < length; i++)
		if (line[i] == '\0')
			line[i] = ' ';
		else if (line[i] < ' ' || line[i] > '~')
			line[i] = '?';
	line[length] = '\0';
	printf("inside: %s: %s\n", path, line);
	return 0;
}

int main(int argc, char **argv)
{
	pid_t victim = argc == 2 ? parse_pid(argv[1]) : 0;
	int status;
	pid_t pid;

	if (victim < 1) {
		fprintf(stderr, "usage: step18-peek PID\n");
		return 2;
	}
	if (unshare(CLONE_NEWPID) == -1) {
		if (errno == EINVAL)
			errx(77, "this kernel has no PID namespaces");
		err(1, "unshare");
	}
	pid = fork();
	if (pid == -1)
		err(1, "fork");
	if (pid == 0)
		return look(victim);
	if (waitpid(pid, &status, 0) == -1)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
