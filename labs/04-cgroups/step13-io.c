/* step13-io.c - how fast a disk may be read
 *
 *   ./step13-io DEVICE [MIB]	per second, 1 to 100; as root; it only reads
 *
 * New in this step: a limit for one device, MAJOR:MINOR: io.max on v2,
 * blkio.throttle.read_bps_device on v1.  Who is too fast waits.  Reads that the
 * page cache answers are no I/O: hence O_DIRECT.  See open(2), cgroups(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIECE (1 << 18)

static const char *const limits[] = { NULL, "blkio.throttle.read_bps_device", "io.max" };
static const char *const stats[] = { NULL, "blkio.throttle.io_service_bytes", "io.stat" };

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	return fd < 0 || dprintf(fd, "%s", text) < 0 || close(fd) ? -1 : 0;
}

/* Make a group where the io (v1: blkio) controller is, and go there; the version. */
static int enter_group(char *name)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int version = 0;

	while (mounts && version != 1 && (m = getmntent(mounts)))
		if ((!strcmp(m->mnt_type, "cgroup2") || hasmntopt(m, "blkio")) && !chdir(m->mnt_dir))
			version = strcmp(m->mnt_type, "cgroup2") ? 1 : 2;
	if (!version)
		errx(77, "no cgroup hierarchy is mounted here");
	if (!mkdtemp(name) || chdir(name))
		err(1, "%s/%s", get_current_dir_name(), name);
	printf("group: %s (v%d)\n", get_current_dir_name(), version);
	if (access(limits[version], F_OK) && !chdir("..") && !rmdir(name))
		errx(77, "%s/cgroup.subtree_control does not name io", get_current_dir_name());
	return version;
}

/* Read 4 MiB in a child in the group, and say how long it took. */
static void measure(const char *when, int fd)
{
	void *buffer = aligned_alloc(4096, PIECE);
	struct timespec start, end;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &start);
	if (!fork()) {
		status = put("cgroup.procs", "0");	/* 0: the writer itself */
		for (off_t at = 0; !status && at < 16 * PIECE; at += PIECE)
			status = pread(fd, buffer, PIECE, at) != PIECE;
		_exit(status ? 1 : 0);
	}
	wait(&status);
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%s: 4 MiB in %ld ms%s\n", when, (end.tv_sec - start.tv_sec) * 1000L +
	       (end.tv_nsec - start.tv_nsec) / 1000000, status ? ", and failed" : "");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int rate = argc == 3 ? atoi(argv[2]) : 8, version, fd;
	char name[] = "lab-io.XXXXXX", text[64], *line = NULL;
	struct stat st;
	FILE *f;

	if (argc < 2 || argc > 3 || rate < 1 || rate > 100)
		errx(2, "usage: %s DEVICE [MIB]	per second, 1 to 100", argv[0]);
	fd = open(argv[1], O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || !S_ISBLK(st.st_mode))
		errx(1, "%s: %s", argv[1], fd < 0 ? strerror(errno) : "not a block device");
	version = enter_group(name);
	measure("no limit", fd);
	snprintf(text, sizeof(text), "%u:%u %s%d", major(st.st_rdev), minor(st.st_rdev),
		 version == 1 ? "" : "rbps=", rate << 20);	/* fits: four numbers */
	if (put(limits[version], text))
		err(1, "%s: %s", limits[version], text);
	printf("%s: %s\n", limits[version], text);
	measure("limited", fd);
	f = fopen(stats[version], "re");
	for (size_t size = 0; f && getline(&line, &size, f) > 0;)
		if (version == 2 || strstr(line, "Read"))
			printf("%s: %s", stats[version], line);
	return chdir("..") || rmdir(name);
}
