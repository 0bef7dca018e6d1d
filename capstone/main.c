/* main.c - skiff, a container runner of about a thousand lines
 *
 * What happens in which order: container.c for the parent, init.c for the
 * child.  What was asked for: options.c.  One module for each mechanism:
 * namespaces.c userns.c cgroups.c overlay.c mounts.c capabilities.c seccomp.c.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "skiff.h"

static const char usage[] =
"usage: skiff run [OPTIONS] ROOTFS [COMMAND [ARG...]]\n"
"       skiff run --help\n";

int main(int argc, char **argv)
{
	struct failure f = { 0 };
	struct config config;
	int status;

	/* A caller that closed 0, 1 or 2 must not have them filled by ours. */
	do
		status = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (status >= 0 && status <= 2);
	close(status);
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc < 2 || strcmp(argv[1], "run") != 0) {
		fputs(usage, stderr);
		return 125;
	}
	status = options_parse(&config, argc - 1, argv + 1, &f);
	if (status == 1)
		return 0;
	if (status == 0 && !config.userns && geteuid() != 0)
		status = fail(&f, 0, "run: --userns host: needs root");
	if (status == 0)
		status = container_run(&config, &f);
	if (status < 0) {
		fprintf(stderr, "skiff: %s\n", f.text);
		return f.status;
	}
	return status;
}
