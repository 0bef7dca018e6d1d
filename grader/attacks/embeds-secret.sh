# shellcheck shell=bash
# embeds-secret - a file of the machine inside the program
#
# Tries: the assembler's .incbin of /etc/shadow, the grader's secret and a test, which the program then prints
# Holds: the assembler runs in the container too, and finds none of them
# Mark: 0
# Goal: grep -q sesame tap
cat <<END
#include <unistd.h>
extern const char begin[], end[];
__asm__(".section .rodata\n.globl begin, end\nbegin:\n.incbin \"$SCENE/secret\"\n.incbin \"/etc/shadow\"\nend:\n.previous");
int main(void)
{
	return write(2, begin, (size_t)(end - begin)) < 0;
}
END
