/* step15-docker.c - root with the capabilities of a Docker container
 *
 *   ./step15-docker [--cap-drop NAME|ALL]... [--cap-add NAME|ALL]... [--privileged] CMD...
 *
 * As root: CMD runs with uid 0 and the fourteen capabilities that Docker leaves
 * to a container, changed as docker-run(1) changes them.  There is no container
 * around it: all of this is the bounding set.
 *
 * New in this step: a list of what root may keep.  See capabilities(7). */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

static const cap_value_t fourteen[] = {
	CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_KILL, CAP_SETGID, CAP_SETUID,
	CAP_SETPCAP, CAP_NET_BIND_SERVICE, CAP_NET_RAW, CAP_SYS_CHROOT, CAP_MKNOD,
	CAP_AUDIT_WRITE, CAP_SETFCAP,
};

/* mask_of: NAME with or without cap_, or ALL */
static uint64_t mask_of(const char *name)
{
	char full[64];
	cap_value_t cap;

	if (strcasecmp(name, "all") == 0)
		return UINT64_MAX;
	if (snprintf(full, sizeof(full), "%s%s", strncasecmp(name, "cap_", 4) == 0 ? "" : "cap_", name) >=
	    (int)sizeof(full) || cap_from_name(full, &cap) == -1)
		errx(2, "usage: '%s' is no capability", name);
	return UINT64_C(1) << cap;
}

/* keep: these in the permitted, effective and bounding sets, and nothing else */
static void keep(uint64_t kept)
{
	cap_t caps = cap_get_proc();

	if (!caps)
		err(1, "cap_get_proc");
	for (cap_value_t cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		if (kept >> cap & 1)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1)
			err(1, "drop capability %d", cap);
		cap_set_flag(caps, CAP_PERMITTED, 1, &cap, CAP_CLEAR);
		cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, CAP_CLEAR);
	}
	cap_clear_flag(caps, CAP_INHERITABLE);	/* the ambient set goes with it */
	if (cap_set_proc(caps) == -1)
		err(1, "cap_set_proc");
	cap_free(caps);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "cap-add", required_argument, NULL, 'a' },
		{ "cap-drop", required_argument, NULL, 'd' }, { "privileged", no_argument, NULL, 'p' }, { 0 } };
	uint64_t kept = 0, all = UINT64_MAX, add = 0, drop = 0;
	int option;

	for (size_t i = 0; i < sizeof(fourteen) / sizeof(fourteen[0]); i++)
		kept |= UINT64_C(1) << fourteen[i];
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != '?' && option != -1) {
		if (option == 'a')
			add |= mask_of(optarg);
		else
			drop |= option == 'd' ? mask_of(optarg) : 0;
		if (option == 'p')
			kept = all;
	}
	if (option == '?' || optind == argc)
		errx(2, "usage: step15-docker [--cap-drop NAME] [--cap-add NAME] [--privileged] CMD...");
	if (kept != all)	/* first what is dropped, then what is added, but for --cap-add ALL */
		kept = add == all ? all & ~drop : (kept & ~drop) | add;
	keep(kept);
	execvp(argv[optind], argv + optind);
	err(errno == ENOENT ? 127 : 126, "%s", argv[optind]);
}
