#!/usr/bin/env bats
# The root filesystem: nothing written to it, nothing through it to the host.
# shellcheck disable=SC2154  # $before is taken in setup, in common.bash
load common

# hostile NAME TARGET: a small rootfs whose /NAME is a symbolic link
hostile() {
    IMAGE=$BATS_TEST_TMPDIR/image
    mkdir -p "$IMAGE"/{bin,etc,proc,sys,dev}
    cp -a "$ROOTFS"/bin/{busybox,sh,sleep,cat} "$IMAGE/bin/"
    rmdir "${IMAGE:?}/$1"
    ln -s "$2" "$IMAGE/$1"
}

# harmless NAME: a container over an image whose /NAME leads to a folder of the
# host's must leave that folder alone, whether it runs or refuses to
harmless() {
    local outside state
    outside_dir
    # shellcheck disable=SC2153  # outside_dir sets it
    outside=$OUTSIDE
    state=$(tree "$outside")
    for target in "$outside" "../../../../../../../../../..$outside"; do
        hostile "$1" "$target"
        spawn "$EXERCISE" run "$IMAGE" sh -c "echo x >/$1/planted; cat /$1/file; exec sleep $NAP"
        wait_for eval "napping || ! kill -0 $SPAWNED"
        expect "/$1 -> $target: the folder outside" "$state" "$(tree "$outside")"
        expect "/$1 -> $target: mounts on the host's side" "" "$(grep -F "$outside" "/proc/$(machine_pid)/mountinfo" || true)"
        for pid in $(nappers); do
            expect "mounts of the container there" "" "$(grep -F "$outside" "/proc/$pid/mountinfo" || true)"
            for type in proc sysfs devpts; do
                expect_match "a $type of its own" " - $type " "$(cat "/proc/$pid/mountinfo")"
            done
            kill -KILL "$pid"
        done
        reap "$SPAWNED"
        expect "what it read outside" "" "$(grep precious "$SPAWNED_OUT" || true)"
        rm -rf "$IMAGE"
    done
    # the control: a runner that mounts by name does follow the link
    hostile "$1" "$outside"
    run bounded unshare --mount sh -c "mount -t tmpfs naive $IMAGE/$1 && grep -cF $outside /proc/self/mountinfo"
    expect_output 1
    expect_footprint "$before"
}

@test "[3] what the container writes is not in ROOTFS" {
    hint "an overlay whose upper is the container's own; see mount(8), overlay"
    state=$(tree "$ROOTFS")
    run skiff_shell 'echo new >/new; echo x >>/etc/passwd; rm /etc/group; mkdir /var/d; chmod 700 /home; cat /new'
    expect_status 0
    expect_output new
    expect "ROOTFS" "$state" "$(tree "$ROOTFS")"
}

@test "[1] two containers over one ROOTFS do not see each other's writes" {
    hint "an upper for each; see mount(8), overlay"
    spawn "$EXERCISE" run "$ROOTFS" sh -c "echo secret >/left; exec sleep $NAP"
    wait_for napping
    run in_container cat /left
    expect_status 1
    expect "control: the first one sees it" secret "$(cat "/proc/$(nappers)/root/left")"
}

@test "[3] no mount of the host's, and no way back to the old root" {
    hint "pivot_root(2), then umount2(2) with MNT_DETACH"
    container
    expect "device of the root" "overlay" "$(awk '$5 == "/" { sub(/.* - /, ""); print $1 }' "/proc/$CONTAINER/mountinfo" | sort -u)"
    ours=$(awk '$5 ~ "^/(work|home|tmp|boot|var|run)(/|$)" { print $5 }' "/proc/$CONTAINER/mountinfo")
    expect "mounts at places of the host's" "" "$ours"
    expect "its root, by device and inode" different \
        "$([ "$(stat -Lc %d:%i "/proc/$CONTAINER/root/")" = "$(stat -c %d:%i /)" ] && echo same || echo different)"
    run in_container ls "$BATS_TEST_DIRNAME"
    expect_status 1
}

@test "[2] the mounts of the container do not reach the host" {
    hint "MS_PRIVATE before the first mount; see mount_namespaces(7)"
    ours=$(cat "/proc/$(machine_pid)/mountinfo")
    container
    expect "our mounts while it runs" "$ours" "$(cat "/proc/$(machine_pid)/mountinfo")"
    expect "peer groups inside" "" "$(grep -o 'shared:[0-9]*' "/proc/$CONTAINER/mountinfo" || true)"
}

@test "[2] --read-only: nothing in the root can be written" {
    hint "mount_setattr(2), MOUNT_ATTR_RDONLY"
    run prog run --read-only "$ROOTFS" sh -c 'touch /x; echo $?; mkdir /tmp/d; echo $?; touch /dev/shm/x; echo $?'
    expect "statuses" "1 1 0" "$(grep '^[0-9]*$' <<<"$output" | xargs)"
    run skiff_shell 'touch /x'
    expect_status 0
}

@test "[3] a rootfs whose /proc is a symbolic link leads nowhere outside" {
    hint "openat2(2) with RESOLVE_NO_SYMLINKS or RESOLVE_IN_ROOT (CVE-2019-19921)"
    harmless proc
}

@test "[2] a rootfs whose /dev is a symbolic link leads nowhere outside" {
    hint "openat2(2) with RESOLVE_NO_SYMLINKS or RESOLVE_IN_ROOT"
    harmless dev
}

@test "[1] a rootfs whose /sys is a symbolic link leads nowhere outside" {
    hint "openat2(2) with RESOLVE_NO_SYMLINKS or RESOLVE_IN_ROOT"
    harmless sys
}

@test "[1] mount points that the rootfs lacks are made, but not in ROOTFS" {
    hint "mkdirat(2) in the overlay, not below it"
    IMAGE=$BATS_TEST_TMPDIR/image
    cp -a "$ROOTFS" "$IMAGE"
    rmdir "$IMAGE"/{proc,sys,dev}
    run prog run "$IMAGE" sh -c 'ls -d /proc/self/ns /sys/class /dev/null'
    expect_status 0
    expect "folders in the image" "" "$(ls -d "$IMAGE"/{proc,sys,dev} 2>/dev/null || true)"
}

@test "[2] /proc: Docker's masked paths are empty, its read-only paths refuse writes" {
    hint "bind mounts of /dev/null and of an empty tmpfs; mount_setattr(2)"
    run skiff_shell 'for f in /proc/kcore /proc/keys /proc/timer_list /proc/interrupts /proc/sched_debug; do
            [ ! -e $f ] || [ -z "$(cat $f)" ] || echo "$f shows something"; done
        for d in /proc/acpi /proc/scsi /sys/firmware; do [ ! -e $d ] || [ -z "$(ls $d)" ] || echo "$d shows something"; done
        for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger; do
            (: >>$f) 2>/dev/null && echo "$f is writable"; done; :'
    expect_output ""
    # the control: not so without the masks
    run prog run --security-opt unmask=ALL "$ROOTFS" sh -c '[ -n "$(cat /proc/interrupts)" ] && echo shown'
    expect_output shown
}

@test "[1] /sys is read-only" {
    hint "MOUNT_ATTR_RDONLY in fsmount(2)"
    container
    expect_match "options of /sys" "(^|,)ro(,|\$)" "$(awk '$5 == "/sys" { print $6 }' "/proc/$CONTAINER/mountinfo")"
}

@test "[2] /dev: the six harmless nodes, and they work" {
    hint "bind mounts of the host's nodes; see null(4), pts(4), shm_overview(7)"
    run skiff_shell 'cd /dev && echo $(ls | sort)'
    expect_match "names" "^(console )?fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero\$" "$output"
    run skiff_shell 'echo gone >/dev/null && head -c 8 /dev/zero | tr "\0" z && head -c 8 /dev/urandom | wc -c && [ -c /dev/null ] && [ ! -s /dev/null ] && (echo x >/dev/full) 2>/dev/null; echo $?'
    expect_output $'zzzzzzzz8\n1'
    run skiff_shell 'touch /dev/shm/x && echo ok'
    expect_output ok
}

@test "[2] a device node in ROOTFS is of no use" {
    sandboxed || require temp:dev # for the control
    hint "MOUNT_ATTR_NODEV in fsmount(2); capability CAP_MKNOD in capabilities(7)"
    IMAGE=$BATS_TEST_TMPDIR/image
    cp -a "$ROOTFS" "$IMAGE"
    mknod -m 666 "$IMAGE/etc/zero" c 1 5
    sandboxed || expect "control: on the host it works" 4 "$(head -c 4 "$IMAGE/etc/zero" | wc -c)"
    run prog run "$IMAGE" head -c 4 /etc/zero
    expect_status 1
    run prog run --cap-add MKNOD "$ROOTFS" mknod /node c 1 5
    expect_status 1
}

@test "[2] a full root is ENOSPC for the container, not the host's problem" {
    hint "size= of tmpfs(5)"
    run prog run -m 64m "$ROOTFS" sh -c 'dd if=/dev/zero of=/fill bs=1M count=200 2>&1; echo "still here"'
    expect_match "dd's words" "No space left" "$output"
    expect_match "the shell's" "still here" "$output"
}

@test "[1] --userns host: nodev on the root, whatever container root may" {
    hint "MOUNT_ATTR_NODEV in fsmount(2): only there would the kernel open a node of the overlay's"
    container --userns host --cap-add MKNOD
    expect "user namespace" "$(ns_of self user)" "$(ns_of "$CONTAINER" user)"
    expect_match "options of the root" "nodev" "$(mounted "$CONTAINER" /)"
    ! sandboxed || return 0     # there the kernel makes no node at all
    run prog run --userns host --cap-add MKNOD "$ROOTFS" sh -c 'mknod /node c 1 5 && echo made && head -c 4 /node | wc -c'
    expect_match "read from the node" "made.*0\$" "$(xargs <<<"$(grep -v head: <<<"$output")")"
}
