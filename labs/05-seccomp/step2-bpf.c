/* step2-bpf.c - a filter by hand: no new directories
 *
 *   ./step2-bpf CMD [ARG...]     try: ./step2-bpf mkdir /tmp/x
 *
 * For every system call the kernel runs this program on a struct seccomp_data
 * {nr, arch, instruction_pointer, args[6]}; what it returns decides.  The
 * filter cannot be removed, and children and exec keep it.
 *
 * New in this step: struct sock_filter, SECCOMP_SET_MODE_FILTER,
 * PR_SET_NO_NEW_PRIVS, the architecture check.  See seccomp(2). */
#include <err.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#else
#error "look up this machine's AUDIT_ARCH_ in linux/audit.h"
#endif

#define LOAD(field)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(action)	BPF_STMT(BPF_RET | BPF_K, (action))
/* "If equal, go on with the next instruction, else jump over it." */
#define IF_EQUAL(value)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1)
#define IF_NOT(value)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 1, 0)
#define IF_GE(value)	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (value), 0, 1)

int main(int argc, char **argv)
{
	struct sock_filter filter[] = {
		/* Numbers mean nothing without the architecture: 83 is mkdir
		 * on x86-64, and symlink when a program calls as i386. */
		LOAD(arch),
		IF_NOT(THIS_ARCH),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
#ifdef __x86_64__
		/* x32 says x86-64 too, and sets a bit in the number instead. */
		IF_GE(0x40000000),
		RETURN(SECCOMP_RET_KILL_PROCESS),
#endif
#ifdef __NR_mkdir		/* newer architectures have only mkdirat */
		IF_EQUAL(__NR_mkdir),
		RETURN(SECCOMP_RET_ERRNO | EPERM),
#endif
		IF_EQUAL(__NR_mkdirat),
		RETURN(SECCOMP_RET_ERRNO | EPERM),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(filter[0]),
		.filter = filter,
	};

	if (argc < 2) {
		fprintf(stderr, "usage: %s CMD [ARG...]\n", argv[0]);
		return 2;
	}
	/* Else an ordinary user could start a set-user-ID program that takes
	 * the failure of, say, setuid for impossible. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		err(1, "PR_SET_NO_NEW_PRIVS");
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == -1) {
		warn("seccomp");
		return errno == ENOSYS || errno == EINVAL ? 77 : 1;
	}
	execvp(argv[1], argv + 1);
	err(errno == ENOENT ? 127 : 126, "%s", argv[1]);
}
