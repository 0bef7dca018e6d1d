/* step1-map.c - become root without asking anybody
 *
 *   ./step1-map [CMD [ARG]...]     as an ordinary user
 *
 * Shows who this process is before the user namespace, in it without a map,
 * and with a map of one line; then runs CMD, if there is one, as that root.
 *
 * New in this step: CLONE_NEWUSER, and the three files that give it ids:
 * setgroups, uid_map, gid_map.  A process may map one id without privilege,
 * its own, and the group only once setgroups(2) is given up.
 *
 * See user_namespaces(7), unshare(2), credentials(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What the kernel says of us: ids, capabilities, user namespace. */
static void show(const char *when)
{
	char *line = NULL, capabilities[64] = "?", namespace[64] = "?";
	FILE *status = fopen("/proc/self/status", "re");
	ssize_t length = readlink("/proc/self/ns/user", namespace, sizeof(namespace) - 1);

	if (!status || length == -1)
		err(1, "/proc/self");
	namespace[length] = '\0';
	for (size_t size = 0; getline(&line, &size, status) > 0;)
		sscanf(line, "CapEff: %63s", capabilities);	/* fits: 16 digits */
	fclose(status);
	printf("%-10s uid %5u  gid %5u  CapEff %s  %s\n", when, getuid(), getgid(), capabilities,
	       namespace);
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return -1;
	n = write(fd, text, strlen(text));	/* one write: there is no second */
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

static void show_file(const char *path)
{
	char *line = NULL;
	FILE *file = fopen(path, "re");

	for (size_t size = 0; file && getline(&line, &size, file) > 0;)
		printf("%s: %s", path, line);
	if (file)
		fclose(file);
}

int main(int argc, char **argv)
{
	uid_t uid = geteuid();	/* now: in the namespace the old ids have no name */
	gid_t gid = getegid();
	char uid_line[64], gid_line[64];

	if (argc > 1 && argv[1][0] == '-') {
		fprintf(stderr, "usage: step1-map [CMD [ARG]...]\n");
		return 2;
	}
	snprintf(uid_line, sizeof(uid_line), "0 %u 1\n", uid);
	snprintf(gid_line, sizeof(gid_line), "0 %u 1\n", gid);
	show("before");
	if (unshare(CLONE_NEWUSER) == -1)
		err(77, "user namespace (make doctor says why)");
	show("unmapped");

	if (put("/proc/self/gid_map", gid_line) == -1)
		printf("gid_map while setgroups is allowed: %s\n", strerror(errno));
	if (put("/proc/self/setgroups", "deny") == -1 ||
	    put("/proc/self/gid_map", gid_line) == -1 ||
	    put("/proc/self/uid_map", uid_line) == -1)
		err(77, "map of my own ids (make doctor says why)");
	show("mapped");
	show_file("/proc/self/uid_map");
	show_file("/proc/self/gid_map");

	if (argc == 1)
		return 0;
	fflush(stdout);		/* what CMD prints comes after it */
	execvp(argv[1], argv + 1);
	err(errno == ENOENT ? 127 : 126, "%s", argv[1]);
}
