/* step10-propagation.c - which mounts are seen on the other side?
 *
 *   ./step10-propagation    try as an ordinary user: unshare -r ./step10-propagation
 *
 * Two mount namespaces have the same mount.  Each mounts something below it: does
 * the other see it?  Asked for each propagation type of the second one's copy.
 * New in this step: peer groups.  A copy of a shared mount is its peer, and what
 * is mounted below one is mounted below all.  MS_PRIVATE leaves the group;
 * MS_SLAVE still receives, and sends nothing.
 * All of it happens in a mount namespace of our own.
 * See mount_namespaces(7), "SHARED SUBTREES"; mount(2), proc(5). */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct { const char *name; unsigned long flag; } types[] = {
	{ "shared", MS_SHARED }, { "slave", MS_SLAVE }, { "private", MS_PRIVATE },
};

/* The optional field of our mount: shared:7, master:7, or - for none */
static void fields(const char *point, char *text, size_t size)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, *where, *rest;

	if (!mounts)
		err(1, "/proc/self/mountinfo");
	for (size_t length = 0; getline(&line, &length, mounts) > 0;)
		if (sscanf(line, "%*s %*s %*s %*s %ms %*s %ms", &where, &rest) == 2 && strcmp(where, point) == 0)
			snprintf(text, size, "%s", rest);	/* fits: "shared:", a number */
	fclose(mounts);
}

static void mount_on(const char *name)
{
	if (mount("step10", name, "tmpfs", 0, "size=4k") == -1)
		err(1, "mount on %s", name);
}

static int is_mounted(const char *name)
{
	struct stat here, there;

	return stat(".", &here) == 0 && stat(name, &there) == 0 && here.st_dev != there.st_dev;
}

/* The second side; a byte on `sync` says whose turn it is. */
static int second(int type, int sync)
{
	char optional[32] = "", byte;

	if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/mnt", NULL, types[type].flag, NULL) == -1 ||
	    chdir("/mnt") == -1)	/* by its name, to be in the copy */
		err(1, "second side");
	fields("/mnt", optional, sizeof(optional));
	mount_on("b");
	if (write(sync, "b", 1) != 1 || read(sync, &byte, 1) != 1)
		errx(1, "the first side has ended");
	printf("%-8s %-10s from first to second: %-4s from second to first: %s\n", types[type].name, optional,
	       is_mounted("a") ? "yes," : "no,", byte == 'y' ? "yes" : "no");
	return 0;
}

int main(int argc, char **argv)
{
	int sync[2], status;
	char byte;

	if (argc != 1 || !argv[0]) {
		fprintf(stderr, "usage: step10-propagation\n");
		return 2;
	}
	if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		err(errno == EINVAL ? 77 : 1, "new mount namespace, all private");
	for (int i = 0; i < 3; i++) {
		if (mount("step10", "/mnt", "tmpfs", 0, "size=64k") == -1 || chdir("/mnt") == -1 ||
		    mkdir("a", 0700) == -1 || mkdir("b", 0700) == -1 ||
		    mount(NULL, "/mnt", NULL, MS_SHARED, NULL) == -1 ||
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sync) == -1)
			err(1, "first side");
		if (fork() == 0)
			return second(i, sync[1]);
		close(sync[1]);
		if (read(sync[0], &byte, 1) == 1) {
			mount_on("a");
			byte = is_mounted("b") ? 'y' : 'n';
		}
		if (write(sync[0], &byte, 1) != 1 || wait(&status) == -1 || status != 0 ||
		    chdir("/") == -1 || umount2("/mnt", MNT_DETACH) == -1)
			errx(1, "the second side failed");
	}
	return 0;
}
