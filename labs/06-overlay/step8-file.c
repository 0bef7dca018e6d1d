/* step8-file.c - a bind mount of a file, and what an editor does to it
 *
 *   ./step8-file DIR        DIR: a new, empty directory; as an ordinary user:
 *                           unshare -rm ./step8-file DIR
 *
 * New in this step: a mount is of an inode, not of a name.  Files can be bound
 * too.  Who writes into the file is seen through the mount; who puts a new file
 * in its place with rename(2), as editors and sed -i do, is not.
 * See mount(2), rename(2), proc(5) /proc/PID/mountinfo. */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

static void show(const char *name)
{
	int fd = open(name, O_RDONLY);
	char text[64] = "";
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || read(fd, text, sizeof(text) - 1) < 0)
		err(1, "%s", name);
	close(fd);
	printf("  %-10s \"%s\"  names: %ju\n", name, text, (uintmax_t)st.st_nlink);
}

/* show_mount: what mountinfo says is mounted at the file DIR/inside */
static void show_mount(const char *dir)
{
	char *line = NULL, *root, *point;
	FILE *file = fopen("/proc/self/mountinfo", "re");
	const char *name;

	if (!file)
		err(1, "/proc/self/mountinfo");
	for (size_t size = 0; getline(&line, &size, file) > 0;) {
		if (sscanf(line, "%*s %*s %*s %ms %ms", &root, &point) != 2 ||
		    strncmp(point, dir, strlen(dir)) || strcmp(point + strlen(dir), "/inside"))
			continue;
		name = strstr(root, "/conf");
		printf("  mountinfo: %s at /inside\n", name ? name : root);
	}
	fclose(file);
}

static void show_all(const char *when, const char *dir)
{
	printf("%s\n", when);
	show("conf");
	show("inside");
	show_mount(dir);
}

int main(int argc, char **argv)
{
	char *dir;

	if (argc != 2) {
		fprintf(stderr, "usage: step8-file DIR\n");
		return 2;
	}
	dir = realpath(argv[1], NULL);
	if (!dir || chdir(dir))
		err(1, "%s", argv[1]);
	write_file("conf", "one");
	write_file("inside", "");
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");
	if (mount("conf", "inside", NULL, MS_BIND, NULL))
		err(1, "inside");
	show_all("conf bound on inside", dir);

	write_file("conf", "two");
	show_all("written into conf", dir);

	write_file("conf.new", "three");
	if (rename("conf.new", "conf"))
		err(1, "rename");
	show_all("a new file renamed to conf", dir);
	return 0;
}
