/* layers.c - run a command in an overlay root: mount(2)
 *
 * Style: the layers are passed as /proc/self/fd/N, so that no character in a
 * path has to be escaped; the root is built in a tmpfs over /tmp, in a
 * mount namespace of its own; CMD takes the place of layers.
 * See mount(2), pivot_root(2), openat2(2), and the kernel's overlayfs guide. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

struct bind {
	char *src, *dst;
	bool read_only;
	int fd;
};

static char options[4096];

static void usage(void)
{
	fputs("usage: layers -l LOWER[:LOWER...] [-u UPPER -w WORK] [-b SRC:DST[:ro]]... -- CMD [ARG...]\n", stderr);
	exit(2);
}

/* fd N as a path; the caller's buffer */
static const char *fd_path(int fd, char path[32])
{
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return path;
}

static int open_directory(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		err(125, "%s", path);
	return fd;
}

/* BEFORE, and the directory as a path without commas, colons or backslashes */
static void add_option(const char *before, int fd)
{
	size_t used = strlen(options);
	char path[32];

	if (snprintf(options + used, sizeof options - used, "%s%s", before, fd_path(fd, path)) >= (int)(sizeof options - used))
		errx(125, "lower: too many layers");
}

static int in_root(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, root, *path ? path : "/", &how, sizeof how);
}

/* Open PATH below ROOT; what is missing is made, one component after the other,
 * each from a parent that was itself resolved inside the root. */
static int open_or_make(int root, const char *path, bool directory)
{
	int fd = in_root(root, path, O_PATH), parent, made;
	char *copy, *slash;
	size_t end;

	if (fd >= 0 || errno != ENOENT)
		return fd;
	copy = strdup(path);
	if (!copy)
		return -1;
	for (end = strlen(copy); end > 0 && copy[end - 1] == '/';)
		copy[--end] = '\0';
	slash = strrchr(copy, '/');
	if (slash)
		*slash = '\0';
	parent = open_or_make(root, slash ? copy : "/", true);
	if (parent < 0) {
		free(copy);
		return -1;
	}
	slash = slash ? slash + 1 : copy;
	made = directory ? mkdirat(parent, slash, 0755)
			 : openat(parent, slash, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	free(copy);
	if (made < 0 && errno != EEXIST)
		return -1;
	if (!directory && made >= 0)
		close(made);
	close(parent);
	return in_root(root, path, O_PATH);
}

static void remount_read_only(const char *point)
{
	unsigned long keep = 0;
	struct statvfs vfs;

	if (statvfs(point, &vfs) < 0)
		err(125, "%s", point);
	/* What is locked in a user namespace has to be said again. */
	if (vfs.f_flag & ST_NOSUID)
		keep |= MS_NOSUID;
	if (vfs.f_flag & ST_NODEV)
		keep |= MS_NODEV;
	if (vfs.f_flag & ST_NOEXEC)
		keep |= MS_NOEXEC;
	if (vfs.f_flag & ST_NOATIME)
		keep |= MS_NOATIME;
	if (vfs.f_flag & ST_NODIRATIME)
		keep |= MS_NODIRATIME;
	if (vfs.f_flag & ST_RELATIME)
		keep |= MS_RELATIME;
	if (mount(NULL, point, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | keep, NULL) < 0)
		err(125, "%s: read-only", point);
}

/* The mount at POINT and every one below it */
static void all_read_only(const char *point)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	size_t size = 0, length = strlen(point);
	char *line = NULL;

	if (!f)
		err(125, "/proc/self/mountinfo");
	while (getline(&line, &size, f) > 0) {
		char *path = line, *end;

		for (int field = 0; path && field < 4; field++)
			path = strchr(path, ' ') ? strchr(path, ' ') + 1 : NULL;
		end = path ? strchr(path, ' ') : NULL;
		if (!end)
			continue;
		*end = '\0';
		for (char *from = path, *to = path;; from++, to++) {
			if (*from == '\\') { /* octal: \040 is a space */
				*to = (char)strtol((char[]){ from[1], from[2], from[3], 0 }, NULL, 8);
				from += 3;
			} else if ((*to = *from) == '\0') {
				break;
			}
		}
		if (strncmp(path, point, length) == 0 && (path[length] == '\0' || path[length] == '/'))
			remount_read_only(path);
	}
	free(line);
	fclose(f);
}

static void bind_one(int root, const struct bind *b)
{
	char source[32], target[32], point[4096];
	struct stat st;
	ssize_t n;
	int fd;

	if (fstat(b->fd, &st) < 0)
		err(125, "%s", b->src);
	fd = open_or_make(root, b->dst, S_ISDIR(st.st_mode));
	if (fd < 0)
		err(125, "%s", b->dst);
	if (mount(fd_path(b->fd, source), fd_path(fd, target), NULL, MS_BIND | MS_REC, NULL) < 0)
		err(125, "%s: bind", b->dst);
	if (!b->read_only)
		return;
	n = readlink(target, point, sizeof point - 1);
	if (n < 0)
		err(125, "%s", b->dst);
	point[n] = '\0';
	all_read_only(point);
}

static bool in_user_namespace(void)
{
	unsigned in = 0, out = 0, count = 0;
	FILE *f = fopen("/proc/self/uid_map", "re");
	int n = f ? fscanf(f, "%u %u %u", &in, &out, &count) : 0;

	if (f)
		fclose(f);
	return n != 3 || in != 0 || out != 0 || count != ~0u;
}

static int mount_overlay(bool writable)
{
	size_t used = strlen(options);
	unsigned long flags = writable ? 0 : MS_RDONLY;
	int fd;

	/* trusted.* attributes are root's alone */
	if (in_user_namespace() && snprintf(options + used, sizeof options - used, ",userxattr") >= (int)(sizeof options - used))
		errx(125, "lower: too many layers");
	if (mount("overlay", "root", "overlay", flags, options) < 0) {
		options[used] = '\0';
		if (mount("overlay", "root", "overlay", flags, options) < 0)
			err(125, "overlay");
	}
	fd = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		err(125, "root");
	return fd;
}

static void split(struct bind *b, char *text)
{
	char *colon = strchr(text, ':');

	b->src = text;
	if (!colon || colon == text || !colon[1])
		usage();
	*colon = '\0';
	b->dst = colon + 1;
	colon = strchr(b->dst, ':');
	if (!colon)
		return;
	if (colon == b->dst || strcmp(colon, ":ro") != 0)
		usage();
	*colon = '\0';
	b->read_only = true;
}

int main(int argc, char **argv)
{
	struct bind *binds = calloc((size_t)argc, sizeof *binds);
	char *lowers = NULL, *upper = NULL, *work = NULL;
	int n = 0, opt, root;

	opterr = 0;
	while (binds && (opt = getopt(argc, argv, "+l:u:w:b:")) != -1) {
		switch (opt) {
		case 'l': lowers = optarg; break;
		case 'u': upper = optarg; break;
		case 'w': work = optarg; break;
		case 'b': split(&binds[n++], optarg); break;
		default: usage();
		}
	}
	if (optind == argc || !lowers || !upper != !work)
		usage();
	if (unshare(CLONE_NEWNS) < 0)
		err(125, "mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		err(125, "private mounts");
	for (int i = 0; i < n; i++)
		if ((binds[i].fd = open(binds[i].src, O_PATH | O_CLOEXEC)) < 0)
			err(125, "%s", binds[i].src);
	add_option("lowerdir=", open_directory(strsep(&lowers, ":")));
	while (lowers)
		add_option(":", open_directory(strsep(&lowers, ":")));
	if (upper) {
		add_option(",upperdir=", open_directory(upper));
		add_option(",workdir=", open_directory(work));
	}
	/* From here on paths are no longer the caller's; unbindable, so that
	 * -b /tmp:/x binds the one below. */
	if (mount("tmpfs", "/tmp", "tmpfs", 0, "mode=700") < 0 ||
	    mount(NULL, "/tmp", NULL, MS_UNBINDABLE, NULL) < 0 || chdir("/tmp") < 0)
		err(125, "/tmp: staging");
	if (mkdir("root", 0755) < 0 || mkdir("empty", 0755) < 0)
		err(125, "staging");
	if (!upper) { /* the kernel wants two directories, in mounts that can be bound */
		if (mount("tmpfs", "empty", "tmpfs", MS_RDONLY, NULL) < 0)
			err(125, "staging");
		add_option(":", open_directory("empty"));
	}
	root = mount_overlay(upper != NULL);
	for (int i = 0; i < n; i++)
		bind_one(root, &binds[i]);
	if (fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		err(125, "pivot_root");
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		err(125, "old root");
	/* What the caller left open may lead to the old root. */
	syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
	execvp(argv[optind], argv + optind);
	err(errno == ENOENT ? 127 : 126, "%s", argv[optind]);
}
