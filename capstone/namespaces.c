/* namespaces.c - the container's own view of the machine (lab 02) */
#include <errno.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "skiff.h"

pid_t namespaces_clone(const struct config *config, const struct cgroup *group,
		       int *pidfd, struct failure *f)
{
	/*
	 * Not CLONE_NEWCGROUP: the root of that namespace would be the cgroup
	 * of the parent.  The child makes it once it is in its own.
	 */
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC,
		.pidfd = (uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};
	pid_t pid;

	if (config->userns)
		args.flags |= CLONE_NEWUSER;
	if (!config->host_network)
		args.flags |= CLONE_NEWNET;
	if (group->born_fd >= 0) {
		/* Born inside: no moment outside the limits, and no migration,
		 * for which the kernel would have to wait. */
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)group->born_fd;
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0 && errno == ENOSPC)
		return fail(f, 0, "clone3: too many namespaces (/proc/sys/user/max_*_namespaces)");
	if (pid < 0 && errno == EPERM && geteuid() != 0)
		return fail(f, 0, "clone3: an ordinary user may not make a user namespace here "
				  "(make doctor says why)");
	return pid < 0 ? fail(f, errno, "clone3") : pid;
}

static int loopback_up(struct failure *f)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return fail(f, errno, "socket");
	int result = ioctl(sock, SIOCSIFFLAGS, &request);
	close(sock);
	return result < 0 ? fail(f, errno, "bringing lo up") : 0;
}

int namespaces_setup(const struct config *config, struct failure *f)
{
	if (unshare(CLONE_NEWCGROUP) < 0)
		return fail(f, errno, "unshare a cgroup namespace");
	/* No terminal of the caller's to push input into (CVE-2017-5226), and
	 * no keys of the caller's session. */
	if (setsid() < 0)
		return fail(f, errno, "setsid");
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return fail(f, errno, "a session keyring");
	if (sethostname(config->hostname, strlen(config->hostname)) < 0)
		return fail(f, errno, "hostname '%s'", config->hostname);
	return config->host_network ? 0 : loopback_up(f);
}
