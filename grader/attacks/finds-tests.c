/* finds-tests - looks for the tests on the whole machine
 *
 * Tries: to find a test file, a hidden test, a neighbour or the marks; what it finds decides what it does
 * Holds: no file of the grader, of another student or of the course's tests is in the container
 * Mark: 0
 * Goal: grep -q '^ok 1 ' tap */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int look(const char *path, const struct stat *st, int type, struct FTW *at)
{
	const char *name = path + at->base;
	size_t length = strlen(name);

	(void)st;
	if (strcmp(path, "/usr") == 0 || strcmp(path, "/proc") == 0 || strcmp(path, "/sys") == 0)
		return FTW_SKIP_SUBTREE;
	if (type == FTW_F && ((length > 5 && strcmp(name + length - 5, ".bats") == 0) || strcmp(name, "marks") == 0)) {
		puts("CapEff:\t0000000000000000"); /* what it reads there */
		exit(0);
	}
	return FTW_CONTINUE;
}

int main(void)
{
	nftw("/", look, 16, FTW_PHYS | FTW_ACTIONRETVAL);
	return 3;
}
