/* birth.c - how a container comes to be, and how a process more in it
 *
 * Three processes.  The parent is the one that was called: it makes what only it may
 * make, and answers when all is done or nothing is left.  The child will be the
 * container's; the parent ends before it, so it waits at a socket for `start`.  Where
 * namespaces are joined, a helper between them enters these first (spaces.c).
 *
 *   parent                                  child
 *   config.json, cgroups, filter
 *   clone3 ------------------------------>  waits
 *   id maps, idmapped mounts     -- go -->  cgroups, namespaces, mounts
 *   hooks of the host's side    <- there -- (only where there are hooks)
 *                                -- go -->  hooks of its side, pivot_root, rights
 *   limits, terminal, pid file  <- ready -- its program was found
 *                                -- go -->  waits for `start`
 */
#include <sys/personality.h>
#include <sys/un.h>

#include "oci.h"

static const struct failure go = { .status = 0 };

/* terminal_make - its own, and /dev/console too.  Returns the master. */
static int terminal_make(const struct process *p, struct failure *f)
{
	int master, console;

	PASS(master = terminal_open(p->uid, f));
	if (p->size.ws_row > 0 && p->size.ws_col > 0)
		TRY(ioctl(0, TIOCSWINSZ, &p->size), "process.consoleSize");
	console = open("/dev/console", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (console >= 0 && getpid() == 1)
		PASS(mount_attach(clone_mount(0, "", AT_EMPTY_PATH, f), console, "/dev/console", f));
	return master;
}

/* ready - the last that both kinds have in common: then the parent is to say go */
static void ready(struct process *p, int socket, struct failure *f)
{
	int master = -1;

	if (session_new(f) < 0 || (p->terminal && (master = terminal_make(p, f)) < 0) || process_become(p, f) < 0)
		init_report(socket, f);
	f->text[0] = p->limits_refused;
	if (sync_send(socket, f, master) < 0)
		_exit(125);
	close_fd(&master);
	init_await(socket);
}

static bool has_hooks(json_t *config, const char *point)
{
	return json_array_size(json_object_get(json_object_get(config, "hooks"), point)) > 0;
}

static void first_process(struct bundle *b, struct state *s, int socket, int listener) __attribute__((noreturn));
static void first_process(struct bundle *b, struct state *s, int socket, int listener)
{
	struct failure f = { 0 };
	bool user = (b->core.security.namespaces & CLONE_NEWUSER) || b->joined[0] >= 0;
	char *text = state_text(s, "creating", getpid());
	int root = -1, caller;

	init_await(socket);
	umask(022);
	/* First into the limits, as the user who made them. */
	if (cgroup_enter(&s->cgroup, true, &f) < 0 || (user && userns_become_root(&f) < 0) || spaces_setup(b, &f) < 0 ||
	    (root = rootfs_fill(b, &s->cgroup, &f)) < 0)
		init_report(socket, &f);
	if (b->hooks) {
		if (sync_send(socket, &go, -1) < 0)
			_exit(125);
		init_await(socket);
		if (hooks_run(b->config, "createContainer", text, &f) < 0)
			init_report(socket, &f);
	}
	if (process_profile(&b->process, &f) < 0 || rootfs_pivot(b, root, &f) < 0)
		init_report(socket, &f);
	if (b->personality >= 0)
		personality((unsigned long)b->personality);
	ready(&b->process, socket, &f);
	close(socket);
	text = state_text(s, "created", getpid());
	/* Others in the container must not look into it while it waits. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	while ((caller = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0 && (errno == EINTR || errno == ECONNABORTED))
		;
	close(listener);
	if (hooks_run(b->config, "startContainer", text, &f) == 0)
		process_run(&b->process, &f);
	init_report(caller, &f);
}

/* ---- the parent's side ----------------------------------------------------- */

static int await(int socket, int *fd, bool *refused, struct failure *f)
{
	struct failure said;
	int got = sync_receive(socket, &said, fd);

	*refused = said.text[0] != 0;
	if (got == 1 && said.status == 0)
		return 0;
	if (got == 1)
		*f = said;
	else
		fail(f, 0, "the container's first process ended before it was ready");
	return -1;
}

/* console_send - the terminal's master to whoever listens at PATH.  The name that comes
 * with it is for nobody. */
static int console_send(const char *path, int master, struct failure *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLOSED int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		return fail(f, ENAMETOOLONG, "--console-socket %s", path);
	memcpy(address.sun_path, path, strlen(path));
	TRY(sock < 0 ? -1 : connect(sock, (struct sockaddr *)&address, sizeof(address)), "--console-socket %s", path);
	TRY(sync_send(sock, &go, master), "--console-socket %s", path);
	return 0;
}

static int listen_at(const struct state *s, struct failure *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	/* By descriptor: a socket's path has room for 107 bytes only. */
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/start", s->lock);
	if (sock < 0 || bind(sock, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(sock, 1) < 0)
		return fail(f, errno, "a socket to wait at");
	return sock;
}

/* pid_tell - to the caller's pid file, if there is one */
static int pid_tell(const struct request *r, pid_t pid, struct failure *f)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", (int)pid);

	return r->pid_file == NULL ? 0 : file_put(r->cwd, r->pid_file, text, (size_t)n, f);
}

/* settle - when the child is ready: what it may not do itself, and what others learn */
static int settle(struct process *p, const struct request *r, pid_t pid, int socket, struct failure *f)
{
	CLOSED int master = -1;

	PASS(await(socket, &master, &p->limits_refused, f));
	PASS(process_prepare(p, pid, f));
	if (p->terminal)
		PASS(console_send(r->console, master, f));
	return pid_tell(r, pid, f);
}

static int raise_child(struct bundle *b, struct state *s, const struct request *r, pid_t *pid, struct failure *f)
{
	const char *path = json_string_value(json_object_get(b->linux_part, "cgroupsPath"));
	json_t *resources = json_object_get(b->linux_part, "resources"), *linux_part = b->linux_part;
	char own[300], text[64];
	int born, pair[2], pidfd = -1, listener, n;

	snprintf(own, sizeof(own), "/skiff-oci-%s", s->id);
	born = groups_create(&s->cgroup, path != NULL && *path != '\0' ? path : own, !in_user_namespace() || resources_asked(resources), f);
	if (f->status != 0)
		return -1;
	PASS(groups_limit(&s->cgroup, resources, f));
	PASS(rootfs_open(b, f));
	PASS(state_save(s, b, f));
	s->json = json_pack("{s:O, s:s, s:s, s:s}", "config", b->config, "bundle", b->dir, "rootfs", b->rootfs, "created", "");
	if (b->process.filter_len > 0)
		PASS(file_put(s->lock, "seccomp", b->process.filter, b->process.filter_len * sizeof(struct sock_filter), f));
	PASS(listener = listen_at(s, f));
	TRY(SYNC_PAIR(pair), "socketpair");
	*pid = spaces_clone(&b->core, b->joined, NULL, born, &pidfd, f);
	if (*pid == 0) {
		close(pair[0]);
		close(s->lock);
		first_process(b, s, pair[1], listener);
	}
	close(pair[1]);
	close(listener);
	PASS(*pid);
	if (b->core.security.namespaces & CLONE_NEWUSER)
		PASS(maps_write(json_object_get(linux_part, "uidMappings"), json_object_get(linux_part, "gidMappings"), *pid, f));
	PASS(rootfs_shift(b, *pid, f));
	TRY(sync_send(pair[0], &go, -1), "sending go");
	if (b->hooks) {
		PASS(await(pair[0], NULL, &(bool){ false }, f));
		char *state = state_text(s, "creating", *pid);
		PASS(hooks_run(b->config, "prestart", state, f));
		PASS(hooks_run(b->config, "createRuntime", state, f));
		TRY(sync_send(pair[0], &go, -1), "sending go");
	}
	PASS(settle(&b->process, r, *pid, pair[0], f));
	n = snprintf(text, sizeof(text), "%d %llu\n", (int)*pid, process_born(*pid));
	PASS(file_put(s->lock, "pid", text, (size_t)n, f));
	/* From now on it is there, whatever becomes of us. */
	TRY(sync_send(pair[0], &go, -1), "sending go");
	return 0;
}

/* check_request - what the caller has to bring */
static int check_request(const struct process *p, const struct request *r, struct failure *f)
{
	if (p->terminal && r->console == NULL)
		return fail(f, 0, "process.terminal: needs --console-socket, where somebody takes the terminal");
	if (!p->terminal && r->console != NULL)
		return fail(f, 0, "--console-socket: process.terminal is not set");
	for (int fd = 3; fd < 3 + r->preserved; fd++)
		TRY(fcntl(fd, F_GETFD), "--preserve-fds: descriptor %d", fd);
	return 0;
}

int oci_create(struct request *r, struct failure *f)
{
	static const char *const points[] = { "prestart", "createRuntime", "createContainer" };
	static struct bundle b;
	static struct state s;
	pid_t pid = 0;

	TRY(chdir(r->bundle), "--bundle %s", r->bundle);
	b.id = r->id;
	PASS(bundle_load(&b, f));
	b.process.preserved = r->preserved;
	for (size_t i = 0; i < COUNT(points); i++)
		b.hooks |= has_hooks(b.config, points[i]);
	PASS(check_request(&b.process, r, f));
	PASS(filter_compile(&b, f));
	PASS(state_make(&s, r->root, r->id, f));
	if (raise_child(&b, &s, r, &pid, f) == 0)
		return 0;
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	groups_kill(&s.cgroup, SIGKILL);
	cgroup_remove(&s.cgroup);
	if (b.hooks && s.json != NULL)
		hooks_run(b.config, "poststop", state_text(&s, "stopped", 0), &(struct failure){ .status = 0 });
	state_remove(&s);
	return -1;
}

/* ---- exec ------------------------------------------------------------------- */

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
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)s->pid, namespace_kinds[kind].file);
		TRY(b->joined[kind] = open(path, O_RDONLY | O_CLOEXEC), "%s", path);
	}
	return 0;
}

static int more_process(struct bundle *b, struct state *s, const struct request *r, pid_t *pid, int *pidfd, struct failure *f)
{
	struct failure said;
	int pair[2], got;

	TRY(SYNC_PAIR(pair), "socketpair");
	*pid = spaces_clone(&b->core, b->joined, &s->cgroup, -1, pidfd, f);
	if (*pid == 0) {
		struct failure failure = { 0 };
		close(pair[0]);
		close(s->lock);
		init_await(pair[1]);
		umask(022);
		if (b->joined[0] >= 0 && userns_become_root(&failure) < 0)
			init_report(pair[1], &failure);
		if (b->personality >= 0)
			personality((unsigned long)b->personality);
		ready(&b->process, pair[1], &failure);
		process_run(&b->process, &failure);
		init_report(pair[1], &failure);
	}
	close(pair[1]);
	PASS(*pid);
	TRY(sync_send(pair[0], &go, -1), "sending go");
	PASS(settle(&b->process, r, *pid, pair[0], f));
	TRY(sync_send(pair[0], &go, -1), "sending go");
	got = sync_receive(pair[0], &said, NULL);
	if (got == 1)
		*f = said;
	return got == 1 ? -1 : 0;
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

static int load_filter(struct process *p, const struct state *s)
{
	static struct sock_filter filter[BPF_MAXINSNS];
	CLOSED int fd = openat(s->lock, "seccomp", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, filter, sizeof(filter));

	p->filter = filter;
	p->filter_len = n > 0 ? (size_t)n / sizeof(struct sock_filter) : 0;
	return n < 0 || (fd < 0 && errno != ENOENT) ? -1 : 0;
}

int oci_exec(struct request *r, struct failure *f)
{
	static struct bundle b = { .personality = -1 };
	static struct state s, again;
	struct container c = { .pidfd = -1, .signals = -1, .master = -1 };
	const char *status, *domain;
	json_t *process;

	PASS(state_open(&s, r->root, r->id, true, f));
	status = state_status(&s);
	if (strcmp(status, "running") != 0 && strcmp(status, "created") != 0)
		return fail(f, 0, "container '%s' is %s, not running", r->id, status);
	b.config = json_object_get(s.json, "config");
	b.linux_part = json_object_get(b.config, "linux");
	domain = json_string_value(json_object_get(json_object_get(b.linux_part, "personality"), "domain"));
	if (domain != NULL)
		b.personality = strcmp(domain, "LINUX32") == 0 ? PER_LINUX32 : PER_LINUX;
	if (r->process != NULL)
		process = json_read(r->process, f);
	else
		process = json_object_get(b.config, "process");
	if (process == NULL)
		return -1;
	json_object_update(process, r->changes);
	if (json_array_size(r->env) > 0)
		json_array_extend(json_object_get(process, "env"), r->env);
	PASS(process_parse(process, &b.process, f));
	b.process.preserved = r->preserved;
	PASS(check_request(&b.process, r, f));
	TRY(load_filter(&b.process, &s), "its seccomp filter");
	PASS(enter_all(&b, &s, f));
	/* They are those of the container only if it still was there when they were opened. */
	PASS(state_open(&again, r->root, r->id, false, f));
	if (again.pid == 0)
		return fail(f, 0, "container '%s' is stopped, not running", r->id);
	PASS(process_profile(&b.process, f));
	if (!r->detach)
		PASS(c.signals = signals_catch(f));
	if (more_process(&b, &s, r, &c.pid, &c.pidfd, f) == 0) {
		close(s.lock);          /* others may go on */
		return r->detach ? 0 : outlive(&c, f);
	}
	if (c.pid > 0)
		kill(c.pid, SIGKILL);
	return -1;
}
