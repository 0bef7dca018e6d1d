/* skiff-seccomp.c - lists of system calls to BPF
 *
 *   skiff-seccomp default|wide <default.list     while skiff is built: the filters
 *                                                of its own, as initializers
 *   skiff-seccomp profile FILE [CAPS]            by skiff run --security-opt
 *                                                seccomp=FILE: Docker's JSON
 *   skiff-seccomp asking FILE [CAPS]             the same for one who has somebody to
 *                                                ask: SCMP_ACT_NOTIFY is allowed too
 *   skiff-seccomp oracle default|wide EPERM|ENOSYS <default.list
 *                                                for the unit tests: the same
 *                                                list, by libseccomp
 *
 * CAPS is the mask of the container's capabilities, hexadecimal as in
 * /proc/PID/status; none without it.  profile, asking and oracle write the array of
 * struct sock_filter as seccomp(2) takes it.  Exit status: 0; 1 with one line on
 * stderr and nothing on stdout; 2 for a wrong command line. */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum action { UNKNOWN, ALLOW, REFUSE, CLONE, PERSONALITY, SOCKET, ACTIONS };

/* What becomes of each call.  More than any number that Linux has given. */
enum { NUMBERS = 1024 };
struct list {
	uint8_t action[NUMBERS];
};

/* ---- the calls of which only some uses are harmless ---- */

/* All namespaces of clone(2) but the time namespace, which it cannot make. */
#define NEW_NAMESPACES ((uint32_t)(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
				   CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET))

/* PER_LINUX and PER_LINUX32, each with or without UNAME26, and the question. */
static const uint32_t personalities[] = { 0, 0x8, 0x20000, 0x20008, 0xffffffff };

/* The address families that Docker refuses since 2026: those that nobody has
 * used for decades, and two that no namespace holds.  ALG reaches the kernel's
 * cryptography (its splice wrote into the page cache of files that were only
 * open for reading: CVE-2026-31431), VSOCK the hypervisor. */
enum { FAMILIES = 46 };         /* the first that is newer than this list */
static const uint8_t families_refused[] = {
	12 /* DECnet */, 19 /* ECONET */, 20 /* ATMSVC */, 23 /* IRDA */, 25 /* WANPIPE */,
	34 /* ISDN */, 37 /* CAIF */, 38 /* ALG */, 40 /* VSOCK */,
};

#include "search.h"
#include "oracle.h"
#include "profile.h"

/* ---- the list ---- */

static void decide(struct list *list, const char *name, enum action action)
{
	int nr = seccomp_syscall_resolve_name(name);

	if (nr >= NUMBERS)
		errx(1, "%s: number %d", name, nr);
	if (nr < 0)
		return;         /* not on this architecture, or newer than libseccomp */
	if (list->action[nr] != UNKNOWN)
		errx(1, "%s: listed twice", name);
	list->action[nr] = (uint8_t)action;
}

static void read_list(struct list *list, bool wide)
{
	char line[512], *word;
	enum action action;

	decide(list, "personality", PERSONALITY);
	decide(list, "socket", SOCKET);
	decide(list, "clone", wide ? ALLOW : CLONE);
	/* Its flags are in memory, where a filter cannot look.  ENOSYS makes the
	 * C library fall back to clone. */
	decide(list, "clone3", wide ? ALLOW : UNKNOWN);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		word = strtok(line, " \n");
		if (word == NULL || *word == '#')
			continue;
		if (strcmp(word, "allow") == 0 || (wide && strcmp(word, "wide") == 0))
			action = ALLOW;
		else if (strcmp(word, "wide") == 0 || strcmp(word, "refuse") == 0)
			action = REFUSE;
		else
			errx(1, "default.list: '%s' is none of allow, wide, refuse", word);
		while ((word = strtok(NULL, " \n")) != NULL)
			decide(list, word, action);
	}
}

/* print_list - the filter, as the initializers of an array of struct sock_filter */
static void print_list(bool wide)
{
	static struct program program = { .start = BPF_MAXINSNS };
	static struct list list;

	read_list(&list, wide);
	put_list(&program, &list);
	for (const struct sock_filter *i = program.code + program.start; i < program.code + BPF_MAXINSNS; i++)
		printf("{ 0x%02x, %u, %u, 0x%08x },\n", i->code, i->jt, i->jf, i->k);
	if (ferror(stdin) || fflush(stdout) != 0)
		err(1, "writing the filter");
}

static int usage(void)
{
	fprintf(stderr, "usage: skiff-seccomp default|wide <default.list\n"
			"       skiff-seccomp profile|asking FILE [CAPS]\n"
			"       skiff-seccomp oracle default|wide EPERM|ENOSYS <default.list\n");
	return 2;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "", *of = argc > 2 ? argv[2] : mode;
	bool asking = strcmp(mode, "asking") == 0;
	bool wide = strcmp(of, "wide") == 0, ours = wide || strcmp(of, "default") == 0;
	uint64_t caps = 0;
	char *end = NULL;

	if (asking || strcmp(mode, "profile") == 0) {
		if (argc == 4)
			caps = strtoull(argv[3], &end, 16);
		if (argc < 3 || argc > 4 || (argc == 4 && (end == argv[3] || *end != '\0' || argv[3][0] == '-')))
			return usage();
		profile(argv[2], caps, asking);
	} else if (strcmp(mode, "oracle") == 0 && argc == 4 && ours) {
		oracle(wide, SCMP_ACT_ERRNO(strcmp(argv[3], "EPERM") == 0 ? EPERM : ENOSYS));
	} else if (argc == 2 && ours) {
		print_list(wide);
	} else {
		return usage();
	}
	return 0;
}
