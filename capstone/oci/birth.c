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
#include "oci.h"

const struct failure birth_go = { .status = 0 };

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

/* keep_only - close all descriptors but 0 to 2, the caller's gifts, and these two */
static int keep_only(const struct process *p, int one, int two, struct failure *f)
{
	int first = 3 + p->preserved, low = one < two ? one : two, high = one < two ? two : one;

	for (int fd = low; fd <= high; fd += high > low ? high - low : 1) {
		if (fd > first)
			TRY(syscall(SYS_close_range, (unsigned)first, (unsigned)fd - 1, 0U), "close_range");
		first = fd >= first ? fd + 1 : first;
	}
	TRY(syscall(SYS_close_range, (unsigned)first, ~0U, 0U), "close_range");
	return 0;
}

void birth_ready(struct process *p, int socket, int listener, struct failure *f)
{
	int master = -1;

	if (session_new(f) < 0 || (p->terminal && (master = terminal_make(p, f)) < 0) || process_become(p, socket, f) < 0)
		init_report(socket, f);
	f->text[0] = p->limits_refused;
	if (sync_send(socket, f, master) < 0)
		_exit(125);
	close_fd(&master);
	/* What waits has nothing of the host's any more. */
	if (keep_only(p, socket, listener, f) < 0)
		init_report(socket, f);
	init_await(socket);
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
	if (spaces_hide(&f) < 0 || cgroup_enter(&s->cgroup, true, &f) < 0 || (user && userns_become_root(&f) < 0) || spaces_hide(&f) < 0 ||
	    spaces_setup(b, &f) < 0 || spaces_hide(&f) < 0 ||
	    (root = rootfs_fill(b, &s->cgroup, &f)) < 0)
		init_report(socket, &f);
	if (b->hooks) {
		if (sync_send(socket, &birth_go, -1) < 0)
			_exit(125);
		init_await(socket);
		if (hooks_run(b->config, "createContainer", text, &f) < 0)
			init_report(socket, &f);
	}
	if (process_profile(&b->process, &f) < 0 || rootfs_pivot(b, root, &f) < 0)
		init_report(socket, &f);
	birth_ready(&b->process, socket, listener, &f);
	close(socket);
	text = state_text(s, "created", getpid());
	while ((caller = accept(listener, NULL, NULL)) < 0 && (errno == EINTR || errno == ECONNABORTED))
		;
	close(listener);
	fcntl(caller, F_SETFD, FD_CLOEXEC);
	if (hooks_run(b->config, "startContainer", text, &f) == 0)
		process_run(&b->process, caller, &f);
	init_report(caller, &f);
}

/* ---- the parent's side ----------------------------------------------------- */

int birth_hear(const struct state *s, pid_t pid, int socket, struct failure *said, int *fd, struct failure *f)
{
	for (;;) {
		int got = sync_receive(socket, said, fd);
		if (got < 0)
			return fail(f, errno, "the container's process");
		if (got == 1 && said->status != 0)
			*f = *said;
		if (got == 0 || said->status != 0)
			return -got;
		if (strcmp(said->text, filter_listener.text) != 0)
			return 1;
		CLOSED int listener = *fd;
		*fd = -1;
		PASS(filter_tell(s, pid, listener, f));
		TRY(sync_send(socket, &birth_go, -1), "sending go");
	}
}

static int await(const struct state *s, pid_t pid, int socket, int *fd, bool *refused, struct failure *f)
{
	struct failure said;
	int got = birth_hear(s, pid, socket, &said, fd, f);

	*refused = got == 1 && said.text[0] != 0;
	return got != 0 ? got : fail(f, 0, "the container's first process ended before it was ready");
}

/* console_send - the terminal's master to whoever listens at PATH.  The name that comes
 * with it is for nobody. */
static int console_send(const char *path, int master, struct failure *f)
{
	CLOSED int sock = socket_at(path, SOCK_STREAM, false, "--console-socket", f);

	PASS(sock);
	TRY(sync_send(sock, &birth_go, master), "--console-socket %s", path);
	return 0;
}

int birth_settle(struct process *p, const struct request *r, const struct state *s, pid_t pid, int socket, struct failure *f)
{
	CLOSED int master = -1;
	char text[16];

	PASS(await(s, pid, socket, &master, &p->limits_refused, f));
	PASS(process_prepare(p, pid, f));
	if (p->terminal)
		PASS(console_send(r->console, master, f));
	snprintf(text, sizeof(text), "%d", (int)pid);
	return r->pid_file == NULL ? 0 : file_put(r->cwd, r->pid_file, text, strlen(text), f);
}

static int raise_child(struct bundle *b, struct state *s, const struct request *r, pid_t *pid, struct failure *f)
{
	const char *path = json_string_value(json_object_get(b->linux_part, "cgroupsPath"));
	json_t *resources = json_object_get(b->linux_part, "resources"), *linux_part = b->linux_part;
	char own[MOST_ID + 16], text[64], score[24];
	int born, pair[2], pidfd = -1, listener, n;

	if (!FITS(own, "/skiff-oci-%s", s->id))
		return fail(f, ENAMETOOLONG, "%s", s->id);
	born = groups_create(&s->cgroup, path != NULL && *path != '\0' ? path : own, !in_user_namespace() || resources_asked(resources), f);
	if (f->status != 0)
		return -1;
	PASS(groups_limit(&s->cgroup, resources, f));
	PASS(rootfs_open(b, f));
	PASS(state_save(s, b, f));
	if (b->process.filter_len > 0)
		PASS(file_put(s->lock, "seccomp", b->process.filter, b->process.filter_len * sizeof(struct sock_filter), f));
	/* By descriptor: a socket's path has room for 107 bytes only. */
	snprintf(text, sizeof(text), "/proc/self/fd/%d/start", s->lock);
	PASS(listener = socket_at(text, SOCK_SEQPACKET, true, "a socket to wait at", f));
	TRY(SYNC_PAIR(pair), "socketpair");
	PASS(process_lend(&b->process, score, sizeof(score), f));
	*pid = spaces_clone(&b->core, b->joined, NULL, born, &pidfd, f);
	if (*score != '\0' && *pid != 0)
		file_write(score, "/proc/self/oom_score_adj");
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
	TRY(sync_send(pair[0], &birth_go, -1), "sending go");
	if (b->hooks) {
		PASS(await(s, *pid, pair[0], &(int){ -1 }, &(bool){ false }, f));
		char *state = state_text(s, "creating", *pid);
		PASS(hooks_run(b->config, "prestart", state, f));
		PASS(hooks_run(b->config, "createRuntime", state, f));
		TRY(sync_send(pair[0], &birth_go, -1), "sending go");
	}
	PASS(birth_settle(&b->process, r, s, *pid, pair[0], f));
	n = snprintf(text, sizeof(text), "%d %llu\n", (int)*pid, process_born(*pid));
	PASS(file_put(s->lock, "pid", text, (size_t)n, f));
	/* From now on it is there, whatever becomes of us. */
	TRY(sync_send(pair[0], &birth_go, -1), "sending go");
	return 0;
}

int request_check(const struct process *p, const struct request *r, struct failure *f)
{
	if (p->terminal && r->console == NULL)
		return fail(f, 0, "process.terminal: needs --console-socket, where somebody takes the terminal");
	if (!p->terminal && r->console != NULL)
		return fail(f, 0, "--console-socket: process.terminal is not set");
	if (r->console != NULL && strlen(r->console) > 107)
		return fail(f, 0, "--console-socket: %zu bytes of path, at most 107", strlen(r->console));
	if (r->pid_file != NULL && strlen(r->pid_file) > PATH_MAX - 5)
		return fail(f, 0, "--pid-file: %zu bytes of path, at most %d", strlen(r->pid_file), PATH_MAX - 5);
	for (int fd = 3; fd < 3 + r->preserved; fd++)
		TRY(fcntl(fd, F_GETFD), "--preserve-fds: descriptor %d", fd);
	return 0;
}

int oci_create(struct request *r, struct state *s, struct failure *f)
{
	static const char *const points[] = { "prestart", "createRuntime", "createContainer" };
	static struct bundle b;
	pid_t pid = 0;

	TRY(chdir(r->bundle), "--bundle %s", r->bundle);
	b.id = r->id;
	PASS(bundle_load(&b, f));
	b.process.preserved = r->preserved;
	for (size_t i = 0; i < COUNT(points); i++)
		b.hooks |= json_array_size(json_object_get(json_object_get(b.config, "hooks"), points[i])) > 0;
	PASS(request_check(&b.process, r, f));
	PASS(filter_compile(json_object_get(b.linux_part, "seccomp"), &b.process, f));
	PASS(state_make(s, r->root, r->id, f));
	if (raise_child(&b, s, r, &pid, f) == 0)
		return 0;
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	groups_kill(&s->cgroup, SIGKILL);
	cgroup_remove(&s->cgroup);
	if (b.hooks && s->json != NULL)
		hooks_run(b.config, "poststop", state_text(s, "stopped", 0), &(struct failure){ .status = 0 });
	state_remove(s, &(struct failure){ .status = 0 });
	return -1;
}
