/* layers.c - run a command in a root file system made of layers
 *
 *   layers -l LOWER[:LOWER...] [-u UPPER -w WORK] [-b SRC:DST[:ro]]... -- CMD...
 *
 *   -l   the layers that are only read, the leftmost on top
 *   -u   the layer that takes every change; without it the root is read-only
 *   -w   an empty directory beside UPPER, for the kernel's own use
 *   -b   make the file or directory SRC appear at DST, read-only with :ro
 *
 * A colon that belongs to a name is written \: in LOWER, SRC and DST.
 * Without root's privilege: unshare -rm ./layers -l ROOTFS -- sh
 *
 * Exit status: CMD's; 2 bad usage, 125 layers itself failed and CMD did not
 * run, 126 CMD cannot run, 127 CMD not found.
 *
 * See mount_namespaces(7), mount(8), openat2(2), mount_setattr(2),
 * pivot_root(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/mount.h>	/* after sys/mount.h: older C libraries need that order */
#include <linux/openat2.h>

#define MAX_LAYERS 500		/* the kernel stacks no more */
#define MAX_DEPTH 100		/* missing folders and dangling links in one DST */

struct bind {
	const char *src, *dst;
	bool ro;
	int tree;		/* SRC as a mount tree that is not attached yet */
};

struct request {
	const char *lower[MAX_LAYERS];
	int lowers;
	const char *upper, *work;
	struct bind *bind;
	int binds;
};

/* ---- given: system calls that older C libraries have no function for ------- */

static int sys_openat2(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags, .resolve = resolve };

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

static int sys_open_tree(int dir, const char *path, unsigned int flags)
{
	return (int)syscall(SYS_open_tree, dir, path, flags);
}

static int sys_move_mount(int from, const char *from_path, int to, const char *to_path,
			  unsigned int flags)
{
	return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}

static int sys_mount_setattr(int dir, const char *path, unsigned int flags,
			     struct mount_attr *attr)
{
	return (int)syscall(SYS_mount_setattr, dir, path, flags, attr, sizeof(*attr));
}

static int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}

/* ---- given: the command line and the errors -------------------------------- */

static const char usage_line[] =
	"usage: layers -l LOWER[:LOWER...] [-u UPPER -w WORK] [-b SRC:DST[:ro]]... -- CMD...\n";

static _Noreturn void usage(void)
{
	fputs(usage_line, stderr);
	exit(2);
}

/* shown: TEXT fit for a message: one line, and nothing that a terminal obeys: no control
 * character, also not of those above 0x7f (console_codes(4)) */
static const char *shown(const char *text)
{
	unsigned char *copy = (unsigned char *)strdup(text);

	if (!copy)
		err(125, "memory");
	for (size_t i = 0; copy[i]; i++)
		if (copy[i] < ' ' || copy[i] == 0x7f || (copy[i] >= 0x80 && copy[i] < 0xa0 &&
		    (!i || copy[i - 1] < 0x80 || copy[i - 1] == 0xc2)))
			copy[i] = '?';
	return (const char *)copy;
}

/* next_field: cut off *REST up to the next colon; NULL when nothing is left.
 * An empty field is never right, so it is bad usage. */
static const char *next_field(char **rest)
{
	char *field = *rest, *from = field, *to = field;

	if (!field)
		return NULL;
	while (*from && *from != ':') {
		if (from[0] == '\\' && from[1] == ':')
			from++;
		*to++ = *from++;
	}
	*rest = *from ? from + 1 : NULL;
	*to = '\0';
	if (!*field)
		usage();
	return field;
}

static void parse_lowers(struct request *req, char *arg)
{
	const char *lower;

	if (req->lowers)
		usage();
	while ((lower = next_field(&arg))) {
		if (req->lowers == MAX_LAYERS)
			errx(125, "-l: more than %d layers: the kernel stacks no more", MAX_LAYERS);
		req->lower[req->lowers++] = lower;
	}
}

static void parse_bind(struct request *req, char *arg)
{
	struct bind bind = { .tree = -1 };
	const char *mode;

	bind.src = next_field(&arg);
	bind.dst = next_field(&arg);
	mode = next_field(&arg);
	if (!bind.dst || arg || (mode && strcmp(mode, "ro")))
		usage();
	bind.ro = mode != NULL;
	req->bind = reallocarray(req->bind, (size_t)req->binds + 1, sizeof(bind));
	if (!req->bind)
		err(125, "memory");
	req->bind[req->binds++] = bind;
}

static void set_once(const char **where, const char *value)
{
	if (*where || !*value)
		usage();
	*where = value;
}

static char **parse(struct request *req, int argc, char **argv)
{
	int opt;

	opterr = 0;
	while ((opt = getopt(argc, argv, "+l:u:w:b:h")) != -1) {
		switch (opt) {
		case 'l': parse_lowers(req, optarg); break;
		case 'u': set_once(&req->upper, optarg); break;
		case 'w': set_once(&req->work, optarg); break;
		case 'b': parse_bind(req, optarg); break;
		case 'h': fputs(usage_line, stdout); exit(0);
		default: usage();
		}
	}
	if (!req->lowers || !req->upper != !req->work || optind == argc)
		usage();
	return argv + optind;
}

/* A directory on descriptor 0, 1 or 2 would be a way out of the new root. */
static void check_stdio(void)
{
	struct stat st;

	for (int fd = 0; fd <= 2; fd++)
		if (!fstat(fd, &st) && S_ISDIR(st.st_mode))
			errx(125, "descriptor %d: is a directory outside the new root", fd);
}

/* Only the initial user namespace may keep trusted.* attributes; an overlay
 * made in any other one writes its notes to user.* and has to be told so.  The
 * kernel fixes the number of the initial one (PROC_USER_INIT_INO). */
static bool in_initial_userns(void)
{
	struct stat st;

	if (stat("/proc/self/ns/user", &st))
		err(125, "/proc/self/ns/user");
	return st.st_ino == 0xEFFFFFFDU;
}

static int open_dir(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		err(125, "%s", shown(path));
	return fd;
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static bool is_dir(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISDIR(st.st_mode);
}

/* ---- the mechanism ---------------------------------------------------------- */

static void own_mount_namespace(void)
{
	/* TODO 1: a mount namespace of our own, in which no mount passes events
	 * on to the old one.  See unshare(2), mount_namespaces(7). */
	/* BEGIN SOLUTION */
	if (unshare(CLONE_NEWNS))
		err(125, "a mount namespace (root may make one, or: unshare -rm layers ...)");
	/* the new one is a copy, and systemd's mounts are shared with theirs */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(125, "making every mount private");
	/* END SOLUTION */
}

/* Every SRC is found now, while its name means what the caller meant by it. */
static void take_binds(struct request *req)
{
	for (int i = 0; i < req->binds; i++) {
		struct bind *bind = &req->bind[i];

		/* TODO 2: make bind->tree a copy of SRC and of all that is mounted
		 * below it, attached nowhere; if bind->ro, all of it read-only.
		 * See mount_setattr(2): AT_RECURSIVE; its EXAMPLES use open_tree. */
		/* BEGIN SOLUTION */
		bind->tree = sys_open_tree(AT_FDCWD, bind->src,
					   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
		if (bind->tree < 0)
			err(125, "%s", shown(bind->src));
		if (bind->ro) {
			struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
			struct statvfs now;

			/* before it is attached: never writable inside, not for a moment */
			if (sys_mount_setattr(bind->tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr))
				err(125, "%s: cannot be made read-only", shown(bind->src));
			if (fstatvfs(bind->tree, &now) || !(now.f_flag & ST_RDONLY))
				errx(125, "%s: still writable", shown(bind->src));
		}
		/* END SOLUTION */
	}
}

/* The layers as one mounted tree; a descriptor of its root. */
static int mount_overlay(const struct request *req)
{
	char options[4096];	/* mount(2) takes one page at most, and drops the rest unsaid */
	FILE *text = fmemopen(options, sizeof(options), "w");
	int lower[MAX_LAYERS], upper = -1, work = -1, root;
	const char *userxattr = in_initial_userns() ? "" : ",userxattr";

	if (!text)
		err(125, "memory");
	/* TODO 3: open every layer with open_dir().  A name may hold a comma or a
	 * colon, so no name goes into the options: in /proc/self/fd, the file "5"
	 * is descriptor 5.  See proc(5). */
	/* BEGIN SOLUTION */
	for (int i = 0; i < req->lowers; i++)
		lower[i] = open_dir(req->lower[i]);
	if (req->upper) {
		upper = open_dir(req->upper);
		work = open_dir(req->work);
	}
	if (chdir("/proc/self/fd"))
		err(125, "/proc/self/fd");
	/* END SOLUTION */

	/* TODO 4: write the options to the stream `text`, lowerdir= in req's order,
	 * then userxattr.  Without UPPER the kernel wants two layers, so give a
	 * single one an empty tmpfs for company.  See mount(8), "overlay". */
	/* BEGIN SOLUTION */
	fprintf(text, "lowerdir=%d", lower[0]);
	for (int i = 1; i < req->lowers; i++)
		fprintf(text, ":%d", lower[i]);
	if (req->upper) {
		fprintf(text, ",upperdir=%d,workdir=%d", upper, work);
	} else if (req->lowers == 1) {
		/* covering /proc is harmless: we are in the folder we need */
		if (mount("empty", "/proc", "tmpfs", MS_RDONLY, NULL))
			err(125, "an empty layer");
		fprintf(text, ":%d", open_dir("/proc"));
	}
	fputs(userxattr, text);
	/* END SOLUTION */

	fputc('\0', text);
	if (fclose(text))
		errx(125, "-l: more layers than mount(2) has room for");

	/* TODO 5: mount the overlay and open its root.  It may cover any directory,
	 * for everything around it is about to go; /proc is sure to exist.
	 * Without UPPER it is read-only.  See mount(2). */
	/* BEGIN SOLUTION */
	if (mount("overlay", "/proc", "overlay", req->upper ? 0 : MS_RDONLY, options))
		err(125, "the overlay%s", errno == EINVAL && req->upper ?
		    " (UPPER and WORK: two directories on one mount?)" : "");
	root = open_dir("/proc");
	/* END SOLUTION */
	return root;
}

/* open_inside: PATH as a process inside the root would find it.  The author of a
 * layer chooses where its symbolic links point; they must not choose what we
 * mount on. */
static int open_inside(int root, const char *path)
{
	int fd;

	/* TODO 6: a descriptor (O_PATH) of PATH, with "/", ".." and absolute links
	 * ending at `root`, and no link of /proc's kind followed; -1 and errno if
	 * there is none.  See openat2(2), its EAGAIN too. */
	/* BEGIN SOLUTION */
	do
		fd = sys_openat2(root, path, O_PATH | O_CLOEXEC,
				 RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	while (fd < 0 && errno == EAGAIN);
	/* END SOLUTION */
	return fd;
}

/* make_inside (given): the same, but what is missing is made: PATH itself as a
 * directory or as an empty file, and the directories above it. */
static int make_inside(int root, const char *path, bool dir, int depth)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char target[PATH_MAX], next[2 * PATH_MAX], *parent;
	int fd = open_inside(root, path), up;
	ssize_t len;

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (depth == MAX_DEPTH) {
		errno = ELOOP;
		return -1;
	}
	parent = strndupa(path, slash ? (size_t)(slash - path) : 0);
	up = make_inside(root, *parent ? parent : "/", true, depth + 1);
	if (up < 0)
		return -1;
	fd = open_inside(root, path);	/* now there, if PATH ended in "/.." */
	if (fd < 0 && errno == ENOENT) {
		len = readlinkat(up, name, target, sizeof(target) - 1);
		if (len >= 0) {		/* a dangling link: what it names is missing */
			target[len] = '\0';
			if (snprintf(next, sizeof(next), "%s/%s", *target == '/' ? "" : parent, target) <
			    (int)sizeof(next))
				fd = make_inside(root, next, dir, depth + 1);
			else
				errno = ENAMETOOLONG;
		} else if (!(dir ? mkdirat(up, name, 0755) : mknodat(up, name, S_IFREG | 0644, 0))) {
			fd = open_inside(root, path);
		}
	}
	close(up);
	return fd;
}

static void place_binds(const struct request *req, int root)
{
	for (int i = 0; i < req->binds; i++) {
		const struct bind *bind = &req->bind[i];
		int at;

		/* TODO 7: open DST, making it if the root is writable; refuse the root
		 * itself, and a file where SRC is a directory or the reverse; then
		 * attach bind->tree there.  See mount_setattr(2), EXAMPLES, for
		 * move_mount, and MOVE_MOUNT_T_EMPTY_PATH. */
		/* BEGIN SOLUTION */
		at = req->upper ? make_inside(root, bind->dst, is_dir(bind->tree), 0)
				: open_inside(root, bind->dst);
		if (at < 0)
			err(125, "-b %s%s", shown(bind->dst), req->upper ? "" : " in a read-only root");
		if (same_file(at, root))
			errx(125, "-b %s: is the root itself", shown(bind->dst));
		if (is_dir(at) != is_dir(bind->tree))
			errx(125, "-b %s: %s, and %s is not", shown(bind->dst),
			     is_dir(at) ? "a directory" : "no directory", shown(bind->src));
		if (sys_move_mount(bind->tree, "", at, "",
				   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
			err(125, "-b %s", shown(bind->dst));
		/* END SOLUTION */
	}
}

static void enter(const struct request *req, int root)
{
	struct stat now, want;
	struct statvfs fs;

	/* TODO 8: make `root` the root of the namespace, drop the old one with all
	 * that is mounted in it, go to "/".  See pivot_root(2), its NOTES. */
	/* BEGIN SOLUTION */
	if (fchdir(root))
		err(125, "the new root");
	if (sys_pivot_root(".", "."))
		err(125, "pivot_root (is the present root a mount point, and no initramfs?)");
	/* "." is the new root with the old one mounted over it */
	if (umount2(".", MNT_DETACH))
		err(125, "the old root");
	if (chdir("/"))
		err(125, "/");
	/* END SOLUTION */

	/* look, rather than believe */
	if (fstat(root, &want) || stat("/", &now) || statvfs("/", &fs))
		err(125, "/");
	if (now.st_dev != want.st_dev || now.st_ino != want.st_ino)
		errx(125, "/: is not the overlay");
	if (!req->upper && !(fs.f_flag & ST_RDONLY))
		errx(125, "/: is not read-only");

	/* TODO 9: a descriptor on a directory outside is the old root all over, and
	 * the caller may have left us some.  See close_range(2). */
	/* BEGIN SOLUTION */
	if (close_range(3, ~0U, 0))
		err(125, "close_range");
	/* END SOLUTION */
}

int main(int argc, char **argv)
{
	struct request req = { 0 };
	char **cmd = parse(&req, argc, argv);
	int root;

	check_stdio();
	own_mount_namespace();
	take_binds(&req);
	root = mount_overlay(&req);
	place_binds(&req, root);
	enter(&req, root);
	/* We become CMD: its end is our end, and the namespace goes with both. */
	execvp(*cmd, cmd);
	err(errno == ENOENT ? 127 : 126, "%s", shown(*cmd));
}
