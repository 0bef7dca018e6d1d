# shellcheck shell=bash
# archive-duplicates - one name, two files
# Kind: archive
#
# Tries: capdrop.c twice, in two places and two times in the same one: which is looked at, and which is graded?
# Holds: what is ambiguous is refused by name, or one is taken and said to be
# Mark: 0-100
mkdir -p x/labs/01-capabilities
cp "$HONEST" x/capdrop.c
printf 'int main(void) { return 0; }\n' >x/labs/01-capabilities/capdrop.c
tar -cf attacker.tar x
printf 'int main(void) { return 1; }\n' >x/capdrop.c
tar -rf attacker.tar x/capdrop.c
gzip attacker.tar
