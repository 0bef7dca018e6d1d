/* inherited.c - what a process of the container would have of its caller's */
#include <grp.h>

#include "command.h"

bool groups_denied(const char *process)
{
	char said[16];

	return file_read(said, sizeof(said), "/proc/%s/setgroups", process) == 0 &&
	       strncmp(said, "deny", 4) == 0;
}

int groups_drop(const bool *denied, struct failure *f)
{
	if (setgroups(0, NULL) == 0)
		return 0;
	if (errno == EPERM && (denied != NULL ? *denied : groups_denied("self")))
		return 0;
	return fail(f, EPERM, "dropping the caller's groups");
}

int oom_expose(struct failure *f)
{
	char score[16];

	TRY(file_read(score, sizeof(score), "/proc/self/oom_score_adj"), "/proc/self/oom_score_adj");
	if (*score == '-')
		TRY(file_write("0", "/proc/self/oom_score_adj"), "resetting an oom_score_adj of %d", atoi(score));
	return 0;
}

void limits_prepare(struct security *security)
{
	struct rlimit own, more;

	for (int i = 0; i < security->limit_count; i++) {
		const int resource = security->limits[i].resource;
		struct rlimit *limit = &security->limits[i].limit;

		if (getrlimit(resource, &own) < 0 || limit->rlim_max <= own.rlim_max)
			continue;
		more = (struct rlimit){ own.rlim_cur, limit->rlim_max };
		if (setrlimit(resource, &more) == 0)
			continue;
		limit->rlim_max = own.rlim_max;
		limit->rlim_cur = limit->rlim_cur < own.rlim_max ? limit->rlim_cur : own.rlim_max;
	}
}
