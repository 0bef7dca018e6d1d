#!/usr/bin/env bash
# capstone/rootfs.sh - a root filesystem small enough to look through
#
#   capstone/rootfs.sh build/rootfs
#
# One static busybox and a link to it for each of its commands.  Nothing is
# downloaded.  An existing directory is left as it is if it is complete.  For another
# processor, BUSYBOX is its busybox, and EMULATOR runs it.
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: rootfs.sh DIRECTORY" >&2; exit 2; }
root=$1
[ ! -e "$root/etc/passwd" ] || exit 0

# runs [VARIABLE=VALUE]: busybox starts, and has a shell
runs() {
    local status=0
    env "$@" "${emulator[@]}" "$busybox" sh -c 'exit 7' </dev/null >/dev/null 2>&1 || status=$?
    [ "$status" -eq 7 ]
}

read -r -a emulator <<<"${EMULATOR-}"
busybox=${BUSYBOX:-$(type -P busybox || true)}
if [ -z "$busybox" ] || ! runs; then
    echo "rootfs.sh: no busybox that runs: make setup installs it (package busybox-static)" >&2
    exit 1
fi
# Told so, the loader of a dynamic program lists libraries and starts nothing, see ld.so(8).
if ! runs LD_TRACE_LOADED_OBJECTS=1; then
    echo "rootfs.sh: $busybox is not static: make setup installs the package busybox-static" >&2
    exit 1
fi

# Made beside its place and moved there: never half a rootfs.
mkdir -p "$(dirname "$root")"
new=$(mktemp -d "$root.XXXXXX")
trap 'rm -rf "$new"' EXIT
trap 'exit 130' INT TERM HUP
chmod 755 "$new"
mkdir "$new"/{bin,dev,etc,home,proc,root,run,sbin,sys,tmp,usr,var}
mkdir "$new"/usr/{bin,sbin}
chmod 1777 "$new/tmp"
chmod 700 "$new/root"
cp "$busybox" "$new/bin/busybox"
chmod 755 "$new/bin/busybox"
for command in $("${emulator[@]}" "$busybox" --list); do
    [ "$command" = busybox ] || ln -s busybox "$new/bin/$command"
done
printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'nobody:x:65534:65534:nobody:/:/bin/false' >"$new/etc/passwd"
printf '%s\n' 'root:x:0:' 'tty:x:5:' 'nogroup:x:65534:' >"$new/etc/group"
echo 'nameserver 127.0.0.1' >"$new/etc/resolv.conf"
mv -T "$new" "$root"
trap - EXIT
