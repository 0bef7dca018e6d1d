/* crowd.c - run a command while N others are there
 *
 *   crowd N IDLE [ARG...] ::: CMD [ARG...]
 *
 * Starts IDLE N times, waits until all are up, runs CMD, and lets them go.  An
 * IDLE writes one byte when it is up, and ends at the end of its input: should
 * this program be killed, they end by themselves.  Ends with CMD's status. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_CROWD = 1000, PATIENCE_S = 60 };

/* Mutable: a signal handler has nowhere else to look. */
static volatile pid_t running;  /* CMD, or 0 */

static void pass_on(int signo)
{
	(void)signo;
	if (running > 0)
		kill(running, SIGTERM);
}

static pid_t start(char **command, int in, int out, int errors)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, errors, 2);
	errno = posix_spawnp(&pid, command[0], &actions, NULL, command, environ);
	if (errno != 0)
		err(125, "%s", command[0]);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static int await_process(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(125, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = pass_on };
	int hold[2], ready[2], split = 2, status, words = memfd_create("words", MFD_CLOEXEC);
	pid_t crowd[MAX_CROWD];
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	char byte;

	while (split < argc && strcmp(argv[split], ":::") != 0)
		split++;
	if (split < 3 || split + 1 >= argc || count > MAX_CROWD) {
		fprintf(stderr, "usage: crowd N IDLE [ARG...] ::: CMD [ARG...]\n");
		return 2;
	}
	argv[split] = NULL;
	/* What N of them have to say is the same N times: nobody reads it.  Not /dev/null: a
	 * runtime gives its stderr to root of its container. */
	if (words < 0 || pipe2(hold, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0)
		err(125, "pipe");
	/* SIGALRM, unhandled, ends us, and with us those that did come up. */
	alarm(PATIENCE_S);
	for (unsigned long i = 0; i < count; i++)
		crowd[i] = start(argv + 2, hold[0], ready[1], words);
	close(ready[1]);
	for (unsigned long up = 0; up < count; up++)
		if (read(ready[0], &byte, 1) != 1)
			errx(125, "%s: only %lu of %lu came up", argv[2], up, count);
	alarm(0);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	running = start(argv + split + 1, STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO);
	status = await_process(running);
	running = 0;
	close(hold[1]);
	for (unsigned long i = 0; i < count; i++)
		await_process(crowd[i]);
	return status;
}
