/* sandbox.c - run a command that may make only these system calls: libseccomp
 *
 * Style: libseccomp makes the filter and loads it; CMD takes the place of sandbox.
 * A filter may refuse even write(2), so a CMD that cannot be executed is
 * told by a child forked before: a shared page carries the reason to it.
 * See seccomp_rule_add(3), seccomp_attr_set(3). */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void usage(void)
{
	fprintf(stderr, "usage: sandbox (-a NAME[,...] | -d NAME[,...]) [-e ERRNO | -k | -l] -- CMD [ARG...]\n");
	exit(2);
}

/* Error names from the C library; those that share a number are not there. */
static int error_number(const char *text)
{
	int n = 0;

	if (strcmp(text, "EWOULDBLOCK") == 0 || strcmp(text, "EDEADLOCK") == 0 || strcmp(text, "ENOTSUP") == 0)
		return *++text == 'W' ? EWOULDBLOCK : *text == 'D' ? EDEADLOCK : ENOTSUP;
	for (const char *p = text; isdigit((unsigned char)*p) && n < 100000; p++) {
		n = n * 10 + *p - '0';
		if (p[1] == '\0' && n > 0 && n < 4096)
			return n;
	}
	for (n = 1; n < 4096; n++)
		if (strerrorname_np(n) && strcmp(strerrorname_np(n), text) == 0)
			return n;
	usage();
	return -1;
}

static void add_rules(scmp_filter_ctx filter, const char *list, uint32_t action)
{
	char *copy = strdup(list), *rest = copy, *name;

	if (!copy)
		err(125, "memory");
	while ((name = strsep(&rest, ",")) != NULL) {
		int nr = seccomp_syscall_resolve_name(name), why;

		if (nr == __NR_SCMP_ERROR)
			errx(125, "%s: unknown system call", name);
		why = seccomp_rule_add(filter, action, nr, 0);
		if (why < 0 && why != -EEXIST)
			errx(125, "%s: %s", name, strerror(-why));
	}
	free(copy);
}

static scmp_filter_ctx make_filter(const char *allowed, const char *denied, uint32_t refuse)
{
	scmp_filter_ctx filter = seccomp_init(denied ? SCMP_ACT_ALLOW : refuse);
	/* what is only to be logged still gets no way round by a foreign ABI */
	uint32_t foreign = refuse == SCMP_ACT_LOG ? SCMP_ACT_ERRNO(EPERM) : refuse;

	if (!filter || seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, foreign) < 0)
		errx(125, "filter: cannot be made");
	if (denied) {
		add_rules(filter, denied, refuse);
	} else {
		add_rules(filter, "execve,exit,exit_group,rt_sigreturn", SCMP_ACT_ALLOW);
		add_rules(filter, allowed, SCMP_ACT_ALLOW);
	}
	return filter;
}

/* What we and the reporter tell each other, without a system call of ours */
struct page { volatile int why, told; };

static struct page *start_reporter(const char *cmd)
{
	struct page *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct pollfd gone = { .events = 0 };
	pid_t middle;
	int fds[2];

	if (page == MAP_FAILED || pipe2(fds, O_CLOEXEC) < 0)
		err(125, "reporter");
	middle = fork();
	if (middle < 0)
		err(125, "fork");
	if (middle > 0) {
		close(fds[0]);
		waitpid(middle, NULL, 0);
		return page;
	}
	/* CMD is to have no child that it did not make: fork twice. */
	middle = fork();
	if (middle != 0)
		_exit(0);
	close(fds[1]);
	/* The pipe ends with the execution of CMD, or with us. */
	gone.fd = fds[0];
	while (!page->why && poll(&gone, 1, 2) <= 0)
		;
	if (page->why) {
		errno = page->why;
		warn("%s", cmd);
	}
	page->told = 1;
	_exit(0);
}

int main(int argc, char **argv)
{
	char *allowed = NULL, *denied = NULL;
	uint32_t refuse = 0;
	scmp_filter_ctx filter;
	struct page *page;
	int opt, why;

	opterr = 0;
	while ((opt = getopt(argc, argv, "+a:d:e:kl")) != -1) {
		if (strchr("ekl", opt) && refuse)
			usage();
		switch (opt) {
		case 'a': allowed = optarg; break;
		case 'd': denied = optarg; break;
		case 'e': refuse = SCMP_ACT_ERRNO((unsigned)error_number(optarg)); break;
		case 'k': refuse = SCMP_ACT_KILL_PROCESS; break;
		case 'l': refuse = SCMP_ACT_LOG; break;
		default: usage();
		}
	}
	if (optind == argc || !allowed == !denied)
		usage();
	signal(SIGCHLD, SIG_DFL);
	filter = make_filter(allowed, denied, refuse ? refuse : SCMP_ACT_ERRNO(EPERM));
	page = start_reporter(argv[optind]);
	why = seccomp_load(filter);
	if (why < 0)
		errx(125, "filter: %s", strerror(-why));
	execvp(argv[optind], argv + optind);
	why = errno;
	page->why = why;
	for (long patience = 2000000000; !page->told && patience > 0; patience--)
		;
	_exit(why == ENOENT ? 127 : 126);
}
