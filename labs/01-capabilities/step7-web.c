/* step7-web.c - a web server of one page, which wants port 80
 *
 *   ./step7-web PORT
 *
 * It binds PORT, prints what it has, and goes on in the background, where it
 * answers one request and ends (without a request: after 20 seconds).  It knows
 * nothing of capabilities, as nginx does not: it binds, and is allowed to or not.
 *
 * New in this step: CAP_NET_BIND_SERVICE, for a program that is not root.
 * See capabilities(7), ip(7) on ip_unprivileged_port_start, setcap(8). */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/socket.h>
#include <unistd.h>

/* open_to_all: may everybody bind this port?  Some containers are set up so. */
static int open_to_all(int port)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re");
	int start = 1024;

	if (file && fscanf(file, "%d", &start) != 1)
		start = 1024;
	if (file)
		fclose(file);
	return port >= start;
}

static void serve(int listener)
{
	char request[1024], answer[256];
	int length = snprintf(answer, sizeof(answer), "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"
			      "It works, with uid %u.\n", getuid());

	alarm(20);
	int client = accept(listener, NULL, NULL);

	if (client == -1 || read(client, request, sizeof(request)) == -1 ||
	    write(client, answer, (size_t)length) == -1)
		_exit(1);
	_exit(0);
}

int main(int argc, char **argv)
{
	char *end = "x";
	long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;

	if (*end || port < 1 || port > 65535)
		errx(2, "usage: step7-web PORT");
	if (port < 1024 && open_to_all((int)port))
		errx(77, "here everybody may bind port %ld: ip_unprivileged_port_start is low", port);

	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	if (listener == -1 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == -1)
		err(1, "socket");
	if (bind(listener, (struct sockaddr *)&any, sizeof(any)) == -1)
		err(1, "bind port %ld", port);
	if (listen(listener, 8) == -1)
		err(1, "listen");

	cap_t caps = cap_get_proc();
	char *text = caps ? cap_to_text(caps, NULL) : NULL;

	if (!text)
		err(1, "cap_get_proc");
	printf("uid %u, capabilities '%s', listens on port %ld\n", getuid(), text, port);
	fflush(stdout);
	cap_free(text);
	cap_free(caps);

	/* Whoever started this may go on: connections are taken from here on. */
	if (daemon(0, 0) == -1)
		err(1, "daemon");
	serve(listener);
}
