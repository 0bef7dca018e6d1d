/* step11-ambient.c - hand one capability to a program that is not root
 *
 *   ./step11-ambient [-a] UID CMD...      as root: ./step11-ambient 1000 ./step1-sets
 *
 * It becomes UID, keeps CAP_NET_BIND_SERVICE and nothing else, and executes
 * CMD: without -a from the permitted set only, with -a from the ambient set
 * too.
 *
 * New in this step: PR_SET_KEEPCAPS and the ambient set.
 * See prctl(2), setresuid(2), cap_set_proc(3), capabilities(7). */
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

static const cap_value_t capability = CAP_NET_BIND_SERVICE;

static void show(const char *when)
{
	cap_t caps = cap_get_proc();
	char *text = caps ? cap_to_text(caps, NULL) : NULL;

	if (!text)
		err(1, "cap_get_proc");
	printf("%-18s uid %-6u %s\n", when, getuid(), strcmp(text, "=") ? text : "nothing");
	fflush(stdout);
	cap_free(text);
	cap_free(caps);
}

static void keep_one(void)
{
	cap_t caps = cap_init();

	/* Ambient is a subset of permitted and of inheritable. */
	if (!caps || cap_set_flag(caps, CAP_PERMITTED, 1, &capability, CAP_SET) == -1 ||
	    cap_set_flag(caps, CAP_EFFECTIVE, 1, &capability, CAP_SET) == -1 ||
	    cap_set_flag(caps, CAP_INHERITABLE, 1, &capability, CAP_SET) == -1 ||
	    cap_set_proc(caps) == -1)
		err(1, "cap_set_proc");
	cap_free(caps);
}

int main(int argc, char **argv)
{
	bool ambient = argc > 1 && strcmp(argv[1], "-a") == 0;
	char **args = argv + 1 + ambient, *end = "x";
	unsigned long id = argc > 2 + ambient ? strtoul(args[0], &end, 10) : 0;

	if (*end || id == 0 || id >= (uid_t)-1)
		errx(2, "usage: step11-ambient [-a] UID CMD...");

	/* Leaving uid 0 empties the permitted set, unless this flag is set. */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1)
		err(1, "PR_SET_KEEPCAPS");
	if (setgroups(0, NULL) == -1)
		err(1, "setgroups");
	/* Groups first: after setresuid nothing effective is left. */
	if (setresgid(id, id, id) == -1 || setresuid(id, id, id) == -1)
		err(1, "become uid %lu", id);
	keep_one();
	if (ambient && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == -1)
		err(1, "PR_CAP_AMBIENT_RAISE");

	show("before exec:");
	execvp(args[1], args + 1);
	err(errno == ENOENT ? 127 : 126, "%s", args[1]);
}
