/* reaper.c - --init: a PID 1 for commands that were not written to be one
 *
 * It is this program, executed once more as the container's user and under the
 * container's filter: as with any other COMMAND, execve(2) leaves nothing in it of
 * what skiff had in memory.
 */
#include <sys/signalfd.h>

#include "command.h"

char **reaper_prepare(const struct config *config, int *socket, struct failure *f)
{
	size_t count = 0;
	char **argv;

	while (config->command[count] != NULL)
		count++;
	argv = calloc(count + 2, sizeof(*argv));
	/* main.c has kept that number free. */
	if (argv == NULL || dup2(*socket, REAPER_SOCKET) < 0 || fcntl(REAPER_SOCKET, F_SETFD, 0) < 0)
		return fail(f, errno, "--init"), NULL;
	if (*socket != REAPER_SOCKET)
		close(*socket);
	*socket = REAPER_SOCKET;
	argv[0] = "init";
	memcpy(argv + 1, config->command, count * sizeof(*argv));
	return argv;
}

void reaper_exec(int self, char *const *argv, struct failure *f)
{
	char path[32];

	syscall(SYS_execveat, self, "", argv, environ, AT_EMPTY_PATH);
	/* A profile may know execve(2) only. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self);
	execve(path, argv, environ);
	fail(f, errno, "--init: executing skiff's own init");
}

/* begin - COMMAND, which runs only when this process has nothing of skiff's any more:
 * who comes to run in the container must find none in /proc/1/fd */
static pid_t begin(char *const *command, struct failure *f)
{
	int go[2];
	pid_t child;
	char byte;

	TRY(pipe2(go, O_CLOEXEC), "--init: a pipe");
	child = fork();
	if (child == 0) {
		close(go[1]);
		/* EOF is never permission. */
		if (read(go[0], &byte, 1) != 1)
			_exit(125);
		init_run(command, f);
		init_report(REAPER_SOCKET, f);
	}
	TRY(child, "--init: fork");
	close(REAPER_SOCKET);
	close(go[0]);
	if (write(go[1], "", 1) != 1) {
		dprintf(2, "skiff: --init: %s\n", strerror(errno));
		_exit(125);
	}
	close(go[1]);
	return child;
}

void reaper_run(char *const *command)
{
	struct signalfd_siginfo info;
	struct failure f = { 0 };
	int status, signals, result = -1;
	pid_t child = -1, pid;
	sigset_t all;

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NAME, "init");
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signals = signalfd(-1, &all, SFD_CLOEXEC);
	if (signals < 0 || fcntl(REAPER_SOCKET, F_SETFD, FD_CLOEXEC) < 0)
		fail(&f, errno, "--init: signals");
	if (f.status != 0 || (child = begin(command, &f)) < 0)
		init_report(REAPER_SOCKET, &f);
	while (result < 0) {
		if (read(signals, &info, sizeof(info)) == sizeof(info) && info.ssi_signo != SIGCHLD)
			kill(child, (int)info.ssi_signo);
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == child)
				result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	_exit(result);
}
