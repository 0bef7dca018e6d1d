/* idmaprun.c - run a command in a user namespace, with the id maps asked for
 *
 *   idmaprun [-U IN:OUT:COUNT]... [-G IN:OUT:COUNT]... -- CMD [ARG]...
 *
 * Each -U adds one line to the new namespace's uid_map, each -G one line to
 * its gid_map: COUNT ids from IN on, inside, are the ids from OUT on, outside.
 * Without -U the map is 0:EUID:1, without -G it is 0:EGID:1.
 *
 *   parent                              child
 *     | fork ------------------------->  |
 *     |                                  | unshare(CLONE_NEWUSER)
 *     | <------------------------ READY  |
 *     | write /proc/CHILD/uid_map        | waits; it has every capability in
 *     | write /proc/CHILD/gid_map        | the new namespace, but no ids yet
 *     | GO --------------------------->  |
 *     | wait, pass signals on            | become uid and gid, execve CMD
 *
 * Exit status: CMD's; 128+n if signal n killed it; 127 CMD not found; 126 CMD
 * found but cannot run; 125 our own failure, and CMD was not run; 2 bad usage.
 *
 * See user_namespaces(7), unshare(2), setresuid(2), newuidmap(1). */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The kernel takes no more lines in one map (5 before Linux 4.15). */
#define MAX_LINES 340

/* The longest line: three numbers of ten digits, two blanks, a newline. */
#define LINE_LENGTH 33

/* What parent and child say to each other.  Only these bytes count: the end of
 * the file is never permission, because a parent that died half way closes the
 * socket too. */
#define READY 'R'
#define GO    'G'

struct range {
	uint32_t in, out, count;
};

struct idmap {
	const char *name;	/* "uid_map": the file in /proc/PID, and in messages */
	const char *helper;	/* "newuidmap" */
	uint32_t own;		/* the caller's effective id */
	size_t lines;
	struct range line[MAX_LINES];
};

static const char usage[] =
	"usage: idmaprun [-U IN:OUT:COUNT]... [-G IN:OUT:COUNT]... -- CMD [ARG]...";

/* ---- given: reporting, options ------------------------------------------- */

/* One message is one line, whatever stands in it. */
static void one_line(char *text)
{
	for (size_t i = 0; text[i]; i++) {
		unsigned char c = (unsigned char)text[i], last = i ? (unsigned char)text[i - 1] : 0;

		/* Of UTF-8, not what are controls above 0x7f: console_codes(4). */
		if (iscntrl(c) || (c >= 0x80 && c < 0xa0 && (last < 0x80 || last == 0xc2)))
			text[i] = ' ';
	}
}

/* complain: 'idmaprun: WHAT: WHY' on stderr, in one write, since the child has
 * the same stderr. */
__attribute__((format(printf, 1, 2)))
static void complain(const char *format, ...)
{
	char *text;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length == -1)
		return;
	one_line(text);
	dprintf(STDERR_FILENO, "idmaprun: %s\n", text);
	free(text);
}

__attribute__((noreturn))
static void bad_usage(const char *why, const char *what)
{
	char *text;

	if (asprintf(&text, "%s (%s%s)", usage, why, what) != -1) {
		one_line(text);
		fprintf(stderr, "%s\n", text);
	}
	exit(2);
}

/* parse_id: the decimal number at *text, which END must follow.  More than 32
 * bits is not an id; the kernel would silently take the low 32 of them. */
static bool parse_id(const char **text, char end, uint32_t *id)
{
	unsigned long long value;
	char *rest;

	/* strtoull() would let blanks and signs through */
	if (!isdigit((unsigned char)**text))
		return false;
	errno = 0;
	value = strtoull(*text, &rest, 10);
	if (errno || value > UINT32_MAX || *rest != end)
		return false;
	*id = (uint32_t)value;
	*text = rest + 1;
	return true;
}

/* add_line: one more IN:OUT:COUNT.  Whether the map makes sense (no overlap,
 * no empty range, ids that exist) is for the kernel to say. */
static void add_line(struct idmap *map, const char *text)
{
	struct range *range = &map->line[map->lines];
	const char *at = text;

	if (map->lines == MAX_LINES) {
		complain("%s: more than %d lines: the kernel's limit", map->name, MAX_LINES);
		exit(125);
	}
	if (!parse_id(&at, ':', &range->in) || !parse_id(&at, ':', &range->out) ||
	    !parse_id(&at, '\0', &range->count))
		bad_usage("not three numbers of 32 bits: ", text);
	map->lines++;
}

static void parse_options(int argc, char **argv, struct idmap *uids, struct idmap *gids)
{
	int option;

	opterr = 0;
	while ((option = getopt(argc, argv, "+:U:G:h")) != -1)
		switch (option) {
		case 'U':
			add_line(uids, optarg);
			break;
		case 'G':
			add_line(gids, optarg);
			break;
		case 'h':
			puts(usage);
			exit(0);
		default:
			bad_usage(option == ':' ? "no map after -" : "no such option: -",
				  (char []){ (char)optopt, '\0' });
		}
	if (!argv[optind])
		bad_usage("no command", "");
	if (!uids->lines)
		uids->line[uids->lines++] = (struct range){ 0, uids->own, 1 };
	if (!gids->lines)
		gids->line[gids->lines++] = (struct range){ 0, gids->own, 1 };
}

/* ---- given: maps as text, and what is in force --------------------------- */

/* map_text: the map as the kernel wants it */
static void map_text(const struct idmap *map, char text[MAX_LINES * LINE_LENGTH + 1])
{
	size_t i;

	*text = '\0';
	for (i = 0; i < map->lines; i++)
		text += snprintf(text, LINE_LENGTH + 1, "%u %u %u\n", map->line[i].in,
				 map->line[i].out, map->line[i].count);
}

/* map_in_force: whether /proc/PID/uid_map (or gid_map) now says just what was
 * asked.  The kernel sorts a map of more than five lines. */
static bool map_in_force(pid_t pid, const struct idmap *map)
{
	struct range r;
	char path[64];
	size_t i, seen = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, map->name);	/* fits: uid_map */
	file = fopen(path, "re");
	if (!file)
		return false;
	while (fscanf(file, "%u %u %u", &r.in, &r.out, &r.count) == 3) {
		for (i = 0; i < map->lines; i++)
			if (!memcmp(&map->line[i], &r, sizeof(r)))
				break;
		seen += i < map->lines ? 1 : MAX_LINES;
	}
	fclose(file);
	return seen == map->lines;
}

/* first_id: 0 where the map has it, else the first IN */
static uint32_t first_id(const struct idmap *map)
{
	size_t i;

	for (i = 0; i < map->lines; i++)
		if (map->line[i].in == 0)
			return 0;
	return map->line[0].in;
}

/*
 * in_path: whether there is such a program.  execvp(3) says EACCES for one that
 * is nowhere, too, if it may not look into a folder of PATH; and CMD's user is
 * seldom the one whose PATH it is.
 */
static bool in_path(const char *name)
{
	const char *dirs = getenv("PATH");
	char path[4096];
	struct stat st;
	int length;

	if (strchr(name, '/') || !dirs)
		return true;
	for (;; dirs += length + 1) {
		length = (int)strcspn(dirs, ":");
		/* A path that is too long names no file, for execvp(3) either. */
		if (snprintf(path, sizeof(path), "%.*s%s%s", length, dirs, length ? "/" : "", name) <
		    (int)sizeof(path) && stat(path, &st) == 0)
			return true;
		if (!dirs[length])
			return false;
	}
}

/* ---- given: running newuidmap and newgidmap, waiting for CMD ------------- */

/*
 * run_helper: run ARGV, a program in PATH, and wait for it.  What it prints
 * comes back in SAID, to become part of our one line: its first SIZE - 1 bytes,
 * which is more than they ever say.  0 if its status was 0.
 */
static int run_helper(char **argv, char *said, size_t size)
{
	char rest[256];
	size_t length = 0;
	ssize_t n;
	int out[2], status;
	pid_t pid;

	said[0] = '\0';
	if (pipe2(out, O_CLOEXEC) == -1 || (pid = fork()) == -1) {
		snprintf(said, size, "%s", strerror(errno));	/* lint: only shown, cut or not */
		return -1;
	}
	if (pid == 0) {
		if (dup2(out[1], STDOUT_FILENO) == -1 || dup2(out[1], STDERR_FILENO) == -1)
			_exit(1);
		execvp(argv[0], argv);
		dprintf(STDERR_FILENO, "%s: %s (it comes with the package uidmap)", argv[0],
			strerror(errno));
		_exit(127);
	}
	close(out[1]);
	while ((n = read(out[0], said + length, size - 1 - length)) > 0)
		length += (size_t)n;
	while (read(out[0], rest, sizeof(rest)) > 0)
		;	/* more than fits: it must not block on a full pipe */
	close(out[0]);
	while (length > 0 && isspace((unsigned char)said[length - 1]))
		length--;
	said[length] = '\0';
	if (waitpid(pid, &status, 0) == -1 || status != 0) {
		if (!length)
			snprintf(said, size, "%s: refused", argv[0]);	/* fits: newuidmap */
		return -1;
	}
	return 0;
}

/*
 * wait_for_command: CMD's status, once it has ended.  Signals that somebody
 * sends to us are for CMD; those that the terminal sends, CMD has got already.
 * The caller has blocked them.
 */
static int wait_for_command(pid_t pid, const sigset_t *signals)
{
	siginfo_t info;
	int status;
	pid_t ended;

	while ((ended = waitpid(pid, &status, WNOHANG)) == 0)
		if (sigwaitinfo(signals, &info) > 0 && info.si_signo != SIGCHLD &&
		    info.si_code != SI_KERNEL)
			kill(pid, info.si_signo);
	if (ended == -1) {
		complain("wait: %s", strerror(errno));
		return 125;
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* block_signals: all that wait_for_command() looks at */
static void block_signals(sigset_t *signals)
{
	static const int wanted[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };
	size_t i;

	sigemptyset(signals);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		sigaddset(signals, wanted[i]);
	sigprocmask(SIG_BLOCK, signals, NULL);
}

/* ---- yours: the maps ------------------------------------------------------ */

/* TODO 1: write TEXT to /proc/PID/NAME, in one write(2).  0, or -1 with errno
 * set.  See user_namespaces(7), "Defining user and group ID mappings". */
static int put(pid_t pid, const char *name, const char *text)
{
	/* BEGIN SOLUTION */
	size_t length = strlen(text);
	char path[64];
	int fd, saved;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);	/* fits: uid_map, setgroups */
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	n = write(fd, text, length);
	saved = n == -1 ? errno : EIO;
	close(fd);
	errno = saved;
	return n == (ssize_t)length ? 0 : -1;
	/* END SOLUTION */
}

/* TODO 2: have MAP's helper write it: newuidmap PID IN OUT COUNT [IN OUT
 * COUNT]...  0, or -1 after one complaint.  See newuidmap(1), subuid(5). */
static int map_by_helper(pid_t pid, const struct idmap *map)
{
	/* BEGIN SOLUTION */
	char word[3 * MAX_LINES + 1][sizeof("4294967295")];
	char *argv[3 * MAX_LINES + 3];
	char name[16], said[1024];
	size_t i, n = 0;

	snprintf(word[n++], sizeof(word[0]), "%u", (unsigned int)pid);
	for (i = 0; i < map->lines; i++) {
		snprintf(word[n++], sizeof(word[0]), "%u", map->line[i].in);
		snprintf(word[n++], sizeof(word[0]), "%u", map->line[i].out);
		snprintf(word[n++], sizeof(word[0]), "%u", map->line[i].count);
	}
	snprintf(name, sizeof(name), "%s", map->helper);	/* fits: newuidmap */
	argv[0] = name;
	for (i = 0; i < n; i++)
		argv[i + 1] = word[i];
	argv[n + 1] = NULL;
	if (run_helper(argv, said, sizeof(said)) == 0)
		return 0;
	complain("%s: not permitted to this caller, nor by %s%s", map->name, said,
		 map->lines == 1 && map->line[0].out == map->own ? " (make doctor says why)" : "");
	return -1;
	/* END SOLUTION */
}

/* TODO 3: put MAP in force for the namespace of PID.  0, or -1 after one
 * complaint.  Ask the kernel first, and go on only from EPERM: a gid_map of
 * one line of one id, the caller's own, is permitted once setgroups is denied;
 * any other map is for the helper.  Check with map_in_force() at the end.
 * See user_namespaces(7), "The /proc/pid/setgroups file". */
static int write_map(pid_t pid, const struct idmap *map)
{
	/* BEGIN SOLUTION */
	bool own_id = map->lines == 1 && map->line[0].count == 1 && map->line[0].out == map->own;
	char text[MAX_LINES * LINE_LENGTH + 1];
	int result;

	map_text(map, text);
	result = put(pid, map->name, text);
	/*
	 * Who could drop a group could get past a file that is closed to just
	 * that group, so without privilege it is the map or setgroups(2).
	 * Too early a denial could not be taken back.
	 */
	if (result == -1 && errno == EPERM && own_id && !strcmp(map->name, "gid_map")) {
		result = put(pid, "setgroups", "deny");
		if (result == 0)
			result = put(pid, map->name, text);
	}
	if (result == -1 && errno == EPERM) {
		if (map_by_helper(pid, map) == -1)
			return -1;
	} else if (result == -1) {
		complain("%s: %s%s", map->name, strerror(errno), errno != EINVAL ? "" :
			 " (a map is less than a page, without overlap, empty range or id 4294967295)");
		return -1;
	}
	if (!map_in_force(pid, map)) {
		complain("%s: not in force: it reads back differently", map->name);
		return -1;
	}
	return 0;
	/* END SOLUTION */
}

/* ---- yours: the child, and the parent ------------------------------------- */

/*
 * child: enter the namespace, wait for the maps, become UID and GID, run ARGV.
 * It ends with 125, 126 or 127 after one complaint of its own; or, where the
 * parent is the one to complain or is dead, with 125 in silence.
 */
__attribute__((noreturn))
static void child(int parent_socket, pid_t parent, uid_t uid, gid_t gid, char **argv)
{
	char word;
	int why;

	/* TODO 4: the namespace; say READY; wait for GO, and take nothing else
	 * for it.  See unshare(2), recv(2). */
	/* BEGIN SOLUTION */
	if (unshare(CLONE_NEWUSER) == -1) {
		/* ENOSPC is not a full disk here */
		complain("new user namespace: %s (make doctor says why)", errno == ENOSPC || errno == EUSERS ?
			 "limit reached: 32 levels, or user.max_user_namespaces" : strerror(errno));
		_exit(125);
	}
	word = READY;
	if (send(parent_socket, &word, 1, MSG_NOSIGNAL) != 1 ||
	    recv(parent_socket, &word, 1, 0) != 1 || word != GO)
		_exit(125);
	/* END SOLUTION */

	/* TODO 5: drop the caller's groups where setgroups is allowed; become
	 * GID and UID, real, effective and saved; look that it is so.
	 * See setgroups(2), setresuid(2), getresuid(2). */
	/* BEGIN SOLUTION */
	uid_t r, e, s;
	gid_t rg, eg, sg;

	/* EPERM is the kernel's word that setgroups is denied here: CAP_SETGID we have */
	if ((setgroups(0, NULL) == -1 && errno != EPERM) ||
	    setresgid(gid, gid, gid) == -1 || setresuid(uid, uid, uid) == -1) {
		/* Some kernels take the capabilities away (AppArmor on Ubuntu 24.04). */
		complain("becoming uid %u, gid %u: %s%s", uid, gid, strerror(errno),
			 errno == EPERM || errno == EACCES ? " (make doctor says why)" : "");
		_exit(125);
	}
	if (getresuid(&r, &e, &s) == -1 || r != uid || e != uid || s != uid ||
	    getresgid(&rg, &eg, &sg) == -1 || rg != gid || eg != gid || sg != gid) {
		complain("becoming uid %u, gid %u: the kernel says otherwise", uid, gid);
		_exit(125);
	}
	/* END SOLUTION */

	/* TODO 6: die with the parent, and look whether it is dead already.
	 * A change of ids clears this setting, so it is the last thing before
	 * execve.  See prctl(2), getppid(2). */
	/* BEGIN SOLUTION */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1) {
		complain("PR_SET_PDEATHSIG: %s", strerror(errno));
		_exit(125);
	}
	if (getppid() != parent)
		_exit(125);
	/* END SOLUTION */

	execvp(argv[0], argv);
	why = errno == EACCES && !in_path(argv[0]) ? ENOENT : errno;
	complain("%s: %s", argv[0], strerror(why));
	_exit(why == ENOENT ? 127 : 126);
}

/* not_started: the child will not run CMD, and somebody has said why */
static int not_started(int child_socket, pid_t pid)
{
	close(child_socket);	/* the child's recv() returns 0 */
	waitpid(pid, NULL, 0);
	return 125;
}

/* parent: write both maps from outside, let the child go, wait for CMD. */
static int parent(int child_socket, pid_t pid, const struct idmap *uids, const struct idmap *gids)
{
	sigset_t signals;
	char word;

	/* TODO 7: READY, both maps, GO.  Block the signals just before GO: up
	 * to there a signal may end us, and the child sees it. */
	/* BEGIN SOLUTION */
	int status;

	if (recv(child_socket, &word, 1, 0) != 1 || word != READY) {
		close(child_socket);
		if (waitpid(pid, &status, 0) == pid && WIFSIGNALED(status))
			complain("child: killed by signal %d", WTERMSIG(status));
		return 125;	/* else the child has said why */
	}
	if (write_map(pid, uids) == -1 || write_map(pid, gids) == -1)
		return not_started(child_socket, pid);
	block_signals(&signals);
	word = GO;
	if (send(child_socket, &word, 1, MSG_NOSIGNAL) != 1) {
		complain("child: %s", strerror(errno));
		return not_started(child_socket, pid);
	}
	/* END SOLUTION */
	return wait_for_command(pid, &signals);
}

int main(int argc, char **argv)
{
	struct idmap uids = { .name = "uid_map", .helper = "newuidmap", .own = geteuid() };
	struct idmap gids = { .name = "gid_map", .helper = "newgidmap", .own = getegid() };
	pid_t self = getpid(), pid;
	int sockets[2];

	parse_options(argc, argv, &uids, &gids);

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == -1 ||
	    (pid = fork()) == -1) {
		complain("child: %s", strerror(errno));
		return 125;
	}
	/* Each side closes the other's end, or it would never see the end of the file. */
	if (pid == 0) {
		close(sockets[0]);
		child(sockets[1], self, first_id(&uids), first_id(&gids), argv + optind);
	}
	close(sockets[1]);
	/* A caller that ignores SIGCHLD would keep us from CMD's status. */
	signal(SIGCHLD, SIG_DFL);
	return parent(sockets[0], pid, &uids, &gids);
}
