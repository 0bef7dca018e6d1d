/* state.c - what is known of a container between two calls */
#include <dirent.h>
#include <sys/file.h>
#include <sys/un.h>
#include <time.h>

#include "oci.h"

bool in_user_namespace(void)
{
	unsigned inside, outside, count;
	char map[256];

	return geteuid() != 0 || file_read(map, sizeof(map), "/proc/self/uid_map") < 0 ||
	       sscanf(map, "%u %u %u", &inside, &outside, &count) != 3 || inside != 0 || outside != 0 || count != UINT32_MAX;
}

const char *state_root(void)
{
	static char path[512];
	const char *user = getenv("XDG_RUNTIME_DIR");

	if (!in_user_namespace())
		return "/run/skiff-oci";
	if (user != NULL && *user == '/')
		snprintf(path, sizeof(path), "%s/skiff-oci", user);
	else
		snprintf(path, sizeof(path), "/tmp/skiff-oci-%u", geteuid());
	return path;
}

/* name - the state directory.  An id is a file name, and a plain one. */
static int name(struct state *s, const char *root, const char *id, struct failure *f)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-.";

	*s = (struct state){ .id = id, .lock = -1, .pidfd = -1 };
	if (*id == '\0' || *id == '.' || *id == '-' || strlen(id) > 255 || strspn(id, plain) != strlen(id))
		return fail(f, 0, "'%s': no id of a container: letters, digits and _ + - .", id);
	if ((size_t)snprintf(s->dir, sizeof(s->dir), "%s/%s", root, id) >= sizeof(s->dir) - 32)
		return fail(f, ENAMETOOLONG, "--root %s", root);
	return 0;
}

int socket_at(const char *path, int type, bool listening, const char *what, struct failure *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, type | SOCK_CLOEXEC, 0), done = -1;

	errno = sock >= 0 ? ENAMETOOLONG : errno;
	if (sock >= 0 && strlen(path) < sizeof(address.sun_path)) {
		strcpy(address.sun_path, path);
		done = (listening ? bind : connect)(sock, (struct sockaddr *)&address, sizeof(address));
	}
	if (done == 0 && (!listening || listen(sock, 1) == 0))
		return sock;
	close_fd(&sock);
	return fail(f, errno, "%s: %s", what, path);
}

int file_put(int dir, const char *path, const void *text, size_t size, struct failure *f)
{
	char temporary[4200];

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	CLOSED int fd = openat(dir, temporary, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0 || write(fd, text, size) != (ssize_t)size || renameat(dir, temporary, dir, path) < 0)
		return fail(f, errno, "%s", path);
	return 0;
}

int state_make(struct state *s, const char *root, const char *id, struct failure *f)
{
	struct stat st;

	PASS(name(s, root, id, f));
	/* With all above it: docker's is deep below what it has made. */
	for (char *end = s->dir + 1; (end = strchr(end, '/')) != NULL; end++) {
		*end = '\0';
		if (mkdir(s->dir, 0700) < 0 && errno != EEXIST && errno != EROFS)
			return fail(f, errno, "--root %s", root);
		*end = '/';
	}
	/* Whoever can write there decides what is started. */
	TRY(stat(root, &st), "--root %s", root);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return fail(f, 0, "--root %s: not a directory of this user's alone", root);
	if (mkdir(s->dir, 0700) < 0)
		return errno == EEXIST ? fail(f, 0, "container '%s' already exists", id) : fail(f, errno, "%s", s->dir);
	TRY(s->lock = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "%s", s->dir);
	TRY(flock(s->lock, LOCK_EX), "%s", s->dir);
	return 0;
}

int state_save(struct state *s, const struct bundle *b, struct failure *f)
{
	json_t *groups = json_array();
	char when[32], *text;
	time_t now = time(NULL);
	int done;

	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	for (int i = 0; i < s->cgroup.count; i++)
		json_array_append_new(groups, json_pack("{s:i, s:s, s:s}", "version", s->cgroup.dir[i].version, "name", s->cgroup.dir[i].name,
							"path", s->cgroup.dir[i].path));
	s->json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:O*, s:o, s:O}", "ociVersion", OCI_VERSION, "id", s->id, "bundle", b->dir,
			    "rootfs", b->rootfs, "created", when, "owner", "", "annotations", json_object_get(b->config, "annotations"),
			    "cgroups", groups, "config", b->config);
	text = json_dumps(s->json, JSON_COMPACT);
	if (text == NULL)
		return fail(f, ENOMEM, "state.json");
	done = file_put(s->lock, "state.json", text, strlen(text), f);
	free(text);
	return done;
}

int state_open(struct state *s, const char *root, const char *id, bool lock, struct failure *f)
{
	unsigned long long born = 0;
	json_t *value;
	char path[4200], text[64];
	size_t i;
	int pid = 0;

	PASS(name(s, root, id, f));
	s->lock = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->lock < 0 || (lock && flock(s->lock, LOCK_EX) < 0))
		return errno == ENOENT ? fail(f, 0, "container '%s' does not exist", id) : fail(f, errno, "%s", s->dir);
	snprintf(path, sizeof(path), "%s/state.json", s->dir);
	if (access(path, F_OK) < 0)
		return 0;       /* its create goes on, or was killed */
	if ((s->json = json_read(path, f)) == NULL)
		return -1;
	json_array_foreach(json_object_get(s->json, "cgroups"), i, value) {
		const char *group = NULL, *file = NULL;
		struct cgroup_dir *dir = &s->cgroup.dir[s->cgroup.count];
		PASS(json_take(value, path, f, "{s:i, s:s, s:s}", "version", &dir->version, "name", &group, "path", &file));
		snprintf(dir->name, sizeof(dir->name), "%s", group);
		snprintf(dir->path, sizeof(dir->path), "%s", file);
		if (++s->cgroup.count == CGROUP_HIERARCHIES)
			break;
	}
	/* That pid may be another's by now, or a zombie that nobody has reaped yet. */
	if (file_read(text, sizeof(text), "/proc/self/fd/%d/pid", s->lock) == 0 && sscanf(text, "%d %llu", &pid, &born) == 2 &&
	    (s->pidfd = (int)syscall(SYS_pidfd_open, pid, 0)) >= 0 && process_born(pid) == born &&
	    file_read(path, 256, "/proc/%d/stat", pid) == 0 && strchr("ZX", strrchr(path, ')')[2]) == NULL)
		s->pid = pid;
	return 0;
}

const char *state_status(const struct state *s)
{
	if (s->json == NULL || faccessat(s->lock, "pid", F_OK, 0) < 0)
		return "creating";
	if (s->pid == 0)
		return "stopped";
	if (faccessat(s->lock, "start", F_OK, 0) == 0)
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

