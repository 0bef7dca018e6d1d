/* step22-modules.c - the other security modules, and what each says here
 *
 *   ./step22-modules
 *
 * A Linux security module (LSM) is asked at hooks all over the kernel, after the
 * file has been found and before the work is done, for every process there is.
 * Prints which are active, and one fact that only that module can tell.
 *
 * New in this step: lsm_list_modules(2) (Linux 6.8), /sys/kernel/security/lsm.
 * See landlock(7), apparmor(7), selinux(8), capabilities(7), kernel_lockdown(7). */
#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const names[] = {	/* by number, from 100 on; see linux/lsm.h */
	"capability", "selinux", "smack", "tomoyo", "apparmor", "yama", "loadpin", "safesetid",
	"lockdown", "bpf", "landlock", "ima", "evm", "ipe",
};
#define NAMES (sizeof(names) / sizeof(names[0]))

static const struct { const char *module, *decides, *file; } facts[] = {
	{ "apparmor", "by path, a profile per program", "/proc/self/attr/apparmor/current" },
	{ "selinux",  "by label, of process and inode", "/sys/fs/selinux/enforce" },
	{ "smack",    "by label, simpler",              "/sys/fs/smackfs/version" },
	{ "tomoyo",   "by path, learns from history",   "/sys/kernel/security/tomoyo/self_domain" },
	{ "yama",     "who may ptrace whom",            "/proc/sys/kernel/yama/ptrace_scope" },
	{ "lockdown", "what even root may not",         "/sys/kernel/security/lockdown" },
	{ "ima",      "by measured or signed file",     "/sys/kernel/security/ima/ascii_runtime_measurements" },
	{ "bpf",      "by a loaded eBPF program",       NULL },
	{ "landlock", "by path and port, each for itself", NULL },
};

static char *first_line(const char *file)
{
	FILE *f = file ? fopen(file, "re") : NULL;
	char *line = NULL;
	size_t size = 0;

	if (!f)
		return file ? strerror(errno) : "";
	if (getline(&line, &size, f) > 0)
		line[strcspn(line, "\n")] = '\0';
	fclose(f);
	return line && *line ? line : "(empty)";
}

/* The active modules as the kernel lists them: ",a,b,c,"; "" if it does not say. */
static char *list(void)
{
	uint64_t ids[64];
	uint32_t bytes = sizeof(ids);
	long n = syscall(461 /* lsm_list_modules */, ids, &bytes, 0);
	const char *known = n > 0 ? "" : first_line("/sys/kernel/security/lsm");
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		err(1, "memory");
	if (n > 0 || strchr(known, ','))
		fprintf(out, ",%s%s", known, *known ? "," : "");
	for (long i = 0; i < n; i++)
		if (ids[i] - 100 < NAMES)
			fprintf(out, "%s,", names[ids[i] - 100]);
	fclose(out);
	return text;
}

int main(int argc, char **argv)
{
	char *active, wanted[32], number[32];
	const char *line;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

	if (argc != 1) {
		fprintf(stderr, "usage: %s\n", argv[0]);
		return 2;
	}
	active = list();
	printf("active: %.*s\n", active[0] ? (int)strlen(active) - 2 : 80, active[0] ? active + 1 : "the kernel does not say");
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		snprintf(wanted, sizeof(wanted), ",%s,", facts[i].module);	/* fits: apparmor */
		line = first_line(strstr(active, wanted) ? facts[i].file : NULL);
		if (strcmp(facts[i].module, "landlock") == 0) {
			snprintf(number, sizeof(number), "ABI %ld", abi);
			line = abi > 0 ? number : "no ABI";
		}
		printf("%-9s %-33s %-7s %s\n", facts[i].module, facts[i].decides,
		       !active[0] ? "?" : strstr(active, wanted) ? "active" : "-", line);
	}
	return 0;
}
