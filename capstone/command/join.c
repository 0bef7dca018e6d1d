/* join.c - `skiff exec`: a process more in a container that is there */
#include <linux/sched.h>
#include <poll.h>

#include "command.h"

static int enter(const struct config *config, int target, struct failure *f)
{
	/* All at once: from the first on we are in the container's power. */
	TRY(setns(target, (int)config->security.namespaces), "entering the container's namespaces");
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
	if (pid == 0)
		return;
	if (pid < 0) {
		fail(&f, errno, "clone3");
		init_report(socket, &f);
	}
	snprintf(f.text, sizeof(f.text), "%d", (int)pid);
	_exit(sync_send(socket, &f, pidfd) < 0 ? 125 : 0);
}

static void join(const struct config *config, const struct record *record, int target, int socket)
{
	struct failure f = { 0 };

	/* Those inside must not get hold of a process that is half way in
	 * (CVE-2016-9962): nobody may look into it until it runs COMMAND. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	init_await(socket);
	umask(022);
	if (cgroup_enter(&record->cgroup, false, &f) < 0 || enter(config, target, &f) < 0 ||
	    ((config->security.namespaces & CLONE_NEWUSER) && userns_become_root(&f) < 0))
		init_report(socket, &f);
	join_clone(0, -1, socket);
	init_await(socket);     /* until the parent and its keeper know of us */
	init_become(config, socket);
}

/* heard_of - the process that the helper has made, when the helper is gone: what
 * it said is there by then or never, and its child says nothing before it may */
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
	c->pid = c->pidfd >= 0 ? (pid_t)strtol(said.text, NULL, 10) : 0;
	if (said.status == 0 && c->pidfd < 0)
		fail(&said, EMFILE, "%s", config->name);
	if (said.status == 0)
		return 0;
	close(word.fd);         /* it goes no further */
	*f = said;
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
	PASS(c->keeper = keeper_start(c->record, &c->keeper_pid, f));
	TRY(SYNC_PAIR(pair), "socketpair");
	helper = fork();
	if (helper == 0) {
		close(pair[0]);
		close(c->keeper);
		join(config, record, target, pair[1]);
	}
	close(pair[1]);
	c->socket = pair[0];
	TRY(helper, "fork");
	PASS(heard_of(config, c, helper, f));
	TRY(sync_send(c->keeper, &(struct failure){ .status = 0 }, c->pidfd), "keeper");
	TRY(sync_send(c->socket, &(struct failure){ .status = 0 }, -1), "sending go");
	return 0;
}


