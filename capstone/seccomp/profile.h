/* profile.h - a seccomp profile in Docker's JSON, compiled by libseccomp
 *
 * The format is that of docs.docker.com/engine/security/seccomp, which is the
 * runtime specification's "Seccomp" with conditions added.  As with Docker, a
 * name that this machine or this libseccomp does not know is passed over, and a
 * rule whose action is the default one says nothing.
 *
 * Unlike Docker:
 * - Foreign ABIs are killed, whatever archMap or architectures say: a line on
 *   stderr says so.  32-bit programs reach socket(2) through socketcall(2), whose
 *   arguments a filter cannot see, and x32 is a second name for every call.
 * - Of two rules without conditions for one call the stricter counts, where
 *   libseccomp keeps the first (Podman's profile has such).
 * - What libseccomp would settle silently, for one side, is an error: a rule with
 *   conditions beside a contrary one without, a MASKED_EQ that can never be true
 *   (it reads another value); and two conditions on one argument of a rule, where
 *   runc reads "or".
 * - SCMP_ACT_NOTIFY and flags: skiff has nobody to ask, and loads without flags. */
#include "json.h"
#include "conditions.h"

#define NO_RULE UINT32_MAX      /* no action has this value */

/* errno_value - by its number or, as in Podman's profiles, by its name */
static json_int_t errno_value(const struct profile *p, json_t *object, const char *number,
			      const char *name, json_int_t max)
{
	json_int_t value = get_number(p, object, number, max, -1);
	const char *wanted = get_string(object, name), *known;

	for (int error = 1; wanted != NULL && *wanted != '\0'; error++) {
		known = strerrorname_np(error);
		if (error == 4096)
			refuse(p, "'%s': unknown error '%s'", name, wanted);
		if (known == NULL || strcmp(known, wanted) != 0)
			continue;
		if (value >= 0 && value != error)
			refuse(p, "'%s' is not '%s'", name, number);
		return error;
	}
	return value;
}

/* action_value - what libseccomp calls the action NAME */
static uint32_t action_value(const struct profile *p, json_t *object, const char *key,
			     const char *number, const char *name)
{
	static const struct { const char *name; uint32_t value; } actions[] = {
		{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW }, { "SCMP_ACT_LOG", SCMP_ACT_LOG },
		{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD }, { "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
		{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
		{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS }, { "SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY },
	};
	const char *action = get_string(object, key);
	bool trace = strcmp(action, "SCMP_ACT_TRACE") == 0;
	json_int_t error = errno_value(p, object, number, name, trace ? UINT16_MAX : 4095);

	if (trace || strcmp(action, "SCMP_ACT_ERRNO") == 0) {
		error = error >= 0 ? error : EPERM;
		return trace ? SCMP_ACT_TRACE(error) : SCMP_ACT_ERRNO(error);
	}
	if (!p->asking && strcmp(action, "SCMP_ACT_NOTIFY") == 0)
		refuse(p, "SCMP_ACT_NOTIFY: skiff has nobody to ask");
	if (error >= 0)
		refuse(p, "'%s' with %s, which returns no error", number, action);
	for (size_t i = 0; i < COUNT(actions); i++)
		if (strcmp(action, actions[i].name) == 0)
			return actions[i].value;
	refuse(p, "unknown action '%s'", action);
}

static enum scmp_compare op_value(const struct profile *p, const char *name)
{
	static const struct { const char *name; enum scmp_compare value; } ops[] = {
		{ "SCMP_CMP_NE", SCMP_CMP_NE }, { "SCMP_CMP_LT", SCMP_CMP_LT }, { "SCMP_CMP_LE", SCMP_CMP_LE },
		{ "SCMP_CMP_EQ", SCMP_CMP_EQ }, { "SCMP_CMP_GE", SCMP_CMP_GE }, { "SCMP_CMP_GT", SCMP_CMP_GT },
		{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
	};

	for (size_t i = 0; i < COUNT(ops); i++)
		if (strcmp(name, ops[i].name) == 0)
			return ops[i].value;
	refuse(p, "unknown operator '%s'", name);
}

/* read_args - the conditions of a rule, all of which must hold */
static unsigned read_args(const struct profile *p, json_t *args, struct scmp_arg_cmp *when)
{
	static const struct member members[] = {
		{ "index", JSON_INTEGER, true }, { "value", JSON_INTEGER, true },
		{ "valueTwo", JSON_INTEGER, false }, { "op", JSON_STRING, true },
	};
	unsigned count = 0, used = 0;
	json_t *arg;
	size_t i;

	json_array_foreach(args, i, arg) {
		check_object(p, arg, "an argument", members, COUNT(members));
		struct scmp_arg_cmp is = {
			.arg = (unsigned)get_number(p, arg, "index", 5, 0), .op = op_value(p, get_string(arg, "op")),
			.datum_a = (scmp_datum_t)get_number(p, arg, "value", INT64_MAX, 0),
			.datum_b = (scmp_datum_t)get_number(p, arg, "valueTwo", INT64_MAX, 0),
		};
		if (is.op == SCMP_CMP_MASKED_EQ && (is.datum_b & ~is.datum_a) != 0)
			refuse(p, "SCMP_CMP_MASKED_EQ can never be true: 'valueTwo' has bits that 'value' has not");
		if (used >> is.arg & 1)
			refuse(p, "two conditions on argument %u", is.arg);
		used |= 1U << is.arg;
		when[count++] = is;
	}
	return count;
}

/* add_rule - for one call.  First all rules are gone through without ADDING,
 * for the strictest of those that have no conditions. */
static void add_rule(struct profile *p, const char *name, uint32_t action, unsigned count,
		     const struct scmp_arg_cmp *when)
{
	int nr = seccomp_syscall_resolve_name(name), error;
	uint32_t *always;

	if (nr < 0)
		return;
	if (nr >= NUMBERS)
		refuse(p, "%s: number %d", name, nr);
	always = &p->always[nr];
	if (!p->adding) {
		/* as signed numbers and without the error: seccomp(2) */
		if (count == 0 && (*always == NO_RULE || (int32_t)(action & SECCOMP_RET_ACTION_FULL) <
							 (int32_t)(*always & SECCOMP_RET_ACTION_FULL)))
			*always = action;
		return;
	}
	if (count > 0 && *always != NO_RULE && *always != action)
		refuse(p, "%s: contradicts a rule without conditions", name);
	if (count == 0 && *always != action)
		return;
	if (action == p->other)
		return;
	if (++p->rules > MAX_RULES)
		refuse(p, "more than %d rules", MAX_RULES);
	error = seccomp_rule_add_array(p->ctx, action, nr, count, when);
	if (error == -EEXIST)
		refuse(p, "%s: contradicts an earlier rule", name);
	if (error < 0)
		refuse(p, "%s: %s", name, strerror(-error));
}

/* read_rule - one element of syscalls */
static void read_rule(struct profile *p, json_t *rule)
{
	static const struct member members[] = {
		{ "names", JSON_ARRAY, false }, { "name", JSON_STRING, false }, { "action", JSON_STRING, true },
		{ "errnoRet", JSON_INTEGER, false }, { "errno", JSON_STRING, false },
		{ "args", JSON_ARRAY, false }, { "comment", JSON_STRING, false },
		{ "includes", JSON_OBJECT, false }, { "excludes", JSON_OBJECT, false },
	};
	struct scmp_arg_cmp when[6];
	json_t *names, *value;
	const char *name;
	uint32_t action;
	unsigned count;
	bool applies;
	size_t i;

	check_object(p, rule, "the rule", members, COUNT(members));
	names = get_strings(p, rule, "names");
	name = get_string(rule, "name");
	if ((name != NULL && *name != '\0') == (json_array_size(names) > 0))
		refuse(p, "it has neither 'name' nor 'names', or both");
	/* All of it must be right, also where the rule does not apply here. */
	action = action_value(p, rule, "action", "errnoRet", "errno");
	count = read_args(p, json_object_get(rule, "args"), when);
	applies = rule_applies(p, rule);
	if (applies && json_array_size(names) == 0)
		add_rule(p, name, action, count, when);
	json_array_foreach(names, i, value)
		if (applies)
			add_rule(p, json_string_value(value), action, count, when);
}

/* write_filter - all of it, or nothing */
static void write_filter(const struct profile *p)
{
	static struct sock_filter code[BPF_MAXINSNS + 1];
	FILE *bpf = tmpfile();
	size_t count;

	if (bpf == NULL || seccomp_export_bpf(p->ctx, fileno(bpf)) < 0)
		refuse(p, "libseccomp cannot make a filter of it");
	rewind(bpf);
	count = fread(code, sizeof(code[0]), COUNT(code), bpf);
	if (count == 0 || count > BPF_MAXINSNS)
		refuse(p, count == 0 ? "an empty filter" : "a filter of more than %d instructions", BPF_MAXINSNS);
	fclose(bpf);
	if (write(STDOUT_FILENO, code, count * sizeof(code[0])) != (ssize_t)(count * sizeof(code[0])))
		refuse(p, "writing the filter: %s", strerror(errno));
}

static void profile(const char *file, uint64_t caps, bool asking)
{
	static const struct member members[] = {
		{ "defaultAction", JSON_STRING, true }, { "defaultErrnoRet", JSON_INTEGER, false },
		{ "defaultErrno", JSON_STRING, false }, { "archMap", JSON_ARRAY, false },
		{ "architectures", JSON_ARRAY, false }, { "flags", JSON_ARRAY, false },
		{ "syscalls", JSON_ARRAY, false },
	};
	static struct profile p;
	json_t *root, *rule;
	bool foreign;
	size_t i;

	p.file = file;
	p.caps = caps;
	p.asking = asking;
	limit_time(&p);
	memset(p.always, 0xff, sizeof(p.always));
	root = load_json(&p);
	check_object(&p, root, "the profile", members, COUNT(members));
	p.other = action_value(&p, root, "defaultAction", "defaultErrnoRet", "defaultErrno");
	if (json_array_size(json_object_get(root, "flags")) > 0)
		refuse(&p, "'flags': skiff loads its filter without any");
	foreign = check_architectures(&p, root);
	p.ctx = seccomp_init(p.other);
	if (p.ctx == NULL || seccomp_attr_set(p.ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) < 0 ||
	    seccomp_attr_set(p.ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) < 0)
		refuse(&p, "libseccomp does not know the default action");
	for (int pass = 0; pass < 2; pass++) {
		p.adding = pass == 1;
		json_array_foreach(json_object_get(root, "syscalls"), i, rule) {
			snprintf(p.where, sizeof(p.where), "syscalls[%zu]: ", i);
			read_rule(&p, rule);
		}
	}
	p.where[0] = '\0';
	write_filter(&p);
	if (foreign)
		say(&p, "it names foreign architectures; their calls are killed all the same");
	seccomp_release(p.ctx);
	json_decref(root);
}
