/* init.c - the child's side of a container's birth, from clone3(2) to execve(2)
 *
 * The order is the point: each step takes away what the next does not need.
 */

#include "command/command.h"

void init_report(int socket, struct failure *f)
{
	if (f->status == 0)     /* never to be taken for "ready" */
		fail(f, 0, "a step failed and did not say why");
	sync_send(socket, f, -1);
	_exit(f->status);
}

void init_hide(const struct config *config)
{
	memset(config->arguments, 0, config->arguments_size);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void init_await(int socket)
{
	struct failure go;

	if (sync_receive(socket, &go, NULL) != 1 || go.status != 0)
		_exit(125);
}

/* The part of a struct cgroup that is in use. */
static size_t cgroup_size(const struct cgroup *group)
{
	return offsetof(struct cgroup, dir) + (size_t)group->count * sizeof(group->dir[0]);
}

int init_go(const struct container *c)
{
	const struct failure go = { .status = 0 };
	const struct cgroup *group = &c->left.cgroup;

	return sync_send_bytes(c->socket, group, cgroup_size(group), -1) < 0 ? -1 : sync_send(c->socket, &go, -1);
}

/* await_groups - the limits may be made after our birth, so our copy is old.  Without
 * news of them nothing runs. */
static void await_groups(int socket, struct cgroup *group)
{
	int fd;
	ssize_t n = sync_receive_bytes(socket, group, sizeof(*group), &fd);

	if (n < (ssize_t)offsetof(struct cgroup, dir) || group->count < 0 || group->count > CGROUP_HIERARCHIES ||
	    (size_t)n != cgroup_size(group))
		_exit(125);
}

/* standard_streams - a terminal of the container's own, or pipes towards skiff and
 * /dev/null.  Returns the terminal's master, 0 for none, -1. */
static int standard_streams(const struct config *config, struct failure *f)
{
	if (config->terminal)
		return terminal_new(config->security.uid, f);
	return streams_enter(config->streams, f);
}

static int take_root_away(const struct config *config, struct failure *f)
{
	const char *workdir = config->workdir != NULL ? config->workdir : "/";
	char where[4096];

	/* TODO 17: in the one order in which each step is still allowed: the limits
	 * (--ulimit); no_new_privs, and look that it is set, or, without it, the
	 * filter at once; the capabilities and ids; the working directory, which
	 * must not lead out; every descriptor above 2 closed at execve; the death
	 * signal. See setrlimit(2), prctl(2), getcwd(3), close_range(2) */
	/* BEGIN SOLUTION */
	for (int i = 0; i < config->security.limit_count; i++)
		TRY(setrlimit(config->security.limits[i].resource, &config->security.limits[i].limit), "--ulimit");
	if (config->security.no_new_privs) {
		TRY(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
		if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
			return fail(f, 0, "no_new_privs is not in force");
	} else {
		/* Without it, the filter must be loaded while we are still privileged. */
		PASS(seccomp_apply(&config->security, f));
	}
	PASS(capabilities_apply(&config->security, f));
	/* As the user that COMMAND will be, so that no other's rights count;
	 * and after pivot_root, so that it leads nowhere else (CVE-2024-21626). */
	TRY(chdir(workdir), "--workdir: %s", workdir);
	if (getcwd(where, sizeof(where)) == NULL || *where != '/')
		return fail(f, 0, "--workdir: %s: leads out of the container", workdir);
	/* No descriptor of the host's gets any further: an open directory is a
	 * way out (CVE-2016-9962, CVE-2024-21626). */
	TRY(syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */), "close_range");
	/* Lost at every change of ids (prctl(2)), and this was the last. */
	TRY(prctl(PR_SET_PDEATHSIG, SIGKILL), "PR_SET_PDEATHSIG");
	return 0;
	/* END SOLUTION */
}

void init_run(char *const *command, struct failure *f)
{
	sigset_t none;
	int err;

	for (int n = 1; n < NSIG; n++)
		if (n != SIGKILL && n != SIGSTOP)
			signal(n, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(command[0], command);
	err = errno;
	fail(f, err, "%s", command[0]);
	f->status = err == ENOENT ? 127 : 126;
}

int init_prepare(const struct config *config, struct failure *f)
{
	int master;

	PASS(session_new(f));
	PASS(master = standard_streams(config, f));
	PASS(take_root_away(config, f));
	return master;
}

void init_become(const struct config *config, int master, int socket)
{
	char *const *command = config->command;
	struct failure f = { 0 };

	if ((config->terminal && terminal_take(&f) < 0) ||
	    (config->init && (command = reaper_prepare(config, &socket, &f)) == NULL))
		init_report(socket, &f);
	/* The record is shown, before COMMAND can tell anybody that it runs. */
	if (!config->join)
		init_await(socket);
	/* Ready.  A parent that is gone since is one that the keeper knows of. */
	if (sync_send(socket, &f, master > 0 ? master : -1) < 0)
		_exit(125);
	/* Last before execve(2), so that the filter need not allow anything
	 * above.  PID 1 has it too: without, others could take it over through
	 * /proc/1/mem. */
	if (config->security.no_new_privs && seccomp_apply(&config->security, &f) < 0)
		init_report(socket, &f);
	environ = (char **)(uintptr_t)config->env;
	if (config->init)
		reaper_exec(config->self, command, &f);
	else
		init_run(command, &f);
	init_report(socket, &f);
}

void init_main(struct config *config, struct container *c, int socket)
{
	struct failure f = { 0 };
	int master;

	/* It takes the kernel half a millisecond, in which the parent does its part. */
	if (config->network == NETWORK_NONE && unshare(CLONE_NEWNET) < 0)
		fail(&f, errno, "a network namespace (/proc/sys/user/max_net_namespaces)");
	umask(022);
	/* Before init_hide: then the file is not ours to write any more. */
	if (f.status == 0)
		oom_expose(&f);
	/* Nothing before the parent has mapped our ids and placed us: whoever is no root
	 * must find us dumpable for that (user_namespaces(7)). */
	await_groups(socket, &c->left.cgroup);
	init_await(socket);
	init_hide(config);
	/* First into the limits, as the user who made them. */
	if (f.status != 0 || cgroup_enter(&c->left.cgroup, true, &f) < 0 || groups_drop(NULL, &f) < 0 ||
	    ((config->security.namespaces & CLONE_NEWUSER) && userns_become_root(&f) < 0) ||
	    namespaces_setup(config, &f) < 0 || overlay_enter(config, &c->left, &f) < 0)
		init_report(socket, &f);
	/* Settled: the parent shows the record to others while we go on. */
	if (sync_send(socket, &f, -1) < 0)
		_exit(125);
	if ((master = init_prepare(config, &f)) < 0)
		init_report(socket, &f);
	init_become(config, master, socket);
}

