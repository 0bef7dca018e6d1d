/* step15-pressure.c - how long did somebody have to wait?
 *
 *   ./step15-pressure		as root
 *
 * New in this step: pressure stall information.  Usage says how much a group got,
 * cpu.pressure for how long some of it wanted more and could not run (v2; where the
 * kernel has PSI on).  See cgroup-v2 and psi in the kernel's documentation. */
#include <err.h>
#include <fcntl.h>
#include <mntent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Microseconds of the line "some avg10=... total=N". */
static long total(void)
{
	FILE *f = fopen("cpu.pressure", "re");
	long n = -1;

	if (f && fscanf(f, "some %*s %*s %*s total=%ld", &n) == 1)
		fclose(f);
	return n;
}

/* COUNT children are busy on the same CPU for a second. */
static void race(int count, const cpu_set_t *one)
{
	long before = total();
	FILE *f;

	for (int i = 0; i < count; i++)
		if (!fork()) {
			f = fopen("cgroup.procs", "we");
			if (!f || fputs("0", f) < 0 || fclose(f))	/* 0: the writer itself */
				err(1, "cgroup.procs");
			if (sched_setaffinity(0, sizeof(*one), one))	/* entering may have changed it */
				err(1, "sched_setaffinity");
			for (alarm(1); ; )	/* the signal ends it */
				;
		}
	while (wait(NULL) > 0)
		;
	printf("%d busy on one CPU for 1000 ms: some waited for %ld ms\n", count, (total() - before) / 1000);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char name[] = "lab-pressure.XXXXXX", *line = NULL;
	cpu_set_t one;
	FILE *f;

	if (argc != 1)
		errx(2, "usage: %s", argv[0]);
	enter_group(name);
	if (total() < 0 && !chdir("..") && !rmdir(name))
		errx(77, "no cpu.pressure here: this kernel has no PSI, or it is off (psi=1)");
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	fflush(stdout);
	race(1, &one);
	race(4, &one);
	f = fopen("cpu.pressure", "re");
	for (size_t size = 0; f && getline(&line, &size, f) > 0;)
		printf("cpu.pressure: %s", line);
	return chdir("..") || rmdir(name);
}
