/* step5-foreign.c - the same call in another machine's numbers
 *
 *   ./step5-foreign [-c] FILE      -c: check the architecture first
 *
 * This filter refuses every open there is on x86-64, by number.  A 64-bit
 * process can also call as an i386 program does, by int 0x80: there open is 5,
 * which on x86-64 means fstat.  And as an x32 program, by setting a bit.  First
 * what the filter says to each, then what came of it: not every kernel takes it.
 *
 * New in this step: a number without its architecture means nothing.
 * See AUDIT_ARCH_ in seccomp(2), syscall(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__
#define LOAD(field)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define JUMP(op, n, yes, no) BPF_JUMP(BPF_JMP | BPF_##op | BPF_K, (n), (yes), (no))
#define REFUSE		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define REFUSE_CALL(nr)	JUMP(JEQ, (nr), 0, 1), REFUSE

static struct sock_filter filter[] = {
	LOAD(arch), JUMP(JEQ, AUDIT_ARCH_X86_64, 1, 0), REFUSE,
	LOAD(nr), JUMP(JGE, __X32_SYSCALL_BIT, 0, 1), REFUSE,
	LOAD(nr),			/* without -c it begins here */
	REFUSE_CALL(SYS_open), REFUSE_CALL(SYS_openat), REFUSE_CALL(SYS_creat), REFUSE_CALL(SYS_openat2),
	REFUSE_CALL(SYS_open_by_handle_at), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

/* What the kernel does with the instructions, see step 3. */
static const char *answer(const struct sock_filter *at, __u32 arch, __u32 nr)
{
	__u32 a = 0;

	for (; at->code != (BPF_RET | BPF_K); at++)
		if (BPF_CLASS(at->code) == BPF_LD)
			a = at->k == offsetof(struct seccomp_data, arch) ? arch : nr;
		else
			at += (BPF_OP(at->code) == BPF_JEQ ? a == at->k : a >= at->k) ? at->jt : at->jf;
	return at->k == SECCOMP_RET_ALLOW ? "allowed" : strerrorname_np(at->k & SECCOMP_RET_DATA);
}

static const char *call(__u32 arch, int nr, const char *path)
{
	static char text[128] = "reads: ";
	int fd = nr;

	if (arch == AUDIT_ARCH_I386)
		__asm__ volatile("int $0x80" : "+a"(fd) : "b"(path), "c"(O_RDONLY), "d"(0)
				 : "r8", "r9", "r10", "r11", "memory");
	else if ((fd = (int)syscall(nr, path, O_RDONLY)) == -1)
		fd = -errno;
	if (fd < 0 || read(fd, text + 7, sizeof(text) - 8) == -1)
		return strerrorname_np(fd < 0 ? -fd : errno);
	return strtok(text, "\n");
}

int main(int argc, char **argv)
{
	static const struct { const char *name; __u32 arch, open; } abis[] = {
		{ "x86-64:", AUDIT_ARCH_X86_64, SYS_open }, { "i386:", AUDIT_ARCH_I386, 5 },
		{ "x32:", AUDIT_ARCH_X86_64, __X32_SYSCALL_BIT | SYS_open },
	};
	int check = argc == 3 && strcmp(argv[1], "-c") == 0, skip = check ? 0 : 6, status;
	struct sock_fprog program = { (unsigned short)(sizeof(filter) / sizeof(*filter)) - skip, filter + skip };

	if (argc != 2 + check || (argc == 2 && strcmp(argv[1], "-c") == 0)) {
		fprintf(stderr, "usage: %s [-c] FILE\n", argv[0]);
		return 2;
	}
	/* An i386 pointer has 32 bits, so the path must lie low. */
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (low == MAP_FAILED || snprintf(low, 4096, "%s", argv[argc - 1]) >= 4096)
		errx(1, "%s: too long for a page, or no page below 2 GiB", argv[argc - 1]);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || prctl(PR_SET_SECCOMP, 2, &program) == -1)
		err(1, "seccomp");
	for (size_t i = 0; i < sizeof(abis) / sizeof(abis[0]); i++) {
		dprintf(1, "%-9s %-9s ", abis[i].name, answer(program.filter, abis[i].arch, abis[i].open));
		if (fork() == 0)
			return puts(call(abis[i].arch, (int)abis[i].open, low)) < 0;
		if (wait(&status) != -1 && WIFSIGNALED(status))
			dprintf(1, "not taken here: SIG%s\n", sigabbrev_np(WTERMSIG(status)));
	}
	return 0;
}
#else
int main(void) { errx(77, "a 64-bit ARM process has no way to call as another machine does"); }
#endif
