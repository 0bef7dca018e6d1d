/* cost.c - what each step on the way to a container takes the kernel
 *
 *   cost STEP ROOTFS COMMAND [ARG...]    all steps up to STEP; as root
 *   cost --steps                         their names, in order
 *
 * The floor (floor.c) taken apart, and what skiff puts on top of it, in plain
 * system calls one after the other: no check, no error told well, nothing done
 * at the same time.  The difference between two neighbours is what a default
 * costs.  See namespaces(7), mount(2), cgroups(7), capabilities(7), seccomp(2). */
#include <err.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MUST(call) do { if ((call) < 0) err(125, "%s", #call); } while (0)

enum step { PROCESS, USER, MOUNT, PID, UTS, IPC, CGROUP, NET, LOOPBACK, OVERLAY, DEV, PROC, SYS, MASKS, LIMITS, CAPABILITIES,
	    FILTER, KEEPER, STEPS };
static const char *const names[STEPS] = { "process", "user", "mount", "pid", "uts", "ipc", "cgroup", "net", "loopback", "overlay", "dev",
	"proc", "sys", "masks", "limits", "capabilities", "filter", "keeper" };
static const uint64_t namespaces[STEPS] = { [USER] = CLONE_NEWUSER, [MOUNT] = CLONE_NEWNS, [PID] = CLONE_NEWPID,
	[UTS] = CLONE_NEWUTS, [IPC] = CLONE_NEWIPC, [CGROUP] = CLONE_NEWCGROUP, [NET] = CLONE_NEWNET };

static const struct sock_filter filter[] = {
#include "seccomp-default.inc"
};

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err(125, "%s", path);
	close(fd);
}

/* ---- limits: a group on v2, or one on each of these hierarchies of v1 ----- */

static struct { const char *hierarchy, *file, *value; bool made; } limits[] = {
	{ "/memory", "memory.limit_in_bytes", "536870912", false }, { "/pids", "pids.max", "256", false },
	{ "/cpu", "cpu.cfs_quota_us", "100000", false }, { "/cpuacct", NULL, NULL, false },
	{ "", "memory.max", "536870912", false }, { "", "pids.max", "256", false }, { "", "cpu.max", "100000 100000", false },
};
static pid_t self;
static char path[128];

/* in_group - PATH becomes that of FILE in group I */
static const char *in_group(size_t i, const char *file)
{
	/* fits: names of this file's own tables, and a number */
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/skiff-bench-%d/%s", limits[i].hierarchy, (int)self, file);
	return path;
}

/* make_groups - returns a descriptor of the one on v2, or -1 */
static int make_groups(void)
{
	bool v2 = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
	int fd = -1;

	for (size_t i = 0; i < COUNT(limits); i++) {
		/* fits: a name of the table of limits */
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s/tasks", limits[i].hierarchy);
		if (v2 != (*limits[i].hierarchy == '\0') || (!v2 && access(path, F_OK) < 0))
			continue;
		if (fd < 0) {
			MUST(mkdir(in_group(i, ""), 0755));
			limits[i].made = true;
		}
		if (v2 && fd < 0)
			MUST(fd = open(path, O_PATH | O_CLOEXEC));
		if (limits[i].file != NULL)
			write_text(in_group(i, limits[i].file), limits[i].value);
	}
	return fd;
}

static void enter_groups(void)
{
	for (size_t i = 0; i < COUNT(limits); i++)
		if (limits[i].made && *limits[i].hierarchy != '\0')
			write_text(in_group(i, "tasks"), "0");
}

static void remove_groups(void)
{
	for (size_t i = 0; i < COUNT(limits); i++)
		for (int tries = 0; limits[i].made && rmdir(in_group(i, "")) < 0 && tries < 500; tries++)
			usleep(1000);
}

/* ---- mounts --------------------------------------------------------------- */

/* new_root - ROOTFS, or an overlay of it, mounted and the working directory */
static void new_root(int rootfs, enum step last)
{
	static const char *const inside[] = { "/tmp/lower", "/tmp/upper", "/tmp/work", "/tmp/merged" };

	if (last < OVERLAY) {
		MUST(syscall(SYS_move_mount, rootfs, "", AT_FDCWD, "/tmp", MOVE_MOUNT_F_EMPTY_PATH));
		MUST(chdir("/tmp"));
		return;
	}
	MUST(mount("tmpfs", "/tmp", "tmpfs", 0, "mode=0755,size=256m"));
	for (size_t i = 0; i < COUNT(inside); i++)
		MUST(mkdir(inside[i], 0755));
	MUST(syscall(SYS_move_mount, rootfs, "", AT_FDCWD, "/tmp/lower", MOVE_MOUNT_F_EMPTY_PATH));
	MUST(mount("overlay", "/tmp/merged", "overlay", MS_NODEV | MS_NOSUID,
		   "lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work,userxattr"));
	MUST(chdir("/tmp/merged"));
}

enum { SAFE = MS_NOSUID | MS_NODEV | MS_NOEXEC };
static const struct { enum step step; const char *source, *target, *type; unsigned long flags; const char *options; } mounts[] = {
	{ DEV, "tmpfs", "dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755,size=64k" },
	{ DEV, "/dev/null", "dev/null", NULL, MS_BIND, NULL }, { DEV, "/dev/zero", "dev/zero", NULL, MS_BIND, NULL },
	{ DEV, "/dev/full", "dev/full", NULL, MS_BIND, NULL }, { DEV, "/dev/random", "dev/random", NULL, MS_BIND, NULL },
	{ DEV, "/dev/urandom", "dev/urandom", NULL, MS_BIND, NULL }, { DEV, "/dev/tty", "dev/tty", NULL, MS_BIND, NULL },
	{ DEV, "devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666" },
	{ DEV, "tmpfs", "dev/shm", "tmpfs", SAFE, "mode=1777,size=64m" }, { DEV, "mqueue", "dev/mqueue", "mqueue", SAFE, NULL },
	{ PROC, "proc", "proc", "proc", SAFE, NULL }, { SYS, "sysfs", "sys", "sysfs", SAFE | MS_RDONLY, NULL },
	{ MASKS, "/dev/null", "proc/interrupts", NULL, MS_BIND, NULL }, { MASKS, "/dev/null", "proc/kcore", NULL, MS_BIND, NULL },
	{ MASKS, "/dev/null", "proc/keys", NULL, MS_BIND, NULL }, { MASKS, "/dev/null", "proc/timer_list", NULL, MS_BIND, NULL },
	{ MASKS, "tmpfs", "proc/acpi", "tmpfs", SAFE | MS_RDONLY, "size=4k" }, { MASKS, "tmpfs", "sys/firmware", "tmpfs", SAFE | MS_RDONLY, "size=4k" },
	{ MASKS, "proc/bus", "proc/bus", NULL, MS_BIND | MS_REC, NULL }, { MASKS, "proc/fs", "proc/fs", NULL, MS_BIND | MS_REC, NULL },
	{ MASKS, "proc/irq", "proc/irq", NULL, MS_BIND | MS_REC, NULL }, { MASKS, "proc/sys", "proc/sys", NULL, MS_BIND | MS_REC, NULL },
	{ MASKS, "proc/sysrq-trigger", "proc/sysrq-trigger", NULL, MS_BIND, NULL },
};

/* fill - what is mounted below the working directory */
static void fill(enum step last)
{
	for (size_t i = 0; i < COUNT(mounts); i++) {
		const char *target = mounts[i].target;
		if (mounts[i].step > last || (mounts[i].step == MASKS && access(target, F_OK) < 0))
			continue;       /* not on this kernel, and then nothing to hide */
		if (mounts[i].step == DEV && mounts[i].type == NULL)
			close(open(target, O_CREAT | O_EXCL | O_CLOEXEC, 0666));
		else if (mounts[i].step == DEV)
			mkdir(target, 0755);
		MUST(mount(mounts[i].source, target, mounts[i].type, mounts[i].flags, mounts[i].options));
		if (mounts[i].type == NULL && strcmp(mounts[i].source, target) == 0)
			MUST(mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | SAFE, NULL));
	}
}

/* ---- processes ------------------------------------------------------------ */

static void drop_capabilities(void)
{
	static const uint64_t kept = 0x800405fb;        /* skiff's eleven */

	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (!(kept >> cap & 1))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	MUST(ioctl(fd, SIOCSIFFLAGS, &request));
	close(fd);
}

static void child_main(enum step last, char **argv, int go)
{
	struct sock_fprog program = { .len = COUNT(filter), .filter = (struct sock_filter *)(uintptr_t)filter };
	char program_path[4096], byte;
	int rootfs = -1, file;

	if (read(go, &byte, 1) != 1)
		_exit(125);
	if (last >= LIMITS)
		enter_groups();
	if (snprintf(program_path, sizeof(program_path), "%s%s", argv[2], argv[3]) >= (int)sizeof(program_path))
		errx(125, "%s%s: %zu bytes, at most %zu", argv[2], argv[3], strlen(argv[2]) + strlen(argv[3]),
		     sizeof(program_path) - 1);
	MUST(file = open(program_path, O_PATH | O_CLOEXEC));
	if (last >= MOUNT) {
		MUST(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		/* Before the change of ids: the way to ROOTFS may be open to us alone. */
		MUST(rootfs = (int)syscall(SYS_open_tree, AT_FDCWD, argv[2], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
	}
	if (last >= USER && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
		err(125, "becoming root of the container");
	if (last >= LOOPBACK)
		loopback_up();
	if (last >= MOUNT)
		new_root(rootfs, last);
	fill(last);
	if (last >= MOUNT)
		MUST(syscall(SYS_pivot_root, ".", ".") < 0 ? -1 : umount2(".", MNT_DETACH));
	if (last >= CAPABILITIES)
		drop_capabilities();
	if (last >= FILTER)
		MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -1 :
		     syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
	if (last >= MOUNT)
		execv(argv[3], argv + 3);
	else
		syscall(SYS_execveat, file, "", argv + 3, environ, AT_EMPTY_PATH);
	err(127, "%s", argv[3]);
}

/* keeper - a process that waits for the end of ours.  Returns our end. */
static int keeper(pid_t *pid)
{
	int pair[2];
	char byte;

	MUST(pipe2(pair, O_CLOEXEC));
	MUST(*pid = fork());
	if (*pid == 0) {
		close(pair[1]);
		_exit((int)read(pair[0], &byte, 1));
	}
	close(pair[0]);
	return pair[1];
}

static void run(enum step last, char **argv)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	int go[2], born = -1, kept = -1, record = -1, status;
	char text[6000] = "record", name[48];
	pid_t child, keeping = 0;

	snprintf(name, sizeof(name), "/run/skiff-bench-%d", (int)self);
	if (last >= KEEPER) {
		kept = keeper(&keeping);
		MUST(record = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
		MUST(write(record, text, sizeof(text)));
	}
	if (last >= LIMITS && (born = make_groups()) >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)born;
	}
	for (enum step step = PROCESS; step <= last; step++)
		args.flags |= namespaces[step];
	MUST(pipe2(go, O_CLOEXEC));
	MUST(child = (pid_t)syscall(SYS_clone3, &args, sizeof(args)));
	if (child == 0) {
		close(go[1]);
		child_main(last, argv, go[0]);
	}
	for (int i = 0; last >= USER && i < 2; i++) {
		char map[48];
		/* fits: a number, and one of two names */
		snprintf(map, sizeof(map), "/proc/%d/%s", (int)child, i == 0 ? "uid_map" : "gid_map");
		write_text(map, "0 1000000000 65536\n");
	}
	MUST(write(go[1], "", 1) != 1 || waitpid(child, &status, 0) < 0 ? -1 : 0);
	remove_groups();
	if (last >= KEEPER)
		unlink(name);
	close(kept);
	if (keeping > 0)
		waitpid(keeping, NULL, 0);
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int main(int argc, char **argv)
{
	sigset_t all;

	self = getpid();
	if (argc == 2 && strcmp(argv[1], "--steps") == 0) {
		for (int i = 0; i < STEPS; i++)
			puts(names[i]);
		return 0;
	}
	/* It takes milliseconds: no signal may come between, and a group be left. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (int i = 0; argc >= 4 && i < STEPS; i++)
		if (strcmp(argv[1], names[i]) == 0)
			run((enum step)i, argv);
	fprintf(stderr, "usage: cost STEP ROOTFS COMMAND [ARG...]\n       cost --steps\n");
	return 2;
}
