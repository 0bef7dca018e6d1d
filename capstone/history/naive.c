/* naive.c - a container runner as a careless author writes it
 *
 *   naive run [-t] [-v SRC:DST]... [-w DIR] ROOTFS CMD...
 *   naive exec [-w DIR] PID CMD...
 *
 * What skiff must stop works here, as the control of its tests.  Each mistake was a
 * real runner's, named beside it.  Only as  unshare --mount naive ...  chroot(2). */
#include <err.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Paths of the image are joined as text, and every link in them is followed
 * (CVE-2019-19921, CVE-2021-30465, CVE-2026-87766). */
static char *below(const char *root, const char *path)
{
	char *joined;

	if (asprintf(&joined, "%s/%s", root, path) < 0)
		err(125, "memory");
	return joined;
}

static char *make_directories(char *path)
{
	for (char *slash = path; (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
		*slash = '\0';
		mkdir(path, 0755);
	}
	mkdir(path, 0755);
	return path;
}

/* Goes on where it cannot: whoever asked for the mount is not told. */
static void mount_at(const char *source, char *target, const char *type, unsigned long flags)
{
	if (mount(source, target, type, flags, NULL) < 0)
		warn("mounting %s", target);
}

static void write_file(char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		warn("%s", path);
	close(fd);
}

static void fill_dev(const char *root, int terminal)
{
	char *null = below(root, "dev/null"), *console = below(root, "dev/console");

	/* Removed and linked by name (CVE-2026-41579). */
	unlink(below(root, "dev/ptmx"));
	(void)!symlink("pts/ptmx", below(root, "dev/ptmx"));
	(void)!symlink("/proc/self/fd", below(root, "dev/fd"));
	/* Whatever the image calls /dev/null becomes stdin, and the mask over
	 * /proc/timer_list (CVE-2026-88265, CVE-2025-31133). */
	mknod(null, S_IFCHR | 0666, makedev(1, 3));
	dup2(open(null, O_RDWR | O_CLOEXEC), 0);
	mount_at(null, below(root, "proc/timer_list"), NULL, MS_BIND);
	if (!terminal)
		return;
	/* A link is covered, or its target made (CVE-2025-52565, CVE-2026-88264). */
	write_file(console, "");
	mount_at(ttyname(1) != NULL ? ttyname(1) : "/dev/tty", console, NULL, MS_BIND);
}

/* No session of its own (CVE-2017-5226), a working directory nobody looks at
 * (CVE-2024-21626), all capabilities, the inheritable ones too (CVE-2022-24769);
 * the caller's groups and environment. */
static void start(const char *workdir, char **command)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (chroot(".") < 0 || chdir(workdir) < 0)
		err(125, "%s", workdir);
	syscall(SYS_capget, &head, data);
	for (int i = 0; i < 2; i++)
		data[i].inheritable = data[i].permitted;
	if (syscall(SYS_capset, &head, data) < 0)
		err(125, "capset");
	execvp(command[0], command);
	err(127, "%s", command[0]);
}

static void join(const char *pid, const char *workdir, char **command)
{
	char *proc = below("/proc", pid);
	int root = open(below(proc, "root"), O_RDONLY), space = open(below(proc, "ns/mnt"), O_RDONLY);

	if (root < 0 || space < 0 || setns(space, CLONE_NEWNS) < 0 || fchdir(root) < 0)
		err(125, "joining %s", pid);
	start(workdir, command);
}

int main(int argc, char **argv)
{
	const char *workdir = "/", *volume[8];
	char parent[48], *root, *target;
	int terminal = 0, volumes = 0, option;
	struct stat here, there;

	/* Opened for later, inherited by all (CVE-2016-9962, CVE-2024-21626). */
	/* cppcheck-suppress leakReturnValNotUsed */
	if (open("/", O_RDONLY | O_DIRECTORY) < 0)
		err(125, "/");
	while ((option = getopt(argc - 1, argv + 1, "+tv:w:")) != -1)
		if (option == 't')
			terminal = 1;
		else if (option == 'v' && volumes < 8)
			volume[volumes++] = optarg;
		else if (option == 'w')
			workdir = optarg;
	argv += optind + 1;
	if (argc - optind < 3)
		errx(2, "usage: naive run|exec [-t] [-v SRC:DST]... [-w DIR] ROOTFS|PID CMD...");
	if (argv[-optind][0] == 'e')
		join(argv[0], workdir, argv + 1);
	snprintf(parent, sizeof(parent), "/proc/%d/ns/mnt", (int)getppid());
	if (stat("/proc/self/ns/mnt", &here) < 0 || stat(parent, &there) < 0 || here.st_ino == there.st_ino)
		errx(125, "run: only in a mount namespace of one's own: unshare --mount naive ...");
	root = argv[0];
	unshare(CLONE_NEWUTS);
	mount_at("proc", make_directories(below(root, "proc")), "proc", 0);
	mount_at("sysfs", make_directories(below(root, "sys")), "sysfs", 0);
	mkdir(below(root, "dev"), 0755);
	for (int i = 0; i < volumes && (target = strchr(volume[i], ':')) != NULL; i++)
		mount_at(strndup(volume[i], (size_t)(target - volume[i])),
			 make_directories(below(root, target + 1)), NULL, MS_BIND | MS_REC);
	fill_dev(root, terminal);
	/* Through what may no longer be procfs (CVE-2025-52881), and into the image. */
	write_file(below(root, "proc/sys/kernel/hostname"), "naive");
	write_file(below(root, "etc/hostname"), "naive\n");
	/* Made before the root is changed (CVE-2026-55686). */
	make_directories(below(root, workdir));
	if (chdir(root) < 0)
		err(125, "%s", root);
	start(workdir, argv + 1);
}
