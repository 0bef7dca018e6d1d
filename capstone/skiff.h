/* skiff.h - what the modules of skiff share
 *
 * struct config is what was asked for, struct container what was made; struct
 * leftovers is what has to be removed from the host at the end, and struct record
 * what `skiff exec` and `skiff list` read.  No memory is shared: skiff, its keeper
 * and the child each have a copy, and talk over sockets.  No module exits the
 * program: a function that can fail takes a struct failure, describes
 * there what went wrong, and returns -1.
 */
#ifndef SKIFF_H
#define SKIFF_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct leftovers;
struct container;
struct streams;

/* ---- failure.c ---------------------------------------------------------- */

/* Of a fixed size, so that the child can send it to its parent in one datagram. */
struct failure {
	int status;             /* what skiff exits with: 125, 126 or 127 */
	char text[508];         /* one line, "what: why" */
};

/* fail - describe a failure and return -1
 * @err: an errno value, or 0 where FORMAT says it all
 * The status is 125; a caller that means another one sets it afterwards. */
int fail(struct failure *f, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* failure_copy - one that another process has told, with all that is no text replaced */
void failure_copy(struct failure *f, const struct failure *told);

/* TRY - do CALL; where it is -1 say so and give up, in any function with an F */
#define TRY(call, ...) do { if ((call) < 0) return fail(f, errno, __VA_ARGS__); } while (0)

/* PASS - the same for a CALL that has filled F itself */
#define PASS(call) do { if ((call) < 0) return -1; } while (0)

/* text_clean - put '?' for what a terminal would act on instead of showing it: what a
 * container, a file or a command line has named.  Returns TEXT. */
char *text_clean(char *text);

/* warn_line - one line "skiff: warning: ..." on stderr, for something that
 * nobody asked for by name and that is not to be had here */
void warn_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- files.c: small files, descriptors and programs --------------------- */

/* A descriptor or stream that is closed where its variable ends. */
#define CLOSED __attribute__((cleanup(close_fd)))
#define FCLOSED __attribute__((cleanup(close_stream)))
void close_fd(const int *fd);
void close_stream(FILE **stream);

/* file_write - TEXT, in one write(2), to the existing file that FORMAT names.
 * Returns -1 with errno. */
int file_write(const char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* file_read - all of a small file, as a string.  Returns -1 with errno, EFBIG where
 * TEXT is too small. */
int file_read(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* text_format - snprintf(3) that never cuts.  Returns -1 with errno ENAMETOOLONG where
 * SIZE bytes are too few. */
int text_format(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4), warn_unused_result));

/* has_word - is WORD in a list separated by blanks, commas or newlines? */
bool has_word(const char *list, const char *word);

/* program_run - run a helper program, its stdout on descriptor OUT; OUT -1: with
 * nothing of its words.  Returns
 * its exit status, -1 where it could not be run or was killed.  posix_spawn(3) */
int program_run(const char *const *argv, int out);

/* ---- options.c ---------------------------------------------------------- */

enum { MAX_ENV = 256, MAX_TREES = 128, CPU_PERIOD_US = 100000 };
enum network { NETWORK_NONE, NETWORK_HOST, NETWORK_BRIDGE };

/* What COMMAND runs with, also one that `skiff exec` adds later. */
struct security {
	uint64_t capabilities;  /* the bounding set, a bit each */
	uid_t uid;              /* inside the container */
	gid_t gid;
	uint64_t namespaces;    /* CLONE_NEW*: its own ones */
	bool no_new_privs;
	bool delegate;          /* a part of the cgroup tree is its own */
	int limit_count;        /* of --ulimit */
	struct { int resource; struct rlimit limit; } limits[16];
	unsigned short filter_len;      /* BPF instructions, 0: none */
	const struct sock_filter *filter;
};

/* What is mounted in the container: a part of the host's tree, or a tmpfs. */
struct tree {
	enum { LOWER, UPPER, SYSFS, VOLUME, TMPFS } kind;
	char *source;           /* on the host, but for a tmpfs */
	char *target;           /* in the container */
	const char *size, *mode;        /* of a tmpfs */
	bool read_only, exec, suid, shifted;
	int fd;                 /* a detached mount of SOURCE, or -1 */
};

struct config {
	struct security security;
	const char *name;       /* NULL: the container's id */
	char **command;         /* ends with NULL */
	char *env[MAX_ENV + 1]; /* ends with NULL */
	int env_count;
	const char *hostname;   /* NULL: the container's id */
	const char *workdir;
	uint64_t memory;        /* bytes */
	uint64_t pids;          /* tasks */
	uint64_t cpu_quota;     /* microseconds of CPU time in CPU_PERIOD_US */
	bool limits_asked;      /* some limit was named on the command line */
	uint64_t cap_add, cap_drop;
	struct tree trees[MAX_TREES];   /* ROOTFS first, the lowest */
	int tree_count;
	struct tree *upper;     /* of them; NULL: on a tmpfs */
	struct tree *sys;       /* of them; NULL: a new sysfs */
	uint32_t ids;           /* how many, as --userns says; 0: the usual number */
	uid_t uid;              /* as --user says */
	gid_t gid;
	bool user_asked;
	enum network network;
	bool read_only;         /* the root filesystem */
	const char *const *masked;      /* parts of /proc and /sys that are hidden, */
	const char *const *protected;   /* or read-only; ends with NULL, NULL: none */
	const char *profile;    /* of seccomp: a file, "unconfined", or NULL */
	bool terminal;          /* a terminal of its own */
	bool interactive;       /* with the caller's stdin */
	bool init;              /* PID 1 is skiff's own init, COMMAND its child */
	int64_t time_offset;    /* seconds */
	uint64_t timeout;       /* seconds, 0: none */
	bool join;              /* `skiff exec`: into a container that is there */
	int self;               /* --init: this program, sealed, for PID 1 to execute */
	char *arguments;        /* where the kernel has skiff's own command line, */
	size_t arguments_size;  /* and its environment, in bytes; CONFIG points to copies */
	const struct streams *streams;  /* what COMMAND gets as descriptors 0 to 2 */
};

/* ---- cgroups.c, grown from lab 04 --------------------------------------- */

enum { CGROUP_HIERARCHIES = 16 };

/* One directory in each hierarchy that carries a controller we need. */
struct cgroup {
	int count;
	struct cgroup_dir {
		int version;
		bool unsure;            /* noted; whether mkdir(2) made it is not known yet */
		char name[64];          /* of the mount: "/cgroup", "/memory" */
		char path[512];
	} dir[CGROUP_HIERARCHIES];
};

enum { MEMORY, PIDS, CPU, FREEZER, CPUACCT, CONTROLLERS };

/* Where a controller is mounted; version 0 for nowhere. */
struct hierarchy {
	int version;
	char point[512];
};

/* cgroup_find - all of them, in /proc/self/mountinfo.  Returns whether v2 has any
 * of the three that limit. */
bool cgroup_find(struct hierarchy found[CONTROLLERS]);

/* cgroup_create - a fresh directory in each hierarchy that carries memory,
 * pids or cpu, with the limits of CONFIG.
 * Each is noted in C's leftovers, and so removed after a failure, too.
 * Returns the v2 directory for CLONE_INTO_CGROUP, -1 (F->status 0) where there
 * is none, -1 with F filled.  cgroups(7) */
int cgroup_create(struct container *c, const struct hierarchy found[CONTROLLERS], const struct config *config,
		  struct failure *f);

/* cgroup_enter - this process, of one thread, into the v1 directories, and into
 * the v2 one too if it was not BORN there */
int cgroup_enter(const struct cgroup *group, bool born, struct failure *f);

/* cgroup_read - the start of a file, named V1 or V2 by the version of the
 * directory that has it.  Returns -1 where none has. */
int cgroup_read(const struct cgroup *group, const char *v1, const char *v2, char *text, size_t size);

/* cgroup_remove - remove the directories with all below them; waits ten seconds
 * at most for the last process and the last group in them to be gone.  Returns how
 * many directories are left. */
int cgroup_remove(const struct cgroup *group);

/* ---- userns.c, grown from lab 03 ---------------------------------------- */

/* userns_map - write the id maps of a child just born into a user namespace:
 * for root a range of high ids (SIZE, if that is not 0), for an ordinary user a
 * range by newuidmap(1) or else their one id.  user_namespaces(7) */
int userns_map(pid_t child, uint32_t size, struct failure *f);

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
 * its cgroup (descriptor BORN, or -1).  Returns its pid with *PIDFD set, 0 in
 * the child, or -1. */
pid_t namespaces_clone(const struct config *config, int born, int *pidfd, struct failure *f);

/* namespaces_setup - in the child: its cgroup namespace (only now is it in its
 * cgroup), hostname, clocks, lo */
int namespaces_setup(const struct config *config, struct failure *f);

/* session_new - no terminal and no keys of the caller's */
int session_new(struct failure *f);

/* ---- overlay.c, grown from lab 06 --------------------------------------- */

/* overlay_open - in the parent, which alone may: detached mounts of ROOTFS,
 * layers, volumes and upper, for the child to be born with.  Where it may not,
 * the child opens them.  open_tree(2) */
int overlay_open(struct config *config, struct failure *f);

/* overlay_shift - their ids into the child's user namespace, before it goes on.
 * mount_setattr(2), "ID-mapped mounts" */
int overlay_shift(const struct config *config, pid_t child, struct failure *f);

/* overlay_enter - in the child: mount the overlay, fill it (mounts.c),
 * pivot_root(2) into it and detach the old root */
int overlay_enter(struct config *config, const struct leftovers *left, struct failure *f);

/* ---- mounts.c, grown from lab 06 ---------------------------------------- */

/* mount_new - a detached mount of a new filesystem, for mount_attach
 * @options: "key", "value" pairs ended by NULL; a value of "" makes a flag
 * @attributes: MOUNT_ATTR_*.  Returns a descriptor, -1.  fsopen(2) */
int mount_new(const char *type, const char *const *options, unsigned attributes,
	      struct failure *f);

/* mount_attach - put a detached mount on the directory or file TARGET, and
 * close both.  WHAT is for the message.  move_mount(2) */
int mount_attach(int mount, int target, const char *what, struct failure *f);

/* mount_change - set MOUNT_ATTR_* attributes, here and below.  mount_setattr(2) */
int mount_change(int mount, unsigned set, const char *what, struct failure *f);

/* open_inside - O_PATH descriptor of PATH below ROOT, links followed inside it
 * or, if STRICT, not at all.  openat2(2) */
int open_inside(int root, const char *path, bool strict);

/* directory_inside - of one component, no link followed, made if missing */
int directory_inside(int root, const char *name, struct failure *f);

/* clone_mount - a detached bind mount of what is at PATH.  open_tree(2) */
int clone_mount(int dir, const char *path, unsigned flags, struct failure *f);

/* mounts_fill - /proc, /sys, /dev, volumes and tmpfs of a root that may be
 * hostile: no symbolic link in it leads outside
 * @root: O_PATH descriptor of the new root */
int mounts_fill(const struct config *config, const struct cgroup *group, int root,
		struct failure *f);

/* mounts_mask - hide and write-protect what CONFIG says: by default what Docker does */
extern const char *const mounts_masked[], *const mounts_protected[];
int mounts_mask(const struct config *config, int root, struct failure *f);

/* ---- capabilities.c, grown from lab 01 ---------------------------------- */

/* capabilities_default - Podman's eleven */
uint64_t capabilities_default(void);

/* capabilities_apply - drop the bounding set, become the user, drop the rest,
 * and read it all back.  capabilities(7) */
int capabilities_apply(const struct security *security, struct failure *f);

/* ---- seccomp.c, grown from lab 05 --------------------------------------- */

/* seccomp_choose - the filter that CONFIG's profile and capabilities ask for */
int seccomp_choose(struct config *config, struct failure *f);

/* seccomp_apply - load it.  seccomp(2) */
int seccomp_apply(const struct security *security, struct failure *f);

/* ---- sync.c: how parent, child and keeper talk -------------------------- */

/* Two connected sockets, closed on exec; as socketpair(2). */
#define SYNC_PAIR(pair) socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)

/* sync_send - one datagram, with descriptor FD (or -1) beside it.  Status 0
 * in MESSAGE means "go on".  unix(7), SCM_RIGHTS */
int sync_send(int socket, const struct failure *message, int fd);

/* sync_receive - returns 1; 0 if the other side is gone; -1 with errno, EPROTO for
 * what is no MESSAGE
 * @fd: takes the descriptor that came with it, or -1; may be NULL */
int sync_receive(int socket, struct failure *message, int *fd);

/* sync_send_bytes, sync_receive_bytes - the same for a datagram of any kind.  The
 * latter returns its size, 0 if the other side is gone, -1 with errno. */
int sync_send_bytes(int socket, const void *bytes, size_t size, int fd);
ssize_t sync_receive_bytes(int socket, void *bytes, size_t size, int *fd);

/* ---- what others must know of a container -------------------------------- */
/* A file in skiff's run directory, locked by skiff: one that nobody has locked is of
 * no running container. */
struct record {
	char id[16];            /* names its cgroup and, by default, its host */
	pid_t pid;              /* of its PID 1 */
	unsigned long long born;        /* its start time, proc_pid_stat(5) */
	struct cgroup cgroup;
	char command[64];       /* the start of it: to be shown, nothing else */
	char hostname[72];
	struct security security;       /* its filter is here: */
	struct sock_filter filter[BPF_MAXINSNS];
};

/* ---- keeper.c: who cleans up, also after a skiff that was killed -------- */

/* What this run made on the host.  skiff has one; its keeper has another, made of the
 * notes that it was sent: the container can write neither. */
struct leftovers {
	int process;            /* pidfd of PID 1, or -1 */
	pid_t pid;
	int directory;          /* of the records, or -1 */
	int store;              /* directory that overlay's work directory is in, or -1 */
	bool work_unsure;       /* as in struct cgroup_dir */
	bool raw;               /* the caller's terminal is to be as it was: */
	struct termios terminal;
	char link[16];          /* id of the container that the bridge has a link for, or "" */
	char name[NAME_MAX + 1];        /* of the record in the directory, or "" */
	char work[NAME_MAX + 1];        /* of the work directory, or "" */
	struct cgroup cgroup;
	char path[PATH_MAX];    /* of the directory of the records */
};

enum note_kind {
	NOTE_DIRECTORY,         /* the path of that of the records, with its descriptor */
	NOTE_RECORD,            /* the name of a record in it */
	NOTE_GROUP,             /* a struct cgroup_dir that is about to be made */
	NOTE_WORK,              /* the name of a directory about to be made, with that of its parent */
	NOTE_MADE, NOTE_NOT_MADE,       /* the last one of these; MADE is implied by the next */
	NOTE_LINK, NOTE_TERMINAL,
	NOTE_PROCESS,           /* a pid_t, with its pidfd */
};

enum { KEEPER_LEFT = 1 };       /* its exit status if something could not be removed */

/* keeper_start - fork it.  Returns the socket towards it, or -1 */
int keeper_start(pid_t *pid, struct failure *f);

/* keeper_note - note in C's leftovers, and tell its keeper, before it is done: DATA
 * of SIZE bytes as KIND says, and descriptor FD or -1, which C keeps */
int keeper_note(struct container *c, enum note_kind kind, const void *data, size_t size, int fd, struct failure *f);

/* keeper_clean - remove what LEFT says was made; its processes are gone.  Returns
 * whether all of it is gone. */
bool keeper_clean(struct leftovers *left);

/* ---- container.c: the parent's side ------------------------------------- */

struct container {
	struct record *record;
	int lock;               /* descriptor of its file, or -1 */
	int upper;              /* of the directory of --upper, locked, or -1 */
	pid_t pid;              /* of its PID 1, seen from here */
	int pidfd;
	int socket;             /* towards the child; ends when COMMAND runs */
	bool settled, ready;    /* what the child has said, in this order */
	int signals;            /* signalfd of what is passed on */
	int keeper;             /* socket towards the keeper */
	bool untold;            /* the last note did not reach it */
	int master;             /* of the container's terminal */
	struct streams *streams;        /* between COMMAND and the caller */
	pid_t keeper_pid;
	struct leftovers left;
};

/* container_signal - to its PID 1.  pidfd_send_signal(2) */
void container_signal(const struct container *c, int signo);

/* container_forget - in a child: close the parent's descriptors but for its sockets to
 * the child */
void container_forget(struct container *c);

/* container_run - from nothing to nothing; for `skiff exec` from a container
 * that runs.  Returns COMMAND's exit status (128+n for signal n), or -1 with F
 * filled if COMMAND never ran. */
int container_run(struct config *config, struct failure *f);

/* ---- init.c: the child's side of a container's birth -------------------- */

/* init_main - from clone3(2) to execve(2)
 * @c: a copy of the parent's, in the child's own memory
 * @socket: its end towards the parent */
void init_main(struct config *config, struct container *c, int socket)
	__attribute__((noreturn));

/* init_go - in the parent: the word to go on, and which groups there are now */
int init_go(const struct container *c);

/* The steps that `skiff exec` shares.  A failure ends the process, and is told
 * to the parent: */
void init_report(int socket, struct failure *f) __attribute__((noreturn));
void init_await(int socket);    /* the parent's GO */
/* Session, descriptors 0 to 2, and every right that COMMAND is not to have is gone, but
 * for the filter.  Returns the terminal's master, 0 for none, -1. */
int init_prepare(const struct config *config, struct failure *f);
void init_become(const struct config *config, int master, int socket) __attribute__((noreturn));
void init_run(char *const *command, struct failure *f);  /* returns on failure */

/* init_hide - before others may see this process: nobody can trace it or read its
 * memory, and its command line, which may hold secrets, is gone.  PR_SET_DUMPABLE in
 * prctl(2) */
void init_hide(const struct config *config);

#endif
