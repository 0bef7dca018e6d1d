/* streams.c - standard input, output and error of COMMAND
 *
 * COMMAND gets ends of pipes, never a descriptor of the caller's: through that one it
 * could read a terminal or a log that it may only write, truncate it, reopen it with
 * other rights, or set O_NONBLOCK for everybody who shares it.  skiff copies between
 * the pipes, or the container's terminal, and the caller's descriptors.
 *
 * No copy may block: signals, --timeout and the end of the container are waited for
 * in the same loop.  O_NONBLOCK on a descriptor of the caller's would change it for the
 * caller too, so each kind of file is asked in its own way (struct stream_end).
 */
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

#include "command.h"

enum { ROOM = 65536, TERMINAL_ROOM = 2 * ROOM, TRY_AGAIN_MS = 200 };

static const char *const names[] = { "input", "output", "error" };

static bool is_null(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* ---- the two ends of a relay ---------------------------------------------- */

/* end_of - descriptor FD of the caller's, and how to use it without waiting */
static struct stream_end end_of(int fd)
{
	struct stream_end end = { .fd = fd, .way = PLAIN };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return end;
	if (S_ISSOCK(st.st_mode))
		end.way = SOCKETS;
	else if (S_ISFIFO(st.st_mode) || (S_ISCHR(st.st_mode) && isatty(fd)))
		end.way = ASKS;
	return end;
}

/* end_reopen - for a pipe before Linux 6.4 and for a terminal: an open file of our own.
 * Where that is refused (another user's), poll(2) is asked before each small piece. */
static void end_reopen(struct stream_end *end, int mode)
{
	unsigned number;
	char path[40];
	int fd = -1;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", end->fd);
	/* The master of a pseudo terminal would open as a new one. */
	if (ioctl(end->fd, TIOCGPTN, &number) < 0)
		fd = open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	end->way = fd >= 0 ? PLAIN : CAREFUL;
	end->fd = fd >= 0 ? fd : end->fd;
}

/* end_ready - is EVENT there, for an end that would block otherwise? */
static bool end_ready(const struct stream_end *end, short event)
{
	struct pollfd fd = { .fd = end->fd, .events = event };

	errno = EAGAIN;
	return poll(&fd, 1, 0) == 1;
}

/* unasked - does ERR say that this kind of file, kernel or filter has no RWF_NOWAIT? */
static bool unasked(int err) { return err == EOPNOTSUPP || err == ENOSYS || err == EINVAL || err == EPERM; }

/* end_write - as write(2), with EAGAIN where it would block */
static ssize_t end_write(struct stream_end *end, char *data, size_t size)
{
	struct iovec piece = { data, size };
	ssize_t n;

	if (end->way == ASKS) {
		/* cppcheck-suppress invalidFunctionArg; -1: where the file is */
		n = pwritev2(end->fd, &piece, 1, -1, RWF_NOWAIT);
		if (n >= 0 || !unasked(errno))
			return n;
		end_reopen(end, O_WRONLY);
	}
	if (end->way == SOCKETS)
		return send(end->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (end->way == CAREFUL)
		return end_ready(end, POLLOUT) ? write(end->fd, data, size < PIPE_BUF ? size : PIPE_BUF) : -1;
	return write(end->fd, data, size);
}

/* end_read - as read(2), with EAGAIN where it would block */
static ssize_t end_read(struct stream_end *end, char *data, size_t size)
{
	struct iovec piece = { data, size };
	ssize_t n;

	if (end->way == ASKS) {
		/* cppcheck-suppress invalidFunctionArg */
		n = preadv2(end->fd, &piece, 1, -1, RWF_NOWAIT);
		if (n >= 0 || !unasked(errno))
			return n;
		end_reopen(end, O_RDONLY);
	}
	if (end->way == SOCKETS)
		return recv(end->fd, data, size, MSG_DONTWAIT);
	if (end->way == CAREFUL && !end_ready(end, POLLIN))
		return -1;
	return read(end->fd, data, size);
}

/* end_close - but the caller's 0, 1 and 2, and the terminal that both relays use */
static void end_close(struct stream_end *end)
{
	if (end->fd > 2 && end->way != TERMINAL)
		close(end->fd);
	end->fd = -1;
}

/* ---- one relay ------------------------------------------------------------- */

static bool pending(const struct relay *r) { return r->start < r->end; }

static void relay_close(struct relay *r)
{
	end_close(&r->from);
	end_close(&r->to);
	r->start = r->end = 0;
}

/* in_background - this process may not read the terminal FD now: EIO, as SIGTTIN is ignored */
static bool in_background(int fd)
{
	pid_t foreground = tcgetpgrp(fd);

	return foreground > 0 && foreground != getpgrp();
}

/* relay_fill - read what is there.  At the end of FROM, or where it cannot be read, FROM is
 * closed; the end of the caller's input is typed into a terminal as Ctrl-D. */
static void relay_fill(struct relay *r)
{
	size_t most = r->last && r->left < ROOM ? r->left : ROOM;
	ssize_t n = -1;

	errno = EAGAIN;
	if (most > 0)
		n = end_read(&r->from, r->data, most);
	if (n < 0 && (errno == EINTR || (errno == EAGAIN && !r->last)))
		return;
	if (n < 0 && errno == EIO && r->input && in_background(r->from.fd)) {
		r->resting = true;
		return;
	}
	r->start = 0;
	r->end = n > 0 ? (size_t)n : 0;
	r->left -= r->last ? r->end : 0;
	if (n > 0)
		return;
	/* EIO of a terminal: the last process that had it open has closed it. */
	if (n < 0 && errno != EAGAIN && !r->input && !(errno == EIO && r->from.way == TERMINAL))
		r->lost = errno;
	end_close(&r->from);
	if (r->input && r->to.way == TERMINAL) {
		r->data[0] = '\4';
		r->end = 1;
	}
}

/* relay_flush - write what the other end takes now.  If its reader is gone, COMMAND's
 * next write fails as it would have without us. */
static void relay_flush(struct relay *r)
{
	ssize_t n = 0;

	while (pending(r) && (n = end_write(&r->to, r->data + r->start, r->end - r->start)) >= 0)
		r->start += (size_t)n;
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		r->refused = errno;
		relay_close(r);
	}
}

static void relay_move(struct relay *r)
{
	if (r->from.fd >= 0 && !pending(r) && !r->resting)
		relay_fill(r);
	relay_flush(r);
	if (r->from.fd < 0 && !pending(r))
		relay_close(r);         /* the end of the input is passed on */
}

/* ---- all of them ------------------------------------------------------------ */

/* stream_pipe - a pipe for the container's descriptor FD; our end does not block.
 * Its owner is the caller, whose id need not exist inside: so others may open it, as
 * /dev/stdin, /dev/stdout and /dev/stderr, in the one direction that it is for. */
static int stream_pipe(struct streams *s, int fd, struct failure *f)
{
	struct relay *r = &s->relay[fd];
	int pair[2], ours = fd == 0 ? 1 : 0;

	TRY(pipe2(pair, O_CLOEXEC), "a pipe for standard %s", names[fd]);
	TRY(fcntl(pair[ours], F_SETFL, O_NONBLOCK), "a pipe for standard %s", names[fd]);
	TRY(fchmod(pair[0], fd == 0 ? 0644 : 0622), "a pipe for standard %s", names[fd]);
	s->inside[fd] = pair[1 - ours];
	r->input = fd == 0;
	r->from = fd == 0 ? end_of(0) : (struct stream_end){ .fd = pair[0], .way = PLAIN };
	r->to = fd == 0 ? (struct stream_end){ .fd = pair[1], .way = PLAIN } : end_of(fd);
	return 0;
}

int streams_open(const struct config *config, struct streams *s, struct failure *f)
{
	static char data[STREAMS][ROOM];        /* no page of it is there before it is used */
	struct stat st[3];

	s->timer = -1;
	for (int fd = 0; fd < STREAMS; fd++) {
		s->inside[fd] = -1;
		s->relay[fd] = (struct relay){ .from = { .fd = -1 }, .to = { .fd = -1 }, .data = data[fd] };
	}
	for (int fd = config->interactive ? 0 : 1; fd < STREAMS && !config->terminal; fd++) {
		TRY(fstat(fd, &st[fd]), "standard %s", names[fd]);
		if (is_null(&st[fd]))
			continue;
		/* One file, one pipe: what is written to both stays in order. */
		if (fd == 2 && s->inside[1] >= 0 && st[1].st_dev == st[2].st_dev &&
		    st[1].st_ino == st[2].st_ino)
			s->inside[2] = s->inside[1];
		else
			PASS(stream_pipe(s, fd, f));
	}
	return 0;
}

int streams_enter(const struct streams *s, struct failure *f)
{
	CLOSED int null = -1;
	struct stat st;

	for (int fd = 0; fd < STREAMS; fd++) {
		if (s->inside[fd] < 0 && null < 0) {
			/* In a container that runs already it may be anything by now. */
			null = open("/dev/null", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
			TRY(null, "/dev/null");
			if (fstat(null, &st) < 0 || !is_null(&st) || fcntl(null, F_SETFL, 0) < 0)
				return fail(f, 0, "/dev/null in the container is another file");
		}
		TRY(dup2(s->inside[fd] >= 0 ? s->inside[fd] : null, fd), "standard streams");
	}
	/* Our copies of what is skiff's, and of what is in its place now. */
	for (int fd = 0; fd < STREAMS; fd++) {
		const int rest[] = { s->inside[fd], s->relay[fd].from.fd, s->relay[fd].to.fd };
		for (size_t i = fd == 2 && s->inside[2] == s->inside[1]; i < COUNT(rest); i++)
			if (rest[i] > 2)
				close(rest[i]);
	}
	return 0;
}

void streams_begin(struct streams *s)
{
	for (int fd = 0; fd < STREAMS; fd++)
		if (s->inside[fd] >= 0 && (fd != 2 || s->inside[2] != s->inside[1]))
			close(s->inside[fd]);
}

void streams_terminal(struct streams *s, int master, bool interactive)
{
	if (fcntl(master, F_SETFL, O_NONBLOCK) < 0) {
		s->relay[1].lost = errno;       /* for streams_end */
		return;
	}
	s->relay[1].from = (struct stream_end){ .fd = master, .way = TERMINAL };
	s->relay[1].to = end_of(1);
	if (!interactive)
		return;
	s->relay[0].from = end_of(0);
	s->relay[0].to = s->relay[1].from;
	s->relay[0].input = true;
}

/* rest - look again in a while whether we are in the foreground: nothing tells us */
static void rest(struct streams *s)
{
	const struct itimerspec once = { .it_value.tv_nsec = TRY_AGAIN_MS * 1000000 };

	if (s->timer < 0)
		s->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	timerfd_settime(s->timer, 0, &once, NULL);
}

void streams_watch(const struct streams *s, struct pollfd *fds)
{
	for (int i = 0; i < STREAMS; i++) {
		const struct relay *r = &s->relay[i];
		bool waits = pending(r);
		/* Idle, the other end is watched for the end of its reader alone. */
		bool open = waits || (r->from.fd >= 0 && r->to.way != TERMINAL);

		fds[2 * i].fd = waits ? -1 : r->resting ? s->timer : r->from.fd;
		fds[2 * i].events = POLLIN;
		fds[2 * i + 1].fd = open ? r->to.fd : -1;
		fds[2 * i + 1].events = waits ? POLLOUT : 0;
	}
}

void streams_serve(struct streams *s, const struct pollfd *fds)
{
	for (int i = 0; i < STREAMS; i++) {
		struct relay *r = &s->relay[i];

		if (r->resting && fds[2 * i].revents != 0)
			r->resting = false;
		else if (fds[2 * i + 1].revents & (POLLERR | POLLHUP | POLLNVAL) && !pending(r))
			relay_close(r);
		else if (fds[2 * i].revents != 0 || fds[2 * i + 1].revents != 0)
			relay_move(r);
		if (r->resting)
			rest(s);
	}
}

void streams_finish(struct streams *s)
{
	relay_close(&s->relay[0]);
	for (int i = 1; i < STREAMS; i++) {
		struct relay *r = &s->relay[i];
		int there = 0;

		/* Others may hold the far end open and write on: what is there now counts. */
		if (r->from.fd < 0)
			continue;
		if (r->from.way == TERMINAL || ioctl(r->from.fd, FIONREAD, &there) < 0)
			there = TERMINAL_ROOM;
		r->last = true;
		r->left = (size_t)there;
		do
			relay_move(r);
		while (r->from.fd >= 0 && !pending(r));
	}
}

bool streams_done(const struct streams *s)
{
	for (int i = 1; i < STREAMS; i++)
		if (pending(&s->relay[i]) || s->relay[i].from.fd >= 0)
			return false;
	return true;
}

int streams_end(const struct streams *s, struct failure *f)
{
	for (int i = 1; i < STREAMS; i++)
		if (s->relay[i].refused != 0 && s->relay[i].refused != EPIPE)
			warn_line("writing to standard %s: %s", names[i], strerror(s->relay[i].refused));
	for (int i = 1; i < STREAMS; i++)
		if (s->relay[i].lost != 0)
			return fail(f, s->relay[i].lost, "reading COMMAND's standard %s", names[i]);
	return 0;
}
