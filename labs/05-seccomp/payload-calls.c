/* payload-calls.c - make system calls by hand, and no others
 *
 *   payload-calls WORD...       done in this order; the results are printed
 *
 *   NAME            the call, with every argument -1.  As a pointer that is bad,
 *                   as a descriptor too: EFAULT or EBADF come from the call
 *                   itself, so it got through; EPERM came from a filter.
 *   i386:NAME       the same through int 0x80, its first five arguments (x86-64 only)
 *   x32:NAME        the same with the x32 bit in the number (x86-64 only)
 *   sweep:ERRNO     every number from 0 on, and those that do not fail with this
 *                   error.  Only behind a filter that refuses getppid so.
 *   signal          handle a signal; needs rt_sigaction, getpid and kill
 *   fork            go on in a child; needs clone and wait4
 *   exec            go on in a new image of this program
 *   hang            never go on; needs ppoll
 *   exit:N thread-exit:N     end by exit_group or by exit
 *
 * No libc: its start-up alone makes a dozen calls, and a filter that allows
 * only write must be able to run this.  Printing takes write, ending
 * exit_group. */
#include <asm/unistd.h>
#include <linux/errno.h>
#include <signal.h>
#include <stddef.h>

struct call { const char *name; int number, i386; };

static const struct call calls[] = {
#ifdef __NR_mkdir
	{ "mkdir", __NR_mkdir, 39 }, { "chmod", __NR_chmod, 15 }, { "open", __NR_open, 5 },
#endif
	{ "mkdirat", __NR_mkdirat, 296 }, { "openat", __NR_openat, 295 },
	{ "fchmodat", __NR_fchmodat, 306 }, { "chdir", __NR_chdir, 12 },
	{ "uname", __NR_uname, 122 }, { "getppid", __NR_getppid, 64 },
	{ "getpid", __NR_getpid, 20 }, { "getuid", __NR_getuid, 24 },
	{ "sched_yield", __NR_sched_yield, 158 }, { "umask", __NR_umask, 60 },
	{ "read", __NR_read, 3 }, { "write", __NR_write, 4 }, { "close", __NR_close, 6 },
	{ "fchdir", __NR_fchdir, 133 }, { "getcwd", __NR_getcwd, 183 },
	{ "socket", __NR_socket, 359 }, { "times", __NR_times, 43 },
	{ "execve", __NR_execve, 11 },
};

/* ---- the machine ---- */

#if defined(__x86_64__)
__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call start\n"
	"restorer: mov $15, %eax\n syscall\n");
#define X32_BIT 0x40000000

static long call6(long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall" : "=a"(result)
			 : "0"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static long call_i386(long n)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result)
			 : "0"(n), "b"(-1L), "c"(-1L), "d"(-1L), "S"(-1L), "D"(-1L)
			 : "r8", "r9", "r10", "r11", "memory");
	return (int)result;
}
#elif defined(__aarch64__)
__asm__(".globl _start\n_start: mov x29, #0\n mov x0, sp\n bl start\n");

static long call6(long n, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = n, x0 __asm__("x0") = a, x1 __asm__("x1") = b,
		      x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e,
		      x5 __asm__("x5") = f;

	__asm__ volatile("svc #0" : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
}
#else
#error "this program knows x86-64 and aarch64"
#endif

static long call3(long n, long a, long b, long c) { return call6(n, a, b, c, 0, 0, 0); }
static long bad_call(long n) { return call6(n, -1, -1, -1, -1, -1, -1); }

/* ---- words ---- */

static int same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* What follows PREFIX in TEXT, or NULL. */
static const char *after(const char *text, const char *prefix)
{
	while (*prefix)
		if (*text++ != *prefix++)
			return NULL;
	return text;
}

static long number_of(const char *text)
{
	long n = 0;

	while (*text >= '0' && *text <= '9')
		n = n * 10 + *text++ - '0';
	return n;
}

static void print(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	call3(__NR_write, 1, (long)text, (long)length);
}

static void print_number(long n)
{
	char digits[24], *c = digits + sizeof(digits) - 1;

	*c = '\0';
	do
		*--c = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	print(c);
}

static void print_result(const char *name, long result)
{
	print(name);
	print(": ");
	if (result >= 0 || result < -4095)
		print("done");
	else if (result == -EPERM)
		print("EPERM");
	else if (result == -EFAULT)
		print("EFAULT");
	else if (result == -EBADF)
		print("EBADF");
	else if (result == -ENOSYS)
		print("ENOSYS");
	else
		print("error "), print_number(-result);
	print("\n");
}

static void end(long status)
{
	for (;;)
		call3(__NR_exit_group, status, 0, 0);
}

/* Numbers that would end or stop this program, or split it in two, or slow the
 * machine down, should they get through; who has asked for a sweep knows. */
static int unsafe(long n)
{
	switch (n) {
	case __NR_exit: case __NR_exit_group: case __NR_rt_sigreturn:
	case __NR_vhangup: case __NR_sync:
#ifdef __NR_fork
	case __NR_fork: case __NR_vfork: case __NR_pause:
#endif
		return 1;
	}
	return 0;
}

static void print_name(long n)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number == n) {
			print(calls[i].name);
			return;
		}
	print_number(n);
}

static void sweep(long refused)
{
	if (bad_call(__NR_getppid) != -refused) {
		print("sweep: not behind a filter\n");
		end(1);
	}
	print("through:");
	for (long n = 0; n < 600; n++)
		if (!unsafe(n) && bad_call(n) != -refused)
			print(" "), print_name(n);
	print("\n");
}

static volatile int handled;
static void handler(int sig) { handled = sig; }

static void handle_signal(void)
{
	struct { void *handler; unsigned long flags; void *restorer; unsigned long mask; } act = { 0 };

	act.handler = (void *)handler;
#ifdef __x86_64__
	extern char restorer[];
	act.flags = 0x04000000;		/* SA_RESTORER */
	act.restorer = restorer;
#endif
	call6(__NR_rt_sigaction, SIGUSR1, (long)&act, 0, 8, 0, 0);
	call3(__NR_kill, call3(__NR_getpid, 0, 0, 0), SIGUSR1, 0);
	print(handled == SIGUSR1 ? "signal: handled\n" : "signal: not handled\n");
}

static void fork_and_wait(void)
{
	int status = 0;

	if (call6(__NR_clone, SIGCHLD, 0, 0, 0, 0, 0) == 0)
		return;
	call6(__NR_wait4, -1, (long)&status, 0, 0, 0, 0);
	end((status & 0x7f) ? 128 + (status & 0x7f) : status >> 8 & 0xff);
}

static void make_call(const char *word)
{
	const char *foreign = after(word, "i386:"), *x32 = after(word, "x32:");
	const char *name = foreign ? foreign : x32 ? x32 : word;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (!same(name, calls[i].name))
			continue;
#ifdef __x86_64__
		if (foreign)
			print_result(word, call_i386(calls[i].i386));
		else
			print_result(word, bad_call(calls[i].number | (x32 ? X32_BIT : 0)));
#else
		if (foreign || x32)
			print_result(word, -ENOSYS);
		else
			print_result(word, bad_call(calls[i].number));
#endif
		return;
	}
	print(word);
	print(": unknown word\n");
	end(2);
}

__attribute__((used)) void start(long *stack);
void start(long *stack)
{
	char **argv = (char **)(stack + 1);
	char *const *envp = argv + stack[0] + 1;
	const char *rest;

	for (char **word = argv + 1; stack[0] > 0 && *word; word++) {
		if ((rest = after(*word, "sweep:")))
			sweep(number_of(rest));
		else if ((rest = after(*word, "exit:")))
			end(number_of(rest));
		else if ((rest = after(*word, "thread-exit:")))
			call3(__NR_exit, number_of(rest), 0, 0);
		else if (same(*word, "signal"))
			handle_signal();
		else if (same(*word, "fork"))
			fork_and_wait();
		else if (same(*word, "hang"))
			while (call6(__NR_ppoll, 0, 0, 0, 0, 0, 0) == -EINTR)
				;
		else if (same(*word, "exec")) {
			char *name = argv[0];
			long result;

			*word = name;		/* the new image's argv[0] */
			result = call3(__NR_execve, (long)name, (long)word, (long)envp);
			print_result("exec", result);
			end(1);
		} else
			make_call(*word);
	}
	end(0);
}
