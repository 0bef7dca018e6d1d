/* step8-ipc.c - the same keys and names, and nothing behind them
 *
 *   ./step8-ipc          try as an ordinary user: unshare -r ./step8-ipc
 *
 * New in this step: CLONE_NEWIPC.  What processes leave for each other under a
 * number (System V: message queues, semaphores, shared memory) or under a name
 * that no file system has (POSIX message queues) is looked up in a namespace.
 * See ipc_namespaces(7), sysvipc(7), mq_overview(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

struct names {
	key_t key;
	char name[64];
};

/* Opens both, makes nothing. */
static void show(const char *where, const struct names *n)
{
	char link[64] = "";
	int id = msgget(n->key, 0);
	const char *sysv = id == -1 ? strerror(errno) : "found";
	mqd_t posix = mq_open(n->name, O_RDONLY);

	if (readlink("/proc/self/ns/ipc", link, sizeof(link) - 1) == -1)
		err(1, "/proc/self/ns/ipc");
	printf("%-8s %s System V queue: %s; POSIX queue: %s\n", where, link, sysv,
	       posix == (mqd_t)-1 ? strerror(errno) : "found");
	fflush(stdout);
	if (posix != (mqd_t)-1)
		mq_close(posix);
}

static int inside(const struct names *n)
{
	if (unshare(CLONE_NEWIPC) == -1) {
		warn("new IPC namespace");
		return errno == EINVAL ? 77 : 1;
	}
	show("inside:", n);
	/* The key is free here: a queue of our own, which ends with the namespace. */
	if (msgget(n->key, IPC_CREAT | IPC_EXCL | 0600) == -1 ||
	    mq_open(n->name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL) == (mqd_t)-1)
		err(1, "a queue of our own");
	show("inside:", n);
	return 0;
}

int main(int argc, char **argv)
{
	struct names n = { .key = 0x1ab0000 + getpid() };
	int queue, status = 1;
	pid_t pid = -1;

	(void)argv;
	if (argc != 1) {
		fprintf(stderr, "usage: step8-ipc\n");
		return 2;
	}
	snprintf(n.name, sizeof(n.name), "/step8-ipc-%d", getpid());
	queue = msgget(n.key, IPC_CREAT | IPC_EXCL | 0600);
	if (queue == -1)
		err(errno == ENOSYS ? 77 : 1, "System V message queue");
	if (mq_open(n.name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL) == (mqd_t)-1) {
		warn("POSIX message queue");
		status = errno == ENOSYS ? 77 : 1;
	} else {
		show("outside:", &n);
		pid = fork();
		if (pid == 0)
			return inside(&n);
		status = pid != -1 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ?
			WEXITSTATUS(status) : 1;
		show("outside:", &n);
		mq_unlink(n.name);
	}
	/* Without this both would outlive us. */
	msgctl(queue, IPC_RMID, NULL);
	return status;
}
