/* profile.c - --security-opt seccomp=FILE: a profile in Docker's JSON */
#include <sys/mman.h>

#include "command.h"

/* compile - FILE to BPF in OUT, by skiff-seccomp.  It gets the
 * capabilities, on which a profile's rules may depend; what it says is ours to
 * say, in one line. */
static int compile(const char *mode, const char *file, uint64_t capabilities, int out, struct failure *f)
{
	char program[PATH_MAX], mask[17], said[600], *text = said;
	int status;
	ssize_t n;

	snprintf(mask, sizeof(mask), "%llx", (unsigned long long)capabilities);
	program_beside(program, "seccomp/skiff-seccomp");
	CLOSED int words = memfd_create("words", MFD_CLOEXEC);
	CLOSED int stderr_copy = fcntl(2, F_DUPFD_CLOEXEC, 3);
	if (words < 0 || stderr_copy < 0 || dup2(words, 2) < 0)
		return fail(f, errno, "seccomp=%s", file);
	status = program_run((const char *[]){ program, mode, file, mask, NULL }, out);
	dup2(stderr_copy, 2);
	/* The first line is all that is shown. */
	TRY(n = pread(words, said, sizeof(said) - 1, 0), "seccomp=%s", file);
	said[n] = '\0';
	said[strcspn(said, "\n")] = '\0';
	if (strncmp(text, "skiff-seccomp: ", 15) == 0)
		text += 15;
	if (status != 0)
		return fail(f, 0, "%s", *text != '\0' ? text : "seccomp: skiff-seccomp cannot be run");
	if (*text != '\0')
		warn_line("%s", text);
	return 0;
}

int profile_compile(const char *mode, const char *file, struct security *security, struct failure *f)
{
	static struct sock_filter filter[BPF_MAXINSNS];
	ssize_t n;

	CLOSED int out = memfd_create("filter", MFD_CLOEXEC);
	TRY(out, "memfd_create");
	PASS(compile(mode, file, security->capabilities, out, f));
	TRY(n = pread(out, filter, sizeof(filter), 0), "%s", file);
	security->filter = filter;
	security->filter_len = (unsigned short)((size_t)n / sizeof(struct sock_filter));
	return n > 0 ? 0 : fail(f, 0, "%s: an empty filter", file);
}

int profile_load(struct config *config, struct failure *f)
{
	return strcmp(config->profile, "unconfined") == 0 ? 0 : profile_compile("profile", config->profile, &config->security, f);
}
