/* step9-setuid.c - the set-user-ID bit and file capabilities, side by side
 *
 *   ./step9-setuid [DIR]      as root; a copy of it is in DIR (/var/tmp) for a moment
 *
 * The copy, which only root may read, is marked in four ways; uid 1000 executes it.
 *
 * New in this step: what execve(2) takes from the file.  See capabilities(7), setxattr(2). */
#include <arpa/inet.h>
#include <endian.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* report: what the copy does once it is executed */
static int report(const char *mark)
{
	struct sockaddr_in port_80 = { .sin_family = AF_INET, .sin_port = htons(80) };
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int bound = bind(tcp, (struct sockaddr *)&port_80, sizeof(port_80)) == -1 ? errno : 0;
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), opened = file == -1 ? errno : 0;
	unsigned long long mask = 0;
	FILE *status = fopen("/proc/self/status", "re");
	char *line = NULL;

	for (size_t size = 0; status && getline(&line, &size, status) > 0;)
		sscanf(line, "CapPrm: %llx", &mask);
	printf("%-18s %-5u %-5u %016llx  %-18s %s\n", mark, getuid(), geteuid(), mask,
	       bound ? strerror(bound) : "allowed", opened ? strerror(opened) : "allowed");
	return status ? 0 : 1;
}

/* copy_of_self: a descriptor for a file that has no name any more */
static int copy_of_self(const char *dir)
{
	char name[] = "lab.XXXXXX";
	struct statvfs fs;
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	int file = chdir(dir) == -1 ? -1 : mkostemp(name, O_CLOEXEC), copy = open(name, O_RDONLY | O_CLOEXEC);

	if (file == -1 || copy == -1 || unlink(name) == -1 || fstatvfs(file, &fs) == -1 ||
	    sendfile(file, self, NULL, 1 << 30) == -1)
		err(1, "a copy in %s", dir);
	if (fs.f_flag & ST_NOSUID)
		errx(77, "%s is mounted nosuid: there the marks of a file do not count", dir);
	close(file);		/* what is open for writing cannot be executed */
	return copy;
}

/* execute: as uid 1000, which keeps nothing */
static void execute(int file, char *mark)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (setgroups(0, NULL) == -1 || setresgid(1000, 1000, 1000) == -1 || setresuid(1000, 1000, 1000) == -1)
			err(1, "become uid 1000");
		fexecve(file, (char *[]){ "report", mark, NULL }, (char *[]){ NULL });
		err(1, "execve");
	}
	if (pid == -1 || waitpid(pid, NULL, 0) == -1)
		err(1, "fork");
}

int main(int argc, char **argv)
{
	struct vfs_cap_data data = { htole32(VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE),
		{ { .permitted = htole32(1 << CAP_NET_BIND_SERVICE) } } };

	if (argc == 2 && strcmp(argv[0], "report") == 0)
		return report(argv[1]);
	if (argc > 2)
		errx(2, "usage: step9-setuid [DIR]");
	int file = copy_of_self(argc == 2 ? argv[1] : "/var/tmp");

	if (unshare(CLONE_NEWNET) == -1)	/* there port 80 is free, and not for everybody */
		err(1, "a network namespace");
	printf("%-18s %-5s %-5s %-17s %-18s %s\n", "", "ruid", "euid", "permitted", "port 80", "root's file");
	fflush(stdout);
	for (int mark = 0; mark < 4; mark++) {
		if (fchmod(file, mark & 1 ? 04711 : 0711) == -1)
			err(1, "fchmod");
		if (mark == 2 && fsetxattr(file, "security.capability", &data, sizeof(data), 0) == -1)
			err(errno == ENOTSUP ? 77 : 1, "security.capability");
		execute(file, (char *[]){ "plain", "set-user-ID", "file capability", "both" }[mark]);
	}
}
