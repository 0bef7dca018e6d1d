/* roots.c - N root filesystems out of one: copied, or stacked
 *
 *   roots copy|stack N ROOTFS DIR
 *
 * Copied with cp(1); stacked as skiff does it, an overlay whose upper layer is
 * on a tmpfs of its own.  A file is then changed in each.  Prints
 *   make us T       how long that took
 *   bytes B N       what they hold that ROOTFS does not
 * and removes them.  See the kernel's overlayfs.rst. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ROOTS = 100 };

static void write_text(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err(1, "%s", path);
	close(fd);
}

/* format - snprintf(3), but what does not fit ends the program: see removing below */
__attribute__((format(printf, 3, 4)))
static void format(char *text, size_t size, const char *form, ...)
{
	va_list args;
	int length;

	va_start(args, form);
	length = vsnprintf(text, size, form, args);
	va_end(args);
	if (length < 0 || (size_t)length >= size)
		errx(1, "%s...: %d bytes, at most %zu", text, length, size - 1);
}

/* own_mounts - what is mounted here ends with this process */
static void own_mounts(void)
{
	char uids[32], gids[32];
	uid_t uid = geteuid();

	snprintf(uids, sizeof(uids), "0 %u 1\n", (unsigned)uid);
	snprintf(gids, sizeof(gids), "0 %u 1\n", (unsigned)getegid());
	if (unshare(CLONE_NEWNS | (uid != 0 ? CLONE_NEWUSER : 0)) < 0)
		err(1, "unshare");
	if (uid != 0) {
		write_text("/proc/self/uid_map", 0, uids);
		write_text("/proc/self/setgroups", 0, "deny");
		write_text("/proc/self/gid_map", 0, gids);
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		err(1, "making the mounts private");
}

static void copy(char *rootfs, char *root)
{
	/* A filesystem that shares blocks between copies would be stacking, too. */
	char *from, *command[] = { "cp", "-a", "--reflink=never", "--", NULL, root, NULL };
	int status;
	pid_t pid;

	/* What this run made is what it removes in the end. */
	if (mkdir(root, 0755) < 0)
		err(1, "mkdir %s", root);
	if (asprintf(&from, "%s/.", rootfs) < 0)
		err(1, "memory");
	command[4] = from;
	errno = posix_spawnp(&pid, command[0], NULL, NULL, command, environ);
	if (errno != 0 || waitpid(pid, &status, 0) < 0)
		err(1, "cp");
	if (status != 0)
		errx(1, "cp failed");
}

static void stack(const char *rootfs, const char *root, int privileged)
{
	static const char *const names[] = { "upper", "work", "merged" };
	char options[4096], merged[512];

	if (mkdir(root, 0755) < 0 || mount("tmpfs", root, "tmpfs", 0, "size=64m,mode=0755") < 0)
		err(1, "a tmpfs on %s", root);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		format(options, sizeof(options), "%s/%s", root, names[i]);
		if (mkdir(options, 0755) < 0)
			err(1, "%s", options);
	}
	format(options, sizeof(options), "lowerdir=%s,upperdir=%s/upper,workdir=%s/work%s", rootfs,
	       root, root, privileged ? "" : ",userxattr");
	format(merged, sizeof(merged), "%s/merged", root);
	if (mount("overlay", merged, "overlay", 0, options) < 0)
		err(1, "an overlay on %s", merged);
}

static long long counted;       /* mutable: nftw(3) passes nothing on */

static int count(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)path, (void)type, (void)at;
	counted += st->st_blocks * 512LL;
	return 0;
}

static int discard(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static long long bytes_in(const char *root, int stacked)
{
	struct statfs fs;

	if (!stacked) {
		counted = 0;
		nftw(root, count, 32, FTW_PHYS);
		return counted;
	}
	if (statfs(root, &fs) < 0)
		err(1, "%s", root);
	return (long long)(fs.f_blocks - fs.f_bfree) * fs.f_bsize;
}

int main(int argc, char **argv)
{
	int stacked = argc == 5 && strcmp(argv[1], "stack") == 0;
	int n = argc == 5 ? atoi(argv[2]) : 0;
	int privileged = geteuid() == 0;
	struct timespec from, to;
	long long bytes = 0;
	char root[400], path[512];

	if (argc != 5 || (!stacked && strcmp(argv[1], "copy") != 0) || n < 1 || n > MAX_ROOTS) {
		fprintf(stderr, "usage: roots copy|stack N ROOTFS DIR\n");
		return 2;
	}
	if (stacked)
		own_mounts();
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < n; i++) {
		format(root, sizeof(root), "%s/root%d", argv[4], i);
		if (stacked)
			stack(argv[3], root, privileged);
		else
			copy(argv[3], root);
		format(path, sizeof(path), "%s%s/etc/motd", root, stacked ? "/merged" : "");
		write_text(path, O_CREAT | O_TRUNC, "one line of its own\n");
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	for (int i = 0; i < n; i++) {
		format(root, sizeof(root), "%s/root%d", argv[4], i);
		bytes += bytes_in(root, stacked);
		if (stacked && umount2(root, MNT_DETACH) < 0)
			err(1, "umount of %s", root);
		if (nftw(root, discard, 32, FTW_PHYS | FTW_DEPTH) < 0)
			err(1, "removing %s", root);
	}
	printf("make us %.1f\nbytes B %lld\n", (double)(to.tv_sec - from.tv_sec) * 1e6 +
	       (double)(to.tv_nsec - from.tv_nsec) / 1e3, bytes);
	return 0;
}
