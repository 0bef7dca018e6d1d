/* leaves-mounts - mounts, control groups, network namespaces and links
 *
 * Tries: to leave a tmpfs in several places, a group in each hierarchy, a name in /run/netns; does as it was told
 * Holds: namespaces and a delegated group of the container's own, which end with it
 * Mark: 80-100
 * Goal: seen mountinfo
 * Honest: yes */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void __attribute__((constructor)) attack(void)
{
	static const char *const places[] = { "/tmp", "/mnt", "/run", "/dev/shm", "/scene" };
	static const char *const trees[] = { "", "/unified", "/memory", "/pids", "/cpu", "/freezer", "/systemd" };
	char path[128];

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		snprintf(path, sizeof path, "%s/lab-attack", places[i]);	/* fits: the names above */
		mkdir(path, 0700);
		mount("lab-attack", path, "tmpfs", 0, "size=64k");
	}
	for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
		snprintf(path, sizeof path, "/sys/fs/cgroup%s/lab-attack", trees[i]);	/* fits: the names above */
		mkdir(path, 0700);
	}
	mkdir("/run/netns", 0755);
	close(open("/run/netns/lab-attack", O_WRONLY | O_CREAT, 0600));
}
