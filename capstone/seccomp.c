/* seccomp.c - which system calls the container may make (lab 05)
 *
 * The lists are in seccomp.list.  libseccomp takes milliseconds to turn them
 * into BPF, more than all the rest of a container's birth; so that is done
 * when skiff is built (seccomp-gen.c), and here the result is only loaded.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "skiff.h"

static const struct sock_filter default_filter[] = {
#include "seccomp-default.inc"
};

/* Docker's profile lets more through with a capability; each of those calls
 * still meets the kernel's own check of that capability. */
static const struct sock_filter wide_filter[] = {
#include "seccomp-wide.inc"
};

int seccomp_apply(const struct config *config, struct failure *f)
{
	bool wide = (config->capabilities & ~capabilities_default()) != 0;
	struct sock_fprog program = {
		.len = wide ? sizeof(wide_filter) / sizeof(wide_filter[0]) :
			      sizeof(default_filter) / sizeof(default_filter[0]),
		.filter = (struct sock_filter *)(uintptr_t)(wide ? wide_filter : default_filter),
	};

	if (!config->seccomp)
		return 0;
	/* Without no_new_privs this needs CAP_SYS_ADMIN, which init.c still has. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return fail(f, errno, "loading the seccomp filter");
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER)
		return fail(f, 0, "seccomp: the filter is not in force");
	return 0;
}
