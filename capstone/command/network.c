/* network.c - --network bridge, made by a program of its own */
#include <libgen.h>

#include "command.h"

static const char helper[] = "network/skiff-network";

int network_connect(struct container *c, struct failure *f)
{
	char program[PATH_MAX], number[16];
	const char *id = c->record->id;
	int status;
	CLOSED int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	snprintf(number, sizeof(number), "%d", (int)c->pid);
	PASS(keeper_note(c, NOTE_LINK, id, strlen(id) + 1, -1, f));
	status = program_run((const char *[]){ program_beside(program, helper), "up", id, number, NULL }, null);
	/* It says itself what failed, if it runs. */
	return status == 0 ? 0 : fail(f, 0, status < 0 ? "--network bridge: %s did not run" : "%.0s", program);
}

void network_disconnect(struct leftovers *left)
{
	char program[PATH_MAX];

	if (left->link[0] != '\0')
		program_run((const char *[]){ program_beside(program, helper), "down", left->link, NULL }, -1);
	left->link[0] = '\0';
}

const char *program_beside(char *path, const char *name)
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);

	path[n < 0 || n == PATH_MAX ? 0 : n] = '\0';
	if (strncmp(path, "/memfd:", 7) == 0 && text_format(path, PATH_MAX, "%s", program_invocation_name) < 0)
		path[0] = '\0';
	n = (ssize_t)strlen(dirname(path));
	/* Half a name would be another program's. */
	if (path[0] == '\0' || text_format(path + n, PATH_MAX - (size_t)n, "/%s", name) < 0)
		path[0] = '\0';
	return path;
}
