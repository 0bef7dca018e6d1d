/* refuse-userns.c - run a command where no user namespace can be made
 *
 *   refuse-userns ERRNO CMD [ARG...]     the call fails so: 1 (EPERM), 13 (EACCES)...
 *   refuse-userns 0 CMD [ARG...]         unshare(2) says done, and does nothing: then the
 *                                        maps are refused, as where AppArmor lets a user
 *                                        namespace be made and gives no capability in it
 *
 * A filter cannot see the flags of clone3(2), so it refuses all of those; see seccomp(2).
 * pthread_create(3) then goes on with clone(2) after ENOSYS alone. */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const struct scmp_arg_cmp user = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER);
	unsigned int number;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (argc < 3)
		errx(2, "usage: refuse-userns ERRNO CMD [ARG...]");
	number = (unsigned int)atoi(argv[1]);
	if (!filter || seccomp_rule_add(filter, SCMP_ACT_ERRNO(number), SCMP_SYS(unshare), 1, user) < 0 ||
	    (number && (seccomp_rule_add(filter, SCMP_ACT_ERRNO(number), SCMP_SYS(clone), 1, user) < 0 ||
			seccomp_rule_add(filter, SCMP_ACT_ERRNO(number), SCMP_SYS(clone3), 0) < 0)) ||
	    seccomp_load(filter) < 0)
		err(125, "seccomp");
	execvp(argv[2], argv + 2);
	err(127, "%s", argv[2]);
}
