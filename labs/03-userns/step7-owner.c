/* step7-owner.c - the owner outside has every capability inside
 *
 *   ./step7-owner     as an ordinary user
 *
 * A child makes a user and a uts namespace, then stands still.  Its parent, who
 * has no capability at all, goes in and renames the child's machine.  A second
 * process tries the same: the same user, but from a user namespace of its own.
 *
 * New in this step: the owner.  That is the effective uid of whoever made the
 * namespace, for processes in the namespace where it was made, and only there.
 *
 * See user_namespaces(7), "Capabilities", rule 3; ioctl_ns(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_namespace(pid_t pid, const char *kind)
{
	char path[64];
	int fd;

	/* fits: a kind of namespace */
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kind);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		err(1, "%s", path);
	return fd;
}

static void show(const char *who)
{
	cap_flag_value_t has = CAP_CLEAR;

	cap_get_flag(cap_get_proc(), CAP_SYS_ADMIN, CAP_EFFECTIVE, &has);
	printf("%s: uid %u, CAP_SYS_ADMIN %s\n", who, geteuid(), has ? "yes" : "no");
}

/* visit: in a process of its own, since nobody comes back */
static void visit(const char *who, int flags, int user, int uts)
{
	fflush(stdout);
	if (fork() == 0) {
		if (flags && unshare(flags) == -1)
			err(77, "user namespace (make doctor says why)");
		show(who);
		if (setns(user, CLONE_NEWUSER) == -1) {
			printf("  setns: %s\n", strerror(errno));
			exit(0);
		}
		show("  setns: done");
		if (setns(uts, CLONE_NEWUTS) == -1)
			err(1, "uts namespace");
		printf("  sethostname: %s\n", sethostname("owned", 5) ? strerror(errno) : "done");
		exit(0);
	}
	wait(NULL);
}

int main(int argc, char **argv)
{
	struct utsname name;
	int user, uts, status;
	uid_t owner;
	pid_t pid;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: step7-owner\n");
		return 2;
	}
	if ((pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWUSER | CLONE_NEWUTS) == -1 || sethostname("child", 5) == -1)
			err(77, "user namespace (make doctor says why)");
		raise(SIGSTOP);
		return uname(&name) == -1 || printf("the child's name is now %s\n", name.nodename) < 0;
	}
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		return 77;
	user = open_namespace(pid, "user");
	uts = open_namespace(pid, "uts");
	if (ioctl(user, NS_GET_OWNER_UID, &owner) == -1)
		err(1, "NS_GET_OWNER_UID");
	printf("the child's namespace belongs to uid %u\n", owner);
	visit("its parent", 0, user, uts);
	visit("the same user, elsewhere", CLONE_NEWUSER, user, uts);
	kill(pid, SIGCONT);
	return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : 1;
}
