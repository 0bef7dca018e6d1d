/* harness/probe.c - what only a system call can tell, for harness/doctor
 *
 *   probe [FOLDER]     one line a fact: NAME, yes or no or -, and a detail,
 *                      separated by tabs.  FOLDER is where idmapped mounts
 *                      are tried.
 *
 * Everything is tried in a child or on a mount that was never attached, so
 * nothing is left.  Numbers and structures newer than the headers of Ubuntu
 * 22.04 are spelled out; they are the same on x86-64 and arm64. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR_OPEN_TREE 428
#define NR_FSOPEN 430
#define NR_FSCONFIG 431
#define NR_FSMOUNT 432
#define NR_MOUNT_SETATTR 442
#define NR_LANDLOCK_CREATE_RULESET 444
#define NR_LSM_LIST_MODULES 461

static const char *yes_no(int yes)
{
	return yes ? "yes" : "no";
}

static void say(const char *name, const char *verdict, const char *detail)
{
	printf("%s\t%s\t%s\n", name, verdict, detail);
	fflush(stdout);
}

/* landlock_create_ruleset(2): the ABI, whatever the list of LSMs says */
static void landlock(void)
{
	char detail[64];
	long abi = syscall(NR_LANDLOCK_CREATE_RULESET, NULL, 0, 1U /* LANDLOCK_CREATE_RULESET_VERSION */);

	if (abi > 0)
		snprintf(detail, sizeof(detail), "ABI %ld", abi);
	else
		/* fits: glibc's longest text of an errno has 49 bytes */
		snprintf(detail, sizeof(detail), "%s",
			 errno == EOPNOTSUPP ? "built in, but switched off at boot" : strerror(errno));
	say("landlock", yes_no(abi > 0), detail);
}

/* lsm_list_modules(2), Linux 6.8: needs neither root nor securityfs */
static void lsms(void)
{
	static const char *const names[] = {
		"capability", "selinux", "smack", "tomoyo", "apparmor", "yama", "loadpin",
		"safesetid", "lockdown", "bpf", "landlock", "ima", "evm", "ipe",
	};
	uint64_t ids[32];
	uint32_t size = sizeof(ids);
	char detail[256] = "";
	long n = syscall(NR_LSM_LIST_MODULES, ids, &size, 0);

	for (long i = 0; i < n; i++) {
		size_t used = strlen(detail);
		uint64_t name = ids[i] - 100;

		if (name < sizeof(names) / sizeof(names[0]))
			/* fits: all names together have 120 bytes */
			snprintf(detail + used, sizeof(detail) - used, "%s%s", i ? " " : "", names[name]);
	}
	say("lsms", n < 0 ? "-" : "yes", n < 0 ? "the kernel has no lsm_list_modules(2)" : detail);
}

/* in a child: what it exits with, or 128 + its signal */
static int in_child(int (*work)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(work());
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 255;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int install_filter(unsigned flags)
{
	struct sock_filter allow = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	struct sock_fprog program = { 1, &allow };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return errno;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) < 0 ? errno : 0;
}

static int filter(void)
{
	return install_filter(0);
}

static int notification(void)
{
	return install_filter(SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

static void seccomp_facts(void)
{
	int error = in_child(filter);

	say("seccomp", yes_no(!error), error ? strerror(error) : "a filter was installed");
	error = in_child(notification);
	say("seccomp_notify", yes_no(!error), error ? strerror(error) : "a listener was installed");
}

#ifdef __x86_64__
static int x32(void)
{
	return syscall(0x40000000 | SYS_getpid) != getpid();
}

static int ia32(void)
{
	long pid = 20; /* getpid there */

	__asm__ volatile("int $0x80" : "+a"(pid) : : "memory", "cc", "r8", "r9", "r10", "r11");
	return pid != getpid();
}

static void foreign(void)
{
	say("x32", yes_no(!in_child(x32)), "");
	say("ia32", yes_no(!in_child(ia32)), "");
}
#else
static void foreign(void)
{
	say("x32", "-", "an x86-64 matter");
	say("ia32", "-", "an x86-64 matter");
}
#endif

static int put(pid_t pid, const char *file, const char *text)
{
	char path[64];
	int fd, done;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);	/* fits: uid_map, setgroups */
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	done = write(fd, text, strlen(text)) > 0 ? 0 : -1;
	close(fd);
	return done;
}

/* a descriptor of a new user namespace in which 0 is our 1000; the
 * descriptor keeps it when its only process has gone */
static int user_namespace(void)
{
	char path[64];
	int ready[2], fd = -1;
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) < 0)
			_exit(1);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	if (pid > 0 && read(ready[0], &byte, 1) == 1 && put(pid, "uid_map", "0 1000 1\n") == 0 &&
	    put(pid, "gid_map", "0 1000 1\n") == 0) {
		snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	close(ready[0]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return fd;
}

static int new_tmpfs(void)
{
	int mnt = -1, fs = (int)syscall(NR_FSOPEN, "tmpfs", 1 /* FSOPEN_CLOEXEC */);

	if (fs >= 0 && syscall(NR_FSCONFIG, fs, 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL, 0) == 0)
		mnt = (int)syscall(NR_FSMOUNT, fs, 1 /* FSMOUNT_CLOEXEC */, 0);
	if (fs >= 0)
		close(fs);
	return mnt;
}

/* mount_setattr(2) on a mount that is attached nowhere */
static void idmap(const char *name, int mnt, int userns)
{
	struct { uint64_t set, clear, propagation, userns; } attr = {
		.set = 0x100000 /* MOUNT_ATTR_IDMAP */, .userns = (uint64_t)userns,
	};
	long done = mnt < 0 ? -1 : syscall(NR_MOUNT_SETATTR, mnt, "", 0x1000 /* AT_EMPTY_PATH */,
					   &attr, sizeof(attr));

	say(name, yes_no(done == 0), done == 0 ? "" : strerror(errno));
	if (mnt >= 0)
		close(mnt);
}

static void idmaps(const char *folder)
{
	int userns = geteuid() == 0 ? user_namespace() : -1;

	if (userns < 0) {
		const char *why = geteuid() ? "needs root" : "no user namespace to map with";

		say("idmap_here", "-", why);
		say("idmap_tmpfs", "-", why);
		return;
	}
	idmap("idmap_here", (int)syscall(NR_OPEN_TREE, AT_FDCWD, folder, 1 | O_CLOEXEC /* OPEN_TREE_CLONE */),
	      userns);
	idmap("idmap_tmpfs", new_tmpfs(), userns);
	close(userns);
}

int main(int argc, char **argv)
{
	landlock();
	lsms();
	seccomp_facts();
	foreign();
	idmaps(argc > 1 ? argv[1] : ".");
	return 0;
}
