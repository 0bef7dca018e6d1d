/* capdrop.c - run a command with exactly these capabilities: raw system calls
 *
 * Style: no libcap.  capget, capset and prctl by hand, the names in a table of
 * its own, CMD in the place of capdrop.  See capabilities(7), capset(2). */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const names[] = {
	"chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill",
	"setgid", "setuid", "setpcap", "linux_immutable", "net_bind_service",
	"net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner",
	"sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct",
	"sys_admin", "sys_boot", "sys_nice", "sys_resource", "sys_time",
	"sys_tty_config", "mknod", "lease", "audit_write", "audit_control",
	"setfcap", "mac_override", "mac_admin", "syslog", "wake_alarm",
	"block_suspend", "audit_read", "perfmon", "bpf", "checkpoint_restore",
};
enum { KNOWN = sizeof names / sizeof *names };

static void usage(void)
{
	fputs("usage: capdrop [-u UID[:GID]] [-k CAP[,CAP...]] [-n] -- CMD [ARG...]\n", stderr);
	exit(2);
}

static uint64_t parse_kept(char *list)
{
	uint64_t kept = 0;

	for (char *word; (word = strsep(&list, ",")) != NULL;) {
		const char *name = strncasecmp(word, "cap_", 4) == 0 ? word + 4 : word;
		int cap = 0;

		while (cap < KNOWN && strcasecmp(name, names[cap]) != 0)
			cap++;
		if (cap == KNOWN)
			errx(125, "%s: no such capability", word);
		kept |= UINT64_C(1) << cap;
	}
	return kept;
}

static unsigned parse_id(const char *text)
{
	char *end;
	unsigned long id;

	errno = 0;
	id = strtoul(text, &end, 10);
	/* The last id means "leave it as it is" to setresuid(2). */
	if (!isdigit((unsigned char)*text) || *end || errno || id >= UINT32_MAX)
		usage();
	return (unsigned)id;
}

static void get_caps(uint64_t *effective, uint64_t *permitted)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		err(125, "capget");
	*effective = data[0].effective | (uint64_t)data[1].effective << 32;
	*permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
}

static void set_caps(uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++) {
		data[i].effective = data[i].permitted = (uint32_t)(permitted >> 32 * i);
		data[i].inheritable = (uint32_t)(inheritable >> 32 * i);
	}
	if (syscall(SYS_capset, &head, data) < 0)
		err(125, "capset");
}

/* Every capability that this kernel has and that is not kept, also those that
 * are newer than the table above. */
static void limit_bounding(uint64_t kept)
{
	for (int cap = 0; cap < 64; cap++) {
		int set = prctl(PR_CAPBSET_READ, cap);
		int wanted = (kept >> cap) & 1;

		if (set < 0)
			break;
		if (set && !wanted && prctl(PR_CAPBSET_DROP, cap) < 0)
			err(125, "dropping capability %d from the bounding set", cap);
		if (!set && wanted)
			errx(125, "cap_%s: not in the bounding set", names[cap]);
	}
}

/* SECBIT_NOROOT and SECBIT_NO_CAP_AMBIENT_RAISE would each keep CMD from what
 * it is to have. */
static void reset_securebits(uint64_t kept)
{
	int bits = prctl(PR_GET_SECUREBITS);
	int hinder = SECBIT_NOROOT | SECBIT_NO_CAP_AMBIENT_RAISE;

	if (bits > 0 && (bits & hinder) && kept && prctl(PR_SET_SECUREBITS, bits & ~hinder) < 0)
		err(125, "securebits");
}

static void become(unsigned uid, unsigned gid)
{
	/* What is empty already need not be emptied: a user namespace may
	 * refuse setgroups. */
	if (setgroups(0, NULL) < 0 && getgroups(0, NULL) != 0)
		err(125, "setgroups");
	if (setresgid(gid, gid, gid) < 0)
		err(125, "gid %u", gid);
	if (setresuid(uid, uid, uid) < 0)
		err(125, "uid %u", uid);
}

int main(int argc, char **argv)
{
	uint64_t kept = 0, effective, permitted;
	unsigned uid = 0, gid = 0;
	int change = 0, nnp = 0, opt;
	char *colon;

	opterr = 0;
	while ((opt = getopt(argc, argv, "+u:k:n")) != -1) {
		switch (opt) {
		case 'u':
			colon = strchr(optarg, ':');
			if (colon)
				*colon++ = '\0';
			uid = parse_id(optarg);
			gid = colon ? parse_id(colon) : uid;
			change = 1;
			break;
		case 'k': kept |= parse_kept(optarg); break;
		case 'n': nnp = 1; break;
		default: usage();
		}
	}
	if (optind == argc)
		usage();

	get_caps(&effective, &permitted);
	for (int cap = 0; cap < KNOWN; cap++)
		if (((kept & ~permitted) >> cap) & 1)
			errx(125, "cap_%s: not held", names[cap]);
	set_caps(permitted, 0);
	limit_bounding(kept);
	reset_securebits(kept);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		err(125, "ambient set");
	if (prctl(PR_SET_KEEPCAPS, 1) < 0)
		err(125, "keepcaps");
	if (change)
		become(uid, gid);
	if (nnp && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err(125, "no_new_privs");

	/* Root gets its sets back from the bounding set at execve; anybody else
	 * needs the ambient set for it, and that the inheritable one. */
	set_caps(kept, geteuid() == 0 ? 0 : kept);
	for (int cap = 0; geteuid() != 0 && cap < KNOWN; cap++)
		if ((kept >> cap) & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			err(125, "raising ambient cap_%s", names[cap]);

	execvp(argv[optind], argv + optind);
	err(errno == ENOENT ? 127 : 126, "%s", argv[optind]);
}
