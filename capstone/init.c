/* init.c - the child's side of a container's birth, from clone3(2) to execve(2)
 *
 * The order is the point: each step takes away what the next does not need.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "skiff.h"

enum { SOCKET = 3 };            /* the one descriptor that is ours */

static void report(struct failure *f) __attribute__((noreturn));
static void report(struct failure *f)
{
	if (f->status == 0)     /* never to be taken for "ready" */
		fail(f, 0, "a step failed and did not say why");
	sync_send(SOCKET, f, -1);
	_exit(f->status);
}

/* await_go - with the descriptor that comes along.  A parent that is gone gave
 * no permission: there is nobody left to report to. */
static void await_go(int *fd)
{
	struct failure go;

	if (sync_receive(SOCKET, &go, fd) != 1 || go.status != 0)
		_exit(125);
}

/* Dying with the parent is lost at every change of ids (prctl(2)). */
static int die_with_parent(struct failure *f)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? fail(f, errno, "PR_SET_PDEATHSIG") : 0;
}

static void fresh_signals(void)
{
	sigset_t none;

	for (int n = 1; n < NSIG; n++)
		if (n != SIGKILL && n != SIGSTOP)
			signal(n, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* run - COMMAND, found in the container's PATH.  Returns only on failure. */
static void run(const struct config *config, struct failure *f)
{
	int err;

	fresh_signals();
	environ = (char **)(uintptr_t)config->env;
	execvp(config->command[0], config->command);
	err = errno;
	fail(f, err, "%s", config->command[0]);
	f->status = err == ENOENT ? 127 : 126;
}

/*
 * init - PID 1 with --init: COMMAND is its child; it reaps orphans, passes
 * signals on, and ends with COMMAND's status, which ends the rest.
 */
static void init(const struct config *config, struct failure *f)
{
	sigset_t all;
	int status, result = -1;
	pid_t child, pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	child = fork();
	if (child < 0) {
		fail(f, errno, "fork");
		return;
	}
	if (child == 0) {
		run(config, f);
		report(f);
	}
	close(SOCKET);
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

static int take_root_away(const struct config *config, struct failure *f)
{
	const char *workdir = config->workdir != NULL ? config->workdir : "/";
	char where[4096];

	if (config->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail(f, errno, "PR_SET_NO_NEW_PRIVS");
	if (config->no_new_privs && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return fail(f, 0, "no_new_privs is not in force");
	/* Without it, the filter must be loaded while we are still privileged. */
	if (!config->no_new_privs && seccomp_apply(config, f) < 0)
		return -1;
	if (capabilities_apply(config, f) < 0)
		return -1;
	/* As the user that COMMAND will be, so that no other's rights count;
	 * and after pivot_root, so that it leads nowhere else (CVE-2024-21626). */
	if (chdir(workdir) < 0)
		return fail(f, errno, "--workdir: %s", workdir);
	if (getcwd(where, sizeof(where)) == NULL || *where != '/')
		return fail(f, 0, "--workdir: %s: leads out of the container", workdir);
	return die_with_parent(f);
}

void init_main(const struct config *config, int socket)
{
	struct failure f = { 0 };
	int lower = -1;

	/* 1. No descriptor of the caller's gets any further: an open directory
	 * of the host is a way out (CVE-2016-9962, CVE-2024-21626). */
	if (dup3(socket, SOCKET, O_CLOEXEC) < 0 && socket != SOCKET)
		_exit(125);
	if (syscall(SYS_close_range, SOCKET + 1U, ~0U, 0U) < 0) {
		fail(&f, errno, "close_range");
		report(&f);
	}

	/* 2. Nothing before the parent has mapped our ids and placed us. */
	if (die_with_parent(&f) < 0)
		report(&f);
	await_go(&lower);

	/* 3. Root of the container, its namespaces, its root filesystem. */
	umask(022);
	if ((config->userns && userns_become_root(&f) < 0) || die_with_parent(&f) < 0 ||
	    namespaces_setup(config, &f) < 0 || overlay_enter(config, lower, &f) < 0)
		report(&f);

	/* 4. Less privilege, step by step. */
	if (take_root_away(config, &f) < 0)
		report(&f);

	/* 5. The last change of ids is behind us.  Tell the parent, and see
	 * that it is still there: from here on its death is ours. */
	if (sync_send(SOCKET, &f, -1) < 0)
		_exit(125);
	await_go(NULL);

	/* 6. Last before execve(2), so that the filter need not allow anything
	 * above.  PID 1 has it too: without, others could take it over through
	 * /proc/1/mem. */
	if (config->no_new_privs && seccomp_apply(config, &f) < 0)
		report(&f);
	if (config->init)
		init(config, &f);
	else
		run(config, &f);
	report(&f);
}
