/* step5-foreign.c - the same call in another machine's numbers
 *
 *   ./step5-foreign [-c] FILE      -c: check the architecture first
 *
 * This filter refuses every open there is on x86-64, by number.  A 64-bit
 * process can also call as an i386 program does, by int 0x80: there open is 5,
 * which on x86-64 means fstat.  And as an x32 program, by setting a bit.
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
#define REFUSE		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define IF_EQUAL(value)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1)
#define IF_NOT(value)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 1, 0)
#define IF_GE(value)	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (value), 0, 1)
#define X32		0x40000000

static long call_i386(int number, const void *path, int flags)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "0"(number), "b"(path), "c"(flags), "d"(0)
			 : "r8", "r9", "r10", "r11", "memory");
	return (int)result;
}

static void show(const char *call, long fd)
{
	char text[128];
	ssize_t n = fd < 0 ? 0 : read((int)fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	printf("%-9s %s%s\n", call, fd < 0 ? strerrorname_np((int)-fd) : "reads: ", text);
}

int main(int argc, char **argv)
{
	struct sock_filter filter[] = {
		LOAD(arch), IF_NOT(AUDIT_ARCH_X86_64), REFUSE, LOAD(nr), IF_GE(X32), REFUSE,
		LOAD(nr),		/* without -c it begins here */
		IF_EQUAL(SYS_open), REFUSE, IF_EQUAL(SYS_openat), REFUSE, IF_EQUAL(SYS_creat), REFUSE,
		IF_EQUAL(SYS_openat2), REFUSE, IF_EQUAL(SYS_open_by_handle_at), REFUSE,
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	int check = argc == 3 && strcmp(argv[1], "-c") == 0, skip = check ? 0 : 6, status;
	struct sock_fprog program = {
		.len = (unsigned short)(sizeof(filter) / sizeof(filter[0]) - (size_t)skip),
		.filter = filter + skip,
	};
	char *low;
	long fd;

	if (argc != 2 + check || (argc == 2 && strcmp(argv[1], "-c") == 0)) {
		fprintf(stderr, "usage: %s [-c] FILE\n", argv[0]);
		return 2;
	}
	if (fork() == 0)		/* without the facility, int 0x80 is SIGSEGV */
		_exit(call_i386(20 /* getpid */, NULL, 0) == getpid() ? 0 : 1);
	if (wait(&status) == -1 || status != 0)
		errx(77, "this kernel runs no i386 system calls");
	/* An i386 pointer has 32 bits, so the path must lie low. */
	low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (low == MAP_FAILED)
		err(1, "mmap");
	snprintf(low, 4096, "%s", argv[argc - 1]);

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		err(1, "PR_SET_NO_NEW_PRIVS");
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == -1)
		err(1, "seccomp");
	fd = open(low, O_RDONLY);
	show("x86-64:", fd == -1 ? -errno : fd);
	show("i386:", call_i386(5, low, O_RDONLY));
	fd = syscall(X32 | SYS_open, low, O_RDONLY);	/* ENOSYS is the kernel's word, not the filter's */
	show("x32:", fd == -1 ? -errno : fd);
	return 0;
}
#else
int main(void)
{
	errx(77, "int 0x80 is x86-64's; 32-bit ARM programs are this machine's foreigners");
}
#endif
