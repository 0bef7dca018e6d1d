/* userns.c - whose ids the container's ids are (lab 03)
 *
 * Container root is never the caller's root: whoever gets out of the rest is
 * then nobody's owner on the host, and files like core_pattern, which check
 * only the uid, stay closed.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "skiff.h"

enum { RANGE = 65536 };

/*
 * systemd's range for containers (uids-gids(7)): 524288 to 1879048191.  A part
 * of it by pid, so that two containers do not share ids (and with them limits
 * that the kernel counts by uid).
 */
static uint32_t preferred_base(void)
{
	return 524288U + (uint32_t)getpid() % 28664U * RANGE;
}

int idmap_choose(const char *map, uint32_t want, uint32_t own, uint32_t *base, uint32_t *count)
{
	unsigned inside, outside, n;
	int used;

	*count = 0;
	for (; sscanf(map, "%u %u %u%n", &inside, &outside, &n, &used) == 3; map += used) {
		if (want >= inside && n >= RANGE && want - inside <= n - RANGE) {
			*base = want;
			*count = RANGE;
			return 0;
		}
		if (own >= inside && own - inside < n) {
			/* Leave out OWN and all below it. */
			n -= own - inside + 1;
			inside = own + 1;
		}
		if (n > *count) {
			*base = inside;
			*count = n < RANGE ? n : RANGE;
		}
	}
	return *count > 0 ? 0 : -1;
}

static int read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return -1;
	text[n] = '\0';
	return 0;
}

static int write_proc(pid_t pid, const char *name, const char *text, struct failure *f)
{
	char path[64];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(f, errno, "%s", path);
	n = write(fd, text, strlen(text));
	if (n != (ssize_t)strlen(text)) {
		fail(f, errno, "%s: '%s'", path, text);
		close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

/* write_range - the map of a privileged caller: one range, in one write */
static int write_range(pid_t child, const char *name, uint32_t own, struct failure *f)
{
	char path[32], map[4096], text[64];
	uint32_t base, count;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	if (read_text(path, map, sizeof(map)) < 0)
		return fail(f, errno, "%s", path);
	if (idmap_choose(map, preferred_base(), own, &base, &count) < 0) {
		base = own;
		count = 1;
	}
	snprintf(text, sizeof(text), "0 %u %u\n", base, count);
	return write_proc(child, name, text, f);
}

/* login_name - this user's, from /etc/passwd; not by getpwuid(3), whose other
 * sources a static program cannot load */
static void login_name(char *name, size_t size)
{
	FILE *file = fopen("/etc/passwd", "re");
	struct passwd *user = NULL;

	*name = '\0';
	while (file != NULL && *name == '\0' && (user = fgetpwent(file)) != NULL)
		if (user->pw_uid == getuid())
			snprintf(name, size, "%s", user->pw_name);
	if (file != NULL)
		fclose(file);
}

/* subordinate - the first range of this user in /etc/subuid or /etc/subgid */
static int subordinate(const char *path, uint32_t *start, uint32_t *count)
{
	FILE *file = fopen(path, "re");
	char line[256], name[128], number[16], login[128];
	int found = -1;

	login_name(login, sizeof(login));
	snprintf(number, sizeof(number), "%u", getuid());
	while (file != NULL && found < 0 && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "%127[^:]:%u:%u", name, start, count) == 3 && *count > 0 &&
		    (strcmp(name, number) == 0 || strcmp(name, login) == 0))
			found = 0;
	if (file != NULL)
		fclose(file);
	return found;
}

/* run_helper - newuidmap(1) or newgidmap(1): they are set-UID root and check
 * the range against /etc/subuid.  Returns their success. */
static bool run_helper(const char *program, pid_t child, uint32_t own,
		       uint32_t start, uint32_t count)
{
	char text[4][16];
	int status;
	pid_t pid;

	snprintf(text[0], 16, "%d", (int)child);
	snprintf(text[1], 16, "%u", own);
	snprintf(text[2], 16, "%u", start);
	snprintf(text[3], 16, "%u", count < RANGE ? count : RANGE - 1);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		dup2(null, 2);
		execlp(program, program, text[0], "0", text[1], "1",
		       "1", text[2], text[3], (char *)NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int userns_map(pid_t child, struct failure *f)
{
	uint32_t uids, uid_count, gids, gid_count;
	char text[32];

	if (geteuid() == 0) {
		if (write_range(child, "uid_map", 0, f) < 0)
			return -1;
		return write_range(child, "gid_map", getegid(), f);
	}
	if (subordinate("/etc/subuid", &uids, &uid_count) == 0 &&
	    subordinate("/etc/subgid", &gids, &gid_count) == 0 &&
	    run_helper("newuidmap", child, geteuid(), uids, uid_count)) {
		if (run_helper("newgidmap", child, getegid(), gids, gid_count))
			return 0;
		return fail(f, 0, "newgidmap: refused, after newuidmap had agreed");
	}
	/* One id: needs no privilege, but setgroups(2) must be given up first. */
	snprintf(text, sizeof(text), "0 %u 1\n", geteuid());
	if (write_proc(child, "uid_map", text, f) < 0 ||
	    write_proc(child, "setgroups", "deny", f) < 0)
		return -1;
	snprintf(text, sizeof(text), "0 %u 1\n", getegid());
	return write_proc(child, "gid_map", text, f);
}

int userns_become_root(struct failure *f)
{
	/* EPERM: setgroups was given up for the sake of a one-id map. */
	if (setgroups(0, NULL) < 0 && errno != EPERM)
		return fail(f, errno, "setgroups");
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return fail(f, errno, "becoming root of the container");
	return 0;
}
