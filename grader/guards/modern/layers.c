/* layers.c - run a command in an overlay root: the mount API of file descriptors
 *
 * Style: fsopen(2), fsmount(2), open_tree(2) and move_mount(2).  The overlay is
 * detached until it is complete with all its binds but the mount into the tree; read-only
 * goes over a whole tree with mount_setattr(2); CMD is a child that is waited for.
 * See fsopen(2), mount_setattr(2), openat2(2), pivot_root(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* <sys/mount.h> has these too, and does not go with <linux/mount.h> everywhere */
int mount(const char *, const char *, const char *, unsigned long, const void *);
int umount2(const char *, int);
#define REC_PRIVATE (1ul << 14 | 1ul << 18) /* MS_REC | MS_PRIVATE */
#define DETACH 2                            /* MNT_DETACH */

struct request {
	char *lowers, *upper, *work;
	char **binds;
	int n_binds;
	char **command;
};

static void usage(void)
{
	fprintf(stderr, "usage: layers -l LOWER[:LOWER...] [-u UPPER -w WORK] [-b SRC:DST[:ro]]... -- CMD [ARG...]\n");
	exit(2);
}

static int path_fd(const char *path, int flags)
{
	int fd = open(path, O_PATH | O_CLOEXEC | flags);

	if (fd < 0)
		err(125, "%s", path);
	return fd;
}

static void set(int fs, const char *key, const char *value)
{
	if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, value, 0) < 0)
		err(125, "overlay: %s=%s", key, value);
}

/* An empty directory that is nowhere in the tree */
static int nowhere(void)
{
	int fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), fd;

	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		err(125, "tmpfs");
	fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (fd < 0)
		err(125, "tmpfs");
	close(fs);
	return fd;
}

/* The numbers of the descriptors are the paths, seen from /proc/self/fd: short
 * (a value has at most 255 bytes), and without anything to escape. */
static void set_lowers(int fs, const struct request *r)
{
	char list[4096] = "", *rest = r->lowers, *lower;
	size_t used = 0;

	while ((lower = strsep(&rest, ":")) != NULL) {
		if (used >= sizeof list - 32)
			errx(125, "-l: more layers than %zu bytes hold", sizeof list);
		used += (size_t)snprintf(list + used, 16, "%s%d", used ? ":" : "", path_fd(lower, O_DIRECTORY));
	}
	if (!r->upper) /* alone, a lower is refused */
		snprintf(list + used, 16, ":%d", nowhere());
	if (chdir("/proc/self/fd") < 0)
		err(125, "/proc/self/fd");
	if (strlen(list) < 256) {
		set(fs, "lowerdir", list);
		return;
	}
	rest = list; /* one by one: Linux 6.5 and newer */
	while ((lower = strsep(&rest, ":")) != NULL)
		set(fs, "lowerdir+", lower);
}

static bool nested(void)
{
	char text[64] = "";
	int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	bool all = fd >= 0 && read(fd, text, sizeof text - 1) > 0 && strstr(text, " 4294967295\n") != NULL;

	if (fd >= 0)
		close(fd);
	return !all;
}

static int overlay(const struct request *r)
{
	int fs = (int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC), fd;
	int upper = r->upper ? path_fd(r->upper, O_DIRECTORY) : -1;
	int work = r->work ? path_fd(r->work, O_DIRECTORY) : -1;
	char number[16];

	if (fs < 0)
		err(125, "overlay");
	set_lowers(fs, r);
	if (r->upper) {
		snprintf(number, sizeof number, "%d", upper);
		set(fs, "upperdir", number);
		snprintf(number, sizeof number, "%d", work);
		set(fs, "workdir", number);
	}
	if (nested() && syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0)
		err(125, "overlay: userxattr");
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		err(125, "overlay");
	fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, r->upper ? 0 : MOUNT_ATTR_RDONLY);
	if (fd < 0)
		err(125, "overlay");
	close(fs);
	return fd;
}

static int resolve(int root, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };

	return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

/* PATH as seen inside, made if it is missing: a directory, or an empty file */
static int target(int root, const char *path, bool directory)
{
	char *prefix = strdup(path);
	int parent = resolve(root, "."), fd = resolve(root, path);

	if (fd >= 0 || errno != ENOENT || !prefix)
		return fd;
	for (char *at = prefix; *at; ) {
		char *name = at + strspn(at, "/"), *end = name + strcspn(name, "/"), kept = *end;
		bool last = end[strspn(end, "/")] == '\0';
		int next;

		*end = '\0';
		if (!*name)
			break;
		next = resolve(root, prefix);
		if (next < 0 && errno == ENOENT) {
			if (last && !directory)
				mknodat(parent, name, S_IFREG | 0644, 0);
			else
				mkdirat(parent, name, 0755);
			next = resolve(root, prefix);
		}
		close(parent);
		if (next < 0)
			return -1;
		parent = next;
		*end = kept;
		at = end;
	}
	free(prefix);
	return parent;
}

static void bind_in(int root, int tree, char *spec)
{
	char *dst = strchr(spec, ':') + 1, *option = strchr(dst, ':');
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	struct stat st;
	int at;

	if (fstat(tree, &st) < 0)
		err(125, "%s", spec);
	if (option) {
		*option = '\0';
		if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) < 0)
			err(125, "%s: read-only", dst);
	}
	at = target(root, dst, S_ISDIR(st.st_mode));
	if (at < 0)
		err(125, "%s", dst);
	if (syscall(SYS_move_mount, tree, "", at, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		err(125, "%s: bind", dst);
}

/* A mount can be put into a tree only where a tree is: first the root over
 * /proc, which every machine has and whose descriptors are no longer needed. */
static void enter(const struct request *r)
{
	int *sources = calloc((size_t)r->n_binds + 1, sizeof *sources), root;

	if (!sources || unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, REC_PRIVATE, NULL) < 0)
		err(125, "mount namespace");
	for (int i = 0; i < r->n_binds; i++) {
		char *colon = strchr(r->binds[i], ':');

		*colon = '\0';
		/* now: later /proc is covered by the root */
		sources[i] = (int)syscall(SYS_open_tree, AT_FDCWD, r->binds[i], AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (sources[i] < 0)
			err(125, "%s", r->binds[i]);
		*colon = ':';
	}
	root = overlay(r);
	if (syscall(SYS_move_mount, root, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		err(125, "attach");
	for (int i = 0; i < r->n_binds; i++)
		bind_in(root, sources[i], r->binds[i]);
	if (fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", DETACH) < 0 || chdir("/") < 0)
		err(125, "pivot_root");
	free(sources);
	/* No way back by what the caller or we have open. */
	syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
	execvp(r->command[0], r->command);
	err(errno == ENOENT ? 127 : 126, "%s", r->command[0]);
}

static void check_bind(const char *spec)
{
	const char *dst = strchr(spec, ':'), *option = dst ? strchr(dst + 1, ':') : NULL;

	if (!dst || dst == spec || !dst[1] || option == dst + 1 || (option && strcmp(option, ":ro") != 0))
		usage();
}

int main(int argc, char **argv)
{
	struct request r = { .binds = calloc((size_t)argc, sizeof *r.binds) };
	int opt, status;
	pid_t pid;

	opterr = 0;
	while (r.binds && (opt = getopt(argc, argv, "+l:u:w:b:")) != -1) {
		switch (opt) {
		case 'l': r.lowers = optarg; break;
		case 'u': r.upper = optarg; break;
		case 'w': r.work = optarg; break;
		case 'b': check_bind(optarg); r.binds[r.n_binds++] = optarg; break;
		default: usage();
		}
	}
	if (optind == argc || !r.lowers || !r.upper != !r.work)
		usage();
	r.command = argv + optind;
	signal(SIGCHLD, SIG_DFL);
	pid = fork();
	if (pid == 0)
		enter(&r);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		err(125, "fork");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
