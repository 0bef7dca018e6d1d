/* process.c - config.json's "process": who runs what with which rights */
#include <linux/ioprio.h>
#include <sys/personality.h>

#include "oci.h"

/* What the specification calls as the kernel does. */
#define WORD(name) { #name, name }
static const struct json_word limit_names[] = {
	WORD(RLIMIT_AS), WORD(RLIMIT_CORE), WORD(RLIMIT_CPU), WORD(RLIMIT_DATA), WORD(RLIMIT_FSIZE), WORD(RLIMIT_LOCKS),
	WORD(RLIMIT_MEMLOCK), WORD(RLIMIT_MSGQUEUE), WORD(RLIMIT_NICE), WORD(RLIMIT_NOFILE), WORD(RLIMIT_NPROC), WORD(RLIMIT_RSS),
	WORD(RLIMIT_RTPRIO), WORD(RLIMIT_RTTIME), WORD(RLIMIT_SIGPENDING), WORD(RLIMIT_STACK), { NULL, 0 },
};
static const struct json_word io_classes[] = {
	WORD(IOPRIO_CLASS_RT), WORD(IOPRIO_CLASS_BE), WORD(IOPRIO_CLASS_IDLE), { NULL, 0 },
};
static const struct json_word policies[] = {
	WORD(SCHED_OTHER), WORD(SCHED_FIFO), WORD(SCHED_RR), WORD(SCHED_BATCH), { "SCHED_ISO", 4 }, WORD(SCHED_IDLE),
	{ "SCHED_DEADLINE", 6 }, { NULL, 0 },
};
static const struct json_word policy_flags[] = {
	{ "SCHED_FLAG_RESET_ON_FORK", 1 }, { "SCHED_FLAG_RECLAIM", 2 }, { "SCHED_FLAG_DL_OVERRUN", 4 }, { "SCHED_FLAG_KEEP_POLICY", 8 },
	{ "SCHED_FLAG_KEEP_PARAMS", 16 }, { "SCHED_FLAG_UTIL_CLAMP_MIN", 32 }, { "SCHED_FLAG_UTIL_CLAMP_MAX", 64 }, { NULL, 0 },
};

static int parse_limits(json_t *array, struct process *p, struct failure *f)
{
	json_t *value;
	size_t i;

	json_array_foreach(array, i, value) {
		json_int_t soft, hard;
		const char *type;
		PASS(json_take(value, "process.rlimits", f, "{s:s, s:I, s:I}", "type", &type, "soft", &soft, "hard", &hard));
		const struct json_word *word = word_find(limit_names, type);
		if (word == NULL)
			return fail(f, 0, "process.rlimits: %s: no such limit", type);
		for (size_t k = 0; k < p->limit_count; k++)
			if (p->limits[k].resource == (int)word->value)
				return fail(f, 0, "process.rlimits: %s: twice", type);
		p->limits[p->limit_count].resource = (int)word->value;
		p->limits[p->limit_count++].limit = (struct rlimit){
			.rlim_cur = soft == INT64_MAX ? RLIM_INFINITY : (rlim_t)soft,
			.rlim_max = hard == INT64_MAX ? RLIM_INFINITY : (rlim_t)hard,
		};
	}
	return 0;
}

/* parse_capabilities - the five sets; one that is absent is empty */
static void parse_capabilities(json_t *object, struct process *p)
{
	static const char *const sets[SETS] = { "bounding", "effective", "permitted", "inheritable", "ambient" };
	json_t *name;
	uint64_t bit;
	size_t i;

	for (int set = 0; set < SETS; set++)
		json_array_foreach(json_object_get(object, sets[set]), i, name) {
			/* As the specification wants it: a name that means nothing here gives nothing. */
			if (capability_parse(json_string_value(name), &bit) == 0 && bit != CAPABILITIES_ALL &&
			    prctl(PR_CAPBSET_READ, __builtin_ctzll(bit), 0, 0, 0) >= 0)
				p->caps[set] |= bit;
			else
				warn_line("process.capabilities.%s: '%s': no such capability: not given", sets[set], json_string_value(name));
		}
}

int process_parse(json_t *object, struct process *p, struct failure *f)
{
	json_t *args = NULL, *env = NULL, *groups = NULL, *caps = NULL, *limits = NULL, *user = NULL;
	int terminal = 0, no_new_privs = 0, height = 0, width = 0;
	json_int_t uid = 0, first_gid = 0;

	p->umask = p->personality = -1;
	p->oom_score = OOM_UNSET;
	if (object == NULL)
		return fail(f, 0, "config.json: no 'process'");
	PASS(json_take(object, "process", f, "{s:o, s?o, s:s, s?b, s?b, s?o, s?o, s?o, s?s, s?I, s?o, s?o, s?{s:i, s:i}}",
		       "args", &args, "env", &env, "cwd", &p->cwd, "terminal", &terminal, "noNewPrivileges", &no_new_privs,
		       "user", &user, "capabilities", &caps, "rlimits", &limits, "apparmorProfile", &p->apparmor,
		       "oomScoreAdj", &p->oom_score, "scheduler", &p->scheduler,
		       "ioPriority", &p->io_priority, "consoleSize", "height", &height, "width", &width));
	PASS(json_take(user, "process.user", f, "{s?I, s?I, s?i, s?o}", "uid", &uid, "gid", &first_gid, "umask", &p->umask,
		       "additionalGids", &groups));
	if (p->cwd[0] != '/')
		return fail(f, 0, "process.cwd: '%s' is not an absolute path", p->cwd);
	if ((p->args = json_strings(args, "process.args", f)) == NULL || (p->env = json_strings(env, "process.env", f)) == NULL)
		return -1;
	if (p->args[0] == NULL || p->args[0][0] == '\0')
		return fail(f, 0, "process.args: no program");
	p->uid = (uid_t)uid;
	p->gid = (gid_t)first_gid;
	if ((p->groups = calloc(json_array_size(groups) + 1, sizeof(gid_t))) == NULL)
		return fail(f, ENOMEM, "process.user.additionalGids");
	for (; p->group_count < json_array_size(groups); p->group_count++)
		p->groups[p->group_count] = (gid_t)json_integer_value(json_array_get(groups, p->group_count));
	p->terminal = terminal != 0;
	p->no_new_privs = no_new_privs != 0;
	p->size = (struct winsize){ .ws_row = (unsigned short)height, .ws_col = (unsigned short)width };
	parse_capabilities(caps, p);
	return parse_limits(limits, p, f);
}

int personality_parse(json_t *object, struct process *p, struct failure *f)
{
	static const struct json_word domains[] = { { "LINUX", PER_LINUX }, { "LINUX32", PER_LINUX32 }, { NULL, 0 } };
	const char *domain = "LINUX";
	json_t *flags = NULL;

	if (object == NULL)
		return 0;
	PASS(json_take(object, "linux.personality", f, "{s:s, s?o}", "domain", &domain, "flags", &flags));
	/* The specification has no flags yet. */
	if (word_find(domains, domain) == NULL || json_array_size(flags) > 0)
		return fail(f, 0, "linux.personality: '%s'%s: not supported", domain, json_array_size(flags) > 0 ? " with flags" : "");
	p->personality = (int)word_find(domains, domain)->value;
	return 0;
}

static int set_io_priority(json_t *object, pid_t pid, struct failure *f)
{
	const char *name = "";
	int priority = 0;

	PASS(json_take(object, "process.ioPriority", f, "{s:s, s?i}", "class", &name, "priority", &priority));
	const struct json_word *class = word_find(io_classes, name);
	if (class == NULL || priority < 0 || priority > 7)
		return fail(f, 0, "process.ioPriority: '%s': no such class", name);
	TRY(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, IOPRIO_PRIO_VALUE((int)class->value, priority)), "process.ioPriority");
	return 0;
}

static int set_scheduler(json_t *object, pid_t pid, struct failure *f)
{
	/* sched_attr of sched_setattr(2), here with what clamps need: its header and the C
	 * library's do not go together. */
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
		uint32_t clamp_min, clamp_max;
	} attr = { .size = sizeof(attr), .clamp_max = 1024 };
	const char *name = "";
	json_t *flags = NULL;

	PASS(json_take(object, "process.scheduler", f, "{s:s, s?i, s?i, s?o, s?I, s?I, s?I}", "policy", &name, "nice", &attr.nice,
		       "priority", &attr.priority, "flags", &flags, "runtime", &attr.runtime, "deadline", &attr.deadline, "period", &attr.period));
	PASS(json_flags(flags, "process.scheduler.flags", policy_flags, &attr.flags, f));
	const struct json_word *policy = word_find(policies, name);
	if (policy == NULL)
		return fail(f, 0, "process.scheduler: '%s': no such policy", name);
	attr.policy = (uint32_t)policy->value;
	TRY(syscall(SYS_sched_setattr, pid, &attr, 0), "process.scheduler");
	return 0;
}

int process_lend(const struct process *p, char *was, size_t size, struct failure *f)
{
	char score[24];

	*was = '\0';
	if (p->oom_score == OOM_UNSET)
		return 0;
	snprintf(score, sizeof(score), "%lld", (long long)p->oom_score);
	TRY(file_read(was, size, "/proc/self/oom_score_adj"), "process.oomScoreAdj");
	TRY(file_write(score, "/proc/self/oom_score_adj"), "process.oomScoreAdj: %s", score);
	return 0;
}

int process_prepare(const struct process *p, pid_t pid, struct failure *f)
{
	/* In a user namespace none can be raised: then that is for us. */
	for (size_t i = 0; p->limits_refused && i < p->limit_count; i++)
		TRY(prlimit(pid, (enum __rlimit_resource)p->limits[i].resource, &p->limits[i].limit, NULL), "process.rlimits: number %d", p->limits[i].resource);
	if (p->io_priority != NULL)
		PASS(set_io_priority(p->io_priority, pid, f));
	return p->scheduler != NULL ? set_scheduler(p->scheduler, pid, f) : 0;
}
