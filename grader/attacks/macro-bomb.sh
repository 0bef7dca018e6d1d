# shellcheck shell=bash
# macro-bomb - thirty lines that become ten gigabytes
#
# Tries: macros that double, until the compiler has no memory left
# Holds: limits of memory and time on the container that compiles
# Mark: 0
# Goal: grep -qE 'Killed|memory|cc ended with 1[23][0-9]' /scene/compiler
echo '#define x0 1,2,3,4,5,6,7,8,'
for n in {1..30}; do echo "#define x$n x$((n - 1)) x$((n - 1))"; done
echo 'int main(void) { int a[] = { x30 }; return a[0]; }'
