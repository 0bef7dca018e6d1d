/* step11-propagation.c - a file mounted later, seen in a container or not
 *
 *   ./step11-propagation DIR   DIR: a new, empty directory; as an ordinary user:
 *                              unshare -rm ./step11-propagation DIR
 *
 * New in this step: a container has a copy of the mounts.  What the host mounts
 * later reaches the copy if its mounts are shared with the host's, or slaves.  Three
 * containers get a new DIR/conf, and each then does the same with DIR/own.
 * See mount_namespaces(7) "SHARED SUBTREES", proc(5) /proc/PID/mountinfo. */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void print_file(const char *who, const char *name)
{
	char text[32] = "";

	if (read(open(name, O_RDONLY), text, sizeof(text) - 1) < 0)
		err(1, "%s", name);
	printf("  %s reads %s: %s\n", who, name, text);
}

/* print_peers: the first optional field of the mount at DIR */
static void print_peers(const char *name)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *tag, *point, *here = getcwd(NULL, 0);

	while (file && fscanf(file, "%*s %*s %*s %*s %ms %*s %ms %*[^\n]", &point, &tag) == 2)
		if (here && !strcmp(point, here))
			printf("%s, in mountinfo: %s\n", name, tag);
}

static void pass(int peer)
{
	char byte = 'g';

	if (write(peer, &byte, 1) != 1 || read(peer, &byte, 1) != 1)
		errx(1, "the other side has ended");
}

static void container(const char *name, unsigned long propagation, int peer)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | propagation, NULL))
		err(1, "a mount namespace");
	print_peers(name);
	pass(peer);			/* the host mounts */
	print_file("the container", "conf");
	if (mount("mine", "own", NULL, MS_BIND, NULL))
		err(1, "own");
	pass(peer);			/* the host looks */
}

static void host(const char *name, unsigned long propagation)
{
	int pair[2];
	char byte;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || (pid = fork()) < 0 || close(pair[pid != 0]))
		err(1, "fork");
	if (pid == 0) {
		container(name, propagation, pair[1]);
		_exit(0);
	}
	if (read(pair[0], &byte, 1) != 1 || mount("new", "conf", NULL, MS_BIND, NULL))
		err(1, "conf");
	pass(pair[0]);
	print_file("the host", "own");
	umount2("own", MNT_DETACH);	/* if it came here at all */
	if (umount2("conf", MNT_DETACH) || write(pair[0], "g", 1) != 1 || waitpid(pid, NULL, 0) < 0)
		err(1, "the end");
}

int main(int argc, char **argv)
{
	setlinebuf(stdout);
	if (argc != 2) {
		fprintf(stderr, "usage: step11-propagation DIR\n");
		return 2;
	}
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");
	if (mount(argv[1], argv[1], NULL, MS_BIND, NULL) || chdir(argv[1]) ||
	    mount(NULL, ".", NULL, MS_SHARED, NULL) ||
	    system("printf old >conf; printf new >new; printf host >own; printf container >mine"))
		err(1, "%s", argv[1]);
	host("shared", MS_SHARED);
	host("slave", MS_SLAVE);
	host("private", MS_PRIVATE);
	return 0;
}
