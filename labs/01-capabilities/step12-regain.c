/* step12-regain.c - an attack that works: root without capabilities, and back
 *
 *   ./step12-regain FILE      as root, FILE being root's and of mode 000
 *
 * A careful service gives up every capability it has.  Whoever takes it over
 * makes it execute a program.
 *
 * New in this step: what execve(2) gives to uid 0.
 * See capabilities(7), "Capabilities and execution of programs by root". */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

static void drop_all(void)
{
	cap_t none = cap_init();

	if (!none || cap_set_proc(none) == -1)
		err(1, "cap_set_proc");
	cap_free(none);
}

static void show(void)
{
	cap_t caps = cap_get_proc();
	char *text = caps ? cap_to_text(caps, NULL) : NULL;

	if (!text)
		err(1, "cap_get_proc");
	printf("the service has:  %s\n", strcmp(text, "=") ? text : "no capabilities");
	cap_free(text);
	cap_free(caps);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "usage: step12-regain FILE");

	drop_all();
	show();
	int fd = open(argv[1], O_RDONLY | O_CLOEXEC);

	printf("the service:      open: %s\n", fd == -1 ? strerror(errno) : "allowed");
	printf("the attacker:     exec cat\n");
	fflush(stdout);		/* exec would lose what is still in the buffer */
	execlp("cat", "cat", "--", argv[1], (char *)NULL);
	err(errno == ENOENT ? 127 : 126, "cat");
}
