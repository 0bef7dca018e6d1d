/* init-main.c - the PID 1 of --init, alone
 *
 * For a skiff that is not linked statically: in a container there is no library of the
 * host's.  It is in skiff's own file (sealed.c), so skiff goes where it likes alone.
 */
#include "command.h"

int main(int argc, char **argv)
{
	if (argc < 2 || getpid() != 1)
		return fprintf(stderr, "init: to be run by skiff, as PID 1 of a container\n"), 2;
	reaper_run(argv + 1);
}
