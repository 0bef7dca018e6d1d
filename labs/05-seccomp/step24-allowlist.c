/* step24-allowlist.c - both attacks stopped: name what is needed, refuse the rest
 *
 *   ./step24-allowlist FILE
 *
 * The file is opened first, then the door is shut: read, write, exit_group
 * and nothing else, in any ABI.  It does not matter what other ways to open a
 * file there are, or will be.  This is strict mode with a list of our own.
 *
 * New in this step: a default that refuses.
 * See seccomp_init(3), SCMP_FLTATR_ACT_BADARCH in seccomp_attr_set(3). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

static void show(const char *call, long result)
{
	printf("%-14s %s\n", call, result == -1 ? strerrorname_np(errno) : "done");
}

#ifdef __x86_64__
static long i386_getpid(void)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "0"(20) : "r8", "r9", "r10", "r11", "memory");
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

/* Before there is a filter: the signal that int 0x80 is on a machine that does
 * not take it, or 0. */
static int i386_fault(void)
{
	int status;

	if (fork() == 0)
		_exit(i386_getpid() == -1);
	return wait(&status) != -1 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
#endif

int main(int argc, char **argv)
{
	static const int allowed[] = { SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(exit_group) };
	char text[128], output[256];
	scmp_filter_ctx ctx;
	ssize_t n;
	int fd, rc;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FILE\n", argv[0]);
		return 2;
	}
	fd = open(argv[1], O_RDONLY);
	if (fd == -1)
		err(1, "%s", argv[1]);
#ifdef __x86_64__
	int fault = i386_fault();
#endif
	/* Now stdio asks for nothing later: no fstat, no memory. */
	setvbuf(stdout, output, _IOLBF, sizeof(output));

	ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!ctx)
		errx(1, "seccomp_init");
	rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
	for (size_t i = 0; rc == 0 && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	if (rc == 0)
		rc = seccomp_load(ctx);
	if (rc < 0)
		errx(1, "filter: %s", strerror(-rc));

	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	printf("%-14s %s\n", "opened before:", text);
	show("openat:", syscall(SYS_openat, AT_FDCWD, argv[1], O_RDONLY));
	show("openat2:", syscall(SYS_openat2, AT_FDCWD, argv[1], NULL, 0));
	show("getpid:", syscall(SYS_getpid));
#ifdef __x86_64__
	if (fault)
		printf("i386 getpid:   not taken here: SIG%s without a filter, too\n", sigabbrev_np(fault));
	else
		show("i386 getpid:", i386_getpid());
#endif
	return 0;
}
