/* step23-denylist.c - an attack: the call that nobody listed
 *
 *   ./step23-denylist FILE
 *
 * This filter was complete once: it refuses every system call that opened a
 * file in 2019.  Linux 5.6 brought openat2(2), and opens FILE.
 *
 * New in this step: a deny-list ages.  Step 24 stops this.
 * See openat2(2), open_by_handle_at(2), seccomp_rule_add(3). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static long open_the_new_way(const char *path)
{
	struct open_how how = { .flags = O_RDONLY };

	return syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

static void show(const char *call, long fd)
{
	char text[128];
	ssize_t n;

	if (fd == -1) {
		printf("%-9s %s\n", call, strerrorname_np(errno));
		return;
	}
	n = read((int)fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	printf("%-9s reads: %s\n", call, text);
	close((int)fd);
}

int main(int argc, char **argv)
{
	/* A name that this architecture does not have (open and creat on
	 * aarch64) makes no rule. */
	static const int denied[] = {
		SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(creat), SCMP_SYS(open_by_handle_at),
	};
	scmp_filter_ctx ctx;
	long fd;
	int rc;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FILE\n", argv[0]);
		return 2;
	}
	fd = open(argv[1], O_RDONLY);
	if (fd == -1)
		err(1, "%s", argv[1]);
	show("before:", fd);
	fd = open_the_new_way(argv[1]);
	if (fd == -1) {
		warn("this kernel has no openat2, or something refuses it already");
		return 77;
	}
	close((int)fd);

	ctx = seccomp_init(SCMP_ACT_ALLOW);
	if (!ctx)
		errx(1, "seccomp_init");
	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), denied[i], 0);
		if (rc < 0)
			errx(1, "seccomp_rule_add: %s", strerror(-rc));
	}
	rc = seccomp_load(ctx);
	if (rc < 0)
		errx(1, "seccomp_load: %s", strerror(-rc));

	show("openat:", syscall(SYS_openat, AT_FDCWD, argv[1], O_RDONLY));
	show("openat2:", open_the_new_way(argv[1]));
	return 0;
}
