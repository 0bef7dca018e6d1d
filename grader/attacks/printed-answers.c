/* printed-answers - knows what the tests want to read
 *
 * Tries: to print the capability sets, ids and words that a right program would have led to; CMD never runs
 * Holds: words and numbers are new in every run, and the sets are read from /proc
 * Mark: 0
 * Goal: grep -q '^ok 1 ' tap */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" };

	for (int i = 0; i < 5; i++)
		printf("%s:\t0000000000000000\n", sets[i]);
	printf("NoNewPrivs:\t1\nran\nkept\nyes\n1000 1000 1000\n0\n");
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "echo") == 0 && i + 1 < argc)
			puts(argv[i + 1]);
	return 0;
}
