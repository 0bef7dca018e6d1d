/* payload-clocks.c - the clocks of whoever runs it, in whole seconds
 *
 *   payload-clocks       'MONOTONIC BOOTTIME REALTIME'
 *
 * For the tests. */
#include <err.h>
#include <stdio.h>
#include <time.h>

int main(void)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_REALTIME };
	struct timespec now;

	for (int i = 0; i < 3; i++) {
		if (clock_gettime(clocks[i], &now) == -1)
			err(1, "clock_gettime");
		printf("%lld%c", (long long)now.tv_sec, i < 2 ? ' ' : '\n');
	}
	return 0;
}
