/* writes-descriptors - the open files of others, through /proc/PID/fd
 *
 * Tries: to write passed tests into every descriptor of every process it finds
 * Holds: only processes of its own container are in its /proc, and none of them holds a result
 * Mark: 0
 * Goal: grep -q '^ok 2 .*never' tap */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	static const char line[] = "ok 2 [50] never\n";

	for (int pid = 1; pid < 3000; pid++)
		for (int n = 0; n < 16; n++) {
			char path[64];
			int fd;

			snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, n);
			fd = open(path, O_WRONLY | O_APPEND | O_NONBLOCK);
			if (fd < 0)
				continue;
			if (write(fd, line, strlen(line)) < 0)
				n = 16;
			close(fd);
		}
	return 0;
}
