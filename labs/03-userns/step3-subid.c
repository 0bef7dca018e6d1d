/* step3-subid.c - more ids than one's own, by newuidmap and newgidmap
 *
 *   ./step3-subid     as an ordinary user with lines in /etc/subuid, /etc/subgid
 *
 * 0 is to be the own id, 1 and on the range that the administrator gave this user:
 * asked for once with one id too many, then with what there is.
 *
 * New in this step: newuidmap(1) and newgidmap(1).  They are set-user-ID root, or
 * have CAP_SETUID and CAP_SETGID; they read what is permitted, and write the map.
 *
 * See newuidmap(1), newgidmap(1), subuid(5), subgid(5), user_namespaces(7). */
#include <err.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct range {
	unsigned int first, count;
};

/* find: the first range of this user in FILE, by name or by number */
static struct range find(const char *file)
{
	const struct passwd *user = getpwuid(getuid());
	struct range r;
	char *line = NULL, *name, number[16];
	FILE *ranges = fopen(file, "re");

	snprintf(number, sizeof(number), "%u", getuid());
	for (size_t size = 0; ranges && getline(&line, &size, ranges) > 0;)
		if (sscanf(line, "%m[^:]:%u:%u", &name, &r.first, &r.count) == 3 &&
		    (!strcmp(name, number) || (user && !strcmp(name, user->pw_name)))) {
			printf("%s: %s", file, line);
			return r;
		}
	errx(77, "no range for uid %s in %s (see make doctor)", number, file);
}

/* map: 0 is the own id, 1 and on the range R, for the namespace of TARGET */
static int map(const char *helper, pid_t target, unsigned int own, struct range r)
{
	char cmd[128];

	/* fits: newuidmap */
	snprintf(cmd, sizeof(cmd), "%s %d 0 %u 1 1 %u %u", helper, target, own, r.first, r.count);
	puts(cmd);
	fflush(stdout);
	return system(cmd);
}

/* show: the lines of /proc/PID/FILE that begin with FIRST */
static void show(pid_t pid, const char *file, const char *first)
{
	char path[64], *line = NULL;
	FILE *lines;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);	/* fits: uid_map */
	lines = fopen(path, "re");
	for (size_t size = 0; lines && getline(&line, &size, lines) > 0;)
		if (!strncmp(line, first, strlen(first)))
			printf("%s", line);
}

int main(int argc, char **argv)
{
	struct range uids, gids;
	int status;
	pid_t pid;

	(void)argv;
	if (argc > 1)
		return fputs("usage: step3-subid\n", stderr), 2;
	uids = find("/etc/subuid");
	gids = find("/etc/subgid");
	if ((pid = fork()) == 0) {
		if (unshare(CLONE_NEWUSER) == -1)
			err(77, "user namespace (make doctor says why)");
		raise(SIGSTOP);		/* until the maps are there */
		if (setresgid(1, 1, 1) == -1 || setresuid(1, 1, 1) == -1)
			err(1, "becoming uid 1");
		return raise(SIGSTOP);	/* until the parent has looked */
	}
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		return 77;
	map("newuidmap", pid, getuid(), (struct range){ uids.first, uids.count + 1 });
	if (map("newuidmap", pid, getuid(), uids) || map("newgidmap", pid, getgid(), gids))
		errx(1, "refused");
	kill(pid, SIGCONT);
	waitpid(pid, &status, WUNTRACED);
	show(pid, "uid_map", "");
	printf("its uid 1 on the host: ");
	show(pid, "status", "Uid:");
	return kill(pid, SIGKILL);
}
