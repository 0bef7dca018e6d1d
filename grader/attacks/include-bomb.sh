# shellcheck shell=bash
# include-bomb - a file that includes itself twice
#
# Tries: two to the two hundredth inclusions, without needing any memory
# Holds: a limit of time on the container that compiles; it is killed, and the next one is not late
# Mark: 0
# Goal: grep -qE 'Killed|memory|cc ended with 1[23][0-9]' /scene/compiler
printf '#include __FILE__\n#include __FILE__\nint main(void) { return 0; }\n' |
    sed '1i #if __INCLUDE_LEVEL__ < 60' | sed '3a #endif\n#if __INCLUDE_LEVEL__ == 0' | sed '$a #endif'
