/* turns-knobs - the files by which a kernel is told to run a program
 *
 * Tries: to open core_pattern, modprobe, uevent_helper, release_agent, sysrq-trigger and the like for writing, and to
 *        write into the log of the kernel
 * Holds: they belong to the user namespace of the machine, or are not there
 * Mark: 100
 * Control: none: outside a container they are the machine's own; capstone/history/ does it in the lab machine
 * Honest: yes */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is opened is written back as it was: were the sandbox to fail, this
 * machine would still have its own setting, and one line in its log. */
static void __attribute__((constructor)) attack(void)
{
	static const char *const files[] = {
		"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hotplug",
		"/proc/sys/vm/overcommit_memory", "/proc/sys/fs/protected_symlinks",
		"/sys/kernel/uevent_helper", "/sys/fs/cgroup/memory/release_agent", "/sys/fs/cgroup/pids/release_agent",
	};
	char text[256];

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		int fd = open(files[i], O_RDWR);
		ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
		int log;

		if (fd < 0)
			continue;
		if (n > 0 && pwrite(fd, text, (size_t)n, 0) == n) {
			log = open("/dev/kmsg", O_WRONLY);
			if (log >= 0)
				dprintf(log, "lab-attack wrote %s\n", files[i]);
			else if (write(2, "lab-attack: wrote a knob\n", 25) < 0)
				_exit(9);
		}
		close(fd);
	}
}
