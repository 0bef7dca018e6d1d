/* evidence.h - what the kernel says of a process, in a form in which two runs
 * are alike: namespaces and ids are named by whose they are, not by number */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* proc_open - /proc/PID/NAME */
static inline FILE *proc_open(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);	/* fits: "mountinfo" and the like */
	return fopen(path, "re");
}

static inline void comm_of(pid_t pid, char *comm, size_t size)
{
	FILE *file = proc_open(pid, "comm");

	/* lint: the kernel itself keeps 15 bytes of it */
	if (file == NULL || fgets(comm, (int)size, file) == NULL)
		snprintf(comm, size, "?");
	comm[strcspn(comm, "\n")] = '\0';
	if (file != NULL)
		fclose(file);
}

static inline void evidence_status(FILE *out, pid_t pid)
{
	static const char *const names[] = { "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs",
					     "Seccomp:", "Seccomp_filters", "SigBlk", "SigIgn", "Umask" };
	FILE *file = proc_open(pid, "status");
	char *line = NULL;
	size_t size = 0;

	while (file != NULL && getline(&line, &size, file) > 0)
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strncmp(line, names[i], strlen(names[i])) == 0)
				fprintf(out, "%s", line);
	free(line);
	if (file != NULL)
		fclose(file);
}

/* evidence_mounts - where, how and what; the options of the filesystem itself
 * name numbers that differ */
static inline void evidence_mounts(FILE *out, pid_t pid)
{
	FILE *file = proc_open(pid, "mountinfo");
	char *line = NULL;
	size_t size = 0;

	while (file != NULL && getline(&line, &size, file) > 0) {
		const char *dash = strstr(line, " - ");
		char *where = NULL, *options = NULL, *type = NULL;
		if (dash != NULL && sscanf(line, "%*s %*s %*s %*s %ms %ms", &where, &options) == 2 &&
		    sscanf(dash, " - %ms", &type) == 1)
			fprintf(out, "mount %s %s %s\n", where, type, options);
		free(where), free(options), free(type);
	}
	free(line);
	if (file != NULL)
		fclose(file);
}

static inline void evidence_links(FILE *out, pid_t pid)
{
	static const char *const kinds[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts" };
	char path[64], theirs[PATH_MAX], ours[64];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		ssize_t n, m;
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kinds[i]);	/* fits: a name of the table */
		n = readlink(path, theirs, sizeof(theirs) - 1);
		snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i]);	/* fits: a name of the table */
		m = readlink(path, ours, sizeof(ours) - 1);
		fprintf(out, "namespace %s %s\n", kinds[i],
			n > 0 && n == m && memcmp(theirs, ours, (size_t)n) == 0 ? "the host's" : "its own");
	}
	for (int fd = 0; fd < 64; fd++) {
		struct stat st;
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
		if (stat(path, &st) == 0)
			fprintf(out, "descriptor %d %o\n", fd, (unsigned)st.st_mode);
	}
	snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
	ssize_t n = readlink(path, theirs, sizeof(theirs) - 1);
	theirs[n > 0 ? n : 0] = '\0';
	fprintf(out, "cwd %s\n", theirs);
	fprintf(out, "session %s\n", getsid(pid) == pid ? "its own" : "another's");
}

static inline void evidence_maps(FILE *out, pid_t pid)
{
	static const char *const names[] = { "uid_map", "gid_map" };
	char *line = NULL;
	size_t size = 0;
	unsigned inside, outside, count;

	for (int i = 0; i < 2; i++) {
		FILE *file = proc_open(pid, names[i]);
		while (file != NULL && getline(&line, &size, file) > 0)
			if (sscanf(line, "%u %u %u", &inside, &outside, &count) == 3)
				fprintf(out, "%s %u %s %u\n", names[i], inside, outside == 0 ? "root" : "another", count);
		if (file != NULL)
			fclose(file);
	}
	free(line);
}

static inline void evidence_environment(FILE *out, pid_t pid)
{
	FILE *file = proc_open(pid, "environ");
	char *entry = NULL;
	size_t size = 0;

	while (file != NULL && getdelim(&entry, &size, '\0', file) > 0)
		/* an id that is new each time */
		fprintf(out, "environment %s\n", strncmp(entry, "HOSTNAME=", 9) == 0 && strlen(entry) == 21 ? "HOSTNAME=ID" : entry);
	free(entry);
	if (file != NULL)
		fclose(file);
}

/* evidence_limit - the one in FILE of the cgroup TAIL below ROOT */
static inline void evidence_limit(FILE *out, const char *root, const char *tail, const char *file)
{
	char *path = NULL, *value = NULL;
	size_t size = 0;
	FILE *limit = asprintf(&path, "%s%s/%s", root, tail, file) > 0 ? fopen(path, "re") : NULL;

	if (limit != NULL && getline(&value, &size, limit) > 0)
		fprintf(out, "%s %s", file, value);
	free(value);
	free(path);
	if (limit != NULL)
		fclose(limit);
}

/* evidence_limits - of its cgroups, which are named skiff-ID, in the arena that
 * $ARENA_CGROUPS lists: "memory=/where/it/is ..." */
static inline void evidence_limits(FILE *out, pid_t pid)
{
	static const char *const files[] = { "memory.limit_in_bytes", "memory.max", "pids.max", "cpu.cfs_quota_us", "cpu.max" };
	FILE *file = proc_open(pid, "cgroup");
	const char *arena = getenv("ARENA_CGROUPS");
	char *line = NULL;
	size_t size = 0;

	while (file != NULL && arena != NULL && getline(&line, &size, file) > 0) {
		char *list = strchr(line, ':'), *where = list != NULL ? strchr(list + 1, ':') : NULL, *tail, *rest, *word;
		if (where == NULL)
			continue;
		*where++ = '\0';
		where[strcspn(where, "\n")] = '\0';
		tail = strstr(where, "/skiff-");
		fprintf(out, "cgroup %s %s\n", list + 1, tail != NULL ? "a container's" : "none of a container's");
		char *copy = rest = strdup(arena);
		size_t key = strlen(list + 1);
		while (tail != NULL && (word = strsep(&rest, " ")) != NULL)
			for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
				if (strncmp(word, list + 1, key) == 0 && word[key] == '=')
					evidence_limit(out, word + key + 1, tail, files[i]);
		free(copy);
	}
	free(line);
	if (file != NULL)
		fclose(file);
}

/* evidence_kind - what a descriptor leads to, without what is new each time */
static inline const char *evidence_kind(const char *link)
{
	static const char *const known[][2] = {
		{ "socket:", "socket" }, { "pipe:", "pipe" }, { "anon_inode:[pidfd]", "pidfd" },
		{ "anon_inode:[signalfd]", "signals" }, { "/memfd:skiff", "skiff" }, { "/dev/ptmx", "terminal" },
		{ "/dev/pts/ptmx", "terminal" }, { "/run/skiff/", "record" }, { "/run/skiff", "records" },
		{ "/sys/fs/cgroup", "cgroup" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strncmp(link, known[i][0], strlen(known[i][0])) == 0)
			return known[i][1];
	return link[0] == '/' ? "directory" : link;
}

/* evidence_holds - a line "holds ROLE shared=N fds=KIND,... caps=HEX traced=no|?": how many
 * mappings it shares with others, the descriptors above 2, its effective capabilities,
 * and "no" where it is not dumpable: its files in /proc belong to root of the user
 * namespace that it was executed in (proc(5)), and not to it.  Of that root itself one
 * cannot see it. */
static inline void evidence_holds(FILE *out, const char *role, pid_t pid)
{
	char line[4096], path[64], link[256], mode[8], caps[32] = "?";
	unsigned shared = 0, uid = 0;
	FILE *file = proc_open(pid, "maps");
	struct stat st;
	char comma = '=';

	if (file == NULL)
		return;
	/* lint: a long path's rest has no such second word; a mode has four letters */
	while (fgets(line, sizeof(line), file) != NULL)
		shared += sscanf(line, "%*s %7s", mode) == 1 && mode[3] == 's';
	fclose(file);
	fprintf(out, "holds %s shared=%u fds", role, shared);
	for (int fd = 3; fd < 1024; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
		ssize_t n = readlink(path, link, sizeof(link) - 1);
		if (n < 0)
			continue;
		link[n] = '\0';
		fprintf(out, "%c%s", comma, evidence_kind(link));
		comma = ',';
	}
	file = proc_open(pid, "status");
	/* lint: the lines before these are short */
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		/* lint: sixteen digits */
		sscanf(line, "CapEff: %31s", caps);
		sscanf(line, "Uid: %*u %u", &uid);
	}
	if (file != NULL)
		fclose(file);
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	fprintf(out, "%s caps=%s traced=%s\n", comma == '=' ? "=none" : "", caps,
		stat(path, &st) < 0 || st.st_uid == uid ? "?" : "no");
}

static inline void evidence(FILE *out, pid_t pid)
{
	evidence_status(out, pid);
	evidence_links(out, pid);
	evidence_maps(out, pid);
	evidence_environment(out, pid);
	evidence_limits(out, pid);
	evidence_mounts(out, pid);
}

#endif
