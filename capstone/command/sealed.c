/* sealed.c - a program that nobody in the container can rewrite */
#include <sys/mman.h>
#include <sys/sendfile.h>

#include "command.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U          /* Linux 6.3: to be executed, whatever vm.memfd_noexec says */
#endif

bool sealed_needed(const struct config *config)
{
	char map[128];
	unsigned inside, outside, count;

	if (config->join || config->ids > 0 || !(config->security.namespaces & CLONE_NEWUSER))
		return true;
	/* Root of a user namespace may have no id to give away but its own. */
	return geteuid() != 0 || file_read(map, sizeof(map), "/proc/self/uid_map") < 0 ||
	       sscanf(map, "%u %u %u", &inside, &outside, &count) != 3 ||
	       inside != 0 || outside != 0 || count != UINT32_MAX;
}

/* own_path - of this program, of PATH_MAX bytes.  Returns whether it is a sealed copy. */
static bool own_path(char *path)
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);

	path[n < 0 || n == PATH_MAX ? 0 : n] = '\0';
	return strncmp(path, "/memfd:", 7) == 0;
}

int sealed_open(struct failure *f)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	char path[PATH_MAX];
	struct stat st;
	ssize_t n;
	int to;

	CLOSED int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	TRY(fstat(from, &st), "/proc/self/exe");
	if (own_path(path)) {
		TRY(to = dup(from), "/proc/self/exe");
		return to;
	}
	to = memfd_create("skiff", flags | MFD_EXEC);
	if (to < 0 && errno == EINVAL)
		to = memfd_create("skiff", flags);
	while ((n = sendfile(to, from, NULL, (size_t)st.st_size)) > 0)
		;
	if (n == 0 && fcntl(to, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0)
		return to;
	fail(f, errno, "a sealed copy of skiff in memory");
	close_fd(&to);
	return -1;
}

int run_sealed(char **argv, struct failure *f)
{
	char self[PATH_MAX];
	int to;

	if (own_path(self))
		return 0;
	PASS(to = sealed_open(f));
	if (self[0] != '\0')
		argv[0] = self;
	fexecve(to, argv, environ);
	return fail(f, errno, "running from memory");
}
