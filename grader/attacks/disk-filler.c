/* disk-filler - files until the disk is full, then as many more as there are names for
 *
 * Tries: to fill its folder, /tmp, /dev/shm and TMPDIR, first with bytes, then with empty files; does as it was told
 * Holds: each of them is a memory file system of bounded size, or a bounded part of one
 * Mark: 80-100
 * Goal: [ "$(du -sm /scene/work | cut -f 1)" -gt 30 ]
 * Honest: yes */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void __attribute__((constructor)) attack(void)
{
	static char block[1 << 20];
	const char *folders[] = { ".", "/tmp", "/dev/shm", "/var/tmp", getenv("TMPDIR") };
	char path[4096];

	signal(SIGXFSZ, SIG_IGN);
	for (int i = 0; i < 5; i++) {
		if (!folders[i])
			continue;
		for (int n = 0; n < 4000; n++) {
			int fd;

			if (snprintf(path, sizeof path, "%s/lab-attack-%d", folders[i], n) >= (int)sizeof path)
				continue;
			fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
			if (fd < 0)
				break;
			for (int mb = 0; n < 2 && mb < 600; mb++)
				if (write(fd, block, sizeof block) < (ssize_t)sizeof block)
					break;
			close(fd);
		}
	}
}
