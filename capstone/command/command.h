/* command.h - the command line, and what happens only where an option asks for it
 *
 * skiff.h and the files beside it are what every container goes through, with
 * every default on; here is the rest.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stddef.h>

#include "../skiff.h"

/* ---- options.c ---------------------------------------------------------- */

/* options_parse - fill CONFIG from the arguments of `skiff run` or `skiff
 * exec`, that word first.  Returns 0; 1 after --help was printed on stdout;
 * -1 with F filled. */
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

/* ---- names.c --------------------------------------------------------------- */

#define CAPABILITIES_ALL UINT64_MAX

/* capability_parse - "chown", "CAP_CHOWN" or "all" to bits.  Returns -1 for a
 * name that libcap does not know. */
int capability_parse(const char *name, uint64_t *bits);

/* ---- commands.c: asked of containers that run, by the arguments after the word */

int command_list(char **argv, struct failure *f);
int command_kill(char **argv, struct failure *f);     /* NAME [SIGNAL] */
/* signal_parse - "KILL", "SIGTERM", "15"; 0: there is none of that name */
int signal_parse(const char *text);

int command_stats(char **argv, struct failure *f);    /* NAME */

/* ---- record.c: the containers that run ---------------------------------- */

/* record_create - with a random id */
struct record *record_create(struct failure *f);

/* record_describe - what others may want to know, and what `skiff exec` repeats */
int record_describe(struct record *record, const struct config *config, struct failure *f);

/* record_name - take NAME (NULL: the id) among the containers that run, for as
 * long as the descriptor LOCK of C is open */
int record_name(struct container *c, const char *name, struct failure *f);

/* record_born - its PID 1 is there.  Nobody sees the record before its file has the
 * full size. */
int record_born(struct container *c, struct failure *f);

/* record_show - once its PID 1 is in all of its namespaces: now others may see it.
 * A `skiff exec` that came sooner would stay behind in those of the host. */
int record_show(const struct container *c, struct failure *f);

/* record_open - a copy of that of a container that runs, with a pidfd of its PID 1 */
const struct record *record_open(const char *name, int *pidfd, struct failure *f);

/* record_each - call SHOW for every container that runs, by name */
int record_each(void (*show)(const char *name, const struct record *record), struct failure *f);

/* process_stat - the number that is FIELD of /proc/PID/stat, counted from 1.  Returns
 * whether there is such a process.  proc_pid_stat(5) */
bool process_stat(pid_t pid, int field, unsigned long long *value);

/* process_born - its start time; 0: there is none */
unsigned long long process_born(pid_t pid);

/* record_remove - with the run directory, if it was the last */
void record_remove(struct leftovers *left);

/* ---- inherited.c: what the caller has and the container must not ----------- */

/* groups_denied - is setgroups(2) forbidden in the user namespace of PROCESS, a name in /proc?
 * So it is, by the kernel's rule, where an ordinary user has a map of one id.
 * user_namespaces(7) */
bool groups_denied(const char *process);

/* groups_drop - no supplementary group of the caller's; they stay only where that is
 * DENIED (NULL: as /proc says of this process) */
int groups_drop(const bool *denied, struct failure *f);

/* oom_expose - no protection from the OOM killer: a negative oom_score_adj becomes 0.
 * Before this process is another user, or may not be looked into */
int oom_expose(struct failure *f);

/* limits_prepare - for skiff exec, before it enters: raise the hard limits that the container
 * has and this process has not; where it may not, the container's are lowered for it */
void limits_prepare(struct security *security);

/* ---- join.c: skiff exec ------------------------------------------------- */

/* container_join - a process more in the container CONFIG->name: a child of
 * this process, in C, that will say when it is ready.  setns(2) */
int container_join(struct config *config, struct container *c, struct failure *f);

/* join_clone - in a helper that has entered them: a child in new NAMESPACES (0: none
 * more) and cgroup BORN, or -1.  It is the parent's own and the only one to return; its
 * pid, in a message's text, and its pidfd go to SOCKET. */
void join_clone(uint64_t namespaces, int born, int socket);

/* ---- filter.c ------------------------------------------------------------ */

/* filter_is_default - is the filter that skiff was built with the one for CAPABILITIES? */
bool filter_is_default(uint64_t capabilities);

/* filter_write - the filter of SECURITY, for its capabilities; in static memory */
int filter_write(struct security *security, struct failure *f);

/* ---- profile.c ----------------------------------------------------------- */

/* profile_compile - FILE, a profile, to the filter of SECURITY and for its capabilities.
 * MODE is that of skiff-seccomp: "profile", or "asking" */
int profile_compile(const char *mode, const char *file, struct security *security, struct failure *f);

/* profile_load - the filter of CONFIG's profile, or none */
int profile_load(struct config *config, struct failure *f);

/* ---- signals.c ----------------------------------------------------------- */

/* signals_catch - from now on they wait in the descriptor that is returned */
int signals_catch(struct failure *f);

/* signals_pass - the next one on to the container, where COMMAND is RUNNING.
 * Returns the signal if it has ended the container, else 0. */
int signals_pass(const struct container *c, bool running);

/* ---- sealed.c -------------------------------------------------------------- */

/* sealed_needed - may container root have the id of the one who owns this program's file?
 * Not where the caller is root of the machine and gives away other ids: --userns auto. */
bool sealed_needed(const struct config *config);

/* run_sealed - go on from a copy of this program in memory that nobody can write, nor
 * change the mode of: the file could be, from inside, through /proc/self/exe
 * (CVE-2019-5736).  Returns in the copy, or -1. */
int run_sealed(char **argv, struct failure *f);

/* init_open - a descriptor of what PID 1 of --init executes, which nobody can write:
 * this program, or, where it is not static, one that is */
int init_open(struct failure *f);

/* ---- terminal.c: -t ----------------------------------------------------- */

/* terminal_open - in the container: a new terminal, this process's own, as
 * descriptors 0 to 2.  Returns the master's descriptor.  pty(7) */
int terminal_open(uid_t uid, struct failure *f);

/* terminal_new, terminal_take - its two halves: the descriptors; and descriptor 0 as
 * the terminal of this process's session, which it leads */
int terminal_new(uid_t uid, struct failure *f);
int terminal_take(struct failure *f);

/* terminal_note - how the caller's terminal is, if it is going to be changed */
int terminal_note(const struct config *config, struct container *c, struct failure *f);

/* terminal_raw - let every key of the caller's terminal through */
void terminal_raw(const struct leftovers *left);

/* terminal_restore - as it was, if that was noted */
void terminal_restore(struct leftovers *left, int fd);

/* terminal_resize - the container's terminal to the caller's size */
void terminal_resize(int master);

/* ---- streams.c: standard input, output and error -------------------------- */

enum { STREAMS = 3 };

/* A descriptor, and how to use it without waiting: as it is (PLAIN: ours, or a file),
 * the master of the container's TERMINAL, by MSG_DONTWAIT, by RWF_NOWAIT, or after poll(2). */
struct stream_end {
	int fd;                 /* -1: closed */
	enum { PLAIN, TERMINAL, SOCKETS, ASKS, CAREFUL } way;
};

/* Bytes on their way. */
struct relay {
	struct stream_end from, to;
	size_t start, end;      /* of what was read and is not written yet */
	char *data;             /* ROOM bytes */
	bool input;             /* from the caller to the container */
	bool resting;           /* the caller's terminal is another job's now */
	bool last;              /* COMMAND has ended: LEFT bytes more */
	size_t left;
	int refused, lost;      /* errno values: of the writing end, of the reading one */
};

struct streams {
	int inside[STREAMS];    /* the container's ends of pipes; -1: its /dev/null */
	struct relay relay[STREAMS];
	int timer;              /* of those that rest, or -1 */
};

struct pollfd;
enum { STREAM_FDS = 2 * STREAMS };

/* streams_open - in the parent: pipes for what CONFIG gives COMMAND of the caller's
 * descriptors 0 to 2, none for -t and for /dev/null.  pipe(7) */
int streams_open(const struct config *config, struct streams *s, struct failure *f);

/* streams_enter - in the child: its descriptors 0 to 2 */
int streams_enter(const struct streams *s, struct failure *f);

/* streams_begin - in the parent, once there is a child: give up its ends */
void streams_begin(struct streams *s);

/* streams_terminal - -t: relay between the caller and MASTER, which it makes O_NONBLOCK */
void streams_terminal(struct streams *s, int master, bool interactive);

/* streams_watch, streams_serve - the STREAM_FDS descriptors to poll(2), and what to do then;
 * never waits */
void streams_watch(const struct streams *s, struct pollfd *fds);
void streams_serve(struct streams *s, const struct pollfd *fds);

/* streams_finish - COMMAND has ended: write what it has left, as far as it is taken at once;
 * streams_done - is all of it written?  streams_end - warn of what could not be; -1
 * with F filled where what COMMAND wrote could not be read */
void streams_finish(struct streams *s);
bool streams_done(const struct streams *s);
int streams_end(const struct streams *s, struct failure *f);

/* ---- volumes.c: --volume, --tmpfs, --upper ------------------------------ */

/* target_inside - a descriptor of PATH below ROOT, made if missing: the last
 * component a file or a DIRECTORY, those before it directories.  Links are
 * followed, but none leads out. */
int target_inside(int root, const char *path, bool directory, struct failure *f);

/* volumes_mount - in the root behind descriptor ROOT, in the order asked for */
int volumes_mount(const struct config *config, int root, struct failure *f);

/* upper_open - lock the directory, make a work directory beside it, noted by C;
 * UPPER becomes the directory which they are both in */
int upper_open(struct tree *upper, struct container *c, struct failure *f);

/* upper_close - remove the work directory, if there is one */
void upper_close(struct leftovers *left);

/* remove_tree - the directory NAME in DIR and all in it that can be removed; no
 * symbolic link is followed, NAME included */
void remove_tree(int dir, const char *name);

/* ---- delegate.c: --delegate --------------------------------------------- */

/* delegate_give - the group, not its limits, to the root of the child's user
 * namespace.  cgroups(7), "Delegation" */
int delegate_give(const struct cgroup *group, pid_t child, struct failure *f);

/* delegate_show - in the child: the container's own directories on TARGET, which is
 * closed, where programs look for the hierarchies
 * @attributes: MOUNT_ATTR_* */
int delegate_show(const struct cgroup *group, int target, uint64_t attributes, struct failure *f);

/* delegate_mount - in the child: the group in /sys/fs/cgroup below ROOT */
int delegate_mount(const struct cgroup *group, int root, struct failure *f);

/* delegate_clear - the groups below PATH: thawed, and removed if nobody is in them;
 * for SECONDS at most */
void delegate_clear(const char *path, int seconds);

/* delegate_poll - poll(2), without a timeout; the same for all of GROUP meanwhile, if its
 * PID 1 is to end.  GROUP may be NULL */
int delegate_poll(struct pollfd *fds, unsigned long count, const struct cgroup *group, pid_t pid);

/* delegate_end - the same until one of FDS is ready, for two seconds at most */
void delegate_end(struct pollfd *fds, unsigned long count, const struct cgroup *group, pid_t pid);

/* ---- network.c, clocks.c, reaper.c -------------------------------------- */

/* program_beside - the path of a helper program, NAME below skiff's own folder
 * @path: of PATH_MAX bytes.  Returns it; "" where it does not fit */
const char *program_beside(char *path, const char *name);

/* network_connect - a link from the child to the bridge, with an address */
int network_connect(struct container *c, struct failure *f);

/* network_disconnect - without it, if there is one */
void network_disconnect(struct leftovers *left);

/* clocks_set - in the child: into a time namespace ahead by OFFSET seconds */
int clocks_set(int64_t offset, struct failure *f);

/* clocks_enter - the same with offsets as the file timens_offsets takes them.
 * time_namespaces(7) */
int clocks_enter(const char *offsets, struct failure *f);

enum { REAPER_SOCKET = 3 };     /* its socket towards skiff, until COMMAND runs */

/* reaper_prepare - --init: the command line of a PID 1 whose child is COMMAND.  SOCKET
 * becomes the descriptor that this one expects. */
char **reaper_prepare(const struct config *config, int *socket, struct failure *f);

/* reaper_exec - execute it: descriptor SELF is this program.  Returns on failure. */
void reaper_exec(int self, char *const *argv, struct failure *f);

/* reaper_run - what it does then */
void reaper_run(char *const *command) __attribute__((noreturn));

#endif
