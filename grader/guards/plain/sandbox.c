/* sandbox.c - run a command that may make only these system calls: BPF by hand
 *
 * Style: the filter is an array of BPF instructions; libseccomp is asked for
 * the numbers of names and nothing else.  vfork(2) shares our memory with the
 * child until it has executed, so that a CMD that cannot be run is reported by a
 * process without a filter.  See seccomp(2), vfork(2). */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

#define X32_BIT 0x40000000u

static struct sock_filter code[4096];
static unsigned short length;

static void usage(void)
{
	fputs("usage: sandbox (-a NAME[,...] | -d NAME[,...]) [-e ERRNO | -k | -l] -- CMD [ARG...]\n", stderr);
	exit(2);
}

static void emit(struct sock_filter instruction)
{
	if (length == sizeof code / sizeof *code)
		errx(125, "filter: too many names");
	code[length++] = instruction;
}

static void load(unsigned offset)
{
	emit((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

/* When the loaded word equals VALUE, end with VERDICT. */
static void when(unsigned value, unsigned verdict)
{
	emit((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
	emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

static void otherwise(unsigned verdict)
{
	emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

/* What comes by another ABI has other numbers: the names say nothing about it. */
static void refuse_foreign(unsigned verdict)
{
	load(offsetof(struct seccomp_data, arch));
	emit((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0));
	otherwise(verdict);
	load(offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
	/* -1 is no x32 call: it is what a tracer leaves of a call it skips. */
	emit((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ~0u, 2, 0));
	emit((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, X32_BIT, 0, 1));
	otherwise(verdict);
#endif
}

static void each_name(char *list, unsigned verdict)
{
	for (char *name; (name = strsep(&list, ",")) != NULL;) {
		int nr = seccomp_syscall_resolve_name(name);

		if (nr < 0)
			errx(125, "%s: no such system call", name);
		when((unsigned)nr, verdict);
	}
}

static unsigned parse_errno(const char *text)
{
	static const struct { const char *name; int value; } aliases[] = {
		{ "EWOULDBLOCK", EWOULDBLOCK }, { "ENOTSUP", ENOTSUP }, { "EDEADLOCK", EDEADLOCK },
	};
	char *end;
	long n = strtol(text, &end, 10);

	if (isdigit((unsigned char)*text) && !*end && n > 0 && n < 4096)
		return (unsigned)n;
	for (int i = 1; i < 4096; i++) {
		const char *name = strerrorname_np(i);

		if (name && strcmp(name, text) == 0)
			return (unsigned)i;
	}
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (strcmp(text, aliases[i].name) == 0)
			return (unsigned)aliases[i].value;
	errx(125, "%s: no such error", text);
}

static void build(char *allowed, char *denied, unsigned refused, unsigned foreign)
{
	static const int always[] = { SYS_execve, SYS_exit, SYS_exit_group, SYS_rt_sigreturn };

	refuse_foreign(foreign);
	if (denied) {
		each_name(denied, refused);
		otherwise(SECCOMP_RET_ALLOW);
		return;
	}
	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		when((unsigned)always[i], SECCOMP_RET_ALLOW);
	each_name(allowed, SECCOMP_RET_ALLOW);
	otherwise(refused);
}

/* Between vfork and exec: why is the parent's memory as well. */
static int run(char **cmd)
{
	struct sock_fprog program = { length, code };
	static volatile int why, confined;
	int status;
	pid_t pid = vfork();

	if (pid < 0)
		err(125, "vfork");
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
		    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0) {
			confined = 1;
			execvp(cmd[0], cmd);
		}
		why = errno;
		_exit(125);
	}
	if (waitpid(pid, &status, 0) < 0)
		err(125, "wait");
	errno = why;
	if (why && !confined)
		err(125, "filter");
	if (why)
		err(why == ENOENT ? 127 : 126, "%s", cmd[0]);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	unsigned refused = SECCOMP_RET_ERRNO | EPERM, foreign = refused;
	char *allowed = NULL, *denied = NULL;
	int opt, lists = 0, actions = 0;

	opterr = 0;
	while ((opt = getopt(argc, argv, "+a:d:e:kl")) != -1) {
		switch (opt) {
		case 'a': allowed = optarg; lists++; break;
		case 'd': denied = optarg; lists++; break;
		case 'e': refused = foreign = SECCOMP_RET_ERRNO | parse_errno(optarg); actions++; break;
		case 'k': refused = foreign = SECCOMP_RET_KILL_PROCESS; actions++; break;
		case 'l': refused = SECCOMP_RET_LOG; actions++; break;
		default: usage();
		}
	}
	if (optind == argc || lists != 1 || actions > 1)
		usage();
	signal(SIGCHLD, SIG_DFL);
	build(allowed, denied, refused, foreign);
	return run(argv + optind);
}
