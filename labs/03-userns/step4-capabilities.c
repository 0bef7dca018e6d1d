/* step4-capabilities.c - every capability inside, none outside
 *
 *   ./step4-capabilities     as an ordinary user, then as root
 *
 * Asks the kernel twice, before and after unshare(2): once for what a capability
 * in the own user namespace permits, once for what takes one in the namespace
 * where this machine's name lives.  The name never changes: it is offered with
 * a length that is none, and EINVAL means that the capability was accepted.
 *
 * New in this step: the five sets of a process in a new user namespace, and a
 * root of the host that has given up everything by entering one.
 *
 * See user_namespaces(7), "Capabilities"; capabilities(7). */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *said(int result)
{
	return result == 0 ? "done" : strerror(errno);
}

static void show(const char *when)
{
	char *line = NULL, set[8], value[64];
	FILE *status = fopen("/proc/self/status", "re");

	if (!status)
		err(1, "/proc/self/status");
	printf("%s, uid %u\n ", when, getuid());
	for (size_t size = 0; getline(&line, &size, status) > 0;)
		/* fits: CapEff: 16 digits */
		if (sscanf(line, "Cap%3s: %63s", set, value) == 2)
			printf(" %s %s", set, value);
	fclose(status);
	/* The capability to chroot counts in the own user namespace: here. */
	printf("\n  chroot(\"/\"): %s\n", said(chroot("/")));
	/* The one to rename counts in the owner of the uts namespace: the host's. */
	printf("  the host's name: %s\n", said((int)syscall(SYS_sethostname, "", -1)));
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: step4-capabilities\n");
		return 2;
	}
	show("before");
	if (unshare(CLONE_NEWUSER) == -1)
		err(77, "user namespace (make doctor says why)");
	show("in a new user namespace");
	return 0;
}
