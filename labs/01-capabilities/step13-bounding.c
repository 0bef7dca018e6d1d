/* step13-bounding.c - the same service, and the attack ends here
 *
 *   ./step13-bounding FILE      as root, FILE being root's and of mode 000
 *
 * New in this step: PR_CAPBSET_DROP.  What is not in the bounding set, no
 * execve(2) brings back.  See prctl(2), capabilities(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

/* drop_bounding: everything this kernel knows, with or without a name here */
static void drop_bounding(void)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1)
			err(1, "drop capability %d from the bounding set", cap);
}

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
		errx(2, "usage: step13-bounding FILE");

	/* Dropping from the bounding set takes CAP_SETPCAP, so it goes first. */
	drop_bounding();
	drop_all();
	show();
	int fd = open(argv[1], O_RDONLY | O_CLOEXEC);

	printf("the service:      open: %s\n", fd == -1 ? strerror(errno) : "allowed");
	printf("the attacker:     exec cat\n");
	fflush(stdout);		/* exec would lose what is still in the buffer */
	execlp("cat", "cat", "--", argv[1], (char *)NULL);
	err(errno == ENOENT ? 127 : 126, "cat");
}
