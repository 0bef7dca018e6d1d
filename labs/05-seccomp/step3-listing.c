/* step3-listing.c - the filter of step 2, read and followed like a program
 *
 *   ./step3-listing mkdirat | openat | x32
 *
 * Prints the filter as the kernel gets it and what each instruction means, with a
 * star where one call takes it.  Then a child loads it and makes that call.
 *
 * New in this step: the instructions LD, JEQ, JGE, RET, and struct seccomp_data.
 * See linux/filter.h, linux/bpf_common.h, seccomp(2). */
#include <err.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__
#define THIS_ARCH AUDIT_ARCH_X86_64
#else
#define THIS_ARCH AUDIT_ARCH_AARCH64
#endif
#define LOAD(field)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(action)	BPF_STMT(BPF_RET | BPF_K, (action))
#define IF_EQUAL(value)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1)
#define IF_NOT(value)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 1, 0)
#define IF_GE(value)	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (value), 0, 1)

static struct sock_filter filter[] = {
	LOAD(arch), IF_NOT(THIS_ARCH), RETURN(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr), IF_GE(0x40000000), RETURN(SECCOMP_RET_KILL_PROCESS),
	IF_EQUAL(__NR_mkdirat), RETURN(SECCOMP_RET_ERRNO | EPERM),
	RETURN(SECCOMP_RET_ALLOW),
};
#define LENGTH (sizeof(filter) / sizeof(filter[0]))

static const struct { const char *name; int nr; } calls[] = {
	{ "mkdirat", __NR_mkdirat }, { "openat", __NR_openat }, { "x32", 0x40000000 | __NR_mkdirat },
};

/* Print instruction i; the next one is the result, if this one is executed. */
static unsigned int step(unsigned int i, int star, const struct seccomp_data *data, __u32 *a)
{
	const struct sock_filter *insn = &filter[i];
	unsigned int yes = i + 1 + insn->jt, no = i + 1 + insn->jf;

	printf("%c %u  %04x %u %u %08x  ", star ? '*' : ' ', i, insn->code, insn->jt, insn->jf, insn->k);
	switch (insn->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		printf("A = %s\n", insn->k == offsetof(struct seccomp_data, arch) ? "arch" : "nr");
		if (star)
			memcpy(a, (const char *)data + insn->k, sizeof(*a));
		return i + 1;
	case BPF_JMP | BPF_JEQ | BPF_K:
		printf("if A == %#x go to %u, else to %u\n", insn->k, yes, no);
		return *a == insn->k ? yes : no;
	case BPF_JMP | BPF_JGE | BPF_K:
		printf("if A >= %#x go to %u, else to %u\n", insn->k, yes, no);
		return *a >= insn->k ? yes : no;
	}
	printf("return %s\n", insn->k == SECCOMP_RET_ALLOW ? "ALLOW" :
	       insn->k == SECCOMP_RET_KILL_PROCESS ? "KILL_PROCESS" : "ERRNO | EPERM");
	return LENGTH;
}

int main(int argc, char **argv)
{
	struct sock_fprog program = { .len = LENGTH, .filter = filter };
	struct seccomp_data data = { .nr = -1, .arch = THIS_ARCH };
	unsigned int next = 0;
	__u32 a = 0;
	int status;

	for (size_t i = 0; argc == 2 && i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(argv[1], calls[i].name) == 0)
			data.nr = calls[i].nr;
	if (data.nr == -1) {
		fprintf(stderr, "usage: %s mkdirat | openat | x32\n", argv[0]);
		return 2;
	}
	printf("nr %#x, arch %#x\n", (unsigned int)data.nr, data.arch);
	for (unsigned int i = 0, after; i < LENGTH; i++, next = i - 1 == next ? after : next)
		after = step(i, i == next, &data, &a);
	fflush(stdout);
	if (fork() == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
			err(77, "seccomp");
		_exit(syscall(data.nr, -1, -1, -1, -1) == -1 ? errno : 0);	/* every pointer is bad */
	}
	if (wait(&status) == -1 || (WIFEXITED(status) && WEXITSTATUS(status) == 77))
		return 77;
	printf("the kernel: %s\n", WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : strerrorname_np(WEXITSTATUS(status)));
	return 0;
}
