/* nsrun.c - run a command in new namespaces: unshare and fork
 *
 * Style: one unshare(2) for all that is new; where no process has to stay behind,
 * CMD takes the place of nsrun; -t opens each /proc/PID/ns file and enters them
 * one by one.  See namespaces(7), setns(2), pid_namespaces(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static sigset_t passed, blocked, before;

static void usage(void)
{
	fputs("usage: nsrun [-p] [-m] [-i] [-n] [-C] [-u HOSTNAME] [-T SECONDS] -- CMD [ARG...]"
	      " | nsrun -t PID -- CMD [ARG...]\n", stderr);
	exit(2);
}

static long long number(const char *text)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (end == text || *end || errno)
		usage();
	return n;
}

static void run(char **cmd)
{
	sigprocmask(SIG_SETMASK, &before, NULL);
	execvp(cmd[0], cmd);
	err(errno == ENOENT ? 127 : 126, "%s", cmd[0]);
}

static int status_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Reap whatever ends, pass signals on to PID, until PID ends. */
static int attend(pid_t pid)
{
	for (;;) {
		int status, sig = sigwaitinfo(&blocked, NULL);
		pid_t gone;

		if (sig > 0 && sig != SIGCHLD)
			kill(pid, sig);
		while ((gone = waitpid(-1, &status, WNOHANG)) > 0)
			if (gone == pid)
				return status_of(status);
	}
}

/* In the child: die with the parent.  It may be gone before prctl is called,
 * so ask for its word afterwards; an end of file is no word. */
static void tie_to_parent(int ask, int answer)
{
	char byte = 0;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		err(125, "death signal");
	if (write(ask, &byte, 1) != 1 || read(answer, &byte, 1) != 1)
		_exit(125);
	close(ask);
	close(answer);
}

/* A child that ends with us.  0 in the child, as fork. */
static pid_t fork_tied(void)
{
	int up[2], down[2];
	char byte;
	pid_t pid;

	if (pipe2(up, O_CLOEXEC) < 0 || pipe2(down, O_CLOEXEC) < 0)
		err(125, "pipe");
	pid = fork();
	if (pid < 0)
		err(125, "fork");
	if (pid == 0) {
		close(up[0]);
		close(down[1]);
		tie_to_parent(up[1], down[0]);
		return 0;
	}
	close(up[1]);
	close(down[0]);
	if (read(up[0], &byte, 1) == 1 && write(down[1], &byte, 1) != 1)
		err(125, "child");
	close(up[0]);
	close(down[1]);
	return pid;
}

static void loopback_up(void)
{
	struct ifreq req = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &req) < 0)
		err(125, "lo");
	req.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &req) < 0)
		err(125, "lo");
	close(fd);
}

/* A time namespace takes its offsets only while nobody is in it, and unshare(2)
 * puts only children into it: write, then enter. */
static void shift_time(long long ahead)
{
	int fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "monotonic %lld 0\nboottime %lld 0\n", ahead, ahead) < 0)
		err(125, "time offset %lld", ahead);
	close(fd);
	fd = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWTIME) < 0)
		err(125, "time namespace");
	close(fd);
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

/* Some namespaces can be entered only before the user namespace is (they belong
 * to ours), others only after it: go round until none is left or none gives way.
 * True if CMD has to be a child to be in the pid namespace. */
static bool enter(long long pid)
{
	static const char *const kinds[] = { "cgroup", "ipc", "uts", "net", "pid", "mnt", "time", "user" };
	enum { KINDS = sizeof kinds / sizeof *kinds };
	int fds[KINDS], left = 0, was, why = 0;
	bool fork_needed = false;
	char theirs[64], ours[64];

	for (int i = 0; i < KINDS; i++) {
		fds[i] = -1;
		snprintf(ours, sizeof ours, "/proc/self/ns/%s", kinds[i]);	/* fits: a name of the table */
		snprintf(theirs, sizeof theirs, "/proc/%lld/ns/%s", pid, kinds[i]);	/* fits: 64 bytes */
		if (same_file(ours, theirs) || access(ours, F_OK) < 0)
			continue;
		fds[i] = open(theirs, O_RDONLY | O_CLOEXEC);
		if (fds[i] < 0)
			err(125, "process %lld: %s namespace", pid, kinds[i]);
		fork_needed |= i == 4;
		left++;
	}
	do {
		was = left;
		for (int i = 0; i < KINDS; i++) {
			if (fds[i] < 0)
				continue;
			if (setns(fds[i], 0) < 0) {
				why = errno;
				continue;
			}
			close(fds[i]);
			fds[i] = -1;
			left--;
		}
	} while (left > 0 && left < was);
	if (left > 0) {
		errno = why;
		err(125, "entering the namespaces of process %lld", pid);
	}
	return fork_needed;
}

static int first_process(char **cmd, bool fresh_proc)
{
	pid_t pid;

	if (fresh_proc && mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		err(125, "/proc");
	pid = fork();
	if (pid < 0)
		err(125, "fork");
	if (pid == 0)
		run(cmd);
	return attend(pid);
}

int main(int argc, char **argv)
{
	const char *hostname = NULL;
	long long ahead = 0, target = 0;
	int flags = 0, opt;
	pid_t pid;

	opterr = 0;
	while ((opt = getopt(argc, argv, "+pminCu:T:t:")) != -1) {
		switch (opt) {
		case 'p': flags |= CLONE_NEWPID; break;
		case 'm': flags |= CLONE_NEWNS; break;
		case 'i': flags |= CLONE_NEWIPC; break;
		case 'n': flags |= CLONE_NEWNET; break;
		case 'C': flags |= CLONE_NEWCGROUP; break;
		case 'u': flags |= CLONE_NEWUTS; hostname = optarg; break;
		case 'T': flags |= CLONE_NEWTIME; ahead = number(optarg); break;
		case 't': target = number(optarg); if (target <= 0) usage(); break;
		default: usage();
		}
	}
	if (optind == argc || (target && flags))
		usage();

	sigemptyset(&passed);
	for (const int *s = (const int[]){ SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, 0 }; *s; s++)
		sigaddset(&passed, *s);
	blocked = passed;
	sigaddset(&blocked, SIGCHLD);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &blocked, &before);

	if (target) {
		if (enter(target) && (pid = fork_tied()) > 0)
			return attend(pid);
		run(argv + optind);
	}
	if (unshare(flags) < 0)
		err(125, "new namespaces");
	if ((flags & CLONE_NEWNS) && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		err(125, "private mounts");
	if (hostname && sethostname(hostname, strlen(hostname)) < 0)
		err(125, "hostname %s", hostname);
	if (flags & CLONE_NEWNET)
		loopback_up();
	if (flags & CLONE_NEWTIME)
		shift_time(ahead);
	if (!(flags & CLONE_NEWPID))
		run(argv + optind);
	pid = fork_tied();
	return pid > 0 ? attend(pid) : first_process(argv + optind, flags & CLONE_NEWNS);
}
