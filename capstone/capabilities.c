/* capabilities.c - what container root may do (lab 01) */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "skiff.h"

uint64_t capabilities_default(void)
{
	static const cap_value_t podman[] = {
		CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_KILL,
		CAP_NET_BIND_SERVICE, CAP_SETFCAP, CAP_SETGID, CAP_SETPCAP, CAP_SETUID,
		CAP_SYS_CHROOT,
	};
	uint64_t bits = 0;

	for (size_t i = 0; i < sizeof(podman) / sizeof(podman[0]); i++)
		bits |= UINT64_C(1) << podman[i];
	return bits;
}

int capability_parse(const char *name, uint64_t *bits)
{
	char full[64];
	cap_value_t value;
	char *known;

	if (strcasecmp(name, "all") == 0) {
		*bits = CAPABILITIES_ALL;
		return 0;
	}
	snprintf(full, sizeof(full), "%s%s", strncasecmp(name, "cap_", 4) == 0 ? "" : "cap_", name);
	if (strlen(full) == sizeof(full) - 1 || cap_from_name(full, &value) < 0)
		return -1;
	/* cap_from_name(3) takes "cap_net_raw2" for cap_net_raw. */
	known = cap_to_name(value);
	if (known == NULL || strcasecmp(known, full) != 0) {
		cap_free(known);
		return -1;
	}
	cap_free(known);
	*bits = UINT64_C(1) << value;
	return 0;
}

/* set_thread - permitted and effective to BITS, inheritable to none; by the
 * bare system call, as the kernel's own structure is two words of 32 bits */
static int set_thread(uint64_t bits)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)bits, (uint32_t)bits, 0 },
		{ (uint32_t)(bits >> 32), (uint32_t)(bits >> 32), 0 },
	};

	return capset(&header, data);
}

static int get_thread(uint64_t *effective)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (capget(&header, data) < 0)
		return -1;
	*effective = data[0].effective | (uint64_t)data[1].effective << 32;
	return 0;
}

int capabilities_apply(const struct config *config, struct failure *f)
{
	uint64_t bits = 0, effective = 0;
	bool root = config->uid == 0;

	/* First the bounding set: it needs CAP_SETPCAP, and is what execve(2)
	 * gives to uid 0. */
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		if (config->capabilities >> cap & 1)
			bits |= (uint64_t)prctl(PR_CAPBSET_READ, cap, 0, 0, 0) << cap;
		else if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return fail(f, errno, "dropping capability %d", cap);
	}
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (setresgid(config->gid, config->gid, config->gid) < 0)
		return fail(f, errno, "--user: gid %u", config->gid);
	if (setresuid(config->uid, config->uid, config->uid) < 0)
		return fail(f, errno, "--user: uid %u", config->uid);
	if (set_thread(root ? bits : 0) < 0)
		return fail(f, errno, "capset");
	if (get_thread(&effective) < 0 || effective != (root ? bits : 0))
		return fail(f, 0, "capabilities: %llx in force instead of %llx",
			    (unsigned long long)effective, (unsigned long long)(root ? bits : 0));
	return 0;
}
