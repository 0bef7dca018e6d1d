/* step4-verifier.c - which programs the kernel agrees to run
 *
 *   ./step4-verifier
 *
 * A filter is code that runs inside the kernel.  So the kernel checks it when
 * it is loaded: every jump goes forward and stays inside (no loops, so it
 * ends), every path ends in a return, every load stays inside struct
 * seccomp_data.  Only then is it translated for the in-kernel BPF machine.
 *
 * New in this step: the checker of classic BPF.
 * See seccomp(2), under EINVAL, and linux/filter.h. */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LENGTH(array)	(sizeof(array) / sizeof((array)[0]))
#define ALLOW		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define LOAD(offset)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))

static struct sock_filter allow_all[] = { ALLOW };
static struct sock_filter no_return[] = { LOAD(0) };
static struct sock_filter jump_out[] = { BPF_JUMP(BPF_JMP | BPF_JA, 5, 0, 0), ALLOW };
/* -1: jump back to this very instruction.  As an unsigned offset it is 4 G. */
static struct sock_filter loop[] = { BPF_JUMP(BPF_JMP | BPF_JA, 0xffffffff, 0, 0), ALLOW };
static struct sock_filter load_outside[] = { LOAD(sizeof(struct seccomp_data)), ALLOW };
static struct sock_filter load_odd[] = { LOAD(1), ALLOW };
static struct sock_filter divide[] = { BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), ALLOW };
static struct sock_filter unknown[] = { BPF_STMT(0xffff, 0), ALLOW };
static struct sock_filter too_long[BPF_MAXINSNS + 1];

static const struct {
	const char *what;
	struct sock_filter *insns;
	size_t length;
} programs[] = {
	{ "allow everything",               allow_all,    LENGTH(allow_all) },
	{ "no instruction at all",          allow_all,    0 },
	{ "no return at the end",           no_return,    LENGTH(no_return) },
	{ "a jump beyond the end",          jump_out,     LENGTH(jump_out) },
	{ "a jump backwards",               loop,         LENGTH(loop) },
	{ "a load beyond seccomp_data",     load_outside, LENGTH(load_outside) },
	{ "a load that is not aligned",     load_odd,     LENGTH(load_odd) },
	{ "a division by 0",                divide,       LENGTH(divide) },
	{ "an unknown instruction",         unknown,      LENGTH(unknown) },
	{ "4097 instructions",              too_long,     LENGTH(too_long) },
};

int main(int argc, char **argv)
{
	(void)argv;
	if (argc != 1) {
		fprintf(stderr, "usage: step4-verifier\n");
		return 2;
	}
	for (size_t i = 0; i < LENGTH(too_long); i++)
		too_long[i] = allow_all[0];
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		err(1, "PR_SET_NO_NEW_PRIVS");
	for (size_t i = 0; i < LENGTH(programs); i++) {
		struct sock_fprog program = {
			.len = (unsigned short)programs[i].length,
			.filter = programs[i].insns,
		};
		long rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);

		if (rc == -1 && errno == ENOSYS)
			errx(77, "this kernel has no seccomp(2)");
		printf("%-30s %s\n", programs[i].what, rc == -1 ? strerrorname_np(errno) : "accepted");
	}
	return 0;
}
