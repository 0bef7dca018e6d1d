/* step13-upper.c - two layers shown as one, and where a change ends up
 *
 *   ./step13-upper DIR     DIR: a new, empty directory; as an ordinary user:
 *                           unshare -rm ./step13-upper DIR
 *
 * New in this step: the overlay file system.  DIR/lower is only ever read,
 * DIR/upper takes the changes, DIR/merged shows the two as one, in a mount
 * namespace that ends with this program.
 * See mount(8) "Mount options for overlay", mount_namespaces(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const char *const trees[] = { "merged", "upper", "lower" };
static const char *const files[] = { "kept", "changed", "removed", "added" };

/* append: TEXT at the end of the file NAME, which is made if need be */
static void append(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND, 0644);

	if (fd < 0 || dprintf(fd, "%s", text) < 0)
		err(1, "%s", name);
	close(fd);
}

/* print_file: what lstat(2) finds under that name; of a file, its text */
static void print_file(const char *tree, const char *file)
{
	char name[32], what[32] = "-", text[16] = "";
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "%s/%s", tree, file);	/* fits: our own names */
	if (!lstat(name, &st) && S_ISCHR(st.st_mode)) {
		snprintf(what, sizeof(what), "device %u,%u", major(st.st_rdev), minor(st.st_rdev));
	} else if (!lstat(name, &st)) {
		fd = open(name, O_RDONLY);
		if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
			err(1, "%s", name);
		close(fd);
		snprintf(what, sizeof(what), "\"%s\"", text);	/* fits: text has 15 */
	}
	printf(" %-12s", what);
}

static void print_trees(const char *when)
{
	printf("%-8s %-12s %-12s %s\n", when, trees[0], trees[1], trees[2]);
	for (int file = 0; file < 4; file++) {
		printf("%-8s", files[file]);
		for (int tree = 0; tree < 3; tree++)
			print_file(trees[tree], files[file]);
		printf("\n");
	}
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: step13-upper DIR\n");
		return 2;
	}
	/* "work" is the kernel's own, to prepare in what then appears in upper */
	if (chdir(argv[1]) || mkdir("lower", 0755) || mkdir("upper", 0755) ||
	    mkdir("work", 0700) || mkdir("merged", 0755))
		err(1, "%s", argv[1]);
	append("lower/kept", "one");
	append("lower/changed", "two");
	append("lower/removed", "three");

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");
	if (mount("overlay", "merged", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work"))
		err(errno == ENODEV || errno == EPERM || errno == EINVAL ? 77 : 1, "no overlay in %s", argv[1]);

	print_trees("before");
	append("merged/changed", ", too");
	if (unlink("merged/removed"))
		err(1, "merged/removed");
	append("merged/added", "four");
	print_trees("after");
	return 0;
}
