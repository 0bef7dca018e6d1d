/* container.c - the parent's side: a container from nothing to nothing */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "skiff.h"

/* Signals for whoever waits in front of the terminal are for the container. */
static int catch_signals(struct container *c, struct failure *f)
{
	static const int passed[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		sigaddset(&set, passed[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* A caller that ignores it would have the kernel reap our child. */
	signal(SIGCHLD, SIG_DFL);
	c->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return c->signals < 0 ? fail(f, errno, "signalfd") : 0;
}

/* expects - does the process have a handler for this signal, or block it so as
 * to fetch it in its own time?  (SigCgt and SigBlk in proc(5)) */
static bool expects(pid_t pid, unsigned signo)
{
	char path[48], line[128];
	unsigned long long mask, all = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "SigBlk: %llx", &mask) == 1 || sscanf(line, "SigCgt: %llx", &mask) == 1)
			all |= mask;
	if (file != NULL)
		fclose(file);
	return all >> (signo - 1) & 1;
}

/*
 * pass_on - a signal for COMMAND.  PID 1 gets only what it has a handler for,
 * anything else the kernel discards (pid_namespaces(7)); a request to end that
 * would be lost that way, skiff fulfils itself.  Returns the signal then.
 */
static int pass_on(struct container *c, bool running)
{
	struct signalfd_siginfo info;
	int signo;

	if (read(c->signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	signo = (int)info.ssi_signo;
	if ((signo == SIGTERM || signo == SIGINT || signo == SIGHUP || signo == SIGQUIT) &&
	    (!running || !expects(c->pid, info.ssi_signo))) {
		syscall(SYS_pidfd_send_signal, c->pidfd, SIGKILL, NULL, 0);
		return signo;
	}
	if (running)
		syscall(SYS_pidfd_send_signal, c->pidfd, signo, NULL, 0);
	return 0;
}

static int exit_status(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
}

static long remaining(const struct timespec *until)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (until->tv_sec - now.tv_sec) * 1000 + (until->tv_nsec - now.tv_nsec) / 1000000 + 1;
}

/* hear - a datagram from the child, or the end of its socket: either it says
 * that it is ready, or what failed, or execve(2) has closed the socket */
static int hear(struct container *c, bool *ready, struct failure *f)
{
	struct failure said, go = { 0 };
	int got = sync_receive(c->socket, &said, NULL);

	if (got == 1 && said.status == 0 && !*ready) {
		*ready = true;
		return sync_send(c->socket, &go, -1) < 0 ? fail(f, errno, "sending go") : 0;
	}
	close(c->socket);
	c->socket = -1;
	if (got == 1)
		*f = said;
	return 0;
}

/* container_wait - until PID 1 is dead, and by the kernel's rule all of the
 * container with it.  Returns COMMAND's status, or -1 with F filled. */
static int container_wait(const struct config *config, struct container *c, struct failure *f)
{
	struct pollfd fds[] = {
		{ .fd = c->socket, .events = POLLIN }, { .fd = c->pidfd, .events = POLLIN },
		{ .fd = c->signals, .events = POLLIN },
	};
	struct timespec until;
	bool ready = false;
	int ended_by = 0;
	siginfo_t info;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += config->timeout;
	for (;;) {
		long left = config->timeout > 0 ? remaining(&until) : -1;
		if (config->timeout > 0 && left <= 0) {
			syscall(SYS_pidfd_send_signal, c->pidfd, SIGKILL, NULL, 0);
			left = -1;
		}
		if (poll(fds, 3, left > 60000 ? 60000 : (int)left) < 0) {
			if (errno == EINTR)
				continue;
			return fail(f, errno, "poll");
		}
		/* The child's last words come before the news of its death. */
		if (fds[0].revents != 0 && hear(c, &ready, f) < 0)
			return -1;
		fds[0].fd = c->socket;
		if (fds[2].revents != 0 && ended_by == 0)
			ended_by = pass_on(c, ready && c->socket < 0);
		if (fds[1].revents != 0 && c->socket < 0)
			break;
	}
	if (waitid(P_PIDFD, (id_t)c->pidfd, &info, WEXITED) < 0)
		return fail(f, errno, "waitid");
	c->pid = 0;
	if (f->status != 0)
		return -1;
	if (ended_by != 0)
		return 128 + ended_by;
	if (!ready)
		return fail(f, 0, "the container ended before COMMAND ran (status %d)",
			    exit_status(&info));
	return exit_status(&info);
}

static int container_birth(const struct config *config, struct container *c, struct failure *f)
{
	struct failure go = { 0 };
	int pair[2], lower;

	/* 1. The keeper, before there is anything to keep. */
	c->keeper = keeper_start(c->cgroup, &c->keeper_pid, f);
	if (c->keeper < 0)
		return -1;

	/* 2. The limits, before there is anybody to limit. */
	if (cgroup_create(c->cgroup, config, c->id, f) < 0) {
		if (config->limits_asked || geteuid() == 0)
			return -1;
		warn_line("%s: running without the default limits", f->text);
		f->status = 0;
		cgroup_remove(c->cgroup);
		c->cgroup->count = 0;
		c->cgroup->born_fd = -1;
	}

	/* 3. The child, which waits for a word from us. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail(f, errno, "socketpair");
	c->pid = namespaces_clone(config, c->cgroup, &c->pidfd, f);
	if (c->pid == 0) {
		/* Our copies of the parent's ends would keep them alive. */
		close(pair[0]);
		close(c->keeper);
		init_main(config, pair[1]);
	}
	close(pair[1]);
	c->socket = pair[0];
	if (c->pid < 0 || keeper_watch(c->keeper, c->pidfd, f) < 0)
		return -1;

	/* 4. What only we may do: ids, v1 cgroups, the idmapped rootfs. */
	if ((config->userns && userns_map(c->pid, f) < 0) || cgroup_enter(c->cgroup, c->pid, f) < 0)
		return -1;
	lower = overlay_lower(config, c->pid, f);
	if (lower < 0 && f->status != 0)
		return -1;

	/* 5. Go.  The rest is in init.c, until it says that it is ready. */
	if (sync_send(c->socket, &go, lower) < 0)
		return fail(f, errno, "sending go");
	if (lower >= 0)
		close(lower);
	return 0;
}

static void container_end(struct container *c)
{
	if (c->pid > 0) {
		syscall(SYS_pidfd_send_signal, c->pidfd, SIGKILL, NULL, 0);
		waitpid(c->pid, NULL, 0);
	}
	cgroup_remove(c->cgroup);
	if (c->keeper >= 0)
		keeper_dismiss(c->keeper, c->keeper_pid);
}

int container_run(struct config *config, struct failure *f)
{
	struct container c = { .pidfd = -1, .socket = -1, .keeper = -1 };
	uint64_t id;
	int status;

	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		return fail(f, errno, "getrandom");
	snprintf(c.id, sizeof(c.id), "%012llx", (unsigned long long)(id & 0xffffffffffffULL));
	if (config->hostname == NULL)
		config->hostname = c.id;
	if (environment_fill(config) < 0)
		return fail(f, 0, "too many environment variables");
	c.cgroup = mmap(NULL, sizeof(*c.cgroup), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c.cgroup == MAP_FAILED)
		return fail(f, errno, "mmap");
	c.cgroup->born_fd = -1;
	if (catch_signals(&c, f) < 0)
		return -1;
	status = container_birth(config, &c, f);
	if (status == 0)
		status = container_wait(config, &c, f);
	container_end(&c);
	return status;
}
