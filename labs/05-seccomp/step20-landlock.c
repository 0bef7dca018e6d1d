/* step20-landlock.c - the same goal by path: Landlock
 *
 *   ./step20-landlock PATH CMD [ARG...]
 *
 * CMD may read the system's own folders, and do anything to PATH and what is
 * below it; the rest of the file system is closed.  No root, no filter: the
 * check is where the kernel has found the file, whatever it was called by.
 *
 * New in this step: landlock_create_ruleset, _add_rule, _restrict_self (Linux
 * 5.13).  See landlock(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than some headers. */
#define REFER		(1ULL << 13)	/* ABI 2: move a file to another folder */
#define TRUNCATE	(1ULL << 14)	/* ABI 3 */
#define READ		(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FILES		(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | TRUNCATE)

/* Allow what is below path (or path itself, if it is a file). */
static void allow(int rules, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access };
	struct stat st;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd == -1 && errno == ENOENT)
		return;		/* what is not there needs no rule */
	if (rule.parent_fd == -1 || fstat(rule.parent_fd, &st) == -1)
		err(1, "%s", path);
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= FILES;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == -1)
		err(1, "%s: landlock_add_rule", path);
	close(rule.parent_fd);
}

int main(int argc, char **argv)
{
	static const char *const system[] = { "/bin", "/sbin", "/lib", "/lib64", "/usr", "/etc", "/proc", "/dev", NULL };
	struct landlock_ruleset_attr attr = { 0 };
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int rules;

	if (argc < 3) {
		fprintf(stderr, "usage: %s PATH CMD [ARG...]\n", argv[0]);
		return 2;
	}
	if (abi < 1)
		err(77, "no Landlock here (Linux 5.13, and lsm=landlock)");
	printf("Landlock ABI %ld\n", abi);
	fflush(stdout);
	/* What is named here is refused, unless a rule allows it. */
	attr.handled_access_fs = (1ULL << 13) - 1;	/* ABI 1 */
	if (abi >= 2)
		attr.handled_access_fs |= REFER;
	if (abi >= 3)
		attr.handled_access_fs |= TRUNCATE;
	rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (rules == -1)
		err(1, "landlock_create_ruleset");
	for (const char *const *path = system; *path; path++)
		allow(rules, *path, READ);
	allow(rules, "/dev/null", FILES & attr.handled_access_fs);
	allow(rules, argv[1], attr.handled_access_fs);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || syscall(SYS_landlock_restrict_self, rules, 0) == -1)
		err(1, "landlock_restrict_self");
	execvp(argv[2], argv + 2);
	err(errno == ENOENT ? 127 : 126, "%s", argv[2]);
}
