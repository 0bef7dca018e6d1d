/* oci.h - what the modules of skiff-oci share
 *
 * A bundle's config.json becomes a struct bundle: its part that skiff knows too
 * is the same struct config.  What is known of a container between two calls is
 * in its state directory, ROOT/ID:
 *
 *   state.json   what callers are told of it, its cgroups, the config it was made of
 *   pid          of its first process, with its start time; not before it waits
 *   start        the socket where it waits; gone once it was started
 *   seccomp      its filter, compiled
 */
#ifndef OCI_H
#define OCI_H

#define OCI_VERSION "1.0.2"

#include <jansson.h>
#include <limits.h>
#include <linux/mount.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "../command/command.h"

/* FITS - text_format to the array TO: is it all there? */
#define FITS(to, ...) (text_format(to, sizeof(to), __VA_ARGS__) == 0)

enum { BOUNDING, EFFECTIVE, PERMITTED, INHERITABLE, AMBIENT, SETS };
enum { NAMESPACES = 8, MAX_MAPS = 340, MOST_ID = 255 };
enum { MOST_CONFIG = 8 << 20, MOST_USERS = 16 << 20 };  /* bytes of config.json, of /etc/passwd */

/* A process of the container: config.json's "process", or that of `exec`. */
struct process {
	char **args, **env;
	const char *cwd;
	char program[4096];             /* args[0] as it was found in the container */
	uid_t uid;
	gid_t gid, *groups;
	size_t group_count;
	int umask, personality;         /* -1: as it is */
	bool terminal;
	struct winsize size;
	bool no_new_privs;
	uint64_t caps[SETS];
	struct { int resource; struct rlimit limit; } limits[RLIM_NLIMITS];
	size_t limit_count;
	bool limits_refused;            /* to the process itself */
	const char *apparmor;           /* profile, or NULL */
	json_int_t oom_score;           /* OOM_UNSET: as it is */
	json_t *scheduler, *io_priority;
	int preserved;                  /* descriptors 3 and on that are the caller's gift */
	const struct sock_filter *filter;
	size_t filter_len;
	uint64_t filter_flags;          /* SECCOMP_FILTER_FLAG_* */
	bool asks;                      /* it has an SCMP_ACT_NOTIFY */
};
enum { OOM_UNSET = 100000 };

/* One of config.json's mounts. */
struct mounting {
	const char *target, *type, *source;
	uint64_t set, clear, recursive_set, recursive_clear;    /* MOUNT_ATTR_* */
	uint64_t propagation;           /* MS_*, 0: private */
	bool propagation_recursive, bind, recursive, copy_up, shifted, shifted_recursive, mode_given;
	const char **options;           /* for mount_new; room for one pair more */
	json_t *uid_map, *gid_map;
	int fd;                         /* a detached mount of SOURCE, or -1 */
};

struct bundle {
	const char *id;
	char dir[4096], rootfs[4096];
	json_t *config, *linux_part;
	struct config core;             /* new namespaces, hidden paths, hostname, filter */
	struct process process;
	int joined[NAMESPACES];         /* descriptors of namespaces by path, or -1 */
	const char *domainname;
	char clocks[160];               /* timens_offsets, "": none */
	struct mounting *mounts;
	size_t mount_count;
	bool hooks;                     /* some that are run by `create` */
	uint64_t propagation;           /* of the root, MS_*, 0: private */
	int root;                       /* detached mount of the rootfs, or -1 */
};

/* A container that there is, or its state directory at least. */
struct state {
	const char *id;
	int root;                       /* descriptor of the directory above, or -1 */
	int lock;                       /* of its own, or -1 */
	bool missing;                   /* it was not there */
	json_t *json;
	pid_t pid;                      /* 0: none (any more) */
	int pidfd;
	struct cgroup cgroup;
};

/* ---- json.c -------------------------------------------------------------- */

/* json_read - a file of JSON; members that are null are as good as absent.  As file_take. */
json_t *json_read(int dir, const char *path, bool ours, size_t most, struct failure *f);

/* json_take - json_unpack(3) of what may be absent; WHERE is for the message */
int json_take(json_t *object, const char *where, struct failure *f, const char *format, ...);

/* json_strings - an array of strings, absent or not, as one that ends with NULL */
char **json_strings(json_t *array, const char *where, struct failure *f);

/* word_find - that of NAME among WORDS, which end with a NULL; or NULL */
struct json_word { const char *name; uint64_t value; };
const struct json_word *word_find(const struct json_word *words, const char *name);

/* json_flags - an array of such names, absent or not: their values together */
int json_flags(json_t *array, const char *where, const struct json_word *words, uint64_t *flags, struct failure *f);

/* ---- schema.c ------------------------------------------------------------ */

/* schema_check - VALUE, the part of config.json at PATH ("": all of it): each member that the
 * specification knows has its type, and is in its range */
int schema_check(json_t *value, const char *path, struct failure *f);

/* ---- config.c, process.c -------------------------------------------------- */

/* bundle_load - all of config.json that is to be known before anything is made;
 * what is not supported is refused here, by name */
int bundle_load(struct bundle *bundle, struct failure *f);

/* namespace_kind - its index by its name in config.json, or -1 */
int namespace_kind(const char *type);
extern const struct namespace_kind { const char *type, *file; int flag; } namespace_kinds[NAMESPACES];

int process_parse(json_t *object, struct process *process, struct failure *f);

/* personality_parse - linux.personality, or none: of each of its processes */
int personality_parse(json_t *object, struct process *process, struct failure *f);

/* process_lend - the score for the OOM killer to this process, from which a child inherits it:
 * the child's own file in /proc is not for us to write as long as it hides.  WAS takes what it
 * was, "" where it is as it was, for file_write */
int process_lend(const struct process *process, char *was, size_t size, struct failure *f);

/* process_prepare - from outside: what the process itself may not */
int process_prepare(const struct process *process, pid_t pid, struct failure *f);

/* home_of - "HOME=..." of user UID by TEXT, a passwd(5); / where it says nothing */
char *home_of(char *text, size_t size, uid_t uid);

/* process_become - all but the last: ids, capabilities, limits, directory,
 * descriptors; its program is found, or not.  SOCKET leads to the parent */
int process_become(struct process *process, int socket, struct failure *f);

/* process_profile - that of AppArmor, from the next execve(2) on: of this process or of
 * one it forks.  Before pivot_root(2), so that it is the true /proc (CVE-2019-16884). */
int process_profile(const struct process *process, struct failure *f);

/* process_run - the last; returns on failure */
void process_run(const struct process *process, int socket, struct failure *f);

/* ---- mounting.c, rootfs.c -------------------------------------------------- */

int mounting_parse(json_t *object, struct mounting *mounting, struct failure *f);

/* propagation_parse - "rslave" to MS_SLAVE.  Returns 0 for what is none. */
uint64_t propagation_parse(const char *name);

/* rootfs_open - detached mounts of the rootfs and of what is bound; by the parent,
 * and again by the child for what the parent might not */
int rootfs_open(struct bundle *bundle, struct failure *f);

/* rootfs_shift - ids of the mounts for which that was asked */
int rootfs_shift(const struct bundle *bundle, pid_t child, struct failure *f);

/* rootfs_fill - in the child: all mounts and devices.  Returns the new root. */
int rootfs_fill(struct bundle *bundle, const struct cgroup *group, struct failure *f);

/* devices_fill - nodes.c: what is in /dev */
int devices_fill(const struct bundle *bundle, int root, struct failure *f);

/* rootfs_pivot - and the old root is gone */
int rootfs_pivot(const struct bundle *bundle, int root, struct failure *f);

/* ---- spaces.c: namespaces --------------------------------------------------- */

/* maps_write - the id maps of a child born into a user namespace */
int maps_write(json_t *uids, json_t *gids, pid_t child, struct failure *f);

/* spaces_clone - a child in its namespaces: new ones, and those of JOINED.  As
 * namespaces_clone; a child of this process in any case.
 * @enter: the groups of which it is to be one, where it could not find them any more */
pid_t spaces_clone(const struct config *config, const int *joined, const struct cgroup *enter, int born,
		   int *pidfd, struct failure *f);

/* spaces_hide - this process from all others: nobody looks into it or takes it over until it
 * executes a program (CVE-2016-9962).  A change of ids undoes it.  PR_SET_DUMPABLE */
int spaces_hide(struct failure *f);

/* spaces_setup - in the child, once it is in its cgroup and its ids are mapped */
int spaces_setup(const struct bundle *bundle, struct failure *f);

/* ---- groups.c, devices.c: control groups ------------------------------------ */

/* groups_create - PATH below each hierarchy.  As cgroup_create. */
int groups_create(struct cgroup *group, const char *path, bool must, struct failure *f);

/* groups_limit - config.json's "resources" */
int groups_limit(const struct cgroup *group, json_t *resources, struct failure *f);

/* cpu_weight - of v2, 1 to 10000, for SHARES of v1, 2 to 262144; as runc has it */
uint64_t cpu_weight(uint64_t shares);

/* resources_asked - anything but devices? */
bool resources_asked(json_t *resources);

/* group_write - TEXT1 to the file V1 or TEXT2 to V2, by the version of the directory
 * that has it; NULL: there is none in that version.  Returns -1 with errno. */
int group_write(const struct cgroup *group, const char *v1, const char *text1, const char *v2,
		const char *text2);

/* groups_pids - the processes in it, as an array */
json_t *groups_pids(const struct cgroup *group);

/* groups_freeze, groups_frozen, groups_kill - SIGNO to each process in it, until
 * there is none if it is SIGKILL */
int groups_freeze(const struct cgroup *group, bool freeze, struct failure *f);
bool groups_frozen(const struct cgroup *group);
void groups_kill(const struct cgroup *group, int signo);

/* devices_limit - "resources.devices", and what every container may have */
int devices_limit(const struct cgroup *group, json_t *rules, struct failure *f);

/* ---- filter.c: seccomp -------------------------------------------------------- */

/* filter_compile - linux.seccomp, or none, to BPF, for the process */
int filter_compile(json_t *seccomp, struct process *process, struct failure *f);

/* filter_again - that of the container in directory DIR, for one process more */
int filter_again(int dir, json_t *seccomp, struct process *process, struct failure *f);

/* filter_load - in the process, which may do next to nothing afterwards.
 * @socket: where its listener goes, if it has one, with the word */
int filter_load(const struct process *process, int socket, struct failure *f);
extern const struct failure filter_listener;

/* filter_tell - the agent of what process it is to answer for */
int filter_tell(const struct state *state, pid_t pid, int listener, struct failure *f);

/* filter_has_flags - does this kernel know them all? */
bool filter_has_flags(uint64_t flags);
extern const struct json_word filter_flags[];

/* ---- state.c --------------------------------------------------------------- */

/* state_root - where the state directories are by default */
const char *state_root(void);

/* in_user_namespace - are we root of less than the machine, or not root? */
bool in_user_namespace(void);

/* root_absolute - stateroot.c: ROOT from / on, whatever the working directory will be */
const char *root_absolute(const char *root, struct failure *f);

/* root_open - stateroot.c: the directory of the state directories, where nobody else can write.
 * Returns -1; with F->status 0 where it is missing, and is not to be made */
int root_open(const char *root, bool make, struct failure *f);

/* state_make - a directory for a container that there was not */
int state_make(struct state *state, const char *root, const char *id, struct failure *f);

/* state_open - that of a container that there is, locked against others where LOCK */
int state_open(struct state *state, const char *root, const char *id, bool lock, struct failure *f);

/* state_read - the same, below the open directory ROOT */
int state_read(struct state *state, int root, const char *id, bool lock, struct failure *f);

/* state_parse - what its JSON says of the control groups; refused if it is not what we write */
int state_parse(struct state *state, struct failure *f);

/* state_close - and forget it */
void state_close(struct state *state);

/* state_remove - its directory, and the files that it may have */
int state_remove(const struct state *state, struct failure *f);

/* state_save - STATE's JSON, and as a file, before there is a process */
int state_save(struct state *state, const struct bundle *bundle, struct failure *f);

/* state_status - "creating", "created", "running", "paused", "stopped" */
const char *state_status(const struct state *state);

/* state_text - as the runtime specification has it, for hooks and callers */
char *state_text(const struct state *state, const char *status, pid_t pid);

/* socket_at - of the Unix domain, one that listens at PATH or is connected to it
 * @what: for the message */
int socket_at(const char *path, int type, bool listening, const char *what, struct failure *f);

/* ---- reading.c ------------------------------------------------------------- */

/* owned - by this user, and nobody else may write it? */
bool owned(const struct stat *st);

/* file_take - the regular file PATH below directory DIR, as a string that the caller frees
 * @ours: only if this user alone may write it, and no symbolic link
 * @most: bytes; a larger one is refused */
char *file_take(int dir, const char *path, bool ours, size_t most, size_t *size, struct failure *f);

/* users_read - PATH, a file of the container, once this process is in it: the same, and its
 * links lead nowhere else.  TEXT is NULL where there is none to read. */
int users_read(const char *path, char **text, size_t *size, struct failure *f);

/* file_put - TEXT to a new file below directory DIR, complete from the first look on */
int file_put(int dir, const char *name, const void *text, size_t size, struct failure *f);

/* ---- hooks.c --------------------------------------------------------------- */

/* hooks_run - those of one point, in order, STATE on their stdin.  Returns -1 with
 * the first that failed. */
int hooks_run(json_t *config, const char *point, const char *state, struct failure *f);

/* ---- birth.c, exec.c -------------------------------------------------------- */

struct request {
	const char *root, *log, *log_format, *id, *bundle, *pid_file, *console, *process;
	int cwd;                        /* descriptor of the caller's working directory */
	int preserved;
	bool detach, force, all, quiet;
	const char *format;
	char **rest;                    /* what follows ID */
	json_t *changes;                /* exec: to the process, by options */
	json_t *env;
};

/* request_check - what the caller has to bring */
int request_check(const struct process *process, const struct request *r, struct failure *f);

extern const struct failure birth_go;   /* the word */

/* birth_ready - in the child: session, terminal, rights; then the parent is to say go
 * @listener: a descriptor that it keeps; or SOCKET again */
void birth_ready(struct process *process, int socket, int listener, struct failure *f);

/* birth_settle - in the parent, when the child is ready: what it may not do itself, and
 * what the caller is to learn */
int birth_settle(struct process *process, const struct request *r, const struct state *state, pid_t pid, int socket, struct failure *f);

/* birth_hear - what a process says on its way: 1, with what came with it in FD; 0: no
 * more; -1: it failed.  Its listener goes to the agent */
int birth_hear(const struct state *state, pid_t pid, int socket, struct failure *said, int *fd, struct failure *f);

/* Each command gets the container's state: opened, locked and of a fitting status where
 * main.c says so of it, else empty. */
int oci_create(struct request *r, struct state *s, struct failure *f);
int oci_exec(struct request *r, struct state *s, struct failure *f);

/* ---- commands.c --------------------------------------------------------------- */

int oci_start(struct request *r, struct state *s, struct failure *f);
int oci_state(struct request *r, struct state *s, struct failure *f);
int oci_ps(struct request *r, struct state *s, struct failure *f);
int oci_kill(struct request *r, struct state *s, struct failure *f);
int oci_delete(struct request *r, struct state *s, struct failure *f);
int oci_pause(struct request *r, struct state *s, struct failure *f);
int oci_resume(struct request *r, struct state *s, struct failure *f);
int oci_list(struct request *r, struct state *s, struct failure *f);
int oci_features(struct request *r, struct state *s, struct failure *f);

#endif
