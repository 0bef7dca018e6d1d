/* commands.c - what is asked of a container that there is */
#include <dirent.h>
#include <sys/utsname.h>

#include "oci.h"

/* hear_exec - the child's last word: none, if execve(2) closed the socket */
static int hear_exec(const struct state *s, struct failure *f)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/start", s->lock);
	CLOSED int sock = socket_at(path, SOCK_SEQPACKET, false, "reaching its first process", f);
	PASS(sock);
	return birth_hear(s, s->pid, sock, &(struct failure){ .status = 0 }, &(int){ -1 }, f);
}

int oci_start(struct request *r, struct failure *f)
{
	static struct state s;
	struct failure hook = { 0 };
	const char *status;
	int done;

	PASS(state_open(&s, r->root, r->id, true, f));
	status = state_status(&s);
	if (strcmp(status, "created") != 0)
		return fail(f, 0, "container '%s' is %s, not created", r->id, status);
	done = hear_exec(&s, f);
	if (done < 0)   /* also one that could not be told of the agent */
		syscall(SYS_pidfd_send_signal, s.pidfd, SIGKILL, NULL, 0);
	unlinkat(s.lock, "start", 0);
	/* By the specification a hook that fails is to be told of, and no more. */
	if (done == 0 && hooks_run(json_object_get(s.json, "config"), "poststart", state_text(&s, "running", s.pid), &hook) < 0)
		warn_line("%s", hook.text);
	return done;
}

int oci_state(struct request *r, struct failure *f)
{
	static struct state s;

	PASS(state_open(&s, r->root, r->id, false, f));
	if (s.json == NULL)
		return fail(f, 0, "container '%s' is being created", r->id);
	puts(state_text(&s, state_status(&s), s.pid));
	return 0;
}

int oci_ps(struct request *r, struct failure *f)
{
	static struct state s;
	json_t *pids = json_array();
	int pid;

	PASS(state_open(&s, r->root, r->id, false, f));
	for (int i = 0; i < s.cgroup.count && json_array_size(pids) == 0; i++) {
		char path[600];
		snprintf(path, sizeof(path), "%s/cgroup.procs", s.cgroup.dir[i].path);
		FCLOSED FILE *file = fopen(path, "re");
		while (file != NULL && fscanf(file, "%d", &pid) == 1)
			json_array_append_new(pids, json_integer(pid));
	}
	return json_dumpf(pids, stdout, JSON_COMPACT) < 0 || puts("") < 0 ? fail(f, errno, "ps") : 0;
}

int oci_kill(struct request *r, struct failure *f)
{
	static struct state s;
	int number = signal_parse(r->rest[0] != NULL ? r->rest[0] : "TERM");

	if (number == 0)
		return fail(f, 0, "'%s': no such signal", r->rest[0]);
	PASS(state_open(&s, r->root, r->id, false, f));
	if (r->all)
		groups_kill(&s.cgroup, number);
	/* These words are what callers look for. */
	if (s.pid == 0)
		return r->all ? 0 : fail(f, 0, "container '%s': container not running", r->id);
	if (!r->all || s.cgroup.count == 0)
		TRY(syscall(SYS_pidfd_send_signal, s.pidfd, number, NULL, 0), "container '%s'", r->id);
	return 0;
}

int oci_delete(struct request *r, struct failure *f)
{
	static struct state s;
	struct failure hook = { 0 };
	struct pollfd end;

	if (state_open(&s, r->root, r->id, true, f) < 0) {
		if (!r->force || s.lock >= 0 || access(s.dir, F_OK) == 0 || s.dir[0] == '\0')
			return -1;
		return f->status = 0;   /* as it was to be */
	}
	if (s.pid > 0 && !r->force)
		return fail(f, 0, "container '%s' is %s, not stopped", r->id, state_status(&s));
	if (s.pid > 0) {
		syscall(SYS_pidfd_send_signal, s.pidfd, SIGKILL, NULL, 0);
		if (groups_frozen(&s.cgroup))   /* frozen on v1 nobody dies */
			PASS(groups_freeze(&s.cgroup, false, f));
		end = (struct pollfd){ .fd = s.pidfd, .events = POLLIN };
		if (poll(&end, 1, 10000) != 1)
			return fail(f, ETIMEDOUT, "container '%s': waiting for its end", r->id);
	}
	/* Without a pid namespace of its own the others live on. */
	groups_kill(&s.cgroup, SIGKILL);
	cgroup_remove(&s.cgroup);
	if (s.json != NULL && hooks_run(json_object_get(s.json, "config"), "poststop", state_text(&s, "stopped", 0), &hook) < 0)
		warn_line("%s", hook.text);
	state_remove(&s);
	return 0;
}

static int freeze(struct request *r, bool on, struct failure *f)
{
	static struct state s;
	const char *status;

	PASS(state_open(&s, r->root, r->id, true, f));
	status = state_status(&s);
	if (on ? strcmp(status, "running") != 0 && strcmp(status, "created") != 0 : strcmp(status, "paused") != 0)
		return fail(f, 0, "container '%s' is %s", r->id, status);
	return groups_freeze(&s.cgroup, on, f);
}

int oci_pause(struct request *r, struct failure *f) { return freeze(r, true, f); }
int oci_resume(struct request *r, struct failure *f) { return freeze(r, false, f); }

int oci_list(struct request *r, struct failure *f)
{
	DIR *dir = opendir(r->root);
	json_t *all = json_array();
	struct dirent *entry;
	bool json = r->format != NULL && strcmp(r->format, "json") == 0;

	if (r->format != NULL && !json && strcmp(r->format, "table") != 0)
		return fail(f, 0, "list: --format %s: there are table and json", r->format);
	if (!json && !r->quiet)
		printf("%-32s %8s %-9s %s\n", "ID", "PID", "STATUS", "BUNDLE");
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		static struct state s;
		if (entry->d_name[0] == '.' || state_open(&s, r->root, entry->d_name, false, &(struct failure){ .status = 0 }) < 0 || s.json == NULL)
			continue;
		const char *status = state_status(&s), *bundle = json_string_value(json_object_get(s.json, "bundle"));
		if (json)
			json_array_append_new(all, json_loads(state_text(&s, status, s.pid), 0, NULL));
		else if (r->quiet)
			puts(entry->d_name);
		else
			printf("%-32s %8d %-9s %s\n", entry->d_name, (int)s.pid, status, bundle);
	}
	if (json && (json_dumpf(all, stdout, JSON_INDENT(2)) < 0 || puts("") < 0))
		return fail(f, errno, "list");
	return 0;
}

int oci_features(struct request *r, struct failure *f)
{
	static const char *const hooks[] = { "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop", NULL };
	static const char *const options[] = { "bind", "rbind", "ro", "rw", "rro", "rrw", "nosuid", "suid", "nodev", "dev", "noexec", "exec",
		"noatime", "atime", "relatime", "strictatime", "nodiratime", "diratime", "nosymfollow", "symfollow", "private", "rprivate",
		"shared", "rshared", "slave", "rslave", "unbindable", "runbindable", "tmpcopyup", "idmap", "ridmap", "defaults", NULL };
	static const char *const actions[] = { "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS",
		"SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP", NULL };
	static const char *const operators[] = { "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT",
		"SCMP_CMP_MASKED_EQ", NULL };
	static const struct { const char *key; const char *const *words; } lists[] = {
		{ "hooks", hooks }, { "mountOptions", options }, { "actions", actions }, { "operators", operators },
	};
	json_t *made[COUNT(lists)], *spaces = json_array(), *all;

	(void)r;
	for (size_t i = 0; i < COUNT(lists); i++) {
		made[i] = json_array();
		for (const char *const *word = lists[i].words; *word != NULL; word++)
			json_array_append_new(made[i], json_string(*word));
	}
	for (int i = 0; i < NAMESPACES; i++)
		json_array_append_new(spaces, json_string(namespace_kinds[i].type));
	all = json_pack("{s:s, s:s, s:o, s:o, s:{s:o, s:{s:b, s:b, s:b, s:b}, s:{s:b, s:o, s:o}, s:{s:b}, s:{s:b}, s:{s:b}, s:{s:{s:b}}}}",
			"ociVersionMin", "1.0.0", "ociVersionMax", "1.2.0", "hooks", made[0], "mountOptions", made[1], "linux",
			"namespaces", spaces, "cgroup", "v1", 1, "v2", 1, "systemd", 0, "systemdUser", 0,
			"seccomp", "enabled", 1, "actions", made[2], "operators", made[3], "apparmor", "enabled", 1,
			"selinux", "enabled", 0, "intelRdt", "enabled", 0, "mountExtensions", "idmap", "enabled", 1);
	return json_dumpf(all, stdout, JSON_INDENT(2)) < 0 || puts("") < 0 ? fail(f, errno, "features") : 0;
}
