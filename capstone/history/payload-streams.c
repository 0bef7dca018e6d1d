/* payload-streams.c - what a command tries with the standard output it was given
 *
 *   payload-streams ATTEMPT           as a command in a container
 *   payload-streams socket CMD...     as the caller: CMD with a socket as its output,
 *                                     where an answer waits and nobody reads
 *
 * Its exit status tells, for its output is what is tried: 0 the attempt succeeded,
 * 1 it was refused.  With a socket it is CMD's. */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* Read what somebody else wrote, or types. */
static int try_read(void)
{
	struct pollfd fd = { .fd = 1, .events = POLLIN };
	char byte;

	write(1, "waiting\n", 8);
	return poll(&fd, 1, 3000) == 1 && read(1, &byte, 1) == 1;
}

static int try_truncate(void) { return ftruncate(1, 0) == 0; }

/* The other rights that the file itself may give */
static int try_reopen(void)
{
	char byte;
	int fd = open("/proc/self/fd/1", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && read(fd, &byte, 1) == 1;
}

/* Changes nothing where it succeeds: so its mode was */
static int try_chmod(void)
{
	struct stat st;

	return fstat(1, &st) == 0 && fchmod(1, st.st_mode & 07777) == 0;
}

static int try_nonblock(void) { return fcntl(1, F_SETFL, fcntl(1, F_GETFL) | O_NONBLOCK) == 0; }

static int try_modes(void)
{
	struct termios modes;

	if (tcgetattr(1, &modes) < 0)
		return 0;
	modes.c_lflag &= ~(tcflag_t)ECHO;
	return tcsetattr(1, TCSANOW, &modes) == 0;
}

/* As /dev/stdout, /dev/stderr: what every command may do with its own */
static int try_open(void)
{
	int out = open("/dev/stdout", O_WRONLY | O_CLOEXEC), errors = open("/dev/stderr", O_WRONLY | O_CLOEXEC);

	return out >= 0 && errors >= 0 && write(out, "out\n", 4) == 4 && write(errors, "error\n", 6) == 6;
}

static int with_socket(char **command)
{
	int pair[2], status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 || write(pair[1], "answer\n", 7) != 7)
		err(2, "socketpair");
	pid = fork();
	if (pid == 0) {
		dup2(pair[0], 1);
		execvp(command[0], command);
		err(127, "%s", command[0]);
	}
	close(pair[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		err(2, "fork");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	static const struct { const char *name; int (*try)(void); } attempts[] = {
		{ "read", try_read }, { "truncate", try_truncate }, { "reopen", try_reopen }, { "chmod", try_chmod },
		{ "nonblock", try_nonblock }, { "modes", try_modes }, { "open", try_open },
	};

	if (argc > 2 && strcmp(argv[1], "socket") == 0)
		return with_socket(argv + 2);
	for (size_t i = 0; argc > 1 && i < sizeof(attempts) / sizeof(attempts[0]); i++)
		if (strcmp(argv[1], attempts[i].name) == 0)
			return attempts[i].try() ? 0 : 1;
	errx(2, "usage: payload-streams read|truncate|reopen|chmod|nonblock|modes|open");
}
