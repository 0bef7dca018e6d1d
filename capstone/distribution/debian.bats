#!/usr/bin/env bats
# A whole distribution in skiff: the "instant container" of the lecture.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # run sets output and status; common.bash uses what setup sets
load ../isolation/common

# One root for all tests, kept below build/: fetching it takes most of a minute.
setup_file() {
    export ROOTFS=$BATS_TEST_DIRNAME/../../build/debian
    [ -e "$ROOTFS/etc/debian_version" ] || [ "$EUID" -ne 0 ] ||
        timeout -k 5 "${DEBIAN_PATIENCE:-60}" "$BATS_TEST_DIRNAME/debian.sh" "$ROOTFS" >"$BATS_FILE_TMPDIR/words" 2>&1 || true
}

setup() {
    lab_setup
    require root
    [ -e "$ROOTFS/etc/debian_version" ] ||
        mendable network "no root of Debian in build/debian, and none came within a minute: $(tail -n 1 "$BATS_FILE_TMPDIR/words" 2>/dev/null | grep . || echo time was up)" \
            "capstone/distribution/debian.sh build/debian, with a network"
    NAP=$((1000000 + BATS_TEST_NUMBER * 100000 + RANDOM))
    before=$(footprint)
}

@test "apt and dpkg know where they are, and change a copy" {
    hint "overlay in the kernel's documentation, Documentation/filesystems/overlayfs.rst"
    local state
    state=$(find "$ROOTFS" -printf '%p %i %T@ %C@\n' | sort | cksum)
    run skiff_shell 'apt --version && dpkg --print-architecture && dpkg -s dpkg | grep ^Status'
    expect_status 0
    expect_match "apt" "apt [0-9.]+ \\(" "$output"
    expect_match "dpkg" "Status: install ok installed" "$output"
    run skiff_shell 'dpkg --purge --force-all apt >/dev/null 2>&1; command -v apt || echo "apt is gone"'
    expect_match "in the copy" "apt is gone" "$output"
    expect "the root filesystem" "$state" "$(find "$ROOTFS" -printf '%p %i %T@ %C@\n' | sort | cksum)"
}

@test "users: made, become, and of other ids than root's" {
    hint "\"ID-mapped mounts\" in mount_setattr(2)"
    run skiff_shell 'useradd --create-home ann && su ann -c "id -un; touch ~/mine; stat -c %U ~/mine /etc/shadow"'
    [[ $output != *"cannot be mapped"* ]] || mendable idmap "ids of files cannot be mapped on this kernel or filesystem" "Linux 5.12, and a folder on ext4, xfs or btrfs"
    expect_status 0
    expect "who, and whose" "ann ann root" "$(xargs <<<"$output")"
}

@test "an interactive shell: a prompt, job control, the status of exit" {
    require tool:script
    hint "-t and -i in skiff.1; \"Job control\" in bash(1)"
    local screen=$BATS_TEST_TMPDIR/screen keys=$BATS_TEST_TMPDIR/keys
    mkfifo "$keys"
    exec {KEYS}<>"$keys"
    ( close_fds; exec script -qefc "$EXERCISE run -it --hostname cabin $ROOTFS bash --norc; echo status \$?" /dev/null \
        <"$keys" >"$screen" 2>&1 ) &
    LAB_SPAWNED+=("$!")
    printf 'PS1="\\h:\\w# "\nsleep 1000 &\njobs; kill %%1; wait; cd /etc\n' >&"$KEYS"
    wait_for grep -q 'cabin:/etc# ' "$screen"
    printf 'apt --version; tty\nexit 3\n' >&"$KEYS"
    wait_for grep -q '^status 3' "$screen"
    expect_match "the screen" "\\[1\\]\\+ .*Running +sleep 1000" "$(cat "$screen")"
    expect_match "the screen" "apt [0-9.]+ \\(" "$(cat "$screen")"
    expect_match "the terminal" "/dev/pts/0" "$(cat "$screen")"
    expect "complaints" "" "$(grep -i 'job control\|terminal process group' "$screen" || true)"
    exec {KEYS}>&-
}

@test "a system that boots, and is shut down from outside" {
    require tool:busybox
    hint "busybox init and its inittab; --layer in skiff.1"
    # A layer above Debian brings another init and what it is to do.
    local layer=$BATS_TEST_TMPDIR/layer console=$BATS_TEST_TMPDIR/console
    mkdir -p "$layer"/{usr/local/sbin,etc}
    cp "$(command -v busybox)" "$layer/usr/local/sbin/busybox"
    ln -s busybox "$layer/usr/local/sbin/init"
    printf '%s\n' '::sysinit:/usr/bin/apt --version' "::respawn:/bin/sh -c 'exec sleep $NAP'" '::shutdown:/bin/echo going down' >"$layer/etc/inittab"
    chmod 711 "$BATS_TEST_TMPDIR"
    spawn "$EXERCISE" run --name "boat$NAP" --layer "$layer" "$ROOTFS" /usr/local/sbin/init
    wait_for napping
    run prog exec "boat$NAP" sh -c 'tr "\0" " " </proc/1/cmdline; cat /etc/debian_version'
    expect_match "PID 1 and the system" "init.*[0-9/]" "$output"
    # What dies, init starts again.
    kill -KILL "$(nappers)"
    wait_for napping
    prog exec "boat$NAP" busybox poweroff
    reap "$SPAWNED"
    expect_status 0
    expect_match "its console" "apt [0-9.]+ .*going down" "$(tr '\n' ' ' <"$SPAWNED_OUT")"
}
