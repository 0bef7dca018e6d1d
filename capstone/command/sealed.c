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

static int sealed_new(void)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int to = memfd_create("skiff", flags | MFD_EXEC);

	return to < 0 && errno == EINVAL ? memfd_create("skiff", flags) : to;
}

/* seal - TO, if it was written WHOLE.  Returns it, or -1 with F filled. */
static int seal(int to, bool whole, struct failure *f)
{
	if (whole && fcntl(to, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0)
		return to;
	fail(f, errno, "a sealed program in memory");
	close_fd(&to);
	return -1;
}

static int sealed_open(struct failure *f)
{
	struct stat st;
	ssize_t n;
	int to;

	CLOSED int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	TRY(fstat(from, &st), "/proc/self/exe");
	to = sealed_new();
	while ((n = sendfile(to, from, NULL, (size_t)st.st_size)) > 0)
		;
	return seal(to, n == 0, f);
}

#ifdef INIT_PROGRAM
/* skiff is linked with libraries that no container has: its init is a static program. */
extern const char init_program[], init_program_end[];
__asm__(".section .rodata\n"
	".globl init_program, init_program_end\n"
	"init_program: .incbin \"" INIT_PROGRAM "\"\n"
	"init_program_end: .previous\n");

int init_open(struct failure *f)
{
	size_t size = (size_t)(init_program_end - init_program);
	int to = sealed_new();

	return seal(to, to >= 0 && write(to, init_program, size) == (ssize_t)size, f);
}
#else
int init_open(struct failure *f)
{
	char path[PATH_MAX];
	int fd;

	if (!own_path(path))
		return sealed_open(f);
	TRY(fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "/proc/self/exe");
	return fd;
}
#endif

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
