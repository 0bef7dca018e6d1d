/* step2-rules.c - who may write which map, and what the kernel answers
 *
 *   ./step2-rules     as an ordinary user, then as root
 *
 * One write a line, by the process inside or by its parent outside, who is the
 * same user.  A new namespace for each, but where the line begins with "then".
 *
 * New in this step: writing from outside, to /proc/PID; and every refusal.
 * EINVAL: this is no map.  EPERM: it is one, and not for you, or not now.
 *
 * See user_namespaces(7), "Defining user and group ID mappings: writing to
 * uid_map and gid_map" and "The /proc/pid/setgroups file". */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct rule {
	const char *where, *file, *text, *note;		/* N: our own id */
} rules[] = {
	{ "inside", "uid_map", "0 N 1", "the own id" },
	{ "then", "uid_map", "0 N 1", "a second time" },
	{ "outside", "uid_map", "0 N 1", "the own id" },
	{ "inside", "uid_map", "0 200000 1", "another id" },
	{ "outside", "uid_map", "0 200000 1", "another id" },
	{ "inside", "uid_map", "0 200000 65536", "a range" },
	{ "outside", "uid_map", "0 200000 65536", "a range" },
	{ "inside", "uid_map", "0 N 0", "an empty range" },
	{ "inside", "uid_map", "0 N", "two numbers" },
	{ "inside", "uid_map", "4294967295 N 1", "the id that is none" },
	{ "outside", "uid_map", "0 N 1,0 200000 1", "overlap inside" },
	{ "outside", "uid_map", "0 N 1,1 N 1", "overlap outside" },
	{ "inside", "gid_map", "0 N 1", "setgroups still allowed" },
	{ "then", "setgroups", "deny", "" },
	{ "then", "gid_map", "0 N 1", "setgroups denied" },
	{ "then", "setgroups", "allow", "no way back" },
	{ "outside", "gid_map", "0 N 1", "setgroups still allowed" },
};

/* One write to /proc/PID/FILE: 0, or its errno. */
static int put(pid_t pid, const struct rule *rule, unsigned int uid, unsigned int gid)
{
	char path[64], text[64];
	size_t length = 0;
	int fd, why;

	for (const char *at = rule->text; *at; at++)
		if (*at == 'N')
			length += (size_t)snprintf(text + length, 11, "%u", *rule->file == 'g' ? gid : uid);
		else
			text[length++] = *at == ',' ? '\n' : *at;
	/* fits: a name of rules */
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, rule->file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	why = write(fd, text, length) == -1 ? errno : 0;	/* EBADF: no such file */
	close(fd);
	return why;
}

int main(int argc, char **argv)
{
	unsigned int uid = geteuid(), gid = getegid();
	size_t i;
	int pair[2] = { -1, -1 }, why;
	pid_t pid = -1;

	(void)argv;
	if (argc > 1)
		return fputs("usage: step2-rules\n", stderr), 2;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (strcmp(rules[i].where, "then")) {
			close(pair[0]);		/* the child before sees the end */
			if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) || (pid = fork()) == -1)
				err(1, "fork");
			if (pid == 0) {		/* the one inside: a rule comes, an errno goes */
				close(pair[0]);
				why = unshare(CLONE_NEWUSER) == -1 ? errno : 0;
				while (send(pair[1], &why, sizeof(why), 0) > 0 &&
				       recv(pair[1], &i, sizeof(i), 0) > 0)
					why = put(getpid(), &rules[i], uid, gid);
				_exit(0);
			}
			close(pair[1]);
			if (recv(pair[0], &why, sizeof(why), 0) <= 0 || why)
				errx(77, "user namespace (make doctor says why): %s",
				     strerror(why));
		}
		if (!strcmp(rules[i].where, "outside"))
			why = put(pid, &rules[i], uid, gid);
		else if (send(pair[0], &i, sizeof(i), 0) <= 0 || recv(pair[0], &why, sizeof(why), 0) <= 0)
			errx(1, "the one inside is gone");
		printf("%-8s %-9s  %-18s %-6s  %s\n", rules[i].where, rules[i].file, rules[i].text,
		       why ? strerrorname_np(why) : "done", rules[i].note);
	}
	return 0;
}
