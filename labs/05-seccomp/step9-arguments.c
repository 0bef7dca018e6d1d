/* step9-arguments.c - the same call, allowed or refused by its arguments
 *
 *   ./step9-arguments
 *
 * Six registers are what a filter sees of the arguments.  What is in a register
 * can be tested: a descriptor, a command, single bits of flags.
 *
 * New in this step: argument comparisons, and rules that mask.
 * See seccomp_rule_add(3), struct seccomp_data in seccomp(2), clone(2). */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define REFUSE SCMP_ACT_ERRNO(EPERM)

static void show(const char *call, long result)
{
	printf("%-38s %s\n", call, result == -1 ? strerrorname_np(errno) : "done");
}

/* clone(2) as fork(2) uses it: the child ends at once. */
static long try_clone(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid((pid_t)pid, NULL, 0);
	return pid;
}

int main(int argc, char **argv)
{
	scmp_filter_ctx ctx;
	int rc;

	if (argc != 1) {
		fprintf(stderr, "usage: %s\n", argv[0]);
		return 2;
	}
	ctx = seccomp_init(SCMP_ACT_ALLOW);
	if (!ctx)
		errx(1, "seccomp_init");
	/* write: refused but to descriptor 1 */
	rc = seccomp_rule_add(ctx, REFUSE, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_NE, STDOUT_FILENO, 0));
	/* clone and unshare: refused if this one bit is set, whatever the others */
	if (rc == 0)
		rc = seccomp_rule_add(ctx, REFUSE, SCMP_SYS(clone), 1,
				      SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
	if (rc == 0)
		rc = seccomp_rule_add(ctx, REFUSE, SCMP_SYS(unshare), 1,
				      SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
	/* ioctl: TIOCSTI puts characters into the terminal, as if they were typed */
	if (rc == 0)
		rc = seccomp_rule_add(ctx, REFUSE, SCMP_SYS(ioctl), 1,
				      SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, TIOCSTI));
	if (rc == 0)
		rc = seccomp_load(ctx);
	if (rc < 0)
		errx(1, "filter: %s", strerror(-rc));

	show("write(1, ...)", write(STDOUT_FILENO, "", 0));
	show("write(2, ...)", write(STDERR_FILENO, "", 0));
	show("clone(SIGCHLD)", try_clone(0));
	show("clone(CLONE_FS | SIGCHLD)", try_clone(CLONE_FS));
	show("clone(CLONE_NEWUSER | SIGCHLD)", try_clone(CLONE_NEWUSER));
	show("unshare(CLONE_FS)", unshare(CLONE_FS));
	show("unshare(CLONE_FS | CLONE_NEWUSER)", unshare(CLONE_FS | CLONE_NEWUSER));
	show("ioctl(-1, TIOCGWINSZ, ...)", ioctl(-1, TIOCGWINSZ, NULL));
	show("ioctl(-1, TIOCSTI, ...)", ioctl(-1, TIOCSTI, NULL));
	return 0;
}
