/* namespaces.c - the container's own view of the machine (lab 02) */
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include "command/command.h"

pid_t namespaces_clone(const struct config *config, int born, int *pidfd, struct failure *f)
{
	/*
	 * Not the cgroup namespace: its root would be the cgroup of the parent.
	 * The child makes it once it is in its own.  And one of time can only
	 * be entered when its clocks are set.
	 */
	const uint64_t later = CLONE_NEWCGROUP | CLONE_NEWTIME | (config->network == NETWORK_NONE ? CLONE_NEWNET : 0);
	struct clone_args args = {
		.flags = CLONE_PIDFD | (config->security.namespaces & ~later),
		.pidfd = (uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};
	pid_t pid;

	/* TODO 2: into the cgroup BORN, if there is one, see CLONE_INTO_CGROUP in
	 * clone(2); the child's pid, or fail(), with a sentence of its own where
	 * the errno of clone3(2) misleads */
	/* BEGIN SOLUTION */
	if (born >= 0) {
		/* Born inside: no moment outside the limits, and no migration,
		 * for which the kernel would have to wait. */
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)born;
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid >= 0)
		return pid;
	switch (errno) {
	case ENOSPC: case EUSERS:
		return fail(f, 0, "clone3: too many namespaces "
			    "(/proc/sys/user/max_*_namespaces; make doctor says which)");
	case EPERM: case EACCES:
		/* AppArmor says EACCES, a sysctl or a filter EPERM. */
		return fail(f, errno, "clone3: a new user namespace is refused here "
			    "(make doctor says why)");
	case ENOSYS:
		/* Docker's and Podman's filter: so that libc goes on with clone(2) */
		return fail(f, errno, "clone3: refused by the filter of a container, "
			    "or Linux before 5.3 (see make doctor)");
	default:
		return fail(f, errno, "clone3");
	}
	/* END SOLUTION */
}

int namespaces_setup(const struct config *config, struct failure *f)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	/* TODO 8: the cgroup namespace, the hostname, the clocks (clocks_set) if a
	 * time namespace was asked for, and lo up, unless the network is the
	 * host's; see unshare(2), sethostname(2), netdevice(7) */
	/* BEGIN SOLUTION */
	TRY(unshare(CLONE_NEWCGROUP), "a cgroup namespace");
	TRY(sethostname(config->hostname, strlen(config->hostname)), "hostname '%s'", config->hostname);
	if (config->security.namespaces & CLONE_NEWTIME)
		PASS(clocks_set(config->time_offset, f));
	if (config->network == NETWORK_HOST)
		return 0;
	CLOSED int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	TRY(ioctl(sock, SIOCSIFFLAGS, &request), "bringing lo up");
	return 0;
	/* END SOLUTION */
}

int session_new(struct failure *f)
{
	/* TODO 16: a session of its own, and a session keyring (a kernel may have
	 * none: ENOSYS); see setsid(2), keyctl(2) */
	/* BEGIN SOLUTION */
	/* No terminal of the caller's to push input into (CVE-2017-5226), and
	 * no keys of the caller's session. */
	TRY(setsid(), "setsid");
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return fail(f, errno, "a session keyring");
	return 0;
	/* END SOLUTION */
}
