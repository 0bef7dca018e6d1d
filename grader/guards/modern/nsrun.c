/* nsrun.c - run a command in new namespaces: clone3 and pidfds
 *
 * Style: clone3(2) makes the namespaces with the child; -t enters all of them with
 * one setns(2) on a pidfd; signals come through a signalfd and leave through
 * pidfd_send_signal(2); the init learns from a socket that nsrun is dead.
 * See clone(2), pidfd_open(2), signalfd(2), pid_namespaces(7). */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* sched.h and linux/sched.h do not go together everywhere */
int unshare(int flags);
int setns(int fd, int flags);

struct plan {
	uint64_t flags;
	const char *hostname;
	long ahead, target;
	char **command;
	sigset_t original;
};

static void usage(void)
{
	fprintf(stderr, "usage: nsrun [-p] [-m] [-i] [-n] [-C] [-u HOSTNAME] [-T SECONDS] -- CMD [ARG...], "
			"nsrun -t PID -- CMD [ARG...]\n");
	exit(2);
}

static long parse(const char *text)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno)
		usage();
	return n;
}

static pid_t spawn(uint64_t flags, int *pidfd)
{
	struct clone_args args = {
		.flags = flags | CLONE_PIDFD,
		.pidfd = (uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);

	if (pid < 0)
		err(125, "clone3");
	return pid;
}

static int watched_signals(sigset_t *original)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGCHLD);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &set, original);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		err(125, "signalfd");
	return fd;
}

/* Until PID ends: pass on signals, reap orphans.  PARENT, if not -1, becomes
 * readable at its end only: then there is nobody left to run for. */
static int attend(pid_t pid, int pidfd, int signals, int parent)
{
	struct pollfd fds[] = { { .fd = signals, .events = POLLIN }, { .fd = parent, .events = POLLIN } };
	struct signalfd_siginfo info;
	int status;
	pid_t gone;

	for (;;) {
		poll(fds, 2, -1);
		if (fds[1].revents)
			_exit(125);
		while (read(signals, &info, sizeof info) == sizeof info)
			if (info.ssi_signo != SIGCHLD)
				syscall(SYS_pidfd_send_signal, pidfd, (int)info.ssi_signo, NULL, 0);
		while ((gone = waitpid(-1, &status, WNOHANG)) > 0)
			if (gone == pid)
				return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

static void __attribute__((noreturn)) execute(const struct plan *plan)
{
	sigprocmask(SIG_SETMASK, &plan->original, NULL);
	execvp(plan->command[0], plan->command);
	err(errno == ENOENT ? 127 : 126, "%s", plan->command[0]);
}

/* lo has neighbours in no new namespace: its flags are known */
static void bring_up_lo(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		err(125, "lo");
	close(fd);
}

static void furnish(const struct plan *plan)
{
	if (plan->flags & CLONE_NEWNS) {
		if (mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			err(125, "mount propagation");
		if ((plan->flags & CLONE_NEWPID) &&
		    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
			err(125, "mount /proc");
	}
	if (plan->hostname && sethostname(plan->hostname, strlen(plan->hostname)) < 0)
		err(125, "hostname: %s", plan->hostname);
	if (plan->flags & CLONE_NEWNET)
		bring_up_lo();
}

/* The child of clone3.  The socket: a byte to say "I shall die with you", a
 * byte back, and only then anything is done. */
static void child(const struct plan *plan, int sock)
{
	bool init = plan->flags & CLONE_NEWPID;
	int signals, pidfd;
	sigset_t ours;
	pid_t pid;
	char byte;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		err(125, "death signal");
	if (send(sock, "", 1, MSG_NOSIGNAL) != 1 || recv(sock, &byte, 1, 0) != 1)
		_exit(125);
	furnish(plan);
	if (!init)
		execute(plan);
	signals = watched_signals(&ours);
	pid = spawn(0, &pidfd);
	if (pid == 0) {
		execute(plan); /* the socket closes itself */
	}
	_exit(attend(pid, pidfd, signals, sock));
}

static int run_in(struct plan *plan, uint64_t flags, int signals)
{
	int sock[2], pidfd;
	char byte;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock) < 0)
		err(125, "socketpair");
	pid = spawn(flags, &pidfd);
	if (pid == 0) {
		close(sock[0]);
		child(plan, sock[1]);
	}
	close(sock[1]);
	if (recv(sock[0], &byte, 1, 0) == 1)
		send(sock[0], "", 1, MSG_NOSIGNAL);
	return attend(pid, pidfd, signals, -1);
}

/* clone3 could make the time namespace too, but then it would be in use before
 * its offsets could be written. */
static void new_time(long ahead)
{
	int fd;

	if (unshare(CLONE_NEWTIME) < 0)
		err(125, "time namespace");
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || dprintf(fd, "monotonic %ld 0\nboottime %ld 0\n", ahead, ahead) < 0)
		err(125, "time offsets");
	close(fd);
}

static void join(long target)
{
	static const struct { const char *name; int flag; } kinds[] = {
		{ "user", CLONE_NEWUSER }, { "pid", CLONE_NEWPID }, { "mnt", CLONE_NEWNS }, { "ipc", CLONE_NEWIPC },
		{ "net", CLONE_NEWNET }, { "uts", CLONE_NEWUTS }, { "cgroup", CLONE_NEWCGROUP }, { "time", CLONE_NEWTIME },
	};
	int pidfd = (int)syscall(SYS_pidfd_open, target, 0), flags = 0;
	struct stat ours, theirs;
	char path[64];

	if (pidfd < 0)
		err(125, "process %ld", target);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		snprintf(path, sizeof path, "/proc/self/ns/%s", kinds[i].name);	/* fits: a name of the table */
		if (stat(path, &ours) < 0)
			continue;
		snprintf(path, sizeof path, "/proc/%ld/ns/%s", target, kinds[i].name);	/* fits: as above */
		if (stat(path, &theirs) < 0)
			err(125, "process %ld: %s namespace", target, kinds[i].name);
		if (ours.st_ino != theirs.st_ino)
			flags |= kinds[i].flag;
	}
	if (flags && setns(pidfd, flags) < 0)
		err(125, "namespaces of process %ld", target);
	close(pidfd);
}

int main(int argc, char **argv)
{
	struct plan plan = { .flags = 0 };
	bool time = false;
	int opt, signals;

	opterr = 0;
	while ((opt = getopt(argc, argv, "+pminCu:T:t:")) != -1) {
		switch (opt) {
		case 'p': plan.flags |= CLONE_NEWPID; break;
		case 'm': plan.flags |= CLONE_NEWNS; break;
		case 'i': plan.flags |= CLONE_NEWIPC; break;
		case 'n': plan.flags |= CLONE_NEWNET; break;
		case 'C': plan.flags |= CLONE_NEWCGROUP; break;
		case 'u': plan.flags |= CLONE_NEWUTS; plan.hostname = optarg; break;
		case 'T': time = true; plan.ahead = parse(optarg); break;
		case 't': plan.target = parse(optarg); break;
		default: usage();
		}
	}
	if (optind == argc || (plan.target && (plan.flags || time)))
		usage();
	plan.command = argv + optind;
	signals = watched_signals(&plan.original);
	if (plan.target)
		join(plan.target);
	if (time)
		new_time(plan.ahead);
	return run_in(&plan, plan.flags, signals);
}
