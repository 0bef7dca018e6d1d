/* wears-limits - limits and priorities that whoever comes after would feel
 *
 * Tries: no descriptors, no processes and no time for its parent, a real-time class, the best nice value, and never to be
 *        killed for memory; does as it was told
 * Holds: limits are a process's own; the rest needs a capability over the machine
 * Mark: 80-100
 * Goal: grep -q '^ok 5 ' tap
 * Honest: yes */
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

static void __attribute__((constructor)) attack(void)
{
	struct rlimit none = { 0, 0 };
	struct sched_param first = { .sched_priority = 99 };
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	if (fd >= 0) {
		if (write(fd, "-1000", 5) == 5 && write(2, "lab-attack: never killed\n", 25) < 0)
			_exit(9);
		close(fd);
	}
	if (sched_setscheduler(0, SCHED_FIFO, &first) == 0 && sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 0 }) < 0)
		_exit(9);
	setpriority(PRIO_PROCESS, 0, -20);
	for (pid_t pid = 1; pid < 200; pid++)
		if (pid != getpid())
			prlimit(pid, RLIMIT_CORE, &none, NULL);
}
