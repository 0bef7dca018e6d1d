# shellcheck shell=bash
# shellcheck disable=SC2034  # for whoever sources this
# harness/vm-choice.bash - which processor and which kernel the lab machine has
#
# Sourced by vm, vm-image, vm-root and vm-tree.  VM_ARCH and VM_KERNEL choose, as
# harness/vm --help tells.

# choose_machine: what was chosen, or one line and out with the status 2 or 125:
#   MACHINE   the processor as uname -m has it, and DEBIAN_ARCH, as Debian has it
#   FOREIGN   yes, if it is not this machine's: emulated, with a root of its own
#   CHOICE    installed, a release of Debian, or folder
#   PACKAGES  that folder
#   RELEASE   the release that packages come from
#   SLOT      the name of its image in the cache
choose_machine() {
    local own kernel=${VM_KERNEL:-installed}
    own=$(uname -m)
    MACHINE=${VM_ARCH:-$own} FOREIGN='' PACKAGES='' RELEASE=$(host_release)
    case $MACHINE in
        x86_64 | amd64) MACHINE=x86_64 DEBIAN_ARCH=amd64 ;;
        aarch64 | arm64) MACHINE=aarch64 DEBIAN_ARCH=arm64 ;;
        *) die 2 "no lab machine for the processor $MACHINE; there are x86_64 and arm64" ;;
    esac
    [ "$MACHINE" = "$own" ] || FOREIGN=yes
    if [ "$FOREIGN" = yes ] && [ "$MACHINE" != aarch64 ]; then
        die 2 "VM_ARCH: on $own, no lab machine for $MACHINE is prepared; arm64 on x86_64 is"
    fi
    if [ "$kernel" = installed ]; then
        CHOICE=installed
    elif [[ $kernel = */* ]] || [ -d "$kernel" ]; then
        CHOICE=folder PACKAGES=$kernel
        compgen -G "$PACKAGES/*.deb" >/dev/null || die 2 "VM_KERNEL: no package (*.deb) in the folder $PACKAGES"
    elif [[ $kernel =~ ^[a-z]+(-backports)?$ ]]; then
        CHOICE=$kernel RELEASE=$kernel
    else
        die 2 "VM_KERNEL: installed, a release of Debian (trixie, sid) or a folder of packages, not '$kernel'"
    fi
    SLOT=image
    [ -z "$FOREIGN" ] && [ "$CHOICE" = installed ] || SLOT=image-$MACHINE-$CHOICE
}

# host_release: this machine's release of Debian; of another distribution, Debian's stable
host_release() {
    local ID='' VERSION_CODENAME=''
    # shellcheck source=/dev/null
    source /etc/os-release 2>/dev/null || true
    if [ "$ID" = debian ] && [ -n "$VERSION_CODENAME" ]; then echo "$VERSION_CODENAME"; else echo trixie; fi
}

# ends_clean MARK: from here on, whatever way the script ends, no process that carries
# MARK (NAME=VALUE) in its environment goes on, and the folder NEW, if set, is gone
ends_clean() {
    MARK=$1
    trap clean_end EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
    export "${MARK?}"
}

# shellcheck disable=SC2317  # a trap
clean_end() {
    local status=$? jobs
    trap '' INT TERM HUP
    exec 2>/dev/null # where bash would tell of each
    jobs=$(jobs -pr)
    # shellcheck disable=SC2086  # one word each
    know $jobs
    kill_pids KILL our_pids "$jobs" "$MARK"
    [ -z "${NEW-}" ] || rm -rf --one-file-system -- "$NEW"
    exit "$status"
}

MIRROR=${VM_MIRROR:-http://deb.debian.org/debian}
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# can_verify: packages of another release or processor are taken from Debian, if its
# signature holds; status 1 and one line on stderr if that cannot be told here
can_verify() {
    command -v apt-get >/dev/null || { echo "no apt-get here, which fetches Debian's packages" >&2; return 1; }
    [ -r "$KEYRING" ] || { echo "no $KEYRING here (package debian-archive-keyring), so Debian's packages cannot be verified" >&2; return 1; }
}
