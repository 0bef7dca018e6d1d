# shellcheck shell=bash
# archive-devices - a device, a pipe and set-user-ID files
# Kind: archive
#
# Tries: capdrop.c as /dev/zero, nsrun.c as a pipe that a reader would wait for; a set-user-ID-root program beside them
# Holds: only regular files are taken, with a mode of our own
# Mark: 0
mkdir x
mknod x/capdrop.c c 1 5
mkfifo x/nsrun.c
cp /bin/true x/lab-attack-sh
chmod 4755 x/lab-attack-sh
tar -czf attacker.tar.gz x
