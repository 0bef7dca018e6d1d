/* reaper.c - --init: a PID 1 for commands that were not written to be one */

#include "command.h"

void reaper_run(const struct config *config, int socket, struct failure *f)
{
	char *end = program_invocation_name + strlen(program_invocation_name);
	int status, result = -1;
	pid_t child, pid;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	child = fork();
	if (child == 0 || child < 0) {
		if (child == 0)
			init_run(config, f);
		else
			fail(f, errno, "fork");
		init_report(socket, f);
	}
	syscall(SYS_close_range, 3U, ~0U, 0U);
	/* The command line of skiff is not for /proc/1/cmdline to tell. */
	for (char **entry = environ; *entry != NULL; entry++)
		end = *entry + strlen(*entry);
	memset(program_invocation_name, 0, (size_t)(end - program_invocation_name));
	prctl(PR_SET_NAME, "init");
	while (result < 0) {
		int signo = sigwaitinfo(&all, NULL);
		if (signo > 0 && signo != SIGCHLD)
			kill(child, signo);
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == child)
				result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	_exit(result);
}

