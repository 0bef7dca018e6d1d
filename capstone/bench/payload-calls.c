/* payload-calls.c - what one system call costs, in nanoseconds
 *
 *   calls [FILTER]
 *
 * One line a call: NAME ns VALUE, the median of BATCHES batches.  FILTER is a
 * file with a seccomp filter in BPF, to be loaded first.  Each call is the cheapest
 * of its kind, so that what a filter adds is not lost in the work of the call.
 * personality's argument is looked at by the filters: the kernel remembers which
 * numbers are always allowed and runs no filter for those, but must run it for
 * this one.  See seccomp(2). */
#include <err.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { BATCHES = 25, CALLS = 1000, MAX_FILTER = 4096 };

struct files {
	int zero, null;
};

static void do_getppid(const struct files *f) { (void)f; syscall(SYS_getppid); }

static void do_read(const struct files *f)
{
	char byte;

	syscall(SYS_read, f->zero, &byte, 1);
}

static void do_write(const struct files *f) { syscall(SYS_write, f->null, "", 1); }

static void do_clock_gettime(const struct files *f)
{
	struct timespec t;

	(void)f;        /* by the system call, not by the vDSO */
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
}

static void do_futex(const struct files *f)
{
	static unsigned word;

	(void)f;
	syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void do_fstat(const struct files *f)
{
	struct stat st;

	fstat(f->null, &st);
}

static void do_openat(const struct files *f)
{
	(void)f;        /* EBADF: nothing to be found, nothing to be closed */
	syscall(SYS_openat, -1, ".", O_PATH | O_CLOEXEC);
}

static void do_personality(const struct files *f)
{
	(void)f;
	syscall(SYS_personality, 0xffffffffUL);
}

static const struct {
	const char *name;
	void (*call)(const struct files *f);
} calls[] = {
	{ "getppid", do_getppid }, { "read", do_read }, { "write", do_write },
	{ "clock_gettime", do_clock_gettime }, { "futex", do_futex }, { "fstat", do_fstat },
	{ "openat", do_openat }, { "personality", do_personality },
};

static void load(const char *path)
{
	static struct sock_filter code[MAX_FILTER];
	struct sock_fprog program = { .filter = code };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, code, sizeof(code));

	if (n <= 0 || (size_t)n == sizeof(code) || (size_t)n % sizeof(code[0]) != 0)
		err(1, "%s", path);
	close(fd);
	program.len = (unsigned short)((size_t)n / sizeof(code[0]));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		err(1, "loading %s", path);
}

static double ns_between(const struct timespec *a, const struct timespec *b)
{
	return (double)(b->tv_sec - a->tv_sec) * 1e9 + (double)(b->tv_nsec - a->tv_nsec);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	struct files files = { open("/dev/zero", O_RDONLY | O_CLOEXEC),
			       open("/dev/null", O_WRONLY | O_CLOEXEC) };
	double batch[BATCHES];
	struct timespec from, to;

	if (argc > 2 || files.zero < 0 || files.null < 0) {
		fprintf(stderr, "usage: calls [FILTER], where /dev/zero and /dev/null are\n");
		return 2;
	}
	if (argc == 2)
		load(argv[1]);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (int b = 0; b < BATCHES; b++) {
			clock_gettime(CLOCK_MONOTONIC, &from);
			for (int n = 0; n < CALLS; n++)
				calls[i].call(&files);
			clock_gettime(CLOCK_MONOTONIC, &to);
			batch[b] = ns_between(&from, &to) / CALLS;
		}
		qsort(batch, BATCHES, sizeof(batch[0]), by_size);
		printf("%s ns %.1f\n", calls[i].name, batch[BATCHES / 2]);
	}
	return 0;
}
