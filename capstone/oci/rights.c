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

/* set_groups - those named and no other.  EPERM with CAP_SETGID: the namespace has given up
 * setgroups(2), for the sake of a map of one id; the caller could not lose them either. */
static int set_groups(const struct process *p, struct failure *f)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (setgroups(p->group_count, p->groups) == 0)
		return 0;
	int err = errno;
	if (err == EPERM && p->group_count == 0 &&
	    (getgroups(0, NULL) == 0 || (capget(&header, data) == 0 && (data[0].effective >> CAP_SETGID & 1))))
		return 0;
	return fail(f, err, "process.user.additionalGids");
}

/* set_capabilities - five sets.  The order is the kernel's: the bounding set needs
 * CAP_SETPCAP; a change of ids would clear the others; ambient ones must be permitted
 * and inheritable already. */
static int set_capabilities(const struct process *p, struct failure *f)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2], seen[2];
	int has = 0;

	for (int cap = 0; (has = prctl(PR_CAPBSET_READ, cap, 0, 0, 0)) >= 0; cap++)
		if (has > 0 && !(p->caps[BOUNDING] >> cap & 1))
			TRY(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0), "dropping capability %d", cap);
	TRY(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "PR_SET_KEEPCAPS");
	PASS(set_groups(p, f));
	TRY(setresgid(p->gid, p->gid, p->gid), "process.user: gid %u", p->gid);
	TRY(setresuid(p->uid, p->uid, p->uid), "process.user: uid %u", p->uid);
	/* As that user others in the container could look into this process (prctl(2)). */
	TRY(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "PR_SET_DUMPABLE");
	TRY(prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0), "PR_SET_KEEPCAPS");
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

char *home_of(char *text, size_t size, uid_t uid)
{
	FCLOSED FILE *users = size > 0 ? fmemopen(text, size, "r") : NULL;
	struct passwd *user = NULL;
	char *home;

	while (users != NULL && (user = fgetpwent(users)) != NULL && user->pw_uid != uid)
		;
	return asprintf(&home, "HOME=%s", user != NULL && user->pw_dir != NULL ? user->pw_dir : "/") < 0 ? NULL : home;
}

/* home_fill - docker leaves it to its runtime to know whose home it is */
static int home_fill(struct process *p, struct failure *f)
{
	size_t n = 0, size = 0;
	char *text = NULL;

	for (; p->env[n] != NULL; n++)
		if (strncmp(p->env[n], "HOME=", 5) == 0)
			return 0;
	PASS(users_read("/etc/passwd", &text, &size, f));
	p->env = reallocarray(p->env, n + 2, sizeof(char *));
	if (p->env == NULL || (p->env[n] = home_of(text, size, p->uid)) == NULL)
		return fail(f, ENOMEM, "HOME");
	p->env[n + 1] = NULL;
	free(text);
	return 0;
}

/* find_program - as execvp(3) will, and as the user who will run it */
static int find_program(struct process *p, struct failure *f)
{
	const char *name = p->args[0], *path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	struct stat st;
	bool fits;
	size_t n;
	int err = ENOENT;

	for (char **entry = p->env; *entry != NULL; entry++)
		if (strncmp(*entry, "PATH=", 5) == 0)
			path = *entry + 5;
	if (strchr(name, '/') != NULL && strlen(name) >= sizeof(p->program)) {
		fail(f, 0, "process.args: a path of %zu bytes, at most %zu", strlen(name), sizeof(p->program) - 1);
		f->status = 126;
		return -1;
	}
	for (bool more = true; more; path += n + 1) {
		n = strcspn(path, ":");
		more = path[n] == ':' && strchr(name, '/') == NULL;
		if (strchr(name, '/') != NULL)
			fits = (size_t)snprintf(p->program, sizeof(p->program), "%s", name) < sizeof(p->program);
		else
			fits = (size_t)snprintf(p->program, sizeof(p->program), "%.*s%s%s", (int)n, path, n > 0 ? "/" : "./", name) < sizeof(p->program);
		errno = ENAMETOOLONG;
		if (fits && stat(p->program, &st) == 0 && S_ISREG(st.st_mode) && faccessat(AT_FDCWD, p->program, X_OK, AT_EACCESS) == 0)
			return 0;
		if (errno != ENOENT && errno != ENOTDIR)
			err = errno == ENAMETOOLONG ? errno : EACCES;
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
	if (!FITS(text, "exec %s", p->apparmor))
		return fail(f, ENAMETOOLONG, "process.apparmorProfile");
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
