/* step16-ioctl.c - what a namespace tells about itself
 *
 *   ./step16-ioctl [PID]     default: itself
 *
 * New in this step: the ioctl(2) requests NS_GET_...  The links in /proc/PID/ns say
 * only whether two are the same.  A descriptor tells more: the kind, the user
 * namespace that owns it, the parent (user and PID namespaces have one), and
 * for a user namespace the uid of its creator.  The kernel names nothing that lies
 * above the caller's own: then the answer is EPERM.
 * See ioctl_ns(2), or ioctl_nsfs(2) in newer man pages. */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static const struct { int type; const char *name, *link; } kinds[] = {
	{ CLONE_NEWCGROUP, "CLONE_NEWCGROUP", "cgroup" }, { CLONE_NEWIPC, "CLONE_NEWIPC", "ipc" },
	{ CLONE_NEWNS, "CLONE_NEWNS", "mnt" }, { CLONE_NEWNET, "CLONE_NEWNET", "net" },
	{ CLONE_NEWPID, "CLONE_NEWPID", "pid" }, { CLONE_NEWTIME, "CLONE_NEWTIME", "time" },
	{ CLONE_NEWUSER, "CLONE_NEWUSER", "user" }, { CLONE_NEWUTS, "CLONE_NEWUTS", "uts" },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static pid_t parse_pid(const char *text)
{
	char *end;
	long pid = strtol(text, &end, 10);

	return isdigit((unsigned char)*text) && *end == '\0' && pid <= INT_MAX ? pid : 0;
}

/* What a request that returns a namespace says: its inode, or why not */
static void show(const char *what, int fd, unsigned long request)
{
	int other = ioctl(fd, request);
	struct stat st;

	if (other == -1) {
		printf("  %s: %s", what, strerror(errno));
		return;
	}
	if (fstat(other, &st) == 0)
		printf("  %s: %lu", what, (unsigned long)st.st_ino);
	close(other);
}

int main(int argc, char **argv)
{
	pid_t pid = argc == 2 ? parse_pid(argv[1]) : getpid();
	struct stat st;
	char path[64];
	int fd, type;
	uid_t uid;

	if (argc > 2 || pid < 1) {
		fprintf(stderr, "usage: step16-ioctl [PID]\n");
		return 2;
	}
	for (size_t i = 0; i < KINDS; i++) {
		/* fits: a name of kinds */
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kinds[i].link);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd == -1 && errno == ENOENT && access("/proc/self/ns/time", F_OK) == -1)
			continue;	/* a kind that this kernel does not have */
		if (fd == -1 || fstat(fd, &st) == -1)
			err(1, "%s", path);
		type = ioctl(fd, NS_GET_NSTYPE);
		if (type == -1)
			err(errno == ENOTTY ? 77 : 1, "NS_GET_NSTYPE");
		printf("%-6s %lu  type: %s", kinds[i].link, (unsigned long)st.st_ino,
		       type == kinds[i].type ? kinds[i].name : "another");
		show("owner", fd, NS_GET_USERNS);
		show("parent", fd, NS_GET_PARENT);
		if (type == CLONE_NEWUSER && ioctl(fd, NS_GET_OWNER_UID, &uid) == 0)
			printf("  owner uid: %u", uid);
		printf("\n");
		close(fd);
	}
	return 0;
}
