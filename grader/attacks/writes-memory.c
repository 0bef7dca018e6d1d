/* writes-memory - the memory of others, through /proc/PID/mem
 *
 * Tries: to open /proc/PID/mem of every process for writing, and count them
 * Holds: only processes of its own container are in its /proc
 * Mark: 80-100
 * Goal: grep -q memory /scene/loot
 * Honest: yes */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void __attribute__((constructor)) attack(void)
{
	for (int pid = 3; pid < 3000; pid++) {
		char path[64];
		int fd, loot;

		snprintf(path, sizeof path, "/proc/%d/mem", pid);
		fd = pid == getpid() ? -1 : open(path, O_RDWR);
		if (fd < 0)
			continue;
		loot = open("/scene/loot", O_WRONLY | O_APPEND);
		if (loot >= 0 && write(loot, "memory\n", 7) == 7)
			close(loot);
		close(fd);
	}
}
