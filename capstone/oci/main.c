/* main.c - skiff-oci: its command line, and where its errors go */
#include <getopt.h>
#include <time.h>

#include "oci.h"

static const char usage[] =
"usage: skiff-oci [GLOBAL OPTIONS] COMMAND [OPTIONS] [ID]\n"
"\n"
"An OCI runtime, called by podman, containerd or docker.\n"
"\n"
"  create  --bundle DIR [--pid-file FILE] [--console-socket PATH] [--preserve-fds N] ID\n"
"  start   ID\n"
"  state   ID\n"
"  ps      [--format json] ID         the pids in it, as an array\n"
"  kill    [--all] ID [SIGNAL]\n"
"  delete  [--force] ID\n"
"  exec    [--process FILE] [--detach] [--pid-file FILE] [--console-socket PATH] [--preserve-fds N]\n"
"          [--tty] [--cwd DIR] [--env NAME=VALUE] [--user UID[:GID]] [--no-new-privs] ID [COMMAND [ARG...]]\n"
"  pause   ID\n"
"  resume  ID\n"
"  list    [--quiet] [--format table|json]\n"
"  features\n"
"\n"
"  --root DIR            where the state is (/run/skiff-oci)\n"
"  --log FILE            errors also there\n"
"  --log-format FORMAT   text or json\n"
"  --cgroup-manager cgroupfs\n"
"  --version, --help\n"
"\n"
"Exit status: 0; that of COMMAND, of exec without --detach; 127 or 126 where the container's program\n"
"was not found or cannot be run; 2 for a wrong command line; 125 for anything else.\n";

/* complain - on stderr, and in the caller's log */
static void complain(const struct request *r, const struct failure *f)
{
	/* Whatever is there: it must not keep us waiting. */
	int fd = r->log != NULL ? open(r->log, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644) : -1;
	FCLOSED FILE *file = fd >= 0 ? fdopen(fd, "a") : NULL;
	time_t now = time(NULL);
	char when[32];

	fprintf(stderr, "skiff-oci: %s\n", f->text);
	if (file == NULL)
		return;
	/* lint: twenty characters until the year 10000 */
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	if (strcmp(r->log_format, "json") != 0)
		fprintf(file, "time=\"%s\" level=error msg=\"%s\"\n", when, f->text);
	else
		json_dumpf(json_pack("{s:s, s:s, s:s}", "level", "error", "msg", f->text, "time", when), file, JSON_COMPACT), fputc('\n', file);
}

enum { ID = 1, REST = 2, SEALED = 4, OPEN = 8, LOCKED = 16 };
static const struct command {
	const char *name;
	int (*run)(struct request *r, struct state *s, struct failure *f);
	int takes;
	const char *options;    /* of those below, by letter */
	const char *status;     /* what the container must be, one of these; NULL: anything */
} commands[] = {
	{ "create", oci_create, ID | SEALED, "bPCF", NULL },
	{ "start", oci_start, ID | LOCKED, "", "created" },
	{ "state", oci_state, ID | OPEN, "", NULL },
	{ "ps", oci_ps, ID | OPEN, "o", NULL },
	{ "kill", oci_kill, ID | OPEN | REST, "a", NULL },
	{ "delete", oci_delete, ID, "f", NULL },
	{ "exec", oci_exec, ID | LOCKED | REST | SEALED, "pdPCFtweun", "running created" },
	{ "pause", oci_pause, ID | LOCKED, "", "running created" },
	{ "resume", oci_resume, ID | LOCKED, "", "paused" },
	{ "list", oci_list, 0, "qo", NULL },
	{ "features", oci_features, 0, "", NULL },
};
static const struct command global = { .name = "skiff-oci", .takes = REST, .options = "rlLDmsv" };

static const struct option options[] = {
	{ "root", 1, NULL, 'r' }, { "log", 1, NULL, 'l' }, { "log-format", 1, NULL, 'L' }, { "log-level", 1, NULL, 'D' }, { "debug", 0, NULL, 'D' },
	{ "rootless", 1, NULL, 'D' }, { "cgroup-manager", 1, NULL, 'm' }, { "systemd-cgroup", 0, NULL, 's' }, { "version", 0, NULL, 'v' },
	{ "bundle", 1, NULL, 'b' }, { "pid-file", 1, NULL, 'P' }, { "console-socket", 1, NULL, 'C' }, { "preserve-fds", 1, NULL, 'F' },
	{ "all", 0, NULL, 'a' }, { "force", 0, NULL, 'f' }, { "process", 1, NULL, 'p' }, { "detach", 0, NULL, 'd' }, { "tty", 0, NULL, 't' },
	{ "cwd", 1, NULL, 'w' }, { "env", 1, NULL, 'e' }, { "user", 1, NULL, 'u' }, { "no-new-privs", 0, NULL, 'n' },
	{ "quiet", 0, NULL, 'q' }, { "format", 1, NULL, 'o' }, { "help", 0, NULL, 'h' }, { NULL, 0, NULL, 0 },
};

static int wrong(struct failure *f, const char *what, const char *which)
{
	fail(f, 0, "%s: %s (see skiff-oci --help)", which, what);
	f->status = 2;
	return -1;
}

/* take_user - "UID" or "UID:GID" into the process of exec */
static int take_user(struct request *r, const char *text, struct failure *f)
{
	const char *colon = strchr(text, ':');
	uint64_t uid, gid = 0;
	char number[16];

	if (!FITS(number, "%.*s", (int)(colon != NULL ? (size_t)(colon - text) : strlen(text)), text) ||
	    parse_count(number, 0, UINT32_MAX - 1, &uid) < 0 ||
	    (colon != NULL && parse_count(colon + 1, 0, UINT32_MAX - 1, &gid) < 0))
		return wrong(f, "not UID[:GID]", text);
	return json_object_set_new(r->changes, "user", json_pack("{s:I, s:I}", "uid", (json_int_t)uid, "gid", (json_int_t)gid));
}

static int take_option(struct request *r, int letter, struct failure *f)
{
	uint64_t count;

	switch (letter) {
	case 'r': r->root = optarg; break;
	case 'l': r->log = optarg; break;
	case 'L': r->log_format = optarg; break;
	case 'D': break;        /* how much to say, and what is seen anyway */
	case 'm':
		if (strcmp(optarg, "systemd") != 0)
			break;
		/* fallthrough */
	case 's': return fail(f, 0, "control groups by systemd: not supported (use cgroupfs)");
	case 'v': return printf("skiff-oci version 1.0\nspec: " OCI_VERSION "\n") < 0 ? -1 : 1;
	case 'h': return fputs(usage, stdout) < 0 ? -1 : 1;
	case 'b': r->bundle = optarg; break;
	case 'P': r->pid_file = optarg; break;
	case 'C': r->console = optarg; break;
	case 'F':
		if (parse_count(optarg, 0, 1000, &count) < 0)
			return wrong(f, "--preserve-fds: not a count", optarg);
		r->preserved = (int)count;
		break;
	case 'a': r->all = true; break;
	case 'f': r->force = true; break;
	case 'p': r->process = optarg; break;
	case 'd': r->detach = true; break;
	case 'q': r->quiet = true; break;
	case 'o': r->format = optarg; break;
	case 't': return json_object_set_new(r->changes, "terminal", json_true());
	case 'w': return json_object_set_new(r->changes, "cwd", json_string(optarg));
	case 'n': return json_object_set_new(r->changes, "noNewPrivileges", json_true());
	case 'e': return json_array_append_new(r->env, json_string(optarg));
	case 'u': return take_user(r, optarg, f);
	}
	return 0;
}

/* take_options - those of COMMAND.  Returns 1 where that was all that was asked for */
static int take_options(struct request *r, const struct command *command, int argc, char **argv, struct failure *f)
{
	int letter, done = 0;

	optind = 0;
	while (done == 0 && (letter = getopt_long(argc, argv, command->takes & REST ? "+:hvb:fap:dte:u:q" : ":hb:fap:dte:u:q", options, NULL)) >= 0) {
		if (letter != 'h' && (letter == '?' || letter == ':' || strchr(command->options, letter) == NULL))
			return wrong(f, letter == ':' ? "a value is missing" : "no such option", argv[optind - 1]);
		done = take_option(r, letter, f);
	}
	return done;
}

static int run(const struct command *command, struct request *r, int argc, char **argv, struct failure *f)
{
	static struct state s;
	json_t *args = json_array();

	r->changes = json_object();
	r->env = json_array();
	switch (take_options(r, command, argc, argv, f)) {
	case 1: return 0;
	case -1: return -1;
	}
	if ((command->takes & ID) && optind == argc)
		return wrong(f, "an ID is missing", command->name);
	r->id = command->takes & ID ? argv[optind++] : NULL;
	r->rest = argv + optind;
	if (optind < argc && !(command->takes & REST))
		return wrong(f, "too many arguments", argv[optind]);
	for (char **word = r->rest; *word != NULL; word++)
		json_array_append_new(args, json_string(*word));
	if (json_array_size(args) > 0)
		json_object_set(r->changes, "args", args);
	/* Nothing of the caller's goes on but what it names. */
	TRY(syscall(SYS_close_range, 3U + (unsigned)r->preserved, ~0U, 0U), "close_range");
	TRY(r->cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), "the working directory");
	if ((r->root = root_absolute(r->root, f)) == NULL)
		return -1;
	if (command->takes & (OPEN | LOCKED))
		PASS(state_open(&s, r->root, r->id, command->takes & LOCKED, f));
	if (command->status != NULL && !has_word(command->status, state_status(&s)))
		return fail(f, 0, "container '%s' is %s, not %.*s", r->id, state_status(&s), (int)strcspn(command->status, " "), command->status);
	return command->run(r, &s, f);
}

static int start(struct request *r, int argc, char **argv, struct failure *f)
{
	const struct command *command = commands;
	struct stat st;

	switch (take_options(r, &global, argc, argv, f)) {
	case 1: return 0;
	case -1: return -1;
	}
	if (strcmp(r->log_format, "text") != 0 && strcmp(r->log_format, "json") != 0)
		return wrong(f, "--log-format: there are text and json", r->log_format);
	if (optind == argc)
		return wrong(f, "a command is missing", "skiff-oci");
	while (command < commands + COUNT(commands) && strcmp(argv[optind], command->name) != 0)
		command++;
	if (command == commands + COUNT(commands))
		return wrong(f, "no such command", argv[optind]);
	for (int fd = 0; fd <= 2; fd++)
		if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
			return fail(f, 0, "descriptor %d is a directory: a way out of the container", fd);
	if (command->takes & SEALED)
		PASS(run_sealed(argv, f));
	return run(command, r, argc - optind, argv + optind, f);
}

int main(int argc, char **argv)
{
	struct request r = { .root = state_root(), .bundle = ".", .log_format = "text" };
	struct failure f = { 0 };
	int status;

	/* What is made here is never for others to write, and always for this user to read. */
	umask((umask(0) | 022) & 077);
	/* A caller that closed 0, 1 or 2 must not have them filled by ours. */
	do
		status = open("/dev/null", O_RDWR);
	while (status >= 0 && status <= 2);
	close(status);
	status = start(&r, argc, argv, &f);
	if (status >= 0)
		return status;
	complain(&r, &f);
	return f.status != 0 ? f.status : 125;
}
