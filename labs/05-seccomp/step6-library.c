/* step6-library.c - an allow-list, written by libseccomp
 *
 *   ./step6-library [-p]      -p: print the filter in words instead
 *
 * Strict mode's four calls, and openat: files may be opened, and read, but not
 * closed.  The library knows the numbers of all machines, writes the check of
 * the architecture, and loads with no_new_privs.
 *
 * New in this step: seccomp_init, a default action, a rule, seccomp_load.
 * See seccomp_init(3), seccomp_rule_add(3), seccomp_export_pfc(3). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) == -1)
		_exit(1);
}

/* In the child: nothing but raw calls, and _exit, which is exit_group. */
static void behind_the_filter(void)
{
	char byte;
	int fd = open("/proc/self/status", O_RDONLY);

	say(fd == -1 ? "openat: refused\n" : "openat: a descriptor\n");
	say(read(fd, &byte, 1) == 1 ? "read:   a byte\n" : "read:   refused\n");
	say("close:  ");
	close(fd);
	say("this is never printed\n");
}

int main(int argc, char **argv)
{
	static const int allowed[] = {
		SCMP_SYS(rt_sigreturn), SCMP_SYS(exit_group), SCMP_SYS(exit),
		SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(openat),
	};
	int print = argc == 2 && strcmp(argv[1], "-p") == 0, rc = 0, status;
	scmp_filter_ctx ctx;

	if (argc != 1 + print) {
		fprintf(stderr, "usage: %s [-p]\n", argv[0]);
		return 2;
	}
	ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);	/* what is not listed */
	if (!ctx)
		errx(77, "seccomp_init: this kernel cannot kill a process so");
	for (size_t i = 0; rc == 0 && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	if (rc < 0)
		errx(1, "seccomp_rule_add: %s", strerror(-rc));
	if (print)
		return seccomp_export_pfc(ctx, STDOUT_FILENO) == 0 ? 0 : 1;

	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		rc = seccomp_load(ctx);
		if (rc < 0)
			errx(1, "seccomp_load: %s", strerror(-rc));
		behind_the_filter();
		_exit(0);
	}
	if (wait(&status) == -1)
		err(1, "wait");
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	printf("killed by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
	return 0;
}
