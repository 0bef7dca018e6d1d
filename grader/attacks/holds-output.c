/* holds-output - a child that keeps the output open
 *
 * Tries: to make whoever reads its output wait for an end that does not come; the program itself does as it was told
 * Holds: output goes to files, and what is there when the command ends is all of it
 * Mark: 100
 * Goal: ! grep -q '^ok 5 ' tap
 * Honest: yes */
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
	for (;;)
		pause();
}
