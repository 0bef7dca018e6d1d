/* daemon - stays when its parent has gone, and computes
 *
 * Tries: two forks, a session of its own, an empty environment, all signals ignored, then it burns a processor; the
 *        program itself does as it was told
 * Holds: all that runs in a container ends with it
 * Mark: 80-100
 * Goal: pgrep lab-attack
 * Honest: yes */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void __attribute__((constructor)) attack(void)
{
	pid_t pid = fork();

	if (pid > 0)
		waitpid(pid, NULL, 0);
	if (pid != 0)
		return;
	setsid();
	if (fork() != 0)
		_exit(0);
	prctl(PR_SET_NAME, "lab-attack");
	for (int sig = 1; sig < 65; sig++)
		signal(sig, SIG_IGN);
	for (int fd = 0; fd < 64; fd++)
		close(fd);
	for (volatile long n = 0;;)
		n++;
}
