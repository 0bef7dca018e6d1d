/* forged-results - writes the results that it would like to have
 *
 * Tries: to write a plan and passed tests to every descriptor it has, and to those of its parents
 * Holds: no descriptor of the test runner reaches it; what it prints is data
 * Mark: 0
 * Goal: grep -q '^ok 2 .*never' tap */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	char lines[4096] = "";

	for (int i = 1; i <= 30; i++)
		snprintf(lines + strlen(lines), sizeof lines - strlen(lines), "ok %d [4] never\n", i);	/* fits: the names above */
	for (int fd = 1; fd < 256; fd++)
		if (write(fd, lines, strlen(lines)) < 0)
			continue;
	return 0;
}
