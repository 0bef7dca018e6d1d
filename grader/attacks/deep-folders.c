/* deep-folders - a folder in a folder, ten thousand deep
 *
 * Tries: to leave what rm(1) and find(1) cannot name, and folders that nobody may enter; does as it was told
 * Holds: what a container leaves goes with the file system that it is on
 * Mark: 100
 * Goal: [ -d /scene/work/lab-attack/lab-attack/lab-attack ]
 * Honest: yes */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void __attribute__((constructor)) attack(void)
{
	char here[4096];
	const char *to = getenv("TMPDIR");

	if (!getcwd(here, sizeof here) || (to && chdir(to) < 0))
		return;
	for (int i = 0; i < 10000; i++)
		if (mkdir("lab-attack", 0700) < 0 || chdir("lab-attack") < 0)
			break;
	chmod(".", 0);
	if (chdir(here) < 0)
		_exit(9);
}
