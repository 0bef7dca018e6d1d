/* config.c - config.json to a struct bundle
 *
 * All of it before anything is made.  A member that the specification does not know
 * is ignored, as it wants; one that it knows and skiff-oci cannot do is refused (schema.c).
 */
#include <linux/nsfs.h>
#include <sys/vfs.h>

#include "oci.h"

/* check_version - of the specification: any of its first */
static int check_version(const char *version, struct failure *f)
{
	int minor, patch;
	char rest;

	if (sscanf(version, "1.%d.%d%c", &minor, &patch, &rest) >= 2 && (sscanf(version, "1.%*d.%*d%c", &rest) < 1 || rest == '-' || rest == '+'))
		return 0;
	return fail(f, 0, "config.json: ociVersion '%s': not 1.x.y", version);
}

/* namespace_open - that of PATH, a name that may be anything: a FIFO, a device */
static int namespace_open(const char *path, const struct namespace_kind *kind, struct failure *f)
{
	enum { NSFS = 0x6e736673 };     /* NSFS_MAGIC of linux/magic.h */
	struct statfs fs;
	int fd;

	if (*path != '/')
		return fail(f, 0, "linux.namespaces: %s: '%s' is not an absolute path", kind->type, path);
	TRY(statfs(path, &fs), "linux.namespaces: %s: %s", kind->type, path);
	fd = fs.f_type == NSFS ? open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
	if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == NSFS && ioctl(fd, NS_GET_NSTYPE) == kind->flag)
		return fd;
	close_fd(&fd);
	return fail(f, 0, "linux.namespaces: %s: %s is not one", kind->type, path);
}

static int parse_namespaces(struct bundle *b, struct failure *f)
{
	uint64_t seen = 0;
	json_t *value;
	size_t i;

	json_array_foreach(json_object_get(b->linux_part, "namespaces"), i, value) {
		const char *type, *path = "";
		PASS(json_take(value, "linux.namespaces", f, "{s:s, s?s}", "type", &type, "path", &path));
		int kind = namespace_kind(type);
		if (kind < 0)
			return fail(f, 0, "linux.namespaces: '%s': no such type", type);
		const struct namespace_kind *k = &namespace_kinds[kind];
		if (seen & (uint64_t)k->flag)
			return fail(f, 0, "linux.namespaces: %s: twice", type);
		seen |= (uint64_t)k->flag;
		if (*path == '\0') {
			b->core.security.namespaces |= (uint64_t)k->flag;
			continue;
		}
		PASS(b->joined[kind] = namespace_open(path, k, f));
	}
	if (!(b->core.security.namespaces & CLONE_NEWNS))
		return fail(f, 0, "linux.namespaces: a new mount namespace is needed");
	return 0;
}

/* check_ids - new ids need a map; a map needs new ids */
static int check_ids(const struct bundle *b, struct failure *f)
{
	size_t uids = json_array_size(json_object_get(b->linux_part, "uidMappings"));
	size_t gids = json_array_size(json_object_get(b->linux_part, "gidMappings"));
	bool user = (b->core.security.namespaces & CLONE_NEWUSER) != 0;

	if (user && (uids == 0 || gids == 0))
		return fail(f, 0, "linux.uidMappings: a user namespace needs maps of both kinds");
	if (!user && b->joined[0] < 0 && uids + gids > 0)
		return fail(f, 0, "linux.uidMappings: no user namespace");
	return 0;
}

static int parse_clocks(struct bundle *b, struct failure *f)
{
	json_t *offsets = json_object_get(b->linux_part, "timeOffsets"), *value;
	const char *clock;
	size_t n = 0;

	if (json_object_size(offsets) > 0 && !(b->core.security.namespaces & CLONE_NEWTIME))
		return fail(f, 0, "linux.timeOffsets: no new time namespace");
	json_object_foreach(offsets, clock, value) {
		json_int_t seconds = 0, nanoseconds = 0;
		PASS(json_take(value, "linux.timeOffsets", f, "{s?I, s?I}", "secs", &seconds, "nanosecs", &nanoseconds));
		if (strcmp(clock, "monotonic") != 0 && strcmp(clock, "boottime") != 0)
			return fail(f, 0, "linux.timeOffsets: '%s': no such clock", clock);
		n += (size_t)snprintf(b->clocks + n, sizeof(b->clocks) - n, "%s %lld %lld\n", clock, (long long)seconds, (long long)nanoseconds);
	}
	return 0;
}

static int parse_linux(struct bundle *b, struct failure *f)
{
	const char *propagation = NULL;
	json_t *masked = NULL, *protected = NULL, *personality = NULL;

	b->linux_part = json_object_get(b->config, "linux");
	PASS(json_take(b->linux_part, "linux", f, "{s?s, s?o, s?o, s?o}", "rootfsPropagation", &propagation,
		       "maskedPaths", &masked, "readonlyPaths", &protected, "personality", &personality));
	PASS(parse_namespaces(b, f));
	PASS(check_ids(b, f));
	PASS(parse_clocks(b, f));
	b->core.masked = (const char *const *)json_strings(masked, "linux.maskedPaths", f);
	b->core.protected = (const char *const *)json_strings(protected, "linux.readonlyPaths", f);
	if (b->core.masked == NULL || b->core.protected == NULL)
		return -1;
	if (propagation != NULL && *propagation != '\0' && (b->propagation = propagation_parse(propagation)) == 0)
		return fail(f, 0, "linux.rootfsPropagation: '%s': no such one", propagation);
	return personality_parse(personality, &b->process, f);
}

static int parse_mounts(struct bundle *b, struct failure *f)
{
	json_t *mounts = json_object_get(b->config, "mounts");

	b->mounts = calloc(json_array_size(mounts) + 1, sizeof(*b->mounts));
	if (b->mounts == NULL)
		return fail(f, ENOMEM, "mounts");
	for (; b->mount_count < json_array_size(mounts); b->mount_count++)
		PASS(mounting_parse(json_array_get(mounts, b->mount_count), &b->mounts[b->mount_count], f));
	return 0;
}

int bundle_load(struct bundle *b, struct failure *f)
{
	const char *version, *path;
	json_t *process = NULL;
	int read_only = 0;

	for (int i = 0; i < NAMESPACES; i++)
		b->joined[i] = -1;
	b->root = -1;
	b->core.network = NETWORK_BRIDGE;       /* that namespace too is there from birth on, for hooks */
	if (realpath(".", b->dir) == NULL || (b->config = json_read(AT_FDCWD, "config.json", false, MOST_CONFIG, f)) == NULL)
		return f->status != 0 ? -1 : fail(f, errno, "--bundle");
	PASS(schema_check(b->config, "", f));
	PASS(json_take(b->config, "config.json", f, "{s:s, s?o, s:{s:s, s?b}, s?s, s?s}", "ociVersion", &version, "process", &process,
		       "root", "path", &path, "readonly", &read_only, "hostname", &b->core.hostname, "domainname", &b->domainname));
	PASS(check_version(version, f));
	if (realpath(path, b->rootfs) == NULL || access(b->rootfs, X_OK) < 0)
		return fail(f, errno, "root.path: %s", path);
	if (strcmp(b->rootfs, "/") == 0)
		return fail(f, 0, "root.path: / is the host's own");
	b->core.read_only = read_only != 0;
	PASS(process_parse(process, &b->process, f));
	PASS(parse_linux(b, f));
	if (b->core.hostname != NULL && *b->core.hostname == '\0')
		b->core.hostname = NULL;
	if (b->domainname != NULL && *b->domainname == '\0')
		b->domainname = NULL;
	if ((b->core.hostname != NULL || b->domainname != NULL) && !(b->core.security.namespaces & CLONE_NEWUTS) &&
	    b->joined[namespace_kind("uts")] < 0)
		return fail(f, 0, "hostname: no uts namespace of its own");
	return parse_mounts(b, f);
}
