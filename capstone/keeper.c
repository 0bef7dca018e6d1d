/* keeper.c - who cleans up, also after a skiff that was killed
 *
 * PR_SET_PDEATHSIG alone would not do: PID 1 of the container may switch it
 * off again, and nobody would remove the cgroup.  So a second process waits
 * for the end of a socket that only skiff holds open.
 *
 * It acts on what skiff has sent over that socket, which waits there until then,
 * and on nothing else: it shares no memory, and no container has a way to it.
 */
#include <poll.h>

#include "command/command.h"

struct note {
	enum note_kind kind;
	union {
		char text[PATH_MAX];
		struct cgroup_dir group;
		struct termios terminal;
		pid_t pid;
	};
};

bool keeper_clean(struct leftovers *left)
{
	record_remove(left);
	network_disconnect(left);
	upper_close(left);
	return cgroup_remove(&left->cgroup) == 0;
}

/* settle - the last thing that was noted was MADE, or it was not and is not ours.  The
 * next thing is only noted when it was. */
static void settle(struct leftovers *left, bool made)
{
	struct cgroup *group = &left->cgroup;

	if (left->work_unsure) {
		left->work_unsure = false;
		if (!made)
			left->work[0] = '\0';
	} else if (group->count > 0 && group->dir[group->count - 1].unsure) {
		group->dir[group->count - 1].unsure = false;
		group->count -= !made;
	} else if (!made) {
		left->name[0] = '\0';
	}
}

static void take(struct leftovers *left, const struct note *note, int fd)
{
	if (note->kind != NOTE_NOT_MADE)
		settle(left, true);
	switch (note->kind) {
	case NOTE_DIRECTORY:
		memcpy(left->path, note->text, sizeof(left->path));
		left->directory = fd;
		break;
	case NOTE_RECORD:
		memcpy(left->name, note->text, sizeof(left->name));
		break;
	case NOTE_GROUP:
		if (left->cgroup.count < CGROUP_HIERARCHIES)
			left->cgroup.dir[left->cgroup.count++] = note->group;
		break;
	case NOTE_WORK:
		memcpy(left->work, note->text, sizeof(left->work));
		left->work_unsure = true;
		left->store = fd;
		break;
	case NOTE_NOT_MADE:
		settle(left, false);
		break;
	case NOTE_MADE:
		break;
	case NOTE_LINK:
		memcpy(left->link, note->text, sizeof(left->link));
		break;
	case NOTE_TERMINAL:
		left->terminal = note->terminal;
		left->raw = true;
		break;
	case NOTE_PROCESS:
		left->pid = note->pid;
		left->process = fd;
	}
}

int keeper_note(struct container *c, enum note_kind kind, const void *data, size_t size, int fd, struct failure *f)
{
	struct note note = { .kind = kind };

	if (size > sizeof(note.text))
		return fail(f, ENAMETOOLONG, "a note of %zu bytes (at most %zu)", size, sizeof(note.text));
	if (size > 0)
		memcpy(note.text, data, size);
	take(&c->left, &note, fd);
	c->untold = true;       /* until it is sent: then the keeper would not know of it */
	TRY(sync_send_bytes(c->keeper, &note, offsetof(struct note, text) + size, fd), "telling the keeper");
	c->untold = false;
	return 0;
}

static void keeper_main(int socket)
{
	static struct leftovers left;
	struct pollfd dead = { .events = POLLIN }, end = { .fd = socket };
	struct note note;
	int fd;

	left.directory = left.store = left.process = -1;
	poll(&end, 1, -1);      /* events = 0: wake on POLLHUP only; the notes stay queued */
	for (;;) {
		memset(&note, 0, sizeof(note));
		if (sync_receive_bytes(socket, &note, sizeof(note), &fd) <= 0)
			break;
		take(&left, &note, fd);
	}
	/* Its PID 1 gone, the kernel ends the rest of the container. */
	dead.fd = left.process;
	if (dead.fd >= 0) {
		syscall(SYS_pidfd_send_signal, dead.fd, SIGKILL, NULL, 0);
		delegate_end(&dead, 1, &left.cgroup, left.pid);
	}
	terminal_restore(&left, 2);
	_exit(keeper_clean(&left) ? 0 : KEEPER_LEFT);
}

int keeper_start(pid_t *pid, struct failure *f)
{
	int pair[2];

	TRY(SYNC_PAIR(pair), "socketpair");
	*pid = fork();
	if (*pid == 0) {
		/*
		 * Out of reach of a Ctrl-C, and holding open nothing of the
		 * caller's but its terminal: whoever waits for the end of a
		 * pipe would wait for the keeper too.
		 */
		setsid();
		if (dup2(isatty(0) ? 0 : pair[1], 2) < 0 || dup2(pair[1], 0) < 0 || dup2(pair[1], 1) < 0 ||
		    syscall(SYS_close_range, 3U, ~0U, 0U) < 0)
			_exit(125);
		keeper_main(0);
	}
	close(pair[1]);
	TRY(*pid, "fork");
	return pair[0];
}
