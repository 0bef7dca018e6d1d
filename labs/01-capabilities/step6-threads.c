/* step6-threads.c - the sets belong to a thread, not to the process
 *
 *   ./step6-threads      as root
 *
 * A worker thread is started; then the main thread drops all capabilities.
 * The test: open a file of mode 000 for writing, as in step 3.
 *
 * New in this step: /proc/self/task/TID/status, and who capset(2) acts on.
 * See capabilities(7), gettid(2), pthreads(7), libpsx(3). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct shared {
	char path[64];			/* of the file of mode 000 */
	pthread_barrier_t turn;		/* where the two wait for each other */
};

/* show: the effective set of this thread, as /proc has it, and the test */
static void show(const char *who, const char *path)
{
	char name[64], *line = NULL, mask[32] = "?";

	snprintf(name, sizeof(name), "/proc/self/task/%d/status", gettid());
	FILE *status = fopen(name, "re");

	if (!status)
		err(1, "%s", name);
	for (size_t size = 0; getline(&line, &size, status) > 0;)
		sscanf(line, "CapEff: %31s", mask);	/* fits: 16 digits */
	fclose(status);

	int fd = open(path, O_WRONLY | O_CLOEXEC);

	printf("%-20s CapEff %s   open: %s\n", who, mask, fd == -1 ? strerror(errno) : "allowed");
	if (fd != -1)
		close(fd);
}

static void *worker(void *argument)
{
	struct shared *shared = argument;

	show("worker", shared->path);
	pthread_barrier_wait(&shared->turn);	/* main drops */
	pthread_barrier_wait(&shared->turn);	/* main has dropped */
	show("worker, after that", shared->path);
	return NULL;
}

int main(int argc, char **argv)
{
	struct shared shared;
	pthread_t thread;
	cap_t none = cap_init();
	int file = memfd_create("file", MFD_CLOEXEC);

	if (argc != 1)
		errx(2, "usage: step6-threads (without %s)", argv[1]);
	if (!none || file == -1 || fchmod(file, 0) == -1)
		err(1, "memfd_create");
	snprintf(shared.path, sizeof(shared.path), "/proc/self/fd/%d", file);
	if (pthread_barrier_init(&shared.turn, NULL, 2) != 0 ||
	    pthread_create(&thread, NULL, worker, &shared) != 0)
		errx(1, "pthread_create failed");

	pthread_barrier_wait(&shared.turn);
	show("main", shared.path);
	if (cap_set_proc(none) == -1)
		err(1, "cap_set_proc");
	show("main, all dropped", shared.path);
	pthread_barrier_wait(&shared.turn);
	pthread_join(thread, NULL);
	cap_free(none);
}
