/* step17-docker.c - Docker's default list, tried from inside
 *
 *   ./step17-docker [CAPABILITY...]      as in --cap-add: SYS_ADMIN SYS_PTRACE ...
 *
 * Calls that the list refuses, each made with every argument -1: first without
 * a filter, then behind one.  EPERM is the filter's, anything else the kernel's.
 *
 * New in this step: a real list.  See docs.docker.com/engine/security/seccomp
 * and syscalls(2). */
#include <err.h>
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The capability that brings the calls back; "": none does. */
static const struct { const char *capability, *calls[24]; } refused[] = {
	{ "",                { "add_key", "keyctl", "request_key", "move_pages", "userfaultfd", "io_uring_setup",
			       "io_uring_enter", "io_uring_register", "kexec_load", "kexec_file_load", "pivot_root",
			       "swapon", "swapoff", "sysfs", "uselib", "ustat", "nfsservctl" } },
	{ "DAC_READ_SEARCH", { "open_by_handle_at" } },
	{ "SYS_ADMIN",       { "bpf", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick", "mount",
			       "mount_setattr", "move_mount", "open_tree", "perf_event_open", "quotactl",
			       "setdomainname", "sethostname", "setns", "syslog", "umount2", "unshare" } },
	{ "SYS_BOOT",        { "reboot" } },
	{ "SYS_MODULE",      { "delete_module", "finit_module", "init_module" } },
	{ "SYS_NICE",        { "get_mempolicy", "mbind", "set_mempolicy" } },
	{ "SYS_PACCT",       { "acct" } },
	{ "SYS_PTRACE",      { "kcmp", "pidfd_getfd", "process_madvise" } },
	{ "SYS_RAWIO",       { "ioperm", "iopl" } },
	{ "SYS_TIME",        { "clock_settime", "settimeofday" } },
};
#define KINDS (sizeof(refused) / sizeof(refused[0]))

static int has(char **capabilities, const char *name)
{
	while (*capabilities && strcmp(*capabilities, name) != 0)
		capabilities++;
	return *capabilities != NULL;
}

/* An allow-list: every number that has a name, but those. */
static void load(char **capabilities)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc = ctx ? 0 : -ENOMEM, allowed = 0;

	for (int number = 0; rc == 0 && number < 600; number++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
		int no = name == NULL;

		for (size_t k = 0; name && k < KINDS; k++)
			for (const char *const *call = refused[k].calls; *call; call++)
				no |= strcmp(*call, name) == 0 && !has(capabilities, refused[k].capability);
		if (!no)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, number, 0);
		allowed += !no;
	}
	rc = rc == 0 ? seccomp_load(ctx) : rc;
	if (rc < 0)
		errx(1, "filter: %s", strerror(-rc));
	printf("calls allowed: %d\n%-20s %-13s %-13s %s\n", allowed, "", "the kernel", "behind it", "unless");
}

static const char *try_call(int number)
{
	return syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) == -1 ? strerrorname_np(errno) : "done";
}

int main(int argc, char **argv)
{
	const char *before[KINDS][24];
	size_t kind = 1;

	for (int i = 1; i < argc && kind < KINDS; i++)
		for (kind = 1; kind < KINDS && strcmp(argv[i], refused[kind].capability) != 0; kind++)
			;
	if (kind == KINDS) {
		fprintf(stderr, "usage: %s [SYS_ADMIN | SYS_PTRACE | ...]...\n", argv[0]);
		return 2;
	}
	for (int loaded = 0; loaded < 2; loaded++) {
		if (loaded)
			load(argv + 1);
		for (size_t i = 0; i < KINDS * 24; i++) {
			const char *name = refused[i / 24].calls[i % 24], **was = &before[i / 24][i % 24];
			int number = name ? seccomp_syscall_resolve_name(name) : -1;

			if (number < 0)		/* not on this machine */
				continue;
			if (!loaded)
				*was = try_call(number);
			else
				printf("%-20s %-13s %-13s %s\n", name, *was, try_call(number), refused[i / 24].capability);
		}
	}
	return 0;
}
