/* capdrop.c - run a command with exactly these capabilities: libcap's IAB
 *
 * Style: libcap's newer interface (one IAB value holds the inheritable, ambient
 * and bounding vectors, cap_setgroups and cap_setuid keep what is permitted), and CMD
 * is a child that is waited for.  See cap_iab(3), capabilities(7). */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct request {
	cap_t kept;
	uid_t uid;
	gid_t gid;
	bool change, no_new_privs;
};

static void usage(void)
{
	fprintf(stderr, "usage: capdrop [-u UID[:GID]] [-k CAP[,CAP...]] [-n] -- CMD [ARG...]\n");
	exit(2);
}

static bool has(cap_t caps, cap_value_t cap, cap_flag_t flag)
{
	cap_flag_value_t value = CAP_CLEAR;

	return cap_get_flag(caps, cap, flag, &value) == 0 && value == CAP_SET;
}

static void keep(struct request *r, const char *list)
{
	char *copy = strdup(list), *rest = copy, *word;

	while ((word = strsep(&rest, ",")) != NULL) {
		char name[64];
		cap_value_t cap;

		if (snprintf(name, sizeof name, "%s%s", strncasecmp(word, "cap_", 4) ? "cap_" : "", word) >= (int)sizeof name ||
		    cap_from_name(name, &cap) < 0)
			errx(125, "%s: unknown capability", word);
		cap_set_flag(r->kept, CAP_PERMITTED, 1, &cap, CAP_SET);
		cap_set_flag(r->kept, CAP_EFFECTIVE, 1, &cap, CAP_SET);
	}
	free(copy);
}

static void parse_ids(struct request *r, const char *text)
{
	unsigned long uid, gid;
	char *end;

	if (!isdigit((unsigned char)*text))
		usage();
	errno = 0;
	uid = gid = strtoul(text, &end, 10);
	if (*end == ':') {
		if (!isdigit((unsigned char)end[1]))
			usage();
		gid = strtoul(end + 1, &end, 10);
	}
	if (*end || errno || uid >= (uid_t)-1 || gid >= (gid_t)-1)
		usage();
	r->uid = (uid_t)uid;
	r->gid = (gid_t)gid;
	r->change = true;
}

/* The bounding vector of an IAB says what is BLOCKED. */
static void set_vectors(const struct request *r, bool root)
{
	cap_iab_t iab = cap_iab_init();

	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++) {
		if (!has(r->kept, cap, CAP_PERMITTED)) {
			cap_iab_set_vector(iab, CAP_IAB_BOUND, cap, CAP_SET);
		} else if (cap_get_bound(cap) != 1) {
			errx(125, "capability %d: not in the bounding set", cap);
		} else if (!root) {
			cap_iab_set_vector(iab, CAP_IAB_INH, cap, CAP_SET);
			cap_iab_set_vector(iab, CAP_IAB_AMB, cap, CAP_SET);
		}
	}
	if (cap_iab_set_proc(iab) < 0)
		err(125, "bounding, inheritable and ambient sets");
	cap_free(iab);
}

/* Only what does as it is told: libcap raises what it needs and we hold. */
static void allow_what_follows(cap_t held)
{
	unsigned bits = cap_get_secbits();

	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		if (has(held, cap, CAP_PERMITTED))
			cap_set_flag(held, CAP_EFFECTIVE, 1, &cap, CAP_SET);
	if (cap_set_proc(held) < 0)
		err(125, "effective set");
	if ((bits & (SECBIT_NOROOT | SECBIT_NO_CAP_AMBIENT_RAISE)) &&
	    cap_set_secbits(bits & ~(unsigned)(SECBIT_NOROOT | SECBIT_NO_CAP_AMBIENT_RAISE)) < 0)
		err(125, "securebits");
}

static void confine(const struct request *r)
{
	cap_t held = cap_get_proc();
	bool root = (r->change ? r->uid : geteuid()) == 0;

	if (!held)
		err(125, "capabilities");
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		if (has(r->kept, cap, CAP_PERMITTED) && !has(held, cap, CAP_PERMITTED))
			errx(125, "capability %d: not held", cap);
	allow_what_follows(held);
	if (r->change) {
		if (setgroups(0, NULL) < 0 && getgroups(0, NULL) > 0)
			err(125, "supplementary groups");
		if (setresgid(r->gid, r->gid, r->gid) < 0)
			err(125, "group %u", r->gid);
		if (prctl(PR_SET_KEEPCAPS, 1) < 0 || setresuid(r->uid, r->uid, r->uid) < 0)
			err(125, "user %u", r->uid);
		if (cap_set_proc(held) < 0)
			err(125, "effective set");
	}
	if (r->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err(125, "no_new_privs");
	set_vectors(r, root);
	for (cap_value_t cap = 0; !root && cap < cap_max_bits(); cap++)
		if (has(r->kept, cap, CAP_PERMITTED))
			cap_set_flag(r->kept, CAP_INHERITABLE, 1, &cap, CAP_SET);
	if (cap_set_proc(r->kept) < 0)
		err(125, "permitted set");
	cap_free(held);
}

int main(int argc, char **argv)
{
	struct request r = { .kept = cap_init() };
	int opt, status;
	pid_t pid;

	opterr = 0;
	while ((opt = getopt(argc, argv, "+u:k:n")) != -1) {
		switch (opt) {
		case 'u': parse_ids(&r, optarg); break;
		case 'k': keep(&r, optarg); break;
		case 'n': r.no_new_privs = true; break;
		default: usage();
		}
	}
	if (optind == argc)
		usage();
	signal(SIGCHLD, SIG_DFL);
	pid = fork();
	if (pid < 0)
		err(125, "fork");
	if (pid == 0) {
		confine(&r);
		execvp(argv[optind], argv + optind);
		err(errno == ENOENT ? 127 : 126, "%s", argv[optind]);
	}
	if (waitpid(pid, &status, 0) < 0)
		err(125, "wait");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
