/* step1-sets.c - the five capability sets of a process, by name
 *
 *   ./step1-sets [PID]      its own sets without PID
 *
 * New in this step: CapPrm, CapEff, CapInh, CapBnd and CapAmb in
 * /proc/PID/status, one bit for each capability.
 * See capabilities(7), proc(5), cap_to_name(3), cap_get_pid(3). */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>

enum { COLUMN = 31, WIDTH = 79 };	/* where the names start, and end */

static const struct {
	const char *field, *name;
	int flag;		/* what libcap calls the set; -1: not at all */
} sets[] = {
	{ "CapPrm:", "permitted", CAP_PERMITTED },
	{ "CapEff:", "effective", CAP_EFFECTIVE },
	{ "CapInh:", "inheritable", CAP_INHERITABLE },
	{ "CapBnd:", "bounding", -1 },
	{ "CapAmb:", "ambient", -1 },
};

/* all_capabilities: what this kernel knows, be it more than libcap, or less */
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
		const char *brief = name && strncmp(name, "cap_", 4) == 0 ? name + 4 : name;

		if (!name)
			err(1, "cap_to_name");
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
	if (mask == 0 || mask == all)
		printf(mask ? " all" : " none");
	else if (__builtin_popcountll(mask) <= __builtin_popcountll(all & ~mask))
		print_names(mask, COLUMN - 1);
	else
		print_names(all & ~mask, COLUMN - 1 + printf(" all but"));
	printf("\n");
}

int main(int argc, char **argv)
{
	char path[64] = "/proc/self/status", *line = NULL, name[64] = "?", *end = "";
	unsigned long long mask[5] = { 0 };
	unsigned int uid = 0;
	long pid = argc == 2 ? strtol(argv[1], &end, 10) : 0;
	cap_flag_value_t value;

	if (argc > 2 || (argc == 2 && (*end || pid <= 0)))
		errx(2, "usage: step1-sets [PID]");
	if (argc == 2)
		snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	FILE *status = fopen(path, "r");
	cap_t caps = cap_get_pid((pid_t)pid);	/* capget(2); 0 is this process */
	if (!status || !caps)
		err(1, "process %ld", pid);
	for (size_t size = 0; getline(&line, &size, status) > 0;) {
		sscanf(line, "Name: %63[^\n]", name);	/* fits: the kernel shows 15 */
		sscanf(line, "Uid: %*u %u", &uid);
		for (int i = 0; i < 5; i++)
			if (strncmp(line, sets[i].field, 7) == 0)
				mask[i] = strtoull(line + 7, NULL, 16);
	}
	printf("%s, effective uid %u\n", name, uid);
	for (int i = 0; i < 5; i++) {
		print_set(sets[i].name, mask[i], all_capabilities());
		for (int cap = 0; cap < 64 && sets[i].flag != -1; cap++)
			if (cap_get_flag(caps, cap, (cap_flag_t)sets[i].flag, &value) == 0 &&
			    (value == CAP_SET) != (mask[i] >> cap & 1))
				errx(1, "capget(2) tells otherwise");
	}
}
