/* step10-exec.c - what execve(2) makes of the sets: computed, and then tried
 *
 *   ./step10-exec      as root, from a copy: it marks its own file with capabilities
 * CAP_KILL, in all combinations of the sets of the process (permitted, inheritable,
 * bounding, ambient) and of the file (permitted, effective, inheritable): is it
 * permitted and effective afterwards?  A real execve(2) that disagrees is an error.
 * New in this step: "Transformation of capabilities during execve()", capabilities(7). */
#include <err.h>
#include <errno.h>
#include <linux/securebits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { P = 1, E = 2, I = 4, B = 8, A = 16, MARKED = 32, REFUSED = 64, KILL = 1 << CAP_KILL };

struct trial { const char *who; uid_t uid; bool noroot; int p, f; };	/* p: process, f: file */

static int compute(const struct trial *t)
{
	int f = t->f, ambient = f & MARKED ? 0 : t->p & A;
	bool gained = (f & P && t->p & B) || (f & I && t->p & I);

	if (f & P && f & E && !gained)
		return REFUSED;		/* the program could not know that it got less */
	if (t->uid == 0 && !t->noroot) {	/* as if the file had all three */
		gained = t->p & (B | I);
		f = E;
	}
	return (gained || ambient ? P : 0) | ((gained && f & E) || ambient ? E : 0) | (t->p & (I | B)) | ambient;
}

static struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };

static int observe(void)	/* of the program that was executed: its exit status */
{
	struct __user_cap_data_struct d[2];

	return capget(&header, d) == -1 ? 255 : (d->permitted & KILL ? P : 0) | (d->effective & KILL ? E : 0) |
		(d->inheritable & KILL ? I : 0) | (prctl(PR_CAPBSET_READ, CAP_KILL, 0, 0, 0) ? B : 0) |
		(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0) ? A : 0);
}

/* execute: mark the file, and let a child with those sets execute it */
static int execute(const struct trial *t)
{
	struct vfs_cap_data data = { VFS_CAP_REVISION_2 | (t->f & E ? VFS_CAP_FLAGS_EFFECTIVE : 0),
		{ { t->f & P ? KILL : 0, t->f & I ? KILL : 0 } } };	/* little-endian, as we are */
	unsigned int all = KILL | 1 << CAP_SETPCAP, permitted = t->p & P ? KILL : 0, inheritable = t->p & I ? KILL : 0;
	int status;

	removexattr("/proc/self/exe", "security.capability");	/* there may be none */
	if (t->f & MARKED && setxattr("/proc/self/exe", "security.capability", &data, sizeof(data), 0) == -1)
		err(errno == ENOTSUP ? 77 : 1, "security.capability");
	pid_t pid = fork();
	if (pid == 0) {		/* in the order in which each is still allowed */
		if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && setresuid(t->uid, t->uid, t->uid) == 0 &&
		    capset(&header, (struct __user_cap_data_struct[]){ { all, all, inheritable }, { 0 } }) == 0 &&
		    (!(t->p & A) || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) == 0) &&
		    (t->p & B || prctl(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0) == 0) &&
		    (!t->noroot || prctl(PR_SET_SECUREBITS, SECBIT_NOROOT, 0, 0, 0) == 0) &&
		    capset(&header, (struct __user_cap_data_struct[]){ { 0, permitted, inheritable }, { 0 } }) == 0)
			execve("/proc/self/exe", (char *[]){ "observe", NULL }, (char *[]){ NULL });
		_exit(errno == EPERM ? REFUSED : 255);
	}
	return pid == -1 || waitpid(pid, &status, 0) == -1 ? 255 : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	struct trial trials[] = { { "uid 1000", 1000, false, 0, 0 }, { "uid 0", 0, false, 0, 0 },
		{ "uid 0, SECBIT_NOROOT", 0, true, 0, 0 } };
	if (argc != 1 || argv[0][0] == 'o')
		return argc == 1 ? observe() : (warnx("usage: step10-exec (without %s)", argv[1]), 2);
	if (geteuid() != 0)
		errx(1, "only root can be uid 0 and uid 1000");
	for (struct trial *t = trials; t < trials + 3; t++) {
		printf("%-22s file: none   -   p   e  pe   i  pi  ei pei\n", t->who);
		for (t->p = 0; t->p < 32; t->p++) {
			if (t->p & E || (t->p & A && (t->p & (P | I)) != (P | I)))
				continue;	/* ambient is a subset of the two */
			printf("%16s %c%c%c%c      ", "process:", "-p"[t->p & P], "-i"[t->p & I ? 1 : 0],
			       "-b"[t->p & B ? 1 : 0], "-a"[t->p & A ? 1 : 0]);
			for (int f = -1; f < 8; f++) {
				t->f = f == -1 ? 0 : MARKED | f;
				int computed = compute(t), observed = execute(t);
				if (computed != observed)
					errx(1, "computed %#x, observed %#x (is this mount nosuid?)", computed, observed);
				printf("%*s", f < 0 ? 5 : 4, computed == REFUSED ? "no" :
				       (const char *[]){ "-", "p", "e", "pe" }[computed & (P | E)]);
			}
			printf("\n");
		}
	}
	removexattr("/proc/self/exe", "security.capability");
}
