/* step10-width.c - look at the arguments: local sockets, but no network
 *
 *   ./step10-width [-w]      -w: the wrong comparison, of all 64 bits
 *
 * socket(2) is refused if its first argument is AF_INET.  That is an int: the
 * kernel takes the lower half of the register, and a caller can put anything
 * into the upper one.  Numbers can be compared; what a pointer points to
 * cannot even be read by a filter.
 *
 * New in this step: the width of what is compared.
 * See seccomp_rule_add(3), struct seccomp_data in seccomp(2). */
#include <err.h>
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void try_socket(const char *what, unsigned long family)
{
	long fd = syscall(SYS_socket, family, SOCK_DGRAM, 0);

	printf("%-34s %s\n", what, fd == -1 ? strerrorname_np(errno) : "a socket");
	if (fd != -1)
		close((int)fd);
}

int main(int argc, char **argv)
{
	int wrong = argc == 2 && strcmp(argv[1], "-w") == 0, rc;
	scmp_filter_ctx ctx;

	if (argc != 1 && !wrong) {
		fprintf(stderr, "usage: %s [-w]\n", argv[0]);
		return 2;
	}
	ctx = seccomp_init(SCMP_ACT_ALLOW);
	if (!ctx)
		errx(1, "seccomp_init");
	if (wrong)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
				      SCMP_CMP(0, SCMP_CMP_EQ, AF_INET, 0));
	else
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
				      SCMP_CMP(0, SCMP_CMP_MASKED_EQ, 0xffffffff, AF_INET));
	if (rc < 0)
		errx(1, "seccomp_rule_add: %s", strerror(-rc));
	rc = seccomp_load(ctx);
	if (rc < 0)
		errx(1, "seccomp_load: %s", strerror(-rc));

	try_socket("AF_UNIX:", AF_UNIX);
	try_socket("AF_INET:", AF_INET);
	try_socket("AF_INET, upper half not 0:", 0x100000000UL | AF_INET);
	return 0;
}
