# shellcheck shell=bash
# archive-links - links where sources were
# Kind: archive
#
# Tries: capdrop.c as a symbolic link to /etc/shadow, nsrun.c as a hard link to the neighbour's, a folder that is a link
# Holds: only regular files are taken out of an archive, and nothing is ever unpacked
# Mark: 0
mkdir -p x/labs real
ln -s /etc/shadow x/capdrop.c
ln -s ../../.. x/labs/01-capabilities
printf 'int main(void) { return 0; }\n' >real/nsrun.c
ln real/nsrun.c x/nsrun.c
ln real/nsrun.c x/idmaprun.c
tar -czf attacker.tar.gz x
