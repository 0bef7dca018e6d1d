/* memory-hog - all the memory there is
 *
 * Tries: to touch 256 GB, in several processes
 * Holds: a limit of memory on the container; its own processes are what the kernel kills
 * Mark: 0
 * Goal: [ "$(resident)" -gt 100 ] */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(void)
{
	prctl(PR_SET_NAME, "lab-attack");
	fork();
	for (int i = 0; i < 4096; i++) {
		char *block = malloc(64 << 20);

		if (block)
			memset(block, i, 64 << 20);
	}
	pause();
	return 0;
}
