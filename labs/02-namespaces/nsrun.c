/* nsrun.c - run a command in new namespaces, or in those of another process
 *
 *   nsrun [-p] [-m] [-i] [-n] [-C] [-u HOSTNAME] [-T SECONDS] [--] CMD [ARG...]
 *   nsrun -t PID [--] CMD [ARG...]
 *
 *   -p  PID namespace: nsrun's own init is PID 1 there, and CMD its child
 *   -m  mount namespace, nothing propagates back; with -p, a fresh /proc
 *   -i  IPC        -n  network, lo is up        -C  cgroup
 *   -u  UTS, with that hostname
 *   -T  time, boot and monotonic clocks SECONDS ahead of the caller's
 *   -t  every namespace of PID that differs from nsrun's own
 *
 * The processes, from the outside in:
 *
 *   nsrun --- init (PID 1, with -p only) --- CMD
 *        \--- guard (without -p only)
 *
 * Status: 2 bad usage, 125 failed and ran nothing, 126 CMD cannot be run, 127
 * CMD not found, 128+n CMD was killed by signal n, else CMD's own.
 *
 * See namespaces(7), pid_namespaces(7), time_namespaces(7), setns(2). */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* What was asked for, and with -t what was found */
struct config {
	int flags;		/* the namespaces: CLONE_NEW... */
	const char *hostname;
	long long seconds;
	pid_t target;		/* -t, or 0 */
	long long uid, gid;	/* whom CMD is to be in PID's user namespace; -1: as it is */
	char **cmd;
};

/* What nsrun changes for itself and CMD is to find as the caller left it */
struct signals {
	sigset_t watched;	/* SIGCHLD, and the signals to pass on */
	sigset_t callers_mask;
	struct sigaction callers_chld;
};

/* The kinds of namespaces.  `ours` is where a child of nsrun will be, which for
 * two kinds is not always where nsrun itself is. */
static const struct kind {
	int flag;
	const char *name;
	const char *theirs, *ours;	/* in /proc/PID/ns */
} kinds[] = {
	{ CLONE_NEWUSER, "user", "user", "user" },
	{ CLONE_NEWNS, "mount", "mnt", "mnt" },
	{ CLONE_NEWUTS, "UTS", "uts", "uts" },
	{ CLONE_NEWIPC, "IPC", "ipc", "ipc" },
	{ CLONE_NEWNET, "network", "net", "net" },
	{ CLONE_NEWCGROUP, "cgroup", "cgroup", "cgroup" },
	{ CLONE_NEWTIME, "time", "time", "time_for_children" },
	{ CLONE_NEWPID, "PID", "pid", "pid_for_children" },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const int passed_on[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2 };

/* ---- given: the command line, errors, small helpers ---------------------- */

/* shown: TEXT fit for a message: one line, and nothing that a terminal obeys: no control
 * character, also not of those above 0x7f (console_codes(4)) */
static const char *shown(const char *text)
{
	unsigned char *copy = (unsigned char *)strdup(text);

	if (!copy)
		err(125, "memory");
	for (size_t i = 0; copy[i]; i++)
		if (copy[i] < ' ' || copy[i] == 0x7f || (copy[i] >= 0x80 && copy[i] < 0xa0 &&
		    (!i || copy[i - 1] < 0x80 || copy[i - 1] == 0xc2)))
			copy[i] = '?';
	return (const char *)copy;
}

__attribute__((noreturn)) static void usage(FILE *to)
{
	fprintf(to, "usage: nsrun [-p] [-m] [-i] [-n] [-C] [-u HOSTNAME] [-T SECONDS] -- CMD [ARG...]"
		    "  or  nsrun -t PID -- CMD [ARG...]\n");
	exit(to == stdout ? 0 : 2);
}

/* Digits only, from 0 to max; anything else is bad usage. */
static long long number(const char *text, long long max)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno || value > max) {
		warnx("'%s': not a number from 0 to %lld", shown(text), max);
		usage(stderr);
	}
	return value;
}

static struct config parse(int argc, char **argv)
{
	struct config c = { .uid = -1, .gid = -1 };
	bool join = false;
	int opt;

	while ((opt = getopt(argc, argv, "+pminCu:T:t:h")) != -1) {
		switch (opt) {
		case 'p': c.flags |= CLONE_NEWPID; break;
		case 'm': c.flags |= CLONE_NEWNS; break;
		case 'i': c.flags |= CLONE_NEWIPC; break;
		case 'n': c.flags |= CLONE_NEWNET; break;
		case 'C': c.flags |= CLONE_NEWCGROUP; break;
		case 'u':
			c.flags |= CLONE_NEWUTS;
			c.hostname = optarg;
			break;
		case 'T':
			c.flags |= CLONE_NEWTIME;
			/* Far beyond what the kernel takes, and safe to add to. */
			c.seconds = number(optarg, LLONG_MAX / 2);
			break;
		case 't':
			if (join)
				usage(stderr);
			join = true;
			c.target = number(optarg, INT_MAX);
			break;
		case 'h': usage(stdout);
		default: usage(stderr);
		}
	}
	c.cmd = argv + optind;
	if (!*c.cmd || (join && c.flags) || (c.hostname && !*c.hostname))
		usage(stderr);
	if (join && c.target == 0)
		errx(125, "process 0: there is none");
	return c;
}

/* Some of the kernel's reasons mislead here: ENOSPC is not a full disk. */
__attribute__((noreturn)) static void namespace_failed(const char *name)
{
	switch (errno) {
	case EPERM:
		errx(125, "%s namespace: %s: needs root, or root of a user namespace (unshare -r)",
		     name, strerror(errno));
	case ENOSPC:
		errx(125, "%s namespace: too many of them, see /proc/sys/user", name);
	case EINVAL:
		errx(125, "%s namespace: %s: perhaps this kernel has none", name, strerror(errno));
	default:
		err(125, "%s namespace", name);
	}
}

/*
 * From here on the signals to pass on, and SIGCHLD, only queue up, until tend()
 * takes them.  None is lost, however early it comes.
 */
static void take_signals(struct signals *s)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };

	sigemptyset(&s->watched);
	sigaddset(&s->watched, SIGCHLD);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		sigaddset(&s->watched, passed_on[i]);
	/* A caller that ignores SIGCHLD would leave us no status to wait for. */
	if (sigprocmask(SIG_BLOCK, &s->watched, &s->callers_mask) == -1 ||
	    sigaction(SIGCHLD, &dfl, &s->callers_chld) == -1)
		err(125, "signals");
}

/* execvp(3) says EACCES also when it may not look into some directory of PATH.
 * Is there a file of that name at all? */
static bool is_found(const char *name)
{
	const char *dir = getenv("PATH"), *end;
	char file[PATH_MAX];
	struct stat st;

	if (strchr(name, '/') || !dir)
		return true;
	for (;; dir = end + 1) {
		end = strchrnul(dir, ':');
		/* A path that is too long names no file, for execvp(3) either. */
		if (snprintf(file, sizeof(file), "%.*s/%s", (int)(end - dir), dir, name) < PATH_MAX &&
		    stat(end == dir ? name : file, &st) == 0)
			return true;
		if (!*end)
			return false;
	}
}

__attribute__((noreturn)) static void exec_cmd(char **cmd, const struct signals *s)
{
	if (sigaction(SIGCHLD, &s->callers_chld, NULL) == -1 ||
	    sigprocmask(SIG_SETMASK, &s->callers_mask, NULL) == -1)
		err(125, "signals");
	execvp(cmd[0], cmd);
	if (errno == EACCES && !is_found(cmd[0]))
		errno = ENOENT;
	err(errno == ENOENT ? 127 : 126, "%s", shown(cmd[0]));
}

/*
 * Ctrl-C goes from the terminal to every process of the foreground group, so
 * CMD has it already; to pass it on too would deliver it twice.  Only when the
 * line hangs up is a session leader told alone.  Signals from kill(2) are
 * always passed on: nobody can tell whether they went to a process or a group.
 */
static bool has_it_already(pid_t child, const siginfo_t *info)
{
	if (info->si_code != SI_KERNEL || getpgid(child) != getpgrp())
		return false;
	return info->si_signo != SIGHUP || getsid(0) != getpid();
}

static int pidfd_of(pid_t pid)
{
	return syscall(SYS_pidfd_open, pid, 0);	/* glibc has it from 2.36 only */
}

/* What /proc calls the process of a pidfd; less than 1: it has ended, or this
 * /proc does not show it.  It need not be the number we know: /proc may belong
 * to another PID namespace. */
static pid_t name_in_proc(int pidfd)
{
	char path[64], *line = NULL;
	size_t size = 0;
	pid_t pid = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	file = fopen(path, "re");
	if (!file)
		err(125, "%s", path);
	while (getline(&line, &size, file) > 0)
		if (sscanf(line, "Pid: %d", &pid) == 1)
			break;
	free(line);
	fclose(file);
	return pid;
}

/* Is this namespace of process pid another than a child of nsrun would be in? */
static bool differs(pid_t pid, const struct kind *kind)
{
	struct stat theirs, ours;
	char path[64];
	bool unknown;

	/* fits: a number and a name of kinds[] */
	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind->ours);
	unknown = stat(path, &ours) == -1;
	/* fits: a number and a name of kinds[] */
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kind->theirs);
	if (stat(path, &theirs) == -1) {
		if (unknown && errno == ENOENT)
			return false;	/* a kind that this kernel does not have */
		err(125, "%s", path);
	}
	return unknown || theirs.st_dev != ours.st_dev || theirs.st_ino != ours.st_ino;
}

/* The id to be in the user namespace of process pid: 0 where that is mapped,
 * else the first that is; -1 where none is.  map is uid_map or gid_map. */
static long long id_inside(pid_t pid, const char *map)
{
	long long in, out, count, id = -1;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, map);	/* fits: a number and a name */
	file = fopen(path, "re");
	if (!file)
		err(125, "%s", path);
	while (fscanf(file, "%lld %lld %lld", &in, &out, &count) == 3)
		if (id == -1 || in == 0)
			id = in;
	fclose(file);
	return id;
}

/*
 * The kernel forgets the death signal of a process whose credentials change: a
 * CMD that is set-user-ID, or calls setuid(2), would outlive a killed nsrun.
 * So without -p, where no PID namespace ends with its init, a second child
 * waits for one of the two to end, and if it is nsrun, ends the other.
 */
static pid_t start_guard(int nsrun, int cmd, int sync)
{
	struct pollfd ends[] = { { .fd = nsrun, .events = POLLIN }, { .fd = cmd, .events = POLLIN } };
	sigset_t all;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	close(sync);		/* CMD must see the end of nsrun, not of us */
	setpgid(0, 0);		/* a SIGKILL to nsrun's whole group is not for us */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	while (poll(ends, 2, -1) == -1)
		;
	if (ends[0].revents)
		syscall(SYS_pidfd_send_signal, cmd, SIGKILL, NULL, 0);
	_exit(0);
}

/* ---- yours: making the namespaces --------------------------------------- */

/* A new network namespace has lo, and it is down. */
static void loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		err(125, "socket");
	/* TODO 2: read the flags of lo, add IFF_UP, write them; see netdevice(7) */
	/* BEGIN SOLUTION */
	if (ioctl(fd, SIOCGIFFLAGS, &lo) == -1)
		err(125, "flags of lo");
	lo.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &lo) == -1)
		err(125, "lo up");
	/* END SOLUTION */
	close(fd);
}

/* Only between the making of a time namespace and its first process can its
 * clocks be set. */
static void set_clocks(long long seconds)
{
	static const char path[] = "/proc/self/timens_offsets";
	long long monotonic, boottime;
	long mono_ns, boot_ns;
	FILE *file = fopen(path, "r+e");

	if (!file)
		err(125, "%s", path);
	/* TODO 3: the file tells the offsets from the machine's own clocks.  Read
	 * them (nsrun may itself run in a time namespace), add seconds to both,
	 * and write both in one go; see time_namespaces(7) */
	/* BEGIN SOLUTION */
	if (fscanf(file, "monotonic %lld %ld boottime %lld %ld",
		   &monotonic, &mono_ns, &boottime, &boot_ns) != 4)
		errx(125, "%s: not in the known format", path);
	rewind(file);
	fprintf(file, "monotonic %lld %ld\nboottime %lld %ld\n",
		monotonic + seconds, mono_ns, boottime + seconds, boot_ns);
	if (fflush(file) == EOF)
		err(125, "%s", path);
	/* END SOLUTION */
	fclose(file);
}

static void make_namespaces(const struct config *c)
{
	/* TODO 1: leave the old namespaces, one kind of c->flags after the other
	 * (kinds[] has the names for namespace_failed), see unshare(2); make all
	 * mounts private, recursively, see mount(2); set the hostname, see
	 * sethostname(2).  Then call loopback_up and set_clocks, if asked for */
	/* BEGIN SOLUTION */
	for (size_t i = 0; i < KINDS; i++)
		if ((c->flags & kinds[i].flag) && unshare(kinds[i].flag) == -1)
			namespace_failed(kinds[i].name);
	/* Before anything is mounted: a shared mount would show it to the host. */
	if ((c->flags & CLONE_NEWNS) && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		err(125, "make all mounts private");
	if (c->hostname && sethostname(c->hostname, strlen(c->hostname)) == -1)
		err(125, "hostname %s", shown(c->hostname));
	if (c->flags & CLONE_NEWNET)
		loopback_up();
	if (c->flags & CLONE_NEWTIME)
		set_clocks(c->seconds);
	/* END SOLUTION */
}

/* ---- yours: running CMD ------------------------------------------------- */

/*
 * Reaps what ends, and passes signals on to child, until child itself ends.
 * Returns its status as a shell would tell it.  nsrun and the init both live
 * in this loop.
 */
static int tend(pid_t child, const struct signals *s)
{
	siginfo_t info;
	pid_t pid;
	int status;

	for (;;) {
		if (sigwaitinfo(&s->watched, &info) == -1)
			continue;	/* stopped and continued */
		/* TODO 4: for SIGCHLD, reap everybody who has ended, as one SIGCHLD
		 * may stand for many, and return when child was among them, with
		 * 128+n if signal n killed it; see waitpid(2).  Pass any other
		 * signal on, unless has_it_already; see kill(2) */
		/* BEGIN SOLUTION */
		if (info.si_signo != SIGCHLD) {
			if (!has_it_already(child, &info))
				kill(child, info.si_signo);
			continue;
		}
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == child)
				return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		/* END SOLUTION */
	}
}

/*
 * Die with nsrun.  The death signal alone leaves a gap, as nsrun may be dead
 * before it is armed.  So arm first, then ask; only a living nsrun answers.
 */
static void die_with_nsrun(int sync)
{
	char go = 0;

	/* TODO 5: ask for SIGKILL when the parent dies, see prctl(2),
	 * PR_SET_PDEATHSIG.  Then send nsrun one byte through sync, and wait for
	 * one byte, 'G'.  The end of file is no permission, see socketpair(2) */
	/* BEGIN SOLUTION */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
		err(125, "PR_SET_PDEATHSIG");
	if (send(sync, "A", 1, MSG_NOSIGNAL) != 1 || recv(sync, &go, 1, 0) != 1 || go != 'G')
		_exit(125);	/* nobody is left who would want to read why */
	/* END SOLUTION */
	close(sync);
}

/* A fresh /proc tells of this PID namespace; the old one tells of the host. */
static void fresh_proc(void)
{
	char self[16] = "";

	/* TODO 7: mount a new proc on /proc, see mount(2), proc(5) */
	/* BEGIN SOLUTION */
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == -1) {
		if (errno == EPERM)
			errx(125, "fresh /proc: %s: parts of the old one are masked, and a new one "
			     "would show them", strerror(errno));
		err(125, "fresh /proc");
	}
	/* END SOLUTION */
	/* The init reads it back: it is PID 1 here, and nowhere else. */
	if (readlink("/proc/self", self, sizeof(self) - 1) == -1 || strcmp(self, "1") != 0)
		errx(125, "fresh /proc: /proc/self is '%s', not 1", self);
}

/* PID 1 of the new PID namespace.  When it ends, the kernel ends the rest. */
__attribute__((noreturn)) static void run_init(const struct config *c, const struct signals *s)
{
	pid_t cmd;

	if (c->flags & CLONE_NEWNS)
		fresh_proc();
	/* TODO 6: start CMD in a child (exec_cmd), tend it, and end with its
	 * status; see pid_namespaces(7) */
	/* BEGIN SOLUTION */
	cmd = fork();
	if (cmd == -1)
		err(125, "fork");
	if (cmd == 0)
		exec_cmd(c->cmd, s);
	exit(tend(cmd, s));
	/* END SOLUTION */
}

/* ---- yours: -t ---------------------------------------------------------- */

static void join_namespaces(struct config *c)
{
	char cwd[PATH_MAX] = "/";
	int pidfd = pidfd_of(c->target);
	pid_t pid;

	if (pidfd == -1)
		err(125, "process %d", c->target);
	pid = name_in_proc(pidfd);
	if (!getcwd(cwd, sizeof(cwd)) || cwd[0] != '/')
		cwd[0] = '/', cwd[1] = '\0';
	/* TODO 8: collect in c->flags the kinds in which process pid differs, and
	 * enter them all at once, see setns(2) on PID file descriptors.  When the
	 * user namespace is one of them, let id_inside tell c->uid and c->gid
	 * first, and drop the supplementary groups if the kernel lets you, see
	 * setgroups(2).  Before you enter, make sure that pid was the same process
	 * all along: name_in_proc still says so */
	/* BEGIN SOLUTION */
	for (size_t i = 0; pid > 0 && i < KINDS; i++)
		if (differs(pid, &kinds[i]))
			c->flags |= kinds[i].flag;
	if (c->flags & CLONE_NEWUSER) {
		c->uid = id_inside(pid, "uid_map");
		c->gid = id_inside(pid, "gid_map");
		/* Root's groups are root's business; a user's may have to stay. */
		if (setgroups(0, NULL) == -1 && errno != EPERM)
			err(125, "setgroups");
	}
	if (pid < 1 || name_in_proc(pidfd) != pid)
		errx(125, "process %d: not in this /proc, or ended", c->target);
	/* One call: the kernel judges all of them by our present credentials,
	 * and enters all or none. */
	if (c->flags && setns(pidfd, c->flags) == -1)
		err(125, "namespaces of process %d", c->target);
	/* END SOLUTION */
	close(pidfd);
	/* Entering a mount namespace leads to its root; stay where we were, if
	 * there is such a place. */
	if ((c->flags & CLONE_NEWNS) && chdir(cwd) == -1 && chdir("/") == -1)
		err(125, "chdir /");
}

/* In a user namespace that was entered, the caller's ids may mean nobody. */
static void become_inside(const struct config *c)
{
	if (c->gid != -1 && setresgid(c->gid, c->gid, c->gid) == -1)
		err(125, "gid %lld", c->gid);
	if (c->uid != -1 && setresuid(c->uid, c->uid, c->uid) == -1)
		err(125, "uid %lld", c->uid);
}

/* ---- given: the order of it all ----------------------------------------- */

__attribute__((noreturn)) static void child(const struct config *c, const struct signals *s, int sync)
{
	become_inside(c);	/* before the death signal: changing ids clears it */
	die_with_nsrun(sync);
	/* With -t the init of that PID namespace is another's. */
	if ((c->flags & CLONE_NEWPID) && !c->target)
		run_init(c, s);
	exec_cmd(c->cmd, s);
}

int main(int argc, char **argv)
{
	struct config c = parse(argc, argv);
	struct signals s;
	int sync[2], self, cmd, status;
	pid_t pid, guard = -1;
	char armed;

	take_signals(&s);
	self = pidfd_of(getpid());
	if (self == -1 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sync) == -1)
		err(125, "pidfd_open, socketpair");
	if (c.target)
		join_namespaces(&c);
	else
		make_namespaces(&c);

	/* The child is the first to live in a new PID or time namespace. */
	pid = fork();
	if (pid == -1)
		err(125, "fork");
	if (pid == 0) {
		close(sync[0]);
		child(&c, &s, sync[1]);
	}
	close(sync[1]);
	if (recv(sync[0], &armed, 1, 0) == 1) {
		if (c.target || !(c.flags & CLONE_NEWPID)) {
			cmd = pidfd_of(pid);
			if (cmd == -1 || (guard = start_guard(self, cmd, sync[0])) == -1)
				err(125, "guard");
		}
		/* Should this fail, the child has ended, and has a status. */
		(void)!send(sync[0], "G", 1, MSG_NOSIGNAL);
	}
	close(sync[0]);
	status = tend(pid, &s);
	if (guard != -1)
		waitpid(guard, NULL, 0);	/* it ends with CMD; leave nothing behind */
	return status;
}
