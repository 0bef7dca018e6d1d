/* names.c - which of the names in a submission are asked for
 *
 * A name is a string of bytes that somebody chose.  It is never used to open
 * anything: it only selects one of the names that we know. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "intake.h"

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* X.c or X.h, a plain name */
static bool source_name(const char *name)
{
	size_t size = strlen(name);

	if (size < 3 || size > 64 || name[0] == '-' || name[0] == '.')
		return false;
	if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") != size)
		return false;
	return name[size - 2] == '.' && (name[size - 1] == 'c' || name[size - 1] == 'h');
}

/* wanted_target - is this a place where a file of a submission may go?
 *
 * The writing half asks that of everything the reading half says. */
bool wanted_target(const char *target, const struct wanted *wanted)
{
	if (strcmp(target, "manifest.json") == 0)
		return true;
	if (strncmp(target, "capstone/", 9) == 0)
		return source_name(target + 9);
	for (int i = 0; i < wanted->count; i++)
		if (strcmp(target, base(wanted->files[i])) == 0)
			return true;
	return false;
}

/* in_tree - the target of a name below the submission's top, or NULL */
static const char *in_tree(const char *name, const struct wanted *wanted)
{
	for (int i = 0; i < wanted->count; i++)
		if (strcmp(name, wanted->files[i]) == 0)
			return base(name);
	return (strncmp(name, "labs/", 5) != 0 && wanted_target(name, wanted)) ? name : NULL;
}

/* hostile - what is wrong with a name as a name, or NULL */
static const char *hostile(const char *name)
{
	json_t *valid;

	if (name[0] == '\0')
		return "it has no name";
	if (strlen(name) >= MAX_NAME)
		return "its name is too long";
	if (name[0] == '/')
		return "its name is absolute";
	for (const char *part = name; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
			return "its name leads out, with ..";
	}
	for (const char *byte = name; *byte; byte++)
		if ((unsigned char)*byte < ' ' || *byte == 127)
			return "its name has a control character";
	valid = json_string(name);
	if (!valid)
		return "its name is not UTF-8";
	json_decref(valid);
	return NULL;
}

/* wanted_place - where the file `name` of a submission goes
 *
 * The whole may lie in one folder of any name, the same for all.  Returns the
 * target, or NULL with *why and *odd (is it more than one file too many?). */
const char *wanted_place(const char *name, struct wanted *wanted, const char **why, bool *odd)
{
	const char *target, *rest;
	size_t size;

	*odd = true;
	if ((*why = hostile(name)))
		return NULL;
	*odd = false;
	while (strncmp(name, "./", 2) == 0)
		name += 2;
	if ((target = in_tree(name, wanted)))
		return target;
	rest = strchr(name, '/');
	size = rest ? (size_t)(rest - name) : 0;
	if (rest && size < sizeof(wanted->top) && (target = in_tree(rest + 1, wanted))) {
		if (wanted->top[0] == '\0')
			memcpy(wanted->top, name, size);
		if (strlen(wanted->top) == size && strncmp(wanted->top, name, size) == 0)
			return target;
		*why = "it lies in another folder than the files before it";
	} else if (wanted_target(base(name), wanted)) {
		*why = "it is not where a file of that name is expected";
	} else {
		*why = "not one of the files asked for";
	}
	return NULL;
}

/* wanted_folder - can files that are asked for lie in this folder? */
bool wanted_folder(const char *name)
{
	const char *rest = strchr(name, '/');
	const char *tree = name;

	if (name[0] == '.')
		return false;
	if (strcmp(name, "labs") != 0 && strncmp(name, "labs/", 5) != 0 && strcmp(name, "capstone") != 0) {
		if (!rest)
			return true;	/* it may be the one that all lies in */
		tree = rest + 1;
	}
	if (strcmp(tree, "labs") == 0 || strcmp(tree, "capstone") == 0)
		return true;
	return strncmp(tree, "labs/", 5) == 0 && !strchr(tree + 5, '/');
}

/* escape_name - fit to be shown anywhere: printable ASCII, without quotes
 * that would need quoting again; cut short, with dots, where it is long */
void escape_name(const char *name, char *escaped, size_t size)
{
	size_t used = 0;

	for (; *name; name++) {
		unsigned char byte = (unsigned char)*name;

		if (used + 8 > size) {
			memcpy(escaped + used, "...", 4);
			return;
		}
		if (byte == '\n')
			used += (size_t)snprintf(escaped + used, size - used, "\\n");
		else if (byte == '\\' || byte < ' ' || byte > 126)
			used += (size_t)snprintf(escaped + used, size - used, "\\x%02x", byte);
		else
			escaped[used++] = (char)byte;
	}
	escaped[used] = '\0';
}
