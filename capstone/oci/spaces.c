/* spaces.c - namespaces: new ones, and those that are there already */
#include <linux/nsfs.h>
#include <net/if.h>
#include <sys/capability.h>

#include "oci.h"

const struct namespace_kind namespace_kinds[NAMESPACES] = {
	{ "user", "user", CLONE_NEWUSER }, { "cgroup", "cgroup", CLONE_NEWCGROUP }, { "ipc", "ipc", CLONE_NEWIPC },
	{ "uts", "uts", CLONE_NEWUTS }, { "network", "net", CLONE_NEWNET }, { "pid", "pid", CLONE_NEWPID },
	{ "mount", "mnt", CLONE_NEWNS }, { "time", "time", CLONE_NEWTIME },
};

int namespace_kind(const char *type)
{
	for (int i = 0; i < NAMESPACES; i++)
		if (strcmp(namespace_kinds[i].type, type) == 0)
			return i;
	return -1;
}

/* write_map - in one write(2), as the kernel wants it; by the caller, or by the
 * set-UID program that checks /etc/subuid */
static int write_map(json_t *maps, const char *name, const char *program, pid_t child, struct failure *f)
{
	const char *argv[3 * MAX_MAPS + 3];
	char text[36 * MAX_MAPS] = "", words[36 * MAX_MAPS], pid[16];
	json_int_t inside, outside, size;
	json_t *map;
	size_t i, used = 0;
	int n = 0;

	if (json_array_size(maps) > MAX_MAPS)
		return fail(f, 0, "%s: %zu ranges, at most %d", name, json_array_size(maps), MAX_MAPS);
	snprintf(pid, sizeof(pid), "%d", (int)child);
	argv[n++] = program;
	argv[n++] = pid;
	json_array_foreach(maps, i, map) {
		PASS(json_take(map, name, f, "{s:I, s:I, s:I}", "containerID", &inside, "hostID", &outside, "size", &size));
		if (inside < 0 || outside < 0 || size <= 0 || inside >= UINT32_MAX || outside >= UINT32_MAX || size > UINT32_MAX)
			return fail(f, 0, "%s: no such range", name);
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%u %u %u\n", (unsigned)inside, (unsigned)outside, (unsigned)size);
	}
	memcpy(words, text, sizeof(words));
	for (char *word = strtok(words, " \n"); word != NULL; word = strtok(NULL, " \n"))
		argv[n++] = word;
	argv[n] = NULL;
	if (used == 0 || file_write(text, "/proc/%d/%s", (int)child, name) == 0)
		return 0;
	if (errno == EPERM && program_run(argv, -1) == 0)
		return 0;
	return fail(f, EPERM, "%s: '%.*s'", name, (int)strcspn(text, "\n"), text);
}

int maps_write(json_t *uids, json_t *gids, pid_t child, struct failure *f)
{
	PASS(write_map(uids, "uid_map", "newuidmap", child, f));
	return write_map(gids, "gid_map", "newgidmap", child, f);
}

/* join - one after the other, as some belong to our user namespace and some to
 * that which is joined: what may not be entered yet waits for it */
static int join(const int *joined, struct failure *f)
{
	bool done[NAMESPACES] = { false };

	for (int pass = 0; pass < 3; pass++)
		for (int i = 0; i < NAMESPACES; i++) {
			bool user = namespace_kinds[i].flag == CLONE_NEWUSER;
			if (joined[i] < 0 || done[i] || user != (pass == 1))
				continue;
			done[i] = setns(joined[i], namespace_kinds[i].flag) == 0;
			if (!done[i] && (pass > 0 || errno != EPERM || joined[0] < 0))
				return fail(f, errno, "entering the %s namespace", namespace_kinds[i].type);
		}
	return 0;
}

int spaces_hide(struct failure *f)
{
	TRY(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "PR_SET_DUMPABLE");
	return 0;
}

/* may_trace - may this process map the ids of one that hides, and open its namespaces?  An
 * ordinary user may not: the files in /proc of such a one are root's. */
static bool may_trace(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	return geteuid() == 0 && capget(&header, data) == 0 && (data[0].effective >> CAP_SYS_PTRACE & 1);
}

/* join_and_clone - in a helper that enters the namespaces: a pid namespace is that of
 * one's children.  Its child is the parent's own, and the only one to return. */
static void join_and_clone(const struct config *config, const int *joined, const struct cgroup *enter, int born, int socket)
{
	struct failure f = { 0 };

	/* Those inside must not get hold of a process that is half way in. */
	if (spaces_hide(&f) < 0 || (enter != NULL && cgroup_enter(enter, false, &f) < 0) || join(joined, &f) < 0 || spaces_hide(&f) < 0)
		init_report(socket, &f);
	join_clone(config->security.namespaces & ~(uint64_t)(CLONE_NEWCGROUP | CLONE_NEWTIME), born, socket);
}

pid_t spaces_clone(const struct config *config, const int *joined, const struct cgroup *enter, int born,
		   int *pidfd, struct failure *f)
{
	struct failure said = { .status = 0 };
	int pair[2], any = -1;
	pid_t helper;

	for (int i = 0; i < NAMESPACES; i++)
		any = joined[i] >= 0 ? joined[i] : any;
	/* From birth on, if the parent can do its part then; else the child hides after it. */
	if (may_trace())
		PASS(spaces_hide(f));
	if (any < 0)
		return namespaces_clone(config, born, pidfd, f);
	TRY(SYNC_PAIR(pair), "socketpair");
	helper = fork();
	if (helper == 0) {
		close(pair[0]);
		join_and_clone(config, joined, enter, born, pair[1]);
		close(pair[1]);
		return 0;
	}
	close(pair[1]);
	TRY(helper, "fork");
	if (sync_receive(pair[0], &said, pidfd) != 1)
		fail(&said, 0, "entering the namespaces: the helper ended");
	close(pair[0]);
	waitpid(helper, NULL, 0);
	if (said.status == 0 && *pidfd >= 0)
		return (pid_t)strtol(said.text, NULL, 10);
	*f = said;
	return -1;
}

/* set_sysctls - only those that are a namespace's own, and that one new: the others
 * are the host's */
static int set_sysctls(const struct bundle *b, struct failure *f)
{
	static const char ipc[] = "kernel/msgmax kernel/msgmnb kernel/msgmni kernel/sem kernel/shmall kernel/shmmax kernel/shmmni kernel/shm_rmid_forced";
	uint64_t ours = b->core.security.namespaces;
	const char *name;
	json_t *value;

	json_object_foreach(json_object_get(b->linux_part, "sysctl"), name, value) {
		char path[256];
		if ((size_t)snprintf(path, sizeof(path), "%s", name) >= sizeof(path))
			return fail(f, 0, "linux.sysctl: a name of %zu bytes, at most %zu", strlen(name), sizeof(path) - 1);
		/* As with sysctl(8) the first separator tells whether dots are slashes. */
		for (char *c = path; name[strcspn(name, "./")] == '.' && *c != '\0'; c++)
			*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
		uint64_t owner = strncmp(path, "net/", 4) == 0 ? CLONE_NEWNET : strcmp(path, "kernel/domainname") == 0 ? CLONE_NEWUTS :
				 has_word(ipc, path) || strncmp(path, "fs/mqueue/", 10) == 0 ? CLONE_NEWIPC : 0;
		if (!json_is_string(value) || strstr(path, "..") != NULL || (ours & owner) == 0)
			return fail(f, 0, "linux.sysctl: %s: not of a new namespace of the container's", name);
		TRY(file_write(json_string_value(value), "/proc/sys/%s", path), "linux.sysctl: %s", name);
	}
	return 0;
}

int spaces_setup(const struct bundle *b, struct failure *f)
{
	uint64_t ours = b->core.security.namespaces;
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	if (ours & CLONE_NEWCGROUP)
		TRY(unshare(CLONE_NEWCGROUP), "a cgroup namespace");
	if (b->core.hostname != NULL)
		TRY(sethostname(b->core.hostname, strlen(b->core.hostname)), "hostname '%s'", b->core.hostname);
	if (b->domainname != NULL)
		TRY(setdomainname(b->domainname, strlen(b->domainname)), "domainname '%s'", b->domainname);
	if (ours & CLONE_NEWTIME)
		PASS(clocks_enter(b->clocks, f));
	PASS(set_sysctls(b, f));
	if (!(ours & CLONE_NEWNET))
		return 0;
	CLOSED int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	TRY(ioctl(sock, SIOCSIFFLAGS, &request), "bringing lo up");
	return 0;
}
