#!/usr/bin/env bash
# capstone/distribution/debian.sh - a root filesystem of Debian, for skiff
set -euo pipefail

usage() {
    cat <<'END'
usage: debian.sh DIR

Fetches the essential packages of Debian stable (60 MB) and makes a root filesystem of
them in DIR, which must not exist.  Needs root, debootstrap and a network.  From the
environment:
  SUITE=bookworm                    which release
  MIRROR=http://deb.debian.org/debian   from where
Status: 0 made, 1 not, with nothing left; 2 wrong usage.
END
}

die() { echo "debian.sh: $*" >&2; exit 1; }

case ${1-} in
    -h | --help) usage; exit 0 ;;
    '' | -*) usage >&2; exit 2 ;;
esac
[ $# -eq 1 ] || { usage >&2; exit 2; }
[ "$EUID" -eq 0 ] || die "needs root: only root can give files to others (sudo $0 $1)"
[ ! -e "$1" ] || die "$1 is there already"
PATH=$PATH:/usr/sbin
command -v debootstrap >/dev/null || die "no debootstrap here (make setup, or your distribution's own way: dnf --installroot, pacstrap)"
work=$(mktemp -d "$1.XXXXXX") || die "$1 cannot be made"
trap 'rm -rf --one-file-system "$work" "$work.log"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
chmod 755 "$work"
# Quietly: what it did is of interest only if it could not.  In namespaces, so that
# nothing stays mounted or runs on if it is stopped half way.
unshare --mount --pid --fork --kill-child debootstrap --variant=minbase "${SUITE:-bookworm}" "$work" "${MIRROR:-http://deb.debian.org/debian}" >"$work.log" 2>&1 </dev/null ||
    { tail -n 3 "$work.log" >&2; die "debootstrap failed"; }
rm -f "$work"/var/cache/apt/archives/*.deb
mv -T "$work" "$1"
