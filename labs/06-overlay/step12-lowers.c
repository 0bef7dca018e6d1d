/* step12-lowers.c - two directories shown as one
 *
 *   ./step12-lowers DIR     DIR: a new, empty directory; as an ordinary user:
 *                           unshare -rm ./step12-lowers DIR
 *
 * New in this step: the overlay file system, in its simplest form: two layers
 * that are only read.  Directories of one name are merged; of two files of one
 * name the one in the leftmost layer is seen; a file hides a directory.
 * See mount(8) "Mount options for overlay", mount(2). */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT, 0644);

	if (fd < 0 || dprintf(fd, "%s", text) < 0)
		err(1, "%s", name);
	close(fd);
}

static void print_file(const char *name)
{
	char text[32] = "";
	int fd = open(name, O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		snprintf(text, sizeof(text), "%s", strerror(errno));	/* lint: only shown */
	if (fd >= 0)
		close(fd);
	printf("  %-14s %s\n", name, text);
}

static void print_dir(const char *name)
{
	struct dirent **entry;
	int count = scandir(name, &entry, NULL, alphasort);

	if (count < 0)
		err(1, "%s", name);
	printf("  %-14s", name);
	for (int i = 0; i < count; i++)
		if (entry[i]->d_name[0] != '.')
			printf(" %s", entry[i]->d_name);
	printf("\n");
}

static void try_order(const char *options)
{
	/* the first argument is only a name, shown in mountinfo: there is no device */
	if (mount("overlay", "merged", "overlay", 0, options))
		err(errno == ENODEV || errno == EPERM ? 77 : 1, "no overlay here");
	printf("%s\n", options);
	print_dir("merged");
	print_dir("merged/dir");
	print_file("merged/both");
	print_file("merged/odd/file");
	printf("  %-14s %s\n", "a new file", mknod("merged/new", S_IFREG | 0644, 0) ? strerror(errno) : "made");
	if (umount2("merged", MNT_DETACH))
		err(1, "umount");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: step12-lowers DIR\n");
		return 2;
	}
	if (chdir(argv[1]) || mkdir("a", 0755) || mkdir("b", 0755) || mkdir("merged", 0755) ||
	    mkdir("a/dir", 0755) || mkdir("b/dir", 0755) || mkdir("b/odd", 0755))
		err(1, "%s", argv[1]);
	write_file("a/both", "from a");
	write_file("b/both", "from b");
	write_file("a/dir/of-a", "");
	write_file("b/dir/of-b", "");
	write_file("a/odd", "a file in a, a directory in b");
	write_file("b/odd/file", "below b/odd");
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");

	try_order("lowerdir=a:b");
	try_order("lowerdir=b:a");
	return 0;
}
