/* step2-pieces.c - root's power in pieces: each privileged act asks for one
 *
 *   ./step2-pieces      as root
 *
 * Each act is tried by two children with uid 0: one that has all capabilities
 * but the one in question, and one that has that one and no other.
 *
 * New in this step: CAP_CHOWN, CAP_KILL, CAP_NET_ADMIN ...  See capabilities(7). */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* attempt: a system call by a child with that capability alone, or without it */
static void attempt(cap_value_t cap, cap_flag_value_t alone, const long *call)
{
	int status;
	pid_t pid = fork();	/* it prints nothing, and ends without flushing */

	if (pid == 0) {
		cap_t caps = alone ? cap_init() : cap_get_proc();

		if (!caps || cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, alone) == -1 ||
		    cap_set_flag(caps, CAP_PERMITTED, 1, &cap, alone) == -1 || cap_set_proc(caps) == -1)
			_exit(255);
		_exit(syscall(call[0], call[1], call[2], call[3]) == -1 ? errno : 0);
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		err(1, "fork");
	status = WEXITSTATUS(status);
	printf(" %-25s", status == 255 ? "not held here" : status ? strerror(status) : "allowed");
}

static pid_t stopped_process_of_uid_1(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(setresuid(1, 1, 1) == 0 ? raise(SIGSTOP) : 1);
	if (pid == -1 || waitpid(pid, &status, WUNTRACED) == -1 || !WIFSTOPPED(status))
		errx(1, "there can be no process of uid 1");
	return pid;
}

int main(int argc, char **argv)
{
	struct sockaddr_in port_80 = { .sin_family = AF_INET, .sin_port = htons(80) };
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	if (argc != 1)
		errx(2, "usage: step2-pieces (without %s)", argv[1]);
	/* A host name and a network that nobody else sees. */
	if (unshare(CLONE_NEWUTS | CLONE_NEWNET) == -1)
		err(errno == EINVAL ? 77 : 1, "new uts and network namespaces");
	int file = memfd_create("file", MFD_CLOEXEC), tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (file == -1 || tcp == -1 || fchmod(file, 0) == -1)
		err(1, "a file and a socket");
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	pid_t other = stopped_process_of_uid_1();
	const struct { const char *what; cap_value_t cap; long call[4]; } acts[] = {
		{ "give a file away", CAP_CHOWN, { SYS_fchown, file, 1, 1 } },
		{ "open a file of mode 000", CAP_DAC_OVERRIDE, { SYS_openat, -1, (long)path, O_WRONLY } },
		{ "signal to uid 1", CAP_KILL, { SYS_kill, other, 0 } },
		{ "become uid 1", CAP_SETUID, { SYS_setresuid, 1, 1, 1 } },
		{ "bind port 80", CAP_NET_BIND_SERVICE, { SYS_bind, tcp, (long)&port_80, sizeof(port_80) } },
		{ "open a raw socket", CAP_NET_RAW, { SYS_socket, AF_INET, SOCK_RAW, IPPROTO_ICMP } },
		{ "bring lo up", CAP_NET_ADMIN, { SYS_ioctl, tcp, SIOCSIFFLAGS, (long)&lo } },
		{ "chroot", CAP_SYS_CHROOT, { SYS_chroot, (long)"/" } },
		{ "raise priority", CAP_SYS_NICE, { SYS_setpriority, 0, 0, -20 } },
		{ "set the host name", CAP_SYS_ADMIN, { SYS_sethostname, (long)"lab", 3 } },
		/* These make no sense, but that is found out after the capability. */
		{ "pivot_root", CAP_SYS_ADMIN, { SYS_pivot_root, (long)"/", (long)"/" } },
		{ "swap to a file", CAP_SYS_ADMIN, { SYS_swapon, 0, 0 } },
		{ "set the clock", CAP_SYS_TIME, { SYS_settimeofday, 0, 0 } },
		{ "reboot", CAP_SYS_BOOT, { SYS_reboot, 0, 0, 0 } },
	};

	printf("%-24s %-21s %-25s %s\n", "", "asks for", "all but that", "only that");
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		printf("%-24s %-21s", acts[i].what, cap_to_name(acts[i].cap));
		attempt(acts[i].cap, CAP_CLEAR, acts[i].call);
		attempt(acts[i].cap, CAP_SET, acts[i].call);
		printf("\n");
	}
	kill(other, SIGKILL);
}
