/* skiff.h - what the modules of skiff share
 *
 * Two structures carry all state: struct config is what was asked for,
 * struct container is what was made.  No function here exits the program: a
 * function that can fail takes a struct failure, describes there what went
 * wrong, and returns -1.
 */
#ifndef SKIFF_H
#define SKIFF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- failure.c ---------------------------------------------------------- */

/* Of a fixed size, so that the child can send it to its parent in one datagram. */
struct failure {
	int status;             /* what skiff exits with: 125, 126 or 127 */
	char text[508];         /* one line, "what: why" */
};

/* fail - describe a failure and return -1
 * @err: an errno value, or 0 where FORMAT says it all
 * The status is 125; a caller that means another one sets it afterwards. */
int fail(struct failure *f, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* warn_line - one line "skiff: warning: ..." on stderr, for something that
 * nobody asked for by name and that is not to be had here */
void warn_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- options.c ---------------------------------------------------------- */

enum { MAX_ENV = 256, CPU_PERIOD_US = 100000 };

struct config {
	const char *rootfs;
	char **command;         /* ends with NULL */
	char *env[MAX_ENV + 1]; /* ends with NULL */
	int env_count;
	const char *hostname;   /* NULL: the container's id */
	const char *workdir;
	uint64_t memory;        /* bytes */
	uint64_t pids;          /* tasks */
	uint64_t cpu_quota;     /* microseconds of CPU time in CPU_PERIOD_US */
	bool limits_asked;      /* some limit was named on the command line */
	uint64_t capabilities;  /* the bounding set, a bit each */
	uid_t uid;              /* inside the container */
	gid_t gid;
	bool userns;            /* a user namespace of its own */
	bool host_network;
	bool read_only;         /* the root filesystem */
	bool masked;            /* parts of /proc and /sys hidden or read-only */
	bool seccomp;
	bool no_new_privs;
	bool init;              /* PID 1 is skiff's own init, COMMAND its child */
	unsigned timeout;       /* seconds, 0: none */
};

/* options_parse - fill CONFIG from the arguments of `skiff run`, "run" first
 * Returns 0; 1 after --help was printed on stdout; -1 with F filled. */
int options_parse(struct config *config, int argc, char **argv, struct failure *f);

/* environment_fill - add PATH HOME TERM HOSTNAME where -e did not name them.
 * Returns -1 where there is no room. */
int environment_fill(struct config *config);

/* parse_bytes - "512m" -> bytes; suffixes b, k, m, g in either case.  Returns
 * -1 with errno EINVAL or ERANGE. */
int parse_bytes(const char *text, uint64_t *bytes);

/* parse_cpus - "1.5" -> microseconds of CPU time in CPU_PERIOD_US.  Returns
 * -1 with errno EINVAL, or ERANGE below 0.01 or above 8192 CPUs. */
int parse_cpus(const char *text, uint64_t *quota);

/* parse_count - a decimal number from MIN to MAX.  Returns -1 with errno. */
int parse_count(const char *text, uint64_t min, uint64_t max, uint64_t *count);

/* ---- cgroups.c, grown from lab 04 --------------------------------------- */

enum { CGROUP_HIERARCHIES = 3 };

/* One directory in each hierarchy that carries a controller we need. */
struct cgroup {
	int count;
	struct cgroup_dir {
		char path[512];
		int version;
	} dir[CGROUP_HIERARCHIES];
	int born_fd;            /* the v2 directory, for CLONE_INTO_CGROUP, or -1 */
};

/* cgroup_create - a fresh directory in each hierarchy that carries memory,
 * pids or cpu (found in /proc/self/mountinfo), with the limits of CONFIG.
 * What was made before a failure is still in GROUP, to be removed.
 * cgroups(7) */
int cgroup_create(struct cgroup *group, const struct config *config, const char *id,
		  struct failure *f);

/* cgroup_enter - move a process into the v1 directories; into the v2 one it
 * is born */
int cgroup_enter(const struct cgroup *group, pid_t pid, struct failure *f);

/* cgroup_remove - remove the directories, empty of processes by then; waits
 * two seconds at most for the last of them to be gone */
void cgroup_remove(const struct cgroup *group);

/* ---- userns.c, grown from lab 03 ---------------------------------------- */

/* userns_map - write the id maps of a child just born into a user namespace:
 * for root a range of high ids, for an ordinary user a range by newuidmap(1)
 * or else their one id.  user_namespaces(7) */
int userns_map(pid_t child, struct failure *f);

/* userns_become_root - in the child, once the maps are written */
int userns_become_root(struct failure *f);

/* idmap_choose - which ids to give away, from the text of one's own uid_map
 * @want: first id of the preferred range
 * @own: the caller's id, which is never given away
 * @base, @count: the range chosen, at most 65536 ids.  Returns -1 where no id
 * but OWN is mapped. */
int idmap_choose(const char *map, uint32_t want, uint32_t own, uint32_t *base, uint32_t *count);

/* ---- namespaces.c, grown from lab 02 ------------------------------------ */

/* namespaces_clone - clone3(2) a child into its namespaces and, on v2, into
 * its cgroup.  Returns its pid with *PIDFD set, 0 in the child, or -1. */
pid_t namespaces_clone(const struct config *config, const struct cgroup *group,
		       int *pidfd, struct failure *f);

/* namespaces_setup - in the child: its cgroup namespace (only now is it in its
 * cgroup), a session and a keyring of its own, hostname, lo */
int namespaces_setup(const struct config *config, struct failure *f);

/* ---- overlay.c, grown from lab 06 --------------------------------------- */

/* overlay_lower - in the parent, which alone may: a detached copy of the mount
 * of ROOTFS, its ids shifted into the child's user namespace.  Returns its
 * descriptor; -1 with F->status 0 where the child can open ROOTFS itself; -1
 * with F filled.  mount_setattr(2), "ID-mapped mounts" */
int overlay_lower(const struct config *config, pid_t child, struct failure *f);

/* overlay_enter - in the child: mount the overlay, its upper on a tmpfs of its
 * own, fill it (mounts.c), pivot_root(2) into it and detach the old root
 * @lower: from overlay_lower, or -1 */
int overlay_enter(const struct config *config, int lower, struct failure *f);

/* ---- mounts.c, grown from lab 06 ---------------------------------------- */

/* mount_new - a detached mount of a new filesystem, for mount_attach
 * @options: "key", "value" pairs ended by NULL; a value of "" makes a flag
 * @attributes: MOUNT_ATTR_*.  Returns a descriptor, -1.  fsopen(2) */
int mount_new(const char *type, const char *const *options, unsigned attributes,
	      struct failure *f);

/* mount_attach - put a detached mount on the directory or file TARGET, and
 * close both.  WHAT is for the message.  move_mount(2) */
int mount_attach(int mount, int target, const char *what, struct failure *f);

/* mounts_fill - /proc, /sys and /dev of a root that may be hostile: not one
 * symbolic link in it is followed
 * @root: O_PATH descriptor of the new root */
int mounts_fill(const struct config *config, int root, struct failure *f);

/* mounts_mask - once inside: hide and write-protect what Docker does
 * @root: of the new root, which is the root directory by then */
int mounts_mask(int root, struct failure *f);

/* ---- capabilities.c, grown from lab 01 ---------------------------------- */

#define CAPABILITIES_ALL UINT64_MAX

/* capabilities_default - Podman's eleven */
uint64_t capabilities_default(void);

/* capability_parse - "chown", "CAP_CHOWN" or "all" to bits.  Returns -1 for a
 * name that libcap does not know. */
int capability_parse(const char *name, uint64_t *bits);

/* capabilities_apply - drop the bounding set, become the user, drop the rest,
 * and read it all back.  capabilities(7) */
int capabilities_apply(const struct config *config, struct failure *f);

/* ---- seccomp.c, grown from lab 05 --------------------------------------- */

/* seccomp_apply - load the filter that was compiled when skiff was built; the
 * wider one if CONFIG adds capabilities.  seccomp(2) */
int seccomp_apply(const struct config *config, struct failure *f);

/* ---- sync.c: how parent, child and keeper talk -------------------------- */

/* sync_send - one datagram, with descriptor FD (or -1) beside it.  Status 0
 * in MESSAGE means "go on".  unix(7), SCM_RIGHTS */
int sync_send(int socket, const struct failure *message, int fd);

/* sync_receive - returns 1; 0 if the other side is gone; -1 with errno
 * @fd: takes the descriptor that came with it, or -1; may be NULL */
int sync_receive(int socket, struct failure *message, int *fd);

/* ---- keeper.c: who cleans up after a skiff that was killed -------------- */

/* keeper_start - fork it.  Returns the socket towards it, -1.
 * @group: shared with the keeper, which removes what is in it at the end */
int keeper_start(const struct cgroup *group, pid_t *pid, struct failure *f);

/* keeper_watch - from now on the keeper answers for this process too */
int keeper_watch(int keeper, int pidfd, struct failure *f);

/* keeper_dismiss - all is clean already: let it go */
void keeper_dismiss(int keeper, pid_t pid);

/* ---- init.c: the child's side of a container's birth -------------------- */

/* init_main - from clone3(2) to execve(2)
 * @socket: its end towards the parent */
void init_main(const struct config *config, int socket) __attribute__((noreturn));

/* ---- container.c: the parent's side ------------------------------------- */

struct container {
	char id[32];            /* names its cgroup and, by default, its host */
	pid_t pid;              /* of its PID 1, seen from here */
	int pidfd;
	int socket;             /* towards the child; ends when COMMAND runs */
	int signals;            /* signalfd of what is passed on */
	int keeper;             /* socket towards the keeper */
	pid_t keeper_pid;
	struct cgroup *cgroup;  /* in memory shared with the keeper */
};

/* container_run - from nothing to nothing.  Returns COMMAND's exit status
 * (128+n for signal n), or -1 with F filled if COMMAND never ran. */
int container_run(struct config *config, struct failure *f);

#endif
