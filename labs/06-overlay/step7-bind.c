/* step7-bind.c - a bind mount: one directory at two places
 *
 *   ./step7-bind DIR        DIR: a new, empty directory; as an ordinary user:
 *                           unshare -rm ./step7-bind DIR
 *
 * New in this step: MS_BIND.  A second name for a directory, that is in no file
 * system: it stands in the mount table of one mount namespace.  What was at that
 * place is hidden, not gone.  A symbolic link is a text, and a hard link of a
 * directory is not allowed.
 * See mount(2) "Creating a bind mount", symlink(7), link(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || dprintf(fd, "%s", text) < 0)
		err(1, "%s", name);
	close(fd);
}

/* show: the directory NAME as inode, and what it has as "file" */
static void show(const char *name)
{
	char path[64], text[64] = "";
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/file", name);	/* fits: our own names */
	fd = open(path, O_RDONLY);
	if (fd < 0) {
		printf("  %-6s %s\n", name, strerror(errno));
		return;
	}
	if (stat(name, &st) || read(fd, text, sizeof(text) - 1) < 0)
		err(1, "%s", name);
	close(fd);
	printf("  %-6s inode %-9ju \"%s\"\n", name, (uintmax_t)st.st_ino, text);
}

static void show_all(const char *when)
{
	printf("%s\n", when);
	show("src");
	show("view");
	show("link");
}

static const char *answer(int failed)
{
	return failed ? strerror(errno) : "done";
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: step7-bind DIR\n");
		return 2;
	}
	if (chdir(argv[1]) || mkdir("src", 0755) || mkdir("view", 0755) || symlink("src", "link"))
		err(1, "%s", argv[1]);
	write_file("src/file", "of src");
	write_file("view/file", "of view");
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");

	show_all("at first");
	printf("hard link to src: %s\n", answer(link("src", "hard")));
	printf("bind src on view: %s\n", answer(mount("src", "view", NULL, MS_BIND, NULL)));
	write_file("view/file", "through view");
	show_all("written through view");
	printf("rmdir view: %s\n", answer(rmdir("view")));
	printf("rename src: %s\n", answer(rename("src", "moved")));
	show_all("src renamed to moved");
	printf("umount view: %s\n", answer(umount2("view", 0)));
	show_all("unmounted");
	return 0;
}
