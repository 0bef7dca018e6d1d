/* skiff-seccomp.c - lists of system calls to BPF
 *
 *   skiff-seccomp default <default.list          while skiff is built: the filter of a
 *                                                container with the default capabilities,
 *                                                as initializers
 *   skiff-seccomp calls <default.list            while skiff is built: the list itself, as
 *                                                initializers of a struct list (calls.h),
 *                                                for filters for other capabilities
 *   skiff-seccomp profile FILE [CAPS]            by skiff run --security-opt
 *                                                seccomp=FILE: Docker's JSON
 *   skiff-seccomp asking FILE [CAPS]             the same for one who has somebody to
 *                                                ask: SCMP_ACT_NOTIFY is allowed too
 *   skiff-seccomp filter CAPS <default.list      for the tests: the filter of a container
 *                                                with these capabilities
 *   skiff-seccomp oracle CAPS EPERM|ENOSYS <default.list
 *                                                for the unit tests: the same
 *                                                list, by libseccomp
 *
 * CAPS is the mask of the container's capabilities, hexadecimal as in
 * /proc/PID/status; none without it.  profile, asking, filter and oracle write the
 * array of struct sock_filter as seccomp(2) takes it.  Exit status: 0; 1 with one line
 * on stderr and nothing on stdout; 2 for a wrong command line. */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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

#include "search.h"
#include "profile.h"
#include "oracle.h"

/* ---- the list ---- */

/* find - where NAME is in the list; NULL: not on this architecture, or newer
 * than libseccomp */
static struct call *find(struct list *list, const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);

	if (nr >= NUMBERS)
		errx(1, "%s: number %d", name, nr);
	return nr < 0 ? NULL : &list->call[nr];
}

static void decide(struct list *list, const char *name, enum action action)
{
	struct call *call = find(list, name);

	if (call == NULL)
		return;
	if (call->action != UNKNOWN || call->with != 0)
		errx(1, "%s: listed twice", name);
	call->action = (uint8_t)action;
}

/* grant - ALLOW with CAPABILITY, a bit.  Without it the call is REFUSE, but for the
 * two that have an answer of their own. */
static void grant(struct list *list, const char *name, uint64_t capability)
{
	bool own = strcmp(name, "clone") == 0 || strcmp(name, "clone3") == 0;
	struct call *call = find(list, name);

	if (call == NULL)
		return;
	if ((call->with & capability) != 0 || (call->with == 0 && !own && call->action != UNKNOWN))
		errx(1, "%s: listed twice", name);
	if (!own)
		call->action = REFUSE;
	call->with |= capability;
}

/* capability_bit - of a word of the list */
static uint64_t capability_bit(const char *name)
{
	int number = name == NULL ? -1 : capability_number(name);

	if (number < 0)
		errx(1, "default.list: unknown capability '%s'", name == NULL ? "" : name);
	return UINT64_C(1) << number;
}

/* read_line - WORD is its first, strtok(3) has the others */
static void read_line(struct list *list, const char *word)
{
	bool with = strcmp(word, "with") == 0, usual = strcmp(word, "default") == 0;
	enum action action = strcmp(word, "allow") == 0 ? ALLOW : REFUSE;
	uint64_t capability = 0;

	if (!with && !usual && action == REFUSE && strcmp(word, "refuse") != 0)
		errx(1, "default.list: '%s' is none of allow, with, refuse, default", word);
	if (with)
		list->named |= capability = capability_bit(strtok(NULL, " \n"));
	while ((word = strtok(NULL, " \n")) != NULL) {
		if (usual)
			list->usual |= capability_bit(word);
		else if (with)
			grant(list, word, capability);
		else
			decide(list, word, action);
	}
}

static void read_list(struct list *list)
{
	char line[512], *word;

	list->abi = seccomp_arch_native();
	decide(list, "personality", PERSONALITY);
	decide(list, "socket", SOCKET);
	decide(list, "clone", CLONE);
	/* clone3 stays UNKNOWN: its flags are in memory, where a filter cannot look, and
	 * ENOSYS makes the C library fall back to clone. */
	/* lint: a line that does not fit is refused */
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (strchr(line, '\n') == NULL)
			errx(1, "default.list: a line of more than %zu bytes", sizeof(line) - 2);
		word = strtok(line, " \n");
		if (word != NULL && *word != '#')
			read_line(list, word);
	}
	if (ferror(stdin))
		errx(1, "default.list: cannot be read");
	if ((list->usual & ~list->named) != 0)
		errx(1, "default.list: a default capability that opens no call");
}

/* print_calls - the initializers of a struct list */
static void print_calls(const struct list *list)
{
	printf(".abi = 0x%08x, .named = 0x%" PRIx64 ", .usual = 0x%" PRIx64 ", .call = {\n",
	       list->abi, list->named, list->usual);
	for (int nr = 0; nr < NUMBERS; nr++) {
		const struct call *call = &list->call[nr];
		if (call->action != UNKNOWN || call->with != 0)
			printf("[%d] = { %d, 0x%" PRIx64 " },\n", nr, call->action, call->with);
	}
	printf("},\n");
}

/* print_filter - the initializers of an array of struct sock_filter, or, RAW, the array */
static void print_filter(const struct list *list, uint64_t capabilities, bool raw)
{
	static struct program program;

	put_list(&program, list, capabilities);
	if (program.full)
		errx(1, "a filter of more than %d instructions", BPF_MAXINSNS);
	for (unsigned n = program.start; n < BPF_MAXINSNS; n++) {
		const struct sock_filter *i = &program.code[n];
		if (raw)
			fwrite(i, sizeof(*i), 1, stdout);
		else
			printf("{ 0x%02x, %u, %u, 0x%08x },\n", i->code, i->jt, i->jf, i->k);
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: skiff-seccomp default|calls <default.list\n"
			"       skiff-seccomp profile|asking FILE [CAPS]\n"
			"       skiff-seccomp filter CAPS <default.list\n"
			"       skiff-seccomp oracle CAPS EPERM|ENOSYS <default.list\n");
	return 2;
}

/* take_mask - hexadecimal digits and nothing else */
static bool take_mask(const char *text, uint64_t *mask)
{
	char *end;

	*mask = strtoull(text, &end, 16);
	return end != text && *end == '\0' && *text != '-';
}

/* by_list - the modes that read default.list */
static int by_list(const char *mode, uint64_t caps)
{
	static struct list list;
	bool filter = strcmp(mode, "filter") == 0;

	read_list(&list);
	if (strcmp(mode, "calls") == 0)
		print_calls(&list);
	else
		print_filter(&list, filter ? caps : list.usual, filter);
	if (fflush(stdout) != 0)
		err(1, "writing the filter");
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	bool asking = strcmp(mode, "asking") == 0;
	uint64_t caps = 0;

	if (asking || strcmp(mode, "profile") == 0) {
		if (argc < 3 || argc > 4 || (argc == 4 && !take_mask(argv[3], &caps)))
			return usage();
		profile(argv[2], caps, asking);
		return 0;
	}
	if (strcmp(mode, "default") == 0 || strcmp(mode, "calls") == 0)
		return argc == 2 ? by_list(mode, 0) : usage();
	if (argc < 3 || !take_mask(argv[2], &caps))
		return usage();
	if (strcmp(mode, "filter") == 0)
		return argc == 3 ? by_list(mode, caps) : usage();
	if (strcmp(mode, "oracle") != 0 || argc != 4)
		return usage();
	oracle(caps, SCMP_ACT_ERRNO(strcmp(argv[3], "EPERM") == 0 ? EPERM : ENOSYS));
	return 0;
}
