/* step15-range.c - the answer: ids that are nobody on the host
 *
 *   ./step15-range     as root
 *
 * The attack of step 14, from a root with the same capabilities.  Its 65536 ids
 * are 200000 and up on the host, where they own no file and no sysctl.
 *
 * New in this step: a high range, and becoming its root.  A map changes how an
 * id is shown, never who somebody is: the child is still the host's uid 0, now
 * without a name inside, until setresuid(2) makes it 200000.
 *
 * See user_namespaces(7), setresuid(2), setgroups(2), subuid(5). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAP "0 200000 65536\n"

static void put(pid_t pid, const char *name, const char *text)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);	/* fits: uid_map, setgroups */
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd == -1 || write(fd, text, strlen(text)) == -1)
		err(1, "%s", path);
	close(fd);
}

static void attempt(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	printf("  %-30s %s\n", path, fd == -1 ? strerror(errno) :
	       flags == O_WRONLY ? "open for writing" : "open for reading");
	if (fd != -1)
		close(fd);
}

static void attack(void)
{
	char map[64] = "?";
	int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);

	if (fd == -1 || read(fd, map, sizeof(map) - 1) <= 0)
		err(1, "/proc/self/uid_map");
	close(fd);
	printf("uid %u, uid_map %s", getuid(), map);
	attempt("/proc/sys/kernel/core_pattern", O_WRONLY);
	attempt("/etc/shadow", O_RDONLY);
}

static int child(int parent)
{
	char go = 0;

	if (unshare(CLONE_NEWUSER) == -1)
		err(77, "user namespace (make doctor says why)");
	if (write(parent, "R", 1) != 1 || read(parent, &go, 1) != 1 || go != 'G')
		return 1;
	if (setgroups(0, NULL) == -1 || setresgid(0, 0, 0) == -1 || setresuid(0, 0, 0) == -1)
		err(1, "becoming root");
	attack();
	return 0;
}

int main(int argc, char **argv)
{
	int pair[2], status;
	char ready;
	pid_t pid;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: step15-range\n");
		return 2;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1 || (pid = fork()) == -1)
		err(1, "fork");
	close(pair[pid == 0 ? 0 : 1]);
	if (pid == 0)
		return child(pair[1]);
	if (read(pair[0], &ready, 1) == 1) {
		put(pid, "uid_map", MAP);
		put(pid, "gid_map", MAP);
		send(pair[0], "G", 1, MSG_NOSIGNAL);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
