/* seccomp.c - which system calls the container may make (lab 05)
 *
 * The lists are in seccomp/default.list.  libseccomp takes milliseconds to turn
 * them into BPF, more than all the rest of a container's birth; so that is done
 * when skiff is built, and here the result is only loaded.  Another profile, in
 * Docker's JSON, is compiled by the same program when it is asked for.
 */
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/mman.h>

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

/* compile_profile - FILE to BPF in OUT, by skiff-seccomp.  It gets the
 * capabilities, on which a profile's rules may depend; what it says is ours to
 * say, in one line. */
static int compile_profile(const char *file, uint64_t capabilities, int out, struct failure *f)
{
	char program[512], mask[17], said[600], *text = said;
	int status;

	snprintf(mask, sizeof(mask), "%llx", (unsigned long long)capabilities);
	program_beside(program, sizeof(program), "seccomp/skiff-seccomp");
	CLOSED int words = memfd_create("words", MFD_CLOEXEC);
	CLOSED int stderr_copy = fcntl(2, F_DUPFD_CLOEXEC, 3);
	if (words < 0 || stderr_copy < 0 || dup2(words, 2) < 0)
		return fail(f, errno, "seccomp=%s", file);
	status = program_run((const char *[]){ program, "profile", file, mask, NULL }, out);
	dup2(stderr_copy, 2);
	TRY(file_read(said, sizeof(said), "/proc/self/fd/%d", words), "seccomp=%s", file);
	said[strcspn(said, "\n")] = '\0';
	if (strncmp(text, "skiff-seccomp: ", 15) == 0)
		text += 15;
	if (status != 0)
		return fail(f, 0, "%s", *text != '\0' ? text : "seccomp: skiff-seccomp cannot be run");
	if (*text != '\0')
		warn_line("%s", text);
	return 0;
}

int seccomp_choose(struct config *config, struct failure *f)
{
	struct security *security = &config->security;
	ssize_t n;

	if (config->profile == NULL) {
		bool wide = (security->capabilities & widening) != 0;
		security->filter_len = wide ? COUNT(wide_filter) : COUNT(default_filter);
		memcpy(security->filter, wide ? wide_filter : default_filter,
		       security->filter_len * sizeof(struct sock_filter));
		return 0;
	}
	if (strcmp(config->profile, "unconfined") == 0)
		return 0;
	CLOSED int out = memfd_create("filter", MFD_CLOEXEC);
	TRY(out, "memfd_create");
	PASS(compile_profile(config->profile, security->capabilities, out, f));
	TRY(n = pread(out, security->filter, sizeof(security->filter), 0), "%s", config->profile);
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
