/* support/payload-filter.c - ask the seccomp filters of a running process
 *
 *   payload-filter PID COUNT CALL...     CALL: native:N, x32:N, foreign:N
 *
 * For each CALL, prints what the COUNT filters that PID loaded last would say
 * to that number: 'through', 'logged' (and through), 'refused' or 'killed'.  `foreign` is
 * the 32-bit architecture of this machine.  The kernel hands out the
 * filters, and this program runs them on a struct seccomp_data of its own, so
 * that it can ask for calls that this machine does not even take: x32 on most
 * kernels, i386 where int 0x80 is a fault, arm on a 64-bit ARM processor.
 *
 * Takes CAP_SYS_ADMIN and a kernel with CONFIG_CHECKPOINT_RESTORE; exits with
 * 77 where the kernel declines.  See PTRACE_SECCOMP_GET_FILTER in ptrace(2). */
#include <err.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#define FOREIGN AUDIT_ARCH_I386
#else
#define NATIVE AUDIT_ARCH_AARCH64
#define FOREIGN AUDIT_ARCH_ARM
#endif

static uint32_t alu(uint16_t op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_ADD: return a + b;
	case BPF_SUB: return a - b;
	case BPF_MUL: return a * b;
	case BPF_DIV: return b ? a / b : 0;
	case BPF_AND: return a & b;
	case BPF_OR:  return a | b;
	case BPF_XOR: return a ^ b;
	case BPF_LSH: return b < 32 ? a << b : 0;
	case BPF_RSH: return b < 32 ? a >> b : 0;
	case BPF_NEG: return -a;
	}
	errx(1, "unknown arithmetic %#x", op);
}

static int holds(uint16_t op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_JA:   return 1;
	case BPF_JEQ:  return a == b;
	case BPF_JGT:  return a > b;
	case BPF_JGE:  return a >= b;
	case BPF_JSET: return (a & b) != 0;
	}
	errx(1, "unknown jump %#x", op);
}

/* What the filter returns; the kernel has checked that it ends. */
static uint32_t run(const struct sock_filter *pc, const struct seccomp_data *data)
{
	uint32_t a = 0, x = 0, mem[BPF_MEMWORDS] = { 0 };

	for (;; pc++) {
		uint32_t operand = BPF_SRC(pc->code) == BPF_X ? x : pc->k, value;

		switch (BPF_CLASS(pc->code)) {
		case BPF_LD:
		case BPF_LDX:
			value = pc->k;
			if (BPF_MODE(pc->code) == BPF_ABS)
				memcpy(&value, (const char *)data + pc->k, sizeof(value));
			else if (BPF_MODE(pc->code) == BPF_MEM)
				value = mem[pc->k];
			else if (BPF_MODE(pc->code) == BPF_LEN)
				value = sizeof(*data);
			*(BPF_CLASS(pc->code) == BPF_LD ? &a : &x) = value;
			break;
		case BPF_ST:
			mem[pc->k] = a;
			break;
		case BPF_STX:
			mem[pc->k] = x;
			break;
		case BPF_ALU:
			a = alu(BPF_OP(pc->code), a, operand);
			break;
		case BPF_JMP:
			if (BPF_OP(pc->code) == BPF_JA)
				pc += pc->k;
			else
				pc += holds(BPF_OP(pc->code), a, operand) ? pc->jt : pc->jf;
			break;
		case BPF_MISC:
			*(BPF_MISCOP(pc->code) == BPF_TAX ? &x : &a) =
				BPF_MISCOP(pc->code) == BPF_TAX ? a : x;
			break;
		default:
			return BPF_RVAL(pc->code) == BPF_A ? a : pc->k;
		}
	}
}

static struct seccomp_data parse_call(const char *word)
{
	const char *colon = strchr(word, ':');
	struct seccomp_data data = { .arch = NATIVE };

	if (!colon)
		errx(2, "%s: KIND:N is needed", word);
	data.nr = atoi(colon + 1);
	if (strncmp(word, "x32:", 4) == 0)
		data.nr |= 0x40000000;
	else if (strncmp(word, "foreign:", 8) == 0)
		data.arch = FOREIGN;
	return data;
}

int main(int argc, char **argv)
{
	static struct sock_filter insns[BPF_MAXINSNS];
	pid_t pid = argc > 3 ? atoi(argv[1]) : 0;

	if (pid <= 0)
		errx(2, "usage: payload-filter PID COUNT CALL...");
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) == -1 || ptrace(PTRACE_INTERRUPT, pid, 0, 0) == -1)
		err(77, "ptrace");
	waitpid(pid, NULL, __WALL);
	for (char **word = argv + 3; *word; word++) {
		struct seccomp_data data = parse_call(*word);
		int killed = 0, refused = 0, logged = 0;

		for (long i = 0; i < atoi(argv[2]); i++) {
			if (ptrace(PTRACE_SECCOMP_GET_FILTER, pid, i, insns) == -1) {
				if (errno == ENOENT && i > 0)
					break;
				err(errno == ENOENT ? 1 : 77, "filter %ld", i);
			}
			uint32_t action = run(insns, &data) & SECCOMP_RET_ACTION_FULL;
			killed |= action == SECCOMP_RET_KILL_PROCESS || action == SECCOMP_RET_KILL_THREAD;
			logged |= action == SECCOMP_RET_LOG;
			refused |= action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG;
		}
		printf("%s: %s\n", *word, killed ? "killed" : refused ? "refused" :
		       logged ? "logged" : "through");
	}
	return 0;
}
