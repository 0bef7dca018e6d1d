/* json.h - a file of JSON, what may stand in it, and what is said of what may not
 *
 * A filter that was misread is worse than none: whatever is not understood is
 * an error, in one line, and there is no filter.  See jansson's API reference. */
#include <poll.h>
#include <sys/stat.h>
#include <time.h>

enum { MAX_FILE = 1 << 20, MAX_RULES = BPF_MAXINSNS };

struct profile {
	const char *file;
	char where[40];         /* "", or "syscalls[3]: " */
	uint64_t caps;          /* of the container */
	bool asking;            /* there is somebody to ask: SCMP_ACT_NOTIFY */
	uint32_t other;         /* the default action */
	scmp_filter_ctx ctx;
	unsigned rules;
	bool adding;            /* or still looking at all of them */
	uint32_t always[NUMBERS];       /* by call: the action of its rule without
					 * conditions, NO_RULE: it has none */
};

enum { LINE = 1024 };

/* compose - one line, whatever is in the names */
static void compose(char line[LINE], const struct profile *p, const char *format, va_list args)
{
	int n = snprintf(line, LINE / 2, "skiff-seccomp: %s: %s", p->file, p->where);

	n = n < LINE / 2 ? n : LINE / 2 - 1;
	vsnprintf(line + n, (size_t)(LINE - 1 - n), format, args);
	for (char *at = line; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	strcat(line, "\n");
}

static void put_line(char line[LINE], const struct profile *p, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void put_line(char line[LINE], const struct profile *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	compose(line, p, format, args);
	va_end(args);
}

static void say(const struct profile *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct profile *p, const char *format, ...)
{
	char line[LINE];
	va_list args;

	va_start(args, format);
	compose(line, p, format, args);
	va_end(args);
	fputs(line, stderr);
}

/* refuse - say so, and make no filter */
static void refuse(const struct profile *p, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));
static void refuse(const struct profile *p, const char *format, ...)
{
	char line[LINE];
	va_list args;

	va_start(args, format);
	compose(line, p, format, args);
	va_end(args);
	fputs(line, stderr);
	exit(1);
}

/* Of a few dozen rules with conditions on several arguments each, libseccomp
 * makes a tree without end.  CPU seconds, far more than a sound profile takes. */
enum { PATIENCE = 5 };
static char too_long[LINE];

static void give_up(int signal)
{
	ssize_t n = write(STDERR_FILENO, too_long, strlen(too_long));

	(void)signal, (void)n;
	_exit(1);
}

static void limit_time(const struct profile *p)
{
	struct rlimit limit;

	put_line(too_long, p, "libseccomp cannot make a filter of it: too many conditions");
	if (signal(SIGXCPU, give_up) == SIG_ERR || getrlimit(RLIMIT_CPU, &limit) < 0)
		refuse(p, "a time limit: %s", strerror(errno));
	if (limit.rlim_cur > PATIENCE)
		limit.rlim_cur = PATIENCE;
	if (setrlimit(RLIMIT_CPU, &limit) < 0)
		refuse(p, "a time limit: %s", strerror(errno));
}

/* A member that an object may have.  Of a type, or null, which is as good as
 * absent: Docker's own profile has such. */
struct member {
	const char *name;
	json_type type;
	bool required;
};

static const char *type_name(json_type type)
{
	return type == JSON_OBJECT ? "an object" : type == JSON_ARRAY ? "an array" :
	       type == JSON_STRING ? "a string" : "an integer";
}

/* check_object - these members and no others */
static void check_object(const struct profile *p, json_t *object, const char *what,
			 const struct member *members, size_t count)
{
	const char *name;
	json_t *value;
	size_t i;

	if (!json_is_object(object))
		refuse(p, "%s is not an object", what);
	json_object_foreach(object, name, value) {
		for (i = 0; i < count && strcmp(members[i].name, name) != 0; i++)
			;
		if (i == count)
			refuse(p, "%s: unknown key '%s'", what, name);
		if (!json_is_null(value) && json_typeof(value) != members[i].type)
			refuse(p, "%s: '%s' is not %s", what, name, type_name(members[i].type));
	}
	for (i = 0; i < count; i++) {
		value = json_object_get(object, members[i].name);
		if (members[i].required && (value == NULL || json_is_null(value)))
			refuse(p, "%s: '%s' is missing", what, members[i].name);
	}
}

/* get_string - NULL where there is none */
static const char *get_string(json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* get_strings - an array of nothing but strings; an empty one where there is none */
static json_t *get_strings(const struct profile *p, json_t *object, const char *name)
{
	json_t *array = json_object_get(object, name), *value;
	size_t i;

	json_array_foreach(array, i, value)
		if (!json_is_string(value))
			refuse(p, "'%s': not only strings", name);
	return array;
}

/* get_number - 0 to MAX; OTHER where there is none */
static json_int_t get_number(const struct profile *p, json_t *object, const char *name,
			     json_int_t max, json_int_t other)
{
	json_t *value = json_object_get(object, name);

	if (!json_is_integer(value))
		return other;
	if (json_integer_value(value) < 0 || json_integer_value(value) > max)
		refuse(p, "'%s' is %" JSON_INTEGER_FORMAT ": out of range", name, json_integer_value(value));
	return json_integer_value(value);
}

/* open_file - a regular file or a pipe.  A device is not even opened, which may do something;
 * and a pipe that nobody writes to must not keep us waiting. */
static int open_file(const struct profile *p)
{
	struct stat st;
	int fd;

	if (stat(p->file, &st) < 0)
		refuse(p, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		refuse(p, "not a regular file, and no pipe");
	fd = open(p->file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		refuse(p, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		refuse(p, "not a regular file, and no pipe");
	return fd;
}

/* read_some - of it, before the time END.  As read(2) */
static ssize_t read_some(const struct profile *p, int fd, time_t end, char *text, size_t size)
{
	struct pollfd more = { .fd = fd, .events = POLLIN };
	ssize_t n;

	do {
		if (time(NULL) > end || poll(&more, 1, PATIENCE * 1000) == 0)
			refuse(p, "not all of it was there within %d seconds", PATIENCE);
		n = read(fd, text, size);
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));
	return n;
}

/* load_json - the whole file */
static json_t *load_json(const struct profile *p)
{
	static char text[MAX_FILE + 1];
	int fd = open_file(p);
	json_error_t error;
	size_t length = 0;
	time_t end = time(NULL) + PATIENCE;
	ssize_t n = 1;
	json_t *root;

	while (n > 0 && length < sizeof(text)) {
		n = read_some(p, fd, end, text + length, sizeof(text) - length);
		length += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		refuse(p, "%s", strerror(errno));
	close(fd);
	if (length > MAX_FILE)
		refuse(p, "larger than %d bytes", MAX_FILE);
	/* jansson refuses what is nested more than 2048 deep. */
	root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		refuse(p, "not JSON: line %d: %s", error.line, error.text);
	return root;
}
