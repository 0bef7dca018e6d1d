/* join.c - `skiff exec`: a process more in a container that is there */
#include <linux/sched.h>
#include <poll.h>

#include "command.h"

static int enter(const struct config *config, int target, struct failure *f)
{
	/* All at once: from the first on we are in the container's power. */
	TRY(setns(target, (int)config->security.namespaces), "entering the container's namespaces");
	close(target);
	return 0;
}

void join_clone(uint64_t namespaces, int born, int socket)
{
	/* To be the parent's own child, as this process is. */
	struct clone_args args = {
		.flags = CLONE_PARENT | CLONE_PIDFD | namespaces | (born >= 0 ? CLONE_INTO_CGROUP : 0),
		.cgroup = born >= 0 ? (uint64_t)born : 0,
	};
	struct failure f = { 0 };
	int pidfd = -1;
	pid_t pid;

	args.pidfd = (uintptr_t)&pidfd;
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	/* A filter cannot look at the flags of clone3(2); at those of clone(2) it can. */
	if (pid < 0 && (errno == ENOSYS || errno == EPERM) && namespaces == 0 && born < 0)
		pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | CLONE_PIDFD | SIGCHLD, NULL, &pidfd, NULL, 0UL);
	if (pid == 0)
		return;
	if (pid < 0) {
		fail(&f, errno, "clone3");
		init_report(socket, &f);
	}
	snprintf(f.text, sizeof(f.text), "%d", (int)pid);
	_exit(sync_send(socket, &f, pidfd) < 0 ? 125 : 0);
}

/*
 * join - a helper enters the container, but for its pid namespace, which only a child of
 * its can be born into (setns(2)).  So those inside never see a process that may more
 * than they may: the helper has put away every right before it has that child.  Where
 * the container has the host's user namespace, its root may trace whatever it sees,
 * dumpable or not: there the filter comes before the child, too.
 */
static void join(struct config *config, const struct record *record, int target, int socket)
{
	/* Without no_new_privs init_prepare loads it, while the helper is privileged. */
	const bool early = !(config->security.namespaces & CLONE_NEWUSER) && config->security.no_new_privs;
	struct failure f = { 0 };
	char first[16];
	int master = -1;

	if (oom_expose(&f) < 0)
		init_report(socket, &f);
	limits_prepare(&config->security);
	/* Of its /proc we may believe nothing once we are in there. */
	snprintf(first, sizeof(first), "%d", (int)record->pid);
	const bool denied = groups_denied(first);
	/* Those inside must not get hold of a process that is half way in
	 * (CVE-2016-9962), nor read what it was called with. */
	init_hide(config);
	init_await(socket);
	umask(022);
	if (cgroup_enter(&record->cgroup, false, &f) < 0 || enter(config, target, &f) < 0 ||
	    groups_drop(&denied, &f) < 0 ||
	    ((config->security.namespaces & CLONE_NEWUSER) && userns_become_root(&f) < 0) ||
	    (master = init_prepare(config, &f)) < 0 ||
	    (early && seccomp_apply(&config->security, &f) < 0))
		init_report(socket, &f);
	if (early)
		config->security.filter_len = 0;        /* it is loaded */
	join_clone(0, -1, socket);
	/* A fork loses it (prctl(2)); and the helper led another session. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || setsid() < 0) {
		fail(&f, errno, "a session of its own");
		init_report(socket, &f);
	}
	init_await(socket);     /* until the parent and its keeper know of us */
	init_become(config, master, socket);
}

/* child_of - the number of the process behind PIDFD, which must be a child of this
 * process.  Returns 0 for what is none. */
static pid_t child_of(int pidfd)
{
	char text[1024], *line = NULL;
	siginfo_t info;

	if (file_read(text, sizeof(text), "/proc/self/fdinfo/%d", pidfd) == 0)
		line = strstr(text, "\nPid:");
	if (line == NULL || waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return 0;
	return (pid_t)strtol(line + 5, NULL, 10);
}

/* heard_of - the process that the helper has made, when the helper is gone: what
 * it said is there by then or never, and its child says nothing before it may.  The
 * helper was in the container: it is the kernel that says which process that is. */
static int heard_of(const struct config *config, struct container *c, pid_t helper, struct failure *f)
{
	struct pollfd word = { .fd = c->socket, .events = POLLIN };
	struct failure said = { .status = 0 };

	if (sync_send(c->socket, &said, -1) < 0) {
		close(c->socket);       /* else the helper would wait */
		word.fd = -1;
	}
	while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	if (poll(&word, 1, 0) != 1 || sync_receive(c->socket, &said, &c->pidfd) != 1)
		fail(&said, 0, "%s: ended before COMMAND ran", config->name);
	c->pid = c->pidfd >= 0 ? child_of(c->pidfd) : 0;
	if (said.status == 0 && c->pidfd < 0)
		fail(&said, EMFILE, "%s", config->name);
	else if (said.status == 0 && c->pid <= 0)
		fail(&said, 0, "%s: its helper named a process that is no child of this one", config->name);
	if (said.status == 0)
		return 0;
	close(word.fd);         /* it goes no further */
	c->socket = -1;
	failure_copy(f, &said);
	return -1;
}

int container_join(struct config *config, struct container *c, struct failure *f)
{
	int pair[2], target;
	const struct record *record = record_open(config->name, &target, f);
	pid_t helper;

	if (record == NULL)
		return -1;
	config->security = record->security;
	config->security.filter = record->filter;
	if (config->user_asked) {
		config->security.uid = config->uid;
		config->security.gid = config->gid;
	}
	config->hostname = record->hostname;
	if (environment_fill(config) < 0)
		return fail(f, 0, "too many environment variables");
	PASS(c->keeper = keeper_start(&c->keeper_pid, f));
	PASS(terminal_note(config, c, f));
	TRY(SYNC_PAIR(pair), "socketpair");
	helper = fork();
	if (helper == 0) {
		close(pair[0]);
		container_forget(c);
		join(config, record, target, pair[1]);
	}
	close(pair[1]);
	c->socket = pair[0];
	TRY(helper, "fork");
	PASS(heard_of(config, c, helper, f));
	PASS(keeper_note(c, NOTE_PROCESS, &c->pid, sizeof(c->pid), c->pidfd, f));
	TRY(sync_send(c->socket, &(struct failure){ .status = 0 }, -1), "sending go");
	return 0;
}
