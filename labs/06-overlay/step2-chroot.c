/* step2-chroot.c - what chroot(2) changes, and what it does not
 *
 *   ./step2-chroot DIR      as an ordinary user: unshare -r ./step2-chroot DIR
 *
 * New in this step: the root directory is an attribute of a process, like the
 * working directory: it says where names begin.  What is not found by a name of
 * a file is as it was.  A process in a chroot is looked at from outside, and
 * then it ends a process outside.
 * See chroot(2), proc(5) /proc/PID/root, namespaces(7). */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const kinds[] = { "mnt", "pid", "net", "ipc", "uts", "user" };

/* link_of: what the link NAME of a process in /proc says */
static void link_of(pid_t pid, const char *name, char text[PATH_MAX])
{
	char path[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);	/* fits: our own names */
	len = readlink(path, text, PATH_MAX - 1);
	if (len < 0)
		err(1, "%s", path);
	text[len] = '\0';
}

static void compare(pid_t inside)
{
	char here[PATH_MAX], there[PATH_MAX], name[16];

	link_of(getpid(), "root", here);
	link_of(inside, "root", there);
	printf("root directory  outside: %s  inside: %s\n", here, there);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		/* fits: a name of kinds */
		snprintf(name, sizeof(name), "ns/%s", kinds[i]);
		link_of(getpid(), name, here);
		link_of(inside, name, there);
		printf("%-4s namespace  %s\n", kinds[i], strcmp(here, there) ? "another" : "the same");
	}
}

static void confined(const char *dir, int peer, pid_t victim)
{
	char byte;

	if (chroot(dir) || chdir("/"))
		err(1, "chroot %s", dir);
	if (write(peer, "r", 1) != 1 || read(peer, &byte, 1) != 1)
		err(1, "the parent");
	printf("inside: /etc/passwd: %s\n", access("/etc/passwd", F_OK) ? strerror(errno) : "is there");
	printf("inside: kill %s\n", kill(victim, SIGTERM) ? strerror(errno) : "done");
}

int main(int argc, char **argv)
{
	int pair[2], status;
	pid_t victim, inside;
	char byte;

	setlinebuf(stdout);
	if (argc != 2) {
		fprintf(stderr, "usage: step2-chroot DIR\n");
		return 2;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		err(1, "socketpair");
	victim = fork();
	if (victim == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);	/* ends at the latest with the parent */
		pause();
		return 0;
	}
	inside = victim < 0 ? -1 : fork();
	if (inside < 0)
		err(1, "fork");
	if (inside == 0) {
		close(pair[1]);
		confined(argv[1], pair[0], victim);
		return 0;
	}
	close(pair[0]);
	if (read(pair[1], &byte, 1) != 1)
		errx(1, "the chroot failed");
	compare(inside);
	if (write(pair[1], "g", 1) != 1 || waitpid(inside, NULL, 0) < 0 || waitpid(victim, &status, 0) < 0)
		err(1, "the child outside");
	printf("outside: it ended by signal %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return 0;
}
