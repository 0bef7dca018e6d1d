/* commands.c - what is asked of containers that run: list, kill, stats */
#include <strings.h>

#include "command.h"

static void list_one(const char *name, const struct record *record)
{
	char shown[300], command[sizeof(record->command) + 1];

	/* lint: a file's name, of 255 bytes at most */
	snprintf(shown, sizeof(shown), "%s", name);
	/* lint: as the record has it, which is only shown */
	snprintf(command, sizeof(command), "%.*s", (int)sizeof(record->command), record->command);
	printf("%-16s %8d %s\n", text_clean(shown), (int)record->pid, text_clean(command));
}

int command_list(char **argv, struct failure *f)
{
	(void)argv;
	printf("%-16s %8s %s\n", "NAME", "PID", "COMMAND");
	return record_each(list_one, f);
}

int signal_parse(const char *text)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	uint64_t number = 0;

	if (parse_count(name, 1, SIGRTMAX, &number) < 0)
		for (number = SIGRTMAX; number > 0; number--) {
			const char *known = sigabbrev_np((int)number);
			if (known != NULL && strcasecmp(known, name) == 0)
				break;
		}
	return (int)number;
}

int command_kill(char **argv, struct failure *f)
{
	int pidfd, number = signal_parse(argv[1] == NULL ? "KILL" : argv[1]);

	if (number == 0)
		return fail(f, 0, "kill: %s: no such signal", argv[1]);
	if (record_open(argv[0], &pidfd, f) == NULL)
		return -1;
	TRY(syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0), "kill: %s", argv[0]);
	return 0;
}

/* show - a line of `skiff stats`: what the kernel counts, "-" where it does not */
static void show(const struct record *record, const char *title, const char *v1, const char *v2)
{
	char text[4096] = "";
	bool known = cgroup_read(&record->cgroup, v1, v2, text, sizeof(text)) == 0;

	text[strcspn(text, "\n")] = '\0';
	printf("%-14s %s\n", title, known ? text_clean(text) : "-");
}

/* show_cpu - "usage_usec N" of v2, nanoseconds of v1 */
static void show_cpu(const struct record *record)
{
	char text[4096] = "";
	double seconds;

	cgroup_read(&record->cgroup, "cpuacct.usage", "cpu.stat", text, sizeof(text));
	seconds = strncmp(text, "usage_usec ", 11) == 0 ? strtod(text + 11, NULL) / 1e6 : strtod(text, NULL) / 1e9;
	printf(text[0] != '\0' ? "%-14s %.3f\n" : "%-14s -\n", "cpu_seconds", seconds);
}

int command_stats(char **argv, struct failure *f)
{
	const struct record *record;
	int pidfd;

	record = record_open(argv[0], &pidfd, f);
	if (record == NULL)
		return -1;
	show(record, "memory", "memory.usage_in_bytes", "memory.current");
	show(record, "memory_limit", "memory.limit_in_bytes", "memory.max");
	show(record, "memory_peak", "memory.max_usage_in_bytes", "memory.peak");
	show(record, "pids", "pids.current", "pids.current");
	show(record, "pids_limit", "pids.max", "pids.max");
	show_cpu(record);
	return 0;
}

int cgroup_read(const struct cgroup *group, const char *v1, const char *v2, char *text, size_t size)
{
	for (int i = 0; i < group->count; i++)
		if (file_read(text, size, "%s/%s", group->dir[i].path, group->dir[i].version == 2 ? v2 : v1) == 0)
			return 0;
	return -1;
}

