/* payload-signals.c - say which signals arrive, one line each
 *
 *   payload-signals      'ready', then TERM, INT, HUP, USR1 or USR2 for each
 *
 * For the tests.  It unblocks nothing: what the caller blocked stays blocked. */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct { int number; const char *line; } known[] = {
	{ SIGTERM, "TERM\n" }, { SIGINT, "INT\n" }, { SIGHUP, "HUP\n" },
	{ SIGUSR1, "USR1\n" }, { SIGUSR2, "USR2\n" },
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

static void tell(int signal_number)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (known[i].number == signal_number)
			(void)!write(STDOUT_FILENO, known[i].line, strlen(known[i].line));
}

int main(void)
{
	struct sigaction act = { .sa_handler = tell };

	for (size_t i = 0; i < KNOWN; i++)
		if (sigaction(known[i].number, &act, NULL) == -1)
			err(1, "sigaction");
	if (write(STDOUT_FILENO, "ready\n", 6) != 6)
		err(1, "write");
	for (;;)
		pause();
}
