/* step9-recursive.c - what is mounted below, and what lies under it
 *
 *   ./step9-recursive DIR   DIR: a new, empty directory; as an ordinary user:
 *                           unshare -rm ./step9-recursive DIR
 *
 * New in this step: MS_REC.  Without it a bind takes one mount, and where
 * something else is mounted below, it shows what that hides.  With it all mounts
 * below are bound too.  In a new user namespace the mounts that came along are
 * locked together, so nobody looks under them.
 * See mount(2), mount_namespaces(7) "Restrictions on mount namespaces". */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT, 0644);

	if (fd < 0 || dprintf(fd, "%s", text) < 0)
		err(1, "%s", name);
	close(fd);
}

static void bind_and_show(const char *how, unsigned long flags)
{
	char text[64] = "";
	int fd;

	printf("%-34s ", how);
	if (mount("src", "view", NULL, flags, NULL)) {
		printf("%s\n", strerror(errno));
		return;
	}
	fd = open("view/sub/file", O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		err(1, "view/sub/file");
	close(fd);
	printf("view/sub/file: %s\n", text);
	if (umount2("view", MNT_DETACH))
		err(1, "umount view");
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	setlinebuf(stdout);
	if (argc != 2) {
		fprintf(stderr, "usage: step9-recursive DIR\n");
		return 2;
	}
	if (chdir(argv[1]) || mkdir("src", 0755) || mkdir("src/sub", 0755) || mkdir("view", 0755))
		err(1, "%s", argv[1]);
	write_file("src/sub/file", "under the mount");
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		err(1, "a mount namespace (root may make one, or: unshare -rm)");
	if (mount("sub", "src/sub", "tmpfs", 0, NULL))
		err(1, "src/sub");
	write_file("src/sub/file", "in the mount");

	bind_and_show("MS_BIND", MS_BIND);
	bind_and_show("MS_BIND | MS_REC", MS_BIND | MS_REC);

	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		/* full capabilities there, and a copy of all mounts */
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
			err(77, "user namespace (make doctor says why)");
		bind_and_show("user namespace: MS_BIND", MS_BIND);
		bind_and_show("user namespace: MS_BIND | MS_REC", MS_BIND | MS_REC);
		printf("%-34s %s\n", "user namespace: umount src/sub",
		       umount2("src/sub", MNT_DETACH) ? strerror(errno) : "done");
		return 0;
	}
	if (waitpid(pid, &status, 0) < 0)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
