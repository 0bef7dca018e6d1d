/* step10-nowhere.c - powers that no user namespace gives
 *
 *   ./step10-nowhere     as an ordinary user, then as root
 *
 * The clock, the kernel's code, devices and priorities belong to no namespace.
 * They ask for the capability in the initial user namespace.  Each is tried
 * twice, before and after unshare(2), in a way that has no effect: the clock is
 * set to no time, a module is loaded from no file, a device is made and removed.
 * So EBADF means that the capability was accepted.
 *
 * New in this step: capable(), the kernel's other question.  Not "here?", but
 * "over the machine?"
 *
 * See user_namespaces(7), "Effect of capabilities within a user namespace";
 * capabilities(7), settimeofday(2), init_module(2), mknod(2), setpriority(2). */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static void show(const char *what, cap_value_t capability, long result)
{
	int why = errno;
	cap_flag_value_t has = CAP_CLEAR;

	cap_get_flag(cap_get_proc(), capability, CAP_EFFECTIVE, &has);
	printf("  %-28s %-14s %-3s  %s\n", what, cap_to_name(capability), has ? "yes" : "no",
	       result == 0 ? "done" : why == ENOSYS ? "ENOSYS: not in this kernel" :
	       strerrorname_np(why));
}

static void try_all(const char *where)
{
	char folder[] = "/tmp/step10.XXXXXX", device[64], fifo[64];

	if (!mkdtemp(folder))
		err(1, "%s", folder);
	snprintf(device, sizeof(device), "%s/null", folder);	/* fits: see folder */
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);	/* fits: see folder */
	printf("%s\n", where);

	/* Neither time nor zone: only the question is asked. */
	show("settimeofday of nothing", CAP_SYS_TIME, syscall(SYS_settimeofday, NULL, NULL));
	show("finit_module of no file", CAP_SYS_MODULE, syscall(SYS_finit_module, -1, "", 0));
	show("mknod, a character device", CAP_MKNOD, mknod(device, S_IFCHR, makedev(1, 3)));
	show("mknod, a FIFO", CAP_MKNOD, mknod(fifo, S_IFIFO | 0600, 0));
	show("setpriority to -5", CAP_SYS_NICE, setpriority(PRIO_PROCESS, 0, -5));
	unlink(device);
	unlink(fifo);
	rmdir(folder);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: step10-nowhere\n");
		return 2;
	}
	if (fork() == 0) {		/* whose priority may change */
		try_all("before");
		return 0;
	}
	wait(NULL);
	if (unshare(CLONE_NEWUSER) == -1)
		err(77, "user namespace (make doctor says why)");
	try_all("in a new user namespace");
	return 0;
}
