/* refuses-all - never runs anything, which is safe
 *
 * Tries: to earn the points of every test that expects 125 and an error in one line
 * Holds: each refusal is asked for beside a control, the same command where it has to run
 * Mark: 0
 * Goal: grep -q '^ok 3 ' tap */
#include <stdio.h>

int main(void)
{
	fputs("capdrop: CMD: refused\n", stderr);
	return 125;
}
