/* cgrun.c - run a command in a cgroup of its own
 *
 *   cgrun [-m BYTES[K|M|G]] [-p PIDS] [-c CPUS] [-F SECONDS] -- CMD...
 *
 * The group is new for every run: one directory of the same name directly
 * below the root of each hierarchy in /sys/fs/cgroup that carries something
 * cgrun uses, v1 or v2.  CMD is limited in memory (with no swap beyond it),
 * tasks and CPUs; -F freezes the group for a while once CMD runs.  At the end
 * the kernel's own figures are printed, and the group is gone, with all that
 * still ran in it.
 *
 * Exit status: CMD's, or 128+N if signal N killed CMD or ended cgrun; 125 if
 * cgrun failed (CMD was not run), 126 if CMD cannot run, 127 if there is none,
 * 2 for bad usage.
 *
 * See cgroups(7), clone(2), sigwaitinfo(2), and in the kernel's documentation
 * admin-guide/cgroup-v2 and admin-guide/cgroup-v1. */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MILLION 1000000

/* One mounted cgroup hierarchy, and our group in it. */
struct hierarchy {
	int version;		/* 1 or 2 */
	char *point;		/* where it is mounted */
	char *controllers;	/* what it carries: "rw,cpu,cpuacct" */
	int root;		/* the mount point, open */
	int group;		/* our group below it, open; -1: none */
	int error;		/* the errno that explains why there is none */
};

struct run {
	/* What was asked for. */
	uint64_t memory;	/* bytes; 0: no limit */
	uint64_t pids;		/* tasks; 0: no limit */
	uint64_t cpu;		/* millionths of a CPU; 0: no limit */
	bool freeze;
	uint64_t freeze_us;	/* for how long, in microseconds */
	char **cmd;
	/* What was made. */
	char name[64];		/* of the group, in every hierarchy */
	struct hierarchy hier[16];
	int count;
	pid_t self, child;
	sigset_t signals;	/* what cgrun waits for; blocked */
	sigset_t old_signals;	/* the mask that CMD gets back */
};

/* ---- given: options ----------------------------------------------------- */

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

static const char usage_line[] =
	"usage: cgrun [-m BYTES[K|M|G]] [-p PIDS] [-c CPUS] [-F SECONDS] [--] CMD [ARG...]\n";

static void __attribute__((noreturn)) bad_usage(const char *option, const char *text)
{
	if (option && text)
		fprintf(stderr, "cgrun: %s: not a valid value: '%s'\n", option, shown(text));
	fputs(usage_line, stderr);
	exit(2);
}

/* A whole number in base ten at TEXT; END is set to what follows it. */
static bool parse_whole(const char *text, uint64_t *value, const char **end)
{
	const char *p = text;

	for (*value = 0; isdigit((unsigned char)*p); p++)
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*p - '0'), value))
			return false;
	*end = p;
	return p > text;
}

/* BYTES[K|M|G].  More than a signed 64-bit number is more than a kernel counts. */
static bool parse_bytes(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMG";
	const char *end, *suffix;
	uint64_t unit = 1;

	if (!parse_whole(text, bytes, &end))
		return false;
	if (*end) {
		suffix = strchr(units, *end);
		if (!suffix || end[1])
			return false;
		unit = (uint64_t)1 << (10 * (suffix - units + 1));
	}
	return !__builtin_mul_overflow(*bytes, unit, bytes) && *bytes <= INT64_MAX;
}

/* A decimal number, in millionths.  No sign, exponent, hexadecimal or nan; and
 * what is more than nothing never becomes nothing. */
static bool parse_decimal(const char *text, uint64_t *millionths)
{
	const char *p = text;
	uint64_t whole = 0, unit = MILLION, rest = 0;
	bool digits = isdigit((unsigned char)*p);

	if (digits && !parse_whole(text, &whole, &p))
		return false;
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++) {
			digits = true;
			unit /= 10;
			rest += unit ? (uint64_t)(*p - '0') * unit : *p != '0' && !whole && !rest;
		}
	if (!digits || *p || whole > UINT32_MAX)
		return false;
	*millionths = whole * MILLION + rest;
	return true;
}

static void parse_options(struct run *r, int argc, char **argv)
{
	const char *end;
	int option;

	while ((option = getopt(argc, argv, "+m:p:c:F:h")) != -1)
		switch (option) {
		case 'm':
			if (!parse_bytes(optarg, &r->memory) || !r->memory)
				bad_usage("-m", optarg);
			break;
		case 'p':
			if (!parse_whole(optarg, &r->pids, &end) || *end || !r->pids)
				bad_usage("-p", optarg);
			break;
		case 'c':
			if (!parse_decimal(optarg, &r->cpu) || !r->cpu)
				bad_usage("-c", optarg);
			break;
		case 'F':
			r->freeze = true;
			if (!parse_decimal(optarg, &r->freeze_us))
				bad_usage("-F", optarg);
			break;
		case 'h':
			fputs(usage_line, stdout);
			exit(0);
		default:
			bad_usage(NULL, NULL);
		}
	if (!argv[optind])
		bad_usage(NULL, NULL);
	r->cmd = argv + optind;
}

/* ---- given: reading and writing cgroup files ---------------------------- */

/* Write a formatted text to FILE in the directory DIR: 0, or -1 and errno.
 * The kernel takes or refuses a value with the write itself. */
static int __attribute__((format(printf, 3, 4)))
put(int dir, const char *file, const char *format, ...)
{
	char text[128];
	va_list args;
	int fd, length, error;

	va_start(args, format);
	length = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (length < 0 || length >= (int)sizeof(text)) {
		errno = EOVERFLOW;
		return -1;
	}
	fd = openat(dir, file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	error = write(fd, text, length) == length ? 0 : errno;
	close(fd);
	errno = error;
	return error ? -1 : 0;
}

/* The text of FILE in DIR, without its last newline; "" (and errno) if it
 * cannot be read.  BUFFER holds it: one read(2), so a list of many pids or swap
 * areas is only its start; a file with limits or counters is all there. */
static const char *get(int dir, const char *file, char buffer[4096])
{
	int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buffer, 4095);
	int error = errno;

	if (fd >= 0)
		close(fd);
	if (n > 0 && buffer[n - 1] == '\n')
		n--;
	buffer[n > 0 ? n : 0] = '\0';
	errno = error;
	return buffer;
}

/* The number in FILE, or, with a KEY, the number after that word at the start
 * of a line ("oom_kill 1"); -1 if there is none. */
static int64_t number(int dir, const char *file, const char *key)
{
	char buffer[4096];
	const char *line = get(dir, file, buffer);
	size_t length = key ? strlen(key) : 0;

	while (key && (strncmp(line, key, length) || line[length] != ' ')) {
		line = strchr(line, '\n');
		if (!line++)
			return -1;
	}
	line += key ? length + 1 : 0;
	return isdigit((unsigned char)*line) ? strtoll(line, NULL, 10) : -1;
}

static bool exists(int dir, const char *file)
{
	return !faccessat(dir, file, F_OK, 0);
}

/* Call VISIT for every group below NAME in the directory PARENT, the deepest
 * first, and for NAME itself last.  Returns the sum of what it returned. */
static long walk(int parent, const char *name, long (*visit)(int parent, const char *name, int group))
{
	int group = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = group < 0 ? NULL : fdopendir(group);
	struct dirent *entry;
	long sum = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			sum += walk(group, entry->d_name, visit);
	sum += visit(parent, name, group);
	closedir(dir);
	return sum;
}

/* ---- given: which hierarchy carries what -------------------------------- */

/* Is WORD one of the words of LIST, which SEPARATOR divides? */
static bool has_word(const char *list, const char *word, char separator)
{
	size_t length = strlen(word);
	const char *p;

	for (p = list; (p = strstr(p, word)); p += length)
		if ((p == list || p[-1] == separator) && (!p[length] || p[length] == separator))
			return true;
	return false;
}

static bool carries(const struct hierarchy *h, const char *controller)
{
	return has_word(h->controllers, controller, ',');
}

/* The hierarchy with a group of ours that carries CONTROLLER ("memory",
 * "pids", "cpu", "cpuacct", "freezer"), v1 before v2; NULL if there is none. */
static struct hierarchy *carrier(struct run *r, const char *controller)
{
	for (int version = 1; version <= 2; version++)
		for (struct hierarchy *h = r->hier; h < r->hier + r->count; h++)
			if (h->version == version && h->group >= 0 && carries(h, controller))
				return h;
	return NULL;
}

/* The same for what was asked for: where there is none, cgrun ends. */
static struct hierarchy *need(struct run *r, const char *controller)
{
	struct hierarchy *h = carrier(r, controller);

	if (h)
		return h;
	for (h = r->hier; h < r->hier + r->count; h++)
		if (carries(h, controller)) {
			errno = h->error;
			err(125, "%s/%s", h->point, r->name);
		}
	errx(125, "%s: no cgroup hierarchy in /sys/fs/cgroup carries this controller", controller);
}

/* The v2 hierarchy, if there is one with a group of ours. */
static struct hierarchy *unified(struct run *r)
{
	for (struct hierarchy *h = r->hier; h < r->hier + r->count; h++)
		if (h->version == 2 && h->group >= 0)
			return h;
	return NULL;
}

/* Add the hierarchy mounted at POINT, unless it is hidden there by another
 * mount, or has nothing that cgrun uses. */
static void add_hierarchy(struct run *r, int version, const char *point, dev_t dev, const char *options)
{
	static const char *const used[] = { "memory", "pids", "cpu", "cpuacct", "freezer" };
	struct hierarchy *h = &r->hier[r->count];
	char buffer[4096], *p;
	struct stat st;
	bool use = version == 2;

	for (int i = 0; i < r->count; i++)
		if (!strcmp(r->hier[i].point, point))
			return;
	*h = (struct hierarchy){ .version = version, .group = -1 };
	h->root = open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->root < 0)
		return;
	h->point = strdup(point);
	/* v2: cpu.stat and cgroup.freeze are there without any controller. */
	if (asprintf(&h->controllers, "%s%s", version == 1 ? options : "cpuacct freezer ",
		     version == 1 ? "" : get(h->root, "cgroup.controllers", buffer)) < 0 || !h->point)
		errx(125, "%s: no memory left", point);
	for (p = h->controllers; version == 2 && (p = strchr(p, ' ')); )
		*p = ',';
	for (size_t i = 0; i < sizeof(used) / sizeof(*used); i++)
		use |= carries(h, used[i]);
	if (use && !fstat(h->root, &st) && st.st_dev == dev)
		r->count++;
	else
		close(h->root);
}

/* Find the cgroup mounts at and below /sys/fs/cgroup, as this process sees
 * them.  See mountinfo in proc(5) for the fields of a line. */
static void discover(struct run *r)
{
	const int max = sizeof(r->hier) / sizeof(*r->hier);
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	unsigned int major, minor;
	size_t size = 0;

	if (!f)
		err(125, "/proc/self/mountinfo");
	while (getline(&line, &size, f) > 0) {
		const char *rest = strstr(line, " - ");
		char *point = NULL, *type = NULL, *options = NULL;

		/* %ms: whatever their length, as half a path names something else. */
		if (rest && sscanf(line, "%*d %*d %u:%u %*s %ms", &major, &minor, &point) == 3 &&
		    sscanf(rest, " - %ms %*s %ms", &type, &options) == 2 &&
		    !strncmp(type, "cgroup", 6) && !strncmp(point, "/sys/fs/cgroup", 14)) {
			if (r->count == max)
				errx(125, "%s: more than %d cgroup hierarchies", point, max);
			add_hierarchy(r, type[6] == '2' ? 2 : 1, point, makedev(major, minor), options);
		}
		free(point), free(type), free(options);
	}
	free(line);
	fclose(f);
	if (!r->count)
		errx(125, "/sys/fs/cgroup: no cgroup hierarchy is mounted there");
}

/* ---- the groups and their limits ---------------------------------------- */

/* v2 only: have the root hand CONTROLLER down, so that groups below it have
 * its files.  0, or -1 and errno: EBUSY where the root holds processes itself. */
static int enable(struct hierarchy *h, const char *controller)
{
	char buffer[4096];

	if (has_word(get(h->root, "cgroup.subtree_control", buffer), controller, ' '))
		return 0;
	/*
	 * Only the real root, which has no cgroup.type, may both hold processes
	 * and hand controllers down.  Look before asking: elsewhere the kernel
	 * takes "+pids" or "+cpu" in spite of processes inside, and then no
	 * group of whole processes can live below any more.
	 */
	if (exists(h->root, "cgroup.type") && *get(h->root, "cgroup.procs", buffer)) {
		errno = EBUSY;
		return -1;
	}
	/* TODO 1: ask for it in cgroup.subtree_control; see cgroups(7) */
	/* BEGIN SOLUTION */
	return put(h->root, "cgroup.subtree_control", "+%s", controller);
	/* END SOLUTION */
}

static void enable_all(struct run *r, struct hierarchy *h)
{
	/* Memory and pids also for the report; cpu.stat needs no controller. */
	const char *names[] = { "memory", "pids", r->cpu ? "cpu" : NULL };
	const uint64_t asked[] = { r->memory, r->pids, r->cpu };

	for (int i = 0; i < 3; i++) {
		if (!names[i] || !carries(h, names[i]) || !enable(h, names[i]) || !asked[i])
			continue;
		if (errno == EBUSY)
			errx(125, "%s/cgroup.subtree_control: +%s: the root of this tree holds processes itself, "
			     "see \"no internal processes\" in cgroups(7)", h->point, names[i]);
		err(125, "%s/cgroup.subtree_control: +%s", h->point, names[i]);
	}
}

/* A group named r->name in every hierarchy.  One that refuses is no error yet:
 * perhaps nothing of it is needed. */
static void make_groups(struct run *r)
{
	int made = 0;

	for (struct hierarchy *h = r->hier; h < r->hier + r->count; h++) {
		if (h->version == 2)
			enable_all(r, h);
		/* TODO 2: make the group, and open it: h->group; count it in
		 * made; where that fails, h->error tells why; see mkdirat(2) */
		/* BEGIN SOLUTION */
		if (mkdirat(h->root, r->name, 0755)) {
			h->error = errno;
			continue;
		}
		h->group = openat(h->root, r->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (h->group < 0) {
			h->error = errno;
			unlinkat(h->root, r->name, AT_REMOVEDIR);
			continue;
		}
		made++;
		/* END SOLUTION */
	}
	if (!made) {
		errno = r->hier[0].error;
		err(125, "%s/%s", r->hier[0].point, r->name);
	}
}

/* Set FILE of our group to VALUE, and read it back: what the kernel made of it
 * may be SLACK less or more (it counts memory in pages), no further away. */
static void set_limit(struct hierarchy *h, const char *file, uint64_t value, uint64_t slack)
{
	/* TODO 3: write it, read it, compare; end with 125 if it is not so */
	/* BEGIN SOLUTION */
	char now[4096];
	uint64_t is;

	if (put(h->group, file, "%" PRIu64, value))
		err(125, "%s: %" PRIu64, file, value);
	is = (uint64_t)number(h->group, file, NULL);
	if ((is > value ? is - value : value - is) > slack)
		errx(125, "%s: %" PRIu64 ": the kernel made it '%s'", file, value, get(h->group, file, now));
	/* END SOLUTION */
}

/* Has this machine any swap?  The list has one line of titles. */
static bool swap_is_on(void)
{
	char buffer[4096];

	return strchr(get(AT_FDCWD, "/proc/swaps", buffer), '\n');
}

static void limit_memory(struct run *r)
{
	struct hierarchy *h = need(r, "memory");
	const uint64_t page = sysconf(_SC_PAGESIZE);

	/* TODO 4: the limit, and no swap beyond it.  v2: memory.max,
	 * memory.swap.max.  v1: memory.limit_in_bytes, then (it is the sum of
	 * both, and may never be the lesser) memory.memsw.limit_in_bytes.  A
	 * kernel that does not account for swap has neither of the two swap
	 * files: then see swap_is_on(), on v1 also memory.swappiness. */
	/* BEGIN SOLUTION */
	if (h->version == 2) {
		set_limit(h, "memory.max", r->memory, page - 1);
		if (exists(h->group, "memory.swap.max"))
			set_limit(h, "memory.swap.max", 0, 0);
		else if (swap_is_on())
			errx(125, "memory.swap.max: this kernel cannot keep a group out of the swap");
		return;
	}
	set_limit(h, "memory.limit_in_bytes", r->memory, page - 1);
	if (exists(h->group, "memory.memsw.limit_in_bytes"))
		set_limit(h, "memory.memsw.limit_in_bytes", r->memory, page - 1);
	else if (swap_is_on())
		set_limit(h, "memory.swappiness", 0, 0);
	/* END SOLUTION */

	/* v1: a group inherits this; with 1, whoever is over the limit waits. */
	if (number(h->group, "memory.oom_control", "oom_kill_disable") == 1 &&
	    put(h->group, "memory.oom_control", "0"))
		err(125, "memory.oom_control: 0");
}

static void limit_cpu(struct run *r)
{
	struct hierarchy *h = need(r, "cpu");
	/* Microseconds.  The kernel takes a quota of 1 ms at least, in a period
	 * of 1 s at most; 100 ms is what it starts with. */
	const uint64_t period = r->cpu < 10000 ? MILLION : 100000;
	const uint64_t quota = r->cpu * period / MILLION;

	if (quota < 1000)
		errx(125, "-c: less than 0.001 CPU: the kernel cannot enforce so little");
	/* TODO 5: v2: cpu.max holds quota and period (read it back with get);
	 * v1: cpu.cfs_period_us, cpu.cfs_quota_us; see sched-bwc in the
	 * kernel's documentation */
	/* BEGIN SOLUTION */
	char buffer[4096], text[64];

	if (h->version == 1) {
		set_limit(h, "cpu.cfs_period_us", period, 0);
		set_limit(h, "cpu.cfs_quota_us", quota, 0);
		return;
	}
	snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64, quota, period);
	if (put(h->group, "cpu.max", "%s", text))
		err(125, "cpu.max: %s", text);
	if (strcmp(get(h->group, "cpu.max", buffer), text))
		errx(125, "cpu.max: %s: the kernel made it %s", text, buffer);
	/* END SOLUTION */
}

/* ---- the freezer -------------------------------------------------------- */

/* Ask the kernel to freeze (or thaw) the group: 0, or -1 and errno. */
static int freeze(struct run *r, bool on)
{
	struct hierarchy *h = carrier(r, "freezer");

	if (!h)
		return -1;
	/* TODO 6: v2: cgroup.freeze takes 1 or 0; v1: freezer.state takes
	 * FROZEN or THAWED; see cgroups(7) */
	/* BEGIN SOLUTION */
	if (h->version == 2)
		return put(h->group, "cgroup.freeze", on ? "1" : "0");
	return put(h->group, "freezer.state", on ? "FROZEN" : "THAWED");
	/* END SOLUTION */
}

/* Does the kernel say that every task of the group stands still? */
static bool is_frozen(struct run *r)
{
	struct hierarchy *h = carrier(r, "freezer");
	char buffer[4096];

	if (!h)
		return false;
	/* TODO 7: v2: "frozen" in cgroup.events; v1: freezer.state, which says
	 * FREEZING until all of them do */
	/* BEGIN SOLUTION */
	if (h->version == 2)
		return number(h->group, "cgroup.events", "frozen") == 1;
	return !strcmp(get(h->group, "freezer.state", buffer), "FROZEN");
	/* END SOLUTION */
}

/* ---- the command -------------------------------------------------------- */

/* The child's side: it does nothing before it is told to, and execs. */
static void __attribute__((noreturn)) run_command(struct run *r, int parent)
{
	char go = 0;
	int error;

	/* EOF is never permission: a cgrun that died closes the socket too. */
	if (recv(parent, &go, 1, 0) != 1 || go != 'G')
		_exit(125);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_SETMASK, &r->old_signals, NULL);
	execvp(r->cmd[0], r->cmd);
	error = errno;
	send(parent, &error, sizeof(error), MSG_NOSIGNAL);
	_exit(error == ENOENT ? 127 : 126);
}

/* Start CMD inside all groups: r->child.  Returns once it runs. */
static void start(struct run *r)
{
	struct hierarchy *v2 = unified(r);
	struct clone_args args = { .exit_signal = SIGCHLD };
	int pair[2], error;

	/* The child's end closes when it execs; then recv() says 0. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		err(125, "socketpair");
	if (v2) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)v2->group;
	}
	/* TODO 8: a child that is born in the v2 group: clone3 with args, see
	 * clone(2); if this kernel cannot, fork(2).  In the child, close
	 * pair[0] and call run_command.  In the parent, close pair[1], move
	 * the child into every group that it was not born in, by writing its
	 * pid to cgroup.procs; only then send it the byte 'G', see send(2). */
	/* BEGIN SOLUTION */
	r->child = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (r->child < 0 && (errno == ENOSYS || errno == E2BIG || errno == EPERM)) {
		v2 = NULL;
		r->child = fork();
	}
	if (r->child < 0)
		err(125, "clone3");
	if (!r->child) {
		close(pair[0]);
		run_command(r, pair[1]);
	}
	close(pair[1]);
	for (struct hierarchy *h = r->hier; h < r->hier + r->count; h++)
		if (h->group >= 0 && h != v2 && put(h->group, "cgroup.procs", "%d", (int)r->child))
			err(125, "%s/%s/cgroup.procs", h->point, r->name);
	/* A child that the memory limit has killed already is no error here. */
	if (send(pair[0], "G", 1, MSG_NOSIGNAL) != 1 && errno != EPIPE)
		err(125, "send");
	/* END SOLUTION */
	if (recv(pair[0], &error, sizeof(error), 0) == sizeof(error)) {
		errno = error;
		err(error == ENOENT ? 127 : 126, "%s", shown(r->cmd[0]));
	}
	close(pair[0]);
}

/* Reap what has ended.  True, and CMD's exit status, once CMD has. */
static bool ended(struct run *r, int *exit_status)
{
	bool found = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == r->child) {
			found = true;
			r->child = 0;
			*exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		}
	return found;
}

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * MILLION + now.tv_nsec / 1000;
}

/* Wait for CMD's end, or a signal to cgrun; freeze and thaw meanwhile. */
static int supervise(struct run *r)
{
	enum { RUNNING, FREEZING, FROZEN } state = RUNNING;
	int64_t wait, thaw_at = 0;
	int sig, exit_status;

	if (r->freeze) {
		if (freeze(r, true))
			err(125, "freeze %s", r->name);
		state = FREEZING;
	}
	for (;;) {
		if (state == FREEZING && is_frozen(r)) {
			state = FROZEN;
			thaw_at = now_us() + (int64_t)r->freeze_us;
		}
		if (state == FROZEN && now_us() >= thaw_at) {
			if (freeze(r, false))
				err(125, "thaw %s", r->name);
			state = RUNNING;
		}
		/* No event tells when a v1 group is frozen: look again. */
		wait = state == FROZEN ? thaw_at - now_us() : 2000;
		wait = wait > 0 ? wait : 0;
		sig = state == RUNNING ? sigwaitinfo(&r->signals, NULL) :
			sigtimedwait(&r->signals, NULL, &(struct timespec){
				.tv_sec = wait / MILLION, .tv_nsec = wait % MILLION * 1000 });
		if (sig == SIGCHLD && ended(r, &exit_status))
			return exit_status;
		if (sig > 0 && sig != SIGCHLD)
			return 128 + sig;
	}
}

/* ---- the end ------------------------------------------------------------ */

static void nap(long us)
{
	nanosleep(&(struct timespec){ .tv_nsec = us * 1000 }, NULL);
}

/* For walk(): send SIGKILL to every process in one group; how many there were.
 *
 * cgrun is the reaper of CMD's orphans, so that a process that dies meanwhile
 * stays a zombie: its pid cannot belong to somebody else by now.  A pid of 0
 * is a process that this pid namespace does not see. */
static long kill_here(int parent, const char *name, int group)
{
	int fd = openat(group, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *procs = fd < 0 ? NULL : fdopen(fd, "r");
	long found = 0;
	int pid;

	(void)parent, (void)name;
	if (!procs)
		return 0;
	while (fscanf(procs, "%d", &pid) == 1) {
		found++;
		/* TODO 9: see kill(2): what would 0 do? */
		/* BEGIN SOLUTION */
		if (pid > 0)
			kill(pid, SIGKILL);
		/* END SOLUTION */
	}
	/* On v1 the frozen do not die, and CMD may have frozen a group below. */
	put(group, "freezer.state", "THAWED");
	fclose(procs);
	return found;
}

/* kill_here in all our groups and below; how many processes there were. */
static long kill_everywhere(struct run *r)
{
	long found = 0;

	for (struct hierarchy *h = r->hier; h < r->hier + r->count; h++)
		if (h->group >= 0)
			found += walk(h->root, r->name, kill_here);
	return found;
}

/* Kill all that is in our groups.  It is over when a look at all of them finds
 * nobody; some seconds at most. */
static void kill_all(struct run *r)
{
	struct hierarchy *v2 = unified(r), *pids = carrier(r, "pids");

	if (r->child > 0)	/* it may have moved out of the groups */
		kill(r->child, SIGKILL);
	for (int tries = 0; tries < 2000 && kill_everywhere(r); tries++) {
		/* TODO 10: kill faster than they fork: no new tasks (pids.max),
		 * freeze and wait a little for is_frozen, kill_everywhere; on
		 * v2 also cgroup.kill.  Any of these may fail: the loop looks
		 * again. */
		/* BEGIN SOLUTION */
		if (pids)
			put(pids->group, "pids.max", "0");
		freeze(r, true);
		for (int i = 0; i < 50 && !is_frozen(r); i++)
			nap(100);
		kill_everywhere(r);
		if (v2)
			put(v2->group, "cgroup.kill", "1");
		/* END SOLUTION */
		nap(2000);
	}
}

/* For walk(): remove one group; 1 if it is still there. */
static long remove_here(int parent, const char *name, int group)
{
	(void)group;
	/* TODO 11: see unlinkat(2) */
	/* BEGIN SOLUTION */
	return unlinkat(parent, name, AT_REMOVEDIR) && errno != ENOENT;
	/* END SOLUTION */
}

/* Remove our groups with all below them.  A process that has just died may
 * keep its group busy a little longer. */
static bool remove_groups(struct run *r)
{
	bool gone = true;

	for (struct hierarchy *h = r->hier; h < r->hier + r->count; h++)
		for (int tries = 0; h->group >= 0; tries++) {
			if (!walk(h->root, r->name, remove_here)) {
				close(h->group);
				h->group = -1;
			} else if (tries == 1000) {
				warnx("%s/%s: cannot be removed: something is still in it", h->point, r->name);
				h->group = -1;	/* give up */
				gone = false;
			} else {
				nap(2000);
			}
		}
	return gone;
}

/* For on_exit(3): whatever the way out, nothing stays behind. */
static void clean_up(int status, void *run)
{
	struct run *r = run;
	bool made = false;

	(void)status;
	for (struct hierarchy *h = r->hier; h < r->hier + r->count; h++)
		made |= h->group >= 0;
	if (!made || getpid() != r->self)	/* a child that calls exit() */
		return;
	kill_all(r);
	remove_groups(r);
}

/* For walk(): the processes that the OOM killer took in one v1 group.  v1
 * counts them where they were, v2 also in every group above. */
static long oom_kills_here(int parent, const char *name, int group)
{
	int64_t n = number(group, "memory.oom_control", "oom_kill");

	(void)parent, (void)name;
	return n > 0 ? (long)n : 0;
}

/* The kernel's figures, into TEXT: '-' for each that it does not tell. */
static void report(struct run *r, char *text, size_t size)
{
	int64_t memory = -1, cpu_us = -1, pids = -1, ooms = -1;
	char figures[4][32] = { "-", "-", "-", "-" };
	struct hierarchy *h;

	/* TODO 12: memory: v2 memory.peak, v1 memory.max_usage_in_bytes.  cpu:
	 * v2 usage_usec in cpu.stat, v1 cpuacct.usage in nanoseconds.  pids:
	 * pids.peak.  ooms: v2 oom_kill in memory.events, v1 oom_kills_here by
	 * walk(), if memory.oom_control has a count.  number() says -1 for
	 * what is not there. */
	/* BEGIN SOLUTION */
	if ((h = carrier(r, "memory"))) {
		bool v1 = h->version == 1;

		memory = number(h->group, v1 ? "memory.max_usage_in_bytes" : "memory.peak", NULL);
		ooms = number(h->group, v1 ? "memory.oom_control" : "memory.events", "oom_kill");
		if (v1 && ooms >= 0)
			ooms = walk(h->root, r->name, oom_kills_here);
	}
	if ((h = carrier(r, "cpuacct")) && h->version == 2)
		cpu_us = number(h->group, "cpu.stat", "usage_usec");
	else if (h && (cpu_us = number(h->group, "cpuacct.usage", NULL)) >= 0)
		cpu_us /= 1000;
	if ((h = carrier(r, "pids")))
		pids = number(h->group, "pids.peak", NULL);
	/* END SOLUTION */
	if (memory >= 0)
		snprintf(figures[0], 32, "%" PRId64, memory);
	if (cpu_us >= 0)
		snprintf(figures[1], 32, "%" PRId64 ".%06d", cpu_us / MILLION, (int)(cpu_us % MILLION));
	if (pids >= 0)
		snprintf(figures[2], 32, "%" PRId64, pids);
	if (ooms >= 0)
		snprintf(figures[3], 32, "%" PRId64, ooms);
	/* fits: main() has 256 bytes for it, each figure at most 31 */
	snprintf(text, size, "peak_memory_bytes=%s cpu_seconds=%s peak_pids=%s oom_kills=%s",
		 figures[0], figures[1], figures[2], figures[3]);
}

/* Block the signals that end cgrun, so that they wait for supervise(). */
static void prepare_signals(struct run *r)
{
	struct sigaction hup;

	/* A caller that ignores SIGCHLD would have the kernel reap CMD. */
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&r->signals);
	sigaddset(&r->signals, SIGCHLD);
	sigaddset(&r->signals, SIGTERM);
	sigaddset(&r->signals, SIGINT);
	sigaddset(&r->signals, SIGQUIT);
	if (!sigaction(SIGHUP, NULL, &hup) && hup.sa_handler != SIG_IGN)
		sigaddset(&r->signals, SIGHUP);		/* not under nohup(1) */
	if (sigprocmask(SIG_BLOCK, &r->signals, &r->old_signals))
		err(125, "sigprocmask");
}

int main(int argc, char **argv)
{
	static struct run r;	/* clean_up needs it after main has returned */
	char figures[256];
	uint32_t random;
	int status;

	parse_options(&r, argc, argv);
	discover(&r);
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		err(125, "getrandom");
	r.self = getpid();
	snprintf(r.name, sizeof(r.name), "cgrun.%d.%08" PRIx32, (int)r.self, random);
	prepare_signals(&r);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		err(125, "PR_SET_CHILD_SUBREAPER");
	if (on_exit(clean_up, &r))
		errx(125, "on_exit: no memory left");

	make_groups(&r);
	if (r.memory)
		limit_memory(&r);
	if (r.pids)
		set_limit(need(&r, "pids"), "pids.max", r.pids, 0);
	if (r.cpu)
		limit_cpu(&r);
	if (r.freeze && (!need(&r, "freezer") || freeze(&r, false)))
		err(125, "-F: the freezer of %s", r.name);
	start(&r);
	status = supervise(&r);
	kill_all(&r);
	report(&r, figures, sizeof(figures));
	if (!remove_groups(&r))
		return 125;
	fprintf(stderr, "cgrun: %s\n", figures);
	return status;
}
