/* nodes.c - the devices in the container: config.json's, and those of every one */
#include <libgen.h>
#include <sys/sysmacros.h>

#include "oci.h"

struct node {
	const char *path, *type;
	int major, minor;               /* -1: not given */
	int mode;                       /* its permissions */
	json_int_t uid, gid;
};

/* bind_node - where none can be made, that of the host, if it is the same */
static int bind_node(const struct node *node, dev_t number, int parent, const char *name, struct failure *f)
{
	struct stat st;
	int mount;

	if (stat(node->path, &st) < 0 || st.st_rdev != number || (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)))
		return fail(f, EPERM, "linux.devices: %s", node->path);
	PASS(mount = clone_mount(AT_FDCWD, node->path, 0, f));
	close(openat(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0666));
	return mount_attach(mount, openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), node->path, f);
}

static int make_node(const struct node *node, int root, struct failure *f)
{
	mode_t type = *node->type == 'b' ? S_IFBLK : *node->type == 'p' ? S_IFIFO : S_IFCHR;
	dev_t number = type == S_IFIFO ? 0 : makedev((unsigned)node->major, (unsigned)node->minor);
	char above[4096], path[4096];
	struct stat st;

	if (!FITS(above, "%s", node->path) || !FITS(path, "%s", node->path))
		return fail(f, 0, "linux.devices: %zu bytes of path, at most %zu", strlen(node->path), sizeof(above) - 1);
	CLOSED int parent = target_inside(root, dirname(above), true, f);
	const char *name = basename(path);
	PASS(parent);
	if (mknodat(parent, name, type | (mode_t)node->mode, number) == 0) {
		/* Over the umask; and no link: this name was made just now. */
		TRY(fchownat(parent, name, (uid_t)node->uid, (gid_t)node->gid, AT_SYMLINK_NOFOLLOW), "linux.devices: %s", node->path);
		TRY(fchmodat(parent, name, (mode_t)node->mode, 0), "linux.devices: %s", node->path);
		return 0;
	}
	if (errno == EPERM)
		return bind_node(node, number, parent, name, f);
	if (errno == EEXIST && fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && (st.st_mode & S_IFMT) == type && st.st_rdev == number)
		return 0;
	return fail(f, errno, "linux.devices: %s", node->path);
}

int devices_fill(const struct bundle *b, int root, struct failure *f)
{
	static const struct node usual[] = {
		{ "/dev/null", "c", 1, 3, 0666, 0, 0 }, { "/dev/zero", "c", 1, 5, 0666, 0, 0 }, { "/dev/full", "c", 1, 7, 0666, 0, 0 },
		{ "/dev/random", "c", 1, 8, 0666, 0, 0 }, { "/dev/urandom", "c", 1, 9, 0666, 0, 0 }, { "/dev/tty", "c", 5, 0, 0666, 0, 0 },
	};
	static const char *const links[][2] = {
		{ "/proc/self/fd", "fd" }, { "/proc/self/fd/0", "stdin" }, { "/proc/self/fd/1", "stdout" },
		{ "/proc/self/fd/2", "stderr" }, { "pts/ptmx", "ptmx" },
	};
	CLOSED int dev = target_inside(root, "/dev", true, f);
	json_t *object;
	size_t i;

	PASS(dev);
	json_array_foreach(json_object_get(b->linux_part, "devices"), i, object) {
		struct node node = { .mode = 0666, .major = -1, .minor = -1 };
		PASS(json_take(object, "linux.devices", f, "{s:s, s:s, s?i, s?i, s?i, s?I, s?I}", "path", &node.path, "type", &node.type,
			       "major", &node.major, "minor", &node.minor, "fileMode", &node.mode, "uid", &node.uid, "gid", &node.gid));
		if (node.path[0] != '/' || strlen(node.type) != 1 || strchr("cbup", *node.type) == NULL)
			return fail(f, 0, "linux.devices: %s: no such path or type", node.path);
		if (*node.type != 'p' && (node.major < 0 || node.minor < 0))
			return fail(f, 0, "linux.devices: %s: major or minor: missing", node.path);
		node.mode &= 07777;     /* some engines say of what type it is here too */
		PASS(make_node(&node, root, f));
	}
	for (i = 0; i < COUNT(usual); i++)
		PASS(make_node(&usual[i], root, f));
	for (i = 0; i < COUNT(links); i++)
		if (symlinkat(links[i][0], dev, links[i][1]) < 0 && errno != EEXIST)
			return fail(f, errno, "/dev/%s", links[i][1]);
	/* Where the terminal is going to be seen. */
	if (b->process.terminal)
		close(openat(dev, "console", O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0620));
	return 0;
}
