/* payload-call.c - make one system call and say what came back
 *
 *   payload-call NUMBER [ARG...]      the native call, by number
 *   payload-call i386 | x32           getpid through a foreign ABI; a machine that takes
 *                                     no int 0x80 answers i386 with SIGSEGV
 *   payload-call euid                 print the effective user id instead
 *   payload-call nodeathsig CMD...    clear PR_SET_PDEATHSIG, then run CMD
 *   payload-call keyring CMD...       make a session keyring, print its number, run CMD
 *   payload-call keyring              print that of the session keyring
 *
 * Prints the errno (0 for success).  With bad pointers as arguments EFAULT
 * means that the kernel looked at them, EPERM or ENOSYS that a filter did not
 * let the call get so far. */
#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static long foreign(const char *abi)
{
#ifdef __x86_64__
	long result;

	if (strcmp(abi, "x32") == 0)
		return syscall(0x40000000 + SYS_getpid);
	__asm__ volatile("int $0x80" : "=a"(result)
			 : "a"(20) : "r8", "r9", "r10", "r11", "memory");
	errno = (int)-result;
	return result;
#else
	(void)abi;
	exit(77);
#endif
}

/* The number of the session keyring, or that of an error */
static void print_keyring(void)
{
	long id = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);

	printf("%ld\n", id < 0 ? -errno : id);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	long arg[6] = { 0 }, result;

	if (argc < 2 || (argc > 8 && argv[1][0] <= '9')) {
		fprintf(stderr, "usage: payload-call NUMBER|i386|x32|euid|nodeathsig|keyring [ARG...]\n");
		return 2;
	}
	if (strcmp(argv[1], "nodeathsig") == 0 && argc > 2) {
		prctl(PR_SET_PDEATHSIG, 0);
		execvp(argv[2], argv + 2);
		return 127;
	}
	if (strcmp(argv[1], "keyring") == 0) {
		if (argc > 2)
			syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
		print_keyring();
		if (argc > 2)
			execvp(argv[2], argv + 2);
		return argc > 2 ? 127 : 0;
	}
	if (strcmp(argv[1], "euid") == 0) {
		printf("%u\n", geteuid());
		return 0;
	}
	if (strcmp(argv[1], "i386") == 0 || strcmp(argv[1], "x32") == 0) {
		result = foreign(argv[1]);
	} else {
		for (int i = 2; i < argc; i++)
			arg[i - 2] = strtol(argv[i], NULL, 0);
		result = syscall(strtol(argv[1], NULL, 0), arg[0], arg[1], arg[2],
				 arg[3], arg[4], arg[5]);
	}
	printf("%d\n", result < 0 ? errno : 0);
	return 0;
}
