/* output-flood - ten gigabytes of output
 *
 * Tries: to fill the disk and the memory of whoever keeps what a program prints
 * Holds: what a command says goes to a bounded file, and a test sees its beginning
 * Mark: 0
 * Goal: [ "$(du -sm /scene/work | cut -f 1)" -gt 30 ] */
#include <signal.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	static char block[1 << 20];

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	memset(block, 'A', sizeof block);
	for (int i = 0; i < 10240; i++) {
		block[i % sizeof block] = '\n';
		if (write(1, block, sizeof block) < 0 && write(2, block, sizeof block) < 0)
			break;
	}
	return 0;
}
