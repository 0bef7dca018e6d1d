/* replaces-itself - another program from the second run on
 *
 * Tries: to unlink its own file, to write another over it and to rename one into its place; then does as it was told
 * Holds: the file that is run belongs to nobody that it could be, on a read-only mount; a copy that a test makes is its own loss
 * Mark: 80-100
 * Goal: ! cmp -s capdrop built
 * Honest: yes */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void __attribute__((constructor)) attack(void)
{
	char path[4096], other[4200];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	int fd;

	if (n <= 0)
		return;
	path[n] = '\0';
	mount(NULL, path, NULL, MS_REMOUNT | MS_BIND, NULL);
	snprintf(other, sizeof other, "%s.lab-attack", path);	/* fits: 4095 + 11 bytes */
	fd = open(other, O_WRONLY | O_CREAT, 0755);
	if (fd >= 0 && write(fd, "#!/bin/sh\nexit 0\n", 17) == 17)
		close(fd);
	rename(other, path);
	unlink(other);
}
