/* capabilities.c - what container root may do (lab 01) */
#include <sys/capability.h>

#include "skiff.h"

uint64_t capabilities_default(void)
{
	static const cap_value_t podman[] = {
		CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_KILL, CAP_NET_BIND_SERVICE,
		CAP_SETFCAP, CAP_SETGID, CAP_SETPCAP, CAP_SETUID, CAP_SYS_CHROOT,
	};
	uint64_t bits = 0;

	for (size_t i = 0; i < COUNT(podman); i++)
		bits |= UINT64_C(1) << podman[i];
	return bits;
}

int capabilities_apply(const struct security *security, struct failure *f)
{
	/* The bare system calls: the kernel's own structure is two words of 32 bits. */
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	uint64_t bits = 0;

	/* TODO 18: nothing in the bounding set but security->capabilities (the
	 * first number that is EINVAL is the end); the ambient set empty; gid, uid;
	 * then what is left of those in the permitted and effective sets, none for
	 * another uid than 0, and nothing inheritable; at last read them back. See
	 * prctl(2), setresuid(2), capset(2) */
	/* BEGIN SOLUTION */
	/* First the bounding set: it needs CAP_SETPCAP, and is what execve(2)
	 * gives to uid 0. */
	for (int cap = 0, has = 0; has >= 0; cap++) {
		bool keep = security->capabilities >> cap & 1;
		has = prctl(keep ? PR_CAPBSET_READ : PR_CAPBSET_DROP, cap, 0, 0, 0);
		if (has < 0 && errno != EINVAL)
			return fail(f, errno, "dropping capability %d", cap);
		if (keep && has > 0)
			bits |= UINT64_C(1) << cap;
	}
	TRY(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "clearing ambient capabilities");
	TRY(setresgid(security->gid, security->gid, security->gid), "--user: gid %u", security->gid);
	TRY(setresuid(security->uid, security->uid, security->uid), "--user: uid %u", security->uid);
	/* A change of ids may make a process dumpable (proc(5), suid_dumpable). */
	TRY(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "PR_SET_DUMPABLE");
	if (security->uid != 0)
		bits = 0;
	/* Inheritable ones are none: CVE-2022-24769. */
	for (int i = 0; i < 2; i++) {
		uint32_t word = (uint32_t)(bits >> 32 * i);
		data[i] = (struct __user_cap_data_struct){ .effective = word, .permitted = word };
	}
	TRY(capset(&header, data), "capset");
	TRY(capget(&header, data), "capget");
	if ((data[0].effective | (uint64_t)data[1].effective << 32) != bits)
		return fail(f, 0, "capabilities: others are in force than %llx", (unsigned long long)bits);
	return 0;
	/* END SOLUTION */
}
