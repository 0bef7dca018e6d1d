# shellcheck shell=bash
# archive-many - ten thousand files
# Kind: archive
#
# Tries: to fill folders, reports and patience, beside an honest program
# Holds: what is not expected is counted, not kept; the honest file is graded
# Mark: 100
mkdir -p x/many
cp "$HONEST" x/capdrop.c
(cd x/many && seq -f 'lab-attack-%g.c' 10000 | xargs touch)
tar -czf attacker.tar.gz x
