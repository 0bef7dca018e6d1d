/* leaves-traps - links and pipes where files were
 *
 * Tries: to put a link to /etc/passwd, to the marks and to /dev/zero, a named pipe and a set-user-ID shell in the place of
 *        every file of the test's folder, and to change them back and forth; does as it was told
 * Holds: the test sees the folder on a mount without links, devices and programs
 * Mark: 80-100
 * Goal: find /scene/work -type p | grep -q . && find /scene/work -perm -4000 | grep -q .
 * Honest: yes */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void attack_folder(const char *folder, int round)
{
	static const char *const targets[] = { "/etc/passwd", "/scene/marks", "/dev/zero", "/proc/kmsg" };
	static const char *const names[] = { "out", "err", "status", "ran", "log", "pid", "result", "capdrop" };
	char path[512], copy[600];

	for (int i = 0; i < 8; i++) {
		if (snprintf(path, sizeof path, "%s/%s", folder, names[i]) >= (int)sizeof path)
			return;
		if (i % 3 == round % 3) {
			mkfifo(path, 0666);
		} else if (symlink(targets[(i + round) % 4], path) < 0 && round % 2) {
			unlink(path);
		}
	}
	if (snprintf(copy, sizeof copy, "%s/lab-attack-sh", folder) >= (int)sizeof copy)
		return;
	if (link("/bin/sh", copy) < 0)
		close(open(copy, O_WRONLY | O_CREAT, 0755));
	chmod(copy, 04755);
}

static void __attribute__((constructor)) attack(void)
{
	const char *folder = getenv("TMPDIR") ? getenv("TMPDIR") : ".";

	attack_folder(folder, 0);
	if (fork() == 0) {
		prctl(PR_SET_NAME, "lab-attack");
		for (int fd = 0; fd < 64; fd++)
			close(fd);
		for (int round = 0; round < 2000; round++) {
			attack_folder(folder, round);
			usleep(1000);
		}
		_exit(0);
	}
}
