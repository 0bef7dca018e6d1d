/* payload-idle.c - be there: a byte on stdout, then wait for the end of stdin */
#include <unistd.h>

int main(void)
{
	char byte;

	if (write(STDOUT_FILENO, "", 1) != 1)
		return 1;
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
