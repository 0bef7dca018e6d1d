/* files.c - small files, descriptors and helper programs */
#include <spawn.h>
#include <stdarg.h>

#include "skiff.h"

void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);     /* leaves errno as it is, of the caller's failure */
}

void close_stream(FILE **stream)
{
	if (*stream != NULL)
		fclose(*stream);
}

static int format(char *text, size_t size, const char *pattern, va_list args)
{
	int n = vsnprintf(text, size, pattern, args);

	errno = ENAMETOOLONG;
	return n >= 0 && (size_t)n < size ? 0 : -1;
}

int text_format(char *text, size_t size, const char *pattern, ...)
{
	va_list args;
	int result;

	va_start(args, pattern);
	result = format(text, size, pattern, args);
	va_end(args);
	return result;
}

int file_write(const char *text, const char *pattern, ...)
{
	char path[PATH_MAX];
	va_list args;
	int fits;

	va_start(args, pattern);
	fits = format(path, sizeof(path), pattern, args);
	va_end(args);
	CLOSED int fd = fits < 0 ? -1 : open(path, O_WRONLY | O_CLOEXEC);
	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
}

int file_read(char *text, size_t size, const char *pattern, ...)
{
	char path[PATH_MAX];
	size_t used = 0;
	ssize_t n = -1;
	va_list args;
	int fits;

	va_start(args, pattern);
	fits = format(path, sizeof(path), pattern, args);
	va_end(args);
	CLOSED int fd = fits < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	/* The kernel may give a page at a time. */
	while (fd >= 0 && (n = read(fd, text + used, size - used)) > 0 && used + (size_t)n < size)
		used += (size_t)n;
	text[used] = '\0';
	if (n > 0)
		errno = EFBIG;
	return n == 0 ? 0 : -1;
}

bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; (at = strstr(at, word)) != NULL; at++)
		if ((at == list || strchr(" ,\n", at[-1])) && strchr(" ,\n", at[len]))
			return true;
	return false;
}

int program_run(const char *const *argv, int out)
{
	posix_spawn_file_actions_t files;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&files, out, 1);
	for (int fd = 1; out < 0 && fd <= 2; fd++)
		posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_WRONLY, 0);
	status = posix_spawnp(&pid, argv[0], &files, NULL, (char **)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&files);
	if (status != 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}


