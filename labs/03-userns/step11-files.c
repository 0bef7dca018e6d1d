/* step11-files.c - files across the map: what has no name here is out of reach
 *
 *   ./step11-files     as an ordinary user, then as root
 *
 * Root maps ten ids from 200000 on, an ordinary user the own one; that one owns
 * "mine".  "other" is /root, or for root a file of uid 300000: no name inside.
 *
 * New in this step: the overflow ids, shown by stat(2), refused by chown(2); and
 * CAP_DAC_OVERRIDE, which counts only for files whose owner and group have names.
 *
 * See user_namespaces(7), "Unmapped user and group IDs"; chown(2), stat(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void show(const char *where, const char *name)
{
	struct stat st;

	if (stat(name, &st) == -1)
		err(1, "%s", name);
	dprintf(STDOUT_FILENO, "%-8s %-6s belongs to uid %5u gid %5u\n", where, name, st.st_uid, st.st_gid);
}

static void say(const char *what, int result)
{
	dprintf(STDOUT_FILENO, "  %s: %s\n", what, result == -1 ? strerror(errno) : "done");
}

static void inside(void)
{
	if (setresgid(0, 0, 0) || setresuid(0, 0, 0))
		errx(77, "map of this user (make doctor says why): %s", strerror(errno));
	show("inside", "mine");
	show("inside", "other");
	say("open mine", open("mine", O_RDONLY | O_CLOEXEC));
	say("open other", open("other", O_RDONLY | O_CLOEXEC));
	say("chown mine to 0", chown("mine", 0, 0));
	say("chown other to 0", chown("other", 0, 0));
	say("chown mine to 5", chown("mine", 5, 5));
	say("chown mine to 65534", chown("mine", 65534, 65534));
}

static void put(pid_t pid, const char *name, unsigned int id, unsigned int count)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);	/* fits: uid_map */
	dprintf(open(path, O_WRONLY | O_CLOEXEC), count ? "0 %u %u\n" : "deny", id, count);
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/step11.XXXXXX";
	unsigned int uid = geteuid(), gid = getegid(), count = 1;
	int status = 1;
	pid_t pid;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: step11-files\n");
		return 2;
	}
	if (!mkdtemp(folder) || chdir(folder) == -1 ||
	    close(open("mine", O_CREAT | O_WRONLY, 0600)) == -1 ||
	    (uid ? symlink("/root", "other") : close(open("other", O_CREAT | O_WRONLY, 0600))))
		err(1, "%s", folder);
	if (uid == 0) {
		uid = gid = 200000, count = 10;
		if (chown("mine", uid, gid) || chown("other", 300000, 300000) || chmod(".", 0755))
			err(1, "chown");
	}
	show("outside", "mine");
	show("outside", "other");
	if ((pid = fork()) == 0) {
		if (unshare(CLONE_NEWUSER))
			err(77, "user namespace (make doctor says why)");
		raise(SIGSTOP);		/* until the maps are there */
		inside();
		return 0;
	}
	if (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status)) {
		put(pid, "setgroups", 0, 0);
		put(pid, "uid_map", uid, count);
		put(pid, "gid_map", gid, count);
		kill(pid, SIGCONT);
		waitpid(pid, &status, 0);
	}
	show("outside", "mine");
	unlink("mine"), unlink("other"), rmdir(folder);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
