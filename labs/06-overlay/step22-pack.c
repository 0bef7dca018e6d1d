/* step22-pack.c - an upper layer as a tar file, the form in which images travel
 *
 *   ./step22-pack UPPER >LAYER.tar
 *
 * New in this step: the names of the Open Container Initiative's image format.  A
 * tar file holds no whiteouts and no extended attributes of an overlay's.  What is
 * gone is an empty file .wh.NAME, and a directory that hides what is below it holds
 * an empty file .wh..wh..opq.  tar(1) packs them.
 * See tar(1) -T, fts(3); the OCI image specification, layer.md, "Whiteouts". */
#include <err.h>
#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static int is_opaque(const char *dir)
{
	char value[2] = "";

	return (lgetxattr(dir, "trusted.overlay.opaque", value, 2) == 1 ||
		lgetxattr(dir, "user.overlay.opaque", value, 2) == 1) && *value == 'y';
}

/* mark: an empty file PREFIX+NAME beside NAME's place, in the folder of marks */
static void mark(const char *marks, FILE *list, const char *dir, const char *name)
{
	char path[PATH_MAX], *from;

	if (snprintf(path, sizeof(path), "%s/%s/%s", marks, dir, name) >= PATH_MAX)
		errx(1, "%s/%s: too long", dir, name);
	for (from = path + strlen(marks) + 1; (from = strchr(from, '/')); *from++ = '/') {
		*from = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			err(1, "%s", path);
	}
	if (mknod(path, S_IFREG | 0644, 0))
		err(1, "%s", path);
	fprintf(list, "%s/%s%c", dir, name, '\0');
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* walk: every name below "." to one of tar's lists */
static void walk(const char *marks, FILE *kept, FILE *marked)
{
	char *const start[] = { ".", NULL };
	char dir[PATH_MAX], name[NAME_MAX + 8];
	FTS *tree = fts_open(start, FTS_PHYSICAL | FTS_NOCHDIR, by_name);

	for (FTSENT *entry; tree && (entry = fts_read(tree)); ) {
		if (entry->fts_info == FTS_DP || entry->fts_level == 0)
			continue;
		if (entry->fts_errno)
			errx(1, "%s: %s", entry->fts_path, strerror(entry->fts_errno));
		if (snprintf(dir, sizeof(dir), "%.*s", entry->fts_pathlen - entry->fts_namelen - 1, entry->fts_path) >= PATH_MAX)
			errx(1, "%s: too long", entry->fts_path);
		snprintf(name, sizeof(name), ".wh.%s", entry->fts_name);	/* fits: NAME_MAX and 4 */
		if (S_ISCHR(entry->fts_statp->st_mode) && entry->fts_statp->st_rdev == makedev(0, 0))
			mark(marks, marked, dir, name);
		else
			fprintf(kept, "%s%c", entry->fts_path, '\0');
		if (entry->fts_info == FTS_D && is_opaque(entry->fts_path))
			mark(marks, marked, entry->fts_path, ".wh..wh..opq");
	}
	fts_close(tree);
}

int main(int argc, char **argv)
{
	char work[] = "/tmp/step22.XXXXXX", script[] =
		"tar -c --null --no-recursion -T \"$1/kept\" -C \"$1/marks\" -T \"$1/marked\"; s=$?; rm -r \"$1\"; exit $s";
	char marks[64], kept_name[64], marked_name[64];
	FILE *kept, *marked;

	if (argc != 2)
		return fputs("usage: step22-pack UPPER >LAYER.tar\n", stderr), 2;
	if (chdir(argv[1]) || !mkdtemp(work))
		err(1, "%s", argv[1]);
	snprintf(marks, sizeof(marks), "%s/marks", work);	/* fits: see work */
	snprintf(kept_name, sizeof(kept_name), "%s/kept", work);	/* fits: see work */
	snprintf(marked_name, sizeof(marked_name), "%s/marked", work);	/* fits: see work */
	kept = fopen(kept_name, "we");
	marked = fopen(marked_name, "we");
	if (mkdir(marks, 0755) || !kept || !marked)
		err(1, "%s", work);
	walk(marks, kept, marked);
	if (fclose(kept) || fclose(marked))
		err(1, "%s", work);
	execlp("sh", "sh", "-c", script, "sh", work, (char *)NULL);
	err(1, "sh");
}
