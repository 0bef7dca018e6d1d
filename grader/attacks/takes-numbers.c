/* takes-numbers - uses up process numbers, and ends its container
 *
 * Tries: to have the numbers of its container's processes given to others while the grader remembers them: starts
 *        thousands of processes in each run, and ends the container in one run of four
 * Holds: a signal goes to a process, by its number and its start time, never to a number
 * Mark: 0-100
 * Goal: ! grep -q '^ok 5 ' tap
 * Honest: yes */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void __attribute__((constructor)) attack(void)
{
	struct timespec now;

	for (int i = 0; i < 6000; i++) {
		pid_t pid = vfork();
		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_nsec / 1000 % 4 == 0)
		kill(-1, SIGKILL);
}

