# shellcheck shell=bash
# archive-outside - names that lead elsewhere
# Kind: archive
#
# Tries: absolute names, .. in many places, the neighbour's folder, beside an honest program
# Holds: such names are refused, each by name; the honest file is graded
# Mark: 100
mkdir -p x
cp "$HONEST" x/capdrop.c
echo stolen >stolen
tar -cPf attacker.tar x
for name in "$SCENE/marks" "../neighbour/capdrop.c" "x/../../neighbour/capdrop.c" "/tmp/lab-attack" \
    "x/../../../../../../../../tmp/lab-attack" "./../class/neighbour/capdrop.c"; do
    tar -rPf attacker.tar --transform "s|^stolen\$|$name|" stolen
done
gzip attacker.tar
