# shellcheck shell=bash
# folder-traps - a submission that is a folder, with traps in it
# Kind: archive
#
# Tries: a link out of the folder, a pipe, a folder named capdrop.c, a link to the neighbour's folder
# Holds: files are opened beneath the folder, without links, and only regular ones
# Mark: 0
mkdir -p attacker/capdrop.c
ln -s ../neighbour/labs attacker/labs
ln -s /etc/shadow attacker/nsrun.c
mkfifo attacker/idmaprun.c
