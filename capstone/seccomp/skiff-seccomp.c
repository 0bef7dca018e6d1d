/* seccomp-gen.c - seccomp.list to BPF, while skiff is built
 *
 *   seccomp-gen default|wide <seccomp.list >seccomp-default.inc
 *
 * The output are the initializers of an array of struct sock_filter.
 * See seccomp_rule_add(3), seccomp_export_bpf(3). */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void add(scmp_filter_ctx ctx, uint32_t action, const char *name,
		unsigned count, const struct scmp_arg_cmp *when)
{
	int nr = seccomp_syscall_resolve_name(name), error;

	if (nr < 0)
		return;         /* not on this architecture */
	error = seccomp_rule_add_array(ctx, action, nr, count, when);
	if (error < 0)
		errx(1, "%s: %s", name, strerror(-error));
}

/* by_argument - the calls of which only some uses are harmless */
static void by_argument(scmp_filter_ctx ctx, bool wide)
{
	static const int namespaces[] = { CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
					  CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET };
	static const scmp_datum_t personalities[] = { 0, 0x8, 0x20000, 0x20008, 0xffffffff };
	const struct scmp_arg_cmp vsock = SCMP_A0(SCMP_CMP_EQ, AF_VSOCK, 0);
	const struct scmp_arg_cmp other = SCMP_A0(SCMP_CMP_NE, AF_VSOCK, 0);
	scmp_datum_t mask = 0;

	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++) {
		scmp_datum_t bit = (scmp_datum_t)namespaces[i];
		struct scmp_arg_cmp set = SCMP_A0(SCMP_CMP_MASKED_EQ, bit, bit);
		mask |= bit;
		if (!wide)
			add(ctx, SCMP_ACT_ERRNO(EPERM), "clone", 1, &set);
	}
	struct scmp_arg_cmp none = SCMP_A0(SCMP_CMP_MASKED_EQ, mask, 0);
	add(ctx, SCMP_ACT_ALLOW, "clone", wide ? 0 : 1, &none);
	/* Its flags are in memory, where a filter cannot look.  Left to the
	 * default, ENOSYS, it makes the C library fall back to clone. */
	if (wide)
		add(ctx, SCMP_ACT_ALLOW, "clone3", 0, NULL);
	for (size_t i = 0; i < sizeof(personalities) / sizeof(personalities[0]); i++) {
		struct scmp_arg_cmp is = SCMP_A0(SCMP_CMP_EQ, personalities[i], 0);
		add(ctx, SCMP_ACT_ALLOW, "personality", 1, &is);
	}
	/* Virtual machines are reached by vsock, which no namespace holds. */
	add(ctx, SCMP_ACT_ERRNO(EPERM), "socket", 1, &vsock);
	add(ctx, SCMP_ACT_ALLOW, "socket", 1, &other);
}

static void by_name(scmp_filter_ctx ctx, bool wide)
{
	char line[512], *word;
	uint32_t action;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		word = strtok(line, " \n");
		if (word == NULL || *word == '#')
			continue;
		if (strcmp(word, "allow") == 0 || (wide && strcmp(word, "wide") == 0))
			action = SCMP_ACT_ALLOW;
		else if (strcmp(word, "wide") == 0 || strcmp(word, "refuse") == 0)
			action = SCMP_ACT_ERRNO(EPERM);
		else
			errx(1, "seccomp.list: '%s' is none of allow, wide, refuse", word);
		while ((word = strtok(NULL, " \n")) != NULL)
			add(ctx, action, word, 0, NULL);
	}
}

static void print(scmp_filter_ctx ctx)
{
	struct sock_filter instruction;
	FILE *bpf = tmpfile();

	if (bpf == NULL || seccomp_export_bpf(ctx, fileno(bpf)) < 0)
		err(1, "exporting the filter");
	rewind(bpf);
	while (fread(&instruction, sizeof(instruction), 1, bpf) == 1)
		printf("{ 0x%02x, %u, %u, 0x%08x },\n", instruction.code, instruction.jt,
		       instruction.jf, instruction.k);
	if (ferror(bpf) || fclose(bpf) != 0 || fflush(stdout) != 0)
		err(1, "writing the filter");
}

int main(int argc, char **argv)
{
	bool wide = argc == 2 && strcmp(argv[1], "wide") == 0;
	scmp_filter_ctx ctx;

	if (argc != 2 || (!wide && strcmp(argv[1], "default") != 0)) {
		fprintf(stderr, "usage: seccomp-gen default|wide <seccomp.list\n");
		return 2;
	}
	ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	if (ctx == NULL)
		errx(1, "seccomp_init");
	/* i386 and x32 calls on x86-64, arm on aarch64: a second way to every
	 * call, past a list of names of the first. */
	if (seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) < 0 ||
	    seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) < 0)
		errx(1, "seccomp_attr_set");
	by_argument(ctx, wide);
	by_name(ctx, wide);
	print(ctx);
	seccomp_release(ctx);
	return 0;
}
