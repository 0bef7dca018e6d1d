/* step5-fork.c - a child begins with a copy of all five sets
 *
 *   ./step5-fork      as root
 *
 * The parent gives itself sets that differ from each other; the child prints
 * what it has, then drops everything; the parent looks again.
 *
 * New in this step: fork(2) copies the sets, and they are two from then on.
 * See fork(2), capabilities(7). */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* print_sets: one line, the masks as /proc/self/status has them */
static void print_sets(const char *who)
{
	FILE *status = fopen("/proc/self/status", "re");
	char *line = NULL, mask[32];

	if (!status)
		err(1, "/proc/self/status");
	printf("%-18s", who);
	for (size_t size = 0; getline(&line, &size, status) > 0;)
		if (sscanf(line, "Cap%*[a-zA-Z]: %31s", mask) == 1)	/* fits: 16 digits */
			printf(" %s", mask + strlen(mask) - 11);	/* the first five digits are 0 */
	printf("\n");
	fflush(stdout);
	fclose(status);
}

/* differ: CapInh, CapPrm, CapEff, CapBnd and CapAmb, no two alike */
static void differ(void)
{
	static const cap_value_t passed[] = { CAP_KILL, CAP_SETUID }, low[] = { CAP_CHOWN };
	cap_t caps = cap_get_proc();

	if (!caps || cap_set_flag(caps, CAP_INHERITABLE, 2, passed, CAP_SET) == -1 ||
	    cap_set_flag(caps, CAP_EFFECTIVE, 1, low, CAP_CLEAR) == -1 || cap_set_proc(caps) == -1)
		err(1, "cap_set_proc");
	cap_free(caps);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) == -1 ||
	    prctl(PR_CAPBSET_DROP, CAP_NET_RAW, 0, 0, 0) == -1)
		err(1, "prctl");
}

static void drop_all(void)
{
	cap_t none = cap_init();

	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1)
			err(1, "PR_CAPBSET_DROP");
	if (!none || cap_set_proc(none) == -1)
		err(1, "cap_set_proc");
	cap_free(none);
}

int main(int argc, char **argv)
{
	int status;

	if (argc != 1)
		errx(2, "usage: step5-fork (without %s)", argv[1]);
	differ();
	printf("%-18s inheritable permitted   effective   bounding    ambient\n", "");
	print_sets("parent");

	pid_t pid = fork();

	if (pid == 0) {
		print_sets("child");
		drop_all();
		print_sets("child, later");
		_exit(0);
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		err(1, "fork");
	print_sets("parent, after that");
	return WEXITSTATUS(status);
}
