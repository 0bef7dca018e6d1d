/* seccomp.c - which system calls the container may make (lab 05)
 *
 * The list is seccomp/default.list.  libseccomp takes milliseconds to turn it into
 * BPF, more than all the rest of a container's birth; so that is done when skiff is
 * built, and here the result is only loaded.  A filter for other capabilities is
 * written when it is asked for (command/filter.c), and another profile compiled
 * (command/profile.c).
 */
#include <linux/seccomp.h>

#include "command/command.h"

static const struct sock_filter default_filter[] = {
#include "seccomp-default.inc"
};

int seccomp_choose(struct config *config, struct failure *f)
{
	struct security *security = &config->security;

	if (config->profile != NULL)
		return profile_load(config, f);
	/* Docker looks at each capability by itself: gdb needs CAP_SYS_PTRACE and no
	 * more, and unshare(2) gives anybody a user namespace full of capabilities. */
	if (!filter_is_default(security->capabilities))
		return filter_write(security, f);
	security->filter_len = COUNT(default_filter);
	security->filter = default_filter;
	return 0;
}

int seccomp_apply(const struct security *security, struct failure *f)
{
	struct sock_fprog program = {
		.len = security->filter_len, .filter = (struct sock_filter *)(uintptr_t)security->filter,
	};

	/* TODO 19: load it, if there is one, and look that it is in force; see
	 * SECCOMP_SET_MODE_FILTER in seccomp(2), PR_GET_SECCOMP in prctl(2) */
	/* BEGIN SOLUTION */
	if (program.len == 0)
		return 0;
	/* Without no_new_privs this needs CAP_SYS_ADMIN, which init.c still has. */
	TRY(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "loading the seccomp filter");
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER)
		return fail(f, 0, "seccomp: the filter is not in force");
	return 0;
	/* END SOLUTION */
}
