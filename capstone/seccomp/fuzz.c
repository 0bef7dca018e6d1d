/* fuzz.c - profiles that went wrong, as many as there is time for
 *
 *   fuzz SECONDS SEED PROFILE
 *
 * Built with the sanitizers around the whole of skiff-seccomp.c, whose reader
 * gets, each time in a process of its own, one of:
 *
 *   noise    the profile's text with bytes and tokens changed: refused if
 *            jansson does not take it for JSON, else refused or compiled
 *   broken   its tree with one thing in it that no profile may have: refused
 *   same     its tree written differently, with names that do not exist: the
 *            same filter, instruction by instruction
 *
 * Refused is status 1, one line, and nothing on stdout; compiled is status 0 and
 * a filter that begins by killing foreign ABIs.  What is neither stays in
 * ./fuzz-case.json, and the exit status is 1. */
#define main skiff_seccomp_main
#include "skiff-seccomp.c"
#undef main

#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

enum { MAX_TEXT = 1 << 17 };

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:exitcode=99";    /* it is over in a moment */
}

/* What came of one case. */
struct result {
	int status;             /* as of wait(2) */
	size_t length;          /* of the filter */
	struct sock_filter code[BPF_MAXINSNS + 1];
	char said[4096];
};

static void fill(int fd, const void *text, size_t length)
{
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, length, 0) != (ssize_t)length)
		err(2, "memfd");
}

static void run_case(const char *text, size_t length, uint64_t caps, struct result *result)
{
	static int in = -1, out, words;
	char path[64];
	pid_t child;
	ssize_t n;

	if (in < 0) {
		in = memfd_create("profile", 0);
		out = memfd_create("filter", 0);
		words = memfd_create("words", 0);
	}
	fill(in, text, length);
	fill(out, "", 0);
	fill(words, "", 0);
	child = fork();
	if (child < 0)
		err(2, "fork");
	if (child == 0) {
		alarm(60);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", in);
		if (dup2(out, 1) < 0 || dup2(words, 2) < 0 || lseek(1, 0, SEEK_SET) < 0 || lseek(2, 0, SEEK_SET) < 0)
			_exit(98);
		profile(path, caps, false);
		exit(0);
	}
	if (waitpid(child, &result->status, 0) != child)
		err(2, "waitpid");
	n = pread(out, result->code, sizeof(result->code), 0);
	result->length = n < 0 ? 0 : (size_t)n;
	n = pread(words, result->said, sizeof(result->said) - 1, 0);
	result->said[n < 0 ? 0 : n] = '\0';
}

/* wrong - what is wrong with the outcome; NULL: nothing
 * @may: may it have been compiled? */
static const char *wrong(const struct result *r, bool may)
{
	const struct sock_filter *code = r->code, *end = code + r->length / sizeof(*code);
	size_t said = strlen(r->said);

	if (!WIFEXITED(r->status) || WEXITSTATUS(r->status) > 1)
		return "it crashed, or hung";
	if (said > 0 && (strncmp(r->said, "skiff-seccomp: /proc/self/fd/", 29) != 0 || strchr(r->said, '\n') != r->said + said - 1))
		return "not one line";
	if (WEXITSTATUS(r->status) == 1)
		return said == 0 ? "refused without a word" : r->length > 0 ? "refused, with a filter" : NULL;
	if (!may)
		return "compiled, although it is broken";
	if (r->length < 4 * sizeof(*code) || r->length > BPF_MAXINSNS * sizeof(*code) || r->length % sizeof(*code) != 0)
		return "not an array of instructions";
	if (code[0].code != (BPF_LD | BPF_W | BPF_ABS) || code[0].k != offsetof(struct seccomp_data, arch) ||
	    code[1].code != (BPF_JMP | BPF_JEQ | BPF_K) || code[1].k != seccomp_arch_native())
		return "the ABI is not looked at first";
	for (code += 2 + code[1].jf; code < end && code->code == (BPF_JMP | BPF_JA); code += 1 + code->k)
		;
	return code >= end || code->code != (BPF_RET | BPF_K) || code->k != SECCOMP_RET_KILL_PROCESS ?
	       "foreign ABIs are not killed" : NULL;
}

/* ---- noise ---- */

static size_t below(size_t n) { return n == 0 ? 0 : (size_t)random() % n; }

/* replace - N bytes at AT by others */
static size_t replace(char *text, size_t length, size_t at, size_t n, const char *by, size_t by_length)
{
	if (length - n + by_length > MAX_TEXT)
		return length;
	memmove(text + at + by_length, text + at + n, length - at - n);
	memcpy(text + at, by, by_length);
	return length - n + by_length;
}

static size_t noise(char *text, size_t length)
{
	static const char *const tokens[] = {
		"{", "}", "[", "]", ",", ":", "\"", "null", "true", "-1", "0", "5", "4096", "1e9", "1.5", "\\u0000", "\xff", "\n",
		"9223372036854775807", "9223372036854775808", "[[[[[[[[[[[[[[[[", "\"SCMP_ACT_NOTIFY\"", "\"SCMP_ACT_KILL\"",
		"\"SCMP_CMP_MASKED_EQ\"", "\"args\"", "\"read\"", "{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},", "\x1b[31m",
	};
	char piece[256], byte;

	for (size_t times = 1 + below(6); times > 0; times--) {
		size_t at = below(length), n = below(length - at < 64 ? length - at : 64), from, token = below(COUNT(tokens));
		switch (below(6)) {
		case 0: text[at] ^= (char)(1 << below(8)); break;
		case 1: length = replace(text, length, at, n, "", 0); break;
		case 2: length = replace(text, length, at, 0, tokens[token], strlen(tokens[token])); break;
		case 3: length = replace(text, length, at, n, tokens[token], strlen(tokens[token])); break;
		case 4: byte = (char)random(); length = replace(text, length, at, 1, &byte, 1); break;
		default:
			n = below(length < sizeof(piece) ? length : sizeof(piece));
			from = below(length - n);
			memcpy(piece, text + from, n);
			length = replace(text, length, at, 0, piece, n);
		}
	}
	return below(40) == 0 ? below(length) : length;
}

/* ---- broken and same ---- */

/* pick - the N-th value of the tree, counted through all of it, with the
 * object or array that it is in */
static json_t *pick(json_t *in, size_t *n, json_t **parent, const char **key, size_t *index)
{
	json_t *value, *found;
	const char *name;
	size_t i;

	json_array_foreach(in, i, value) {
		if ((*n)-- == 0)
			return *parent = in, *key = NULL, *index = i, value;
		if ((found = pick(value, n, parent, key, index)) != NULL)
			return found;
	}
	json_object_foreach(in, name, value) {
		if ((*n)-- == 0)
			return *parent = in, *key = name, value;
		if ((found = pick(value, n, parent, key, index)) != NULL)
			return found;
	}
	return NULL;
}

/* spoil - one thing that is wrong wherever it stands */
static void spoil(json_t *root)
{
	json_t *value, *parent, *bad;
	const char *key;
	char other[64];
	size_t n, i = 0;

	do
		n = below(2000);
	while ((value = pick(root, &n, &parent, &key, &i)) == NULL);
	switch (below(3)) {
	case 0: bad = json_true(); break;
	case 1: bad = json_real(1.5); break;
	default: bad = json_is_integer(value) ? json_integer(-1) : json_integer(INT64_MAX); break;
	}
	if (key == NULL) {
		json_array_set_new(parent, i, bad);
	} else if (below(2) == 0) {
		json_object_set_new(parent, key, bad);
	} else {
		/* lint: cut or not, it is another word */
		snprintf(other, sizeof(other), "%sX", key);
		json_object_set_new(parent, other, bad);
	}
}

/* disguise - the same profile in other words */
static void disguise(json_t *root)
{
	json_t *rules = json_object_get(root, "syscalls"), *rule, *names;

	for (size_t times = 1 + below(5); times > 0; times--) {
		rule = json_array_get(rules, below(json_array_size(rules)));
		names = json_object_get(rule, "names");
		if (names != NULL)
			json_array_insert_new(names, below(json_array_size(names)), json_string("nonesuch"));
		json_object_set_new(rule, "comment", json_string("\xc3\xa9\n"));
		json_array_append(rules, rule);         /* said twice */
	}
}

/* one - a case; NULL, or what is wrong with its outcome */
static const char *one(json_t *sound, const struct result *its, char *text, size_t *length, struct result *result)
{
	json_t *tree = json_deep_copy(sound), *again;
	size_t kind = below(4);
	const char *why;
	char *dump;

	if (kind == 1)
		spoil(tree);
	if (kind == 2)
		disguise(tree);
	dump = json_dumps(tree, JSON_INDENT(below(5)) | (below(2) ? JSON_ENSURE_ASCII : 0) | (below(2) ? JSON_SORT_KEYS : 0));
	json_decref(tree);
	*length = strlen(dump);
	memcpy(text, dump, *length);
	free(dump);
	if (kind == 0 || kind == 3)
		*length = noise(text, *length);
	again = json_loadb(text, *length, JSON_REJECT_DUPLICATES, NULL);
	run_case(text, *length, 0, result);
	why = wrong(result, kind != 1 && again != NULL);
	json_decref(again);
	if (why == NULL && kind == 2 && (result->length != its->length || memcmp(result->code, its->code, its->length) != 0))
		why = "another filter of the same profile";
	return why;
}

int main(int argc, char **argv)
{
	static struct result its, result;
	static char text[MAX_TEXT];
	unsigned long cases = 0, compiled = 0;
	size_t length = 0;
	json_t *sound = argc == 4 ? json_load_file(argv[3], JSON_REJECT_DUPLICATES, NULL) : NULL;
	time_t end = argc == 4 ? time(NULL) + atoi(argv[1]) : 0;
	const char *why;
	char *dump;
	FILE *file;

	if (sound == NULL)
		errx(2, "usage: fuzz SECONDS SEED PROFILE");
	srandom((unsigned)atoi(argv[2]));
	dump = json_dumps(sound, 0);
	run_case(dump, strlen(dump), 0, &its);
	for (why = wrong(&its, true); why == NULL && time(NULL) < end; cases++) {
		why = one(sound, &its, text, &length, &result);
		compiled += WIFEXITED(result.status) && WEXITSTATUS(result.status) == 0;
	}
	printf("%lu profiles, %lu of them compiled\n", cases, compiled);
	if (why == NULL)
		return its.length == 0;
	if ((file = fopen("fuzz-case.json", "w")) != NULL) {
		fwrite(text, length, 1, file);
		fclose(file);
	}
	printf("case %lu of seed %s: %s: status 0x%x, it said: %s\n", cases, argv[2], why, result.status, result.said);
	return 1;
}
