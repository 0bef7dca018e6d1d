/* reads-environments - what others have in their environment, arguments and folders
 *
 * Tries: to find a secret of the grader's in /proc/PID/environ and cmdline, or a test in cwd and root; prints it
 * Holds: every process it can see was started with an environment of its own, in a root of its own
 * Mark: 80-100
 * Goal: grep -q sesame tap
 * Honest: yes */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void attack_look(int pid, const char *name)
{
	char path[64], text[65536];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/%s", pid, name);	/* fits: the names above */
	fd = open(path, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	for (ssize_t i = 0; i + 6 < n; i++)
		if (memcmp(text + i, "sesame", 6) == 0 && write(2, "sesame\n", 7) == 7)
			break;
	if (fd >= 0)
		close(fd);
}

static void __attribute__((constructor)) attack(void)
{
	for (int pid = 1; pid < 3000; pid++) {
		attack_look(pid, "environ");
		attack_look(pid, "cmdline");
		attack_look(pid, "root/scene/neighbour/capdrop.c");
		attack_look(pid, "cwd/../neighbour/capdrop.c");
	}
}
