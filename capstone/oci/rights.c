/* rights.c - what a process of the container may do, and then its program
 *
 * The order is the point, as in init.c: each step takes away what the next does not
 * need.
 */
#include <grp.h>
#include <pwd.h>
#include <sys/capability.h>
#include <sys/personality.h>

#include "oci.h"

/* set_capabilities - five sets.  The order is the kernel's: the bounding set needs
 * CAP_SETPCAP; a change of ids would clear the others; ambient ones must be permitted
 * and inheritable already. */
static int set_capabilities(const struct process *p, struct failure *f)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2], seen[2];
	int has = 0;

	for (int cap = 0; !p->bare && (has = prctl(PR_CAPBSET_READ, cap, 0, 0, 0)) >= 0; cap++)
		if (has > 0 && !(p->caps[BOUNDING] >> cap & 1))
			TRY(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0), "dropping capability %d", cap);
	TRY(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "PR_SET_KEEPCAPS");
	/* EPERM: in a user namespace of one id, where nobody has groups to lose. */
	if (setgroups(p->group_count, p->groups) < 0 && (errno != EPERM || p->group_count > 0))
		return fail(f, errno, "process.user.additionalGids");
	TRY(setresgid(p->gid, p->gid, p->gid), "process.user: gid %u", p->gid);
	TRY(setresuid(p->uid, p->uid, p->uid), "process.user: uid %u", p->uid);
	TRY(prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0), "PR_SET_KEEPCAPS");
	if (p->bare)
		return 0;
	for (int i = 0; i < 2; i++)
		data[i] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(p->caps[EFFECTIVE] >> 32 * i),
			.permitted = (uint32_t)(p->caps[PERMITTED] >> 32 * i),
			.inheritable = (uint32_t)(p->caps[INHERITABLE] >> 32 * i),
		};
	TRY(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "clearing ambient capabilities");
	TRY(capset(&header, data), "process.capabilities");
	for (int cap = 0; cap < 64; cap++)
		if (p->caps[AMBIENT] >> cap & 1)
			TRY(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0), "process.capabilities.ambient: %d", cap);
	TRY(capget(&header, seen), "capget");
	return memcmp(data, seen, sizeof(data)) == 0 ? 0 : fail(f, 0, "process.capabilities: others are in force");
}

/* home_fill - docker leaves it to its runtime to know whose home it is */
static int home_fill(struct process *p, struct failure *f)
{
	FCLOSED FILE *users = fopen("/etc/passwd", "re");
	struct passwd *user = NULL;
	size_t n = 0;

	for (; p->env[n] != NULL; n++)
		if (strncmp(p->env[n], "HOME=", 5) == 0)
			return 0;
	while (users != NULL && (user = fgetpwent(users)) != NULL && user->pw_uid != p->uid)
		;
	p->env = reallocarray(p->env, n + 2, sizeof(char *));
	if (p->env == NULL || asprintf(&p->env[n], "HOME=%s", users != NULL && user != NULL ? user->pw_dir : "/") < 0)
		return fail(f, ENOMEM, "HOME");
	p->env[n + 1] = NULL;
	return 0;
}

/* find_program - as execvp(3) will, and as the user who will run it */
static int find_program(struct process *p, struct failure *f)
{
	const char *name = p->args[0], *path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	struct stat st;
	size_t n;
	int err = ENOENT;

	for (char **entry = p->env; *entry != NULL; entry++)
		if (strncmp(*entry, "PATH=", 5) == 0)
			path = *entry + 5;
	for (bool more = true; more; path += n + 1) {
		n = strcspn(path, ":");
		more = path[n] == ':' && strchr(name, '/') == NULL;
		if (strchr(name, '/') != NULL)
			snprintf(p->program, sizeof(p->program), "%s", name);
		else
			snprintf(p->program, sizeof(p->program), "%.*s%s%s", (int)n, path, n > 0 ? "/" : "./", name);
		if (stat(p->program, &st) == 0 && S_ISREG(st.st_mode) && faccessat(AT_FDCWD, p->program, X_OK, AT_EACCESS) == 0)
			return 0;
		if (errno != ENOENT && errno != ENOTDIR)
			err = EACCES;
		if (!more)
			break;
	}
	fail(f, err, err == ENOENT && strchr(name, '/') == NULL ? "exec: \"%s\": executable file not found in $PATH" : "exec: \"%s\"", name);
	f->status = err == ENOENT ? 127 : 126;
	return -1;
}

int process_profile(const struct process *p, struct failure *f)
{
	char text[600];

	if (p->apparmor == NULL || *p->apparmor == '\0')
		return 0;
	snprintf(text, sizeof(text), "exec %s", p->apparmor);
	if (file_write(text, "/proc/self/attr/apparmor/exec") < 0 && (errno != ENOENT || file_write(text, "/proc/self/attr/exec") < 0))
		return fail(f, errno, "process.apparmorProfile: %s", p->apparmor);
	return 0;
}

int process_become(struct process *p, int socket, struct failure *f)
{
	char where[4096];

	if (p->umask >= 0)
		umask((mode_t)p->umask);
	personality((unsigned)p->personality);  /* of which -1 means no other */
	if (p->no_new_privs)
		TRY(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
	else    /* without it, the filter must be loaded while we are still privileged */
		PASS(filter_load(p, socket, f));
	for (size_t i = 0; i < p->limit_count; i++)
		p->limits_refused |= setrlimit((enum __rlimit_resource)p->limits[i].resource, &p->limits[i].limit) < 0;
	PASS(set_capabilities(p, f));
	/* As the user, and after pivot_root, so that it leads nowhere else (CVE-2024-21626). */
	TRY(chdir(p->cwd), "process.cwd: %s", p->cwd);
	if (getcwd(where, sizeof(where)) == NULL || *where != '/')
		return fail(f, 0, "process.cwd: %s: leads out of the container", p->cwd);
	PASS(home_fill(p, f));
	PASS(find_program(p, f));
	TRY(syscall(SYS_close_range, 3U + (unsigned)p->preserved, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */), "close_range");
	return 0;
}

void process_run(const struct process *p, int socket, struct failure *f)
{
	sigset_t none;

	for (int n = 1; n < NSIG; n++)
		if (n != SIGKILL && n != SIGSTOP)
			signal(n, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Last, so that the filter need not allow anything above. */
	if (p->no_new_privs && filter_load(p, socket, f) < 0)
		return;
	execve(p->program, p->args, p->env);
	fail(f, errno, "exec: \"%s\"", p->program);
	f->status = 126;
}
