/* step24-cost.c - an image copied for each container, and an image stacked
 *
 *   ./step24-cost DIR N [DATA]     DIR: a new, empty directory; DATA: a file for
 *                                  cost.gp; as an ordinary user: unshare -rm ...
 *
 * New in this step: the price.  An image of 4 MiB is given to N containers, each of
 * which changes one file: as a copy, and as an overlay.  How much space, how long?
 * See cp(1), du(1), clock_gettime(2). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 100, BAR = 59 };
static const char bar[] = "############################################################";
static const char image[] =
	"mkdir image copies overlays && head -c 4194304 /dev/urandom | split -b 131072 - image/ &&"
	" : >image/conf && cd overlays && for i in $(seq $N); do mkdir $i $i.u $i.w; done";

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* make: a container in DIR/NUMBER, one file changed; the time */
static double make(const char *dir, long number)
{
	char options[192], file[64], conf[72];
	double start = milliseconds();
	int failed;

	snprintf(file, sizeof(file), "%s/%ld", dir, number);	/* fits: copies or overlays */
	snprintf(conf, sizeof(conf), "%s/conf", file);	/* fits: 5 bytes more */
	if (!strcmp(dir, "copies")) {
		/* some file systems let copies share their blocks: not here */
		snprintf(options, sizeof(options), "cp -a --reflink=never image %s", file);	/* fits: 64 */
		failed = system(options);
	} else {
		snprintf(options, sizeof(options), "lowerdir=image,upperdir=%s.u,workdir=%s.w", file, file);	/* fits: 64 */
		failed = mount("overlay", file, "overlay", 0, options);
	}
	if (failed)
		err(errno == ENODEV || errno == EPERM || errno == EINVAL ? 77 : 1, "%s", file);
	if (dprintf(open(conf, O_WRONLY | O_TRUNC), "changed") < 0)
		err(1, "%s", conf);
	return milliseconds() - start;
}

/* kib: what DIR takes on disk, without what is mounted below */
static double kib(const char *dir)
{
	FILE *du = setenv("DIR", dir, 1) ? NULL : popen("du -skx $DIR", "r");
	double sum = 0;

	if (!du || fscanf(du, "%lf", &sum) != 1 || pclose(du))
		errx(1, "du failed");
	return sum;
}

static void compare(const char *what, const double value[2])
{
	double unit = (value[0] > value[1] ? value[0] : value[1]) / BAR;

	printf("%s, %.0f : 1\n  copies   %10.0f %.*s\n  overlays %10.0f %.*s\n", what, value[0] / value[1],
	       value[0], (int)(value[0] / unit) + 1, bar, value[1], (int)(value[1] / unit) + 1, bar);
}

int main(int argc, char **argv)
{
	double ms[2] = { 0, 0 }, space[2] = { 0, 0 };
	long count = argc == 3 || argc == 4 ? strtol(argv[2], NULL, 10) : 0;
	FILE *data = fopen(argc == 4 ? argv[3] : "/dev/null", "we");

	if (count < 1 || count > MOST)
		return fprintf(stderr, "usage: step24-cost DIR N [DATA]     (N up to %d)\n", MOST), 2;
	if (!data || chdir(argv[1]) || unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "%s, or a mount namespace (root may make one, or: unshare -rm)", argv[1]);
	if (setenv("N", argv[2], 1) || system(image))
		errx(1, "no image");
	for (long i = 1; i <= count; i++) {
		ms[0] += make("copies", i);
		ms[1] += make("overlays", i);
		space[0] = kib("copies");
		space[1] = kib("overlays");
		fprintf(data, "%ld %g %g %g %g\n", i, space[0], space[1], ms[0], ms[1]);
	}
	compare("KiB on disk", space);
	compare("milliseconds", ms);
	return fclose(data);
}
