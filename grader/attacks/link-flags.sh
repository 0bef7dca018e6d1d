# shellcheck shell=bash
# link-flags - tells the build to do something else
#
# Tries: a plug-in of the compiler, a section with options for the linker, a program for make in a comment and a dependency
# Holds: the Makefile is the course's; a source cannot add to it, and what it builds is only ever run in a container
# Mark: 0
# Goal: ! grep -q '^ok 5 ' tap
cat <<'END'
#pragma GCC push_options
#pragma GCC optimize ("fplugin=/tmp/lab-attack.so")
/* $(shell touch /tmp/lab-attack) `touch /tmp/lab-attack` */
__asm__(".section .init_array,\"aw\"\n.section .interp,\"a\"\n.asciz \"/tmp/lab-attack\"\n.previous");
__attribute__((section(".preinit_array"), used)) static void *early = (void *)1;
int main(void) { return 0; }
END
