/* step3-effective.c - the effective set decides, not the uid
 *
 *   ./step3-effective      as root, then as an ordinary user
 *
 * The test: open a file of mode 000 for writing.  Its owner may not do that,
 * root or not; only CAP_DAC_OVERRIDE bypasses the mode.
 *
 * New in this step: lowering and raising a capability of one's own.
 * See cap_get_proc(3), cap_set_proc(3), capset(2), capabilities(7). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <unistd.h>

static const cap_value_t capability = CAP_DAC_OVERRIDE;

static bool has(cap_flag_t set)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t value;

	if (!caps || cap_get_flag(caps, capability, set, &value) == -1)
		err(1, "cap_get_proc");
	cap_free(caps);
	return value == CAP_SET;
}

/* change: put it into the effective set, or take it out; 0, or why not */
static int change(cap_flag_value_t value)
{
	cap_t caps = cap_get_proc();

	if (!caps || cap_set_flag(caps, CAP_EFFECTIVE, 1, &capability, value) == -1)
		err(1, "cap_get_proc");
	int why = cap_set_proc(caps) == -1 ? errno : 0;

	cap_free(caps);
	return why;
}

/* show: one line with both sets, as the kernel has them, and the test */
static void show(const char *when, const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	printf("%-24s %-10s %-10s %s\n", when, has(CAP_PERMITTED) ? "yes" : "no",
	       has(CAP_EFFECTIVE) ? "yes" : "no", fd == -1 ? strerror(errno) : "allowed");
	if (fd != -1)
		close(fd);
}

int main(int argc, char **argv)
{
	char name[] = "/tmp/step3.XXXXXX", path[64];

	if (argc != 1)
		errx(2, "usage: step3-effective (without %s)", argv[1]);
	int fd = mkstemp(name);

	/* The name goes at once, so that nothing is left behind; /proc still
	 * leads to the file, and opening it there checks its mode again. */
	if (fd == -1 || unlink(name) == -1 || fchmod(fd, 0) == -1)
		err(1, "%s", name);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);

	printf("%-24s %-10s %-10s %s\n", "CAP_DAC_OVERRIDE", "permitted", "effective", "open");
	show("at the start", path);
	if (change(CAP_CLEAR) != 0)
		err(1, "lower effective");
	show("effective lowered", path);

	int why = change(CAP_SET);

	if (why)
		printf("effective raised:        %s\n", strerror(why));
	else
		show("effective raised", path);
}
