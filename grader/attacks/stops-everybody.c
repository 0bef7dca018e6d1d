/* stops-everybody - SIGSTOP for its parents, then for itself
 *
 * Tries: to make whoever waits for it wait for ever
 * Holds: a time limit that a stopped process cannot outlast; the container is killed
 * Mark: 0
 * Goal: ! grep -q '^ok 5 ' tap */
#include <signal.h>
#include <unistd.h>

int main(void)
{
	for (pid_t pid = 1; pid < 2000; pid++)
		if (pid != getpid())
			kill(pid, SIGSTOP);
	raise(SIGSTOP);
	return 0;
}
