/* hooks.c - other people's programs, at fixed points of a container's life */
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>

#include "oci.h"

/* finish - wait for it, TIMEOUT seconds at most (0: for ever; never more than 24 days) */
static int finish(pid_t pid, const char *path, json_int_t timeout, struct failure *f)
{
	CLOSED int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd end = { .fd = pidfd, .events = POLLIN };
	int status, ended = poll(&end, 1, timeout == 0 ? -1 : timeout < INT_MAX / 1000 ? (int)timeout * 1000 : INT_MAX);

	if (ended != 1)
		kill(pid, SIGKILL);
	TRY(waitpid(pid, &status, 0), "hooks: %s", path);
	if (ended != 1)
		return fail(f, 0, "hooks: %s: not done within %lld seconds", path, (long long)timeout);
	if (WIFSIGNALED(status))
		return fail(f, 0, "hooks: %s: killed by signal %d", path, WTERMSIG(status));
	return status == 0 ? 0 : fail(f, 0, "hooks: %s: exit status %d", path, WEXITSTATUS(status));
}

static int run_one(json_t *hook, const char *state, struct failure *f)
{
	json_t *args = NULL, *env = NULL;
	json_int_t timeout = 0;
	const char *path;
	char *alone[2] = { NULL }, **argv, **envp;
	posix_spawn_file_actions_t files;
	sigset_t none;
	posix_spawnattr_t how;
	pid_t pid;
	int err;

	PASS(json_take(hook, "hooks", f, "{s:s, s?o, s?o, s?I}", "path", &path, "args", &args, "env", &env, "timeout", &timeout));
	if ((argv = json_strings(args, "hooks.args", f)) == NULL || (envp = json_strings(env, "hooks.env", f)) == NULL)
		return -1;
	alone[0] = (char *)(uintptr_t)path;
	if (*path != '/')
		return fail(f, 0, "hooks: '%s' is not an absolute path", path);
	if (argv[0] == NULL)
		argv = alone;
	/* A file, not a pipe: one that does not read it stops nobody. */
	CLOSED int in = memfd_create("state", MFD_CLOEXEC);
	if (in < 0 || write(in, state, strlen(state)) != (ssize_t)strlen(state) || lseek(in, 0, SEEK_SET) < 0)
		return fail(f, errno, "hooks: %s", path);
	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, 0);
	/* Their words are not the container's. */
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&how);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK);
	err = posix_spawn(&pid, path, &files, &how, argv, envp);
	posix_spawn_file_actions_destroy(&files);
	return err == 0 ? finish(pid, path, timeout, f) : fail(f, err, "hooks: %s", path);
}

int hooks_run(json_t *config, const char *point, const char *state, struct failure *f)
{
	json_t *hook;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(config, "hooks"), point), i, hook) {
		PASS(run_one(hook, state, f));
	}
	return 0;
}
