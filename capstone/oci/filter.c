/* filter.c - linux.seccomp: a profile to BPF, its flags, and who is asked
 *
 * Where an action is SCMP_ACT_NOTIFY the kernel asks whoever holds the filter's
 * listener, a descriptor: an agent outside.  The process that loads the filter is the
 * one that gets the listener, and from then on the filter says what it may do, also
 * whether it may pass something on.  So a second thread, which has no filter, does that.
 *
 *   first thread               second thread             parent            agent
 *   seccomp(2): a listener
 *   watches a word in memory   passes it on     ------>  the state too --->
 *                              ends             <- go -
 *   execve(2)
 */
#include <linux/seccomp.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "oci.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

const struct json_word filter_flags[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC }, { "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV }, { NULL, 0 },
};

bool filter_has_flags(uint64_t flags)
{
	/* The flags are looked at before the filter is. */
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, (unsigned)flags, NULL) < 0 && errno == EFAULT;
}

/* check_names - of ABIs: one that nobody knows is a mistake, as for runc */
static int check_names(json_t *seccomp, struct failure *f)
{
	static const char known[] = "NATIVE X86 X86_64 X32 ARM AARCH64 LOONGARCH64 M68K MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 "
		"PARISC PARISC64 PPC PPC64 PPC64LE RISCV64 S390 S390X SH SHEB";
	json_t *value;
	size_t i;

	json_array_foreach(json_object_get(seccomp, "architectures"), i, value) {
		const char *name = json_string_value(value);
		if (name == NULL || strncmp(name, "SCMP_ARCH_", 10) != 0 || name[10] == '\0' || !has_word(known, name + 10))
			return fail(f, 0, "linux.seccomp.architectures: '%s': no such architecture", name != NULL ? name : "?");
	}
	return 0;
}

/* judge - what the filter of P needs, and is there */
static int judge(json_t *seccomp, struct process *p, struct failure *f)
{
	const char *agent = NULL, *metadata = NULL;
	json_t *flags = NULL;
	struct stat st;

	for (size_t i = 0; i < p->filter_len; i++)
		p->asks |= p->filter[i].code == (BPF_RET | BPF_K) && p->filter[i].k == SECCOMP_RET_USER_NOTIF;
	PASS(json_take(seccomp, "linux.seccomp", f, "{s?o, s?s, s?s}", "flags", &flags, "listenerPath", &agent, "listenerMetadata", &metadata));
	PASS(json_flags(flags, "linux.seccomp.flags", filter_flags, &p->filter_flags, f));
	if ((agent == NULL || *agent == '\0') && (p->asks || (metadata != NULL && *metadata != '\0')))
		return fail(f, 0, "linux.seccomp: %s without a listenerPath", p->asks ? "SCMP_ACT_NOTIFY" : "listenerMetadata");
	if (p->asks && (stat(agent, &st) < 0 || !S_ISSOCK(st.st_mode)))
		return fail(f, ENOTSOCK, "linux.seccomp.listenerPath: %s", agent);
	/* A filter for all threads would be one for the second too; that apart there is one. */
	if (p->asks)
		p->filter_flags = (p->filter_flags & ~(uint64_t)SECCOMP_FILTER_FLAG_TSYNC) | SECCOMP_FILTER_FLAG_NEW_LISTENER;
	if (!filter_has_flags(p->filter_flags))
		return fail(f, 0, "linux.seccomp.flags: not with this kernel%s", p->asks ? "" : ", or not without SCMP_ACT_NOTIFY");
	return 0;
}

int filter_compile(json_t *seccomp, struct process *p, struct failure *f)
{
	json_t *profile = json_copy(seccomp), *rule, *arg;
	struct security security = { .filter_len = 0 };
	struct failure said = { .status = 0 };
	char path[48];
	size_t i, k;

	if (profile == NULL)
		return 0;
	PASS(check_names(seccomp, f));
	json_array_foreach(json_object_get(profile, "syscalls"), i, rule) {
		json_array_foreach(json_object_get(rule, "args"), k, arg) {
			if (json_integer_value(json_object_get(arg, "value")) == INT64_MAX || json_integer_value(json_object_get(arg, "valueTwo")) == INT64_MAX)
				return fail(f, 0, "linux.seccomp: a value of more than 63 bits: not supported");
		}
	}
	/* Foreign ABIs are killed whatever is said of them: a second way to every call.  The
	 * others are no part of the filter. */
	for (const char *const *key = (const char *const[]){ "architectures", "flags", "listenerPath", "listenerMetadata", NULL }; *key != NULL; key++)
		json_object_del(profile, *key);
	CLOSED int file = memfd_create("profile", 0);
	if (file < 0 || json_dumpfd(profile, file, JSON_COMPACT) < 0 || lseek(file, 0, SEEK_SET) < 0)
		return fail(f, errno, "linux.seccomp");
	json_decref(profile);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	if (profile_compile("asking", path, &security, &said) < 0)
		return fail(f, 0, "linux.seccomp: %s", said.text + (strncmp(said.text, path, strlen(path)) == 0 ? strlen(path) + 2 : 0));
	p->filter = security.filter;
	p->filter_len = security.filter_len;
	return judge(seccomp, p, f);
}

int filter_again(int dir, json_t *seccomp, struct process *p, struct failure *f)
{
	static struct sock_filter filter[BPF_MAXINSNS];
	size_t n = 0;
	char *text;

	/* Absent only where the config has none: a lost filter is not "no filter". */
	if (seccomp == NULL)
		return 0;
	if ((text = file_take(dir, "seccomp", true, sizeof(filter), &n, f)) == NULL)
		return -1;
	memcpy(filter, text, n);
	free(text);
	if (n == 0 || n % sizeof(filter[0]) != 0)
		return fail(f, 0, "its seccomp filter: %zu bytes", n);
	p->filter = filter;
	p->filter_len = n / sizeof(filter[0]);
	return judge(seccomp, p, f);
}

/* ---- in the container ------------------------------------------------------ */

const struct failure filter_listener = { .text = "listener" };

/* What the two threads have in common. */
struct passing {
	atomic_int listener;            /* NOT_YET, or less where there is none */
	atomic_int alive;               /* set to 0 by the kernel when the second has ended */
	int socket;
	bool passed;
};
enum { NOT_YET = -1, STACK = 64 << 10 };

static int pass_on(void *data)
{
	struct passing *p = data;
	struct failure go;
	int listener;

	while ((listener = p->listener) == NOT_YET)
		usleep(100);
	p->passed = listener >= 0 && sync_send(p->socket, &filter_listener, listener) == 0 &&
		    sync_receive(p->socket, &go, NULL) == 1 && go.status == 0;
	return 0;
}

int filter_load(const struct process *p, int socket, struct failure *f)
{
	static _Alignas(16) char stack[STACK];
	static struct passing passing = { .listener = NOT_YET, .alive = 1 };
	struct sock_fprog program = {
		.len = (unsigned short)p->filter_len, .filter = (struct sock_filter *)(uintptr_t)p->filter,
	};
	int made;

	if (p->filter_len == 0)
		return 0;
	passing.socket = socket;
	if (p->asks)
		TRY(clone(pass_on, stack + STACK, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_CHILD_CLEARTID,
			  &passing, NULL, NULL, &passing.alive), "linux.seccomp: a second thread");
	made = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, (unsigned)p->filter_flags, &program);
	/* No system call from here on: it might be one that is asked about. */
	passing.listener = made >= 0 ? made : NOT_YET - 1;
	while (p->asks && passing.alive != 0)
		;
	if (made < 0 || (made > 0 && !p->asks))
		return fail(f, made < 0 ? errno : EBUSY, "loading the seccomp filter");
	return p->asks && !passing.passed ? fail(f, 0, "linux.seccomp: nobody to ask") : 0;
}

/* ---- outside ---------------------------------------------------------------- */

int filter_tell(const struct state *s, pid_t pid, int listener, struct failure *f)
{
	json_t *config = json_object_get(s->json, "config"), *seccomp = json_object_get(json_object_get(config, "linux"), "seccomp");
	json_t *metadata = json_object_get(seccomp, "listenerMetadata"), *all;
	char *state = state_text(s, s->pid > 0 ? state_status(s) : "creating", s->pid > 0 ? s->pid : pid), *text;
	union { struct cmsghdr header; char room[CMSG_SPACE(sizeof(int))]; } control = {
		.header = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)) },
	};
	struct iovec data;
	struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room) };
	CLOSED int sock = socket_at(json_string_value(json_object_get(seccomp, "listenerPath")), SOCK_STREAM, false, "linux.seccomp.listenerPath", f);

	PASS(sock);
	all = json_pack("{s:s, s:[s], s:i, s:o}", "ociVersion", OCI_VERSION, "fds", "seccompFd", "pid", (int)pid, "state", json_loads(state, 0, NULL));
	if (metadata != NULL)
		json_object_set(all, "metadata", metadata);
	text = json_dumps(all, JSON_COMPACT);
	if (text == NULL)
		return fail(f, ENOMEM, "linux.seccomp");
	data = (struct iovec){ text, strlen(text) };
	memcpy(CMSG_DATA(&control.header), &listener, sizeof(int));
	return sendmsg(sock, &msg, MSG_NOSIGNAL) == (ssize_t)data.iov_len ? 0 : fail(f, errno, "linux.seccomp.listenerPath");
}
