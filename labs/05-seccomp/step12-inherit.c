/* step12-inherit.c - who gets a filter, who may load one, and the way back
 *
 *   ./step12-inherit
 *
 * Each line: what was done, how it went, and what is then in force here: the
 * number of filters (the kernel's word), and what mkdirat says to bad pointers.
 *
 * New in this step: inheritance by fork(2) and execve(2); no_new_privs as the
 * price; a filter is for good.
 * See seccomp(2), prctl(2), proc_pid_status(5). */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void show(const char *what, long result)
{
	const char *went = result == -1 ? strerrorname_np(errno) : "done";
	char *line = NULL, filters[16] = "?";
	FILE *f = fopen("/proc/self/status", "r");

	for (size_t size = 0; f && getline(&line, &size, f) > 0;)
		/* fits: a number */
		sscanf(line, "Seccomp_filters: %15s", filters);	/* since Linux 5.9 */
	if (f)
		fclose(f);
	syscall(SYS_mkdirat, -1, -1, 0);
	printf("%-34s %-8s %-8s %s\n", what, went, filters, strerrorname_np(errno));
	fflush(stdout);
}

/* mkdirat: ACTION.  Nothing foreign runs here, so the number will do. */
static int load(__u32 action)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0 /* nr */),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdirat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = 4, .filter = filter };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv)
{
	int status;

	if (argc == 2 && strcmp(argv[1], "after-exec") == 0) {
		show("after execve", 0);
		return 0;
	}
	if (argc != 1) {
		fprintf(stderr, "usage: %s\n", argv[0]);
		return 2;
	}
	if (prctl(PR_GET_SECCOMP) == -1)
		err(77, "seccomp");
	printf("%-34s %-8s %-8s %s\n", "", "", "filters", "mkdirat");
	show("at the start", 0);
	/* Without CAP_SYS_ADMIN this is refused, and with it every set-user-ID
	 * program that we start would run behind our filter. */
	if (geteuid() != 0)
		show("load a filter", load(SECCOMP_RET_ERRNO | EPERM));
	show("set no_new_privs", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	show("load a filter", load(SECCOMP_RET_ERRNO | EPERM));
	show("load one that allows mkdirat", load(SECCOMP_RET_ALLOW));
	show("load one that says EACCES", load(SECCOMP_RET_ERRNO | EACCES));
	show("leave filter mode", prctl(PR_SET_SECCOMP, 0));
	show("enter strict mode", prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	show("take no_new_privs back", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
	if (fork() == 0) {
		show("a child", 0);
		execl("/proc/self/exe", argv[0], "after-exec", (char *)NULL);
		err(1, "exec");
	}
	if (wait(&status) == -1 || status != 0)
		errx(1, "the child failed");
	return 0;
}
