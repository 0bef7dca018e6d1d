/* main.c - skiff, a container runner: its command line
 *
 * What happens in which order: container.c for the parent, init.c for the
 * child.  What was asked for: options.c.  One module for each mechanism:
 * namespaces.c userns.c cgroups.c overlay.c mounts.c capabilities.c seccomp.c.
 */
#include "command.h"

static const char usage[] =
"usage: skiff run [OPTIONS] ROOTFS [COMMAND [ARG...]]\n"
"       skiff exec [OPTIONS] NAME COMMAND [ARG...]\n"
"       skiff list\n"
"       skiff kill NAME [SIGNAL]\n"
"       skiff stats NAME\n"
"       skiff COMMAND --help\n";

/* own_copy - ARGV in memory of our own */
static char **own_copy(int argc, char **argv)
{
	char **copy = calloc((size_t)argc + 1, sizeof(*copy));

	for (int i = 0; copy != NULL && i < argc; i++)
		if ((copy[i] = strdup(argv[i])) == NULL)
			return NULL;    /* cppcheck-suppress memleak; the program ends */
	return copy;
}

/* span - how many bytes the strings of ARGV and then of the environment take, which the
 * kernel has laid one after the other (execve(2), proc_pid_cmdline(5)) */
static size_t span(char **argv)
{
	char *end = argv[0];

	for (char **entry = argv; *entry != NULL; entry++)
		end += *entry == end ? strlen(end) + 1 : 0;
	for (char **entry = environ; *entry != NULL; entry++)
		end += *entry == end ? strlen(end) + 1 : 0;
	return (size_t)(end - argv[0]);
}

static int run(int argc, char **original, struct failure *f)
{
	static struct config config;
	char **argv = own_copy(argc, original);
	int status;

	if (argv == NULL)
		return fail(f, errno, "the command line");
	program_invocation_name = argv[0];
	status = options_parse(&config, argc - 1, argv + 1, f);
	if (status != 0)
		return status < 0 ? -1 : 0;
	config.arguments = original[0];
	config.arguments_size = span(original);
	if (sealed_needed(&config))
		PASS(run_sealed(argv, f));
	if (!config.join)
		PASS(seccomp_choose(&config, f));
	/* Nothing of the caller's is open any more but 0, 1 and 2. */
	TRY(syscall(SYS_close_range, 3U, ~0U, 0U), "close_range");
	if (config.init) {
		CLOSED int self = init_open(f);
		PASS(self);
		/* Out of the way of the one that PID 1 is handed, which is kept free. */
		TRY(config.self = fcntl(self, F_DUPFD_CLOEXEC, REAPER_SOCKET + 1), "--init");
		TRY(dup3(config.self, REAPER_SOCKET, O_CLOEXEC), "--init");
		self = self == REAPER_SOCKET ? -1 : self;
	}
	return container_run(&config, f);
}

/* What is asked of containers that run; from the fewest arguments to the most. */
static const struct command {
	const char *name, *arguments, *help;
	int fewest, most;
	int (*run)(char **argv, struct failure *f);
} commands[] = {
	{ "list", "", "The containers that run: name, PID 1 as seen here, command.", 0, 0, command_list },
	{ "kill", " NAME [SIGNAL]", "Send PID 1 of the container SIGNAL: KILL, SIGTERM, 15 (default KILL).", 1, 2, command_kill },
	{ "stats", " NAME", "What the kernel counts of the container, and its limits.", 1, 1, command_stats },
};

static int ask(const struct command *command, int argc, char **argv, struct failure *f)
{
	if (argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0))
		return printf("usage: skiff %s%s\n%s\n", command->name, command->arguments, command->help) < 0 ? -1 : 0;
	if (argc < command->fewest || argc > command->most || (argc > 0 && argv[0][0] == '-'))
		return fail(f, 0, "%s: usage: skiff %s%s", command->name, command->name, command->arguments);
	return command->run(argv, f);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	struct failure f = { 0 };
	struct stat st;
	int status;

	if (getpid() == 1 && argc > 1 && strcmp(argv[0], "init") == 0)
		reaper_run(argv + 1);
	/* A caller that closed 0, 1 or 2 must not have them filled by ours. */
	do
		status = open("/dev/null", O_RDWR);
	while (status >= 0 && status <= 2);
	close(status);
	for (int fd = 0; fd <= 2; fd++)
		if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
			return fprintf(stderr, "skiff: descriptor %d is a directory: a way out of the container\n", fd), 125;
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return fputs(usage, stdout) < 0 ? 125 : 0;
	if (strcmp(word, "run") == 0 || strcmp(word, "exec") == 0)
		status = run(argc, argv, &f);
	else
		status = fail(&f, 0, argc > 1 ? "%s: no such command (see skiff --help)" : "a command is missing (see skiff --help)%s", word);
	for (size_t i = 0; i < COUNT(commands); i++)
		if (strcmp(word, commands[i].name) == 0)
			status = ask(&commands[i], argc - 2, argv + 2, &f);
	if (status != -1)
		return status;
	if (f.status == 0)
		fail(&f, 0, "a step failed and did not say why");
	if (f.text[0] != '\0')          /* else a helper has said it */
		fprintf(stderr, "skiff: %s\n", f.text);
	return f.status;
}
