/* payload-host.c - attempts on something of the host's that a test has put there
 *
 *   payload-host NAME[=ARG]...        see attempt.h
 *
 * The victims are processes, keys, sockets and segments of the test's own.
 * See ptrace(2), proc(5), pid_namespaces(7), ipc_namespaces(7), keyrings(7). */
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "attempt.h"

static int of_process(const char *pid, const char *name, int flags)
{
	char path[64];

	if (snprintf(path, sizeof(path), "/proc/%s/%s", pid, name) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, flags | O_CLOEXEC);
}

static int of_number(long pid, const char *name, int flags)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", pid);
	return of_process(text, name, flags);
}

static int try_kill(const char *pid) { return kill(atoi(pid), 0); }
static int try_pidfd(const char *pid) { return (int)syscall(SYS_pidfd_open, atoi(pid), 0); }
static int try_memory(const char *pid) { return of_process(pid, "mem", O_RDWR); }
static int try_root(const char *pid) { return of_process(pid, "root/.", O_RDONLY); }
static int try_oom(const char *pid) { return of_process(pid, "oom_score_adj", O_WRONLY); }
static int try_trace(const char *pid) { return (int)ptrace(PTRACE_SEIZE, atoi(pid), NULL, NULL); }

static int try_vmread(const char *pid)
{
	char byte;
	struct iovec ours = { &byte, 1 }, theirs = { (void *)8, 1 };

	/* EFAULT: nothing there, but we were let in to look. */
	return process_vm_readv(atoi(pid), &ours, 1, &theirs, 1, 0) < 0 && errno != EFAULT ? -1 : 0;
}

static int try_prlimit(const char *pid)
{
	struct rlimit limit;

	return prlimit(atoi(pid), RLIMIT_NOFILE, NULL, &limit);
}

static int try_setns(const char *pid)
{
	int fd = of_process(pid, "ns/mnt", O_RDONLY);

	return fd < 0 ? -1 : setns(fd, CLONE_NEWNS);
}

/* environ=TEXT: in the environment or the arguments of any process in sight */
static int try_environ(const char *text)
{
	static char found[262144];
	static const char *const names[] = { "environ", "cmdline" };
	DIR *proc = opendir("/proc");
	char self[16];

	snprintf(self, sizeof(self), "%d", (int)getpid());
	for (struct dirent *d; proc != NULL && (d = readdir(proc)) != NULL;) {
		if (strspn(d->d_name, "0123456789") != strlen(d->d_name))
			continue;
		for (int i = 0; i < 2; i++) {
			int fd = of_process(d->d_name, names[i], O_RDONLY);
			ssize_t n = fd < 0 ? 0 : read(fd, found, sizeof(found));
			char tag[160];

			if (fd >= 0)
				close(fd);
			/* A part of it is sought, then: found all the same. */
			snprintf(tag, sizeof(tag), "SECRET=%s", text);	/* lint: see above */
			if (n > 0 && memmem(found, (size_t)n, tag, strlen(tag)) != NULL)
				return 0;
		}
	}
	return -1;
}

/* open=DESCRIPTORS above 2 that we were born with, ours of /proc not counted */
static int try_open(const char *arg)
{
	(void)arg;
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return 0;
	errno = 0;
	return -1;
}

static int try_groups(const char *arg)
{
	(void)arg;
	return getgroups(0, NULL) > 0 ? 0 : -1;
}

/* segment=KEY: System V shared memory */
static int try_segment(const char *key) { return shmget((key_t)strtol(key, NULL, 0), 0, 0); }

/* abstract=NAME: a socket that has no file */
static int try_abstract(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (strlen(name) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(addr.sun_path + 1, name, strlen(name));
	return connect(fd, (struct sockaddr *)&addr,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)));
}

/* key=DESCRIPTION: in the session keyring that we were given */
static int try_key(const char *description)
{
	return (int)syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", description, 0);
}

/* rich: an OOM score that spares us at the cost of the host's own */
static int try_spared(const char *arg)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "r");
	int score = 0;

	(void)arg;
	return file != NULL && fscanf(file, "%d", &score) == 1 && score < 0 ? 0 : -1;
}

/* scribble=PID:TEXT: all that PID can write in its memory becomes TEXT, which fills
 * eight bytes with its end, so that it is found wherever a path is looked for */
static int try_scribble(const char *arg)
{
	char page[4096], *line = NULL, read, write, *end;
	long pid = strtol(arg, &end, 10);
	unsigned long from, to;
	size_t size = 0;
	FILE *maps;
	int fd, written = 0;

	for (size_t i = 0; *end == ':' && i < sizeof(page); i++)
		page[i] = i % 8 < strlen(end + 1) ? end[1 + i % 8] : '\0';
	fd = of_number(pid, "maps", O_RDONLY);
	maps = fd >= 0 ? fdopen(fd, "r") : NULL;
	fd = of_number(pid, "mem", O_RDWR);
	while (maps != NULL && fd >= 0 && getline(&line, &size, maps) > 0)
		if (sscanf(line, "%lx-%lx %c%c", &from, &to, &read, &write) == 4 && write == 'w')
			for (; from < to; from += sizeof(page))
				written += pwrite(fd, page, sizeof(page), (off_t)from) > 0;
	return written > 0 ? 0 : -1;
}

/* crash: a core dump, if one is to be had */
static int try_crash(const char *arg)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	(void)arg;
	setrlimit(RLIMIT_CORE, &all);
	abort();
}

int main(int argc, char **argv)
{
	static const struct attempt table[] = {
		{ "kill", try_kill }, { "pidfd", try_pidfd }, { "memory", try_memory },
		{ "root", try_root }, { "oom", try_oom }, { "trace", try_trace },
		{ "vmread", try_vmread }, { "prlimit", try_prlimit }, { "setns", try_setns },
		{ "environ", try_environ }, { "open", try_open }, { "groups", try_groups },
		{ "segment", try_segment }, { "abstract", try_abstract }, { "key", try_key },
		{ "spared", try_spared }, { "scribble", try_scribble }, { "crash", try_crash }, { NULL, NULL },
	};

	return attempts_main(table, argc, argv);
}
