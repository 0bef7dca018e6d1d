/* schema.c - the members of config.json that the runtime specification knows
 *
 * One line for each: its type, the numbers or the length that it may have, whether it must be
 * there.  Checked before anything is made, so that what reads a member later finds it absent
 * or as it should be: a limit of the wrong type is an error and not "no limit".  README.md,
 * "Each member of config.json", says what becomes of each.
 */
#include "oci.h"

enum kind { OBJECT, LIST, STRING, BOOL, NUMBER, REFUSED };
static const char *const kinds[] = { "an object", "an array", "a string", "true or false", "a whole number" };

#define U16 0, UINT16_MAX
#define U32 0, UINT32_MAX
#define U64 0, INT64_MAX
#define ANY INT64_MIN, INT64_MAX
#define LIMIT -1, INT64_MAX
#define ID 0, UINT32_MAX - 1
#define DEVICE 0, (1 << 12) - 1         /* what fits in a dev_t of the kernel */
#define MINOR 0, (1 << 20) - 1
#define PATH 0, PATH_MAX - 1            /* of a string: its length */
#define NAME 0, 64

#define MAPS(at) \
	{ at, LIST, ANY, false }, { at "[]", OBJECT, ANY, false }, { at "[].containerID", NUMBER, U32, true }, \
	{ at "[].hostID", NUMBER, U32, true }, { at "[].size", NUMBER, 1, UINT32_MAX, true }
#define HOOKS(at) \
	{ at, LIST, ANY, false }, { at "[]", OBJECT, ANY, false }, { at "[].path", STRING, PATH, true }, { at "[].args", LIST, ANY, false }, \
	{ at "[].args[]", STRING, ANY, false }, { at "[].env", LIST, ANY, false }, { at "[].env[]", STRING, ANY, false }, \
	{ at "[].timeout", NUMBER, 1, INT64_MAX, false }
#define STRINGS(at) { at, LIST, ANY, false }, { at "[]", STRING, ANY, false }
#define RATES(at, number) \
	{ at, LIST, ANY, false }, { at "[]", OBJECT, ANY, false }, { at "[].major", NUMBER, U32, true }, \
	{ at "[].minor", NUMBER, U32, true }, { at "[]." number, NUMBER, U64, true }

static const struct member {
	const char *path;
	enum kind kind;
	int64_t min, max;
	bool must;
} members[] = {
	{ "ociVersion", STRING, NAME, true }, { "hostname", STRING, NAME, false }, { "domainname", STRING, NAME, false },
	{ "annotations", OBJECT, ANY, false }, { "annotations.*", STRING, ANY, false },
	{ "solaris", REFUSED, ANY, false }, { "windows", REFUSED, ANY, false }, { "vm", REFUSED, ANY, false },
	{ "zos", REFUSED, ANY, false }, { "freebsd", REFUSED, ANY, false },
	{ "root", OBJECT, ANY, true }, { "root.path", STRING, PATH, true }, { "root.readonly", BOOL, ANY, false },
	{ "mounts", LIST, ANY, false }, { "mounts[]", OBJECT, ANY, false }, { "mounts[].destination", STRING, PATH, true },
	{ "mounts[].type", STRING, NAME, false }, { "mounts[].source", STRING, PATH, false }, STRINGS("mounts[].options"),
	MAPS("mounts[].uidMappings"), MAPS("mounts[].gidMappings"),
	{ "process", OBJECT, ANY, true }, { "process.terminal", BOOL, ANY, false }, { "process.cwd", STRING, PATH, true },
	{ "process.args", LIST, ANY, true }, { "process.args[]", STRING, ANY, false }, STRINGS("process.env"),
	{ "process.noNewPrivileges", BOOL, ANY, false }, { "process.consoleSize", OBJECT, ANY, false },
	{ "process.consoleSize.height", NUMBER, U16, true }, { "process.consoleSize.width", NUMBER, U16, true },
	{ "process.user", OBJECT, ANY, false }, { "process.user.uid", NUMBER, ID, false }, { "process.user.gid", NUMBER, ID, false },
	{ "process.user.umask", NUMBER, 0, 0777, false }, { "process.user.additionalGids", LIST, ANY, false },
	{ "process.user.additionalGids[]", NUMBER, ID, false }, { "process.user.username", REFUSED, ANY, false },
	{ "process.capabilities", OBJECT, ANY, false }, STRINGS("process.capabilities.bounding"),
	STRINGS("process.capabilities.effective"), STRINGS("process.capabilities.permitted"),
	STRINGS("process.capabilities.inheritable"), STRINGS("process.capabilities.ambient"),
	{ "process.rlimits", LIST, ANY, false }, { "process.rlimits[]", OBJECT, ANY, false }, { "process.rlimits[].type", STRING, ANY, true },
	{ "process.rlimits[].soft", NUMBER, U64, true }, { "process.rlimits[].hard", NUMBER, U64, true },
	{ "process.oomScoreAdj", NUMBER, -1000, 1000, false }, { "process.apparmorProfile", STRING, 0, 512, false },
	{ "process.selinuxLabel", REFUSED, ANY, false }, { "process.execCPUAffinity", REFUSED, ANY, false },
	{ "process.ioPriority", OBJECT, ANY, false }, { "process.ioPriority.class", STRING, ANY, true },
	{ "process.ioPriority.priority", NUMBER, 0, 7, false },
	{ "process.scheduler", OBJECT, ANY, false }, { "process.scheduler.policy", STRING, ANY, true },
	{ "process.scheduler.nice", NUMBER, -20, 19, false }, { "process.scheduler.priority", NUMBER, 0, 99, false },
	STRINGS("process.scheduler.flags"), { "process.scheduler.runtime", NUMBER, U64, false },
	{ "process.scheduler.deadline", NUMBER, U64, false }, { "process.scheduler.period", NUMBER, U64, false },
	{ "hooks", OBJECT, ANY, false }, HOOKS("hooks.prestart"), HOOKS("hooks.createRuntime"), HOOKS("hooks.createContainer"),
	HOOKS("hooks.startContainer"), HOOKS("hooks.poststart"), HOOKS("hooks.poststop"),
	{ "linux", OBJECT, ANY, true }, { "linux.namespaces", LIST, ANY, false }, { "linux.namespaces[]", OBJECT, ANY, false },
	{ "linux.namespaces[].type", STRING, ANY, true }, { "linux.namespaces[].path", STRING, PATH, false },
	MAPS("linux.uidMappings"), MAPS("linux.gidMappings"),
	{ "linux.timeOffsets", OBJECT, ANY, false }, { "linux.timeOffsets.*", OBJECT, ANY, false },
	{ "linux.timeOffsets.*.secs", NUMBER, ANY, false }, { "linux.timeOffsets.*.nanosecs", NUMBER, 0, 999999999, false },
	{ "linux.devices", LIST, ANY, false }, { "linux.devices[]", OBJECT, ANY, false }, { "linux.devices[].path", STRING, PATH, true },
	{ "linux.devices[].type", STRING, ANY, true }, { "linux.devices[].major", NUMBER, DEVICE, false },
	{ "linux.devices[].minor", NUMBER, MINOR, false }, { "linux.devices[].fileMode", NUMBER, 0, INT32_MAX, false },
	{ "linux.devices[].uid", NUMBER, ID, false }, { "linux.devices[].gid", NUMBER, ID, false },
	{ "linux.cgroupsPath", STRING, PATH, false }, { "linux.rootfsPropagation", STRING, ANY, false }, { "linux.mountLabel", REFUSED, ANY, false },
	{ "linux.intelRdt", REFUSED, ANY, false }, { "linux.memoryPolicy", REFUSED, ANY, false }, { "linux.netDevices", REFUSED, ANY, false },
	STRINGS("linux.maskedPaths"), STRINGS("linux.readonlyPaths"),
	{ "linux.personality", OBJECT, ANY, false }, { "linux.personality.domain", STRING, ANY, true }, STRINGS("linux.personality.flags"),
	{ "linux.sysctl", OBJECT, ANY, false }, { "linux.sysctl.*", STRING, ANY, false },
	{ "linux.seccomp", OBJECT, ANY, false }, { "linux.seccomp.defaultAction", STRING, ANY, true },
	{ "linux.seccomp.defaultErrnoRet", NUMBER, U16, false }, STRINGS("linux.seccomp.architectures"), STRINGS("linux.seccomp.flags"),
	{ "linux.seccomp.listenerPath", STRING, 0, 107, false }, { "linux.seccomp.listenerMetadata", STRING, ANY, false },
	{ "linux.seccomp.syscalls", LIST, ANY, false }, { "linux.seccomp.syscalls[]", OBJECT, ANY, false },
	{ "linux.seccomp.syscalls[].names", LIST, ANY, true }, { "linux.seccomp.syscalls[].names[]", STRING, ANY, false },
	{ "linux.seccomp.syscalls[].action", STRING, ANY, true }, { "linux.seccomp.syscalls[].errnoRet", NUMBER, U16, false },
	{ "linux.seccomp.syscalls[].args", LIST, ANY, false }, { "linux.seccomp.syscalls[].args[]", OBJECT, ANY, false },
	{ "linux.seccomp.syscalls[].args[].index", NUMBER, 0, 5, true }, { "linux.seccomp.syscalls[].args[].value", NUMBER, U64, true },
	{ "linux.seccomp.syscalls[].args[].valueTwo", NUMBER, U64, false }, { "linux.seccomp.syscalls[].args[].op", STRING, ANY, true },
	{ "linux.resources", OBJECT, ANY, false }, { "linux.resources.devices", LIST, ANY, false }, { "linux.resources.devices[]", OBJECT, ANY, false },
	{ "linux.resources.devices[].allow", BOOL, ANY, true }, { "linux.resources.devices[].type", STRING, ANY, false },
	{ "linux.resources.devices[].major", NUMBER, -1, INT32_MAX, false }, { "linux.resources.devices[].minor", NUMBER, -1, INT32_MAX, false },
	{ "linux.resources.devices[].access", STRING, ANY, true },
	{ "linux.resources.memory", OBJECT, ANY, false }, { "linux.resources.memory.limit", NUMBER, LIMIT, false },
	{ "linux.resources.memory.reservation", NUMBER, LIMIT, false }, { "linux.resources.memory.swap", NUMBER, LIMIT, false },
	{ "linux.resources.memory.kernel", NUMBER, LIMIT, false }, { "linux.resources.memory.kernelTCP", NUMBER, LIMIT, false },
	{ "linux.resources.memory.swappiness", NUMBER, 0, 100, false }, { "linux.resources.memory.disableOOMKiller", BOOL, ANY, false },
	{ "linux.resources.cpu", OBJECT, ANY, false }, { "linux.resources.cpu.shares", NUMBER, U64, false },
	{ "linux.resources.cpu.quota", NUMBER, LIMIT, false }, { "linux.resources.cpu.burst", NUMBER, U64, false },
	{ "linux.resources.cpu.period", NUMBER, U64, false }, { "linux.resources.cpu.realtimeRuntime", NUMBER, LIMIT, false },
	{ "linux.resources.cpu.realtimePeriod", NUMBER, U64, false }, { "linux.resources.cpu.idle", NUMBER, 0, 1, false },
	{ "linux.resources.cpu.cpus", STRING, ANY, false }, { "linux.resources.cpu.mems", STRING, ANY, false },
	{ "linux.resources.pids", OBJECT, ANY, false }, { "linux.resources.pids.limit", NUMBER, LIMIT, false },
	{ "linux.resources.blockIO", OBJECT, ANY, false }, { "linux.resources.blockIO.weight", NUMBER, U16, false },
	{ "linux.resources.blockIO.leafWeight", NUMBER, U16, false }, RATES("linux.resources.blockIO.weightDevice", "weight"),
	RATES("linux.resources.blockIO.throttleReadBpsDevice", "rate"), RATES("linux.resources.blockIO.throttleWriteBpsDevice", "rate"),
	RATES("linux.resources.blockIO.throttleReadIOPSDevice", "rate"), RATES("linux.resources.blockIO.throttleWriteIOPSDevice", "rate"),
	{ "linux.resources.hugepageLimits", LIST, ANY, false }, { "linux.resources.hugepageLimits[]", OBJECT, ANY, false },
	{ "linux.resources.hugepageLimits[].pageSize", STRING, 0, 32, true }, { "linux.resources.hugepageLimits[].limit", NUMBER, U64, true },
	{ "linux.resources.network", OBJECT, ANY, false }, { "linux.resources.network.classID", NUMBER, U32, false },
	{ "linux.resources.network.priorities", LIST, ANY, false }, { "linux.resources.network.priorities[]", OBJECT, ANY, false },
	{ "linux.resources.network.priorities[].name", STRING, 0, 15, true }, { "linux.resources.network.priorities[].priority", NUMBER, U32, true },
	{ "linux.resources.rdma", OBJECT, ANY, false }, { "linux.resources.rdma.*", OBJECT, ANY, false },
	{ "linux.resources.rdma.*.hcaHandles", NUMBER, U32, false }, { "linux.resources.rdma.*.hcaObjects", NUMBER, U32, false },
	{ "linux.resources.unified", OBJECT, ANY, false }, { "linux.resources.unified.*", STRING, ANY, false },
};

enum { LONGEST = 128 };

/* find - that of PATH; or of ABOVE.*, where the names are anybody's.  NULL: none that we know */
static const struct member *find(const char *path, const char *above)
{
	char any[LONGEST];

	for (size_t i = 0; i < COUNT(members); i++)
		if (strcmp(members[i].path, path) == 0)
			return &members[i];
	if (above == NULL || *above == '\0')
		return NULL;
	return FITS(any, "%s.*", above) ? find(any, NULL) : NULL;
}

static int check_value(json_t *value, const struct member *m, const char *path, struct failure *f)
{
	bool right = m->kind == OBJECT ? json_is_object(value) : m->kind == LIST ? json_is_array(value) : m->kind == STRING ? json_is_string(value) :
		     m->kind == BOOL ? json_is_boolean(value) : json_is_integer(value);

	if (m->kind == REFUSED)
		return json_is_string(value) && json_string_length(value) == 0 ? 0 : fail(f, 0, "%s: not supported", path);
	if (!right)
		return fail(f, 0, "%s: not %s", path, kinds[m->kind]);
	if (m->kind == NUMBER && (json_integer_value(value) < m->min || json_integer_value(value) > m->max))
		return fail(f, 0, "%s: %lld: not from %lld to %lld", path, (long long)json_integer_value(value), (long long)m->min, (long long)m->max);
	if (m->kind == STRING && json_string_length(value) > (uint64_t)m->max)
		return fail(f, 0, "%s: %zu bytes, at most %lld", path, json_string_length(value), (long long)m->max);
	return 0;
}

/* check_missing - of the object at PATH, which begins with TOP */
static int check_missing(json_t *object, const char *path, struct failure *f)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < COUNT(members); i++) {
		const char *name = members[i].path;
		if (!members[i].must || strncmp(name, path, n) != 0 || (n > 0 && name[n] != '.'))
			continue;
		name += n + (n > 0);
		if (strpbrk(name, ".[") == NULL && json_object_get(object, name) == NULL)
			return fail(f, 0, "%s%s%s: missing", path, n > 0 ? "." : "", name);
	}
	return 0;
}

int schema_check(json_t *value, const char *path, struct failure *f)
{
	char below[2 * LONGEST];
	const struct member *m;
	const char *key;
	json_t *inner;
	size_t i;

	if (json_is_object(value))
		PASS(check_missing(value, path, f));
	json_object_foreach(value, key, inner) {
		/* None of the specification's own names is so long, or has one of these. */
		if ((strpbrk(key, ".[*") != NULL || !FITS(below, "%s%s%s", path, *path != '\0' ? "." : "", key)) && !FITS(below, "%s.?", path))
			continue;
		if ((m = find(below, path)) == NULL)
			continue;
		PASS(check_value(inner, m, below, f));
		PASS(schema_check(inner, m->path, f));
	}
	m = FITS(below, "%s[]", path) ? find(below, NULL) : NULL;
	for (i = 0; m != NULL && i < json_array_size(value); i++) {
		PASS(check_value(json_array_get(value, i), m, below, f));
		PASS(schema_check(json_array_get(value, i), m->path, f));
	}
	return 0;
}
