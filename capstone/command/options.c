/* options.c - the command line of `skiff run` and `skiff exec`, as Docker's
 * users type it
 *
 * One row for each option: how it is spelt, what --help says of it, and the
 * function that takes its argument.  All is checked here, before anything is
 * made.
 */
#include <getopt.h>
#include <strings.h>

#include "command.h"

int parse_count(const char *text, uint64_t min, uint64_t max, uint64_t *count)
{
	unsigned long long value;
	char *end;

	errno = EINVAL;
	if (text[0] < '0' || text[0] > '9')
		return -1;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno == 0 && *end != '\0')
		errno = EINVAL;
	else if (errno == 0 && (value < min || value > max))
		errno = ERANGE;
	*count = value;
	return errno == 0 ? 0 : -1;
}

int parse_bytes(const char *text, uint64_t *bytes)
{
	static const char suffixes[] = "bkmg";
	size_t len = strlen(text);
	const char *suffix = NULL;
	char digits[24];
	unsigned shift;

	if (len > 0 && (suffix = strchr(suffixes, text[len - 1] | 0x20)) != NULL)
		len--;
	errno = EINVAL;
	if (len == 0 || len >= sizeof(digits))
		return -1;
	shift = suffix != NULL ? 10 * (unsigned)(suffix - suffixes) : 0;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (parse_count(digits, 1, (uint64_t)INT64_MAX >> shift, bytes) < 0)
		return -1;
	*bytes <<= shift;
	return 0;
}

int parse_cpus(const char *text, uint64_t *quota)
{
	char *end;
	double cpus;

	/* strtod(3) would also take "inf", "0x1" and " 1". */
	errno = EINVAL;
	if (*text == '\0' || text[strspn(text, "0123456789.")] != '\0')
		return -1;
	cpus = strtod(text, &end);
	if (end == text || *end != '\0')
		return -1;
	errno = ERANGE;
	if (cpus < 0.01 || cpus > 8192)
		return -1;
	*quota = (uint64_t)(cpus * CPU_PERIOD_US + 0.5);
	return 0;
}

static int parse_bool(const char *text, bool *value)
{
	*value = strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0;
	return *value || strcasecmp(text, "false") == 0 || strcmp(text, "0") == 0 ? 0 : -1;
}

/* ---- what the rows call: -1 where TEXT is not what the option takes ------- */

/* A member of the config, at OFFSET. */
#define MEMBER(type) (*(type *)(void *)((char *)config + offset))

static int set_flag(struct config *config, size_t offset, const char *text)
{
	(void)text;
	MEMBER(bool) = true;
	return 0;
}

static int set_path(struct config *config, size_t offset, const char *text)
{
	MEMBER(const char *) = text;
	return *text == '/' ? 0 : -1;
}

/* A host's or container's name: it is part of a file's, too. */
static int set_name(struct config *config, size_t offset, const char *text)
{
	static const char known[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	MEMBER(const char *) = text;
	return strlen(text) <= 64 && *text != '.' && *text != '-' && *text != '\0' &&
	       text[strspn(text, known)] == '\0' ? 0 : -1;
}

static int set_memory(struct config *config, size_t offset, const char *text)
{
	config->limits_asked = true;
	return parse_bytes(text, &MEMBER(uint64_t));
}

static int set_cpus(struct config *config, size_t offset, const char *text)
{
	config->limits_asked = true;
	return parse_cpus(text, &MEMBER(uint64_t));
}

static int set_pids(struct config *config, size_t offset, const char *text)
{
	config->limits_asked = true;
	return parse_count(text, 1, 4194304, &MEMBER(uint64_t));
}

static int set_seconds(struct config *config, size_t offset, const char *text)
{
	return parse_count(text, 1, 1000000000, &MEMBER(uint64_t));
}

static int set_clock(struct config *config, size_t offset, const char *text)
{
	uint64_t seconds;

	config->security.namespaces |= CLONE_NEWTIME;
	if (parse_count(text + (*text == '-' || *text == '+'), 0, 1000000000, &seconds) < 0)
		return -1;
	MEMBER(int64_t) = *text == '-' ? -(int64_t)seconds : (int64_t)seconds;
	return 0;
}

static int set_capability(struct config *config, size_t offset, const char *text)
{
	uint64_t bits;

	if (capability_parse(text, &bits) < 0)
		return -1;
	MEMBER(uint64_t) |= bits;
	return 0;
}

static int set_privileged(struct config *config, size_t offset, const char *text)
{
	(void)text;
	MEMBER(uint64_t) = CAPABILITIES_ALL;
	config->profile = "unconfined";
	config->masked = config->protected = NULL;
	return 0;
}

static int set_security(struct config *config, size_t offset, const char *text)
{
	(void)offset;
	if (strncmp(text, "seccomp=", 8) == 0 && text[8] != '\0')
		config->profile = text + 8;
	else if (strcasecmp(text, "unmask=all") == 0)
		config->masked = config->protected = NULL;
	else if (strcmp(text, "no-new-privileges") == 0)
		config->security.no_new_privs = true;
	else if (strncmp(text, "no-new-privileges=", 18) == 0 || strncmp(text, "no-new-privileges:", 18) == 0)
		return parse_bool(text + 18, &config->security.no_new_privs);
	else
		return -1;
	return 0;
}

static int set_network(struct config *config, size_t offset, const char *text)
{
	static const char *const modes[] = { "none", "host", "bridge" };

	config->security.namespaces |= CLONE_NEWNET;
	for (MEMBER(enum network) = 0; MEMBER(enum network) < COUNT(modes); MEMBER(enum network)++)
		if (strcmp(text, modes[MEMBER(enum network)]) == 0) {
			if (MEMBER(enum network) == NETWORK_HOST)
				config->security.namespaces &= ~(uint64_t)CLONE_NEWNET;
			return 0;
		}
	return -1;
}

static int set_userns(struct config *config, size_t offset, const char *text)
{
	uint64_t ids = 0;

	(void)offset;
	if (strncmp(text, "auto:size=", 10) == 0 && parse_count(text + 10, 1, UINT32_MAX - 1, &ids) < 0)
		return -1;
	config->ids = (uint32_t)ids;
	config->security.namespaces |= CLONE_NEWUSER;
	if (strcmp(text, "host") == 0)
		config->security.namespaces &= ~(uint64_t)CLONE_NEWUSER;
	return ids > 0 || strcmp(text, "auto") == 0 || strcmp(text, "host") == 0 ? 0 : -1;
}

static int set_user(struct config *config, size_t offset, const char *text)
{
	char number[16];
	size_t len = strcspn(text, ":");
	uint64_t uid, gid = 0;

	(void)offset;
	if (len >= sizeof(number))
		return -1;
	memcpy(number, text, len);
	number[len] = '\0';
	if (parse_count(number, 0, UINT32_MAX - 1, &uid) < 0 ||
	    (text[len] == ':' && parse_count(text + len + 1, 0, UINT32_MAX - 1, &gid) < 0))
		return -1;
	config->uid = (uid_t)uid;
	config->gid = (gid_t)gid;
	config->user_asked = true;
	return 0;
}

/* add_env - NAME=VALUE, or NAME for the caller's; a later one takes the place
 * of an earlier, and OVERRIDE 0 leaves the earlier */
static int add_env(struct config *config, size_t override, const char *text)
{
	size_t name = strcspn(text, "=");
	const char *value = text[name] == '=' ? text + name + 1 : getenv(text);
	char *entry;
	int i = 0;

	if (name == 0)
		return -1;
	while (i < config->env_count && (strncmp(config->env[i], text, name) != 0 || config->env[i][name] != '='))
		i++;
	if (value == NULL || (i < config->env_count && override == 0))
		return 0;
	if (i == MAX_ENV || asprintf(&entry, "%.*s=%s", (int)name, text, value) < 0)
		return -1;
	free(config->env[i]);
	config->env[i] = entry;
	config->env_count += i == config->env_count;
	return 0;
}

int environment_fill(struct config *config)
{
	char line[300];

	return text_format(line, sizeof(line), "HOSTNAME=%s", config->hostname) < 0 ||
	       add_env(config, 0, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin") < 0 ||
	       add_env(config, 0, config->security.uid == 0 ? "HOME=/root" : "HOME=/") < 0 ||
	       add_env(config, 0, getenv("TERM") != NULL ? "TERM" : "TERM=dumb") < 0 ||
	       add_env(config, 0, line) < 0 ? -1 : 0;
}

static struct tree *add_tree(struct config *config, int kind, const char *source)
{
	struct tree *tree = &config->trees[config->tree_count];

	if (config->tree_count++ == MAX_TREES)
		return NULL;
	*tree = (struct tree){ .kind = kind, .source = (char *)(uintptr_t)source, .mode = "1777", .fd = -1,
			       .shifted = true };
	return tree;
}

/* SRC:DST[:OPTIONS] of a volume, DST[:OPTIONS] of a tmpfs */
static int set_mount(struct config *config, size_t kind, const char *text)
{
	struct tree *tree = add_tree(config, (int)kind, NULL);
	char *rest = strdup(text), *word;
	uint64_t bytes;

	if (tree == NULL || rest == NULL)
		return -1;
	tree->source = kind == VOLUME ? strsep(&rest, ":") : NULL;
	tree->target = strsep(&rest, ":");
	if ((tree->source != NULL && *tree->source == '\0') || tree->target == NULL || *tree->target != '/' ||
	    strlen(tree->target) >= 4096)
		return -1;      /* cppcheck-suppress memleak; the tree points into it */
	while ((word = strsep(&rest, ",")) != NULL)
		if (strcmp(word, "ro") == 0)
			tree->read_only = true;
		else if (kind == TMPFS && strcmp(word, "exec") == 0)
			tree->exec = true;
		else if (kind == VOLUME && strcmp(word, "suid") == 0)
			tree->suid = true;
		else if (kind == VOLUME && strcmp(word, "noidmap") == 0)
			tree->shifted = false;
		else if (kind == TMPFS && strncmp(word, "size=", 5) == 0 && parse_bytes(word + 5, &bytes) == 0)
			tree->size = word + 5;
		else if (kind == TMPFS && strncmp(word, "mode=", 5) == 0 && word[5 + strspn(word + 5, "01234567")] == '\0')
			tree->mode = word + 5;
		else if (strcmp(word, "rw") != 0)
			return -1;
	return 0;
}

static int set_layer(struct config *config, size_t kind, const char *text)
{
	struct tree *tree = kind == UPPER && config->upper != NULL ? config->upper : add_tree(config, (int)kind, text);
	struct stat st;

	if (tree == NULL)
		return -1;
	tree->source = (char *)(uintptr_t)text;
	if (kind == UPPER)
		config->upper = tree;
	return stat(text, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : -1;
}

static int set_limit(struct config *config, size_t offset, const char *text)
{
	static const struct { const char *name; int resource; } known[] = {
		{ "as", RLIMIT_AS }, { "core", RLIMIT_CORE }, { "cpu", RLIMIT_CPU }, { "data", RLIMIT_DATA },
		{ "fsize", RLIMIT_FSIZE }, { "memlock", RLIMIT_MEMLOCK }, { "msgqueue", RLIMIT_MSGQUEUE },
		{ "nice", RLIMIT_NICE }, { "nofile", RLIMIT_NOFILE }, { "nproc", RLIMIT_NPROC }, { "rss", RLIMIT_RSS },
		{ "rtprio", RLIMIT_RTPRIO }, { "sigpending", RLIMIT_SIGPENDING }, { "stack", RLIMIT_STACK },
	};
	size_t name = strcspn(text, "=");
	char soft[48], *hard;
	uint64_t cur, max;

	(void)offset;
	if (text[name] == '\0' || strlen(text + name) >= sizeof(soft) || config->security.limit_count == COUNT(config->security.limits))
		return -1;
	memcpy(soft, text + name + 1, strlen(text + name));
	hard = strchr(soft, ':');
	if (hard != NULL)
		*hard++ = '\0';
	if (parse_count(soft, 0, INT64_MAX, &cur) < 0 || parse_count(hard != NULL ? hard : soft, cur, INT64_MAX, &max) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(known); i++)
		if (strlen(known[i].name) == name && strncmp(known[i].name, text, name) == 0) {
			config->security.limits[config->security.limit_count].resource = known[i].resource;
			config->security.limits[config->security.limit_count++].limit = (struct rlimit){ cur, max };
			return 0;
		}
	return -1;
}

/* ---- the rows ------------------------------------------------------------- */

#define AT(member) offsetof(struct config, member)
enum { RUN = 1, EXEC = 2 };

static const struct row {
	char letter, of;
	const char *name, *argument, *help;
	int (*set)(struct config *, size_t, const char *);
	size_t offset;
} rows[] = {
	{ 0, RUN, "name", "NAME", "for skiff exec, list, kill, stats (default: a random id)", set_name, AT(name) },
	{ 0, RUN, "hostname", "NAME", "(default: the container's id)", set_name, AT(hostname) },
	{ 'm', RUN, "memory", "BYTES", "memory limit, no swap beyond it: 64m, 2g (default 512m)", set_memory, AT(memory) },
	{ 0, RUN, "cpus", "NUMBER", "CPU time limit in CPUs: 0.5, 2 (default 1)", set_cpus, AT(cpu_quota) },
	{ 0, RUN, "pids-limit", "N", "tasks (default 256)", set_pids, AT(pids) },
	{ 0, RUN, "ulimit", "NAME=SOFT[:HARD]", "a limit of setrlimit(2): nofile=64:128", set_limit, 0 },
	{ 0, RUN, "cap-add", "NAME", "keep a capability more (ALL: every one)", set_capability, AT(cap_add) },
	{ 0, RUN, "cap-drop", "NAME", "drop one of the default eleven (ALL: every one)", set_capability, AT(cap_drop) },
	{ 0, RUN, "privileged", NULL, "all capabilities, no seccomp filter, nothing masked", set_privileged, AT(cap_add) },
	{ 0, RUN, "security-opt", "OPTION", "seccomp=FILE|unconfined, no-new-privileges=BOOL, unmask=ALL", set_security, 0 },
	{ 'v', RUN, "volume", "SRC:DST[:OPTIONS]", "mount a directory or file of the host's", set_mount, VOLUME },
	{ 0, RUN, "tmpfs", "DST[:OPTIONS]", "mount a tmpfs: size=BYTES, mode=OCTAL, ro, exec", set_mount, TMPFS },
	{ 0, RUN, "layer", "DIR", "one more lower directory on top of ROOTFS", set_layer, LOWER },
	{ 0, RUN, "upper", "DIR", "keep there what the container changes", set_layer, UPPER },
	{ 0, RUN, "read-only", NULL, "the root filesystem read-only", set_flag, AT(read_only) },
	{ 0, RUN, "network", "MODE", "none (default: only lo), host, or bridge (as root only)", set_network, AT(network) },
	{ 0, RUN, "userns", "MODE", "auto (default: ids of its own) or host (as root only)", set_userns, 0 },
	{ 'u', RUN | EXEC, "user", "UID[:GID]", "numeric ids inside the container (default 0:0)", set_user, 0 },
	{ 'e', RUN | EXEC, "env", "NAME[=VALUE]", "environment; without VALUE the caller's", add_env, 1 },
	{ 'w', RUN | EXEC, "workdir", "DIR", "working directory inside (default /)", set_path, AT(workdir) },
	{ 't', RUN | EXEC, "tty", NULL, "a terminal of the container's own", set_flag, AT(terminal) },
	{ 'i', RUN | EXEC, "interactive", NULL, "with the caller's stdin (default: /dev/null)", set_flag, AT(interactive) },
	{ 0, RUN, "init", NULL, "a small init as PID 1, COMMAND its child", set_flag, AT(init) },
	{ 0, RUN, "timeout", "SECONDS", "kill the container then", set_seconds, AT(timeout) },
	{ 0, RUN, "delegate", NULL, "a writable part of the cgroup tree inside", set_flag, AT(security.delegate) },
	{ 0, RUN, "time-offset", "SECONDS", "monotonic and boot clocks ahead by that", set_clock, AT(time_offset) },
	{ 'h', RUN | EXEC, "help", NULL, "this text", NULL, 0 },
};

static int print_help(char of)
{
	char spelt[64];

	printf(of == RUN ? "usage: skiff run [OPTIONS] ROOTFS [COMMAND [ARG...]]\n"
	       "Run COMMAND (default: /bin/sh) in a container over the directory ROOTFS.\n\n" :
	       "usage: skiff exec [OPTIONS] NAME COMMAND [ARG...]\n"
	       "Run COMMAND in the container NAME, with the restrictions that it has.\n\n");
	for (const struct row *row = rows; row < rows + COUNT(rows); row++) {
		/* lint: words of the table above, all of them short */
		snprintf(spelt, sizeof(spelt), "%s--%s %s", row->letter != 0 ? (char[]){ '-', row->letter, ',', ' ', 0 } :
			 "    ", row->name, row->argument != NULL ? row->argument : "");
		if (row->of & of)
			printf("  %-31s %s\n", spelt, row->help);
	}
	printf("\nExit status: COMMAND's, 128+n if signal n killed it, 125 if skiff failed,\n"
	       "126 if COMMAND cannot be run, 127 if it is not there.  See skiff(1).\n");
	return 1;
}

/* conflicts - what contradicts itself, or needs root */
static int conflicts(struct config *config, struct failure *f)
{
	bool root = geteuid() == 0;

	if (config->cap_add == CAPABILITIES_ALL && config->cap_drop == CAPABILITIES_ALL)
		return fail(f, 0, "run: --cap-add ALL and --cap-drop ALL contradict each other");
	if (config->read_only && config->upper != NULL)
		return fail(f, 0, "run: --read-only and --upper contradict each other");
	if (!(config->security.namespaces & CLONE_NEWUSER) && !root)
		return fail(f, 0, "run: --userns host: needs root");
	if (config->network == NETWORK_BRIDGE && !root)
		return fail(f, 0, "run: --network bridge: needs root");
	if (config->network == NETWORK_HOST && (config->sys = add_tree(config, SYSFS, "/sys")) == NULL)
		return fail(f, 0, "run: too many volumes");
	config->security.uid = config->uid;
	config->security.gid = config->gid;
	config->security.capabilities = config->cap_drop == CAPABILITIES_ALL ? config->cap_add :
					(capabilities_default() | config->cap_add) & ~config->cap_drop;
	return 0;
}

/* read_options - up to the first argument that is none, at optind */
static int read_options(struct config *config, int argc, char **argv, char of, struct failure *f)
{
	struct option options[COUNT(rows) + 1] = { { 0 } };
	char letters[2 * COUNT(rows) + 2] = "+";
	int option;

	for (size_t i = 0, n = 0; i < COUNT(rows); i++) {
		if (!(rows[i].of & of))
			continue;
		options[n++] = (struct option){ rows[i].name, rows[i].argument != NULL, NULL, 256 + (int)i };
		/* lint: there is room for two of each row */
		if (rows[i].letter != 0)
			snprintf(letters + strlen(letters), 3, "%c%s", rows[i].letter, rows[i].argument != NULL ? ":" : "");
	}
	opterr = 0;
	while ((option = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (option == '?')
			return fail(f, 0, "%s: %s: unknown option, or its argument is missing (see skiff %s --help)",
				    argv[0], argv[optind - 1], argv[0]);
		size_t i = option >= 256 ? (size_t)option - 256 : 0;
		while (option < 256 && rows[i].letter != option)
			i++;
		if (rows[i].set == NULL)
			return print_help(of);
		if (rows[i].set(config, rows[i].offset, optarg) < 0)
			return fail(f, 0, "%s: --%s: '%s' is not what it takes (see skiff %s --help)", argv[0],
				    rows[i].name, optarg, argv[0]);
	}
	return 0;
}

int options_parse(struct config *config, int argc, char **argv, struct failure *f)
{
	static char *shell[] = { "/bin/sh", NULL };
	struct stat st;
	int done;

	*config = (struct config){
		.security = { .no_new_privs = true, .namespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS |
							  CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP },
		.command = shell, .memory = 512 << 20, .pids = 256, .cpu_quota = CPU_PERIOD_US, .masked = mounts_masked, .protected = mounts_protected,
		.join = strcmp(argv[0], "exec") == 0,
	};
	add_tree(config, LOWER, NULL);
	done = read_options(config, argc, argv, config->join ? EXEC : RUN, f);
	if (done != 0)
		return done;
	PASS(conflicts(config, f));
	if (optind + config->join >= argc)
		return fail(f, 0, "%s: %s is missing (see skiff %s --help)", argv[0],
			    !config->join ? "ROOTFS" : optind == argc ? "NAME" : "COMMAND", argv[0]);
	if (optind + 1 < argc)
		config->command = argv + optind + 1;
	if (config->join) {
		config->name = argv[optind];
		return 0;
	}
	config->trees[0].source = argv[optind];
	TRY(stat(argv[optind], &st), "%s", argv[optind]);
	return S_ISDIR(st.st_mode) ? 0 : fail(f, ENOTDIR, "%s", argv[optind]);
}
