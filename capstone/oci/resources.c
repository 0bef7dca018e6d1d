/* resources.c - config.json's "resources" to the files of control groups */
#include <inttypes.h>

#include "oci.h"

/* What a number is to the file: itself; a limit, of which -1 is none; for v2 a weight
 * of 1 to 10000 out of shares of 2 to 262144; a switch; or text. */
enum kind { NUMBER, LIMIT, SHARES, SWITCH, TEXT };

static const struct resource {
	const char *section, *key;
	enum kind kind;
	const char *v1, *v2;
} resources[] = {
	/* Order counts: v1 refuses a memory+swap limit below the memory limit, and a
	 * quota beyond what its period allows. */
	{ "memory", "limit", LIMIT, "memory.limit_in_bytes", "memory.max" },
	{ "memory", "reservation", LIMIT, "memory.soft_limit_in_bytes", "memory.low" },
	{ "memory", "kernel", LIMIT, "memory.kmem.limit_in_bytes", NULL },
	{ "memory", "kernelTCP", LIMIT, "memory.kmem.tcp.limit_in_bytes", NULL },
	{ "memory", "swappiness", NUMBER, "memory.swappiness", NULL },
	{ "memory", "disableOOMKiller", SWITCH, "memory.oom_control", NULL },
	{ "cpu", "shares", SHARES, "cpu.shares", "cpu.weight" },
	{ "cpu", "realtimePeriod", LIMIT, "cpu.rt_period_us", NULL },
	{ "cpu", "realtimeRuntime", LIMIT, "cpu.rt_runtime_us", NULL },
	{ "cpu", "idle", LIMIT, "cpu.idle", "cpu.idle" },
	{ "cpu", "cpus", TEXT, "cpuset.cpus", "cpuset.cpus" },
	{ "cpu", "mems", TEXT, "cpuset.mems", "cpuset.mems" },
	{ "pids", "limit", LIMIT, "pids.max", "pids.max" },
	{ "network", "classID", LIMIT, "net_cls.classid", NULL },
	{ "blockIO", "weight", LIMIT, "blkio.weight", "io.bfq.weight" },
	{ "blockIO", "leafWeight", LIMIT, "blkio.leaf_weight", NULL },
};

uint64_t cpu_weight(uint64_t shares)
{
	return shares <= 2 ? 1 : shares >= 262144 ? 10000 : 1 + (shares - 2) * 9999 / 262142;
}

static int set_one(const struct cgroup *group, const struct resource *r, json_t *value, struct failure *f)
{
	json_int_t number = json_integer_value(value);
	bool pids = strcmp(r->section, "pids") == 0;
	bool none = r->kind != SHARES && (number < 0 || number == INT64_MAX || (pids && number == 0));
	char v1[32], v2[32];

	if (value == NULL || json_is_false(value) || (number == 0 && r->kind != NUMBER && json_is_integer(value) && !pids) ||
	    (json_is_string(value) && *json_string_value(value) == '\0'))
		return 0;       /* a zero is what Go writes for "not set" */
	if (r->kind == TEXT ? !json_is_string(value) : r->kind == SWITCH ? !json_is_boolean(value) : !json_is_integer(value))
		return fail(f, 0, "linux.resources.%s.%s: not of its type", r->section, r->key);
	snprintf(v1, sizeof(v1), none && pids ? "max" : "%" PRId64, r->kind == SWITCH ? 1 : none ? -1 : (int64_t)number);
	snprintf(v2, sizeof(v2), none ? "max" : "%" PRId64, r->kind == SHARES ? (int64_t)cpu_weight((uint64_t)number) : (int64_t)number);
	const char *text = json_string_value(value), *text1 = text != NULL ? text : v1;
	TRY(group_write(group, r->v1, text1, r->v2, text != NULL ? text : v2), "linux.resources.%s.%s: %s", r->section, r->key, text1);
	return 0;
}

/* set_swap - v1 counts memory and swap together, v2 swap alone */
static int set_swap(const struct cgroup *group, json_t *memory, struct failure *f)
{
	json_int_t limit = 0, swap = 0;
	char v1[32], v2[32], text[4096];

	PASS(json_take(memory, "linux.resources.memory", f, "{s?I, s?I}", "limit", &limit, "swap", &swap));
	if (swap == 0)
		return 0;
	if (swap > 0 && swap < limit)
		return fail(f, 0, "linux.resources.memory.swap: %lld, less than the limit of %lld", (long long)swap, (long long)limit);
	snprintf(v1, sizeof(v1), "%" PRId64, (int64_t)swap);
	snprintf(v2, sizeof(v2), swap < 0 || swap == INT64_MAX ? "max" : "%" PRId64, (int64_t)(swap - (limit > 0 ? limit : 0)));
	if (group_write(group, "memory.memsw.limit_in_bytes", v1, "memory.swap.max", v2) == 0)
		return 0;
	/* Without any swap there is none to be limited. */
	if (errno == ENOENT && file_read(text, sizeof(text), "/proc/swaps") == 0 && strchr(text, '\n') == strrchr(text, '\n'))
		return 0;
	return fail(f, errno, "linux.resources.memory.swap: %s", v1);
}

static int set_quota(const struct cgroup *group, json_t *cpu, struct failure *f)
{
	json_int_t quota = 0, period = 0, burst = 0;
	char v1[32], v2[64];

	PASS(json_take(cpu, "linux.resources.cpu", f, "{s?I, s?I, s?I}", "quota", &quota, "period", &period, "burst", &burst));
	if (quota == 0 && period == 0 && burst == 0)
		return 0;
	snprintf(v1, sizeof(v1), "%" PRId64, (int64_t)period);
	if (period > 0 && group_write(group, "cpu.cfs_period_us", v1, NULL, NULL) < 0 && errno != ENOENT)
		return fail(f, errno, "linux.resources.cpu.period: %s", v1);
	snprintf(v1, sizeof(v1), "%" PRId64, (int64_t)(quota > 0 ? quota : -1));
	int n = quota > 0 ? snprintf(v2, sizeof(v2), "%" PRId64, (int64_t)quota) : snprintf(v2, sizeof(v2), "max");
	snprintf(v2 + n, sizeof(v2) - (size_t)n, " %" PRId64, (int64_t)(period > 0 ? period : CPU_PERIOD_US));
	TRY(group_write(group, "cpu.cfs_quota_us", v1, "cpu.max", v2), "linux.resources.cpu.quota: %s", v2);
	snprintf(v1, sizeof(v1), "%" PRId64, (int64_t)burst);
	if (burst > 0)
		TRY(group_write(group, "cpu.cfs_burst_us", v1, "cpu.max.burst", v1), "linux.resources.cpu.burst: %s", v1);
	return 0;
}

/* set_io - by device */
static int set_io(const struct cgroup *group, json_t *io, struct failure *f)
{
	static const struct { const char *key, *number, *v1, *v2, *word; } lists[] = {
		{ "weightDevice", "weight", "blkio.weight_device", "io.bfq.weight", "" },
		{ "throttleReadBpsDevice", "rate", "blkio.throttle.read_bps_device", "io.max", "rbps=" },
		{ "throttleWriteBpsDevice", "rate", "blkio.throttle.write_bps_device", "io.max", "wbps=" },
		{ "throttleReadIOPSDevice", "rate", "blkio.throttle.read_iops_device", "io.max", "riops=" },
		{ "throttleWriteIOPSDevice", "rate", "blkio.throttle.write_iops_device", "io.max", "wiops=" },
	};
	json_t *value;
	size_t i;

	for (size_t n = 0; n < COUNT(lists); n++)
		json_array_foreach(json_object_get(io, lists[n].key), i, value) {
			json_int_t number = 0, leaf = 0;
			char v1[64], v2[64];
			int major, minor;
			PASS(json_take(value, "linux.resources.blockIO", f, "{s:i, s:i, s?I, s?I}", "major", &major, "minor", &minor,
				       lists[n].number, &number, "leafWeight", &leaf));
			if (leaf != 0)
				return fail(f, 0, "linux.resources.blockIO.weightDevice: leafWeight: not supported");
			/* lint: three numbers, and a word of the table above */
			snprintf(v1, sizeof(v1), "%d:%d %" PRId64, major, minor, (int64_t)number);
			/* lint: as above */
			snprintf(v2, sizeof(v2), "%d:%d %s%" PRId64, major, minor, lists[n].word, (int64_t)number);
			TRY(group_write(group, lists[n].v1, v1, lists[n].v2, v2), "linux.resources.blockIO.%s: %s", lists[n].key, v1);
		}
	return 0;
}

/* set_named - what has a name of its own in the file's name or in its lines */
static int set_named(const struct cgroup *group, json_t *all, struct failure *f)
{
	json_t *pages = json_object_get(all, "hugepageLimits"), *value;
	char v1[128], v2[128], text[128];
	const char *name, *size;
	json_int_t number;
	size_t i;

	json_array_foreach(pages, i, value) {
		PASS(json_take(value, "linux.resources.hugepageLimits", f, "{s:s, s:I}", "pageSize", &size, "limit", &number));
		if (!FITS(v1, "hugetlb.%s.limit_in_bytes", size) || !FITS(v2, "hugetlb.%s.max", size))
			return fail(f, ENAMETOOLONG, "linux.resources.hugepageLimits: %s", size);
		snprintf(text, sizeof(text), "%" PRId64, (int64_t)number);
		TRY(strchr(size, '/') != NULL ? -1 : group_write(group, v1, text, v2, text), "linux.resources.hugepageLimits: %s", size);
	}
	json_array_foreach(json_object_get(json_object_get(all, "network"), "priorities"), i, value) {
		PASS(json_take(value, "linux.resources.network.priorities", f, "{s:s, s:I}", "name", &name, "priority", &number));
		if (!FITS(text, "%s %" PRId64, name, (int64_t)number))
			return fail(f, ENAMETOOLONG, "linux.resources.network.priorities: %s", name);
		TRY(group_write(group, "net_prio.ifpriomap", text, NULL, NULL), "linux.resources.network.priorities: %s", name);
	}
	json_object_foreach(json_object_get(all, "rdma"), name, value) {
		json_int_t handles = -1, objects = -1;
		if (strlen(name) > 64 || !FITS(text, "%s", name))
			return fail(f, 0, "linux.resources.rdma: a name of %zu bytes, at most 64", strlen(name));
		PASS(json_take(value, "linux.resources.rdma", f, "{s?I, s?I}", "hcaHandles", &handles, "hcaObjects", &objects));
		i = strlen(name);
		if (handles >= 0)
			i += (size_t)snprintf(text + i, sizeof(text) - i, " hca_handle=%" PRId64, (int64_t)handles);
		if (objects >= 0)
			snprintf(text + i, sizeof(text) - i, " hca_object=%" PRId64, (int64_t)objects);
		TRY(group_write(group, "rdma.max", text, "rdma.max", text), "linux.resources.rdma: %s", name);
	}
	json_object_foreach(json_object_get(all, "unified"), name, value) {
		/* A file of the group alone; and not one that moves processes, any of the machine's. */
		if (strchr(name, '/') != NULL || strcmp(name, "cgroup.procs") == 0 || strcmp(name, "cgroup.threads") == 0)
			return fail(f, 0, "linux.resources.unified: %s: not a limit", name);
		TRY(group_write(group, NULL, NULL, name, json_string_value(value)), "linux.resources.unified: %s", name);
	}
	return 0;
}

bool resources_asked(json_t *all)
{
	const char *name;
	json_t *value;

	json_object_foreach(all, name, value)
		if (strcmp(name, "devices") != 0 && (json_object_size(value) > 0 || json_array_size(value) > 0))
			return true;
	return false;
}

int groups_limit(const struct cgroup *group, json_t *all, struct failure *f)
{
	json_t *memory = json_object_get(all, "memory");

	for (size_t i = 0; i < COUNT(resources); i++)
		PASS(set_one(group, &resources[i], json_object_get(json_object_get(all, resources[i].section), resources[i].key), f));
	PASS(set_swap(group, memory, f));
	PASS(set_quota(group, json_object_get(all, "cpu"), f));
	PASS(set_io(group, json_object_get(all, "blockIO"), f));
	PASS(set_named(group, all, f));
	return devices_limit(group, json_object_get(all, "devices"), f);
}
