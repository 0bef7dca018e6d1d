/* docker-filter.c - the filter that Docker's list becomes, as BPF on stdout
 *
 *   docker-filter <../seccomp/default.list >docker.bpf
 *
 * The names that Docker's default profile allows, in its order, then the calls
 * that it judges by an argument; for three ABIs; built by libseccomp as runc does
 * it: without SCMP_FLTATR_CTL_OPTIMIZE.  See seccomp_rule_add(3). */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void allow(scmp_filter_ctx ctx, const char *name, unsigned count,
		  const struct scmp_arg_cmp *when)
{
	int nr = seccomp_syscall_resolve_name(name), error;

	if (nr == __NR_SCMP_ERROR)
		return;         /* newer than this libseccomp, or older than this machine */
	error = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, nr, count, when);
	if (error < 0)
		errx(1, "%s: %s", name, strerror(-error));
}

static void by_name(scmp_filter_ctx ctx)
{
	char *line = NULL;
	size_t size = 0;
	const char *word;

	while (getline(&line, &size, stdin) > 0) {
		word = strtok(line, " \n");
		/* Of the capabilities that open a call a container has one by default. */
		if (word != NULL && strcmp(word, "with") == 0) {
			word = strtok(NULL, " \n");
			word = word != NULL && strcmp(word, "CAP_SYS_CHROOT") == 0 ? "allow" : NULL;
		}
		if (word == NULL || strcmp(word, "allow") != 0)
			continue;
		while ((word = strtok(NULL, " \n")) != NULL)
			allow(ctx, word, 0, NULL);
	}
}

static void by_argument(scmp_filter_ctx ctx)
{
	static const scmp_datum_t personalities[] = { 0, 0x8, 0x20000, 0x20008, 0xffffffff };
	const struct scmp_arg_cmp other = SCMP_A0(SCMP_CMP_NE, AF_VSOCK, 0);
	const struct scmp_arg_cmp none = SCMP_A0(SCMP_CMP_MASKED_EQ,
		CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
		CLONE_NEWPID | CLONE_NEWNET, 0);

	allow(ctx, "socket", 1, &other);
	for (size_t i = 0; i < sizeof(personalities) / sizeof(personalities[0]); i++) {
		const struct scmp_arg_cmp is = SCMP_A0(SCMP_CMP_EQ, personalities[i], 0);
		allow(ctx, "personality", 1, &is);
	}
	allow(ctx, "clone", 1, &none);
	if (seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) < 0)
		errx(1, "clone3");
}

int main(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (ctx == NULL)
		errx(1, "seccomp_init");
#if defined(__x86_64__)
	if (seccomp_arch_add(ctx, SCMP_ARCH_X86) < 0 || seccomp_arch_add(ctx, SCMP_ARCH_X32) < 0)
		errx(1, "seccomp_arch_add");
#elif defined(__aarch64__)
	if (seccomp_arch_add(ctx, SCMP_ARCH_ARM) < 0)
		errx(1, "seccomp_arch_add");
#endif
	by_name(ctx);
	by_argument(ctx);
	if (seccomp_export_bpf(ctx, STDOUT_FILENO) < 0)
		errx(1, "seccomp_export_bpf");
	seccomp_release(ctx);
	return 0;
}
