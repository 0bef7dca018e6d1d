/* exec.c - a process more in a container that there is
 *
 * As in birth.c, but that there is nothing to make: its namespaces are entered, by a
 * helper, all that the container's config.json names.
 */
#include "oci.h"

/* enter_all - the namespaces that the container's config names, of its first process */
static int enter_all(struct bundle *b, const struct state *s, struct failure *f)
{
	json_t *value;
	char path[64];
	size_t i;

	for (i = 0; i < NAMESPACES; i++)
		b->joined[i] = -1;
	json_array_foreach(json_object_get(b->linux_part, "namespaces"), i, value) {
		int kind = namespace_kind(json_string_value(json_object_get(value, "type")));
		if (kind < 0)
			return fail(f, 0, "state.json: an unknown namespace");
		if (!FITS(path, "/proc/%d/ns/%s", (int)s->pid, namespace_kinds[kind].file))
			return fail(f, ENAMETOOLONG, "%s", namespace_kinds[kind].file);
		TRY(b->joined[kind] = open(path, O_RDONLY | O_CLOEXEC), "%s", path);
	}
	return 0;
}

static int more_process(struct bundle *b, struct state *s, const struct request *r, pid_t *pid, int *pidfd, struct failure *f)
{
	char score[24];
	int pair[2];

	TRY(SYNC_PAIR(pair), "socketpair");
	PASS(process_lend(&b->process, score, sizeof(score), f));
	*pid = spaces_clone(&b->core, b->joined, &s->cgroup, -1, pidfd, f);
	if (*score != '\0' && *pid != 0)
		file_write(score, "/proc/self/oom_score_adj");
	if (*pid == 0) {
		struct failure failure = { 0 };
		close(pair[0]);
		close(s->lock);
		init_await(pair[1]);
		umask(022);
		if (spaces_hide(&failure) < 0 || (b->joined[0] >= 0 && userns_become_root(&failure) < 0) || spaces_hide(&failure) < 0)
			init_report(pair[1], &failure);
		birth_ready(&b->process, pair[1], pair[1], &failure);
		process_run(&b->process, pair[1], &failure);
		init_report(pair[1], &failure);
	}
	close(pair[1]);
	PASS(*pid);
	TRY(sync_send(pair[0], &birth_go, -1), "sending go");
	PASS(birth_settle(&b->process, r, s, *pid, pair[0], f));
	TRY(sync_send(pair[0], &birth_go, -1), "sending go");
	return birth_hear(s, *pid, pair[0], &(struct failure){ .status = 0 }, &(int){ -1 }, f);
}

/* outlive - pass signals on to it, and end as it does */
static int outlive(struct container *c, struct failure *f)
{
	siginfo_t info;

	for (;;) {
		struct pollfd fds[] = { { .fd = c->pidfd, .events = POLLIN }, { .fd = c->signals, .events = POLLIN } };
		poll(fds, 2, -1);
		if (fds[0].revents != 0)
			break;
		if (fds[1].revents != 0)
			signals_pass(c, true);
	}
	TRY(waitid(P_PIDFD, (id_t)c->pidfd, &info, WEXITED), "waitid");
	return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

/* process_of - that of the container, or that of FILE; with the options' changes */
static json_t *process_of(const struct request *r, json_t *config, struct failure *f)
{
	/* What a process of FILE has less of than the container's only if it says so. */
	static const char *const kept[] = { "rlimits", "apparmorProfile", "noNewPrivileges", "oomScoreAdj", "scheduler", "ioPriority" };
	json_t *process = json_object_get(config, "process"), *user = json_object_get(r->changes, "user"), *value;

	if (r->process != NULL) {
		json_t *own = process;
		if ((process = json_read(AT_FDCWD, r->process, false, MOST_CONFIG, f)) == NULL || schema_check(process, "process", f) < 0)
			return NULL;
		for (size_t i = 0; i < COUNT(kept); i++)
			if (json_object_get(process, kept[i]) == NULL && (value = json_object_get(own, kept[i])) != NULL)
				json_object_set(process, kept[i], value);
	}
	value = json_object_get(json_object_get(process, "user"), "umask");
	if (user != NULL && value != NULL)
		json_object_set(user, "umask", value);
	json_object_update(process, r->changes);
	if (json_array_size(r->env) > 0 && json_object_get(process, "env") == NULL)
		json_object_set_new(process, "env", json_array());
	json_array_extend(json_object_get(process, "env"), r->env);
	return schema_check(process, "process", f) < 0 ? NULL : process;
}

int oci_exec(struct request *r, struct state *s, struct failure *f)
{
	static struct bundle b;
	static struct state again;
	struct container c = { .pidfd = -1, .signals = -1, .master = -1 };
	json_t *process;

	b.config = json_object_get(s->json, "config");
	b.linux_part = json_object_get(b.config, "linux");
	if ((process = process_of(r, b.config, f)) == NULL)
		return -1;
	PASS(process_parse(process, &b.process, f));
	PASS(personality_parse(json_object_get(b.linux_part, "personality"), &b.process, f));
	b.process.preserved = r->preserved;
	PASS(request_check(&b.process, r, f));
	PASS(filter_again(s->lock, json_object_get(b.linux_part, "seccomp"), &b.process, f));
	PASS(enter_all(&b, s, f));
	/* They are those of the container only if it still was there when they were opened. */
	PASS(state_open(&again, r->root, r->id, false, f));
	if (again.pid == 0)
		return fail(f, 0, "container '%s' is stopped, not running", r->id);
	PASS(process_profile(&b.process, f));
	if (!r->detach)
		PASS(c.signals = signals_catch(f));
	if (more_process(&b, s, r, &c.pid, &c.pidfd, f) == 0) {
		close(s->lock);         /* others may go on */
		return r->detach ? 0 : outlive(&c, f);
	}
	if (c.pid > 0)
		kill(c.pid, SIGKILL);
	return -1;
}
