/* compare.c - where two filters differ
 *
 *   compare FILTER FILTER            two files of struct sock_filter
 *
 * Looks at every system call that libseccomp knows on this machine, with many first
 * arguments, each an int: what a filter reads of the upper half of a register is for
 * the unit tests.  Prints a line for each difference:
 *
 *   ptrace EPERM ALLOW               whatever the arguments are
 *   socket(38) EPERM ALLOW           with that first argument
 *
 * Exit status: 0, also where they differ. */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verdict.h"

enum { NUMBERS = 1024, ARGUMENTS = 256 };

static struct sock_filter one[BPF_MAXINSNS + 1], other[BPF_MAXINSNS + 1];

static void load(const char *file, struct sock_filter *code)
{
	FILE *f = fopen(file, "re");
	size_t n = f == NULL ? 0 : fread(code, sizeof(*code), BPF_MAXINSNS + 1, f);

	/* It ends with a return, so no walk leaves it. */
	if (n == 0 || n > BPF_MAXINSNS || BPF_CLASS(code[n - 1].code) != BPF_RET)
		errx(1, "%s: not a filter", file);
	fclose(f);
}

/* action_name - of a verdict, in a buffer of its own for each of the two */
static const char *action_name(uint32_t verdict, int which)
{
	static char text[2][32];
	const char *name = strerrorname_np((int)(verdict & SECCOMP_RET_DATA));

	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW: return "ALLOW";
	case SECCOMP_RET_ERRNO:
		if (name != NULL)
			return name;
		/* fall through */
	default:
		snprintf(text[which], sizeof(text[which]), "0x%08x", verdict);
		return text[which];
	}
}

/* arguments - small numbers, single bits and their neighbours: families, flags, personalities */
static size_t arguments(uint32_t *arg)
{
	static const uint32_t more[] = {
		0x20008, 0x20007, 0x3d0f00, 0x7e020000, 0x7e020011, 0x81ffffff, 0xffffffff,
	};
	size_t n = 0;

	for (uint32_t i = 0; i < 64; i++)
		arg[n++] = i;
	for (int bit = 6; bit < 32; bit++) {
		arg[n++] = UINT32_C(1) << bit;
		arg[n++] = (UINT32_C(1) << bit) + 0x11;
	}
	memcpy(arg + n, more, sizeof(more));
	return n + sizeof(more) / sizeof(more[0]);
}

static void compare(const char *name, int nr)
{
	uint32_t arg[ARGUMENTS], says[ARGUMENTS][2];
	size_t args = arguments(arg);
	char with[16] = "";
	bool always = true;

	for (size_t i = 0; i < args; i++) {
		struct seccomp_data data = {
			.nr = nr, .arch = seccomp_arch_native(), .args = { arg[i] },
		};

		says[i][0] = verdict(one, &data);
		says[i][1] = verdict(other, &data);
		always = always && memcmp(says[0], says[i], sizeof(says[i])) == 0;
	}
	for (size_t i = 0; i < (always ? 1 : args); i++) {
		if (says[i][0] == says[i][1])
			continue;
		if (!always)
			snprintf(with, sizeof(with), "(%u)", arg[i]);
		printf("%s%s %s %s\n", name, with, action_name(says[i][0], 0),
		       action_name(says[i][1], 1));
	}
}

int main(int argc, char **argv)
{
	char *name;

	if (argc != 3) {
		fprintf(stderr, "usage: compare FILTER FILTER\n");
		return 2;
	}
	load(argv[1], one);
	load(argv[2], other);
	for (int nr = 0; nr < NUMBERS; nr++) {
		name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);
		if (name != NULL)
			compare(name, nr);
		free(name);
	}
	return 0;
}
