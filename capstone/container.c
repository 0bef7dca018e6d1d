/* container.c - the parent's side: a container from nothing to nothing */
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

#include "skiff.h"

enum { SOCKET, PIDFD, SIGNALS, INPUT, MASTER, POLLED };

/* Signals for whoever waits in front of the terminal are for the container. */
static int catch_signals(struct container *c, struct failure *f)
{
	static const int passed[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < COUNT(passed); i++)
		sigaddset(&set, passed[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	/* A caller that ignores it would have the kernel reap our child. */
	signal(SIGCHLD, SIG_DFL);
	TRY(c->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd");
	return 0;
}

static void send_signal(const struct container *c, int signo)
{
	syscall(SYS_pidfd_send_signal, c->pidfd, signo, NULL, 0);
}

/* expects - does the process have a handler for this signal, or block it so as
 * to fetch it in its own time?  (SigCgt and SigBlk in proc(5)) */
static bool expects(pid_t pid, int signo)
{
	char status[4096], *caught, *blocked;

	if (file_read(status, sizeof(status), "/proc/%d/status", (int)pid) < 0 ||
	    (blocked = strstr(status, "SigBlk:")) == NULL || (caught = strstr(status, "SigCgt:")) == NULL)
		return false;
	return (strtoull(blocked + 7, NULL, 16) | strtoull(caught + 7, NULL, 16)) >> (signo - 1) & 1;
}

/*
 * pass_on - a signal for COMMAND.  PID 1 gets only what it has a handler for,
 * anything else the kernel discards (pid_namespaces(7)); a request to end that
 * would be lost that way, skiff fulfils itself.  Returns the signal then.
 */
static int pass_on(const struct container *c, bool running)
{
	struct signalfd_siginfo info;
	int signo;

	if (read(c->signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	signo = (int)info.ssi_signo;
	if (signo == SIGWINCH && c->master >= 0) {
		terminal_resize(c->master);
	} else if ((signo == SIGTERM || signo == SIGINT || signo == SIGHUP || signo == SIGQUIT) &&
		   (!running || !expects(c->pid, signo))) {
		send_signal(c, SIGKILL);
		return signo;
	} else if (running) {
		send_signal(c, signo);
	}
	return 0;
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
}

/* relay - what the container's terminal says to stdout.  As read(2). */
static ssize_t relay(int master)
{
	char data[4096];
	ssize_t n = read(master, data, sizeof(data)), done = 0, m;

	while (done < n && (m = write(1, data + done, (size_t)(n - done))) > 0)
		done += m;
	return n;
}

/* type_in - what the caller types to the container's terminal; the end of the
 * caller's stdin is typed too, as Ctrl-D.  Returns false at that end. */
static bool type_in(int master)
{
	char data[1024];
	ssize_t n = read(0, data, sizeof(data));

	/* The terminal drops what its reader is too slow for, as a real one does. */
	if (write(master, n > 0 ? data : "\4", n > 0 ? (size_t)n : 1) < 0 && errno != EAGAIN)
		return false;
	return n > 0;
}

static long remaining(const struct timespec *until)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (until->tv_sec - now.tv_sec) * 1000 + (until->tv_nsec - now.tv_nsec) / 1000000 + 1;
}

/* watch - until PID 1 is dead, and by the kernel's rule all of the container
 * with it.  Returns 0, or the signal that ended it. */
static int watch(const struct config *config, struct container *c, bool *ready, struct failure *f)
{
	struct pollfd fds[POLLED] = {
		[SIGNALS] = { .fd = c->signals, .events = POLLIN }, [PIDFD] = { .fd = c->pidfd, .events = POLLIN },
		[SOCKET] = { .events = POLLIN }, [INPUT] = { .events = POLLIN }, [MASTER] = { .events = POLLIN },
	};
	bool input = config->interactive, output = true;
	struct timespec until;
	int ended_by = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)config->timeout;
	for (;;) {
		long left = config->timeout > 0 ? remaining(&until) : -1;
		if (config->timeout > 0 && left <= 0) {
			send_signal(c, SIGKILL);
			left = -1;
		}
		fds[SOCKET].fd = c->socket;
		fds[INPUT].fd = input && c->master >= 0 ? 0 : -1;
		fds[MASTER].fd = output ? c->master : -1;
		if (poll(fds, POLLED, left > 60000 ? 60000 : (int)left) < 0 && errno != EINTR)
			return fail(f, errno, "poll");
		/* The child's last words come before the news of its death. */
		if (fds[SOCKET].revents != 0)
			hear(config, c, ready, f);
		if (fds[INPUT].revents != 0)
			input = type_in(c->master);
		if (fds[MASTER].revents != 0)
			output = relay(c->master) > 0 || errno == EAGAIN;
		if (fds[SIGNALS].revents != 0 && ended_by == 0)
			ended_by = pass_on(c, *ready && c->socket < 0);
		if (fds[PIDFD].revents != 0 && c->socket < 0)
			break;
	}
	while (c->master >= 0 && relay(c->master) > 0)
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

/* network_connect - by a program of its own, which says itself what is wrong */
static int network_connect(struct record *record, pid_t pid, struct failure *f)
{
	char program[512], number[16];
	CLOSED int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	snprintf(number, sizeof(number), "%d", (int)pid);
	record->bridged = true;
	if (program_run((const char *[]){ program_beside(program, sizeof(program), "network/skiff-network"), "up",
					  record->id, number, NULL }, null) != 0)
		return fail(f, 0, "%s", "");
	return 0;
}

/* container_birth - the rest is in init.c, until it says that it is ready */
static int container_birth(struct config *config, struct container *c, struct failure *f)
{
	struct record *record = c->record;
	int pair[2], born;

	if (config->hostname == NULL)
		config->hostname = record->id;
	if (environment_fill(config) < 0)
		return fail(f, 0, "too many environment variables");
	snprintf(record->hostname, sizeof(record->hostname), "%s", config->hostname);
	snprintf(record->command, sizeof(record->command), "%s", config->command[0]);
	record->security = config->security;

	/* 1. The keeper, before there is anything to keep. */
	PASS(c->keeper = keeper_start(record, c->lock, &c->keeper_pid, f));
	PASS(overlay_open(config, record, f));

	/* 2. The limits, before there is anybody to limit. */
	born = cgroup_create(&record->cgroup, config, record->id, f);
	if (born < 0 && f->status != 0) {
		if (config->limits_asked || config->security.delegate || geteuid() == 0)
			return -1;
		warn_line("%s: running without the default limits", f->text);
		f->status = 0;
		cgroup_remove(&record->cgroup);
		record->cgroup.count = 0;
	}

	/* 3. The child, which waits for a word from us. */
	PASS(sync_pair(pair, f));
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
	PASS(keeper_watch(c->keeper, c->pidfd, f));

	/* 4. What only we may do: ids, idmapped mounts, the bridge. */
	if (config->security.namespaces & CLONE_NEWUSER)
		PASS(userns_map(c->pid, f));
	PASS(overlay_shift(config, c->pid, f));
	if (config->security.delegate)
		PASS(cgroup_delegate(&record->cgroup, c->pid, f));
	if (config->network == NETWORK_BRIDGE)
		PASS(network_connect(record, c->pid, f));
	record_born(record, c->pid);

	/* 5. Go. */
	TRY(sync_send(c->socket, &(struct failure){ .status = 0 }, -1), "sending go");
	return 0;
}

/* container_join - the same for a process more in a container that is there */
static int container_join(struct config *config, struct container *c, struct failure *f)
{
	const struct record *record = record_open(config->name, &c->target, f);
	struct failure said = { .status = 0 };
	int pair[2];
	pid_t helper;

	if (record == NULL)
		return -1;
	config->security = record->security;
	if (config->user_asked) {
		config->security.uid = config->uid;
		config->security.gid = config->gid;
	}
	config->hostname = record->hostname;
	if (environment_fill(config) < 0)
		return fail(f, 0, "too many environment variables");
	PASS(c->keeper = keeper_start(c->record, c->lock, &c->keeper_pid, f));
	PASS(sync_pair(pair, f));
	helper = fork();
	if (helper == 0) {
		close(pair[0]);
		close(c->keeper);
		init_join(config, record, c->target, pair[1]);
	}
	close(pair[1]);
	c->socket = pair[0];
	TRY(helper, "fork");
	if (sync_send(c->socket, &said, -1) == 0 &&
	    sync_receive(c->socket, &said, &c->pidfd) != 1)
		fail(&said, 0, "%s: ended before COMMAND ran", config->name);
	if (f->status != 0 || said.status != 0)
		close(c->socket);       /* it goes no further */
	waitpid(helper, NULL, 0);
	if (said.status != 0)
		*f = said;
	if (f->status != 0)
		return -1;
	c->pid = (pid_t)strtol(said.text, NULL, 10);
	return keeper_watch(c->keeper, c->pidfd, f);
}

static void container_end(struct container *c)
{
	if (c->pid > 0) {
		send_signal(c, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	terminal_restore(c->record, 0);
	keeper_clean(c->record);
	if (c->keeper >= 0)
		keeper_dismiss(c->keeper, c->keeper_pid);
}

int container_run(struct config *config, struct failure *f)
{
	struct container c = { .pidfd = -1, .socket = -1, .keeper = -1, .master = -1, .target = -1 };
	int status;

	c.record = record_create(config->join ? "" : config->name, &c.lock, f);
	if (c.record == NULL)
		return -1;
	status = catch_signals(&c, f);
	if (status == 0)
		status = config->join ? container_join(config, &c, f) : container_birth(config, &c, f);
	if (status == 0)
		status = container_wait(config, &c, f);
	container_end(&c);
	return status;
}
