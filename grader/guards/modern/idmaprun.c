/* idmaprun.c - run a command under an id map: the parent writes it
 *
 * Style: clone3(2) puts the child in its user namespace at once; an eventfd says
 * "go", so that no end of file can be taken for it, and a pidfd of the parent
 * tells the child that nobody will; what newuidmap(1) complains of is passed on
 * in our one line.  See user_namespaces(7), eventfd(2), newuidmap(1). */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct map {
	char **words; /* IN OUT COUNT IN OUT COUNT ... */
	int n;
	unsigned id; /* CMD's */
};

static pid_t child;

/* For the parent: end the child, which waits for us, with us. */
static void give_up(const char *what, const char *why)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	errx(125, "%s: %s", what, why);
}

static void usage(void)
{
	fprintf(stderr, "usage: idmaprun [-U IN:OUT:COUNT]... [-G IN:OUT:COUNT]... -- CMD [ARG...]\n");
	exit(2);
}

static void add(struct map *map, char *text)
{
	char *word[3];
	unsigned long value[3];

	for (int i = 0; i < 3; i++) {
		char *end;

		word[i] = strsep(&text, ":");
		if (!word[i] || !isdigit((unsigned char)*word[i]))
			usage();
		errno = 0;
		value[i] = strtoul(word[i], &end, 10);
		if (*end || errno || value[i] > UINT32_MAX)
			usage();
	}
	if (text)
		usage();
	map->words = realloc(map->words, sizeof *map->words * (size_t)(map->n + 4));
	if (!map->words)
		err(125, "memory");
	if (map->n == 0)
		map->id = (unsigned)value[0];
	if (value[0] == 0)
		map->id = 0;
	for (int i = 0; i < 3; i++)
		map->words[map->n++] = word[i];
	map->words[map->n] = NULL;
}

static void add_default(struct map *map, unsigned id)
{
	char *text;

	if (map->n == 0 && asprintf(&text, "0:%u:1", id) > 0)
		add(map, text);
}

/* One write, as the kernel wants it; 0 or errno */
static int put(const char *name, const char *text)
{
	char path[64];
	int fd, why = 0;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)child, name);	/* fits: uid_map, setgroups */
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		why = errno;
	if (fd >= 0)
		close(fd);
	return why;
}

static int put_map(const char *name, const struct map *map)
{
	size_t size = 0, room = (size_t)map->n * 11 + 1;
	char *text = calloc(room, 1);
	int why;

	if (!text)
		return ENOMEM;
	for (int i = 0; i < map->n; i++)
		size += (size_t)snprintf(text + size, room - size, "%lu%c", strtoul(map->words[i], NULL, 10),
					 i % 3 == 2 ? '\n' : ' ');
	why = put(name, text);
	free(text);
	return why;
}

static void ask(const char *helper, const struct map *map)
{
	char **argv = calloc((size_t)map->n + 3, sizeof *argv), pid[16], said[200] = "";
	int out[2], status;
	ssize_t n;
	pid_t asked;

	if (!argv || pipe2(out, O_CLOEXEC) < 0)
		give_up(helper, strerror(errno));
	snprintf(pid, sizeof pid, "%d", (int)child);
	argv[0] = (char *)(uintptr_t)helper;
	argv[1] = pid;
	memcpy(argv + 2, map->words, sizeof *argv * (size_t)map->n);
	asked = fork();
	if (asked == 0) {
		dup2(out[1], 1);
		dup2(out[1], 2);
		execvp(helper, argv);
		dprintf(2, "%s", strerror(errno));
		_exit(127);
	}
	close(out[1]);
	for (size_t used = 0; used < sizeof said - 1; used += (size_t)n)
		if ((n = read(out[0], said + used, sizeof said - 1 - used)) <= 0)
			break;
	close(out[0]);
	said[strcspn(said, "\n")] = '\0';
	if (asked < 0 || waitpid(asked, &status, 0) != asked || status != 0)
		give_up(helper, *said ? said : "refused");
	free(argv);
}

/* GROUPS: our own group is mapped without privilege only where setgroups(2) is
 * denied.  The kernel says when: with EPERM. */
static void map_ids(const char *file, const char *helper, const struct map *map, unsigned own, bool groups)
{
	bool trivial = map->n == 3 && strtoul(map->words[1], NULL, 10) == own && strtoul(map->words[2], NULL, 10) == 1;
	int why = put_map(file, map);

	if (why == EPERM && trivial && groups) {
		why = put("setgroups", "deny");
		if (!why)
			why = put_map(file, map);
	}
	if (why == EPERM && !trivial)
		ask(helper, map);
	else if (why)
		give_up(file, strerror(why));
}

static bool mapped(const char *path)
{
	FILE *f = fopen(path, "re");
	bool any = f && getc(f) != EOF;

	if (f)
		fclose(f);
	return any;
}

static void run(int go, int parent, const struct map *users, const struct map *groups, char **cmd)
{
	struct pollfd fds[] = { { .fd = go, .events = POLLIN }, { .fd = parent, .events = POLLIN } };

	/* a pidfd is readable once its process has ended */
	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			_exit(125);
	if (!fds[0].revents)
		_exit(125);
	if (!mapped("/proc/self/uid_map") || !mapped("/proc/self/gid_map"))
		errx(125, "maps: not written");
	if (setresgid(groups->id, groups->id, groups->id) < 0)
		err(125, "gid %u", groups->id);
	if (setresuid(users->id, users->id, users->id) < 0)
		err(125, "uid %u", users->id);
	execvp(cmd[0], cmd);
	err(errno == ENOENT ? 127 : 126, "%s", cmd[0]);
}

int main(int argc, char **argv)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	struct map users = { 0 }, groups = { 0 };
	int opt, go, self, status;

	opterr = 0;
	while ((opt = getopt(argc, argv, "+U:G:")) != -1) {
		switch (opt) {
		case 'U': add(&users, optarg); break;
		case 'G': add(&groups, optarg); break;
		default: usage();
		}
	}
	if (optind == argc)
		usage();
	add_default(&users, geteuid());
	add_default(&groups, getegid());
	signal(SIGCHLD, SIG_DFL);
	go = eventfd(0, EFD_CLOEXEC);
	self = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (go < 0 || self < 0)
		err(125, "eventfd and pidfd");
	child = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	if (child < 0)
		err(125, "new user namespace");
	if (child == 0)
		run(go, self, &users, &groups, argv + optind);
	map_ids("uid_map", "newuidmap", &users, geteuid(), false);
	map_ids("gid_map", "newgidmap", &groups, getegid(), true);
	if (eventfd_write(go, 1) < 0)
		give_up("go", strerror(errno));
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			err(125, "wait");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
