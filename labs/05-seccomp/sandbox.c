/* sandbox.c - run a command behind a seccomp filter
 *
 *   sandbox (-a NAME[,...] | -d NAME[,...]) [-e ERRNO | -k | -l] [--] CMD [ARG...]
 *
 *   -a NAME[,...]  allow only these system calls, and what it takes to start
 *                  and end CMD: execve, exit, exit_group, rt_sigreturn
 *   -d NAME[,...]  refuse only these system calls
 *   -e ERRNO       a refused call fails with this error, a name or a number
 *                  from 1 to 4095 (default: EPERM)
 *   -k             a refused call kills the process (SIGSYS: status 159)
 *   -l             a refused call is logged by the kernel, and let through
 *
 * no_new_privs is always set.  Calls through a foreign ABI (x32 and i386 on
 * x86-64, 32-bit ARM on aarch64) never get through, not even with -l.
 *
 * Exit status: CMD's own; 128+N if signal N killed it; 125 if nothing was run,
 * 126 if CMD cannot be run, 127 if it is not there; 2 for bad usage.
 *
 * Between the filter and CMD lies exactly one system call, execve, because any
 * other might be refused, or be the death of us.  So the filter is compiled
 * before the fork, the child loads it as its last act, and the parent, which
 * stays outside, looks at the result, and speaks for the child if CMD cannot
 * be started.  The two share one page of memory: reading and writing memory is
 * no system call.
 *
 * See seccomp(2), prctl(2), seccomp_init(3), seccomp_rule_add(3),
 * seccomp_export_bpf(3). */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define USAGE "usage: sandbox (-a NAME[,...] | -d NAME[,...]) [-e ERRNO | -k | -l] [--] CMD [ARG...]"
#define LAST_ERRNO 4095	/* the kernel takes no larger one */

/* What was asked. */
struct request {
	char *allow;		/* the list of -a, or NULL */
	char *deny;		/* the list of -d, or NULL */
	uint32_t refusal;	/* what becomes of a refused call: SCMP_ACT_... */
	int last_errno;		/* -e 4095: see raise_errno() */
	char **cmd;
};

/* How far the child is.  It goes from one to the next by itself, but from
 * LOADED to GO only the parent takes it. */
enum stage { STARTING, LOADED, GO, FAILED };

/* The page that parent and child share. */
struct talk {
	_Atomic int stage;
	int error;		/* FAILED: the errno... */
	const char *what;	/* ... and of what; NULL: of starting CMD */
	char pid[16];		/* the child's name in /proc, as /proc sees it */
};

/* ---- given: options and errors ------------------------------------------ */

/* Ours is one line, whatever was typed. */
static char *one_line(char *text)
{
	for (size_t i = 0; text[i]; i++) {
		unsigned char c = (unsigned char)text[i], last = i ? (unsigned char)text[i - 1] : 0;

		/* Of UTF-8, not what are controls above 0x7f: console_codes(4). */
		if (iscntrl(c) || (c >= 0x80 && c < 0xa0 && (last < 0x80 || last == 0xc2)))
			text[i] = '?';
	}
	return text;
}

static _Noreturn void usage(const char *why)
{
	fprintf(stderr, USAGE "  (%s)\n", why);
	exit(2);
}

/* The errno of a name, or of a number from 1 to 4095; 0 if it is neither.  A
 * filter that answers with errno 0 would tell CMD that the call succeeded. */
static int parse_errno(const char *word)
{
	static const struct { const char *name; int value; } alias[] = {
		{ "EWOULDBLOCK", EWOULDBLOCK }, { "EDEADLOCK", EDEADLOCK }, { "ENOTSUP", ENOTSUP },
	};
	const char *name;

	if (*word && word[strspn(word, "0123456789")] == '\0') {
		unsigned long n = strtoul(word, NULL, 10);	/* too large: ULONG_MAX */
		return n <= LAST_ERRNO ? (int)n : 0;
	}
	for (size_t i = 0; i < sizeof(alias) / sizeof(alias[0]); i++)
		if (strcmp(word, alias[i].name) == 0)
			return alias[i].value;
	for (int n = 1; n <= LAST_ERRNO; n++)
		if ((name = strerrorname_np(n)) && strcmp(word, name) == 0)
			return n;
	return 0;
}

static struct request parse_options(int argc, char **argv)
{
	struct request req = { .refusal = SCMP_ACT_ERRNO(EPERM) };
	int opt, error, refusals = 0;

	opterr = 0;
	while ((opt = getopt(argc, argv, "+a:d:e:klh")) != -1) {
		switch (opt) {
		case 'a':
		case 'd':
			if (req.allow || req.deny)
				usage("one list, of -a or of -d, and only once");
			*(opt == 'a' ? &req.allow : &req.deny) = optarg;
			break;
		case 'e':
			error = parse_errno(optarg);
			if (error == 0)
				usage("-e takes the name of an error, or a number from 1 to 4095");
			req.refusal = SCMP_ACT_ERRNO(error < LAST_ERRNO ? error : LAST_ERRNO - 1);
			req.last_errno = error == LAST_ERRNO;
			refusals++;
			break;
		case 'k':
			req.refusal = SCMP_ACT_KILL_PROCESS;
			refusals++;
			break;
		case 'l':
			req.refusal = SCMP_ACT_LOG;
			refusals++;
			break;
		case 'h':
			puts(USAGE);
			exit(0);
		default:
			usage("an unknown option, or one without its argument");
		}
	}
	if (!req.allow && !req.deny)
		usage("either -a or -d is needed");
	if (refusals > 1)
		usage("at most one of -e, -k and -l");
	if (optind == argc)
		usage("no command");
	req.cmd = argv + optind;
	return req;
}

/* -l promises a log, and the machine's owner can have switched it off. */
static void check_logging(void)
{
	FILE *f = fopen("/proc/sys/kernel/seccomp/actions_logged", "re");
	char word[32];
	int found = 0;

	if (!f)
		return;		/* not shown here: nothing known against it */
	while (fscanf(f, "%31s", word) == 1)	/* fits: the kernel's longest is kill_process */
		found |= strcmp(word, "log") == 0;
	fclose(f);
	if (!found)
		errx(125, "-l: kernel.seccomp.actions_logged (sysctl) leaves these lines out");
}

/* ---- the filter: rules -------------------------------------------------- */

/* Add one rule: this action for the system call of this name.  The name must
 * be known; a refusal of execve that is not let through (-l) could not start
 * CMD, so it is an error as well.
 *
 * A name that only another architecture has (mkdir on aarch64, socketcall on
 * x86-64) is known.  There is nothing to allow or to refuse then, as foreign
 * calls never get through: libseccomp gives a negative number for it, and
 * makes of the rule what is right, on i386 for socketcall(2) too. */
static void add_call(scmp_filter_ctx ctx, const struct request *req, uint32_t action, char *name)
{
	/* TODO 1: the number of the name, see seccomp_syscall_resolve_name(3),
	 * then the rule, see seccomp_rule_add(3), which returns -errno. */
	/* BEGIN SOLUTION */
	int rc, number = seccomp_syscall_resolve_name(name);

	if (number == __NR_SCMP_ERROR)
		errx(125, "%s: unknown system call", one_line(name));
	if (req->deny && number == SCMP_SYS(execve) && action != SCMP_ACT_LOG)
		errx(125, "-d execve: CMD could not be started");
	rc = seccomp_rule_add(ctx, action, number, 0);
	if (rc < 0)
		errx(125, "%s: rule: %s", name, strerror(-rc));
	/* END SOLUTION */
}

/* The filter that was asked for, not yet in force. */
static scmp_filter_ctx make_filter(const struct request *req)
{
	static char *const always[] = { "execve", "exit", "exit_group", "rt_sigreturn" };
	char *list = req->allow ? req->allow : req->deny, *name;
	scmp_filter_ctx ctx;
	uint32_t listed;

	/* TODO 2: what becomes of a call without a rule, and what the rules
	 * for those on the list say, see seccomp_init(3). */
	/* BEGIN SOLUTION */
	ctx = seccomp_init(req->allow ? req->refusal : SCMP_ACT_ALLOW);
	if (!ctx)
		errx(125, "seccomp_init: this kernel cannot do that with a refused call");
	listed = req->allow ? SCMP_ACT_ALLOW : req->refusal;
	/* END SOLUTION */

	/* TODO 3: what becomes of a foreign ABI's calls, which must not get
	 * through: SCMP_FLTATR_ACT_BADARCH in seccomp_attr_set(3). */
	/* BEGIN SOLUTION */
	int rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
				  req->refusal == SCMP_ACT_LOG ? SCMP_ACT_ERRNO(EPERM) : req->refusal);

	if (rc < 0)
		errx(125, "seccomp_attr_set: %s", strerror(-rc));
	/* END SOLUTION */

	/* TODO 4: what -a allows unasked (the names are in `always`). */
	/* BEGIN SOLUTION */
	for (size_t i = 0; req->allow && i < sizeof(always) / sizeof(always[0]); i++)
		add_call(ctx, req, SCMP_ACT_ALLOW, always[i]);
	/* END SOLUTION */

	while ((name = strsep(&list, ",")))	/* an empty name is an unknown one */
		add_call(ctx, req, listed, name);
	return ctx;
}

/* ---- the filter: bytecode ------------------------------------------------ */

/* The same filter as the kernel takes it.  seccomp_load(3) would do this and
 * load the result in one go, but it frees memory afterwards: a munmap or brk
 * that the filter may not like. */
static struct sock_fprog compile(scmp_filter_ctx ctx)
{
	struct sock_fprog program = { 0 };

	/* TODO 5: let libseccomp write it into a file that is only memory, see
	 * memfd_create(2), seccomp_export_bpf(3), and read it back: an array
	 * of struct sock_filter, and its length in instructions. */
	/* BEGIN SOLUTION */
	struct stat st;
	int rc, fd = memfd_create("filter", MFD_CLOEXEC);

	if (fd == -1)
		err(125, "memfd_create");
	rc = seccomp_export_bpf(ctx, fd);
	if (rc < 0)
		errx(125, "seccomp_export_bpf: %s", strerror(-rc));
	if (fstat(fd, &st) == -1)
		err(125, "fstat");
	if (st.st_size == 0 || st.st_size > BPF_MAXINSNS * (off_t)sizeof(struct sock_filter))
		errx(125, "filter: %lld bytes: more than the kernel takes", (long long)st.st_size);
	program.filter = malloc((size_t)st.st_size);
	if (!program.filter || pread(fd, program.filter, (size_t)st.st_size, 0) != st.st_size)
		err(125, "filter");
	program.len = (unsigned short)((size_t)st.st_size / sizeof(struct sock_filter));
	close(fd);
	/* END SOLUTION */
	return program;
}

/* Given: the kernel takes errors up to 4095, libseccomp only up to 4094. */
static void raise_errno(const struct sock_fprog *program)
{
	for (unsigned int i = 0; i < program->len; i++) {
		struct sock_filter *insn = &program->filter[i];

		if (insn->code == (BPF_RET | BPF_K) && insn->k == SCMP_ACT_ERRNO(LAST_ERRNO - 1))
			insn->k = SCMP_ACT_ERRNO(LAST_ERRNO);
	}
}

/* ---- the child ----------------------------------------------------------- */

/* Leave word for the parent, and end.  Behind the filter the exit may be
 * refused too: _exit(2) then goes on to an instruction that is fatal. */
static _Noreturn void give_up(struct talk *talk, const char *what)
{
	talk->error = errno;
	talk->what = what;
	atomic_store(&talk->stage, FAILED);
	_exit(125);
}

/* Put this process behind the filter, wait for the parent's GO, become CMD. */
static _Noreturn void enter(const struct request *req, const struct sock_fprog *program, struct talk *talk)
{
	/* TODO 6: no_new_privs first: without it, loading a filter takes
	 * CAP_SYS_ADMIN, see PR_SET_NO_NEW_PRIVS in prctl(2).  On an error:
	 * give_up(talk, "no_new_privs"). */
	/* BEGIN SOLUTION */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		give_up(talk, "no_new_privs");
	/* END SOLUTION */

	/* TODO 7: load the program, see SECCOMP_SET_MODE_FILTER in seccomp(2);
	 * glibc has no wrapper: syscall(SYS_seccomp, ...). */
	/* BEGIN SOLUTION */
	/* With -l, have a foreign call logged too, although it fails. */
	unsigned int flags = req->refusal == SCMP_ACT_LOG ? SECCOMP_FILTER_FLAG_LOG : 0;

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program) == -1)
		give_up(talk, "seccomp");
	/* END SOLUTION */

	/* From here on, no system call but execve. */
	atomic_store(&talk->stage, LOADED);
	while (atomic_load(&talk->stage) != GO)
		;		/* some microseconds: sleeping would be a system call */

	/* TODO 8: become CMD; execvp(3) makes no other system call than
	 * execve(2).  If it returns: give_up(talk, NULL). */
	/* BEGIN SOLUTION */
	execvp(req->cmd[0], req->cmd);
	give_up(talk, NULL);
	/* END SOLUTION */
}

/* ---- the parent ---------------------------------------------------------- */

/* Given: a number from /proc/PID/status, or -1 if there is none. */
static long status_number(const char *pid, const char *field)
{
	char path[64], *line = NULL;
	size_t length = strlen(field), size = 0;
	long value = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);	/* fits: talk->pid has 15 digits */
	f = fopen(path, "re");
	if (!f)
		return -1;
	while (value == -1 && getline(&line, &size, f) > 0)
		if (strncmp(line, field, length) == 0 && line[length] == ':')
			value = strtol(line + length + 1, NULL, 10);
	free(line);
	fclose(f);
	return value;
}

/* Does the kernel itself say that the process PID is behind one more filter
 * than we are, and has no_new_privs?  A success reported is not yet a success:
 * we may be behind somebody's filter ourselves, and a filter can answer calls
 * that it never lets happen.  Returns what is missing, or NULL. */
static const char *missing(const char *pid)
{
	/* TODO 9: NoNewPrivs, Seccomp, Seccomp_filters (since Linux 5.9: -1 on
	 * older ones), see proc_pid_status(5), and status_number() above. */
	/* BEGIN SOLUTION */
	long ours = status_number("self", "Seccomp_filters");

	if (status_number(pid, "NoNewPrivs") != 1)
		return "NoNewPrivs is not 1";
	if (status_number(pid, "Seccomp") != 2)
		return "Seccomp is not 2";
	if (ours != -1 && status_number(pid, "Seccomp_filters") != ours + 1)
		return "Seccomp_filters has not grown by 1";
	return NULL;
	/* END SOLUTION */
}

/* Given: wait until the child stands at the door, look, and let it go on. */
static void look_and_let_go(pid_t child, struct talk *talk)
{
	const char *why;
	siginfo_t dead = { 0 };

	/* It cannot wake us: a write or a futex may be refused. */
	while (atomic_load(&talk->stage) == STARTING && dead.si_pid == 0) {
		sched_yield();
		waitid(P_PID, (id_t)child, &dead, WEXITED | WNOHANG | WNOWAIT);
	}
	if (atomic_load(&talk->stage) != LOADED)
		return;
	why = missing(talk->pid);
	if (why) {
		kill(child, SIGKILL);
		errx(125, "check: /proc/%s/status: %s", talk->pid, why);
	}
	atomic_store(&talk->stage, GO);
}

/* Given: execvp(3) says EACCES also when CMD is nowhere in PATH, if PATH names a
 * directory that we may not search (root's own, say).  That is "not found". */
static int exec_error(const char *cmd, int error)
{
	char *list, *next, *dir, file[4096];
	struct stat st;
	int found = 0;

	if (error != EACCES || strchr(cmd, '/') || !getenv("PATH"))
		return error;
	list = next = strdup(getenv("PATH"));
	while (next && (dir = strsep(&next, ":"))) {
		/* A path that is too long names no file, for execvp(3) either. */
		found |= snprintf(file, sizeof(file), "%s/%s", *dir ? dir : ".", cmd) < (int)sizeof(file) &&
			 stat(file, &st) == 0;
	}
	free(list);
	return found ? error : ENOENT;
}

/* Given: wait for the child, pass on to it what signals we get, and return
 * the exit status.  All these signals are blocked in this process. */
static int attend(pid_t child, const sigset_t *signals, const struct request *req, const struct talk *talk)
{
	siginfo_t info;
	int status;

	while (waitpid(child, &status, WNOHANG) != child) {
		if (sigwaitinfo(signals, &info) == -1 || info.si_signo == SIGCHLD)
			continue;
		/* ^C and ^\ come from the terminal, to both of us. */
		if (info.si_code != SI_KERNEL)
			kill(child, info.si_signo);
	}
	switch (atomic_load(&talk->stage)) {
	case GO:
		return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	case FAILED:
		if (talk->what) {
			errno = talk->error;
			err(125, "%s", talk->what);
		}
		errno = exec_error(req->cmd[0], talk->error);
		status = errno == ENOENT ? 127 : 126;
		warn("%s", one_line(req->cmd[0]));
		return status;
	default:
		errx(125, "child: ended before it was behind the filter");
	}
}

int main(int argc, char **argv)
{
	static const int passed_on[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD };
	struct request req = parse_options(argc, argv);
	struct sock_fprog program;
	struct sigaction old_chld, chld = { .sa_handler = SIG_DFL };
	sigset_t signals, old_mask;
	struct talk *talk;
	scmp_filter_ctx ctx;
	pid_t child, parent = getpid();

	if (req.refusal == SCMP_ACT_LOG)
		check_logging();
	ctx = make_filter(&req);
	program = compile(ctx);
	if (req.last_errno)
		raise_errno(&program);
	seccomp_release(ctx);

	talk = mmap(NULL, sizeof(*talk), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (talk == MAP_FAILED)
		err(125, "mmap");
	sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		sigaddset(&signals, passed_on[i]);
	sigprocmask(SIG_BLOCK, &signals, &old_mask);
	sigaction(SIGCHLD, &chld, &old_chld);	/* ignored, it would lose us the status */

	child = fork();
	if (child == -1)
		err(125, "fork");
	if (child == 0) {
		/* The child never outlives us; and CMD gets its signals as we did. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
			give_up(talk, "prctl");
		if (readlink("/proc/self", talk->pid, sizeof(talk->pid) - 1) == -1)
			give_up(talk, "/proc/self");
		sigaction(SIGCHLD, &old_chld, NULL);
		sigprocmask(SIG_SETMASK, &old_mask, NULL);
		enter(&req, &program, talk);
	}
	look_and_let_go(child, talk);
	return attend(child, &signals, &req, talk);
}
