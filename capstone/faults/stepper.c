/* stepper.c - run a command and hit one of its processes at one system call
 *
 *   stepper [-l] [-p] [-o REPORT] [-e EVIDENCE] [-t SECONDS] [-i ROLE:CALL:N:ERRNO]...
 *           [-s ROLE:CALL:N:SIGNAL[:TARGET[+TARGET]]]... [-w ROLE:CALL:N]...
 *           COMMAND [ARG...]
 *
 *   -l  list every system call in REPORT, as "call ROLE CALL N"
 *   -p  COMMAND's stdin and stdout are a terminal; is it as before at the end?
 *   -i  the Nth CALL of the process ROLE is not made, and fails with ERRNO
 *   -s  at that call SIGNAL is sent to TARGET, another ROLE (default: to itself)
 *   -w  at that call REPORT gets a line "holds ROLE ..." for each process that there is
 *       (evidence.h)
 *   -t  COMMAND may take that long (default 15); what it starts, 3 seconds more
 *
 * REPORT tells of each hit whether it was "before" the child was told to go on, when
 * it was "ready" for COMMAND, "after" that had started, or
 * when it was "over"; and what was left.  The roles are those of skiff: parent, keeper, child (PID 1 of the container
 * or, of `skiff exec`, COMMAND's process), joiner, command (the child of --init)
 * and helper (another program).  Calls count from main() on, those of a process
 * that has become the container's COMMAND do not.  What the kernel says of that
 * process as it starts is in EVIDENCE (evidence.h).  strace --inject counts each
 * process for itself and so cannot tell two of them apart.
 * Ends with COMMAND's status, 128+n for signal n.  See ptrace(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <elf.h>
#include <linux/ptrace.h>

#include "evidence.h"

enum { MESSAGE = 512 /* a struct failure */, MAX_PROCESSES = 256, MAX_HITS = 8, MAX_CALLS = 512, PATIENCE_S = 3 };

static const char *const roles[] = { "parent", "keeper", "joiner", "child", "command", "helper", "inside" };
enum role { PARENT, KEEPER, JOINER, CHILD, COMMAND, HELPER, INSIDE, UNKNOWN };

struct hit {
	enum role role;
	char call[32];
	unsigned nth;
	int err, signo;
	unsigned targets;       /* a bit for each role */
	bool look, done;
};

struct process {
	pid_t pid;
	enum role role;
	bool counting;          /* main() has begun */
	bool waits;             /* stopped at its birth, before its parent's news */
	bool first;             /* its first stop is still to come */
	int fails;              /* errno that the call it is in returns, or 0 */
};

struct trace {
	struct process process[MAX_PROCESSES];
	unsigned calls[UNKNOWN][MAX_CALLS];
	struct hit hits[MAX_HITS];
	int hit_count;
	pid_t ids[UNKNOWN];     /* the first process of each role */
	bool list;
	bool ready, started, over;      /* the child may go on; COMMAND has begun; has ended */
	int status;
	FILE *report, *evidence;
	int slave;              /* the terminal, or -1 */
	struct termios before;
	pid_t relay, command;
};

static volatile sig_atomic_t time_is_up;

static void on_alarm(int signo)
{
	(void)signo;
	time_is_up = 1;
}

static struct process *find(struct trace *t, pid_t pid)
{
	struct process *unused = NULL;

	for (struct process *p = t->process; p < t->process + MAX_PROCESSES; p++) {
		if (p->pid == pid)
			return p;
		if (p->pid == 0 && unused == NULL)
			unused = p;
	}
	if (unused == NULL)
		errx(125, "more than %d processes", MAX_PROCESSES);
	*unused = (struct process){ .pid = pid, .role = UNKNOWN, .first = true };
	return unused;
}

/* ---- the registers: which call, and what it returns ------------------------ */

static void skip_call(pid_t pid)
{
	/* getpid(2) instead: no filter refuses it. */
#ifdef __x86_64__
	struct user_regs_struct regs;
	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		return;
	regs.orig_rax = SYS_getpid;
	ptrace(PTRACE_SETREGS, pid, NULL, &regs);
#else
	int number = SYS_getpid;
	struct iovec data = { &number, sizeof(number) };
	ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &data);
#endif
}

static void set_result(pid_t pid, long result)
{
	struct user_regs_struct regs;
	struct iovec data = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &data) < 0)
		return;
#ifdef __x86_64__
	regs.rax = (unsigned long)result;
#else
	regs.regs[0] = (unsigned long)result;
#endif
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &data);
}

/* at_main - is this call the first of skiff's own: open("/dev/null"), or, of the PID 1
 * of --init, prctl(PR_SET_DUMPABLE)? */
static bool at_main(pid_t pid, const struct ptrace_syscall_info *info)
{
	if (info->entry.nr == SYS_prctl)
		return info->entry.args[0] == PR_SET_DUMPABLE;
	char path[16] = "";
	struct iovec here = { path, 10 }, there = { (void *)(uintptr_t)info->entry.args[1], 10 };

	return info->entry.nr == SYS_openat && process_vm_readv(pid, &here, 1, &there, 1, 0) == 10 &&
	       strcmp(path, "/dev/null") == 0;
}

/* refuse_break - brk(2) that fails returns the break as it is, as it does for 0 */
static void refuse_break(pid_t pid)
{
	struct user_regs_struct regs;
	struct iovec data = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &data) < 0)
		return;
#ifdef __x86_64__
	regs.rdi = 0;
#else
	regs.regs[0] = 0;
#endif
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &data);
}

/* says_go - to the child: messages of that size go nowhere else */
static bool says_go(pid_t pid, const struct ptrace_syscall_info *info)
{
	struct msghdr msg;
	struct iovec data, here = { &msg, sizeof(msg) }, there = { (void *)(uintptr_t)info->entry.args[1], sizeof(msg) };

	if (process_vm_readv(pid, &here, 1, &there, 1, 0) != sizeof(msg))
		return false;
	here = (struct iovec){ &data, sizeof(data) };
	there = (struct iovec){ msg.msg_iov, sizeof(data) };
	return process_vm_readv(pid, &here, 1, &there, 1, 0) == sizeof(data) && data.iov_len == MESSAGE;
}

/* ---- what happens to a process -------------------------------------------- */

static void strike(struct trace *t, struct process *p, struct hit *hit)
{
	hit->done = true;
	if (hit->look) {
		for (enum role r = PARENT; r <= COMMAND; r++)
			if (t->ids[r] > 0)
				evidence_holds(t->report, roles[r], t->ids[r]);
		return;
	}
	fprintf(t->report, "hit %s\n", t->over ? "over" : t->started ? "after" : t->ready ? "ready" : "before");
	if (hit->err != 0 && strcmp(hit->call, "brk") == 0) {
		refuse_break(p->pid);
	} else if (hit->err != 0) {
		/* close(2) closes also where it fails. */
		if (strcmp(hit->call, "close") != 0)
			skip_call(p->pid);
		p->fails = hit->err;
	}
	for (enum role r = PARENT; r < UNKNOWN; r++)
		if ((hit->targets >> r & 1) && t->ids[r] > 0)
			kill(t->ids[r], hit->signo);
}

static void on_entry(struct trace *t, struct process *p, const struct ptrace_syscall_info *info)
{
	unsigned number = (unsigned)info->entry.nr, nth;
	char *name;

	p->counting = p->counting || at_main(p->pid, info);
	if (!p->counting || p->role >= HELPER || number >= MAX_CALLS)
		return;
	name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)number);
	nth = ++t->calls[p->role][number];
	if (t->list)
		fprintf(t->report, "call %s %s %u\n", roles[p->role], name, nth);
	for (struct hit *hit = t->hits; name != NULL && hit < t->hits + t->hit_count; hit++)
		if (hit->role == p->role && hit->nth == nth && strcmp(hit->call, name) == 0)
			strike(t, p, hit);
	free(name);
	if (p->role == PARENT && number == SYS_sendmsg)
		t->ready = t->ready || says_go(p->pid, info);
}

static void on_syscall(struct trace *t, struct process *p)
{
	struct ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, p->pid, sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		on_entry(t, p, &info);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && p->fails != 0) {
		set_result(p->pid, -p->fails);
		p->fails = 0;
	}
}

/* resume - on to the next call, or freely where nobody is interested */
static void resume(const struct trace *t, const struct process *p, int signo)
{
	bool stop = (t->list && p->role < HELPER) || (p->role == PARENT && !p->counting);

	for (const struct hit *hit = t->hits; hit < t->hits + t->hit_count; hit++)
		stop = stop || (hit->role == p->role && !hit->done);
	stop = stop || p->fails != 0;
	ptrace(stop ? PTRACE_SYSCALL : PTRACE_CONT, p->pid, NULL, (void *)(intptr_t)signo);
}

static enum role role_of_child(const struct trace *t, const struct process *p, int event)
{
	if (p->role >= HELPER)
		return p->role;
	if (event == PTRACE_EVENT_VFORK)
		return HELPER;
	if (p->role == CHILD)
		return COMMAND;
	if (p->role == JOINER)
		return CHILD;
	return t->ids[KEEPER] == 0 ? KEEPER : t->ids[JOINER] == -1 ? JOINER : CHILD;
}

static void on_birth(struct trace *t, struct process *p, int event)
{
	unsigned long pid;
	struct process *born;

	if (ptrace(PTRACE_GETEVENTMSG, p->pid, NULL, &pid) < 0)
		return;
	born = find(t, (pid_t)pid);
	born->role = role_of_child(t, p, event);
	born->counting = p->counting;
	if (t->ids[born->role] <= 0)
		t->ids[born->role] = born->pid;
	if (!born->waits)
		return;
	born->waits = false;
	resume(t, born, 0);
}

/* is_init - is it the PID 1 of --init, which is skiff's own? */
static bool is_init(pid_t pid)
{
	char text[16] = "";
	FILE *file = proc_open(pid, "cmdline");
	bool init = file != NULL && fread(text, 1, sizeof(text) - 1, file) > 0 && strcmp(text, "init") == 0;

	if (file != NULL)
		fclose(file);
	return init;
}

static void on_exec(struct trace *t, struct process *p)
{
	p->counting = false;
	if (p->role == CHILD && is_init(p->pid))
		return;
	if (p->role != CHILD && p->role != COMMAND)
		return;
	p->role = INSIDE;
	t->started = true;
	t->command = p->pid;
	fprintf(t->report, "exec\n");
	if (t->evidence != NULL)
		evidence(t->evidence, p->pid);
}

/* on_stop - returns the signal to go on with */
static int on_stop(struct trace *t, struct process *p, int status)
{
	int signo = WSTOPSIG(status), event = status >> 16;

	if (signo == (SIGTRAP | 0x80))
		on_syscall(t, p);
	else if (event == PTRACE_EVENT_EXEC)
		on_exec(t, p);
	else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE)
		on_birth(t, p, event);
	else if (event == 0 && !(signo == SIGSTOP && p->first))
		return signo;
	else if (event == 0)
		p->first = false;
	return 0;
}

/* overdue - tell what still runs, and end it */
static void overdue(struct trace *t)
{
	char comm[32];

	for (struct process *p = t->process; p < t->process + MAX_PROCESSES; p++) {
		if (p->pid == 0)
			continue;
		comm_of(p->pid, comm, sizeof(comm));
		fprintf(t->report, "left process %d %s %s\n", (int)p->pid, p->role < UNKNOWN ? roles[p->role] : "?", comm);
		kill(p->pid, SIGKILL);
	}
	time_is_up = 0;
	alarm(PATIENCE_S);
}

/* hang_up - all are gone: the terminal as it was, and nobody's any more */
static void hang_up(struct trace *t)
{
	struct termios after;

	if (t->slave < 0)
		return;
	if (tcgetattr(t->slave, &after) < 0 || after.c_lflag != t->before.c_lflag ||
	    after.c_iflag != t->before.c_iflag || after.c_oflag != t->before.c_oflag)
		fprintf(t->report, "left terminal raw\n");
	close(t->slave);
	t->slave = -1;
}

static bool anybody(const struct trace *t)
{
	for (const struct process *p = t->process; p < t->process + MAX_PROCESSES; p++)
		if (p->pid > 0)
			return true;
	return false;
}

static void follow(struct trace *t)
{
	struct process *p;
	int status;
	pid_t pid;

	for (;;) {
		if (!anybody(t))
			hang_up(t);
		pid = waitpid(-1, &status, __WALL);
		if (time_is_up)
			overdue(t);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return;
		if (pid == t->relay)
			continue;
		p = find(t, pid);
		if (WIFSTOPPED(status)) {
			if (p->role == UNKNOWN) {
				p->waits = true;
				p->first = false;
				continue;
			}
			resume(t, p, on_stop(t, p, status));
			continue;
		}
		t->over = t->over || (p->role == INSIDE && p->pid == t->command);
		if (p->role == PARENT) {
			t->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			alarm(PATIENCE_S);
		}
		p->pid = 0;
	}
}

/* ---- the beginning and the end ----------------------------------------------- */

static enum role role_named(const char *name)
{
	for (enum role r = PARENT; r < UNKNOWN; r++)
		if (strcmp(roles[r], name) == 0)
			return r;
	errx(125, "%s: no such role", name);
}

/* hit_parse - by the OPTION: ROLE:CALL:N:ERRNO, ROLE:CALL:N:SIGNAL[:TARGET+TARGET], the
 * last two as numbers, or ROLE:CALL:N */
static void hit_parse(struct trace *t, int option, const char *text)
{
	struct hit *hit = &t->hits[t->hit_count];
	char role[16], targets[64] = "", *rest = targets, *word, more;
	int value, fields = 0;

	/* lint: what is cut leaves no colon at its place, or MORE, and is refused */
	if (t->hit_count++ < MAX_HITS)
		fields = sscanf(text, "%15[^:]:%31[^:]:%u:%d:%63s%c", role, hit->call, &hit->nth, &value, targets, &more);
	if (option == 'w' ? fields != 3 : fields != 4 && fields != 5)
		errx(125, "%s: ROLE:CALL:N:NUMBER[:TARGET]", text);
	hit->role = role_named(role);
	hit->look = option == 'w';
	if (hit->look)
		return;
	if (option == 'i') {
		hit->err = value;
		return;
	}
	hit->signo = value;
	if (*targets == '\0')
		hit->targets = 1U << hit->role;
	while ((word = strsep(&rest, "+")) != NULL)
		hit->targets |= *word != '\0' ? 1U << role_named(word) : 0;
}

static pid_t begin(char **command, int terminal)
{
	pid_t pid = fork();

	if (pid < 0)
		err(125, "fork");
	if (pid > 0)
		return pid;
	if (terminal >= 0) {
		setsid();
		if (ioctl(terminal, TIOCSCTTY, 0) < 0 || dup2(terminal, 0) < 0 || dup2(terminal, 1) < 0)
			err(125, "a terminal");
	}
	/* Nothing of ours for the command but 0, 1 and 2. */
	if (syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */) < 0 ||
	    ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		err(125, "tracing");
	/* A background job of a shell's has this one ignored. */
	signal(SIGINT, SIG_DFL);
	raise(SIGSTOP);
	execvp(command[0], command);
	err(127, "%s", command[0]);
}

/* relay - what the terminal says, to stdout, until nobody has it open */
static pid_t relay(int master, int slave)
{
	char data[4096];
	ssize_t n;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	close(slave);
	while ((n = read(master, data, sizeof(data))) > 0)
		if (write(1, data, (size_t)n) != n)
			break;
	_exit(0);
}

int main(int argc, char **argv)
{
	static struct trace t;
	struct sigaction action = { .sa_handler = on_alarm };
	int option, master = -1, status;
	unsigned seconds = 15;
	bool terminal = false;
	pid_t pid;

	t.report = stderr;
	t.slave = -1;
	while ((option = getopt(argc, argv, "+lpo:e:t:i:s:w:")) != -1)
		switch (option) {
		case 'l': t.list = true; break;
		case 'p': terminal = true; break;
		case 'o': t.report = fopen(optarg, "we"); break;
		case 'e': t.evidence = fopen(optarg, "we"); break;
		case 't': seconds = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'i':
		case 's':
		case 'w': hit_parse(&t, option, optarg); break;
		default: return 125;
		}
	if (optind == argc || t.report == NULL)
		errx(125, "usage: stepper [OPTIONS] COMMAND [ARG...]");
	/* For `skiff exec` the second process is not the container's. */
	t.ids[JOINER] = argc > optind + 1 && strcmp(argv[optind + 1], "exec") == 0 ? -1 : 0;
	if (terminal && (openpty(&master, &t.slave, NULL, NULL, NULL) < 0 || tcgetattr(t.slave, &t.before) < 0))
		err(125, "openpty");
	/* Whoever loses their parent becomes a child of this process. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	pid = begin(argv + optind, t.slave);
	t.ids[PARENT] = pid;
	*find(&t, pid) = (struct process){ .pid = pid, .role = PARENT };
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		   PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) < 0)
		err(125, "ptrace");
	if (terminal)
		t.relay = relay(master, t.slave);
	sigaction(SIGALRM, &action, NULL);
	alarm(seconds);
	ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	follow(&t);
	return t.status;
}
