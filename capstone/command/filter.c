/* filter.c - the seccomp filter of a container with other capabilities than the default
 *
 * Each capability opens calls of its own (seccomp/default.list).  The list is a table
 * here, which is made when skiff is built, and a filter is written from it as the
 * default one is: in some microseconds, where libseccomp takes milliseconds.
 */
#include "command.h"
#include "seccomp/search.h"

static const struct list list = {
#include "seccomp-calls.inc"
};

bool filter_is_default(uint64_t capabilities)
{
	return (capabilities & list.named) == list.usual;
}

int filter_write(struct security *security, struct failure *f)
{
	static struct program program;

	put_list(&program, &list, security->capabilities);
	if (program.full)
		return fail(f, 0, "seccomp: a filter of more than %d instructions", BPF_MAXINSNS);
	security->filter = program.code + program.start;
	security->filter_len = (unsigned short)(BPF_MAXINSNS - program.start);
	return 0;
}
