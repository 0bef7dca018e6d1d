/* process.c - config.json's "process": who runs what with which rights */
#include <linux/ioprio.h>

#include "oci.h"

static int parse_limits(json_t *array, struct process *p, struct failure *f)
{
	static const char *const names[RLIM_NLIMITS] = {
		[RLIMIT_AS] = "AS", [RLIMIT_CORE] = "CORE", [RLIMIT_CPU] = "CPU", [RLIMIT_DATA] = "DATA",
		[RLIMIT_FSIZE] = "FSIZE", [RLIMIT_LOCKS] = "LOCKS", [RLIMIT_MEMLOCK] = "MEMLOCK",
		[RLIMIT_MSGQUEUE] = "MSGQUEUE", [RLIMIT_NICE] = "NICE", [RLIMIT_NOFILE] = "NOFILE",
		[RLIMIT_NPROC] = "NPROC", [RLIMIT_RSS] = "RSS", [RLIMIT_RTPRIO] = "RTPRIO",
		[RLIMIT_RTTIME] = "RTTIME", [RLIMIT_SIGPENDING] = "SIGPENDING", [RLIMIT_STACK] = "STACK",
	};
	json_t *value;
	size_t i;

	json_array_foreach(array, i, value) {
		json_int_t soft, hard;
		const char *type;
		int n = 0;
		PASS(json_take(value, "process.rlimits", f, "{s:s, s:I, s:I}", "type", &type, "soft", &soft, "hard", &hard));
		while (n < RLIM_NLIMITS && (strncmp(type, "RLIMIT_", 7) != 0 || strcmp(type + 7, names[n]) != 0))
			n++;
		if (n == RLIM_NLIMITS)
			return fail(f, 0, "process.rlimits: %s: no such limit", type);
		for (size_t k = 0; k < p->limit_count; k++)
			if (p->limits[k].resource == n)
				return fail(f, 0, "process.rlimits: %s: twice", type);
		p->limits[p->limit_count].resource = n;
		p->limits[p->limit_count++].limit = (struct rlimit){
			.rlim_cur = soft == INT64_MAX || soft < 0 ? RLIM_INFINITY : (rlim_t)soft,
			.rlim_max = hard == INT64_MAX || hard < 0 ? RLIM_INFINITY : (rlim_t)hard,
		};
	}
	return 0;
}

static int parse_capabilities(json_t *object, struct process *p, struct failure *f)
{
	static const char *const sets[SETS] = { "bounding", "effective", "permitted", "inheritable", "ambient" };
	json_t *name;
	uint64_t bit;
	size_t i;

	for (int set = 0; set < SETS; set++)
		json_array_foreach(json_object_get(object, sets[set]), i, name) {
			/* A name that is newer than our libcap, or none, is not given. */
			if (!json_is_string(name) || capability_parse(json_string_value(name), &bit) < 0 || bit == CAPABILITIES_ALL)
				return fail(f, 0, "process.capabilities.%s: '%s': no such capability", sets[set],
					    json_is_string(name) ? json_string_value(name) : "?");
			p->caps[set] |= bit;
		}
	return 0;
}

int process_parse(json_t *object, struct process *p, struct failure *f)
{
	json_t *args = NULL, *env = NULL, *groups = NULL, *caps = NULL, *limits = NULL, *user = NULL, *affinity = NULL, *gid;
	const char *selinux = NULL;
	int terminal = 0, no_new_privs = 0, height = 0, width = 0;
	json_int_t uid = 0, first_gid = 0;

	p->umask = -1;
	p->oom_score = OOM_UNSET;
	if (object == NULL)
		return fail(f, 0, "config.json: no 'process'");
	PASS(json_take(object, "process", f, "{s:o, s?o, s:s, s?b, s?b, s?o, s?o, s?o, s?s, s?s, s?I, s?o, s?o, s?o, s?{s:i, s:i}}",
		       "args", &args, "env", &env, "cwd", &p->cwd, "terminal", &terminal, "noNewPrivileges", &no_new_privs,
		       "user", &user, "capabilities", &caps, "rlimits", &limits, "apparmorProfile", &p->apparmor,
		       "selinuxLabel", &selinux, "oomScoreAdj", &p->oom_score, "scheduler", &p->scheduler,
		       "ioPriority", &p->io_priority, "execCPUAffinity", &affinity, "consoleSize", "height", &height, "width", &width));
	PASS(json_take(user, "process.user", f, "{s?I, s?I, s?i, s?o}", "uid", &uid, "gid", &first_gid, "umask", &p->umask,
		       "additionalGids", &groups));
	if (affinity != NULL || (selinux != NULL && *selinux != '\0'))
		return fail(f, 0, "process.%s: not supported", affinity != NULL ? "execCPUAffinity" : "selinuxLabel");
	if (p->cwd[0] != '/')
		return fail(f, 0, "process.cwd: '%s' is not an absolute path", p->cwd);
	if ((p->args = json_strings(args, "process.args", f)) == NULL || (p->env = json_strings(env, "process.env", f)) == NULL)
		return -1;
	if (p->args[0] == NULL || p->args[0][0] == '\0')
		return fail(f, 0, "process.args: no program");
	p->uid = (uid_t)uid;
	p->gid = (gid_t)first_gid;
	if (uid < 0 || uid >= UINT32_MAX || first_gid < 0 || first_gid >= UINT32_MAX || p->umask > 0777 ||
	    (p->groups = calloc(json_array_size(groups) + 1, sizeof(gid_t))) == NULL)
		return fail(f, 0, "process.user: no such ids");
	for (; p->group_count < json_array_size(groups); p->group_count++) {
		gid = json_array_get(groups, p->group_count);
		if (!json_is_integer(gid) || json_integer_value(gid) < 0 || json_integer_value(gid) >= UINT32_MAX)
			return fail(f, 0, "process.user.additionalGids: no such ids");
		p->groups[p->group_count] = (gid_t)json_integer_value(gid);
	}
	p->terminal = terminal != 0;
	p->no_new_privs = no_new_privs != 0;
	p->size = (struct winsize){ .ws_row = (unsigned short)height, .ws_col = (unsigned short)width };
	p->bare = caps == NULL;
	PASS(parse_capabilities(caps, p, f));
	return parse_limits(limits, p, f);
}

/* set_priorities - of the scheduler and of input and output */
static int set_priorities(const struct process *p, pid_t pid, struct failure *f)
{
	static const char *const policies[] = { "SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE" };
	static const char *const classes[] = { "", "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE" };
	json_int_t nice = 0, runtime = 0, deadline = 0, period = 0;
	int priority = 0, class = 0, policy = 0;
	const char *name = "";
	json_t *flags = NULL;

	PASS(json_take(p->io_priority, "process.ioPriority", f, "{s:s, s?i}", "class", &name, "priority", &priority));
	while (p->io_priority != NULL && class < (int)COUNT(classes) && strcmp(classes[class], name) != 0)
		class++;
	if (p->io_priority != NULL && (class == 0 || class == COUNT(classes) || priority < 0 || priority > 7))
		return fail(f, 0, "process.ioPriority: no such class or priority");
	if (p->io_priority != NULL)
		TRY(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, IOPRIO_PRIO_VALUE(class, priority)), "process.ioPriority");
	if (p->scheduler == NULL)
		return 0;
	priority = 0;
	PASS(json_take(p->scheduler, "process.scheduler", f, "{s:s, s?I, s?i, s?o, s?I, s?I, s?I}", "policy", &name, "nice", &nice,
		       "priority", &priority, "flags", &flags, "runtime", &runtime, "deadline", &deadline, "period", &period));
	while (policy < (int)COUNT(policies) && strcmp(policies[policy], name) != 0)
		policy++;
	if (policy == COUNT(policies) || json_array_size(flags) > 0)
		return fail(f, 0, "process.scheduler: '%s'%s: not supported", name, json_array_size(flags) > 0 ? " with flags" : "");
	/* sched_attr of sched_setattr(2): its header and the C library's do not go together. */
	struct { uint32_t size, sched_policy; uint64_t sched_flags; int32_t sched_nice; uint32_t sched_priority; uint64_t sched_runtime, sched_deadline, sched_period; } attr = {
		.size = sizeof(attr), .sched_policy = (uint32_t)policy, .sched_nice = (int32_t)nice, .sched_priority = (uint32_t)priority,
		.sched_runtime = (uint64_t)runtime, .sched_deadline = (uint64_t)deadline, .sched_period = (uint64_t)period,
	};
	TRY(syscall(SYS_sched_setattr, pid, &attr, 0), "process.scheduler");
	return 0;
}

int process_prepare(const struct process *p, pid_t pid, struct failure *f)
{
	char score[24];

	snprintf(score, sizeof(score), "%lld", (long long)p->oom_score);
	if (p->oom_score != OOM_UNSET)
		TRY(file_write(score, "/proc/%d/oom_score_adj", (int)pid), "process.oomScoreAdj: %s", score);
	/* In a user namespace none can be raised: then that is for us. */
	for (size_t i = 0; p->limits_refused && i < p->limit_count; i++)
		TRY(prlimit(pid, (enum __rlimit_resource)p->limits[i].resource, &p->limits[i].limit, NULL), "process.rlimits: number %d", p->limits[i].resource);
	return set_priorities(p, pid, f);
}
