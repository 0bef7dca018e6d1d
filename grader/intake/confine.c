/* confine.c - take everything from this process that reading does not need
 *
 * What is left to a reader of an archive: the descriptor of the archive, the
 * pipe, memory.  A reader of a folder can open files, and where the grader is
 * root it can read any, because a student's file need not be readable to all;
 * but it can write none, start nothing, signal nobody and reach no network. */
#include <err.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "intake.h"

#define NOBODY	65534
#define MEMORY	(256UL << 20)	/* bytes of address space */
#define SECONDS	60		/* of processor time */

static void limit(__rlimit_resource_t resource, rlim_t value)
{
	if (setrlimit(resource, &(struct rlimit){ value, value }) < 0)
		err(125, "setrlimit");
}

/* become_nobody - and keep, for a folder, the one capability to read it */
static void become_nobody(bool folder)
{
	cap_value_t reading = CAP_DAC_READ_SEARCH;
	cap_t caps = cap_init();

	if (!caps || prctl(PR_SET_KEEPCAPS, folder) < 0)
		err(125, "capabilities");
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		err(125, "uid %d", NOBODY);
	if (folder && (cap_set_flag(caps, CAP_PERMITTED, 1, &reading, CAP_SET) < 0 ||
		       cap_set_flag(caps, CAP_EFFECTIVE, 1, &reading, CAP_SET) < 0))
		err(125, "capabilities");
	if (cap_set_proc(caps) < 0)
		err(125, "capabilities");
	cap_free(caps);
}

static void filter_calls(bool folder)
{
	static const int both[] = {
		SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(lseek), SCMP_SYS(close),
		SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap),
		SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(getrandom),
		SCMP_SYS(clock_gettime), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn),
	};
	static const int opening[] = {
		SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(getdents64), SCMP_SYS(fcntl),
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(1));
	int failed = filter == NULL;

	for (size_t i = 0; !failed && i < sizeof(both) / sizeof(both[0]); i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, both[i], 0);
	for (size_t i = 0; !failed && folder && i < sizeof(opening) / sizeof(opening[0]); i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, opening[i], 0);
	if (failed || seccomp_load(filter) < 0)
		errx(125, "no system call filter");
	seccomp_release(filter);
}

void confine(bool folder)
{
	if (geteuid() == 0)
		become_nobody(folder);
	/* after the uid, which resets it; nobody else's debugger gets in */
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err(125, "prctl");
	limit(RLIMIT_AS, MEMORY);
	limit(RLIMIT_CPU, SECONDS);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NPROC, 0);
	/* folders lie at most four deep: each takes two descriptors, a file two more */
	limit(RLIMIT_NOFILE, folder ? 24 : 8);
	filter_calls(folder);
}
