/* peak.c - the most memory that a container runtime occupies at any moment
 *
 *   peak PAYLOAD CMD [ARG...]
 *
 * Counts physical pages, each once however many processes map it: those of CMD
 * and of all it starts, but not of a process that has become PAYLOAD (the name of
 * a program): that is the container's own memory.  Prints
 *   pages KiB N     the largest such sum
 *   anon KiB N      of it, what is not a page of a file
 *
 * Why this is the peak: what a process maps grows at any time, but shrinks only
 * in a few system calls.  Each process is stopped before those, and then the
 * pages of all are counted.  Memory of the kernel (page tables, stacks, mounts) is
 * not in it.  Needs root: others may not see page numbers.  See ptrace(2), and
 * the kernel's pagemap.rst. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_PIDS = 512, MAX_PAGES = 1 << 20, CHUNK = 4096 };

#define PRESENT    (1ULL << 63)
#define OF_A_FILE  (1ULL << 61) /* or of shared memory */
#define FRAME      ((1ULL << 55) - 1)

struct census {
	const char *payload;
	pid_t pids[MAX_PIDS];   /* the leaders of all thread groups seen */
	unsigned count;
	uint64_t *pages;        /* MAX_PAGES of them */
	size_t used;
	size_t peak, peak_anon;
};

/* is_payload - has it become the payload?  Then it is no part of the runtime. */
static bool is_payload(const struct census *c, pid_t pid)
{
	char path[48], program[PATH_MAX];
	const char *name;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	n = readlink(path, program, sizeof(program) - 1);
	if (n <= 0)
		return true;    /* it has no memory any more */
	program[n] = '\0';
	name = strrchr(program, '/');
	return strcmp(name != NULL ? name + 1 : program, c->payload) == 0;
}

/* add_range - the pages present between two addresses */
static void add_range(struct census *c, int pagemap, uint64_t from, uint64_t to, uint64_t page)
{
	uint64_t entries[CHUNK];

	for (uint64_t at = from / page; at < to / page;) {
		uint64_t want = to / page - at < CHUNK ? to / page - at : CHUNK;
		ssize_t n = pread(pagemap, entries, want * 8, (off_t)(at * 8));
		if (n <= 0)
			return;
		for (ssize_t i = 0; i < n / 8; i++)
			if ((entries[i] & PRESENT) != 0 && c->used == MAX_PAGES)
				errx(1, "more than %d pages: they cannot all be counted", MAX_PAGES);
			else if ((entries[i] & PRESENT) != 0)
				c->pages[c->used++] = (entries[i] & FRAME) << 1 |
						      ((entries[i] & OF_A_FILE) != 0);
		at += (uint64_t)n / 8;
	}
}

static void add_process(struct census *c, pid_t pid)
{
	char path[48], *line = NULL, access[8];
	size_t size = 0;
	uint64_t from, to, page = (uint64_t)sysconf(_SC_PAGESIZE);
	int pagemap;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)pid);
	pagemap = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	/* The kernel's own pages (vdso, vvar, vsyscall) are everybody's. */
	while (pagemap >= 0 && maps != NULL && getline(&line, &size, maps) > 0)
		/* fits: "rw-p" */
		if (sscanf(line, "%lx-%lx %7s", &from, &to, access) == 3 &&
		    strcmp(access, "---p") != 0 && strstr(line, "[v") == NULL)
			add_range(c, pagemap, from, to, page);
	free(line);
	if (maps != NULL)
		fclose(maps);
	if (pagemap >= 0)
		close(pagemap);
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void count_all(struct census *c)
{
	size_t all = 0, anon = 0;

	c->used = 0;
	for (unsigned i = 0; i < c->count; i++)
		if (!is_payload(c, c->pids[i]))
			add_process(c, c->pids[i]);
	qsort(c->pages, c->used, sizeof(c->pages[0]), by_number);
	for (size_t i = 0; i < c->used; i++)
		if (i == 0 || c->pages[i] != c->pages[i - 1]) {
			all++;
			anon += (c->pages[i] & 1) == 0;
		}
	if (all > c->peak) {
		c->peak = all;
		c->peak_anon = anon;
	}
}

/* shrinks - may this system call make a process's memory less? */
static bool shrinks(uint64_t nr)
{
	return nr == SYS_munmap || nr == SYS_mremap || nr == SYS_mmap || nr == SYS_madvise ||
	       nr == SYS_brk || nr == SYS_execve || nr == SYS_execveat || nr == SYS_exit ||
	       nr == SYS_exit_group;
}

/* remember - a task not seen before; threads share their leader's memory */
static void remember(struct census *c, pid_t task)
{
	char path[48], *line = NULL;
	size_t size = 0;
	int leader = task;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)task);
	status = fopen(path, "re");
	while (status != NULL && getline(&line, &size, status) > 0)
		if (sscanf(line, "Tgid: %d", &leader) == 1)
			break;
	free(line);
	if (status != NULL)
		fclose(status);
	for (unsigned i = 0; i < c->count; i++)
		if (c->pids[i] == leader)
			return;
	if (c->count == MAX_PIDS)
		errx(1, "more than %d processes: they cannot all be counted", MAX_PIDS);
	c->pids[c->count++] = leader;
}

/* stopped - a task has stopped: look, and let it go on.  Returns the signal to
 * go on with. */
static int stopped(struct census *c, pid_t task, int status)
{
	struct __ptrace_syscall_info info;
	int signo = WSTOPSIG(status), event = status >> 16;

	remember(c, task);
	if (signo == (SIGTRAP | 0x80)) {
		if (ptrace(PTRACE_GET_SYSCALL_INFO, task, sizeof(info), &info) > 0 &&
		    info.op == PTRACE_SYSCALL_INFO_ENTRY && shrinks(info.entry.nr))
			count_all(c);
		return 0;
	}
	return event != 0 ? 0 : signo;
}

static pid_t start_traced(char **command)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int go[2], status;
	pid_t pid;

	if (pipe(go) < 0)
		err(1, "pipe");
	pid = fork();
	if (pid == 0) {
		char byte;
		close(go[1]);
		if (read(go[0], &byte, 1) != 1)
			_exit(1);
		close(go[0]);
		execvp(command[0], command);
		err(127, "%s", command[0]);
	}
	close(go[0]);
	if (pid < 0 || ptrace(PTRACE_SEIZE, pid, NULL, options) < 0 ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 || waitpid(pid, &status, __WALL) < 0 ||
	    ptrace(PTRACE_SYSCALL, pid, NULL, 0L) < 0 || write(go[1], "", 1) != 1)
		err(1, "tracing");
	close(go[1]);
	return pid;
}

int main(int argc, char **argv)
{
	struct census census = { .payload = argc > 1 ? argv[1] : "" };
	int status, result = 1;
	pid_t first, task;

	if (argc < 3) {
		fprintf(stderr, "usage: peak PAYLOAD CMD [ARG...]\n");
		return 2;
	}
	census.pages = calloc(MAX_PAGES, sizeof(census.pages[0]));
	if (geteuid() != 0 || census.pages == NULL)
		errx(1, "needs root: others may not see page numbers");
	first = start_traced(argv + 2);
	while ((task = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR)
		if (task > 0 && WIFSTOPPED(status))
			ptrace(PTRACE_SYSCALL, task, NULL, (long)stopped(&census, task, status));
		else if (task == first)
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	printf("pages KiB %zu\nanon KiB %zu\n", census.peak * (size_t)sysconf(_SC_PAGESIZE) / 1024,
	       census.peak_anon * (size_t)sysconf(_SC_PAGESIZE) / 1024);
	return result;
}
