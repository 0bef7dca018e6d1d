/* cgrun.c - run a command in control groups of its own: born there
 *
 * Style: clone3(2) with CLONE_INTO_CGROUP where the hierarchy is v2 (on v1 the
 * child still has to move); every group is a descriptor, named by mkdtemp(3); one poll(2)
 * waits for the end of CMD (pidfd), for signals (signalfd) and for the end of
 * the freeze (timerfd); cgroup.kill ends what is left.  See cgroups(7), clone(2). */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <mntent.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_GROUPS = 16 };

/* What one controller offers, on either version */
static const struct files {
	const char *controller;
	const char *peak[2], *events[2], *limit[2];
} table[] = {
	{ "memory", { "memory.max_usage_in_bytes", "memory.peak" }, { "memory.oom_control", "memory.events" },
	  { "memory.limit_in_bytes", "memory.max" } },
	{ "pids", { "pids.peak", "pids.peak" }, { NULL, NULL }, { "pids.max", "pids.max" } },
	{ "cpu", { NULL, NULL }, { NULL, NULL }, { "cpu.cfs_quota_us", "cpu.max" } },
	{ "cpuacct", { "cpuacct.usage", NULL }, { NULL, "cpu.stat" }, { NULL, NULL } },
	{ "freezer", { NULL, NULL }, { NULL, NULL }, { "freezer.state", "cgroup.freeze" } },
};
enum { MEMORY, PIDS, CPU, CPUACCT, FREEZER, KINDS };

struct group { char path[600]; int fd; bool v2; };
static struct group groups[MAX_GROUPS];
static int n_groups;
static struct group *of[KINDS];  /* who carries the controller */
static char limits[KINDS][64];   /* what was asked for, "" for nothing */
static double frozen;

static void usage(void)
{
	fprintf(stderr, "usage: cgrun [-m BYTES[K|M|G]] [-p PIDS] [-c CPUS] [-F SECONDS] -- CMD [ARG...]\n");
	exit(2);
}

static bool put(int dir, const char *file, const char *text)
{
	int fd = openat(dir, file, O_WRONLY | O_CLOEXEC), why;
	bool ok = fd >= 0 && write(fd, text, strlen(text)) >= 0;

	why = errno;
	if (fd >= 0)
		close(fd);
	errno = why;
	return ok;
}

static bool slurp(int dir, const char *file, char *text, size_t size)
{
	int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return n > 0;
}

/* FILE's number, or that after the word KEY in it; -1 where there is none */
static long long number_in(const struct group *g, const char *file, const char *key)
{
	char text[4096], *at = text;

	if (!g || !file || !slurp(g->fd, file, text, sizeof text))
		return -1;
	if (!key)
		return atoll(text);
	while ((at = strstr(at, key)) != NULL) {
		if ((at == text || at[-1] == '\n') && at[strlen(key)] == ' ')
			return atoll(at + strlen(key));
		at++;
	}
	return -1;
}

/* Groups that CMD made below go first. */
static void remove_tree(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	char text[65536], *rest = text, *pid;

	while (dir && (entry = readdir(dir)) != NULL)
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			remove_tree(fd, entry->d_name);
	if (dir && slurp(fd, "cgroup.procs", text, sizeof text))
		/* No newline after it: half of a pid is somebody else's. */
		while ((pid = strsep(&rest, "\n")) != NULL && rest != NULL)
			if (atoi(pid) > 0)
				kill(atoi(pid), SIGKILL);
	if (dir)
		closedir(dir);
	unlinkat(parent, name, AT_REMOVEDIR);
}

static void end_group(struct group *g)
{
	if (g->v2)
		put(g->fd, "cgroup.kill", "1");
	if (of[FREEZER] == g)
		put(g->fd, table[FREEZER].limit[g->v2], g->v2 ? "0" : "THAWED");
	for (int i = 0; i < 20000; i++) {
		struct stat st;

		remove_tree(AT_FDCWD, g->path);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (stat(g->path, &st) < 0)
			break;
		poll(NULL, 0, 1);
	}
	close(g->fd);
}

/* The freezer last of all would leave frozen members unkilled in the others. */
static void end_groups(void)
{
	if (of[FREEZER])
		end_group(of[FREEZER]);
	for (int i = 0; i < n_groups; i++)
		if (&groups[i] != of[FREEZER])
			end_group(&groups[i]);
}

static void __attribute__((noreturn, format(printf, 1, 2))) give_up(const char *format, ...)
{
	int why = errno;
	va_list ap;

	end_groups();
	errno = why;
	va_start(ap, format);
	vwarn(format, ap);
	va_end(ap);
	exit(125);
}

static struct group *add_group(const char *root, bool second)
{
	struct group *g = &groups[n_groups];

	if (n_groups == MAX_GROUPS)
		return NULL;
	g->v2 = second;
	if (snprintf(g->path, sizeof g->path, "%s/job-XXXXXX", root) >= (int)sizeof g->path) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	if (!mkdtemp(g->path))
		return NULL;
	g->fd = open(g->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (g->fd < 0) {
		rmdir(g->path);
		return NULL;
	}
	n_groups++;
	return g;
}

/* Everything below /sys/fs/cgroup, v1 before v2: who has a controller there has
 * taken it from v2. */
static void find(bool second)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *m;

	while (f && (m = getmntent(f)) != NULL) {
		struct group *g = NULL;
		char text[512] = "", controller[32];

		if (strcmp(m->mnt_type, second ? "cgroup2" : "cgroup") != 0 ||
		    strncmp(m->mnt_dir, "/sys/fs/cgroup", 14) != 0)
			continue;
		if (second) {
			int fd = open(m->mnt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

			slurp(fd, "cgroup.controllers", text, sizeof text);
			for (int k = MEMORY; k <= CPU; k++) {
				snprintf(controller, sizeof controller, "+%s", table[k].controller);	/* fits: a name of the table */
				if (strstr(text, table[k].controller))
					put(fd, "cgroup.subtree_control", controller);
			}
			close(fd);
		}
		for (int k = 0; k < KINDS; k++) {
			bool here = second ? k >= CPUACCT || strstr(text, table[k].controller) : hasmntopt(m, table[k].controller) != NULL;

			if (!here || of[k])
				continue;
			if (!g)
				g = add_group(m->mnt_dir, second);
			of[k] = g;
			if (!g && *limits[k])
				give_up("%s", m->mnt_dir);
		}
	}
	if (f)
		endmntent(f);
}

static void apply(int k, const char *file, const char *text)
{
	if (!put(of[k]->fd, file, text))
		give_up("%s/%s", of[k]->path, file);
}

static void apply_limits(double cpus)
{
	char text[64];

	for (int k = 0; k < KINDS; k++)
		if (*limits[k] && !of[k]) {
			errno = ENODEV;
			give_up("controller %s", table[k].controller);
		}
	if (*limits[MEMORY]) {
		const char *swap = of[MEMORY]->v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes";

		apply(MEMORY, table[MEMORY].limit[of[MEMORY]->v2], limits[MEMORY]);
		/* Kernels that do not count swap have no such file. */
		if (faccessat(of[MEMORY]->fd, swap, F_OK, 0) == 0 || access("/proc/swaps", F_OK) == 0)
			apply(MEMORY, swap, of[MEMORY]->v2 ? "0" : limits[MEMORY]);
	}
	if (*limits[PIDS])
		apply(PIDS, "pids.max", limits[PIDS]);
	if (*limits[CPU] && of[CPU]->v2) {
		if (snprintf(text, sizeof text, "%.0f 1000000", cpus * 1e6) >= (int)sizeof text)
			usage();
		apply(CPU, "cpu.max", text);
	} else if (*limits[CPU]) {
		if (snprintf(text, sizeof text, "%.0f", cpus * 1e6) >= (int)sizeof text)
			usage();
		apply(CPU, "cpu.cfs_period_us", "1000000");
		apply(CPU, "cpu.cfs_quota_us", text);
	}
}

/* CMD's process; *ran is false if it could not be executed (it has said why) */
static pid_t start(char **cmd, int *pidfd, const sigset_t *original, bool *ran)
{
	struct clone_args args = { .flags = CLONE_PIDFD, .pidfd = (uintptr_t)pidfd, .exit_signal = SIGCHLD };
	int failed[2], why;
	pid_t pid;
	char byte;

	for (int i = 0; i < n_groups; i++)
		if (groups[i].v2) {
			args.flags |= CLONE_INTO_CGROUP;
			args.cgroup = (uint64_t)groups[i].fd;
		}
	if (pipe2(failed, O_CLOEXEC) < 0)
		give_up("pipe");
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	if (pid < 0)
		give_up("clone3");
	if (pid > 0) {
		close(failed[1]);
		*ran = read(failed[0], &byte, 1) == 0;
		close(failed[0]);
		return pid;
	}
	for (int i = 0; i < n_groups; i++)
		if (!groups[i].v2 && !put(groups[i].fd, "cgroup.procs", "0")) {
			why = errno;
			if (write(failed[1], "", 1) == 1)
				errno = why;
			err(125, "%s", groups[i].path);
		}
	sigprocmask(SIG_SETMASK, original, NULL);
	execvp(cmd[0], cmd);
	why = errno;
	if (write(failed[1], "", 1) == 1)
		errno = why;
	err(errno == ENOENT ? 127 : 126, "%s", cmd[0]);
}

static void set_frozen(bool on)
{
	apply(FREEZER, table[FREEZER].limit[of[FREEZER]->v2], of[FREEZER]->v2 ? on ? "1" : "0" : on ? "FROZEN" : "THAWED");
}

/* Until CMD ends or a signal tells us to; the status to end with */
static int watch(pid_t pid, int pidfd, int signals)
{
	struct pollfd fds[3] = { { .fd = pidfd, .events = POLLIN }, { .fd = signals, .events = POLLIN }, { .fd = -1 } };
	struct signalfd_siginfo info;
	int status;

	if (*limits[FREEZER]) {
		long ns = (long)((frozen - (double)(time_t)frozen) * 1e9);
		struct itimerspec end = { .it_value = { (time_t)frozen, ns > 0 || frozen >= 1 ? ns : 1 } };

		set_frozen(true);
		fds[2] = (struct pollfd){ .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), .events = POLLIN };
		timerfd_settime(fds[2].fd, 0, &end, NULL);
	}
	for (;;) {
		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			give_up("poll");
		if (fds[1].revents && read(signals, &info, sizeof info) == sizeof info)
			return 128 + (int)info.ssi_signo;
		if (fds[2].revents) {
			set_frozen(false);
			fds[2].fd = -1;
			fds[2].revents = 0;
		}
		if (fds[0].revents && waitpid(pid, &status, 0) == pid)
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
}

static void print_or_dash(const char *name, long long n)
{
	if (n < 0)
		fprintf(stderr, " %s=-", name);
	else
		fprintf(stderr, " %s=%lld", name, n);
}

static void finish(bool report)
{
	bool v2[KINDS];
	long long peak, us, tasks, kills;

	for (int k = 0; k < KINDS; k++)
		v2[k] = of[k] && of[k]->v2;
	peak = number_in(of[MEMORY], table[MEMORY].peak[v2[MEMORY]], NULL);
	kills = number_in(of[MEMORY], table[MEMORY].events[v2[MEMORY]], "oom_kill");
	tasks = number_in(of[PIDS], "pids.peak", NULL);
	us = v2[CPUACCT] ? number_in(of[CPUACCT], "cpu.stat", "usage_usec")
	     : of[CPUACCT] ? number_in(of[CPUACCT], "cpuacct.usage", NULL) / 1000 : -1;
	end_groups();
	if (!report)
		return;
	fprintf(stderr, "cgrun:");
	print_or_dash("peak_memory_bytes", peak);
	if (us < 0)
		fprintf(stderr, " cpu_seconds=-");
	else
		fprintf(stderr, " cpu_seconds=%lld.%06lld", us / 1000000, us % 1000000);
	print_or_dash("peak_pids", tasks);
	print_or_dash("oom_kills", kills);
	fputc('\n', stderr);
}

static double decimal(const char *text, double least)
{
	double n = 0;
	int used = 0;

	if (!isdigit((unsigned char)*text) || strspn(text, "0123456789.") != strlen(text) ||
	    sscanf(text, "%lf%n", &n, &used) != 1 || text[used] || n < least)
		usage();
	return n;
}

static void natural(const char *text, const char *units, char out[64])
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)*text) || errno || n == 0)
		usage();
	if (*end && (end[1] || !strchr(units, *end)))
		usage();
	for (const char *u = units; *end && u <= strchr(units, *end); u++)
		if (__builtin_mul_overflow(n, 1024ull, &n) || n > INT64_MAX)
			usage();
	snprintf(out, 64, "%llu", n);
}

int main(int argc, char **argv)
{
	int opt, signals, pidfd, status;
	sigset_t set, original;
	double cpus = 0;
	bool ran = false;
	pid_t pid;

	opterr = 0;
	while ((opt = getopt(argc, argv, "+m:p:c:F:")) != -1) {
		switch (opt) {
		case 'm': natural(optarg, "KMG", limits[MEMORY]); break;
		case 'p': natural(optarg, "", limits[PIDS]); break;
		case 'c': cpus = decimal(optarg, 1e-9); limits[CPU][0] = 'y'; break;
		case 'F': frozen = decimal(optarg, 0); limits[FREEZER][0] = 'y'; break;
		default: usage();
		}
	}
	if (optind == argc)
		usage();
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &set, &original);
	signals = signalfd(-1, &set, SFD_CLOEXEC);

	find(false);
	find(true);
	if (n_groups == 0)
		errx(125, "/sys/fs/cgroup: no group can be made here");
	apply_limits(cpus);
	pid = start(argv + optind, &pidfd, &original, &ran);
	if (ran) {
		status = watch(pid, pidfd, signals);
	} else {
		waitpid(pid, &status, 0);
		status = WEXITSTATUS(status);
	}
	finish(ran);
	return status;
}
