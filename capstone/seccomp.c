/* seccomp.c - which system calls the container may make (lab 05)
 *
 * The lists are in seccomp/default.list.  libseccomp takes milliseconds to turn
 * them into BPF, more than all the rest of a container's birth; so that is done
 * when skiff is built, and here the result is only loaded.  Another profile is
 * compiled when it is asked for (command/profile.c).
 */
#include <linux/capability.h>
#include <linux/seccomp.h>

#include "command/command.h"

static const struct sock_filter default_filter[] = {
#include "seccomp-default.inc"
};

/* Docker's profile lets more through with some capabilities, and so does this
 * one with any of them; each of those calls still meets the kernel's own check.
 * But not with the others: it also lets a new user namespace through, and that
 * needs no capability. */
static const struct sock_filter wide_filter[] = {
#include "seccomp-wide.inc"
};
#define BIT(capability) (UINT64_C(1) << (capability))
static const uint64_t widening = BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_SYS_MODULE) | BIT(CAP_SYS_RAWIO) |
	BIT(CAP_SYS_PTRACE) | BIT(CAP_SYS_PACCT) | BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_BOOT) | BIT(CAP_SYS_NICE) |
	BIT(CAP_SYS_TIME) | BIT(CAP_SYS_TTY_CONFIG) | BIT(CAP_SYSLOG) | BIT(CAP_PERFMON) | BIT(CAP_BPF);

int seccomp_choose(struct config *config, struct failure *f)
{
	struct security *security = &config->security;
	bool wide = (security->capabilities & widening) != 0;

	if (config->profile != NULL)
		return profile_load(config, f);
	security->filter_len = wide ? COUNT(wide_filter) : COUNT(default_filter);
	security->filter = wide ? wide_filter : default_filter;
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
