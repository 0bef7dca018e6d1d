/* traces-everybody - ptrace(2) on every process it finds
 *
 * Tries: to seize the test runner and make it report success, then does as it was told
 * Holds: there is nobody to trace in its pid namespace but what it started itself
 * Mark: 80-100
 * Goal: grep -q traced /scene/loot
 * Honest: yes */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>

static void __attribute__((constructor)) attack(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	int loot;

	while (proc && (e = readdir(proc)) != NULL) {
		pid_t pid = atoi(e->d_name);

		/* 1 and 2 are the container's own */
		if (pid <= 2 || pid == getpid() || ptrace(PTRACE_SEIZE, pid, 0, 0) < 0)
			continue;
		ptrace(PTRACE_DETACH, pid, 0, 0);
		loot = open("/scene/loot", O_WRONLY | O_APPEND);
		if (loot >= 0 && write(loot, "traced\n", 7) == 7)
			close(loot);
	}
	if (proc)
		closedir(proc);
}
