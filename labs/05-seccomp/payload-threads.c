/* payload-threads.c - does a refused call end the thread, or the process?
 *
 *   payload-threads       a second thread calls fchdir(-1); the first one waits
 *                         for its end, says what came of it, and exits with 3
 *
 * See SECCOMP_RET_KILL_PROCESS and SECCOMP_RET_KILL_THREAD in seccomp(2). */
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void *second(void *result)
{
	*(const char **)result = fchdir(-1) == -1 ? strerrorname_np(errno) : "done";
	return NULL;
}

int main(void)
{
	const char *result = "the thread was killed";
	pthread_t thread;

	if (pthread_create(&thread, NULL, second, &result) != 0)
		errx(1, "pthread_create");
	pthread_join(thread, NULL);
	printf("fchdir: %s\n", result);
	return 3;
}
