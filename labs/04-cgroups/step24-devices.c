/* step24-devices.c - which devices a group may open (v1)
 *
 *   ./step24-devices		as root
 *
 * New in this step: the devices controller of v1: devices.allow, devices.deny, each
 * entry a type, MAJOR:MINOR and r, w, m (mknod).  Permission bits and root do not
 * count.  See mknod(2), null(4), devices in the kernel's admin-guide/cgroup-v1. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	return fd < 0 || dprintf(fd, "%s", text) < 0 || close(fd) ? -1 : 0;
}

/* Make a group where v1 has the devices controller, and go there. */
static void enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;

	while (mounts && (m = getmntent(mounts)) && (strcmp(m->mnt_type, "cgroup") || !hasmntopt(m, "devices")))
		;
	if (!mounts || !m || chdir(m->mnt_dir))
		errx(77, "no v1 hierarchy with devices is mounted here (v2 has BPF programs instead)");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", m->mnt_dir, name);
	printf("group: %s/%s (v1)\n", m->mnt_dir, name);
}

static const char *result(int fd)
{
	return fd < 0 ? strerror(errno) : fd > 0 && close(fd) ? "close" : "ok";
}

static void look(const char *when)
{
	char node[64];
	int made;

	printf("%s\n  open /dev/null: %s\n", when, result(open("/dev/null", O_RDONLY | O_CLOEXEC)));
	printf("  open /dev/zero: %s\n", result(open("/dev/zero", O_RDONLY | O_CLOEXEC)));
	snprintf(node, sizeof(node), "/tmp/lab-zero.%d", (int)getpid());
	made = mknod(node, S_IFCHR | 0600, makedev(1, 5));
	printf("  mknod c 1 5:    %s\n", result(made));
	if (!made)
		unlink(node);
}

int main(int argc, char **argv)
{
	char name[] = "lab-devices.XXXXXX", *line = NULL;
	FILE *f;

	if (argc != 1)
		errx(2, "usage: %s", argv[0]);
	enter_group(name);
	if (!fflush(stdout) && !fork()) {
		if (put("cgroup.procs", "0"))	/* 0: the writer itself */
			err(1, "cgroup.procs");
		look("a new group:");
		if (put("devices.deny", "c 1:5 rwm"))
			err(1, "devices.deny");
		look("c 1:5 rwm in devices.deny:");
		if (put("devices.deny", "a") || put("devices.allow", "c 1:5 r"))
			err(1, "devices.deny");
		look("all denied, then c 1:5 r in devices.allow:");
		exit(0);
	}
	wait(NULL);
	f = fopen("devices.list", "re");
	for (size_t size = 0; f && getline(&line, &size, f) > 0;)
		printf("devices.list: %s", line);
	return chdir("..") || rmdir(name);
}
