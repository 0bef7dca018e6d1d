/* attempt.h - how the payloads try their attempts
 *
 * A payload is a table of named attempts; its arguments are NAME or NAME=ARG.
 * Each is tried in a process of its own, so that none spoils the next, and
 * says in one line what came of it: "NAME=ARG in", "NAME EPERM" (the errno), or
 * "NAME signal 31". */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct attempt {
	const char *name;
	int (*try)(const char *arg);    /* -1 with errno where it was refused */
};

enum { WENT_WRONG = 254, NO_SUCH_ATTEMPT = 2, PATIENCE = 15 };

static void attempt_one(const struct attempt *attempt, const char *what, const char *arg)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		alarm(PATIENCE);
		errno = 0;
		if (attempt->try(arg) >= 0)
			_exit(0);
		_exit(errno > 0 && errno < WENT_WRONG ? errno : WENT_WRONG);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		exit(WENT_WRONG);
	if (WIFSIGNALED(status))
		printf("%s signal %d\n", what, WTERMSIG(status));
	else if (WEXITSTATUS(status) == 0)
		printf("%s in\n", what);
	else if (WEXITSTATUS(status) == WENT_WRONG)
		printf("%s no\n", what);
	else
		printf("%s %s\n", what, strerrorname_np(WEXITSTATUS(status)));
}

/* attempts_main - the main of a payload; TABLE ends with a NULL name */
static int attempts_main(const struct attempt *table, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		size_t name = strcspn(argv[i], "=");
		const struct attempt *a = table;

		while (a->name != NULL && (strncmp(a->name, argv[i], name) != 0 || a->name[name] != '\0'))
			a++;
		if (a->name == NULL) {
			fprintf(stderr, "%s: no attempt '%s'\n", argv[0], argv[i]);
			return NO_SUCH_ATTEMPT;
		}
		attempt_one(a, argv[i], argv[i][name] == '=' ? argv[i] + name + 1 : "");
	}
	return 0;
}

#endif
