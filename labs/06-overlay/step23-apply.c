/* step23-apply.c - a tar file of an image made a layer again
 *
 *   ./step23-apply DIR <LAYER.tar      DIR: a new, empty directory
 *
 * New in this step: the way back.  tar(1) unpacks, then .wh.NAME becomes the
 * device 0,0 at NAME and .wh..wh..opq the attribute of its directory.  For that
 * device nobody needs CAP_MKNOD (since Linux 5.8): it is no way to any hardware.
 * Who may not write trusted.* writes user.*, for an overlay with userxattr.
 * See tar(1), mknod(2), xattr(7), "Whiteouts" in the OCI image specification. */
#include <err.h>
#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static void unpack(void)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		execlp("tar", "tar", "-x", (char *)NULL);
		err(1, "tar");
	}
	if (waitpid(pid, &status, 0) < 0 || status)
		errx(1, "tar failed");
}

static void convert(const char *dir, const char *name, const char *marker)
{
	char path[PATH_MAX + NAME_MAX + 2];

	if (!strcmp(name, ".wh..opq")) {
		const char *how = "trusted.overlay.opaque";

		if (lsetxattr(dir, how, "y", 1, 0) && errno == EPERM)
			how = "user.overlay.opaque";
		if (lsetxattr(dir, how, "y", 1, 0))
			err(errno == EOPNOTSUPP ? 77 : 1, "%s of %s", how, dir);
		printf("%s: %s=y\n", dir, how);
	} else {
		snprintf(path, sizeof(path), "%s/%s", dir, name);	/* fits: see its size */
		if (mknod(path, S_IFCHR, makedev(0, 0)))
			err(errno == EPERM ? 77 : 1, "%s", path);
		printf("%s: device 0,0\n", path);
	}
	if (unlink(marker))
		err(1, "%s", marker);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

int main(int argc, char **argv)
{
	char *const start[] = { ".", NULL };
	char dir[PATH_MAX];
	FTS *tree;
	FTSENT *entry;

	if (argc != 2) {
		fprintf(stderr, "usage: step23-apply DIR <LAYER.tar\n");
		return 2;
	}
	if (chdir(argv[1]))
		err(1, "%s", argv[1]);
	unpack();
	tree = fts_open(start, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	if (!tree)
		err(1, "fts_open");
	while ((entry = fts_read(tree))) {
		if (entry->fts_info != FTS_F || strncmp(entry->fts_name, ".wh.", 4))
			continue;
		if (snprintf(dir, sizeof(dir), "%.*s", entry->fts_pathlen - entry->fts_namelen - 1,
			     entry->fts_path) >= PATH_MAX)
			errx(1, "%s: too long", entry->fts_path);
		convert(dir, entry->fts_name + 4, entry->fts_path);
	}
	fts_close(tree);
	return 0;
}
