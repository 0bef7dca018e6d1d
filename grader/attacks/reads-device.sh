# shellcheck shell=bash
# reads-device - a source without an end
#
# Tries: #include "/dev/zero", which the compiler reads until there is no memory left
# Holds: limits of memory and time on the container that compiles
# Mark: 0
# Goal: grep -qE 'Killed|memory|cc ended with 1[23][0-9]' /scene/compiler
printf '#include "/dev/zero"\nint main(void) { return 0; }\n'
