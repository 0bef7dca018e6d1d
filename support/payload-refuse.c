/* support/payload-refuse.c - run a command on a machine that refuses something
 *
 *   payload-refuse [-n] WORD=ERROR... -- CMD...     try: payload-refuse bpf=EPERM -- bpftool prog
 *
 * Loads a seccomp filter, which all that CMD starts inherits, and that lets every call
 * through but those of the WORDs: these fail with ERROR (a name or a number), or with 0
 * do nothing and say that it is done.  WORD is
 *   NAME     that system call, see syscalls(2)
 *   newuser, newtime, newnet ...    a new namespace of that kind by clone or unshare;
 *            clone3, whose flags a filter cannot see, then fails with ENOSYS, or as a
 *            clone3=ERROR before this word says
 *   foreign  every call by another ABI of this machine: i386 and x32, arm
 *
 * So tests show what they say on a machine where a container, an LSM or an older kernel
 * refuses it.  It sets no no_new_privs, which would change what is under test, and so
 * takes CAP_SYS_ADMIN: status 77 without.  With -n it sets it, and anybody may.  See
 * seccomp(2), seccomp_init(3). */
#include <err.h>
#include <errno.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct { const char *name; int number; } errors[] = {
	{ "EPERM", EPERM }, { "EACCES", EACCES }, { "ENOSYS", ENOSYS }, { "EINVAL", EINVAL },
	{ "ENOSPC", ENOSPC }, { "ENODEV", ENODEV },
};

static const struct { const char *name; scmp_datum_t flag; } kinds[] = {
	{ "newuser", CLONE_NEWUSER }, { "newtime", CLONE_NEWTIME }, { "newnet", CLONE_NEWNET },
	{ "newpid", CLONE_NEWPID }, { "newns", CLONE_NEWNS }, { "newuts", CLONE_NEWUTS },
	{ "newipc", CLONE_NEWIPC }, { "newcgroup", CLONE_NEWCGROUP },
};

static uint32_t refusal(const char *word)
{
	char *end;
	long number = strtol(word, &end, 10);

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (strcmp(word, errors[i].name) == 0)
			return SCMP_ACT_ERRNO(errors[i].number);
	if (*end || end == word || number < 0 || number > 4095)
		errx(2, "%s: neither a number nor the name of an error that is known here", word);
	return SCMP_ACT_ERRNO(number);
}

static void check(int result, const char *what)
{
	if (result < 0)
		errx(1, "%s: %s", what, strerror(-result));
}

/* A namespace of one kind: what libseccomp has under these names is the same call on all
 * machines, and the flags are its first argument (but on s390). */
static void refuse_kind(scmp_filter_ctx filter, uint32_t action, scmp_datum_t flag)
{
	/* CLONE_NEWTIME lies where clone has the signal. */
	if (flag != CLONE_NEWTIME)
		check(seccomp_rule_add(filter, action, SCMP_SYS(clone), 1,
				       SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag)), "clone");
	check(seccomp_rule_add(filter, action, SCMP_SYS(unshare), 1,
			       SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag)), "unshare");
	/* Two kinds ask for it twice. */
	seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static void refuse(scmp_filter_ctx filter, char *word)
{
	char *error = strchr(word, '=');
	int number;

	if (!error)
		errx(2, "%s: WORD=ERROR is needed", word);
	*error++ = '\0';
	if (strcmp(word, "foreign") == 0) {
		check(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, refusal(error)), word);
		return;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(word, kinds[i].name) == 0) {
			refuse_kind(filter, refusal(error), kinds[i].flag);
			return;
		}
	number = seccomp_syscall_resolve_name(word);
	if (number == __NR_SCMP_ERROR)
		errx(2, "%s: no such system call or kind of namespace", word);
	check(seccomp_rule_add(filter, refusal(error), number, 0), word);
}

int main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int i = 1, unprivileged = 0;

	if (argc > 1 && strcmp(argv[1], "-n") == 0)
		unprivileged = i++;
	if (!filter)
		errx(1, "seccomp_init: no memory");
	check(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW), "foreign calls");
	check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, (uint32_t)unprivileged),
	      "no_new_privs");
	for (; i < argc && strcmp(argv[i], "--") != 0; i++)
		refuse(filter, argv[i]);
	if (i < 2 + unprivileged || i + 1 >= argc)
		errx(2, "usage: payload-refuse [-n] WORD=ERROR... -- CMD...");
	i++;
	if (seccomp_load(filter) < 0)
		err(77, "loading a filter without no_new_privs (CAP_SYS_ADMIN)");
	seccomp_release(filter);
	execvp(argv[i], argv + i);
	err(errno == ENOENT ? 127 : 126, "%s", argv[i]);
}
