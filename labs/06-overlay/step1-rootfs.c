/* step1-rootfs.c - what a program needs in a root of its own
 *
 *   ./step1-rootfs DIR PROGRAM [ARG...]     DIR: a new, empty directory; as an
 *                                           ordinary user: unshare -r ./step1-...
 *
 * New in this step: execve(2) of a dynamic program starts another one, its
 * loader, whose name stands in the program, and the loader opens the libraries.
 * All of them are looked up below the root directory of the process.  PROGRAM
 * is run in DIR with less and with more of them.  Exits with its last status.
 * See chroot(2), elf(5) PT_INTERP, ld.so(8), ldd(1). */
#include <err.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* loader_of: the name that stands in the program, or "" in a static one */
static void loader_of(const char *program, char *name, size_t size)
{
	FILE *file = fopen(program, "re");
	ElfW(Ehdr) elf;
	ElfW(Phdr) part;

	if (!file)
		err(1, "%s", program);
	if (fread(&elf, sizeof(elf), 1, file) != 1 || memcmp(elf.e_ident, ELFMAG, SELFMAG))
		errx(1, "%s: not a program of this machine", program);
	memset(name, 0, size);
	for (int i = 0; i < elf.e_phnum; i++) {
		if (fseek(file, (long)elf.e_phoff + i * (long)sizeof(part), SEEK_SET) ||
		    fread(&part, sizeof(part), 1, file) != 1)
			errx(1, "%s: cut short", program);
		if (part.p_type != PT_INTERP)
			continue;
		if (part.p_filesz >= size || fseek(file, (long)part.p_offset, SEEK_SET) || fread(name, part.p_filesz, 1, file) != 1)
			errx(1, "%s: its loader's name is cut short, or too long", program);
		break;
	}
	fclose(file);
}

/* run: COMMAND in the root directory ROOT; its status, or -1 if a signal ended it */
static int run(const char *root, char *const command[])
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		if (chroot(root) || chdir(root[1] ? "/" : "."))
			err(125, "chroot %s", root);
		execvp(command[0], command);
		err(127, "execve %s", command[0]);
	}
	if (waitpid(pid, &status, 0) < 0)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* add: FILE under the same name below DIR, with the directories above it */
static void add(const char *file, const char *dir)
{
	char *command[] = { "cp", "-L", "--parents", (char *)file, (char *)dir, NULL };

	printf("add %s\n", file);
	if (run("/", command))
		errx(1, "%s: not copied", file);
}

int main(int argc, char **argv)
{
	char loader[4096], *line = NULL, *library;
	FILE *list;

	setlinebuf(stdout);
	if (argc < 3 || argv[2][0] != '/') {
		fprintf(stderr, "usage: step1-rootfs DIR /PROGRAM [ARG...]\n");
		return 2;
	}
	loader_of(argv[2], loader, sizeof(loader));
	add(argv[2], argv[1]);
	printf("status %d\n", run(argv[1], argv + 2));
	if (!*loader)
		return 0;
	add(loader, argv[1]);
	printf("status %d\n", run(argv[1], argv + 2));

	/* what ldd(1) does: the loader lists what it would load */
	if (setenv("LOADER", loader, 1) || setenv("PROGRAM", argv[2], 1))
		err(1, "setenv");
	list = popen("\"$LOADER\" --list \"$PROGRAM\"", "r");
	for (size_t size = 0; list && getline(&line, &size, list) > 0;)
		if (sscanf(line, " %*s => %m[^ \n]", &library) == 1 && *library == '/')
			add(library, argv[1]);
	printf("status %d\n", run(argv[1], argv + 2));
	return 0;
}
