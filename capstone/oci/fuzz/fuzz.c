/* fuzz.c - feed skiff-oci's readers with what is no config.json, no passwd and no state.json
 *
 *   fuzz SECONDS SEED CONFIG...
 *
 * Each CONFIG is a tree that is sound.  A case is one of them with some members dropped, null,
 * of another type, huge, long or many; written as text, and sometimes that text spoiled.
 * Built with the sanitizers, and each reader runs in this process: bundle_load with all it
 * calls, the control groups' files (in a folder of plain files), the device program, the
 * image's passwd, state.json.  Nothing is mounted, made or started.
 * What is refused has said why in one line; what is accepted is in its ranges.  A case that
 * crashes stays in ./config.json.  Status 1 where a value was wrong. */
#include <err.h>
#include <inttypes.h>
#include <time.h>

#include "../oci.h"

enum { TEXT = 1 << 20 };

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:quarantine_size_mb=16:exitcode=99";      /* each runtime reads one */
}

static size_t below(size_t n) { return n == 0 ? 0 : (size_t)random() % n; }

static void wrong(const char *what)
{
	fprintf(stderr, "fuzz: %s (the case is in ./config.json)\n", what);
	exit(1);
}

/* ---- cases ------------------------------------------------------------------- */

/* pick - the N-th value of the tree, with the object or array that it is in */
static json_t *pick(json_t *in, size_t *n, json_t **parent, const char **key, size_t *index)
{
	json_t *value, *found;
	const char *name;
	size_t i;

	json_array_foreach(in, i, value) {
		if ((*n)-- == 0)
			return *parent = in, *key = NULL, *index = i, value;
		if ((found = pick(value, n, parent, key, index)) != NULL)
			return found;
	}
	json_object_foreach(in, name, value) {
		if ((*n)-- == 0)
			return *parent = in, *key = name, value;
		if ((found = pick(value, n, parent, key, index)) != NULL)
			return found;
	}
	return NULL;
}

static json_t *long_string(void)
{
	static const size_t lengths[] = { 31, 107, 108, 255, 256, 300, 511, 600, 4095, 4096, 5000, 70000 };
	size_t n = lengths[below(COUNT(lengths))];
	char *text = malloc(n + 1);

	memset(text, "x/.=:"[below(5)], n);
	text[0] = '/';
	text[n] = '\0';
	json_t *value = json_string(text);
	free(text);
	return value;
}

static json_t *other_value(json_t *was)
{
	static const json_int_t numbers[] = {
		0, 1, -1, -2, 2, 255, 256, 4095, 4096, 65535, 65536, INT32_MAX, (json_int_t)INT32_MAX + 1, UINT32_MAX, (json_int_t)UINT32_MAX + 1,
		262144, 262145, INT64_MAX, INT64_MAX - 1, INT64_MIN,
	};
	static const char *const words[] = { "", "ro", "rbind", "mode=", "=", "bind", "/proc/self/ns/net", "/dev/zero", "CAP_KILL", "SCMP_ACT_ALLOW",
					     "RLIMIT_NOFILE", "tmpfs", "a", "rwm", "c", "..", "net/x", "\xc3\xa9\n" };
	json_t *many;

	switch (below(9)) {
	case 0: return json_null();
	case 1: return json_boolean(below(2));
	case 2: return json_real(1.5);
	case 3: return json_integer(numbers[below(COUNT(numbers))]);
	case 4: return json_integer((json_int_t)((uint64_t)random() << 33) ^ random());
	case 5: return json_string(words[below(COUNT(words))]);
	case 6: return long_string();
	case 7: return below(2) ? json_object() : json_array();
	default:        /* a thousand of it */
		many = json_array();
		for (int i = 0; i < 1000; i++)
			json_array_append(many, json_is_array(was) && json_array_size(was) > 0 ? json_array_get(was, 0) : was);
		return many;
	}
}

static void spoil(json_t *root)
{
	json_t *parent = NULL, *value, *new;
	const char *key = NULL;
	size_t n, i = 0;

	do
		n = below(400);
	while ((value = pick(root, &n, &parent, &key, &i)) == NULL);
	if (below(4) == 0) {
		if (key != NULL)
			json_object_del(parent, key);
		else
			json_array_remove(parent, i);
		return;
	}
	new = other_value(value);
	if (key != NULL)
		json_object_set_new(parent, key, new);
	else if (below(3) == 0)
		json_array_append_new(parent, new);
	else
		json_array_set_new(parent, i, new);
}

/* noise - some bytes of TEXT changed, removed or doubled */
static size_t noise(char *text, size_t length, size_t room)
{
	for (size_t times = 1 + below(5); times > 0 && length > 1; times--) {
		size_t at = below(length), n = below(length - at < 40 ? length - at : 40);
		switch (below(4)) {
		case 0: text[at] ^= (char)(1 << below(8)); break;
		case 1: text[at] = (char)random(); break;
		case 2: memmove(text + at, text + at + n, length - at - n); length -= n; break;
		default:
			if (length + n >= room)
				break;
			memmove(text + at + n, text + at, length - at);
			length += n;
		}
	}
	return length;
}

static void put(const char *path, const char *text, size_t length)
{
	CLOSED int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, length) != (ssize_t)length)
		err(2, "%s", path);
}

/* ---- readers ------------------------------------------------------------------ */

/* judge - the outcome of a reader: one line, or none */
static bool judge(int result, const struct failure *f, const char *what)
{
	if (result >= 0 ? f->status != 0 : f->status < 125 || f->status > 127 || f->text[0] == '\0' || strchr(f->text, '\n') != NULL)
		wrong(what);
	return result >= 0;
}

static void check_process(const struct process *p)
{
	if (p->uid == UINT32_MAX || p->gid == UINT32_MAX || p->umask > 0777 || p->limit_count > COUNT(p->limits) || p->args[0] == NULL ||
	    p->cwd[0] != '/')
		wrong("a process that cannot be");
	for (size_t i = 0; i < p->group_count; i++)
		if (p->groups[i] == UINT32_MAX)
			wrong("a group that cannot be");
	for (int set = 0; set < SETS; set++)
		if (p->caps[set] >> 41 != 0)
			wrong("a capability that cannot be");
}

/* try_groups - all "resources" into plain files: what is in them is a number or a word */
static void try_groups(json_t *resources, struct cgroup *group)
{
	struct failure f = { 0 };
	char text[64];

	file_write("                    ", "v2/cpu.weight");
	judge(groups_limit(group, resources, &f), &f, "groups_limit");
	if (file_read(text, sizeof(text), "v2/cpu.weight") == 0 && text[0] != ' ' && (strtol(text, NULL, 10) < 1 || strtol(text, NULL, 10) > 10000))
		wrong("cpu.weight");
}

static bool try_config(struct cgroup *group)
{
	static struct bundle b;
	struct failure f = { 0 };
	struct state s = { .root = -1, .lock = -1, .pidfd = -1 };
	int result;

	b = (struct bundle){ .id = "hull" };
	result = bundle_load(&b, &f);
	if (judge(result, &f, "bundle_load")) {
		check_process(&b.process);
		try_groups(json_object_get(b.linux_part, "resources"), group);
	}
	for (int i = 0; i < NAMESPACES; i++)
		close_fd(&b.joined[i]);
	if (b.config != NULL && (s.json = json_pack("{s:[{s:i, s:s, s:s}], s:O}", "cgroups", "version", 2, "name", "/x", "path", "/x", "config", b.config)) != NULL) {
		f.status = 0;
		judge(state_parse(&s, &f), &f, "state_parse");
		json_decref(s.json);
	}
	json_decref(b.config);
	return result >= 0;
}

/* try_state - the same text as state.json */
static void try_state(void)
{
	struct state s = { .root = -1, .lock = -1, .pidfd = -1 };
	struct failure f = { 0 };

	s.json = json_read(AT_FDCWD, "config.json", true, MOST_CONFIG, &f);
	if (s.json != NULL)
		judge(state_parse(&s, &f), &f, "state.json");
	json_decref(s.json);
}

static void try_users(const char *here)
{
	static const char sound[] = "root:x:0:0:root:/root:/bin/sh\n+nis::::::\nsailor:x:1:1::/harbour:\n#\n\nlast:x:4294967295:0::/:";
	char path[PATH_MAX], *text = malloc(4096), *read = NULL;
	struct failure f = { 0 };
	size_t size = sizeof(sound) - 1;

	memcpy(text, sound, sizeof(sound));
	size = noise(text, size, 4096);
	put("passwd", text, size);
	free(text);
	if (!FITS(path, "%s/passwd", here))
		errx(2, "%s: too long", here);
	if (!judge(users_read(path, &read, &size, &f), &f, "passwd") || read == NULL)
		wrong("passwd");
	text = home_of(read, size, (uid_t)below(3));
	if (text == NULL || strncmp(text, "HOME=", 5) != 0)
		wrong("a home");
	free(text);
	free(read);
}

/* folder - of plain files with the names of control groups' */
static void folder(const char *dir, int version, struct cgroup *group)
{
	static const char *const names[] = { "memory.max", "memory.low", "memory.swap.max", "cpu.weight", "cpu.idle", "cpu.max", "cpu.max.burst",
					     "cpuset.cpus", "cpuset.mems", "pids.max", "io.max", "io.bfq.weight", "rdma.max", "hugetlb.2MB.max" };
	struct cgroup_dir *to = &group->dir[group->count++];
	char path[128];

	mkdir(dir, 0700);
	for (size_t i = 0; i < COUNT(names); i++) {
		if (!FITS(path, "%s/%s", dir, names[i]))
			errx(2, "%s", dir);
		put(path, "", 0);
	}
	to->version = version;
	if (text_format(to->name, sizeof(to->name), "/x") < 0 || text_format(to->path, sizeof(to->path), "%s", dir) < 0)
		err(2, "%s", dir);
}

int main(int argc, char **argv)
{
	static char text[TEXT];
	struct cgroup group = { .count = 0 };
	unsigned long cases = 0, accepted = 0;
	json_t *sound[16];
	int count = 0, quiet;
	char here[PATH_MAX];
	time_t end;

	for (; count + 3 < argc && count < (int)COUNT(sound); count++)
		if ((sound[count] = json_load_file(argv[count + 3], 0, NULL)) == NULL)
			errx(2, "%s: no JSON", argv[count + 3]);
	if (count == 0 || getcwd(here, sizeof(here)) == NULL)
		errx(2, "usage: fuzz SECONDS SEED CONFIG...");
	srandom((unsigned)atoi(argv[2]));
	folder("v2", 2, &group);
	mkdir("rootfs", 0700);
	/* What is warned of is no matter. */
	quiet = dup(2);
	if (freopen("/dev/null", "w", stderr) == NULL || dup2(quiet, 2) < 0)
		err(2, "stderr");
	for (end = time(NULL) + atoi(argv[1]); time(NULL) < end; cases++) {
		json_t *tree = json_deep_copy(sound[below((size_t)count)]);
		for (size_t times = below(5); times > 0; times--)
			spoil(tree);
		size_t length = json_dumpb(tree, text, sizeof(text), JSON_COMPACT);
		json_decref(tree);
		if (length == 0 || length >= sizeof(text))
			continue;
		if (below(4) == 0)
			length = noise(text, length, sizeof(text));
		put("config.json", text, length);
		accepted += try_config(&group);
		try_state();
		try_users(here);
	}
	printf("%lu cases, %lu of them accepted\n", cases, accepted);
	return 0;
}
