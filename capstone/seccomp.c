/* seccomp.c - which system calls the container may make (lab 05)
 *
 * The lists are in seccomp/default.list.  libseccomp takes milliseconds to turn
 * them into BPF, more than all the rest of a container's birth; so that is done
 * when skiff is built, and here the result is only loaded.  Another profile, in
 * Docker's JSON, is compiled by the same program when it is asked for.
 */
#include <linux/seccomp.h>
#include <sys/mman.h>

#include "command/command.h"

static const struct sock_filter default_filter[] = {
#include "seccomp-default.inc"
};

/* Docker's profile lets more through with a capability; each of those calls
 * still meets the kernel's own check of that capability. */
static const struct sock_filter wide_filter[] = {
#include "seccomp-wide.inc"
};

int seccomp_choose(struct config *config, struct failure *f)
{
	struct security *security = &config->security;
	char program[512];
	ssize_t n;

	if (config->profile == NULL) {
		bool wide = (security->capabilities & ~capabilities_default()) != 0;
		security->filter_len = wide ? COUNT(wide_filter) : COUNT(default_filter);
		memcpy(security->filter, wide ? wide_filter : default_filter,
		       security->filter_len * sizeof(struct sock_filter));
		return 0;
	}
	if (strcmp(config->profile, "unconfined") == 0)
		return 0;
	CLOSED int out = memfd_create("filter", MFD_CLOEXEC);
	TRY(out, "memfd_create");
	program_beside(program, sizeof(program), "seccomp/skiff-seccomp");
	/* It says itself what is wrong with the file. */
	if (program_run((const char *[]){ program, "profile", config->profile, NULL }, out) != 0)
		return fail(f, 0, "%s", "");
	TRY(n = pread(out, security->filter, sizeof(security->filter), 0), "%s", program);
	security->filter_len = (unsigned short)((size_t)n / sizeof(struct sock_filter));
	return n > 0 ? 0 : fail(f, 0, "%s: an empty filter", config->profile);
}

int seccomp_apply(const struct security *security, struct failure *f)
{
	struct sock_fprog program = {
		.len = security->filter_len, .filter = (struct sock_filter *)(uintptr_t)security->filter,
	};

	if (program.len == 0)
		return 0;
	/* Without no_new_privs this needs CAP_SYS_ADMIN, which init.c still has. */
	TRY(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "loading the seccomp filter");
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER)
		return fail(f, 0, "seccomp: the filter is not in force");
	return 0;
}
