# shellcheck shell=bash
# archive-bomb - a gigabyte in a megabyte
# Kind: archive
#
# Tries: a source file of 1 GB of zeros, compressed, and a sparse one of a terabyte in a second archive of the same student
# Holds: a file has a size at most, and of an archive only so much is read
# Mark: 0-100
mkdir x
cp "$HONEST" x/capdrop.c
truncate -s 1T x/nsrun.c
tar -cSf attacker.tar x
rm x/nsrun.c
truncate -s 1G x/idmaprun.c
tar -cf - x | gzip -1 >attacker.tar.gz
rm x/idmaprun.c
