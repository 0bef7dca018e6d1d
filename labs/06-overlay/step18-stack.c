/* step18-stack.c - many layers, shared layers, and an overlay of an overlay
 *
 *   ./step18-stack DIR      DIR: a new, empty directory; as an ordinary user:
 *                           unshare -rm ./step18-stack DIR
 *
 * New in this step: the layers of many containers.  Lower layers are only read,
 * so any number of overlays may use the same ones at once, also parts of them.  A
 * lower layer can be an overlay itself; the kernel allows two levels.
 * See mount(8) "Mount options for overlay", mount_namespaces(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const dirs[] = { "base", "base/sub", "app", "site", "empty",
	"upper1", "work1", "upper2", "work2", "upper3", "work3",
	"box1", "box2", "box3", "deeper", "deepest" };
static const char *const files[] = { "base/1", "base/2", "base/3", "base/sub/1", "app/2", "app/3", "site/3" };

/* write_file: what it holds is the name of the directory it is in */
static void write_file(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT, 0644);

	if (fd < 0 || dprintf(fd, "%.*s", (int)(strrchr(name, '/') - name), name) < 0)
		err(1, "%s", name);
	close(fd);
}

static void print_file(const char *dir, const char *file)
{
	char name[64], text[32] = "-";
	int fd;

	snprintf(name, sizeof(name), "%s/%s", dir, file);	/* fits: our own names */
	fd = open(name, O_RDONLY);
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		err(1, "%s", name);
	if (fd >= 0)
		close(fd);
	printf("  %s: %s", file, text);
}

static void stack(const char *options, const char *where)
{
	int failed = mount("overlay", where, "overlay", 0, options);

	/* the third level is to be refused, and nothing else */
	if (failed && strcmp(where, "deepest"))
		err(errno == ENODEV || errno == EPERM || errno == EINVAL ? 77 : 1, "no overlay here");
	printf("%-8s %s: %s\n", where, options, failed ? strerror(errno) : "mounted");
}

static void show(const char *where)
{
	printf("%-6s", where);
	print_file(where, "1");
	print_file(where, "2");
	print_file(where, "3");
	print_file(where, "mine");
	printf("\n");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: step18-stack DIR\n");
		return 2;
	}
	if (chdir(argv[1]))
		err(1, "%s", argv[1]);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if (mkdir(dirs[i], 0755))
			err(1, "%s", dirs[i]);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		write_file(files[i]);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");

	stack("lowerdir=site:app:base,upperdir=upper1,workdir=work1", "box1");
	stack("lowerdir=app:base,upperdir=upper2,workdir=work2", "box2");
	stack("lowerdir=base/sub,upperdir=upper3,workdir=work3", "box3");
	write_file("box1/mine");
	write_file("box2/mine");
	show("box1");
	show("box2");
	show("box3");
	stack("lowerdir=empty:box1", "deeper");
	show("deeper");
	stack("lowerdir=empty:deeper", "deepest");
	return 0;
}
