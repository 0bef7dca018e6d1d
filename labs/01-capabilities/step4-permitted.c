/* step4-permitted.c - what has left the permitted set does not come back
 *
 *   ./step4-permitted      as root
 *
 * It drops CAP_DAC_OVERRIDE from the permitted set, then tries every way back
 * that a process has by itself.
 *
 * New in this step: capset(2) only ever makes the permitted set smaller.
 * See capset(2), cap_set_proc(3), capabilities(7). */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const cap_value_t capability = CAP_DAC_OVERRIDE;

/* sets: the sets that hold it, as /proc/self/status has them now */
static const char *sets(void)
{
	static const char *const names[] = { "none", "permitted", "effective", "permitted effective",
		"inheritable", "inheritable permitted", "?", "all three" };
	FILE *status = fopen("/proc/self/status", "re");
	unsigned long long mask;
	char *line = NULL;
	int found = 0;

	if (!status)
		err(1, "/proc/self/status");
	for (size_t size = 0; getline(&line, &size, status) > 0;) {
		if (sscanf(line, "CapPrm: %llx", &mask) == 1)
			found |= (mask >> capability & 1) << 0;
		if (sscanf(line, "CapEff: %llx", &mask) == 1)
			found |= (mask >> capability & 1) << 1;
		if (sscanf(line, "CapInh: %llx", &mask) == 1)
			found |= (mask >> capability & 1) << 2;
	}
	fclose(status);
	return names[found];
}

static void report(const char *what, int result)
{
	printf("%-36s %-24s %s\n", what, result == -1 ? strerror(errno) : "done", sets());
	fflush(stdout);
}

static int change(cap_flag_t set, cap_flag_value_t value)
{
	cap_t caps = cap_get_proc();

	if (!caps || cap_set_flag(caps, set, 1, &capability, value) == -1)
		err(1, "cap_get_proc");
	return cap_set_proc(caps);	/* not freed, for errno: we end soon */
}

int main(int argc, char **argv)
{
	if (argc != 1)
		errx(2, "usage: step4-permitted (without %s)", argv[1]);
	printf("%-36s %-24s %s\n", "", "", "CAP_DAC_OVERRIDE is");
	report("at the start", 0);
	report("drop permitted, still effective", change(CAP_PERMITTED, CAP_CLEAR));
	report("drop effective", change(CAP_EFFECTIVE, CAP_CLEAR));
	report("drop permitted", change(CAP_PERMITTED, CAP_CLEAR));
	printf("ways back:\n");
	report("raise effective", change(CAP_EFFECTIVE, CAP_SET));
	report("raise permitted", change(CAP_PERMITTED, CAP_SET));
	report("raise inheritable", change(CAP_INHERITABLE, CAP_SET));
	report("raise ambient", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0));
	report("become uid 0", setresuid(0, 0, 0));

	pid_t pid = fork();

	if (pid == 0) {
		report("fork: the child", 0);
		_exit(0);
	}
	if (pid == -1 || waitpid(pid, NULL, 0) == -1)
		err(1, "fork");
}
