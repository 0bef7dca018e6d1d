/* step1-where.c - which cgroup version has which controller, and where are we?
 *
 *   ./step1-where [CONTROLLER...]
 *
 * New in this step: /proc/self/mountinfo and /proc/self/cgroup.  A v1 hierarchy
 * names its controllers in its mount options; the v2 tree lists them in its
 * cgroup.controllers.  See cgroups(7), mountinfo in proc(5). */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Is WORD in LIST, between commas, blanks and the ends? */
static bool listed(const char *list, const char *word)
{
	const char *const ends = ", \n";
	size_t length = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += length)
		if ((p == list || strchr(ends, p[-1])) && (!p[length] || strchr(ends, p[length])))
			return true;
	return false;
}

/* The version that carries CONTROLLER, or 0, and where it is mounted.  With
 * no CONTROLLER, the v2 tree itself. */
static int version_of(const char *controller, char **point)
{
	char *line = NULL, *dir, *type, *options, *path, *rest;
	FILE *f = fopen("/proc/self/mountinfo", "re");
	size_t size = 0;
	int version = 0;

	if (!f)
		err(1, "/proc/self/mountinfo");
	while (version != 1 && getline(&line, &size, f) > 0) {
		rest = strstr(line, " - ");
		if (!rest || sscanf(line, "%*s %*s %*s %*s %ms", &dir) != 1 ||
		    sscanf(rest, " - %ms %*s %ms", &type, &options) != 2)
			continue;
		if (controller && !strcmp(type, "cgroup") && listed(options, controller))
			version = 1;
		else if (!strcmp(type, "cgroup2"))
			version = 2;
		else
			continue;
		*point = dir;
	}
	fclose(f);
	if (version != 2 || !controller)
		return version;
	f = asprintf(&path, "%s/cgroup.controllers", *point) > 0 ? fopen(path, "re") : NULL;
	if (!f || getline(&line, &size, f) < 0 || !listed(line, controller))
		version = 0;
	if (f)
		fclose(f);
	return version;
}

/* The group of this process in that hierarchy: "4:memory:/path", "0::/path". */
static void print_group(int version, const char *controller)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char *line = NULL, *list, *path;

	for (size_t size = 0; f && getline(&line, &size, f) > 0;) {
		list = strchr(line, ':') + 1;
		path = strchr(list, ':');
		*path++ = '\0';
		if (version == 1 ? listed(list, controller) : !*list)
			fputs(path, stdout);
	}
	if (!f || fclose(f))
		err(1, "/proc/self/cgroup");
}

int main(int argc, char **argv)
{
	char *usual[] = { "memory", "pids", "cpu", "cpuset", "cpuacct", "io", "blkio", "freezer", "devices",
			  "hugetlb", "perf_event", "net_cls", "net_prio", NULL };
	char *point = NULL;
	int version, found = 0;

	if (argc > 1 && *argv[1] == '-')
		errx(2, "usage: ./step1-where [CONTROLLER...]");
	for (char **name = argc > 1 ? argv + 1 : usual; *name; name++) {
		version = version_of(*name, &point);
		found += version;
		printf(version ? "%-10s v%d  %-26s " : "%-10s -\n", *name, version, point);
		if (version)
			print_group(version, *name);
	}
	if (version_of(NULL, &point)) {
		printf("%-10s v2  %-26s ", "(tree)", point);
		print_group(2, "");
	} else if (!found) {
		errx(77, "no cgroup hierarchy is mounted");
	}
	return 0;
}
