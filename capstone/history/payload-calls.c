/* payload-calls.c - attempts on the system calls that have let people out
 *
 *   payload-calls NAME[=ARG]...       see attempt.h
 *
 * See syscalls(2), seccomp(2), user_namespaces(7), ioctl_tty(2). */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <net/ethernet.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "attempt.h"

/* has_capability - is it effective here, whoever granted it? */
static int has_capability(int number)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		return -1;
	errno = EPERM;
	return data[number / 32].effective >> (number % 32) & 1 ? 0 : -1;
}

/* Where a new user namespace is to be had, everything is permitted in it. */
static int try_unshare(const char *arg)
{
	(void)arg;
	return unshare(CLONE_NEWUSER) < 0 ? -1 : has_capability(CAP_SYS_ADMIN);
}

static int born(long pid)
{
	int status;

	if (pid == 0)
		_exit(has_capability(CAP_SYS_ADMIN) == 0 ? 0 : EPERM);
	if (pid < 0 || waitpid((pid_t)pid, &status, 0) < 0)
		return -1;
	errno = EPERM;
	return status == 0 ? 0 : -1;
}

static int try_clone(const char *arg)
{
	(void)arg;
	return born(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL));
}

/* Its flags are in memory, where a filter cannot look. */
static int try_clone3(const char *arg)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };

	(void)arg;
	return born(syscall(SYS_clone3, &args, sizeof(args)));
}

/* Each attempt has a process of its own (attempt.h), whose status says what came of it. */
#ifdef __x86_64__
static void not_taken(int signo)
{
	(void)signo;
	_exit(ENOSYS);
}
#endif

/* The same by the second way into the kernel, where numbers are others.  A machine
 * that does not take it answers with a fault, filter or no filter. */
static int try_i386(const char *arg)
{
	(void)arg;
#ifdef __x86_64__
	long result;

	signal(SIGSEGV, not_taken);
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(310), "b"(CLONE_NEWUSER)
			 : "r8", "r9", "r10", "r11", "memory");
	errno = result < 0 ? (int)-result : 0;
	return result < 0 ? -1 : has_capability(CAP_SYS_ADMIN);
#else
	errno = ENOENT;
	return -1;
#endif
}

static int try_x32(const char *arg)
{
	(void)arg;
#ifdef __x86_64__
	return syscall(0x40000000 + SYS_unshare, CLONE_NEWUSER) < 0 ? -1 :
	       has_capability(CAP_SYS_ADMIN);
#else
	errno = ENOENT;
	return -1;
#endif
}

static int try_io_uring(const char *arg)
{
	char params[120] = { 0 };

	(void)arg;
	return (int)syscall(SYS_io_uring_setup, 4, params);
}

static int try_userfaultfd(const char *arg)
{
	(void)arg;
	return (int)syscall(SYS_userfaultfd, O_CLOEXEC);
}

static int try_bpf(const char *arg)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8,
				.max_entries = 1 };

	(void)arg;
	return (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* perf=PID */
static int try_perf(const char *pid)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
					.config = PERF_COUNT_SW_CPU_CLOCK };

	return (int)syscall(SYS_perf_event_open, &attr, atoi(pid), atoi(pid) < 0 ? 0 : -1, -1, 0);
}

static int try_syslog(const char *arg)
{
	char text[256];

	(void)arg;
	return klogctl(3 /* SYSLOG_ACTION_READ_ALL */, text, sizeof(text));
}

static int try_ptrace(const char *arg)
{
	pid_t child = fork();

	(void)arg;
	if (child == 0)
		for (;;)
			pause();
	long result = ptrace(PTRACE_SEIZE, child, NULL, NULL);
	int error = errno;
	kill(child, SIGKILL);
	errno = error;
	return (int)result;
}

static int try_keyctl(const char *arg)
{
	(void)arg;
	return (int)syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
}

static int try_add_key(const char *arg)
{
	(void)arg;
	return (int)syscall(SYS_add_key, "user", "planted", "x", 1, KEY_SPEC_PROCESS_KEYRING);
}

static int try_packet(const char *arg)
{
	(void)arg;
	return socket(AF_PACKET, SOCK_RAW, ETH_P_ALL);
}

static int try_vsock(const char *arg)
{
	(void)arg;
	return socket(AF_VSOCK, SOCK_STREAM, 0);
}

static int try_alg(const char *arg)
{
	(void)arg;
	return socket(AF_ALG, SOCK_SEQPACKET, 0);
}

static int try_nice(const char *arg)
{
	(void)arg;
	return setpriority(PRIO_PROCESS, 0, -20);
}

static int try_realtime(const char *arg)
{
	const struct sched_param param = { .sched_priority = 1 };

	(void)arg;
	return sched_setscheduler(0, SCHED_FIFO, &param);
}

static int try_rlimit(const char *arg)
{
	struct rlimit limit;

	(void)arg;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -1;
	limit.rlim_max++;
	return setrlimit(RLIMIT_NOFILE, &limit);
}

/* tiocsti: a character typed into the terminal that we were started from */
static int push(long request)
{
	int fds[] = { open("/dev/tty", O_RDWR), 0, 1, 2 };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0 && syscall(SYS_ioctl, fds[i], request, "!") == 0)
			return 0;
	return -1;
}

static int try_tiocsti(const char *arg) { (void)arg; return push(TIOCSTI); }

/* A filter that compares 64 bits lets the same request through with a bit set
 * in the upper half, which the kernel does not look at (CVE-2019-7303). */
static int try_tiocsti64(const char *arg) { (void)arg; return push((long)(TIOCSTI | 1ULL << 32)); }

/* inheritable: a capability that an exec with a file capability would add */
static int try_inheritable(const char *arg)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	(void)arg;
	if (syscall(SYS_capget, &head, data) < 0)
		return -1;
	return data[0].inheritable != 0 || data[1].inheritable != 0 ? 0 : -1;
}

/* capability=NUMBER: is it ours? */
static int try_capability(const char *number) { return has_capability(atoi(number)); }

/* regain: by an exec of a set-UID copy of ourselves, as uid 1000 */
static int try_regain(const char *path)
{
	if (setgid(1000) < 0 || setuid(1000) < 0)
		return -1;
	execl(path, path, "privileged", (char *)NULL);
	return -1;
}

/* privileged: says so by the exit status, where attempt.h's is for regain */
static int privileged(void)
{
	return geteuid() == 0 || has_capability(CAP_CHOWN) == 0 ? 0 : EPERM;
}

int main(int argc, char **argv)
{
	static const struct attempt table[] = {
		{ "unshare", try_unshare }, { "clone", try_clone }, { "clone3", try_clone3 },
		{ "i386", try_i386 }, { "x32", try_x32 }, { "io_uring", try_io_uring },
		{ "userfaultfd", try_userfaultfd }, { "bpf", try_bpf }, { "perf", try_perf },
		{ "syslog", try_syslog }, { "ptrace", try_ptrace }, { "keyctl", try_keyctl },
		{ "add_key", try_add_key }, { "packet", try_packet }, { "vsock", try_vsock },
		{ "alg", try_alg }, { "nice", try_nice }, { "realtime", try_realtime }, { "rlimit", try_rlimit },
		{ "tiocsti", try_tiocsti }, { "tiocsti64", try_tiocsti64 },
		{ "inheritable", try_inheritable }, { "capability", try_capability },
		{ "regain", try_regain }, { NULL, NULL },
	};

	if (argc == 2 && strcmp(argv[1], "privileged") == 0)
		return privileged();
	return attempts_main(table, argc, argv);
}
