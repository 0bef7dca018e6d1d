/* step21-ports.c - Landlock by port: which TCP services may be reached
 *
 *   ./step21-ports
 *
 * Listens on two ports, then gives itself rules that allow connect(2) to the
 * first, and bind(2) to none.
 *
 * New in this step: LANDLOCK_RULE_NET_PORT (ABI 4, Linux 6.7).  A seccomp filter
 * cannot do this: the port is behind a pointer.  See landlock(7). */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than some headers. */
#define BIND_TCP	(1ULL << 0)
#define CONNECT_TCP	(1ULL << 1)
#define RULE_NET_PORT	2
struct ruleset { uint64_t fs, net; };
struct port_rule { uint64_t access, port; };

static struct sockaddr_in here(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int listen_somewhere(void)
{
	struct sockaddr_in address = here(0);
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd == -1 || bind(fd, (struct sockaddr *)&address, length) == -1 || listen(fd, 1) == -1 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) == -1)
		err(1, "listen");
	return ntohs(address.sin_port);
}

static void try(const char *what, int type, int port, int (*call)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_in address = here(port);
	int fd = socket(AF_INET, type, 0);

	if (fd == -1)
		err(1, "socket");
	printf("  %-26s %s\n", what, call(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? "done" :
	       strerrorname_np(errno));
	close(fd);
}

static void all(const char *when, int first, int second)
{
	printf("%s\n", when);
	try("connect, first port:", SOCK_STREAM, first, connect);
	try("connect, second port:", SOCK_STREAM, second, connect);
	try("bind, any port:", SOCK_STREAM, 0, bind);
	try("UDP connect, second port:", SOCK_DGRAM, second, connect);
}

int main(int argc, char **argv)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */);
	struct ruleset attr = { .net = BIND_TCP | CONNECT_TCP };
	struct port_rule rule = { .access = CONNECT_TCP };
	int first = listen_somewhere(), second = listen_somewhere(), rules;

	if (argc != 1) {
		fprintf(stderr, "usage: %s\n", argv[0]);
		return 2;
	}
	if (abi < 4)
		errx(77, "Landlock knows ports since ABI 4; here it has ABI %ld", abi > 0 ? abi : 0);
	printf("Landlock ABI %ld\n", abi);
	all("before", first, second);
	rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	rule.port = (uint64_t)first;
	if (rules == -1 || syscall(SYS_landlock_add_rule, rules, RULE_NET_PORT, &rule, 0) == -1)
		err(1, "landlock rule");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || syscall(SYS_landlock_restrict_self, rules, 0) == -1)
		err(1, "landlock_restrict_self");
	all("behind the rules", first, second);
	return 0;
}
