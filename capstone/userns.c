/* userns.c - whose ids the container's ids are (lab 03)
 *
 * Container root is never the caller's root: whoever gets out of the rest is
 * then nobody's owner on the host, and files like core_pattern, which check
 * only the uid, stay closed.
 */
#include <grp.h>
#include <pwd.h>

#include "skiff.h"

enum { RANGE = 65536 };

int idmap_choose(const char *map, uint32_t want, uint32_t own, uint32_t *base, uint32_t *count)
{
	unsigned inside, outside, n;
	int used;

	*count = 0;
	for (; sscanf(map, "%u %u %u%n", &inside, &outside, &n, &used) == 3; map += used) {
		if (want >= inside && n >= RANGE && want - inside <= n - RANGE && own - want >= RANGE) {
			inside = want;
			n = RANGE;
		} else if (own >= inside && own - inside < n) {
			/* Leave out OWN and all below it. */
			n -= own - inside + 1;
			inside = own + 1;
		}
		if (n > *count) {
			*base = inside;
			*count = n;
		}
	}
	*count = *count < RANGE ? *count : RANGE;
	return *count > 0 ? 0 : -1;
}

/* write_range - the map of a privileged caller: one range, in one write; if SIZE
 * was asked for, the uppermost that there are */
static int write_range(pid_t child, const char *name, uint32_t own, uint32_t size, struct failure *f)
{
	char map[340 * 36], text[64];   /* the kernel takes 340 lines */
	/* systemd's range for containers (uids-gids(7)): 524288 to 1879048191.  A
	 * part of it by pid, so that two containers do not share ids, and with
	 * them limits that the kernel counts by uid. */
	const uint32_t want = 524288U + (uint32_t)getpid() % 28664U * RANGE;
	uint32_t base, count;

	/* TODO 3: what may be given away: the uppermost SIZE ids, if SIZE is above
	 * 0, else what idmap_choose says to /proc/self/NAME, else OWN alone. Then
	 * the line "0 BASE COUNT" to /proc/CHILD/NAME, in one write; see
	 * user_namespaces(7) */
	/* BEGIN SOLUTION */
	TRY(file_read(map, sizeof(map), "/proc/self/%s", name), "/proc/self/%s", name);
	if (size > 0) {
		base = UINT32_MAX - size;
		count = size;
	} else if (idmap_choose(map, want, own, &base, &count) < 0) {
		base = own;
		count = 1;
	}
	snprintf(text, sizeof(text), "0 %u %u\n", base, count);
	TRY(file_write(text, "/proc/%d/%s", (int)child, name), "%s: '%s'", name, text);
	return 0;
	/* END SOLUTION */
}

/* sub_ids - the first range of LOGIN or of our uid in TABLE: lines NAME:START:COUNT, of
 * any length (subuid(5)).  Returns whether there is one. */
static bool sub_ids(const char *table, const char *login, unsigned *start, unsigned *count)
{
	FCLOSED FILE *file = fopen(table, "re");
	char *line = NULL, uid[16];
	bool found = false;
	size_t room = 0;

	snprintf(uid, sizeof(uid), "%u", getuid());
	while (!found && file != NULL && getline(&line, &room, file) > 0) {
		char *rest = line, *name = strsep(&rest, ":");
		found = rest != NULL && (strcmp(name, login) == 0 || strcmp(name, uid) == 0) &&
			sscanf(rest, "%u:%u", start, count) == 2 && *count > 0;
	}
	free(line);
	return found;
}

/* write_ordinary - that of an ordinary user: newuidmap(1) and newgidmap(1) are
 * set-UID root and check the range against /etc/subuid; else their one id */
static bool write_ordinary(pid_t child, const char *program, const char *table, uint32_t own,
			   const char *login)
{
	char text[4][16];
	unsigned start, count;

	if (!sub_ids(table, login, &start, &count))
		return false;
	snprintf(text[0], 16, "%d", (int)child);
	snprintf(text[1], 16, "%u", own);
	snprintf(text[2], 16, "%u", start);
	snprintf(text[3], 16, "%u", count < RANGE ? count : RANGE - 1);
	return program_run((const char *[]){ program, text[0], "0", text[1], "1", "1", text[2], text[3], NULL }, -1) == 0;
}

int userns_map(pid_t child, uint32_t size, struct failure *f)
{
	/* Not getpwuid(3): a static program cannot load its other sources. */
	FCLOSED FILE *users = fopen("/etc/passwd", "re");
	struct passwd *user = NULL;
	char text[32];

	if (geteuid() == 0) {
		PASS(write_range(child, "uid_map", 0, size, f));
		return write_range(child, "gid_map", getegid(), size, f);
	}
	while (users != NULL && (user = fgetpwent(users)) != NULL && user->pw_uid != getuid())
		;
	const char *login = users != NULL && user != NULL ? user->pw_name : "";
	if (write_ordinary(child, "newuidmap", "/etc/subuid", geteuid(), login))
		return write_ordinary(child, "newgidmap", "/etc/subgid", getegid(), login) ? 0 :
		       fail(f, 0, "newgidmap: refused, after newuidmap had agreed");
	/* TODO 4: their one id: uid_map, then "deny" to setgroups, then gid_map;
	 * see user_namespaces(7), "The /proc/pid/setgroups file" */
	/* BEGIN SOLUTION */
	/* One id: needs no privilege, but setgroups(2) must be given up first. */
	snprintf(text, sizeof(text), "0 %u 1\n", geteuid());
	TRY(file_write(text, "/proc/%d/uid_map", (int)child), "uid_map: '%s'", text);
	TRY(file_write("deny", "/proc/%d/setgroups", (int)child), "setgroups");
	snprintf(text, sizeof(text), "0 %u 1\n", getegid());
	TRY(file_write(text, "/proc/%d/gid_map", (int)child), "gid_map: '%s'", text);
	return 0;
	/* END SOLUTION */
}

int userns_become_root(struct failure *f)
{
	/* TODO 7: no groups of the caller's (EPERM: they were given up already, for
	 * a map of one id), then gid and uid 0, real, effective and saved; see
	 * setgroups(2), setresuid(2) */
	/* BEGIN SOLUTION */
	/* EPERM: setgroups was given up for the sake of a one-id map. */
	if (setgroups(0, NULL) < 0 && errno != EPERM)
		return fail(f, errno, "setgroups");
	TRY(setresgid(0, 0, 0) < 0 ? -1 : setresuid(0, 0, 0), "becoming root of the container");
	/* A change of ids may make a process dumpable (proc(5), suid_dumpable). */
	TRY(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "PR_SET_DUMPABLE");
	return 0;
	/* END SOLUTION */
}
