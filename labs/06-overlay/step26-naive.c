/* step26-naive.c - a runner that believes in the names of an image
 *
 *   ./step26-naive DIR      DIR: a new, empty directory; as an ordinary user:
 *                           unshare -rm ./step26-naive DIR
 *
 * New in this step: the attack.  Before a container starts, its runner mounts
 * /proc and /dev in the image and writes a file there, with the host's root and the
 * host's privilege.  This one joins strings.  In the image three names are links to
 * DIR/host, which stands for the host.  Exits 0 if anything happened there.
 * See symlink(7), path_resolution(7), mount(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* an absolute link and two relative ones lead out of the image */
static const char make_image[] =
	"mkdir -p host/proc host/dev host/etc image/tmp && printf host >host/etc/hostname &&"
	" ln -s \"$PWD/host/proc\" image/proc && ln -s ../host/dev image/dev && ln -s ../host/etc image/etc";

/* print_outcome: what is mounted below DIR, and the file; 0 if all is inside */
static int print_outcome(const char *dir)
{
	char *line = NULL, *point, text[32] = "";
	FILE *file = fopen("/proc/self/mountinfo", "re");
	int outside = 0, fd = open("host/etc/hostname", O_RDONLY);

	if (!file || fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		err(1, "what there is");
	for (size_t size = 0; getline(&line, &size, file) > 0;) {
		if (sscanf(line, "%*s %*s %*s %*s %ms", &point) != 1 || strncmp(point, dir, strlen(dir)) ||
		    strstr(point, "/proc/"))
			continue;
		printf("mounted at         DIR%s\n", point + strlen(dir));
		outside |= !strncmp(point + strlen(dir), "/host/", 6);
	}
	printf("host/etc/hostname  %s\n", text);
	return outside || strcmp(text, "host");
}

static void say(const char *what, int failed)
{
	printf("%-18s %s\n", what, failed ? strerror(errno) : "done");
}

/* prepare: what a runner does before the container's program starts */
static void prepare(const char *root)
{
	char name[PATH_MAX];
	int fd;

	snprintf(name, sizeof(name), "%s/proc", root);	/* fits: image */
	say("proc", mount("/proc", name, NULL, MS_BIND | MS_REC, NULL));
	snprintf(name, sizeof(name), "%s/dev", root);	/* fits: image */
	say("dev", mount("dev", name, "tmpfs", 0, NULL));
	snprintf(name, sizeof(name), "%s/tmp", root);	/* fits: image */
	say("tmp", mount("tmp", name, "tmpfs", 0, NULL));
	snprintf(name, sizeof(name), "%s/etc/hostname", root);	/* fits: image */
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	say("etc/hostname", fd < 0 || dprintf(fd, "container") < 0);
}

int main(int argc, char **argv)
{
	char *dir;

	if (argc != 2) {
		fprintf(stderr, "usage: step26-naive DIR\n");
		return 2;
	}
	dir = realpath(argv[1], NULL);
	if (!dir || chdir(dir) || system(make_image))
		err(1, "%s", argv[1]);
	/* nothing of this outlives the program, but what is written to files */
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");
	prepare("image");
	return !print_outcome(dir);
}
