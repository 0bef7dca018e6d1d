/* payload-monitor.c - what podman's conmon and containerd's shim do, at its shortest
 *
 *   payload-monitor RUNTIME ROOT BUNDLE ID
 *
 * create, start, wait, delete.  A runtime has ended long before its container does; the
 * container's first process is then the child of the nearest subreaper above, and that
 * is this program.  Exit status: the container's, or that of the call that failed.
 * See PR_SET_CHILD_SUBREAPER in prctl(2). */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t container;

static void pass_on(int signo)
{
	if (container > 0)
		kill(container, signo);
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(125, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int call(char **argv)
{
	pid_t pid;

	errno = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);
	if (errno != 0)
		err(125, "%s", argv[0]);
	return wait_for(pid);
}

int main(int argc, char **argv)
{
	char file[4096];
	int status, pid = 0;
	FILE *f;

	if (argc != 5)
		errx(2, "usage: payload-monitor RUNTIME ROOT BUNDLE ID");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		err(125, "PR_SET_CHILD_SUBREAPER");
	if (snprintf(file, sizeof(file), "%s/monitor.pid", argv[3]) >= (int)sizeof(file))
		errx(2, "%s: a path that is too long", argv[3]);
	signal(SIGTERM, pass_on);
	signal(SIGINT, pass_on);
	status = call((char *[]){ argv[1], "--root", argv[2], "create", "--bundle", argv[3], "--pid-file", file, argv[4], NULL });
	if (status != 0)
		return status;
	f = fopen(file, "r");
	if (f == NULL || fscanf(f, "%d", &pid) != 1 || pid <= 1)
		errx(125, "%s: no pid in it", file);
	container = pid;
	fclose(f);
	status = call((char *[]){ argv[1], "--root", argv[2], "start", argv[4], NULL });
	if (status == 0)
		status = wait_for(pid);
	container = 0;
	call((char *[]){ argv[1], "--root", argv[2], "delete", "--force", argv[4], NULL });
	return status;
}
