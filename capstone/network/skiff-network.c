/* skiff-network.c - the network of `skiff run --network bridge`
 *
 *   skiff-network up ID PID     the network namespace of process PID gets an
 *                               eth0; prints the address it was given
 *   skiff-network down ID       takes it away again; fine if it is gone
 *
 * ID is [a-z0-9]{1,12}.  Status 0; 1 for a failure (one line on stderr,
 * `skiff-network: what: why`); 2 for bad usage.  Needs root, or the root of the
 * user namespace that owns both network namespaces.
 *
 *   container            host
 *   eth0 ------------- skiff-ID -- skiff0 -- forwarding, NAT -- outside
 *   a free address     (8 of ID)   10.121.0.1/24, or another range if that is taken
 *
 * All state is in the kernel.  An up that fails unmakes what it made.  What is
 * left by one that is killed, or by a container that died without a down, is
 * no harm to the next up, and goes with a down of its ID, or the last down.  The
 * last down leaves no link, rule or sysctl.
 *
 * The container's root is hostile.  Its port drops what does not carry its
 * own MAC and IPv4 address: no spoofing, no ARP lies, no IPv6, no VLANs.  Nobody
 * outside opens connections to a container, and the host becomes no router for
 * others.  NOT kept from a container, as with Docker: the other containers on
 * the bridge; the host's services, on 10.121.0.1 and on its other addresses (not
 * on 127.0.0.1); all that the host can reach; connection tracking and bandwidth.
 * Another firewall on the host may drop what is accepted here: for Docker's,
 * `iptables -I DOCKER-USER -i skiff0 -j ACCEPT`, and the same with -o.
 *
 * See network_namespaces(7), veth(4), bridge(8), nft(8).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "network.h"

/* What fails while undoing follows from the first failure: one line for all. */
int fail(struct network *n, const char *what, const char *why)
{
	if (n->why[0] == '\0')
		/* lint: only shown; nft's own words may be long */
		snprintf(n->why, sizeof(n->why), "%s: %.*s", what, (int)strcspn(why, "\n"), why);
	return -1;
}

int check(struct network *n, const char *what, int err)
{
	return err < 0 ? fail(n, what, nl_geterror(err)) : 0;
}

/*
 * lock: one at a time in a network namespace.  This sysctl's file is the
 * namespace's own, always there, and only root can open it, so that nobody else
 * holds the lock; it goes with the process, and leaves nothing.
 */
static int lock(struct network *n)
{
	int fd = open("/proc/sys/net/ipv4/tcp_fastopen_key", O_RDONLY | O_CLOEXEC);

	return fd != -1 && flock(fd, LOCK_EX) == 0 ? 0 : fail(n, "lock", strerror(errno));
}

/* enter: a netlink socket in PID's namespace, which it stays in; NULL on failure */
static struct nl_sock *enter(struct network *n, const char *pid, int *ns)
{
	struct nl_sock *inside;
	struct stat here, there;
	char path[64];
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);	/* fits: main() takes at most 9 digits */
	*ns = open(path, O_RDONLY | O_CLOEXEC);
	if (own == -1 || *ns == -1 || fstat(own, &here) != 0 || fstat(*ns, &there) != 0) {
		fail(n, path, strerror(errno));
		return NULL;
	}
	if (here.st_dev == there.st_dev && here.st_ino == there.st_ino) {
		fail(n, path, "is the host's, not a container's");
		return NULL;
	}
	inside = setns(*ns, CLONE_NEWNET) == 0 ? open_netlink() : NULL;
	if (inside == NULL || setns(own, CLONE_NEWNET) != 0) {
		fail(n, path, strerror(errno));
		return NULL;
	}
	return inside;
}

/* up: the container's end comes up last, when the rules are in force */
static int up(struct network *n, const char *pid)
{
	struct nl_sock *inside;
	bool made = false;
	int ns;

	if ((inside = enter(n, pid, &ns)) == NULL)
		return -1;
	if (make_bridge(n) == 0 && choose_address(n) == 0 && (made = make_port(n, ns) == 0)) {
		if (check(n, n->port, set_link(n->sock, n->port, n->id, false)) == 0 &&
		    settle(n) == 0 && connect_container(n, inside) == 0) {
			if (printf("%s\n", dotted(n->address)) > 0 && fflush(stdout) == 0)
				return 0;
			fail(n, "standard output", strerror(errno));
		}
	}
	/* A failed request may have left the socket out of step: take another. */
	n->address = 0;
	if ((n->sock = open_netlink()) != NULL && (!made || remove_port(n) == 0))
		settle(n);
	return -1;
}

static int down(struct network *n)
{
	return remove_port(n) || settle(n) ? -1 : 0;
}

static bool consists_of(const char *text, const char *characters, size_t most)
{
	size_t length = strlen(text);

	return length >= 1 && length <= most && strspn(text, characters) == length;
}

int main(int argc, char *argv[])
{
	static const char usage[] =
		"usage: skiff-network up ID PID | down ID     (ID: [a-z0-9]{1,12})\n";
	struct network n = { .id = argc > 2 ? argv[2] : "" };
	const char *pid = argc == 4 && strcmp(argv[1], "up") == 0 ? argv[3] : NULL;
	sigset_t all;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(usage, stdout) < 0;
	if (!(pid || (argc == 3 && strcmp(argv[1], "down") == 0)) ||
	    !consists_of(n.id, "abcdefghijklmnopqrstuvwxyz0123456789", 12) ||
	    (pid && (!consists_of(pid, "0123456789", 9) || pid[0] == '0'))) {
		fputs(usage, stderr);
		return 2;
	}
	/* lint: cut, as IFNAMSIZ is 16; the alias has all of it, see remove_port() */
	snprintf(n.port, sizeof(n.port), "skiff-%.8s", n.id);
	/* A Ctrl-C is meant for the container; nothing here takes long. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	if (geteuid() != 0)
		fail(&n, "the network", "needs root");
	else if ((n.sock = open_netlink()) == NULL)
		fail(&n, "netlink", strerror(errno));
	else if (lock(&n) == 0 && (pid ? up(&n, pid) : down(&n)) == 0)
		return 0;
	fprintf(stderr, "skiff-network: %s\n", n.why);
	return 1;
}
