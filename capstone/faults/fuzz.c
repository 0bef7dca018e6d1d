/* fuzz.c - feed the option parser of skiff with nonsense
 *
 *   fuzz [SECONDS [SEED]]       default: 15 seconds, a seed of the day
 *
 * Mutates good command lines and good arguments: bits, bytes, pieces of other
 * ones, very long ones.  Where the parser says yes, the values must be ones that
 * are possible; where it says no, it has said why in one line.  Crashes and
 * undefined behaviour are for the sanitizers it is built with.  Says the seed:
 * the same one does the same again.  Status 1 where a value was wrong. */
#include <err.h>
#include <inttypes.h>
#include <math.h>
#include <sys/prctl.h>
#include <time.h>

#include "../command/command.h"

enum { MAX_ARGS = 24, LONG = 70000 };

static const char *const words[] = {
	"--name", "--hostname", "-m", "--memory", "--cpus", "--pids-limit", "--ulimit", "--cap-add", "--cap-drop",
	"--privileged", "--security-opt", "-v", "--volume", "--tmpfs", "--layer", "--upper", "--read-only", "--network",
	"--userns", "-u", "--user", "-e", "--env", "-w", "--workdir", "-t", "-i", "-ti", "--init", "--timeout",
	"--delegate", "--time-offset", "--", "-", "--mem", "--c", "-m5", "-eX=1", "-uX",
	"a-name", "64m", "1.5", "0.01", "8192", "100", "nofile=64:128", "core=0", "chown", "ALL", "cap_net_raw",
	"seccomp=unconfined", "no-new-privileges=false", "unmask=ALL", "/tmp:/x:ro", "/tmp:/y", "/x:size=1m,mode=700,ro",
	"/tmp", "none", "host", "bridge", "auto", "0:0", "1000:1000", "4294967294", "4294967295", "A=b", "HOME", "=",
	"9223372036854775807", "18446744073709551616", "0", "-5", "+5", "", "1e3", "nan", "0x10", " 1", "1 ",
	"8796093022207m", "8589934591g", "9223372036854775807b", ".", "..", "1..1", ":", "::", ",", "/", "root",
};

static const char *const maps[] = {
	"         0          0 4294967295\n", "0 1000 1\n", "0 524288 65536\n65536 1 1\n", "1000 0 1\n",
	"0 100000 4294967295\n4294967295 0 1\n", "", "x", "1 2", "0 0 0\n",
};

/* A command line is parsed once, so what it keeps is nobody's leak. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:quarantine_size_mb=16";
}

struct random {
	uint64_t state;
};

/* xorshift64*: the same everywhere for the same seed */
static uint32_t number(struct random *r, uint32_t below)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (uint32_t)((r->state * UINT64_C(2685821657736338717)) >> 32) % below;
}

static void wrong(const char *what, const char *text)
{
	fprintf(stderr, "fuzz: %s: accepted '%s'\n", what, text);
	abort();
}

/* mutate - a copy of one of LIST, mostly changed, sometimes very long */
static char *mutate(struct random *r, const char *const *list, size_t count)
{
	static const char bytes[] = "0123456789:=,.-+/ \n%nbkmgKMGT\x01\x7f\xff\x80";
	const char *other = list[number(r, (uint32_t)count)];
	char *text = strdup(list[number(r, (uint32_t)count)]), *longer;
	size_t len = strlen(text), at;

	for (uint32_t n = number(r, 4); n > 0; n--) {
		at = number(r, (uint32_t)len + 1);
		switch (number(r, 6)) {
		case 0:
			if (len > 0)
				text[at % len] ^= (char)(1 << number(r, 7));
			break;
		case 1:
			if (len > 0)
				text[at % len] = bytes[number(r, sizeof(bytes) - 1)];
			break;
		case 2:
			text[at] = '\0';
			break;
		case 3:
			if (asprintf(&longer, "%.*s%s%s", (int)at, text, other, text + at) < 0)
				err(125, "asprintf");
			free(text);
			text = longer;
			break;
		case 4:
			if (asprintf(&longer, "%.*s%c%s", (int)at, text, bytes[number(r, sizeof(bytes) - 1)], text + at) < 0)
				err(125, "asprintf");
			free(text);
			text = longer;
			break;
		default:
			if (number(r, 50) != 0)
				break;
			longer = malloc(LONG + 1);
			memset(longer, bytes[number(r, sizeof(bytes) - 1)], LONG);
			longer[number(r, LONG)] = '\0';
			free(text);
			text = longer;
		}
		len = strlen(text);
	}
	return text;
}

/* ---- what may be accepted --------------------------------------------------- */

static void try_numbers(struct random *r)
{
	char *text = mutate(r, words, COUNT(words));
	uint64_t value = 0, min = number(r, 10), max = min + number(r, 1000000);

	if (parse_bytes(text, &value) == 0 && (value == 0 || value > INT64_MAX || *text < '0' || *text > '9'))
		wrong("parse_bytes", text);
	if (parse_cpus(text, &value) == 0 && (value < CPU_PERIOD_US / 100 || value > UINT64_C(8192) * CPU_PERIOD_US ||
					       fabs(strtod(text, NULL) * CPU_PERIOD_US - (double)value) > 1))
		wrong("parse_cpus", text);
	if (parse_count(text, min, max, &value) == 0 && (value < min || value > max || text[strspn(text, "0123456789")] != '\0'))
		wrong("parse_count", text);
	if (capability_parse(text, &value) == 0 && (value == 0 || (value != CAPABILITIES_ALL && (value & (value - 1)) != 0)))
		wrong("capability_parse", text);
	free(text);
}

static void try_map(struct random *r)
{
	static const uint32_t ids[] = { 0, 1, 1000, 65535, 524288, UINT32_MAX - 1 };
	char *map = mutate(r, maps, COUNT(maps));
	uint32_t own = ids[number(r, COUNT(ids))], want = ids[number(r, COUNT(ids))], base = 0, count = 0;

	if (strlen(map) < 4096 && idmap_choose(map, want, own, &base, &count) == 0 &&
	    (count == 0 || count > 65536 || (own >= base && own - base < count)))
		wrong("idmap_choose", map);
	free(map);
}

static void check_config(const struct config *config, char **argv)
{
	const struct security *s = &config->security;

	if (config->memory == 0 || config->memory > INT64_MAX || config->pids == 0 || config->pids > 4194304 ||
	    config->cpu_quota < 1000 || config->timeout > 1000000000 || llabs(config->time_offset) > 1000000000)
		wrong("a limit", argv[1]);
	if (config->env_count < 0 || config->env_count > MAX_ENV || config->security.limit_count < 0 ||
	    (size_t)config->security.limit_count > COUNT(config->security.limits) || config->tree_count < 1 || config->tree_count > MAX_TREES)
		wrong("a count", argv[1]);
	if (s->uid == UINT32_MAX || s->gid == UINT32_MAX || config->network > NETWORK_BRIDGE || config->command == NULL ||
	    config->command[0] == NULL)
		wrong("a value", argv[1]);
	/* Those that no option takes away. */
	if (!config->join && (~s->namespaces & (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP)))
		wrong("namespaces", argv[1]);
	for (int i = 0; i < config->tree_count; i++)
		if (config->trees[i].kind >= VOLUME && (config->trees[i].target == NULL || *config->trees[i].target != '/'))
			wrong("a target", argv[1]);
	for (int i = 0; i < config->security.limit_count; i++)
		if (config->security.limits[i].limit.rlim_cur > config->security.limits[i].limit.rlim_max)
			wrong("--ulimit", argv[1]);
	for (const char *name = config->name != NULL && !config->join ? config->name : ""; *name != '\0'; name++)
		if (*name == '/')
			wrong("--name", argv[1]);
}

static void free_config(struct config *config)
{
	for (int i = 0; i < config->env_count; i++)
		free(config->env[i]);
	for (int i = 0; i < config->tree_count; i++)
		if (config->trees[i].kind == VOLUME)
			free(config->trees[i].source);
		else if (config->trees[i].kind == TMPFS)
			free(config->trees[i].target);
}

static bool try_line(struct random *r, struct config *config)
{
	char *argv[MAX_ARGS + 1] = { strdup(number(r, 4) == 0 ? "exec" : "run") };
	struct failure f = { 0 };
	int argc = 1, status;

	for (int n = (int)number(r, MAX_ARGS - 1); argc <= n; argc++)
		argv[argc] = number(r, 3) > 0 ? strdup(words[number(r, COUNT(words))]) : mutate(r, words, COUNT(words));
	if (argc < MAX_ARGS && number(r, 2) == 0)
		argv[argc++] = strdup("/tmp");
	optind = 0;     /* getopt(3) starts afresh */
	status = options_parse(config, argc, argv, &f);
	if (status == 0)
		check_config(config, argv);
	else if (status < 0 && (f.status != 125 || f.text[0] == '\0' || strchr(f.text, '\n') != NULL))
		wrong("no word of what is wrong", argc > 1 ? argv[1] : "");
	free_config(config);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return status == 0;
}

int main(int argc, char **argv)
{
	static struct config config;
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 15;
	struct random random = { argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL) / 86400 };
	struct timespec now, start;
	unsigned long rounds = 0, accepted = 0;
	struct rlimit memory = { 4096, 4096 };
	struct rusage usage;

	printf("seed %" PRIu64 "\n", random.state);
	fflush(stdout);
	random.state = random.state * UINT64_C(0x9e3779b97f4a7c15) + 1;
	/* --help prints; a crash leaves no core. */
	setrlimit(RLIMIT_CORE, &memory);
	if (freopen("/dev/null", "w", stdout) == NULL)
		err(125, "/dev/null");
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		for (int i = 0; i < 200; i++, rounds++) {
			try_numbers(&random);
			try_map(&random);
			accepted += try_line(&random, &config);
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9 < seconds);
	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr, "%lu rounds, %lu command lines accepted, %ld MiB at most\n", rounds, accepted, usage.ru_maxrss / 1024);
	return usage.ru_maxrss > 1024L * 1024 ? 1 : 0;
}
