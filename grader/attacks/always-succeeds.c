/* always-succeeds - ends with 0, whatever happens
 *
 * Tries: to earn the points of every test that looks at nothing but the exit status
 * Holds: tests look at what CMD was and did, not only at how it ended
 * Mark: 0
 * Goal: grep -q '^ok 4 ' tap */
int main(void)
{
	return 0;
}
