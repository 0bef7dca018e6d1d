/* step1-sets.c - the five capability sets of a process, by name
 *
 *   ./step1-sets [PID]      its own sets without PID
 *
 * New in this step: CapPrm, CapEff, CapInh, CapBnd and CapAmb in
 * /proc/PID/status, one bit for each capability.
 * See capabilities(7), proc(5), cap_to_name(3). */
#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>

enum { COLUMN = 31, WIDTH = 79 };	/* where the names start, and end */

static const struct {
	const char *field, *name;
} sets[] = {
	{ "CapPrm:", "permitted" },
	{ "CapEff:", "effective" },
	{ "CapInh:", "inheritable" },
	{ "CapBnd:", "bounding" },
	{ "CapAmb:", "ambient" },
};

enum { SETS = sizeof(sets) / sizeof(sets[0]) };

/* all_capabilities: what this kernel knows, which may be more or less than
 * what libcap has names for */
static uint64_t all_capabilities(void)
{
	uint64_t all = 0;

	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		all |= UINT64_C(1) << cap;
	return all;
}

static void print_names(uint64_t mask, int column)
{
	for (int cap = 0; cap < 64; cap++) {
		if (!(mask >> cap & 1))
			continue;
		char *name = cap_to_name(cap);
		const char *brief = name;

		if (!name)
			err(1, "cap_to_name");
		if (strncmp(brief, "cap_", 4) == 0)
			brief += 4;
		if (column + 1 + (int)strlen(brief) > WIDTH)
			column = printf("\n%*s", COLUMN - 1, "") - 1;
		column += printf(" %s", brief);
		cap_free(name);
	}
}

/* print_set: the names in it, or the names missing from it, if those are fewer */
static void print_set(const char *name, uint64_t mask, uint64_t all)
{
	printf("%-12s %016llx ", name, (unsigned long long)mask);
	if (mask == 0)
		printf(" none");
	else if (mask == all)
		printf(" all");
	else if (__builtin_popcountll(mask) <= __builtin_popcountll(all & ~mask))
		print_names(mask, COLUMN - 1);
	else
		print_names(all & ~mask, COLUMN - 1 + printf(" all but"));
	printf("\n");
}

int main(int argc, char **argv)
{
	char path[64] = "/proc/self/status", line[256], comm[64] = "?", *end = "";
	unsigned long long mask[SETS] = { 0 };
	unsigned int uid = 0;
	long pid = argc == 2 ? strtol(argv[1], &end, 10) : 0;

	if (argc > 2 || (argc == 2 && (*end || pid <= 0)))
		errx(2, "usage: step1-sets [PID]");
	if (argc == 2)
		snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	FILE *status = fopen(path, "r");
	if (!status)
		errx(1, "process %ld: %s", pid, errno == ENOENT ? "no such process" : strerror(errno));
	while (fgets(line, sizeof(line), status)) {
		sscanf(line, "Name: %63[^\n]", comm);
		sscanf(line, "Uid: %*u %u", &uid);
		for (int i = 0; i < SETS; i++)
			if (strncmp(line, sets[i].field, 7) == 0)
				mask[i] = strtoull(line + 7, NULL, 16);
	}
	printf("%s, effective uid %u\n", comm, uid);
	for (int i = 0; i < SETS; i++)
		print_set(sets[i].name, mask[i], all_capabilities());
}
