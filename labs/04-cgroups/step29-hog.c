/* step29-hog.c - a memory hog beside a neighbour who reads a file
 *
 *   ./step29-hog FILE [INNER]	a FILE of 24 MiB on a disk; INNER 8 to 40 MiB; as root
 *
 * New in this step: the attack with memory.  An outer group of 48 MiB always holds
 * both.  Pages of files are the first to go: the neighbour has to read its file
 * from the disk again and again.  INNER limits the hog alone.  See cgroups(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1L << 20)
static const char *const limits[] = { NULL, "hog/memory.limit_in_bytes", "hog/memory.max" };

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	return fd < 0 || dprintf(fd, "%s", text) < 0 || close(fd) ? -1 : 0;
}

/* Make a group where the memory controller is, and go there; the version. */
static int enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int version = 0;

	while (mounts && version != 1 && (m = getmntent(mounts)))
		if ((!strcmp(m->mnt_type, "cgroup2") || hasmntopt(m, "memory")) && !chdir(m->mnt_dir))
			version = strcmp(m->mnt_type, "cgroup2") ? 1 : 2;
	if (!version)
		errx(77, "no cgroup hierarchy is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", get_current_dir_name(), name);
	if (access(limits[version] + 4, F_OK) && !chdir("..") && !rmdir(name))
		errx(77, "%s/cgroup.subtree_control does not name memory", get_current_dir_name());
	return version;
}

/* A child in neighbour reads 24 MiB of the file, over and over. */
static void neighbour(const char *when, int fd)
{
	static char piece[MIB];
	struct rusage used;
	clock_t end = times(NULL) + sysconf(_SC_CLK_TCK) * 3 / 10;
	pid_t pid = fork();
	long n = 0;

	for (int fail = !pid && put("neighbour/cgroup.procs", "0"); !pid && times(NULL) < end; n++)
		if (fail || pread(fd, piece, MIB, n % 24 * MIB) != MIB)	/* 0: the writer itself */
			_exit(1);
	if (!pid)
		_exit(getrusage(RUSAGE_SELF, &used) || dprintf(STDOUT_FILENO, "the neighbour %s: %ld MiB in 300 ms, "
			"%ld MiB of it from the disk\n", when, n, used.ru_inblock / 2048) < 0);
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	int inner = argc == 3 ? atoi(argv[2]) : 40, version, fd, hog, dead = 0;
	volatile int *mib = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char name[] = "lab-hog.XXXXXX", text[16];

	if (argc < 2 || argc > 3 || inner < 8 || inner > 40)
		errx(2, "usage: %s FILE [INNER]	in MiB, 8 to 40", argv[0]);
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))	/* who reads it, pays for it */
		err(1, "%s", argv[1]);
	version = enter_group(name);
	snprintf(text, sizeof(text), "%dM", inner);
	if ((version == 2 && put("cgroup.subtree_control", "+memory")) || put(limits[version] + 4, "48M") ||
	    (put(version == 1 ? "memory.memsw.limit_in_bytes" : "memory.swap.max", version == 1 ? "48M" : "0") &&
	     errno != ENOENT) || mkdir("hog", 0755) || mkdir("neighbour", 0755) || (argc == 3 && put(limits[version], text)))
		err(1, "%s", name);
	neighbour("alone", fd);
	if (!(hog = fork())) {
		for (int fail = put("hog/cgroup.procs", "0"); !fail && *mib < 40; ++*mib)
			memset(sbrk(MIB), 1, MIB);
		_exit(*mib == 40 && pause());
	}
	while (hog > 0 && *mib < 40 && !dead)
		dead = waitpid(hog, NULL, WNOHANG);
	dprintf(STDOUT_FILENO, "the hog: %d of 40 MiB, %s\n", *mib, dead ? "killed" : "alive");
	neighbour("beside it", fd);
	if (hog > 0 && !dead && !kill(hog, SIGKILL))
		waitpid(hog, NULL, 0);
	return rmdir("hog") || rmdir("neighbour") || chdir("..") || rmdir(name);
}
