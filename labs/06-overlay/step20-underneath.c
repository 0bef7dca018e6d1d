/* step20-underneath.c - changing a layer under a mounted overlay
 *
 *   ./step20-underneath DIR    DIR: a new, empty directory; as an ordinary user:
 *                              unshare -rm ./step20-underneath DIR
 *
 * New in this step: the kernel remembers what it found in the layers, and is told
 * of no change in them.  What it shows is undefined, until there is a new mount.
 * See mount(8); overlayfs.rst, "Changes to underlying filesystems". */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is done to the lower layer, and whether the name was asked for before */
static const struct { const char *file, *what; int asked; } acts[] = {
	{ "added",    "added, its name was asked for",   1 },
	{ "added2",   "added, its name was not",         0 },
	{ "removed",  "removed",                         1 },
	{ "replaced", "replaced by rename",              1 },
	{ "written",  "written to",                      1 },
	{ "alone",    "left alone",                      1 },
};
static const char *const news[] = { "added", "added2", "new", "written" };
enum { ACTS = sizeof(acts) / sizeof(*acts) };

static void write_file(const char *file, const char *text)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "lower/%s", file);	/* fits: our own names */
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || dprintf(fd, "%s", text) < 0)
		err(1, "%s", name);
	close(fd);
}

static void read_file(const char *file, char text[64])
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "merged/%s", file);	/* fits: our own names */
	memset(text, 0, 64);
	fd = open(name, O_RDONLY);
	if (fd < 0 || read(fd, text, 63) < 0)
		snprintf(text, 64, "%s", errno == ENOENT ? "not there" : strerror(errno));	/* fits: 49 bytes */
	if (fd >= 0)
		close(fd);
}

static void mount_it(void)
{
	if (mount("overlay", "merged", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work"))
		err(errno == ENODEV || errno == EPERM || errno == EINVAL ? 77 : 1, "no overlay here");
}

int main(int argc, char **argv)
{
	char during[ACTS][64], after[64];

	if (argc != 2) {
		fprintf(stderr, "usage: step20-underneath DIR\n");
		return 2;
	}
	if (chdir(argv[1]) || mkdir("lower", 0755) || mkdir("upper", 0755) || mkdir("work", 0700) ||
	    mkdir("merged", 0755))
		err(1, "%s", argv[1]);
	for (int i = 2; i < ACTS; i++)
		write_file(acts[i].file, "old");
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");
	mount_it();
	for (int i = 0; i < ACTS; i++)
		if (acts[i].asked)
			read_file(acts[i].file, during[i]);

	for (int i = 0; i < 4; i++)
		write_file(news[i], "new");
	if (unlink("lower/removed") || rename("lower/new", "lower/replaced"))
		err(1, "lower");
	for (int i = 0; i < ACTS; i++)
		read_file(acts[i].file, during[i]);

	if (umount2("merged", 0))
		err(1, "umount");
	mount_it();
	printf("%-32s %-22s %s\n", "in the lower layer", "then, in the overlay", "in a new mount");
	for (int i = 0; i < ACTS; i++) {
		read_file(acts[i].file, after);
		printf("%-32s %-22s %s\n", acts[i].what, during[i], after);
	}
	return 0;
}
