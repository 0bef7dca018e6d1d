/* bench.c - run commands in turn, many times, and say what each run cost
 *
 *   bench [-n ROUNDS] [-s SETTING] [-o] EXPERIMENT
 *         NAME CMD [ARG...] [::: NAME CMD [ARG...]]...
 *
 * A round runs every command once, in random order, so that what disturbs the
 * machine disturbs them alike.  One line on stdout for each quantity of a run:
 *   EXPERIMENT,NAME,SETTING,ROUND,QUANTITY,UNIT,VALUE
 * The quantities: wall (posix_spawn(3) until the command has ended, us), gone
 * (until the last process that it started has, too), cpu (user and system time
 * of all of them, us), maxrss (of the largest of them, KiB).  No shell is between:
 * its cost would be in the figures.
 *   -o    instead, each line "QUANTITY UNIT VALUE" that the command prints
 * Round 0 is for warming up and is not printed.
 *
 * maxrss cannot be less than what this program itself uses: until its exec, a
 * spawned child is in our memory.  Hence static and small.  See getrusage(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONTENDERS = 24, PATIENCE_S = 60 };

struct plan {
	const char *experiment, *setting;
	unsigned rounds;
	bool output;            /* what the commands print are quantities too */
	unsigned count;
	char **contender[MAX_CONTENDERS];       /* name, command..., NULL */
	/* 0, 1 and 2 of a command: a runtime gives them to root of its container, and
	 * who gave it /dev/null would give away the machine's */
	int nothing, output_file, words;
};

/* What one run used. */
struct cost {
	double cpu_us;
	long maxrss_kib;
};

/* Mutable globals: a signal handler has nowhere else to look. */
static volatile sig_atomic_t stopped;   /* the signal that ends all */
static volatile pid_t running;          /* the command it is passed on to */

static void on_signal(int signo)
{
	stopped = signo;
	if (running > 0)
		kill(running, SIGTERM);
	alarm(5);               /* for what does not heed it */
}

static void on_alarm(int signo)
{
	if (stopped == 0)
		stopped = signo;
	if (running > 0)
		kill(running, SIGKILL);
}

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* start - spawn COMMAND with these as its 0, 1 and 2 */
static pid_t start(char **command, int in, int out, int errors)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, errors, 2);
	errno = posix_spawnp(&pid, command[0], &actions, NULL, command, environ);
	if (errno != 0)
		err(1, "%s", command[0]);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

/* complain - that a run failed, with the first line of what it said */
static void complain(const struct plan *plan, const char *name, int status)
{
	char words[512] = "";
	ssize_t n = pread(plan->words, words, sizeof(words) - 1, 0);

	words[n > 0 ? strcspn(words, "\n") : 0] = '\0';
	errx(1, "%s: a run ended with status %d%s%s", name,
	     WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
	     *words != '\0' ? ": " : "", words);
}

static void row(const struct plan *plan, const char *name, unsigned round,
		const char *quantity, const char *unit, double value)
{
	if (round > 0)
		printf("%s,%s,%s,%u,%s,%s,%.1f\n", plan->experiment, name, plan->setting, round,
		       quantity, unit, value);
}

/* print_said - the quantities that a command printed */
static void print_said(const struct plan *plan, const char *name, unsigned round, int said)
{
	FILE *lines = fdopen(said, "r");
	char *line = NULL, quantity[32], unit[16];
	size_t size = 0;
	double value;

	while (lines != NULL && getline(&line, &size, lines) > 0)
		/* fits: the programs beside this one say "make us" and the like */
		if (sscanf(line, "%31s %15s %lf", quantity, unit, &value) == 3)
			row(plan, name, round, quantity, unit, value);
	if (lines != NULL)
		fclose(lines);
}

/* kill_children - all that there are: none of them is reaped yet, so no number is another's */
static void kill_children(void)
{
	FILE *file = fopen("/proc/thread-self/children", "re"); /* CONFIG_PROC_CHILDREN */
	int pid;

	if (file == NULL)
		return;
	while (fscanf(file, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	fclose(file);
}

/* await_process - the end of PID, or with -1 of any child, and what it used.
 * Returns its wait status, or -1 where there is no child.  Once all is to end, so
 * does any child: a command that was ended may leave one that waits for it. */
static int await_process(pid_t pid, struct cost *cost)
{
	struct rusage usage;
	int status;

	for (;;) {
		if (pid == -1 && stopped != 0)
			kill_children();
		if (wait4(pid, &status, 0, &usage) >= 0)
			break;
		if (errno == ECHILD)
			return -1;
		if (errno != EINTR)
			err(1, "wait4");
	}
	cost->cpu_us += (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	if (usage.ru_maxrss > cost->maxrss_kib)
		cost->maxrss_kib = usage.ru_maxrss;
	return status;
}

/* empty - forget what was written to FILE */
static void empty(int file)
{
	if (ftruncate(file, 0) < 0 || lseek(file, 0, SEEK_SET) < 0)
		err(1, "memfd");
}

/* nothing - a pipe that is at its end: what /dev/null is to a reader */
static int nothing(void)
{
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		err(1, "pipe");
	close(pair[1]);
	return pair[0];
}

/* run - one run of one command, and its rows */
static void run(const struct plan *plan, unsigned which, unsigned round)
{
	char **contender = plan->contender[which];
	int said[2] = { -1, plan->output_file }, status;
	struct cost cost = { 0 };
	long long began, ended;

	if (plan->output && pipe2(said, O_CLOEXEC) < 0)
		err(1, "pipe");
	empty(plan->words);
	empty(plan->output_file);
	alarm(PATIENCE_S);
	began = now_ns();
	running = start(contender + 1, plan->nothing, said[1], plan->words);
	status = await_process(running, &cost);
	ended = now_ns();
	running = 0;
	/* We are their subreaper: what it left behind is ours by now. */
	while (await_process(-1, &cost) >= 0)
		;
	alarm(0);
	if (plan->output)
		close(said[1]);
	if (stopped != 0)
		return;
	if (status != 0)
		complain(plan, contender[0], status);
	if (plan->output) {
		print_said(plan, contender[0], round, said[0]);
		return;
	}
	row(plan, contender[0], round, "wall", "us", (double)(ended - began) / 1e3);
	row(plan, contender[0], round, "gone", "us", (double)(now_ns() - began) / 1e3);
	row(plan, contender[0], round, "cpu", "us", cost.cpu_us);
	row(plan, contender[0], round, "maxrss", "KiB", (double)cost.maxrss_kib);
}

/* shuffle - any order as likely as any other (Fisher and Yates) */
static void shuffle(unsigned *order, unsigned count)
{
	for (unsigned i = count; i > 1; i--) {
		unsigned j = (unsigned)random() % i, last = order[i - 1];
		order[i - 1] = order[j];
		order[j] = last;
	}
}

static void progress(const struct plan *plan, unsigned round, long long began)
{
	static const char full[] = "########################", empty[] = "........................";
	int width = (int)sizeof(full) - 1, done = width * (int)round / (int)plan->rounds;
	long long left = 0;

	if (!isatty(STDERR_FILENO))
		return;
	if (round > 0)
		left = (now_ns() - began) * (plan->rounds - round) / round / 1000000000LL;
	fprintf(stderr, "\r%s %s [%.*s%.*s] %u/%u, %lld s left \033[K", plan->experiment,
		strcmp(plan->setting, "0") == 0 ? "" : plan->setting, done, full, width - done, empty, round, plan->rounds, left);
}

static void run_rounds(const struct plan *plan)
{
	unsigned order[MAX_CONTENDERS];
	long long began = now_ns();

	for (unsigned i = 0; i < plan->count; i++)
		order[i] = i;
	for (unsigned round = 0; round <= plan->rounds && stopped == 0; round++) {
		shuffle(order, plan->count);
		for (unsigned i = 0; i < plan->count && stopped == 0; i++)
			run(plan, order[i], round);
		progress(plan, round, began);
	}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}

static unsigned number(const char *text, unsigned max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || n > max)
		errx(2, "'%s' is not a number from 0 to %u", text, max);
	return (unsigned)n;
}

/* split - the contenders, between words ":::" */
static int split(struct plan *plan, char **args)
{
	char **contender = args;

	for (;; args++) {
		bool end = *args == NULL;
		if (!end && strcmp(*args, ":::") != 0)
			continue;
		if (args - contender < 2 || plan->count == MAX_CONTENDERS)
			return -1;
		*args = NULL;
		plan->contender[plan->count++] = contender;
		contender = args + 1;
		if (end)
			return 0;
	}
}

int main(int argc, char **argv)
{
	struct plan plan = { .setting = "0", .rounds = 1 };
	struct sigaction action = { .sa_handler = on_signal }, late = { .sa_handler = on_alarm };
	unsigned seed;
	int option;

	while ((option = getopt(argc, argv, "+n:s:o")) != -1)
		switch (option) {
		case 'n': plan.rounds = number(optarg, 1000000); break;
		case 's': plan.setting = optarg; break;
		case 'o': plan.output = true; break;
		default: return 2;
		}
	if (argc - optind < 3 || plan.rounds == 0 || split(&plan, argv + optind + 1) < 0) {
		fprintf(stderr, "usage: bench [-n ROUNDS] [-s SETTING] [-o] EXPERIMENT "
				"NAME CMD [ARG...] [::: NAME CMD [ARG...]]...\n");
		return 2;
	}
	plan.experiment = argv[optind];
	plan.nothing = nothing();
	plan.output_file = memfd_create("output", MFD_CLOEXEC);
	plan.words = memfd_create("words", MFD_CLOEXEC);
	if (plan.output_file < 0 || plan.words < 0 || getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		err(1, "setup");
	srandom(seed);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGALRM, &late, NULL);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		err(1, "PR_SET_CHILD_SUBREAPER");
	run_rounds(&plan);
	if (stopped == SIGALRM)
		errx(1, "%s: nothing came for %d seconds", plan.experiment, PATIENCE_S);
	return stopped != 0 ? 128 + stopped : 0;
}
