# shellcheck shell=bash
# archive-broken - not an archive, or half of one
# Kind: archive
#
# Tries: an archive that is cut in the middle of the source, and says gzip where there is something else
# Holds: what cannot be read is said to be so; half a source is never graded
# Mark: 0
mkdir x
{ cat "$HONEST"; head -c 200000 /dev/urandom | base64 | sed 's|^|// |'; } >x/capdrop.c
tar -czf whole.tar.gz x
head -c 60000 whole.tar.gz >attacker.tar.gz
