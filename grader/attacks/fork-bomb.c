/* fork-bomb - as many processes as there can be
 *
 * Tries: every process forks for ever, and ignores what it is told
 * Holds: a limit of tasks on the container; all of them end with it
 * Mark: 0
 * Goal: all=(/proc/[0-9]*); [ "${#all[@]}" -gt 60 ] */
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(void)
{
	prctl(PR_SET_NAME, "lab-attack");
	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_IGN);
	for (;;)
		if (fork() < 0)
			usleep(1000);
}
