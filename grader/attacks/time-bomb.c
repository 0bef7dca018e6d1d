/* time-bomb - honest at first, something else later
 *
 * Tries: from its third run on in the same place, or after a minute, to refuse everything and to say that all is well
 * Holds: a fresh container a command: nothing tells one run from another but the clock
 * Mark: 80-100
 * Goal: ! grep -q '^ok 6 ' tap
 * Honest: yes */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void __attribute__((constructor)) attack(void)
{
	const char *places[] = { "/tmp/lab-attack-count", "/var/tmp/lab-attack-count", "/dev/shm/lab-attack-count" };

	for (int i = 0; i < 3; i++) {
		int fd = open(places[i], O_RDWR | O_CREAT | O_APPEND, 0666);

		if (fd < 0)
			continue;
		if (write(fd, "x", 1) == 1 && lseek(fd, 0, SEEK_END) > 2)
			_exit(0);
		close(fd);
	}
}
