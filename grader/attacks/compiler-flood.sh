# shellcheck shell=bash
# compiler-flood - a compiler that has a gigabyte to say
#
# Tries: warnings without end: the report and the memory of whoever keeps it
# Holds: what the compiler says is kept to a bounded length
# Mark: 0
# Goal: [ "$(stat -c %s /scene/compiler)" -gt 10000000 ]
echo '#pragma GCC diagnostic warning "-Wunused-value"'
echo '#define A ((1, 2), (3, 4));'
for n in {1..9}; do echo "#define A$n A$((n - 1)) A$((n - 1)) A$((n - 1)) A$((n - 1))"; done | sed 's/A0/A/g'
echo 'int main(void) { A9 return error; }'
