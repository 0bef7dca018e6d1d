/* step14-no-new-privs.c - from here on, execve(2) gives nothing more
 *
 *   ./step14-no-new-privs CMD...      as anybody
 *
 * It sets the flag, tries to take it back, and executes CMD.
 *
 * New in this step: PR_SET_NO_NEW_PRIVS, which needs no privilege.
 * See prctl(2), execve(2), Documentation/userspace-api/no_new_privs.rst of the kernel. */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* flag: as the kernel shows it */
static char flag(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char *line = NULL, value = '?';

	if (!status)
		err(1, "/proc/self/status");
	for (size_t size = 0; getline(&line, &size, status) > 0;)
		sscanf(line, "NoNewPrivs: %c", &value);
	fclose(status);
	return value;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		errx(2, "usage: step14-no-new-privs CMD...");
	printf("at the start:  NoNewPrivs %c\n", flag());
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		err(errno == EINVAL ? 77 : 1, "PR_SET_NO_NEW_PRIVS");
	printf("set:           NoNewPrivs %c\n", flag());
	if (prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0)
		errx(1, "it could be taken back");
	printf("taken back:    %s\n", strerror(errno));
	fflush(stdout);
	execvp(argv[1], argv + 1);
	err(errno == ENOENT ? 127 : 126, "%s", argv[1]);
}
