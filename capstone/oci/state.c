/* state.c - what is known of a container between two calls */
#include <sys/file.h>
#include <sys/un.h>
#include <time.h>

#include "oci.h"

enum { MOST_STATE = 16 << 20 };         /* of bytes; twice the largest config.json */
static const char *const files[] = { "state.json", "pid", "start", "seccomp", "state.json.new", "pid.new", "seccomp.new" };

/* name - the state directory.  An id is a file name, and a plain one. */
static int name(struct state *s, const char *id, struct failure *f)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-.";

	*s = (struct state){ .id = id, .root = -1, .lock = -1, .pidfd = -1 };
	if (strlen(id) > MOST_ID)
		return fail(f, 0, "an id of %zu characters, at most %d", strlen(id), MOST_ID);
	if (*id == '\0' || *id == '.' || *id == '-' || strspn(id, plain) != strlen(id))
		return fail(f, 0, "'%s': no id of a container: letters, digits and _ + - .", id);
	return 0;
}

int socket_at(const char *path, int type, bool listening, const char *what, struct failure *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock, done;

	if (path == NULL || strlen(path) >= sizeof(address.sun_path))
		return fail(f, 0, "%s: %zu bytes of path, at most %zu", what, path != NULL ? strlen(path) : 0, sizeof(address.sun_path) - 1);
	TRY(sock = socket(AF_UNIX, type | SOCK_CLOEXEC, 0), "%s: %s", what, path);
	memcpy(address.sun_path, path, strlen(path));
	done = (listening ? bind : connect)(sock, (struct sockaddr *)&address, sizeof(address));
	if (done == 0 && (!listening || listen(sock, 1) == 0))
		return sock;
	fail(f, errno, "%s: %s", what, path);
	close(sock);
	return -1;
}

/* directory_open - that of the container, below the root */
static int directory_open(struct state *s, struct failure *f)
{
	struct stat st;

	s->lock = openat(s->root, s->id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->lock < 0 && errno == ENOENT) {
		s->missing = true;
		return fail(f, 0, "container '%s' does not exist", s->id);
	}
	TRY(s->lock < 0 ? -1 : fstat(s->lock, &st), "the state directory of '%s'", s->id);
	if (!owned(&st))
		return fail(f, 0, "the state directory of '%s': of uid %u, mode %04o: not of this user alone", s->id, st.st_uid,
			    (unsigned)st.st_mode & 07777);
	return 0;
}

int state_make(struct state *s, const char *root, const char *id, struct failure *f)
{
	PASS(name(s, id, f));
	PASS(s->root = root_open(root, true, f));
	if (mkdirat(s->root, id, 0700) < 0)
		return errno == EEXIST ? fail(f, 0, "container '%s' already exists", id) : fail(f, errno, "--root %s: %s", root, id);
	PASS(directory_open(s, f));
	TRY(flock(s->lock, LOCK_EX), "the state directory of '%s'", id);
	return 0;
}

int state_remove(const struct state *s, struct failure *f)
{
	/* Only what is ours, and by descriptor: no symbolic link leads out of it. */
	for (size_t i = 0; i < COUNT(files); i++)
		if (unlinkat(s->lock, files[i], 0) < 0 && errno != ENOENT)
			return fail(f, errno, "the state directory of '%s': %s", s->id, files[i]);
	TRY(unlinkat(s->root, s->id, AT_REMOVEDIR), "the state directory of '%s'", s->id);
	return 0;
}

int state_save(struct state *s, const struct bundle *b, struct failure *f)
{
	json_t *groups = json_array();
	char when[32], *text;
	time_t now = time(NULL);
	int done;

	/* lint: twenty characters until the year 10000 */
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	for (int i = 0; i < s->cgroup.count; i++)
		json_array_append_new(groups, json_pack("{s:i, s:s, s:s}", "version", s->cgroup.dir[i].version, "name", s->cgroup.dir[i].name,
							"path", s->cgroup.dir[i].path));
	s->json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:O*, s:o, s:O}", "ociVersion", OCI_VERSION, "id", s->id, "bundle", b->dir,
			    "rootfs", b->rootfs, "created", when, "owner", "", "annotations", json_object_get(b->config, "annotations"),
			    "cgroups", groups, "config", b->config);
	text = json_dumps(s->json, JSON_COMPACT);
	if (text == NULL)       /* a name that is not UTF-8, perhaps */
		return fail(f, 0, "state.json: cannot be written as JSON");
	done = strlen(text) <= MOST_STATE ? file_put(s->lock, "state.json", text, strlen(text), f) :
	       fail(f, 0, "state.json: %zu bytes, at most %d", strlen(text), MOST_STATE);
	free(text);
	return done;
}

int state_parse(struct state *s, struct failure *f)
{
	json_t *value, *all = json_object_get(s->json, "cgroups");
	size_t i;

	PASS(schema_check(json_object_get(s->json, "config"), "", f));
	json_array_foreach(all, i, value) {
		struct cgroup_dir *dir = &s->cgroup.dir[s->cgroup.count];
		const char *group, *path;
		if (json_unpack(value, "{s:i, s:s, s:s}", "version", &dir->version, "name", &group, "path", &path) < 0 || i >= CGROUP_HIERARCHIES ||
		    !FITS(dir->name, "%s", group) || !FITS(dir->path, "%s", path))
			return fail(f, 0, "state.json: cgroups: not what skiff-oci writes");
		s->cgroup.count++;
	}
	if (!json_is_object(json_object_get(s->json, "config")) || !json_is_array(all))
		return fail(f, 0, "state.json: not what skiff-oci writes");
	return 0;
}

/* state_letter - of process PID, proc_pid_stat(5): 'S', 'Z', ...; 0: there is none */
static char state_letter(pid_t pid)
{
	char text[1024], *end;

	if (file_read(text, sizeof(text), "/proc/%d/stat", (int)pid) < 0 || (end = strrchr(text, ')')) == NULL || end[1] != ' ')
		return 0;
	return end[2];
}

/* find_process - its first one.  That pid may be another's by now, or a zombie that nobody
 * has reaped yet. */
static int find_process(struct state *s, struct failure *f)
{
	struct failure none = { .status = 0 };
	unsigned long long born = 0;
	size_t size;
	char *text;
	int pid = 0;

	if (faccessat(s->lock, "pid", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if ((text = file_take(s->lock, "pid", true, 64, &size, &none)) == NULL)
		return *f = none, -1;
	if (sscanf(text, "%d %llu", &pid, &born) == 2 && pid > 0 && (s->pidfd = (int)syscall(SYS_pidfd_open, pid, 0)) >= 0 &&
	    process_born(pid) == born && state_letter(pid) != 0 && strchr("ZX", state_letter(pid)) == NULL)
		s->pid = pid;
	free(text);
	return 0;
}

int state_read(struct state *s, int root, const char *id, bool lock, struct failure *f)
{
	struct stat st;

	PASS(name(s, id, f));
	TRY(s->root = dup(root), "the state directory of '%s'", id);
	PASS(directory_open(s, f));
	TRY(lock ? flock(s->lock, LOCK_EX) : 0, "the state directory of '%s'", id);
	if (fstatat(s->lock, "state.json", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fail(f, errno, "state.json");      /* its create goes on, or was killed */
	if ((s->json = json_read(s->lock, "state.json", true, MOST_STATE, f)) == NULL)
		return -1;
	PASS(state_parse(s, f));
	return find_process(s, f);
}

int state_open(struct state *s, const char *root, const char *id, bool lock, struct failure *f)
{
	PASS(name(s, id, f));
	CLOSED int fd = root_open(root, false, f);
	if (fd >= 0)
		return state_read(s, fd, id, lock, f);
	if (f->status != 0)
		return -1;
	s->missing = true;
	return fail(f, 0, "container '%s' does not exist", id);
}

void state_close(struct state *s)
{
	close_fd(&s->root);
	close_fd(&s->lock);
	close_fd(&s->pidfd);
	json_decref(s->json);
}

const char *state_status(const struct state *s)
{
	struct stat st;

	if (s->json == NULL || faccessat(s->lock, "pid", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return "creating";
	if (s->pid == 0)
		return "stopped";
	if (fstatat(s->lock, "start", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode))
		return "created";
	return groups_frozen(&s->cgroup) ? "paused" : "running";
}

char *state_text(const struct state *s, const char *status, pid_t pid)
{
	json_t *all = json_copy(s->json);
	char *text;

	json_object_del(all, "config");
	json_object_del(all, "cgroups");
	json_object_set_new(all, "status", json_string(status));
	json_object_set_new(all, "pid", json_integer(strcmp(status, "stopped") == 0 ? 0 : pid));
	text = json_dumps(all, JSON_INDENT(2));
	json_decref(all);
	return text;
}
