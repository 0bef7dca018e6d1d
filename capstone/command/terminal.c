/* terminal.c - a terminal of the container's own, and the caller's before it */
#include <sys/ioctl.h>

#include "command.h"

int terminal_new(uid_t uid, struct failure *f)
{
	int master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), unlock = 0, slave;

	TRY(master, "--tty: /dev/pts/ptmx");
	TRY(ioctl(master, TIOCSPTLCK, &unlock), "--tty: unlockpt");
	/* By the master and not by name: a name is the container's to change. */
	TRY(slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC), "--tty: TIOCGPTPEER");
	TRY(fchown(slave, uid, (gid_t)-1), "--tty: chown");
	for (int fd = 0; fd <= 2; fd++)
		TRY(dup2(slave, fd), "--tty: dup2");
	close(slave);
	return master;
}

int terminal_take(struct failure *f)
{
	TRY(ioctl(0, TIOCSCTTY, 0), "--tty: TIOCSCTTY");
	return 0;
}

int terminal_open(uid_t uid, struct failure *f)
{
	int master = terminal_new(uid, f);

	return master < 0 || terminal_take(f) < 0 ? -1 : master;
}

int terminal_note(const struct config *config, struct container *c, struct failure *f)
{
	struct termios now;

	if (!config->terminal || !config->interactive || tcgetattr(0, &now) < 0)
		return 0;
	return keeper_note(c, NOTE_TERMINAL, &now, sizeof(now), -1, f);
}

void terminal_raw(const struct leftovers *left)
{
	struct termios raw = left->terminal;

	if (!left->raw)
		return;
	cfmakeraw(&raw);
	tcsetattr(0, TCSANOW, &raw);
}

void terminal_restore(struct leftovers *left, int fd)
{
	if (left->raw)
		tcsetattr(fd, TCSANOW, &left->terminal);
	left->raw = false;
}

void terminal_resize(int master)
{
	struct winsize size;

	if (master >= 0 && (ioctl(0, TIOCGWINSZ, &size) == 0 || ioctl(1, TIOCGWINSZ, &size) == 0))
		ioctl(master, TIOCSWINSZ, &size);
}

