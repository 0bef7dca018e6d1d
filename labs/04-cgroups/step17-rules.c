/* step17-rules.c - how version 2 hands controllers down, and what it refuses
 *
 *   ./step17-rules		as root, where v2 has controllers
 *
 * New in this step: cgroup.subtree_control.  A group has the files of a controller
 * if its parent names it there, and may name only what it has itself.  No group
 * holds processes and hands controllers down: "no internal processes".
 * See cgroups(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Make a group in the v2 tree, and go there. */
static void enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;

	while (mounts && (m = getmntent(mounts)) && strcmp(m->mnt_type, "cgroup2"))
		;
	if (!mounts || !m || chdir(m->mnt_dir))
		errx(77, "no cgroup v2 tree is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", m->mnt_dir, name);
	printf("group: %s (v2)\n", get_current_dir_name());
}

static void tell(int failed, const char *what, const char *file)
{
	printf("%-9s > %-24s %s%s%s\n", what, file, failed ? strerrorname_np(errno) : "ok",
	       failed ? ": " : "", failed ? strerror(errno) : "");
}

/* Write TEXT to FILE, and tell how that went. */
static void try(const char *text, const char *file)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	tell(fd < 0 || write(fd, text, strlen(text)) < 0, text, file);
	close(fd);
}

int main(int argc, char **argv)
{
	char name[] = "lab-rules.XXXXXX", text[32], *has = NULL;
	size_t size = 0;
	FILE *f;
	pid_t pid;

	if (argc != 1)
		errx(2, "usage: %s", argv[0]);
	enter_group(name);
	f = fopen("cgroup.controllers", "re");
	if ((!f || getline(&has, &size, f) < 0 || !strstr(has, "memory") || !strstr(has, "pids")) && !chdir("..") && !rmdir(name))
		errx(77, "v2 does not hand memory and pids down here: on v1, or not in cgroup.subtree_control");
	pid = fork();
	while (!pid)
		pause();
	if (pid < 0 || mkdir("a", 0755) || mkdir("a/leaf", 0755))
		err(1, "%s", name);
	snprintf(text, sizeof(text), "%d", (int)pid);
	tell(access("a/memory.max", F_OK), "look", "a/memory.max");
	try("+memory", "a/cgroup.subtree_control");	/* its parent does not hand it down */
	try("+memory", "cgroup.subtree_control");
	tell(access("a/memory.max", F_OK), "look", "a/memory.max");
	try("+nonsense", "cgroup.subtree_control");
	try(text, "a/cgroup.procs");
	try("+memory", "a/cgroup.subtree_control");	/* it has a process */
	try(text, "a/leaf/cgroup.procs");
	try("+memory", "a/cgroup.subtree_control");	/* now it has none */
	try(text, "a/cgroup.procs");			/* it hands down */
	try("-memory", "cgroup.subtree_control");	/* somebody below does */
	tell(rmdir("a"), "rmdir", "a");
	try("0", "cgroup.max.descendants");
	tell(mkdir("b", 0755), "mkdir", "b");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return rmdir("a/leaf") || rmdir("a") || chdir("..") || rmdir(name);
}
