/* signals.c - what the person in front of skiff sends is for the container */
#include <sys/signalfd.h>

#include "command.h"

int signals_catch(struct failure *f)
{
	static const int passed[] = { SIGALRM, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH };
	struct sigaction hangup;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < COUNT(passed); i++)
		sigaddset(&set, passed[i]);
	/* nohup(1): blocked, it would not be ignored any more. */
	if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN)
		sigdelset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* In the background, reading the terminal is to fail (EIO), not to stop us; and so is
	 * writing beyond a limit on the size of files. */
	signal(SIGTTOU, SIG_IGN);
	signal(SIGTTIN, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	/* A caller that ignores it would have the kernel reap our child. */
	signal(SIGCHLD, SIG_DFL);
	TRY(fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd");
	return fd;
}


/* expects - does the process have a handler for this signal, or block it so as
 * to fetch it in its own time?  Fields 32 and 34 of proc_pid_stat(5): what a process
 * says of itself there, its name, cannot be taken for them. */
static bool expects(pid_t pid, int signo)
{
	unsigned long long blocked, caught;

	return process_stat(pid, 32, &blocked) && process_stat(pid, 34, &caught) && ((blocked | caught) >> (signo - 1) & 1);
}

/*
 * PID 1 gets only what it has a handler for,
 * anything else the kernel discards (pid_namespaces(7)); a request to end that
 * would be lost that way, skiff fulfils itself.
 */
int signals_pass(const struct container *c, bool running)
{
	struct signalfd_siginfo info;
	int signo;

	if (read(c->signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	signo = (int)info.ssi_signo;
	if (signo == SIGALRM) {         /* --timeout */
		container_signal(c, SIGKILL);
		return running ? SIGKILL : 0;
	} else if (signo == SIGWINCH && c->master >= 0) {
		terminal_resize(c->master);
	} else if ((signo == SIGTERM || signo == SIGINT || signo == SIGHUP || signo == SIGQUIT) &&
		   (!running || !expects(c->pid, signo))) {
		container_signal(c, SIGKILL);
		return signo;
	} else if (running) {
		container_signal(c, signo);
	}
	return 0;
}

