/* payload-lure.c - what the tests need outside: victims, and races
 *
 *   payload-lure socket NAME           listen on an abstract socket
 *   payload-lure socket-file PATH      a socket in the file system
 *   payload-lure segment KEY           a shared memory segment, until killed
 *   payload-lure key NAME CMD...       CMD with that key in its session keyring
 *   payload-lure tty CMD...            CMD on a new terminal; then "typed N",
 *                                      the characters that got into its input
 *   payload-lure swap A B              exchange two names, over and over
 *   payload-lure overwrite DEV:INODE   wait for a process that runs the program
 *                                      with that file, then overwrite it
 *   payload-lure snatch FILE           wait for a process with our root and an open
 *                                      folder from which FILE is reached
 *   payload-lure types                 of what is mounted on /proc, /sys, ...
 *
 * All that wait say "ready".  See pty(7), rename(2), unix(7). */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int ready(void) __attribute__((noreturn));
static int ready(void)
{
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

/* socket_file - bind leaves it behind when we end */
static int socket_file(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (strlen(path) >= sizeof(addr.sun_path))
		errx(1, "%s: too long", path);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	return bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? (warn("%s", path), 1) : 0;
}

static int listen_on(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (strlen(name) >= sizeof(addr.sun_path))
		errx(1, "%s: %zu bytes, at most %zu", name, strlen(name), sizeof(addr.sun_path) - 1);
	memcpy(addr.sun_path + 1, name, strlen(name));
	if (bind(fd, (struct sockaddr *)&addr,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))) < 0 ||
	    listen(fd, 8) < 0)
		err(1, "%s", name);
	return ready();
}

/* Marked for removal at once: it goes with us, and until then its key works. */
static int segment(const char *key)
{
	int id = shmget((key_t)strtol(key, NULL, 0), 4096, IPC_CREAT | 0666);

	if (id < 0 || shmat(id, NULL, 0) == (void *)-1)
		err(1, "shmget");
	puts("ready");
	fflush(stdout);
	(void)!getchar();
	shmctl(id, IPC_RMID, NULL);
	return 0;
}

static int with_key(const char *name, char **command)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
	    syscall(SYS_add_key, "user", name, "x", 1, KEY_SPEC_SESSION_KEYRING) < 0)
		err(77, "keyctl");
	execvp(command[0], command);
	err(127, "%s", command[0]);
}

/* The leader of the terminal's session: the shell of whoever starts CMD. */
static int leader(const char *name, char **command, int report)
{
	struct termios raw;
	int tty, waiting = 0;
	pid_t child;

	if (setsid() < 0 || (tty = open(name, O_RDWR)) < 0 || ioctl(tty, TIOCSCTTY, 0) < 0)
		err(1, "%s", name);
	tcgetattr(tty, &raw);
	cfmakeraw(&raw);
	tcsetattr(tty, TCSANOW, &raw);
	child = fork();
	if (child == 0) {
		for (int fd = 0; fd < 3; fd++)
			dup2(tty, fd);
		close(tty);
		close(report);
		execvp(command[0], command);
		_exit(127);
	}
	waitpid(child, NULL, 0);
	ioctl(tty, FIONREAD, &waiting);
	dprintf(report, "typed %d\n", waiting);
	return 0;
}

static int on_terminal(char **command)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int report = fcntl(1, F_DUPFD_CLOEXEC, 10);
	struct pollfd out = { .fd = master, .events = POLLIN };
	char text[4096];
	ssize_t n;
	pid_t child;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		err(1, "a terminal");
	child = fork();
	if (child == 0)
		_exit(leader(ptsname(master), command, report));
	while (poll(&out, 1, 10000) == 1 && (n = read(master, text, sizeof(text))) > 0)
		(void)!write(1, text, (size_t)n);
	return waitpid(child, NULL, 0) < 0;
}

static int swap(const char *a, const char *b)
{
	puts("ready");
	fflush(stdout);
	while (syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2U /* RENAME_EXCHANGE */) == 0)
		;
	err(1, "%s, %s", a, b);
}

/* snatch - another process in this container, joining it from outside, may
 * still hold a folder of the host's: CVE-2016-9962 */
static int snatch(const char *canary)
{
	char path[4400];
	struct stat ours, theirs;

	stat("/", &ours);
	puts("ready");
	fflush(stdout);
	for (;;) {
		DIR *proc = opendir("/proc");
		for (struct dirent *d; (d = readdir(proc)) != NULL;) {
			if (strspn(d->d_name, "0123456789") != strlen(d->d_name) ||
			    atoi(d->d_name) == getpid())
				continue;
			snprintf(path, sizeof(path), "/proc/%s/root/.", d->d_name);	/* fits: d_name has 255 bytes */
			if (stat(path, &theirs) < 0 || ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev)
				continue;
			for (int fd = 0; fd < 16; fd++) {
				if (snprintf(path, sizeof(path), "/proc/%s/fd/%d/%s", d->d_name, fd, canary) <
				    (int)sizeof(path) && access(path, F_OK) == 0)
					return puts("snatched") < 0;
			}
		}
		closedir(proc);
	}
}

/* The program file cannot be written while it runs, so the descriptor is kept
 * until it does no more: CVE-2019-5736. */
static int overwrite(const char *identity)
{
	char path[300];
	struct stat st;
	unsigned long device = 0, inode = 0;
	int program = -1, fd;

	if (sscanf(identity, "%lu:%lu", &device, &inode) != 2)
		errx(2, "%s: not DEV:INODE", identity);

	puts("ready");
	fflush(stdout);
	while (program < 0) {
		DIR *proc = opendir("/proc");
		for (struct dirent *d; program < 0 && (d = readdir(proc)) != NULL;) {
			if (strspn(d->d_name, "0123456789") != strlen(d->d_name))
				continue;
			snprintf(path, sizeof(path), "/proc/%s/exe", d->d_name);	/* fits: d_name has 255 bytes */
			fd = open(path, O_RDONLY | O_CLOEXEC);
			if (fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == inode && st.st_dev == device)
				program = fd;
			else if (fd >= 0)
				close(fd);
		}
		closedir(proc);
	}
	puts("seen");
	fflush(stdout);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", program);
	while ((fd = open(path, O_WRONLY)) < 0 && errno == ETXTBSY)
		;
	if (fd < 0)
		err(1, "overwriting");
	puts(pwrite(fd, "OVERWRITTEN", 11, 0) == 11 ? "overwritten" : "not written");
	return 0;
}

static int types(void)
{
	static const char *const paths[] = { "/", "/proc", "/sys", "/dev", "/dev/pts", "/dev/shm" };
	struct statfs fs;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		printf("%s %lx\n", paths[i], statfs(paths[i], &fs) == 0 ? (unsigned long)fs.f_type : 0UL);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 3 && strcmp(what, "socket") == 0)
		return listen_on(argv[2]);
	if (argc == 3 && strcmp(what, "socket-file") == 0)
		return socket_file(argv[2]);
	if (argc == 3 && strcmp(what, "segment") == 0)
		return segment(argv[2]);
	if (argc > 3 && strcmp(what, "key") == 0)
		return with_key(argv[2], argv + 3);
	if (argc > 2 && strcmp(what, "tty") == 0)
		return on_terminal(argv + 2);
	if (argc == 4 && strcmp(what, "swap") == 0)
		return swap(argv[2], argv[3]);
	if (argc == 3 && strcmp(what, "overwrite") == 0)
		return overwrite(argv[2]);
	if (argc == 3 && strcmp(what, "snatch") == 0)
		return snatch(argv[2]);
	if (argc == 2 && strcmp(what, "types") == 0)
		return types();
	fputs("usage: payload-lure socket|socket-file|segment|key|tty|swap|overwrite|snatch|types [ARG...]\n", stderr);
	return 2;
}
