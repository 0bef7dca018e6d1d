/* container.c - the parent's side: a container from nothing to nothing */
#include <poll.h>
#include <sys/ioctl.h>

#include "command/command.h"

enum { SOCKET, PIDFD, SIGNALS, RELAYS, POLLED = RELAYS + STREAM_FDS };

void container_signal(const struct container *c, int signo)
{
	syscall(SYS_pidfd_send_signal, c->pidfd, signo, NULL, 0);
}

/* master_check - is what came with READY the terminal that was asked for, or nothing? */
static bool master_check(const struct config *config, int fd)
{
	unsigned number;

	return config->terminal ? fd >= 0 && ioctl(fd, TIOCGPTN, &number) == 0 : fd < 0;
}

/* start - READY: COMMAND is about to run */
static void start(const struct config *config, struct container *c, int master)
{
	c->ready = true;
	c->master = master;
	if (master >= 0)
		streams_terminal(c->streams, master, config->interactive);
	if (master >= 0 && config->interactive)
		terminal_raw(&c->left);
	terminal_resize(master);
}

/*
 * hear - a datagram from the child, or the end of its socket.  It says that it is
 * settled, then that it is ready, each once, or what failed; or execve(2) has closed
 * the socket.  Whatever else comes is not from code of ours, and ends the container.
 */
static void hear(const struct config *config, struct container *c, struct failure *f)
{
	const struct failure go = { .status = 0 };
	struct failure said;
	int fd, got = sync_receive(c->socket, &said, &fd);

	if (got == 1 && said.status == 0 && !c->settled && fd < 0) {
		c->settled = true;
		if (record_show(c, f) == 0 && sync_send(c->socket, &go, -1) < 0)
			fail(f, errno, "sending go");
		if (f->status != 0)
			container_signal(c, SIGKILL);
		return;
	}
	if (got == 1 && said.status == 0 && c->settled && !c->ready && master_check(config, fd)) {
		start(config, c, fd);
		return;
	}
	close(c->socket);
	c->socket = -1;
	if (got >= 0)
		close_fd(&fd);
	if (got == 1 && fd < 0 && said.status >= 125 && said.status <= 127)
		failure_copy(f, &said);
	else if (got != 0 && fail(f, got < 0 ? errno : EPROTO, "hearing from the container") < 0)
		container_signal(c, SIGKILL);
}

/* watch - until PID 1 is dead, and by the kernel's rule all of the container
 * with it.  Returns 0, or the signal that ended it. */
static int watch(const struct config *config, struct container *c, struct failure *f)
{
	struct pollfd fds[POLLED] = {
		[SIGNALS] = { .fd = c->signals, .events = POLLIN }, [PIDFD] = { .fd = c->pidfd, .events = POLLIN },
	};
	int ended_by = 0;

	streams_begin(c->streams);
	alarm((unsigned)config->timeout);
	for (bool dead = false; !dead || (ended_by == 0 && !streams_done(c->streams));) {
		fds[SOCKET].fd = c->socket;
		/* READY and the end of the socket are mostly heard together, of a terminal at once. */
		fds[SOCKET].events = config->terminal || !c->settled ? POLLIN : 0;
		streams_watch(c->streams, fds + RELAYS);
		if (delegate_poll(fds, POLLED, config->security.delegate ? &c->left.cgroup : NULL, c->pid) < 0 && errno != EINTR)
			return fail(f, errno, "poll");
		/* The child's last words come before the news of its death. */
		if (fds[SOCKET].revents != 0)
			hear(config, c, f);
		streams_serve(c->streams, fds + RELAYS);
		if (fds[SIGNALS].revents != 0 && ended_by == 0)
			ended_by = signals_pass(c, c->ready && c->socket < 0);
		if (fds[PIDFD].revents != 0 && c->socket < 0) {
			dead = true;
			fds[PIDFD].fd = -1;
			streams_finish(c->streams);
		}
	}
	PASS(streams_end(c->streams, f));
	return ended_by;
}

/* container_wait - returns COMMAND's status, or -1 with F filled */
static int container_wait(const struct config *config, struct container *c, struct failure *f)
{
	int ended_by, status;
	siginfo_t info;

	PASS(ended_by = watch(config, c, f));
	TRY(waitid(P_PIDFD, (id_t)c->pidfd, &info, WEXITED), "waitid");
	c->pid = 0;
	status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	if (f->status != 0)
		return -1;
	if (ended_by != 0)
		return 128 + ended_by;
	return c->ready ? status : fail(f, 0, "the container ended before COMMAND ran (status %d)", status);
}

/* limit - the cgroups.  Returns as cgroup_create; a default that an ordinary user
 * may not have is a warning. */
static int limit(const struct config *config, const struct hierarchy *found, struct container *c, struct failure *f)
{
	int born = cgroup_create(c, found, config, f);

	if (born >= 0 || f->status == 0 || config->limits_asked || config->security.delegate || geteuid() == 0)
		return born;
	warn_line("%s: running without the default limits", f->text);
	f->status = 0;
	/* What is left is noted, and tried again at the end. */
	c->left.cgroup.count = cgroup_remove(&c->left.cgroup) > 0 ? c->left.cgroup.count : 0;
	return -1;
}

void container_forget(struct container *c)
{
	int *const fds[] = { &c->keeper, &c->lock, &c->upper, &c->signals, &c->left.directory, &c->left.store, &c->left.process };

	for (size_t i = 0; i < COUNT(fds); i++) {
		close_fd(fds[i]);
		*fds[i] = -1;
	}
}

/* container_birth - the rest is in init.c, until it says that it is ready */
static int container_birth(struct config *config, struct container *c, struct failure *f)
{
	struct hierarchy found[CONTROLLERS] = { { .version = 0 } };
	int pair[2], born = -1;

	config->hostname = config->hostname != NULL ? config->hostname : c->record->id;
	if (environment_fill(config) < 0)
		return fail(f, 0, "too many environment variables");
	PASS(record_describe(c->record, config, f));

	/* 1. The keeper, before there is anything to keep. */
	PASS(c->keeper = keeper_start(&c->keeper_pid, f));
	PASS(terminal_note(config, c, f));
	PASS(record_name(c, config->name, f));
	if (config->upper != NULL)
		PASS(upper_open(config->upper, c, f));
	PASS(overlay_open(config, f));

	/* 2. The limits, before there is anybody to limit, where the child can be
	 * born inside them.  Into those of v1 it will have to move: they are made
	 * while the kernel makes its network namespace. */
	const bool two = cgroup_find(found);
	if (two && (born = limit(config, found, c, f)) < 0 && f->status != 0)
		return -1;

	/* 3. The child, which waits for a word from us. */
	TRY(SYNC_PAIR(pair), "socketpair");
	c->pid = namespaces_clone(config, born, &c->pidfd, f);
	if (c->pid == 0) {
		/* Our copies of the parent's ends would keep them alive; and
		 * the rest is not for the container. */
		close(pair[0]);
		container_forget(c);
		init_main(config, c, pair[1]);
	}
	close(pair[1]);
	c->socket = pair[0];
	PASS(c->pid);
	PASS(keeper_note(c, NOTE_PROCESS, &c->pid, sizeof(c->pid), c->pidfd, f));
	if (!two && limit(config, found, c, f) < 0 && f->status != 0)
		return -1;

	/* 4. What only we may do: ids, idmapped mounts, the bridge. */
	if (config->security.namespaces & CLONE_NEWUSER)
		PASS(userns_map(c->pid, config->ids, f));
	PASS(overlay_shift(config, c->pid, f));
	if (config->security.delegate)
		PASS(delegate_give(&c->left.cgroup, c->pid, f));
	if (config->network == NETWORK_BRIDGE)
		PASS(network_connect(c, f));
	PASS(record_born(c, f));

	/* 5. Go. */
	TRY(init_go(c), "sending go");
	return 0;
}

static void container_end(struct container *c)
{
	int status = SIGKILL;   /* of a keeper that there was not */

	if (c->pid > 0) {
		container_signal(c, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	terminal_restore(&c->left, 0);
	close_fd(&c->lock);
	/* The end of its socket has the keeper clean: it from one end, we from the
	 * other.  Were it killed, all that it leaves is ours. */
	close_fd(&c->keeper);
	cgroup_remove(&c->left.cgroup);
	if (c->keeper_pid > 0)
		waitpid(c->keeper_pid, &status, 0);
	if ((c->untold || status != 0) &&
	    ((WIFEXITED(status) && WEXITSTATUS(status) == KEEPER_LEFT) || !keeper_clean(&c->left)))
		for (int i = 0; i < c->left.cgroup.count; i++)
			warn_line("%s: left, with all groups below it, for you to remove", c->left.cgroup.dir[i].path);
}

int container_run(struct config *config, struct failure *f)
{
	static struct streams streams;
	static struct container c;
	int status;

	/* Not as an initializer: of zeroes no page is there before it is used. */
	c.streams = &streams;
	c.lock = c.upper = c.pidfd = c.socket = c.keeper = c.master = -1;
	c.left.directory = c.left.store = c.left.process = -1;
	PASS(c.signals = signals_catch(f));     /* before there is anything to leave behind */
	PASS(streams_open(config, &streams, f));
	config->streams = &streams;
	if ((c.record = record_create(f)) == NULL)
		return -1;
	c.settled = config->join;
	status = config->join ? container_join(config, &c, f) : container_birth(config, &c, f);
	if (status == 0)
		status = container_wait(config, &c, f);
	container_end(&c);
	return status;
}
