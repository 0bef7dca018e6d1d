/* step1-strict.c - the first seccomp: four system calls, and death for the rest
 *
 *   ./step1-strict
 *
 * A child enters strict mode.  What it has open it may still read and write;
 * then it tries to open a file.  The parent shows what the kernel knows.
 *
 * New in this step: PR_SET_SECCOMP, SECCOMP_MODE_STRICT.
 * See seccomp(2), prctl(2), proc_pid_status(5). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Raw write(2) and exit(2): stdio may ask for memory, and _exit(2) calls
 * exit_group, and strict mode allows neither. */
static void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) == -1)
		syscall(SYS_exit, 1);
}

static void child(int ready, int go)
{
	char byte = 0;
	int fd;

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == -1) {
		warn("strict mode cannot be entered here (already behind a filter?)");
		_exit(77);
	}
	say("child:  write to stdout, which is open: still allowed\n");
	/* In lockstep with the parent, by the two calls that are left. */
	if (write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 1)
		syscall(SYS_exit, 1);
	say("child:  now open /dev/null\n");
	fd = open("/dev/null", O_RDONLY);
	say("child:  this line never appears\n");
	syscall(SYS_exit, fd);
}

static void show_status(pid_t pid)
{
	char path[64], *line = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	if (!f)
		err(1, "%s", path);
	for (size_t size = 0; getline(&line, &size, f) > 0;)
		if (strncmp(line, "Seccomp:", 8) == 0)
			printf("parent: the child's status says %s", line);
	fclose(f);
}

int main(int argc, char **argv)
{
	int ready[2], go[2], status;
	char byte = 0;
	pid_t pid;

	if (argc != 1) {
		fprintf(stderr, "usage: %s\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);	/* two processes print: line by line */
	if (pipe(ready) == -1 || pipe(go) == -1)
		err(1, "pipe");
	pid = fork();
	if (pid == -1)
		err(1, "fork");
	if (pid == 0)
		child(ready[1], go[0]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) == 1) {
		show_status(pid);
		if (write(go[1], &byte, 1) != 1)
			err(1, "write");
	}
	if (waitpid(pid, &status, 0) == -1)
		err(1, "waitpid");
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	printf("parent: the child was killed by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
	return 0;
}
