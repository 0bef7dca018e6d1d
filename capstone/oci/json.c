/* json.c - reading JSON (jansson does the work) */
#include <stdarg.h>

#include "oci.h"

/* Callers write 2^64 - 1 for "no limit", more than a json_int_t holds. */
static const char unlimited[] = "18446744073709551615";

/* settle - that number, outside of strings, becomes the greatest one that there is */
static void settle(char *text)
{
	bool inside = false;

	for (char *at = text; *at != '\0'; at++) {
		if (inside && *at == '\\' && at[1] != '\0')
			at++;
		else if (*at == '"')
			inside = !inside;
		else if (!inside && strncmp(at, unlimited, sizeof(unlimited) - 1) == 0)
			at = (char *)memcpy(at, " 9223372036854775807", sizeof(unlimited) - 1) + sizeof(unlimited) - 2;
	}
}

static void drop_nulls(json_t *value)
{
	const char *key;
	json_t *member;
	void *next;
	size_t i;

	json_object_foreach_safe(value, next, key, member) {
		if (json_is_null(member))
			json_object_del(value, key);
		else
			drop_nulls(member);
	}
	json_array_foreach(value, i, member) {
		drop_nulls(member);
	}
}

json_t *json_read(int dir, const char *path, bool ours, size_t most, struct failure *f)
{
	size_t size;
	char *text = file_take(dir, path, ours, most, &size, f);
	json_error_t error = { .text = "not JSON: a NUL byte" };
	json_t *value = NULL;

	if (text == NULL)
		return NULL;
	if (strlen(text) == size) {
		settle(text);
		value = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	}
	free(text);
	if (!json_is_object(value))
		return fail(f, 0, "%s: %s", path, value == NULL ? error.text : "not an object"), NULL;
	drop_nulls(value);
	return value;
}

int json_take(json_t *object, const char *where, struct failure *f, const char *format, ...)
{
	json_error_t error;
	va_list args;
	int done;

	if (object == NULL)
		return 0;
	va_start(args, format);
	done = json_vunpack_ex(object, &error, 0, format, args);
	va_end(args);
	return done == 0 ? 0 : fail(f, 0, "%s: %s", where, error.text);
}

const struct json_word *word_find(const struct json_word *words, const char *name)
{
	for (; words->name != NULL; words++)
		if (strcmp(words->name, name) == 0)
			return words;
	return NULL;
}

int json_flags(json_t *array, const char *where, const struct json_word *words, uint64_t *flags, struct failure *f)
{
	char **names = json_strings(array, where, f);

	for (; names != NULL && *names != NULL; names++) {
		const struct json_word *word = word_find(words, *names);
		if (word == NULL)
			return fail(f, 0, "%s: '%s': not supported", where, *names);
		*flags |= word->value;
	}
	return names != NULL ? 0 : -1;
}

char **json_strings(json_t *array, const char *where, struct failure *f)
{
	char **list = calloc(json_array_size(array) + 1, sizeof(*list));
	json_t *value;
	size_t i;

	if (list == NULL || (array != NULL && !json_is_array(array)))
		return fail(f, 0, "%s: not an array", where), NULL;
	json_array_foreach(array, i, value) {
		list[i] = (char *)(uintptr_t)json_string_value(value);
		if (list[i] == NULL)
			return fail(f, 0, "%s: not all of it are strings", where), NULL;
	}
	return list;
}
