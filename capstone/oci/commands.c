/* commands.c - what is asked of a container that there is */
#include <dirent.h>
#include <linux/seccomp.h>

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

int oci_start(struct request *r, struct state *s, struct failure *f)
{
	struct failure hook = { 0 };
	int done = hear_exec(s, f);

	(void)r;
	if (done < 0)   /* also one that could not be told of the agent */
		syscall(SYS_pidfd_send_signal, s->pidfd, SIGKILL, NULL, 0);
	unlinkat(s->lock, "start", 0);
	/* By the specification a hook that fails is to be told of, and no more. */
	if (done == 0 && hooks_run(json_object_get(s->json, "config"), "poststart", state_text(s, "running", s->pid), &hook) < 0)
		warn_line("%s", hook.text);
	return done;
}

int oci_state(struct request *r, struct state *s, struct failure *f)
{
	if (s->json == NULL)
		return fail(f, 0, "container '%s' is being created", r->id);
	puts(state_text(s, state_status(s), s->pid));
	return 0;
}

/* print - it was all that was asked for */
static int print(json_t *value, size_t how, struct failure *f)
{
	return json_dumpf(value, stdout, how) < 0 || puts("") < 0 ? fail(f, errno, "stdout") : 0;
}

int oci_ps(struct request *r, struct state *s, struct failure *f)
{
	(void)r;
	return print(groups_pids(&s->cgroup), JSON_COMPACT, f);
}

int oci_kill(struct request *r, struct state *s, struct failure *f)
{
	int number = signal_parse(r->rest[0] != NULL ? r->rest[0] : "TERM");

	if (number == 0)
		return fail(f, 0, "'%s': no such signal", r->rest[0]);
	if (r->all)
		groups_kill(&s->cgroup, number);
	/* These words are what callers look for. */
	if (s->pid == 0)
		return r->all ? 0 : fail(f, 0, "container '%s': container not running", r->id);
	if (!r->all || s->cgroup.count == 0)
		TRY(syscall(SYS_pidfd_send_signal, s->pidfd, number, NULL, 0), "container '%s'", r->id);
	return 0;
}

int oci_delete(struct request *r, struct state *s, struct failure *f)
{
	struct failure hook = { 0 };
	struct pollfd end;

	if (state_open(s, r->root, r->id, true, f) < 0)
		return r->force && s->missing ? f->status = 0 : -1;       /* as it was to be */
	if (s->pid > 0 && !r->force)
		return fail(f, 0, "container '%s' is %s, not stopped", r->id, state_status(s));
	if (s->pid > 0) {
		syscall(SYS_pidfd_send_signal, s->pidfd, SIGKILL, NULL, 0);
		end = (struct pollfd){ .fd = s->pidfd, .events = POLLIN };
		for (int tries = 200; poll(&end, 1, 50) != 1; tries--) {
			if (tries == 0)
				return fail(f, ETIMEDOUT, "container '%s': waiting for its end", r->id);
			for (int i = 0; i < s->cgroup.count; i++)
				delegate_clear(s->cgroup.dir[i].path, 1);  /* frozen on v1 nobody dies */
		}
	}
	/* Without a pid namespace of its own the others live on. */
	groups_kill(&s->cgroup, SIGKILL);
	cgroup_remove(&s->cgroup);
	if (s->json != NULL && hooks_run(json_object_get(s->json, "config"), "poststop", state_text(s, "stopped", 0), &hook) < 0)
		warn_line("%s", hook.text);
	return state_remove(s, f);
}

int oci_pause(struct request *r, struct state *s, struct failure *f) { (void)r; return groups_freeze(&s->cgroup, true, f); }
int oci_resume(struct request *r, struct state *s, struct failure *f) { (void)r; return groups_freeze(&s->cgroup, false, f); }

int oci_list(struct request *r, struct state *s, struct failure *f)
{
	int root = root_open(r->root, false, f);
	DIR *dir = root >= 0 ? fdopendir(root) : NULL;
	json_t *all = json_array();
	struct dirent *entry;
	bool json = r->format != NULL && strcmp(r->format, "json") == 0;

	if (root < 0 && f->status != 0)
		return -1;
	if (r->format != NULL && !json && strcmp(r->format, "table") != 0)
		return fail(f, 0, "list: --format %s: there are table and json", r->format);
	if (!json && !r->quiet)
		printf("%-32s %8s %-9s %s\n", "ID", "PID", "STATUS", "BUNDLE");
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (state_read(s, root, entry->d_name, false, &(struct failure){ .status = 0 }) < 0 || s->json == NULL) {
			state_close(s);
			continue;
		}
		const char *status = state_status(s);
		if (json)
			json_array_append_new(all, json_loads(state_text(s, status, s->pid), 0, NULL));
		else if (r->quiet)
			puts(entry->d_name);
		else
			printf("%-32s %8d %-9s %s\n", entry->d_name, (int)s->pid, status, json_string_value(json_object_get(s->json, "bundle")));
		state_close(s);
	}
	return json ? print(all, JSON_INDENT(2), f) : 0;
}

/* words - what is in LIST, as an array */
static json_t *words(const char *list)
{
	json_t *array = json_array();

	for (size_t n; *list != '\0'; list += n + (list[n] != '\0')) {
		n = strcspn(list, " ");
		json_array_append_new(array, json_stringn(list, n));
	}
	return array;
}

int oci_features(struct request *r, struct state *s, struct failure *f)
{
	json_t *spaces = json_array(), *known = json_array(), *supported = json_array();

	(void)r, (void)s;
	for (int i = 0; i < NAMESPACES; i++)
		json_array_append_new(spaces, json_string(namespace_kinds[i].type));
	for (const struct json_word *flag = filter_flags; flag->name != NULL; flag++) {
		json_array_append_new(known, json_string(flag->name));
		/* One of them is for listeners only. */
		if (filter_has_flags(flag->value) || filter_has_flags(flag->value | SECCOMP_FILTER_FLAG_NEW_LISTENER))
			json_array_append_new(supported, json_string(flag->name));
	}
	return print(json_pack("{s:s, s:s, s:o, s:o, s:{s:o, s:{s:b, s:b, s:b, s:b}, s:{s:b, s:o, s:o, s:o, s:o}, s:{s:b}, s:{s:b}, s:{s:b}, s:{s:{s:b}}}}",
		"ociVersionMin", "1.0.0", "ociVersionMax", "1.2.0",
		"hooks", words("prestart createRuntime createContainer startContainer poststart poststop"),
		"mountOptions", words("bind rbind ro rw rro rrw nosuid suid nodev dev noexec exec noatime atime relatime strictatime nodiratime "
			"diratime nosymfollow symfollow private rprivate shared rshared slave rslave unbindable runbindable tmpcopyup idmap ridmap defaults"),
		"linux", "namespaces", spaces, "cgroup", "v1", 1, "v2", 1, "systemd", 0, "systemdUser", 0,
		"seccomp", "enabled", 1, "actions", words("SCMP_ACT_ALLOW SCMP_ACT_ERRNO SCMP_ACT_KILL SCMP_ACT_KILL_PROCESS SCMP_ACT_KILL_THREAD "
			"SCMP_ACT_LOG SCMP_ACT_NOTIFY SCMP_ACT_TRACE SCMP_ACT_TRAP"),
		"operators", words("SCMP_CMP_NE SCMP_CMP_LT SCMP_CMP_LE SCMP_CMP_EQ SCMP_CMP_GE SCMP_CMP_GT SCMP_CMP_MASKED_EQ"),
		"knownFlags", known, "supportedFlags", supported, "apparmor", "enabled", 1, "selinux", "enabled", 0,
		"intelRdt", "enabled", 0, "mountExtensions", "idmap", "enabled", 1), JSON_INDENT(2), f);
}
