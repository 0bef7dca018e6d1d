/* container.c - the parent's side: a container from nothing to nothing */
#include <poll.h>

#include "command/command.h"

enum { SOCKET, PIDFD, SIGNALS, INPUT, MASTER, POLLED };

void container_signal(const struct container *c, int signo)
{
	syscall(SYS_pidfd_send_signal, c->pidfd, signo, NULL, 0);
}

/* hear - a datagram from the child, or the end of its socket: either it says
 * that it is ready, or what failed, or execve(2) has closed the socket */
static void hear(const struct config *config, struct container *c, bool *ready, struct failure *f)
{
	struct failure said;
	int fd, got = sync_receive(c->socket, &said, &fd);

	if (got == 1 && said.status == 0) {
		*ready = true;
		c->master = fd;
		if (fd >= 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && config->interactive)
			terminal_raw(c->record);
		terminal_resize(fd);
		return;
	}
	close(c->socket);
	c->socket = -1;
	if (got == 1)
		*f = said;
	else if (got < 0 && fail(f, errno, "hearing from the container") < 0)
		container_signal(c, SIGKILL);
}

/* watch - until PID 1 is dead, and by the kernel's rule all of the container
 * with it.  Returns 0, or the signal that ended it. */
static int watch(const struct config *config, struct container *c, bool *ready, struct failure *f)
{
	struct pollfd fds[POLLED] = {
		[SIGNALS] = { .fd = c->signals, .events = POLLIN }, [PIDFD] = { .fd = c->pidfd, .events = POLLIN },
		/* READY and the end of the socket are mostly heard together, of a terminal at once. */
		[SOCKET] = { .events = config->terminal ? POLLIN : 0 }, [INPUT] = { .events = POLLIN }, [MASTER] = { .events = POLLIN },
	};
	bool input = config->interactive, output = true;
	int ended_by = 0;

	alarm((unsigned)config->timeout);
	for (;;) {
		fds[SOCKET].fd = c->socket;
		fds[INPUT].fd = input && c->master >= 0 ? 0 : -1;
		fds[MASTER].fd = output ? c->master : -1;
		if (delegate_poll(fds, POLLED, config->security.delegate ? &c->record->cgroup : NULL, c->pid) < 0 && errno != EINTR)
			return fail(f, errno, "poll");
		/* The child's last words come before the news of its death. */
		if (fds[SOCKET].revents != 0)
			hear(config, c, ready, f);
		if (fds[INPUT].revents != 0)
			input = terminal_type(c->master);
		if (fds[MASTER].revents != 0)
			output = terminal_relay(c->master) > 0 || errno == EAGAIN;
		if (fds[SIGNALS].revents != 0 && ended_by == 0)
			ended_by = signals_pass(c, *ready && c->socket < 0);
		if (fds[PIDFD].revents != 0 && c->socket < 0)
			break;
	}
	while (c->master >= 0 && terminal_relay(c->master) > 0)
		;
	return ended_by;
}

/* container_wait - returns COMMAND's status, or -1 with F filled */
static int container_wait(const struct config *config, struct container *c, struct failure *f)
{
	bool ready = false;
	int ended_by, status;
	siginfo_t info;

	PASS(ended_by = watch(config, c, &ready, f));
	TRY(waitid(P_PIDFD, (id_t)c->pidfd, &info, WEXITED), "waitid");
	c->pid = 0;
	status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	if (f->status != 0)
		return -1;
	if (ended_by != 0)
		return 128 + ended_by;
	return ready ? status : fail(f, 0, "the container ended before COMMAND ran (status %d)", status);
}

/* limit - the cgroups.  Returns as cgroup_create; a default that an ordinary user
 * may not have is a warning. */
static int limit(const struct config *config, const struct hierarchy *found, struct record *record, struct failure *f)
{
	int born = cgroup_create(&record->cgroup, found, config, record->id, f);

	if (born >= 0 || f->status == 0 || config->limits_asked || config->security.delegate || geteuid() == 0)
		return born;
	warn_line("%s: running without the default limits", f->text);
	f->status = 0;
	cgroup_remove(&record->cgroup);
	record->cgroup.count = 0;
	return -1;
}

/* container_birth - the rest is in init.c, until it says that it is ready */
static int container_birth(struct config *config, struct container *c, struct failure *f)
{
	struct record *record = c->record;
	struct hierarchy found[CONTROLLERS] = { { .version = 0 } };
	int pair[2], born = -1;

	config->hostname = config->hostname != NULL ? config->hostname : record->id;
	if (environment_fill(config) < 0)
		return fail(f, 0, "too many environment variables");
	record_describe(record, config);

	/* 1. The keeper, before there is anything to keep. */
	PASS(c->keeper = keeper_start(record, &c->keeper_pid, f));
	PASS(record_name(record, config->name, f));
	if (config->upper != NULL)
		PASS(upper_open(config->upper, record, f));
	PASS(overlay_open(config, f));

	/* 2. The limits, before there is anybody to limit, where the child can be
	 * born inside them.  Into those of v1 it will have to move: they are made
	 * while the kernel makes its network namespace. */
	const bool two = cgroup_find(found);
	if (two && (born = limit(config, found, record, f)) < 0 && f->status != 0)
		return -1;

	/* 3. The child, which waits for a word from us. */
	TRY(SYNC_PAIR(pair), "socketpair");
	c->pid = namespaces_clone(config, born, &c->pidfd, f);
	if (c->pid == 0) {
		/* Our copies of the parent's ends would keep them alive. */
		close(pair[0]);
		close(c->keeper);
		init_main(config, record, pair[1]);
	}
	close(pair[1]);
	c->socket = pair[0];
	PASS(c->pid);
	TRY(sync_send(c->keeper, &(struct failure){ .status = 0 }, c->pidfd), "keeper");
	if (!two && limit(config, found, record, f) < 0 && f->status != 0)
		return -1;

	/* 4. What only we may do: ids, idmapped mounts, the bridge. */
	if (config->security.namespaces & CLONE_NEWUSER)
		PASS(userns_map(c->pid, config->ids, f));
	PASS(overlay_shift(config, c->pid, f));
	if (config->security.delegate)
		PASS(delegate_give(&record->cgroup, c->pid, f));
	if (config->network == NETWORK_BRIDGE)
		PASS(network_connect(record, c->pid, f));
	PASS(record_born(record, c->pid, f));

	/* 5. Go. */
	TRY(sync_send(c->socket, &(struct failure){ .status = 0 }, -1), "sending go");
	return 0;
}

static void container_end(struct container *c)
{
	if (c->pid > 0) {
		container_signal(c, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	terminal_restore(c->record, 0);
	close_fd(&c->record->lock);
	/* The end of its socket has the keeper clean: it from one end, we from the
	 * other.  Were it killed, all that it leaves is ours. */
	close_fd(&c->keeper);
	cgroup_remove(&c->record->cgroup);
	if (c->keeper_pid > 0)
		waitpid(c->keeper_pid, NULL, 0);
	keeper_clean(c->record);
}

int container_run(struct config *config, struct failure *f)
{
	struct container c = { .pidfd = -1, .socket = -1, .keeper = -1, .master = -1 };
	int status;

	PASS(c.signals = signals_catch(f));     /* before there is anything to leave behind */
	if ((c.record = record_create(f)) == NULL)
		return -1;
	status = config->join ? container_join(config, &c, f) : container_birth(config, &c, f);
	if (status == 0)
		status = container_wait(config, &c, f);
	container_end(&c);
	return status;
}
