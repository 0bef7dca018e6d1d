/* step27-careful.c - the same runner, and it looks up names as the container would
 *
 *   ./step27-careful DIR      DIR: a new, empty directory; as an ordinary user:
 *                             unshare -rm ./step27-careful DIR
 *
 * New in this step: the defence.  openat2(2) with RESOLVE_IN_ROOT gives a
 * descriptor, and that is mounted on: no name is looked up twice.  A link that leads
 * out ends inside, where there is nothing.  Exits 0 if DIR/host is as it was.
 * See openat2(2), proc(5) /proc/PID/fd, mount(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

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

/* inside: NAME as the container would find it, with its root at ROOT */
static int inside(int root, const char *name, unsigned long flags)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .mode = flags & O_CREAT ? 0644 : 0,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, root, name, &how, sizeof(how));

	if (fd < 0 && errno == ENOSYS)
		err(77, "openat2");
	return fd;
}

static void mount_inside(int root, const char *name, const char *what, const char *type, unsigned long flags)
{
	int fd = inside(root, name, O_PATH);
	char target[64];

	/* this link is not a text: it leads to what the descriptor is open on */
	snprintf(target, sizeof(target), "/proc/self/fd/%d", fd);
	say(name, fd < 0 || mount(what, target, type, flags, NULL));
}

static void prepare(const char *name)
{
	int fd, root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	mount_inside(root, "proc", "/proc", NULL, MS_BIND | MS_REC);
	mount_inside(root, "dev", "dev", "tmpfs", 0);
	mount_inside(root, "tmp", "tmp", "tmpfs", 0);
	fd = inside(root, "etc/hostname", O_WRONLY | O_CREAT | O_TRUNC);
	say("etc/hostname", fd < 0 || dprintf(fd, "container") < 0);
}

int main(int argc, char **argv)
{
	char *dir;

	if (argc != 2) {
		fprintf(stderr, "usage: step27-careful DIR\n");
		return 2;
	}
	dir = realpath(argv[1], NULL);
	if (!dir || chdir(dir) || system(make_image))
		err(1, "%s", argv[1]);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");
	prepare("image");
	return print_outcome(dir);
}
