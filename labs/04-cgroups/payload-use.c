/* payload-use.c - use a known amount of something, and say so
 *
 *   payload-use memory MIB    touch that much memory:      'touched MIB'
 *   payload-use forks MOST    as many processes as it gets: 'tasks N', itself included
 *   payload-use threads MOST  the same with threads
 *   payload-use cpu MS        that much CPU time:          'wall MS', by the clock
 *   payload-use bomb S        a fork bomb, for so many seconds: only inside a limit!
 *
 * For the tests.  It ends by itself, and with all that it started. */
#include <err.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void use_memory(long mib)
{
	char *p = mmap(NULL, (size_t)mib << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		err(1, "mmap");
	memset(p, 1, (size_t)mib << 20);
	printf("touched %ld\n", mib);
}

static void use_forks(long most)
{
	pid_t *children = calloc((size_t)most, sizeof(*children));
	long n = 0;

	if (!children)
		err(1, "calloc");
	while (n < most && (children[n] = fork()) > 0)
		n++;
	while (n < most && !children[n])
		pause();
	printf("tasks %ld\n", n + 1);
	while (n-- > 0) {
		kill(children[n], SIGKILL);
		waitpid(children[n], NULL, 0);
	}
}

static void *wait_forever(void *nothing)
{
	for (;;)
		pause();
	return nothing;
}

static void use_threads(long most)
{
	pthread_attr_t small;
	pthread_t thread;
	long n = 0;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	while (n < most && !pthread_create(&thread, &small, wait_forever, NULL))
		n++;
	printf("tasks %ld\n", n + 1);
}

static long milliseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void use_cpu(long ms)
{
	long start = milliseconds(CLOCK_MONOTONIC);

	while (milliseconds(CLOCK_PROCESS_CPUTIME_ID) < ms)
		;
	printf("wall %ld\n", milliseconds(CLOCK_MONOTONIC) - start);
}

/* Who cannot fork tries again: a place that becomes free does not stay so. */
static void use_bomb(long seconds)
{
	long end = milliseconds(CLOCK_MONOTONIC) + seconds * 1000;

	while (milliseconds(CLOCK_MONOTONIC) < end)
		(void)!fork();
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*use)(long); } uses[] = {
		{ "memory", use_memory }, { "forks", use_forks },
		{ "threads", use_threads }, { "cpu", use_cpu }, { "bomb", use_bomb },
	};
	long amount = argc == 3 ? atol(argv[2]) : 0;

	for (size_t i = 0; i < sizeof(uses) / sizeof(*uses); i++)
		if (amount > 0 && !strcmp(argv[1], uses[i].name)) {
			uses[i].use(amount);
			return 0;
		}
	errx(2, "usage: %s memory|forks|threads|cpu|bomb AMOUNT", argv[0]);
}
