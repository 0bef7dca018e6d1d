/* step19-delegate.c - a group for an ordinary user, and how far it goes
 *
 *   ./step19-delegate [UID]	as root; UID is 1000 if not given
 *
 * New in this step: chown(2) of the directory and of cgroup.procs, but not of the
 * limits.  v2 also asks who may write to cgroup.procs of the common ancestor of
 * here and there.  See "Delegation" in cgroups(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	return fd < 0 || dprintf(fd, "%s", text) < 0 || close(fd) ? -1 : 0;
}

/* Make a group where the pids controller is, and go there; the version. */
static int enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int version = 0;

	while (mounts && version != 1 && (m = getmntent(mounts)))
		if ((!strcmp(m->mnt_type, "cgroup2") || hasmntopt(m, "pids")) && !chdir(m->mnt_dir))
			version = strcmp(m->mnt_type, "cgroup2") ? 1 : 2;
	if (!version)
		errx(77, "no cgroup hierarchy is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", get_current_dir_name(), name);
	printf("group: %s (v%d)\n", get_current_dir_name(), version);
	if (access("pids.max", F_OK) && !chdir("..") && !rmdir(name))
		errx(77, "%s/cgroup.subtree_control does not name pids", get_current_dir_name());
	return version;
}

static void tell(const char *what, int failed)
{
	printf("  %-30s %s\n", what, failed ? strerror(errno) : "ok");
}

/* A stopped process of that user in the group other. */
static pid_t stopped(uid_t uid)
{
	pid_t pid = fork();

	if (!pid)
		_exit(put("other/cgroup.procs", "0") || setresuid(uid, uid, uid) || raise(SIGSTOP));
	if (pid < 0 || waitpid(pid, NULL, WUNTRACED) != pid)
		err(1, "fork");
	return pid;
}

/* All of this as the user, in the group that is theirs. */
static void __attribute__((noreturn)) live(uid_t uid, int version, const char *pid)
{
	if (put("given/cgroup.procs", "0") || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		err(1, "given");
	printf("as uid %d, in the group given:\n", (int)uid);
	tell("mkdir given/inner", mkdir("given/inner", 0755));
	tell("move into given/inner", put("given/inner/cgroup.procs", "0"));
	if (version == 2)
		tell("hand pids down to inner", put("given/cgroup.subtree_control", "+pids"));
	tell("limit given/inner", put("given/inner/pids.max", "5"));
	tell("raise the limit of given", put("given/pids.max", "1000"));
	tell("move out, to other", put("other/cgroup.procs", "0"));
	tell("pull a process of mine in", put("given/inner/cgroup.procs", pid));
	exit(0);
}

int main(int argc, char **argv)
{
	int uid = argc == 2 ? atoi(argv[1]) : 1000, version, pid;
	char name[] = "lab-delegate.XXXXXX", text[16];

	if (argc > 2 || uid < 1)
		errx(2, "usage: %s [UID]", argv[0]);
	version = enter_group(name);
	if ((version == 2 && put("cgroup.subtree_control", "+pids")) || chmod(".", 0755) || mkdir("given", 0755) || mkdir("other", 0755) || put("given/pids.max", "20") ||
	    chown("given", uid, -1) || chown("given/cgroup.procs", uid, -1) ||
	    (version == 2 && chown("given/cgroup.subtree_control", uid, -1)))
		err(1, "%s", name);
	snprintf(text, sizeof(text), "%d", pid = stopped(uid));
	if (!fflush(stdout) && !fork())
		live(uid, version, text);
	wait(NULL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return rmdir("given/inner") || rmdir("given") || rmdir("other") || chdir("..") || rmdir(name);
}
