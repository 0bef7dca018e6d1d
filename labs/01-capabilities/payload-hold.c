/* payload-hold.c - what the tests run under capdrop: it stays
 *
 *   hold [WORD...]      prints "ready"; the tests find it by its arguments
 *
 * Whoever looks at /proc/PID/status from outside then sees the sets that
 * execve(2) gave it.  Static, so that no loader comes between. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	alarm(30);	/* whatever becomes of the test */
	puts("ready");
	fflush(stdout);
	pause();
}
