/* cgrun.c - run a command in control groups of its own: fork, move, exec
 *
 * Style: one group in each hierarchy that has a controller of interest, found in
 * /proc/self/mountinfo; the child writes itself into each of them before it
 * executes CMD; whatever is left is killed by reading cgroup.procs until it
 * is empty.  See cgroups(7), and the kernel's cgroup-v1 and cgroup-v2 guides. */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MEMORY, PIDS, CPU, CPUACCT, FREEZER, CONTROLLERS };
static const char *const names[] = { "memory", "pids", "cpu", "cpuacct", "freezer" };

/* group[c]: the directory that controls c, or NULL; several may be the same */
static char *group[CONTROLLERS], *made[CONTROLLERS];
static bool v2[CONTROLLERS], asked[CONTROLLERS];
static int n_made;
static sigset_t waited, before;

static void usage(void)
{
	fputs("usage: cgrun [-m BYTES[K|M|G]] [-p PIDS] [-c CPUS] [-F SECONDS] -- CMD [ARG...]\n", stderr);
	exit(2);
}

static int walk(const char *dir, int (*act)(const char *))
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		char sub[4096];

		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		if (snprintf(sub, sizeof sub, "%s/%s", dir, e->d_name) < (int)sizeof sub)
			walk(sub, act);
	}
	if (d)
		closedir(d);
	return act(dir);
}

/* The path of FILE in DIR; false, and errno, where it is longer than PATH */
static bool inside(char path[4096], const char *dir, const char *file)
{
	errno = ENAMETOOLONG;
	return snprintf(path, 4096, "%s/%s", dir, file) < 4096;
}

static int put(const char *dir, const char *file, const char *text)
{
	char path[4096];
	int fd, n, why;

	if (!inside(path, dir, file))
		return -1;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = (int)write(fd, text, strlen(text));
	why = errno;
	close(fd);
	errno = why;
	return n < 0 ? -1 : 0;
}

/* The number after KEY (or at the start, without one), -1 if there is none */
static long long get(const char *dir, const char *file, const char *key)
{
	char path[4096], word[64];
	long long n = -1;
	FILE *f;

	f = inside(path, dir, file) ? fopen(path, "re") : NULL;
	if (!f)
		return -1;
	if (!key && fscanf(f, "%lld", &n) != 1)
		n = -1;
	while (key && fscanf(f, "%63s", word) == 1)	/* fits: the keys of the kernel */
		if (strcmp(word, key) == 0 && fscanf(f, "%lld", &n) == 1)
			break;
	fclose(f);
	return n;
}

static int kill_members(const char *dir)
{
	char path[4096];
	FILE *f;
	int pid;

	f = inside(path, dir, "cgroup.procs") ? fopen(path, "re") : NULL;
	while (f && fscanf(f, "%d", &pid) == 1)
		if (pid > 0)
			kill(pid, SIGKILL);
	if (f)
		fclose(f);
	return 0;
}

/* No group left behind, whatever CMD has made in it.  A frozen process of v1
 * dies when it thaws; no new process can start while the limit is 0. */
static void remove_groups(void)
{
	if (group[PIDS])
		put(group[PIDS], "pids.max", "0");
	for (int i = 0, tries = 0; i < n_made && tries < 20000; tries++) {
		walk(made[i], kill_members);
		if (group[FREEZER])
			put(group[FREEZER], v2[FREEZER] ? "cgroup.freeze" : "freezer.state",
			    v2[FREEZER] ? "0" : "THAWED");
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		walk(made[i], rmdir);
		if (access(made[i], F_OK) < 0)
			i++;
		else
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	n_made = 0;
}

static void fail(const char *what, int why)
{
	remove_groups();
	errno = why;
	err(125, "%s", what);
}

static char *make_group(const char *root)
{
	char *path;

	for (int i = 0; i < n_made; i++)
		if (strncmp(made[i], root, strlen(root)) == 0 && !strchr(made[i] + strlen(root) + 1, '/'))
			return made[i];
	if (n_made == CONTROLLERS)
		fail("/sys/fs/cgroup: more hierarchies than controllers", EOVERFLOW);
	for (unsigned i = 0;; i++) {
		if (asprintf(&path, "%s/limited-%d-%u", root, (int)getpid(), i) < 0)
			fail("memory", errno);
		if (mkdir(path, 0755) == 0)
			return made[n_made++] = path;
		if (errno != EEXIST)
			return NULL;
	}
}

static bool offers(const char *root, const char *controller)
{
	char path[4096], word[64];
	bool found = false;
	FILE *f;

	f = inside(path, root, "cgroup.controllers") ? fopen(path, "re") : NULL;
	while (f && fscanf(f, "%63s", word) == 1)	/* fits: the names of the kernel */
		found |= strcmp(word, controller) == 0;
	if (f)
		fclose(f);
	return found;
}

/* Who carries a controller: v1 names it in the options of its mount, v2 in a
 * file.  Every v2 group has cpu.stat and a freezer, without any controller. */
static void look_at(const char *root, const char *type, const char *options)
{
	for (int c = 0; c < CONTROLLERS; c++) {
		bool second = strcmp(type, "cgroup2") == 0, here;
		char *list, enable[64], key[64];

		if (asprintf(&list, ",%s,", options) < 0)
			fail("memory", errno);
		snprintf(key, sizeof key, ",%s,", names[c]);	/* fits: one of names */
		here = second ? c >= CPUACCT || offers(root, names[c]) : strstr(list, key) != NULL;
		free(list);
		if (!here || (second && group[c]))
			continue;
		snprintf(enable, sizeof enable, "+%s", names[c]);	/* fits: one of names */
		if (second && c < CPUACCT && put(root, "cgroup.subtree_control", enable) < 0 && asked[c])
			fail(names[c], errno);
		v2[c] = second;
		group[c] = make_group(root);
		if (!group[c] && asked[c])
			fail(root, errno);
	}
}

static void make_groups(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;

	if (!f)
		err(125, "/proc/self/mountinfo");
	while (getline(&line, &size, f) > 0) {
		char *point = NULL, *type = NULL, *options = NULL, *rest = strstr(line, " - ");

		if (rest && sscanf(line, "%*s %*s %*s %*s %ms", &point) == 1 &&
		    sscanf(rest, " - %ms %*s %ms", &type, &options) == 2 &&
		    strncmp(type, "cgroup", 6) == 0 && strncmp(point, "/sys/fs/cgroup", 14) == 0)
			look_at(point, type, options);
		free(point), free(type), free(options);
	}
	free(line);
	fclose(f);
	if (n_made == 0)
		errx(125, "/sys/fs/cgroup: no group can be made there");
	for (int c = 0; c < CONTROLLERS; c++)
		if (asked[c] && !group[c])
			fail(names[c], ENOENT);
}

static void limit(int c, const char *file, const char *text)
{
	if (put(group[c], file, text) < 0)
		fail(file, errno);
}

/* Without accounting of swap, memory is bounded only where there is none. */
static void limit_swap(const char *text)
{
	const char *file = v2[MEMORY] ? "memory.swap.max" : "memory.memsw.limit_in_bytes";

	/* v1 counts memory and swap together, v2 swap alone */
	if (put(group[MEMORY], file, v2[MEMORY] ? "0" : text) == 0)
		return;
	if (errno != ENOENT || get("/proc", "meminfo", "SwapTotal:") != 0)
		fail(file, errno);
}

static void set_limits(long long memory, long long pids, double cpus)
{
	char text[64];

	if (asked[MEMORY]) {
		snprintf(text, sizeof text, "%lld", memory);
		limit(MEMORY, v2[MEMORY] ? "memory.max" : "memory.limit_in_bytes", text);
		limit_swap(text);
	}
	if (asked[PIDS]) {
		snprintf(text, sizeof text, "%lld", pids);
		limit(PIDS, "pids.max", text);
	}
	if (asked[CPU]) {
		/* A quota is at least 1 ms: the longest period carries the smallest share. */
		long period = cpus < 0.01 ? 1000000 : 100000;

		snprintf(text, sizeof text, v2[CPU] ? "%.0f %ld" : "%.0f", cpus * (double)period, period);
		if (!v2[CPU]) {
			char p[32];

			snprintf(p, sizeof p, "%ld", period);
			limit(CPU, "cpu.cfs_period_us", p);
		}
		limit(CPU, v2[CPU] ? "cpu.max" : "cpu.cfs_quota_us", text);
	}
}

/* In the child: into every group, and only then CMD. */
static void run(char **cmd, int failed)
{
	const char *what = cmd[0];
	int i = 0, code = 125;

	while (i < n_made && put(made[i], "cgroup.procs", "0") == 0)
		i++;
	if (i < n_made) {
		what = made[i];
	} else {
		sigprocmask(SIG_SETMASK, &before, NULL);
		execvp(cmd[0], cmd);
		code = errno == ENOENT ? 127 : 126;
	}
	warn("%s", what);
	/* the other side tells "not run" from a CMD that ends with 126 */
	_exit(write(failed, "", 1) == 1 ? code : 125);
}

/* Wait for SECONDS, for ever if negative; the signal that came, 0 if none. */
static int wait_signal(double seconds)
{
	struct timespec t = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };
	int sig;

	do
		sig = seconds < 0 ? sigwaitinfo(&waited, NULL) : sigtimedwait(&waited, NULL, &t);
	while (sig < 0 && errno == EINTR);
	return sig < 0 ? 0 : sig;
}

static int freeze(double seconds)
{
	int sig;

	limit(FREEZER, v2[FREEZER] ? "cgroup.freeze" : "freezer.state", v2[FREEZER] ? "1" : "FROZEN");
	do
		sig = wait_signal(seconds);
	while (sig == SIGCHLD);
	limit(FREEZER, v2[FREEZER] ? "cgroup.freeze" : "freezer.state", v2[FREEZER] ? "0" : "THAWED");
	return sig;
}

static const char *shown(long long n, char *text, size_t size)
{
	snprintf(text, size, n < 0 ? "-" : "%lld", n);
	return text;
}

static void report(void)
{
	char peak[32], tasks[32], kills[32], cpu[32];
	long long n, us;

	n = !group[MEMORY] ? -1 : get(group[MEMORY], v2[MEMORY] ? "memory.peak" : "memory.max_usage_in_bytes", NULL);
	shown(n, peak, sizeof peak);
	n = !group[MEMORY] ? -1 : get(group[MEMORY], v2[MEMORY] ? "memory.events" : "memory.oom_control", "oom_kill");
	shown(n, kills, sizeof kills);
	shown(group[PIDS] ? get(group[PIDS], "pids.peak", NULL) : -1, tasks, sizeof tasks);
	us = !group[CPUACCT] ? -1 : v2[CPUACCT] ? get(group[CPUACCT], "cpu.stat", "usage_usec")
	     : get(group[CPUACCT], "cpuacct.usage", NULL) / 1000;
	snprintf(cpu, sizeof cpu, us < 0 ? "-" : "%.6f", (double)us / 1e6);
	remove_groups();
	fprintf(stderr, "cgrun: peak_memory_bytes=%s cpu_seconds=%s peak_pids=%s oom_kills=%s\n",
		peak, cpu, tasks, kills);
}

/* CMD's status, or 128+n if signal n told us to end; *ran: CMD was executed */
static int supervise(char **cmd, double frozen, bool *ran)
{
	int failed[2], status, sig = 0;
	char byte;
	pid_t pid;

	if (pipe2(failed, O_CLOEXEC) < 0)
		fail("pipe", errno);
	pid = fork();
	if (pid < 0)
		fail("fork", errno);
	if (pid == 0)
		run(cmd, failed[1]);
	close(failed[1]);
	*ran = read(failed[0], &byte, 1) == 0;
	close(failed[0]);
	if (*ran && asked[FREEZER])
		sig = freeze(frozen);
	for (;;) {
		if (sig && sig != SIGCHLD)
			return 128 + sig;
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
		sig = wait_signal(-1);
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static double decimal(const char *text, bool zero)
{
	char *end;
	double n;

	if (!*text || text[strspn(text, "0123456789.")] || strcmp(text, ".") == 0)
		usage();
	n = strtod(text, &end);
	if (*end || n < 0 || (n == 0 && !zero) || n > 1e9)
		usage();
	return n;
}

static long long integer(const char *text, const char *units)
{
	const char *unit;
	long long n;
	char *end;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (!isdigit((unsigned char)*text) || errno || n == 0)
		usage();
	if (*end) {
		unit = strchr(units, *end);
		if (!unit || end[1] || n >> (53 - 10 * (unit - units)))
			usage();
		n <<= 10 * (unit - units + 1);
	}
	return n;
}

int main(int argc, char **argv)
{
	long long memory = 0, pids = 0;
	double cpus = 0, frozen = 0;
	bool ran = false;
	int opt, status;

	opterr = 0;
	while ((opt = getopt(argc, argv, "+m:p:c:F:")) != -1) {
		switch (opt) {
		case 'm': memory = integer(optarg, "KMG"); asked[MEMORY] = true; break;
		case 'p': pids = integer(optarg, ""); asked[PIDS] = true; break;
		case 'c': cpus = decimal(optarg, false); asked[CPU] = true; break;
		case 'F': frozen = decimal(optarg, true); asked[FREEZER] = true; break;
		default: usage();
		}
	}
	if (optind == argc)
		usage();
	sigemptyset(&waited);
	sigaddset(&waited, SIGTERM);
	sigaddset(&waited, SIGINT);
	sigaddset(&waited, SIGHUP);
	sigaddset(&waited, SIGCHLD);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &waited, &before);

	make_groups();
	set_limits(memory, pids, cpus);
	status = supervise(argv + optind, frozen, &ran);
	if (ran)
		report();
	else
		remove_groups();
	return status;
}
