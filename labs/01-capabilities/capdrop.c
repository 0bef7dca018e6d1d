/* capdrop.c - run a command with exactly the capabilities named
 *
 *   capdrop [-u UID[:GID]] [-k CAP[,CAP...]] [-n] -- CMD...
 *
 * -u  become these numeric ids (GID: the same as UID), with no other groups
 * -k  keep these capabilities, and no others (without -k: none)
 * -n  set no_new_privs
 *
 * CMD with uid 0 gets them in its permitted, effective and bounding sets, any
 * other CMD in all five.  CMD replaces capdrop, so its status is CMD's; 125
 * is capdrop's own failure, and then nothing was run.
 *
 * See capabilities(7), prctl(2), setresuid(2), cap_set_proc(3). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/securebits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

struct request {
	uint64_t kept;		/* -k, one bit for each capability */
	bool change_ids;	/* -u */
	uid_t uid;
	gid_t gid;
	bool no_new_privs;	/* -n */
	char **command;
};

/* ---- given: masks, as /proc/PID/status shows them ---------------------- */

/* shown: TEXT fit for a message: one line, and nothing that a terminal obeys: no control
 * character, also not of those above 0x7f (console_codes(4)) */
static const char *shown(const char *text)
{
	unsigned char *copy = (unsigned char *)strdup(text);

	if (!copy)
		err(125, "memory");
	for (size_t i = 0; copy[i]; i++)
		if (copy[i] < ' ' || copy[i] == 0x7f || (copy[i] >= 0x80 && copy[i] < 0xa0 &&
		    (!i || copy[i - 1] < 0x80 || copy[i - 1] == 0xc2)))
			copy[i] = '?';
	return (const char *)copy;
}

static uint64_t bit(int cap)
{
	return UINT64_C(1) << cap;
}

/* name_of: for messages; the string is never freed, we are about to end */
static const char *name_of(int cap)
{
	const char *name = cap_to_name(cap);

	return name ? name : "an unnamed capability";
}

/* known: every capability of this kernel.  It may have some that libcap has
 * no name for, and those must go too. */
static uint64_t known(void)
{
	uint64_t mask = 0;
	int cap = 0;

	while (cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0)
		mask |= bit(cap++);
	if (cap == 0 || (cap < 64 && errno != EINVAL))
		err(125, "capabilities: the kernel does not list them");
	return mask;
}

/* in_set: the CAP_PERMITTED, CAP_EFFECTIVE or CAP_INHERITABLE set of this process */
static uint64_t in_set(cap_flag_t set)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t value;
	uint64_t mask = 0;

	if (!caps)
		err(125, "capabilities: cannot be read");
	for (int cap = 0; cap < 64; cap++)
		if (cap_get_flag(caps, cap, set, &value) == 0 && value == CAP_SET)
			mask |= bit(cap);
	cap_free(caps);
	return mask;
}

static uint64_t in_bounding(void)
{
	uint64_t mask = 0, all = known();

	for (int cap = 0; cap < 64; cap++)
		if (all & bit(cap) && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 0)
			mask |= bit(cap);
	return mask;
}

static uint64_t in_ambient(void)
{
	uint64_t mask = 0, all = known();

	for (int cap = 0; cap < 64; cap++)
		if (all & bit(cap) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) != 0)
			mask |= bit(cap);
	return mask;
}

/* ---- yours: the mechanism, in the order in which main calls it --------- */

/* cap_by_name: the number of a capability: "cap_chown", "chown", "Chown"; -1
 * if there is no such name */
static int cap_by_name(const char *name)
{
	/* TODO 1: cap_from_name(3) wants the prefix.  It stops reading where the
	 * name ends, so it takes "cap_chown+x" too; cap_to_name(3) tells. */
	/* BEGIN SOLUTION */
	char full[64];
	cap_value_t cap;
	const char *prefix = strncasecmp(name, "cap_", 4) == 0 ? "" : "cap_";
	int length = snprintf(full, sizeof(full), "%s%s", prefix, name);

	if (length >= (int)sizeof(full) || cap_from_name(full, &cap) == -1)
		return -1;
	char *official = cap_to_name(cap);
	bool same = official && strcasecmp(official, full) == 0;

	cap_free(official);
	return same ? cap : -1;
	/* END SOLUTION */
}

/* check_held: nobody can keep what they do not have */
static void check_held(uint64_t kept)
{
	/* TODO 2: each one must be in this process's permitted set, and in its
	 * bounding set, which never grows; see "Thread capability sets" in
	 * capabilities(7) */
	/* BEGIN SOLUTION */
	uint64_t permitted = in_set(CAP_PERMITTED), bounding = in_bounding();

	for (int cap = 0; cap < 64; cap++) {
		if (kept & ~permitted & bit(cap))
			errx(125, "%s: the caller does not hold it", name_of(cap));
		if (kept & ~bounding & bit(cap))
			errx(125, "%s: not in the caller's bounding set", name_of(cap));
	}
	/* END SOLUTION */
}

/* BEGIN SOLUTION */
static bool put(cap_t caps, cap_flag_t set, uint64_t mask)
{
	for (cap_value_t cap = 0; cap < 64; cap++)
		if (mask & bit(cap) && cap_set_flag(caps, set, 1, &cap, CAP_SET) == -1)
			return false;
	return true;
}

/* set_sets: three of the five sets, in one system call */
static void set_sets(uint64_t permitted, uint64_t effective, uint64_t inheritable)
{
	cap_t caps = cap_init();

	if (!caps || !put(caps, CAP_PERMITTED, permitted) || !put(caps, CAP_EFFECTIVE, effective) ||
	    !put(caps, CAP_INHERITABLE, inheritable) || cap_set_proc(caps) == -1)
		err(125, "capabilities: cannot be set");
	cap_free(caps);
}
/* END SOLUTION */

/* drop_bounding: leave nothing in the bounding set but what is kept */
static void drop_bounding(uint64_t kept)
{
	/* TODO 3: PR_CAPBSET_DROP, see prctl(2).  It takes CAP_SETPCAP in the
	 * effective set; a capability may be permitted and not effective. */
	/* BEGIN SOLUTION */
	uint64_t extra = in_bounding() & ~kept, permitted = in_set(CAP_PERMITTED);

	set_sets(permitted, permitted, in_set(CAP_INHERITABLE));
	for (int cap = 0; cap < 64; cap++)
		if (extra & bit(cap) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1)
			err(125, "bounding set: cannot drop %s without CAP_SETPCAP", name_of(cap));
	/* END SOLUTION */
}

/* change_ids: real, effective and saved ids, and no supplementary groups */
static void change_ids(const struct request *r)
{
	/* TODO 4: setgroups(2), setresgid(2), setresuid(2), in an order in which
	 * each is still allowed.  Leaving uid 0 empties the permitted set, unless
	 * PR_SET_KEEPCAPS says otherwise, see prctl(2). */
	/* BEGIN SOLUTION */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1)
		err(125, "PR_SET_KEEPCAPS");
	/* Where there is nothing to clear, no privilege is needed. */
	if (getgroups(0, NULL) != 0 && setgroups(0, NULL) == -1)
		err(125, "supplementary groups: cannot be cleared");
	if (setresgid(r->gid, r->gid, r->gid) == -1)
		errx(125, "gid %u: %s", r->gid, errno == EINVAL ?
		     "not mapped in this user namespace" : strerror(errno));
	if (setresuid(r->uid, r->uid, r->uid) == -1)
		errx(125, "uid %u: %s", r->uid, errno == EINVAL ?
		     "not mapped in this user namespace" : strerror(errno));
	/* END SOLUTION */
}

/* set_capabilities: kept in the permitted and effective sets, passed in the
 * inheritable and ambient ones (for uid 0 passed is 0, else it is kept) */
static void set_capabilities(uint64_t kept, uint64_t passed)
{
	/* TODO 5: the first three with cap_set_flag(3) and cap_set_proc(3), then
	 * PR_CAP_AMBIENT, see prctl(2).  The caller may have left something in
	 * any of them. */
	/* BEGIN SOLUTION */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1)
		err(125, "ambient set: cannot be cleared");
	set_sets(kept, kept, passed);
	for (int cap = 0; cap < 64; cap++)
		if (passed & bit(cap) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) == -1)
			err(125, "ambient set: cannot raise %s", name_of(cap));
	/* END SOLUTION */
}

static void set_no_new_privs(void)
{
	/* TODO 6: PR_SET_NO_NEW_PRIVS, see prctl(2) */
	/* BEGIN SOLUTION */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		err(125, "no_new_privs");
	/* END SOLUTION */
}

/* verify: read back what was set.  Whatever is not as promised ends here. */
static void verify(const struct request *r, uint64_t passed)
{
	/* TODO 7: the five sets with the functions above; getresuid(2),
	 * getresgid(2), getgroups(2); PR_GET_NO_NEW_PRIVS.  And what execve(2)
	 * gives to uid 0 depends on SECBIT_NOROOT, see capabilities(7). */
	/* BEGIN SOLUTION */
	uid_t uid[3];
	gid_t gid[3];

	if (in_set(CAP_PERMITTED) != r->kept || in_set(CAP_EFFECTIVE) != r->kept ||
	    in_set(CAP_INHERITABLE) != passed || in_bounding() != r->kept || in_ambient() != passed)
		errx(125, "capabilities: the kernel has other sets than were set");
	if (getresuid(&uid[0], &uid[1], &uid[2]) == -1 || getresgid(&gid[0], &gid[1], &gid[2]) == -1)
		err(125, "ids: cannot be read");
	for (int i = 0; i < 3 && r->change_ids; i++)
		if (uid[i] != r->uid || gid[i] != r->gid)
			errx(125, "ids: the kernel has others than were set");
	if (r->change_ids && getgroups(0, NULL) != 0)
		errx(125, "supplementary groups: not cleared");
	if (r->no_new_privs && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		errx(125, "no_new_privs: not set");
	if (uid[0] == 0 && r->kept && prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) & SECBIT_NOROOT)
		errx(125, "securebits: noroot is set, so exec would give uid 0 no capabilities");
	/* END SOLUTION */
}

/* ---- given: the command line and the command --------------------------- */

static const char *const usage = "usage: capdrop [-u UID[:GID]] [-k CAP[,CAP...]] [-n] -- CMD...";

static _Noreturn void bad_usage(const char *what, const char *why)
{
	fprintf(stderr, "%s (%s: %s)\n", usage, what, why);
	exit(2);
}

/* parse_id: decimal digits only.  4294967295 is no id: setresuid(2) reads it as "leave this one". */
static const char *parse_id(const char *text, id_t *id)
{
	uint64_t value = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9' && value < UINT32_MAX; p++)
		value = value * 10 + (uint64_t)(*p - '0');
	*id = (id_t)value;
	return p > text && value < UINT32_MAX ? p : NULL;
}

static void parse_ids(const char *text, struct request *r)
{
	const char *p = parse_id(text, &r->uid);

	r->gid = r->uid;
	if (p && *p == ':')
		p = parse_id(p + 1, &r->gid);
	if (!p || *p)
		bad_usage("-u", "not a numeric UID or UID:GID");
	r->change_ids = true;
}

static uint64_t parse_kept(char *list)
{
	uint64_t kept = 0;
	char *name;

	while ((name = strsep(&list, ",")) != NULL) {
		int cap = cap_by_name(name);

		if (cap < 0 || cap > 63)
			errx(125, "-k: '%s' is no capability", shown(name));
		kept |= bit(cap);
	}
	return kept;
}

static void parse(int argc, char **argv, struct request *r)
{
	int option;

	opterr = 0;
	while ((option = getopt(argc, argv, "+:u:k:nh")) != -1) {
		char what[] = { '-', (char)optopt, '\0' };

		switch (option) {
		case 'u': parse_ids(optarg, r); break;
		case 'k': r->kept |= parse_kept(optarg); break;
		case 'n': r->no_new_privs = true; break;
		case 'h': puts(usage); exit(0);
		case ':': bad_usage(what, "needs a value");
		default: bad_usage(what, "no such option");
		}
	}
	if (optind == argc)
		bad_usage("CMD", "missing");
	r->command = argv + optind;
}

/* find: the file that execvp(3) will run; 0, or the reason why there is none */
static int find(const char *name, char *path, size_t size, struct stat *st)
{
	const char *dirs = getenv("PATH");
	int why = ENOENT;

	if (strchr(name, '/')) {
		if (snprintf(path, size, "%s", name) >= (int)size)
			return ENAMETOOLONG;
		return stat(path, st) == 0 ? 0 : errno;
	}
	for (dirs = dirs ? dirs : "/bin:/usr/bin";; dirs++) {
		int length = (int)strcspn(dirs, ":");

		/* A path that is too long names no file, for execvp(3) either. */
		if (snprintf(path, size, "%.*s%s%s", length, dirs, length ? "/" : "", name) < (int)size &&
		    stat(path, st) == 0) {
			if (S_ISREG(st->st_mode) && faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0)
				return 0;
			why = EACCES;
		}
		dirs += length;
		if (!*dirs)
			return why;
	}
}

/*
 * check_program: execve(2) empties the ambient set when the program changes an
 * id or has capabilities of its own.  CMD would never have more than what is
 * kept, for the bounding set holds; but less, and that was not asked for.
 */
static void check_program(const char *name)
{
	char path[PATH_MAX];
	struct stat st;
	struct statvfs fs;

	if (find(name, path, sizeof(path), &st) != 0)
		return;		/* execvp says it better */
	if (statvfs(path, &fs) == 0 && fs.f_flag & ST_NOSUID)
		return;		/* such a mount has neither */
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
		if (st.st_mode & S_ISUID && st.st_uid != geteuid())
			errx(125, "%s: set-user-ID, so exec would not leave it what is kept", shown(path));
		if (geteuid() != 0 && (st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
		    st.st_gid != getegid())
			errx(125, "%s: set-group-ID, so exec would not leave it what is kept", shown(path));
	}
	if (geteuid() != 0 && getxattr(path, "security.capability", NULL, 0) >= 0)
		errx(125, "%s: has file capabilities, so exec would not leave it what is kept", shown(path));
}

static _Noreturn void run(char **command)
{
	execvp(command[0], command);
	int why = errno;

	/* A folder in PATH that CMD may not search does not make it found. */
	if (why == EACCES) {
		char path[PATH_MAX];
		struct stat st;

		why = find(command[0], path, sizeof(path), &st) == ENOENT ? ENOENT : EACCES;
	}
	errno = why;
	err(why == ENOENT ? 127 : 126, "%s", shown(command[0]));
}

int main(int argc, char **argv)
{
	struct request r = { 0 };

	parse(argc, argv, &r);
	/* A set-user-ID capdrop, say.  Which of the two would be CMD's uid? */
	if (!r.change_ids && (getuid() != geteuid() || getgid() != getegid()))
		errx(125, "ids: real and effective differ, so -u must say which");
	check_held(r.kept);

	/*
	 * Each line takes away what the lines above it need: CAP_SETPCAP for
	 * the bounding set, CAP_SETGID and CAP_SETUID for the ids, and the
	 * ambient set comes last because it is a subset of two others.
	 */
	drop_bounding(r.kept);
	if (r.change_ids)
		change_ids(&r);
	uint64_t passed = getuid() == 0 ? 0 : r.kept;

	set_capabilities(r.kept, passed);
	if (r.no_new_privs)
		set_no_new_privs();
	verify(&r, passed);
	if (r.kept)
		check_program(r.command[0]);
	run(r.command);
}
