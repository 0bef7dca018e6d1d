/* main.c - take the files that are asked for out of a submission
 *
 *   intake SUBMISSION FOLDER labs/01-capabilities/capdrop.c...
 *
 * SUBMISSION: an archive or a folder.  FOLDER: an empty one, to which the files
 * go (capdrop.c, capstone/X.c, manifest.json).  What was taken and what was
 * refused comes out as JSON.
 *
 * Two halves.  The reading half opens what a stranger made, and may therefore
 * be tricked; it can do nothing but send frames down a pipe.  The writing half,
 * here, takes nothing from it that is not a name from our own list, small
 * enough, and the first of that name.
 *
 * Status: 0, also where all was refused; 2 bad usage; 3 the submission cannot
 * be read now (it is being written, or the disk is full). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "intake.h"

#define LISTED	100	/* refused names that are listed; the others are counted */
#define PATIENCE 180	/* seconds for the whole of it */

struct intake {
	int folder;		/* where files go */
	const struct wanted *wanted;
	json_t *accepted, *refused, *problem;
	int more;		/* refused, and not listed */
	bool ended;		/* the reader came to its end */
};

static bool get(int fd, void *data, size_t size)
{
	char *at = data;

	while (size > 0) {
		ssize_t got = read(fd, at, size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		size -= (size_t)got;
	}
	return true;
}

/* printable - and if the reader did not see to that itself, it does not matter */
static char *printable(char *text)
{
	for (char *byte = text; *byte; byte++)
		if (*byte < ' ' || *byte > 126)
			*byte = '?';
	return text;
}

static void refuse(struct intake *intake, const char *name, const char *why, bool odd)
{
	if (json_array_size(intake->refused) >= LISTED)
		intake->more++;
	else
		json_array_append_new(intake->refused, json_pack("{ss ss sb}", "name", name, "reason", why, "odd", odd));
}

/* keep - write one file; false if it is not one to keep */
static void keep(struct intake *intake, const char *target, const char *from, const void *data, size_t size)
{
	int fd;

	if (!wanted_target(target, intake->wanted)) {
		refuse(intake, from, "the reader of this submission broke", true);
		return;
	}
	if (strncmp(target, "capstone/", 9) == 0 && mkdirat(intake->folder, "capstone", 0755) < 0 && errno != EEXIST)
		err(3, "capstone");
	fd = openat(intake->folder, target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0 && errno == EEXIST) {
		refuse(intake, from, "a second file for the same place: the first one counts", true);
		return;
	}
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) < 0)
		err(3, "%s", target);
	json_array_append_new(intake->accepted,
		json_pack("{ss ss sI}", "name", target, "from", from, "size", (json_int_t)size));
}

/* take_frame - false at the end, or where what comes makes no sense */
static bool take_frame(struct intake *intake, int fd)
{
	static char data[MAX_FILE];
	char name[MAX_NAME + 1], text[MAX_NAME + 1];
	struct frame frame;

	if (!get(fd, &frame, sizeof(frame)))
		return false;
	if (frame.name_size > MAX_NAME || frame.text_size > MAX_NAME || frame.data_size > MAX_FILE)
		return false;
	if (!get(fd, name, frame.name_size) || !get(fd, text, frame.text_size) || !get(fd, data, frame.data_size))
		return false;
	name[frame.name_size] = '\0';
	text[frame.text_size] = '\0';
	printable(name);
	printable(text);
	switch (frame.kind) {
	case FRAME_FILE: keep(intake, name, text, data, frame.data_size); return true;
	case FRAME_REFUSED: refuse(intake, name, text, frame.odd != 0); return true;
	case FRAME_PROBLEM: json_decref(intake->problem); intake->problem = json_string(text); return true;
	case FRAME_END: intake->ended = true; return false;
	default: return false;
	}
}

/* read_here - the reading half: fd is its to read, out its to report to */
static void read_here(int fd, bool folder, int out, struct wanted *wanted)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* stderr stays: what confine has to say is ours */
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
		err(125, "/dev/null");
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	out = fcntl(out, F_DUPFD_CLOEXEC, 10);
	if (fd < 0 || out < 0 || dup2(fd, 3) < 0 || dup2(out, 4) < 0 || close_range(5, ~0U, 0) < 0)
		err(125, "descriptors");
	confine(folder);
	report_to(4);
	if (folder)
		read_folder(3, wanted);
	else
		read_archive(3, wanted);
	report_end();
	_exit(0);
}

/* open_source - a regular file or a folder, and nothing that a link leads to */
static int open_source(const char *path, struct stat *st)
{
	char self[40];
	int fd, held = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (held < 0 || fstat(held, st) < 0)
		err(3, "%s", path);
	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		errx(3, "%s: neither a file nor a folder", path);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", held);
	fd = open(self, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		err(3, "%s", path);
	close(held);
	return fd;
}

/* watch - the writing half; the status of the reading one */
static int watch(struct intake *intake, int in, pid_t reader)
{
	int status;

	while (take_frame(intake, in))
		;
	/* It may still hang, or go on sending what makes no sense. */
	if (!intake->ended)
		kill(reader, SIGKILL);
	close(in);
	if (waitpid(reader, &status, 0) < 0)
		err(3, "waitpid");
	return status;
}

int main(int argc, char **argv)
{
	struct wanted wanted = { .files = argv + 3, .count = argc - 3 };
	struct intake intake = { .wanted = &wanted, .accepted = json_array(), .refused = json_array(), .problem = json_null() };
	struct stat before = { 0 }, after;
	int fd, pipes[2], status;
	pid_t reader;

	if (argc < 4) {
		fprintf(stderr, "usage: intake SUBMISSION FOLDER labs/NN-name/EXERCISE.c...\n");
		return 2;
	}
	alarm(PATIENCE);
	fd = open_source(argv[1], &before);
	intake.folder = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (intake.folder < 0 || pipe2(pipes, O_CLOEXEC) < 0)
		err(3, "%s", argv[2]);
	reader = fork();
	if (reader < 0)
		err(3, "fork");
	if (reader == 0)
		read_here(fd, S_ISDIR(before.st_mode), pipes[1], &wanted);
	close(pipes[1]);
	status = watch(&intake, pipes[0], reader);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 125)
		return 3;	/* it said why */
	if (fstat(fd, &after) < 0 || (S_ISREG(before.st_mode) && (before.st_size != after.st_size ||
	    before.st_mtim.tv_sec != after.st_mtim.tv_sec || before.st_mtim.tv_nsec != after.st_mtim.tv_nsec)))
		errx(3, "%s: changed while it was read", argv[1]);
	if (!intake.ended && json_is_null(intake.problem))
		intake.problem = json_string("its reader broke, or came to the limits of its time or memory");
	return json_dumpf(json_pack("{so so so si}", "accepted", intake.accepted, "refused", intake.refused,
		"problem", intake.problem, "more", intake.more), stdout, JSON_COMPACT) < 0 || fflush(stdout) ? 3 : 0;
}
