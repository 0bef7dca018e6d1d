/* runs-reference - looks for a program that can do it
 *
 * Tries: to find a file capdrop that is not itself anywhere, or a tool that does the same, and to execute it
 * Holds: no other solution is in the container; what the distribution has does not follow the contract
 * Mark: 0
 * Goal: grep -q '^ok 1 ' tap */
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char **attack_argv;
static struct stat own;

static int look(const char *path, const struct stat *st, int type, struct FTW *at)
{
	if (strcmp(path, "/proc") == 0 || strcmp(path, "/sys") == 0)
		return FTW_SKIP_SUBTREE;
	if (type == FTW_F && strcmp(path + at->base, "capdrop") == 0 && st->st_ino != own.st_ino)
		execv(path, attack_argv);
	return FTW_CONTINUE;
}

int main(int argc, char **argv)
{
	attack_argv = argv;
	stat("/proc/self/exe", &own);
	nftw("/", look, 16, FTW_PHYS | FTW_ACTIONRETVAL);
	/* setpriv(1) knows how to drop, and not how to keep */
	if (argc > 2 && strcmp(argv[1], "--") == 0)
		execvp("setpriv", (char *[]){ "setpriv", "--bounding-set=-all", "--inh-caps=-all", argv[2], argc > 3 ? argv[3] : NULL,
					      argc > 4 ? argv[4] : NULL, argc > 5 ? argv[5] : NULL, NULL });
	return 125;
}
