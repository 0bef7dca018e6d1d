/* idmaprun.c - run a command under an id map: the child writes it
 *
 * Style: the process that becomes CMD unshares; a child that it forked before
 * stays behind in the old user namespace and writes the maps for it.  Two pipes
 * carry "unshared" and "written".  See user_namespaces(7), newuidmap(1). */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct line { unsigned long in, out, count; };
struct map {
	const char *file, *helper;
	struct line *lines;
	int n;
};

static struct map users = { "uid_map", "newuidmap", NULL, 0 };
static struct map groups = { "gid_map", "newgidmap", NULL, 0 };

static void usage(void)
{
	fputs("usage: idmaprun [-U IN:OUT:COUNT]... [-G IN:OUT:COUNT]... -- CMD [ARG...]\n", stderr);
	exit(2);
}

static unsigned long number(const char **text, char end)
{
	char *stop;
	unsigned long n;

	errno = 0;
	n = strtoul(*text, &stop, 10);
	if (!isdigit((unsigned char)**text) || *stop != end || errno || n > UINT32_MAX)
		usage();
	*text = stop + (end != '\0');
	return n;
}

static void add(struct map *map, struct line line)
{
	map->lines = reallocarray(map->lines, (size_t)map->n + 1, sizeof line);
	if (!map->lines)
		err(125, "memory");
	map->lines[map->n++] = line;
}

static struct line parse(const char *text)
{
	struct line line;

	line.in = number(&text, ':');
	line.out = number(&text, ':');
	line.count = number(&text, '\0');
	return line;
}

static bool write_file(pid_t pid, const char *name, const char *text, size_t size)
{
	char path[64];
	bool ok;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);	/* fits: uid_map, setgroups */
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ok = fd >= 0 && write(fd, text, size) == (ssize_t)size;
	if (fd >= 0) {
		int why = errno;

		close(fd);
		errno = why;
	}
	return ok;
}

static bool write_directly(pid_t pid, const struct map *map)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	bool ok;

	if (!f)
		return false;
	for (int i = 0; i < map->n; i++)
		fprintf(f, "%lu %lu %lu\n", map->lines[i].in, map->lines[i].out, map->lines[i].count);
	fclose(f);
	ok = write_file(pid, map->file, text, size);
	free(text);
	return ok;
}

/* newuidmap PID IN OUT COUNT...; its own words are not ours to print */
static void ask_helper(pid_t pid, const struct map *map)
{
	char **argv = calloc((size_t)map->n * 3 + 3, sizeof *argv);
	int n = 0, status;
	pid_t child;

	if (!argv)
		err(125, "memory");
	argv[n++] = (char *)(uintptr_t)map->helper;
	if (asprintf(&argv[n++], "%d", (int)pid) < 0)
		err(125, "memory");
	for (int i = 0; i < map->n; i++) {
		const unsigned long field[] = { map->lines[i].in, map->lines[i].out, map->lines[i].count };

		for (int j = 0; j < 3; j++)
			if (asprintf(&argv[n++], "%lu", field[j]) < 0)
				err(125, "memory");
	}
	child = fork();
	if (child == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 1);
		dup2(null, 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		err(125, "%s", map->helper);
	if (status != 0)
		errx(125, "%s: not allowed, and %s refused it or is not there", map->file, map->helper);
}

static void write_map(pid_t pid, const struct map *map, unsigned long own)
{
	bool trivial = map->n == 1 && map->lines[0].count == 1 && map->lines[0].out == own;

	if (write_directly(pid, map))
		return;
	if (errno != EPERM)
		err(125, "%s", map->file);
	/* The kernel lets an unprivileged writer map its own group only where
	 * nobody can drop a group that denies access. */
	if (trivial && map == &groups) {
		if (!write_file(pid, "setgroups", "deny", 4) || !write_directly(pid, map))
			err(125, "%s", map->file);
		return;
	}
	if (trivial)
		err(125, "%s", map->file);
	ask_helper(pid, map);
}

/* Our parent's maps; its ids are still the same as ours. */
static void writer(pid_t parent, int unshared, int written)
{
	char byte;

	if (read(unshared, &byte, 1) != 1)
		_exit(0); /* it has said why, or it is dead */
	write_map(parent, &groups, getegid());
	write_map(parent, &users, geteuid());
	_exit(write(written, "", 1) == 1 ? 0 : 125);
}

static int count_lines(const char *path)
{
	FILE *f = fopen(path, "re");
	int n = 0;

	for (int c; f && (c = getc(f)) != EOF;)
		n += c == '\n';
	if (f)
		fclose(f);
	return n;
}

static unsigned long first_id(const struct map *map)
{
	for (int i = 0; i < map->n; i++)
		if (map->lines[i].in == 0 && map->lines[i].count > 0)
			return 0;
	return map->lines[0].in;
}

static void become(void)
{
	gid_t gid = (gid_t)first_id(&groups);
	uid_t uid = (uid_t)first_id(&users);

	/* A helper's word is not enough. */
	if (count_lines("/proc/self/uid_map") != users.n || count_lines("/proc/self/gid_map") != groups.n)
		errx(125, "maps: not as they were asked for");
	if (setresgid(gid, gid, gid) < 0)
		err(125, "gid %u", gid);
	if (setresuid(uid, uid, uid) < 0)
		err(125, "uid %u", uid);
}

int main(int argc, char **argv)
{
	int unshared[2], written[2], opt, status;
	pid_t self = getpid(), child;
	char byte;

	opterr = 0;
	while ((opt = getopt(argc, argv, "+U:G:")) != -1) {
		switch (opt) {
		case 'U': add(&users, parse(optarg)); break;
		case 'G': add(&groups, parse(optarg)); break;
		default: usage();
		}
	}
	if (optind == argc)
		usage();
	if (users.n == 0)
		add(&users, (struct line){ 0, geteuid(), 1 });
	if (groups.n == 0)
		add(&groups, (struct line){ 0, getegid(), 1 });

	signal(SIGCHLD, SIG_DFL);
	if (pipe2(unshared, O_CLOEXEC) < 0 || pipe2(written, O_CLOEXEC) < 0)
		err(125, "pipe");
	child = fork();
	if (child < 0)
		err(125, "fork");
	if (child == 0) {
		close(unshared[1]);
		close(written[0]);
		writer(self, unshared[0], written[1]);
	}
	close(written[1]);
	if (unshare(CLONE_NEWUSER) < 0)
		err(125, "new user namespace");
	if (write(unshared[1], "", 1) != 1)
		err(125, "pipe");
	/* No byte: the child has failed and said why, or was killed. */
	if (read(written[0], &byte, 1) != 1) {
		if (waitpid(child, &status, 0) == child && WIFEXITED(status))
			return 125;
		errx(125, "maps: their writer died");
	}
	waitpid(child, &status, 0);
	become();
	execvp(argv[optind], argv + optind);
	err(errno == ENOENT ? 127 : 126, "%s", argv[optind]);
}
