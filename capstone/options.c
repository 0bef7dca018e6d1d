/* options.c - the command line of `skiff run`, as Docker's users type it */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "skiff.h"

static const char usage[] =
"usage: skiff run [OPTIONS] ROOTFS [COMMAND [ARG...]]\n"
"Run COMMAND (default: /bin/sh) in a container over the directory ROOTFS.\n"
"\n"
"  -m, --memory BYTES     memory limit, no swap beyond it: 64m, 2g (default 512m)\n"
"      --cpus NUMBER      CPU time limit in CPUs: 0.5, 2 (default 1)\n"
"      --pids-limit N     tasks (default 256)\n"
"      --cap-add NAME     keep a capability more (ALL: every one)\n"
"      --cap-drop NAME    drop one of the default eleven (ALL: every one)\n"
"      --privileged       all capabilities, no seccomp filter, nothing masked\n"
"      --security-opt X   seccomp=unconfined, no-new-privileges=BOOL, unmask=ALL\n"
"      --network MODE     none (default: only lo) or host\n"
"      --userns MODE      auto (default: ids of its own) or host (as root only)\n"
"      --read-only        the root filesystem read-only\n"
"  -u, --user UID[:GID]   numeric ids inside the container (default 0:0)\n"
"  -e, --env NAME[=VALUE] environment; without VALUE the caller's\n"
"  -w, --workdir DIR      working directory inside (default /)\n"
"      --hostname NAME    (default: the container's id)\n"
"      --init             a small init as PID 1, COMMAND its child\n"
"      --timeout SECONDS  kill the container then\n"
"  -h, --help             this text\n"
"\n"
"Exit status: COMMAND's, 128+n if signal n killed it, 125 if skiff failed,\n"
"126 if COMMAND cannot be run, 127 if it is not there.\n";

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
	char digits[24];
	size_t len = strlen(text);
	const char *suffix = NULL;
	unsigned shift = 0;

	if (len > 0 && (suffix = strchr(suffixes, text[len - 1] | 0x20)) != NULL) {
		shift = 10 * (unsigned)(suffix - suffixes);
		len--;
	}
	errno = EINVAL;
	if (len == 0 || len >= sizeof(digits))
		return -1;
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

static int parse_user(const char *text, struct config *config)
{
	char uid_text[16];
	const char *colon = strchr(text, ':');
	size_t len = colon != NULL ? (size_t)(colon - text) : strlen(text);
	uint64_t uid, gid = 0;

	if (len >= sizeof(uid_text))
		return -1;
	memcpy(uid_text, text, len);
	uid_text[len] = '\0';
	if (parse_count(uid_text, 0, UINT32_MAX - 1, &uid) < 0 ||
	    (colon != NULL && parse_count(colon + 1, 0, UINT32_MAX - 1, &gid) < 0))
		return -1;
	config->uid = (uid_t)uid;
	config->gid = (gid_t)gid;
	return 0;
}

static int parse_bool(const char *text, bool *value)
{
	*value = strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0;
	return *value || strcasecmp(text, "false") == 0 || strcmp(text, "0") == 0 ? 0 : -1;
}

static int parse_security(const char *text, struct config *config)
{
	if (strcmp(text, "seccomp=unconfined") == 0)
		config->seccomp = false;
	else if (strcasecmp(text, "unmask=all") == 0)
		config->masked = false;
	else if (strcmp(text, "no-new-privileges") == 0)
		config->no_new_privs = true;
	else if (strncmp(text, "no-new-privileges=", 18) == 0 ||
		 strncmp(text, "no-new-privileges:", 18) == 0)
		return parse_bool(text + 18, &config->no_new_privs);
	else
		return -1;
	return 0;
}

/* add_env - NAME=VALUE, or NAME for the caller's; a later one takes the place
 * of an earlier, and OVERRIDE false leaves the earlier */
static int add_env(struct config *config, const char *text, bool override)
{
	size_t name = strcspn(text, "=");
	char *entry = NULL;
	int i = 0;

	if (name == 0)
		return -1;
	while (i < config->env_count && (strncmp(config->env[i], text, name) != 0 ||
					 config->env[i][name] != '='))
		i++;
	if (i < config->env_count && !override)
		return 0;
	if (i == MAX_ENV)
		return -1;
	if (text[name] == '=') {
		entry = strdup(text);
	} else {
		if (getenv(text) == NULL)
			return 0;
		if (asprintf(&entry, "%s=%s", text, getenv(text)) < 0)
			entry = NULL;
	}
	if (entry == NULL)
		return -1;
	if (i < config->env_count)
		free(config->env[i]);
	else
		config->env_count++;
	config->env[i] = entry;
	return 0;
}

int environment_fill(struct config *config)
{
	char line[300];

	snprintf(line, sizeof(line), "HOSTNAME=%s", config->hostname);
	return add_env(config, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		       false) < 0 ||
	       add_env(config, config->uid == 0 ? "HOME=/root" : "HOME=/", false) < 0 ||
	       add_env(config, getenv("TERM") != NULL ? "TERM" : "TERM=dumb", false) < 0 ||
	       add_env(config, line, false) < 0 ? -1 : 0;
}

enum { MEMORY = 'm', USER = 'u', ENVIRONMENT = 'e', WORKDIR = 'w', HELP = 'h',
       CPUS = 256, PIDS, CAP_ADD, CAP_DROP, PRIVILEGED, SECURITY, NETWORK, USERNS,
       READ_ONLY, HOSTNAME, INIT, TIMEOUT };

static const struct option options[] = {
	{ "memory", required_argument, NULL, MEMORY }, { "cpus", required_argument, NULL, CPUS },
	{ "pids-limit", required_argument, NULL, PIDS },
	{ "cap-add", required_argument, NULL, CAP_ADD },
	{ "cap-drop", required_argument, NULL, CAP_DROP },
	{ "privileged", no_argument, NULL, PRIVILEGED },
	{ "security-opt", required_argument, NULL, SECURITY },
	{ "network", required_argument, NULL, NETWORK },
	{ "userns", required_argument, NULL, USERNS }, { "read-only", no_argument, NULL, READ_ONLY },
	{ "user", required_argument, NULL, USER }, { "env", required_argument, NULL, ENVIRONMENT },
	{ "workdir", required_argument, NULL, WORKDIR },
	{ "hostname", required_argument, NULL, HOSTNAME }, { "init", no_argument, NULL, INIT },
	{ "timeout", required_argument, NULL, TIMEOUT }, { "help", no_argument, NULL, HELP },
	{ NULL, 0, NULL, 0 },
};

struct caps { uint64_t add, drop; };

/* one_option - returns -1 where ARGUMENT is not what OPTION takes */
static int one_option(struct config *config, struct caps *caps, int option, const char *argument)
{
	uint64_t bits;

	switch (option) {
	case MEMORY: config->limits_asked = true; return parse_bytes(argument, &config->memory);
	case CPUS: config->limits_asked = true; return parse_cpus(argument, &config->cpu_quota);
	case PIDS:
		config->limits_asked = true;
		return parse_count(argument, 1, 4194304, &config->pids);
	case CAP_ADD:
	case CAP_DROP:
		if (capability_parse(argument, &bits) < 0)
			return -1;
		*(option == CAP_ADD ? &caps->add : &caps->drop) |= bits;
		return 0;
	case PRIVILEGED:
		caps->add = CAPABILITIES_ALL;
		config->seccomp = config->masked = false;
		return 0;
	case SECURITY: return parse_security(argument, config);
	case NETWORK:
		config->host_network = strcmp(argument, "host") == 0;
		return config->host_network || strcmp(argument, "none") == 0 ? 0 : -1;
	case USERNS:
		config->userns = strcmp(argument, "auto") == 0;
		return config->userns || strcmp(argument, "host") == 0 ? 0 : -1;
	case READ_ONLY: config->read_only = true; return 0;
	case USER: return parse_user(argument, config);
	case ENVIRONMENT: return add_env(config, argument, true);
	case WORKDIR: config->workdir = argument; return *argument == '/' ? 0 : -1;
	case HOSTNAME:
		config->hostname = argument;
		return *argument != '\0' && strlen(argument) <= 64 ? 0 : -1;
	case INIT: config->init = true; return 0;
	default:
		if (parse_count(argument, 1, 1000000000, &bits) < 0)
			return -1;
		config->timeout = (unsigned)bits;
		return 0;
	}
}

int options_parse(struct config *config, int argc, char **argv, struct failure *f)
{
	static char *shell[] = { "/bin/sh", NULL };
	struct caps caps = { 0, 0 };
	struct stat st;
	int option, index = -1;

	*config = (struct config){
		.command = shell, .memory = 512 << 20, .pids = 256, .cpu_quota = CPU_PERIOD_US,
		.userns = true, .masked = true, .seccomp = true, .no_new_privs = true,
	};
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+m:u:e:w:h", options, &index)) != -1) {
		if (option == HELP) {
			fputs(usage, stdout);
			return 1;
		}
		if (option == '?')
			return fail(f, 0, "run: %s: unknown option, or its argument is missing "
				    "(see skiff run --help)", argv[optind - 1]);
		if (one_option(config, &caps, option, optarg) < 0)
			return fail(f, 0, "run: %s%s: '%s' is not what it takes (see skiff run --help)",
				    index >= 0 ? "--" : "-", index >= 0 ? options[index].name :
				    (char[]){ (char)option, '\0' }, optarg);
		index = -1;
	}
	if (caps.add == CAPABILITIES_ALL && caps.drop == CAPABILITIES_ALL)
		return fail(f, 0, "run: --cap-add ALL and --cap-drop ALL contradict each other");
	config->capabilities = caps.drop == CAPABILITIES_ALL ? caps.add :
			       (capabilities_default() | caps.add) & ~caps.drop;
	if (optind == argc)
		return fail(f, 0, "run: ROOTFS is missing (see skiff run --help)");
	config->rootfs = argv[optind];
	if (optind + 1 < argc)
		config->command = argv + optind + 1;
	if (stat(config->rootfs, &st) < 0)
		return fail(f, errno, "%s", config->rootfs);
	if (!S_ISDIR(st.st_mode))
		return fail(f, ENOTDIR, "%s", config->rootfs);
	return 0;
}
