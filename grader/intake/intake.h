/* intake.h - what the halves of intake share: see main.c */
#ifndef INTAKE_H
#define INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_FILE	(1 << 20)	/* bytes of one file */
#define MAX_READ	(256 << 20)	/* bytes of an archive, unpacked */
#define MAX_ENTRIES	10000		/* of an archive, or of a folder */
#define MAX_NAME	1024		/* bytes of a name that is looked at */

/* What the reading half tells the writing half, before `name` (its length
 * `name_size`), `text` and `data`. */
struct frame {
	uint8_t kind;		/* one of FRAME_* */
	uint8_t odd;		/* FRAME_REFUSED: worth a look */
	uint16_t name_size;
	uint16_t text_size;
	uint32_t data_size;
};
#define FRAME_FILE	'F'	/* name: where it goes; text: its name there; data: its contents */
#define FRAME_REFUSED	'R'	/* name: its name there; text: why */
#define FRAME_PROBLEM	'P'	/* text: what is wrong with the whole */
#define FRAME_END	'E'	/* nothing more: the reader came to its end */

/* names.c: which names are asked for */
struct wanted {
	char **files;		/* labs/NN-name/X.c, which may also be X.c alone */
	int count;
	char top[256];		/* the folder all lies in, once one is seen */
};
bool wanted_target(const char *target, const struct wanted *wanted);
const char *wanted_place(const char *name, struct wanted *wanted, const char **why, bool *odd);
bool wanted_folder(const char *name);
void escape_name(const char *name, char *escaped, size_t size);

/* report.c: the reading half's side of the pipe */
void report_to(int fd);
void report_file(const char *target, const char *name, const void *data, size_t size);
void report_refused(const char *name, const char *why, bool odd);
void report_problem(const char *format, ...) __attribute__((format(printf, 1, 2)));
void report_end(void);

/* The two readers, each in a process that may do nothing else. */
void read_archive(int fd, struct wanted *wanted);	/* archive.c */
void read_folder(int fd, struct wanted *wanted);	/* folder.c */
void confine(bool folder);				/* confine.c; exits 125 where it cannot */

#endif
