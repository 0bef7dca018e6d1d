/* step17-tree.c - all namespaces of the machine, by owner
 *
 *   ./step17-tree        as root: of all processes; else of your own
 *
 * New in this step: every namespace is owned by a user namespace, and those form
 * a tree.  We look at every process, and ask for the owner of each namespace until
 * the kernel says no.  Not seen is what only a descriptor or a bind mount holds.
 * See lsns(8), ioctl_ns(2), user_namespaces(7). */
#include <err.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct ns {
	ino_t inode;
	const char *kind;
	int owner;		/* index in the table; -1: beyond our sight */
	int members, first;	/* processes, and the lowest PID of them */
};

struct table {
	struct ns all[8192];
	int count;
};

static const char *const kinds[] = { "user", "mnt", "pid", "uts", "ipc", "net", "cgroup", "time" };
#define KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

/* The place in the table of the namespace behind fd, made if it is new.  Closes fd. */
static int place(struct table *t, int fd, const char *kind)
{
	struct stat st;
	int owner;

	if (fd == -1 || fstat(fd, &st) == -1)
		return -1;
	for (int at = 0; at < t->count; at++)
		if (t->all[at].inode == st.st_ino)
			return close(fd), at;
	owner = place(t, ioctl(fd, NS_GET_USERNS), "user");	/* of a user namespace: its parent */
	close(fd);
	if (t->count == (int)(sizeof(t->all) / sizeof(t->all[0])))
		errx(1, "more namespaces than fit in here");
	t->all[t->count] = (struct ns){ .inode = st.st_ino, .kind = kind, .owner = owner };
	return t->count++;
}

static void draw(const struct table *t, int owner, int depth)
{
	for (int i = 0; i < t->count * KINDS; i++) {
		const struct ns *n = &t->all[i % t->count];
		char path[64], name[32] = "-";

		/* One kind after the other, user namespaces last */
		if (n->owner != owner || n->kind != kinds[KINDS - 1 - i / t->count])
			continue;
		snprintf(path, sizeof(path), "/proc/%d/comm", n->first);
		FILE *comm = fopen(path, "re");
		if (comm && fscanf(comm, "%31[^\n]", name) >= 0)	/* fits: 15 bytes */
			fclose(comm);
		for (char *c = name; *c; c++)	/* a process names itself; a terminal obeys */
			*c = *c < ' ' || *c > '~' ? '?' : *c;
		printf("%*s%s%s:[%lu]  %d process%s, first %d %s\n", 4 * depth, "", depth ? "+-- " : "", n->kind,
		       (unsigned long)n->inode, n->members, n->members == 1 ? "" : "es", n->first, name);
		if (n->kind == kinds[0])
			draw(t, i % t->count, depth + 1);
	}
}

int main(int argc, char **argv)
{
	static struct table t;
	char path[64];
	glob_t found;

	if (argc != 1 || !argv[0])
		return fprintf(stderr, "usage: step17-tree\n"), 2;
	if (glob("/proc/[0-9]*", GLOB_NOSORT, NULL, &found) != 0)
		errx(77, "no processes in /proc");
	for (size_t i = 0; i < found.gl_pathc * KINDS; i++) {
		int at, pid = atoi(found.gl_pathv[i / KINDS] + strlen("/proc/"));

		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kinds[i % KINDS]);	/* fits: a short list */
		at = place(&t, open(path, O_RDONLY | O_CLOEXEC), kinds[i % KINDS]);
		if (at == -1)		/* ended, or not ours to look at */
			continue;
		if (!t.all[at].members++ || pid < t.all[at].first)
			t.all[at].first = pid;
	}
	draw(&t, -1, 0);
	return 0;
}
