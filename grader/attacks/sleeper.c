/* sleeper - never ends
 *
 * Tries: to sleep for ever, deaf to all signals that can be ignored
 * Holds: a time limit for each command and for the whole file, ended with SIGKILL
 * Mark: 0
 * Goal: ! grep -q '^ok 5 ' tap */
#include <signal.h>
#include <unistd.h>

int main(void)
{
	for (int sig = 1; sig < 65; sig++)
		signal(sig, SIG_IGN);
	for (;;)
		pause();
}
