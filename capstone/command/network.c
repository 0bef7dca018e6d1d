/* network.c - --network bridge, made by a program of its own */
#include <libgen.h>

#include "command.h"

static const char helper[] = "network/skiff-network";

int network_connect(struct record *record, pid_t pid, struct failure *f)
{
	char program[512], number[16];
	int status;
	CLOSED int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	snprintf(number, sizeof(number), "%d", (int)pid);
	record->bridged = true;
	status = program_run((const char *[]){ program_beside(program, sizeof(program), helper), "up", record->id, number,
					       NULL }, null);
	/* It says itself what failed, if it runs. */
	return status == 0 ? 0 : fail(f, 0, status < 0 ? "--network bridge: %s did not run" : "%.0s", program);
}





void network_disconnect(struct record *record)
{
	char program[512];

	if (record->bridged)
		program_run((const char *[]){ program_beside(program, sizeof(program), helper), "down", record->id, NULL }, -1);
	record->bridged = false;
}

const char *program_beside(char *path, size_t size, const char *name)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);

	path[n < 0 ? 0 : n] = '\0';
	if (strncmp(path, "/memfd:", 7) == 0)
		snprintf(path, size, "%s", program_invocation_name);
	n = (ssize_t)strlen(dirname(path));
	snprintf(path + n, size - (size_t)n, "/%s", name);
	return path;
}
