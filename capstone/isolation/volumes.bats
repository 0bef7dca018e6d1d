#!/usr/bin/env bats
# What options add to the root: volumes, tmpfs, layers, and changes that stay.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # run sets output, status, stderr; common.bash uses what setup sets
load common

setup() {
    lab_setup
    require_skiff
    NAP=$((1000000 + BATS_TEST_NUMBER * 100000 + RANDOM))
    DIR=$BATS_TEST_TMPDIR
    mkdir "$DIR/volume"
    echo content >"$DIR/volume/file"
    before=$(footprint)
}

@test "[2] -v: a directory of the host's, written as root's" {
    hint "open_tree(2), mount_setattr(2) with MOUNT_ATTR_IDMAP, move_mount(2)"
    run prog run -v "$DIR/volume:/mnt/data" "$ROOTFS" sh -c 'cat /mnt/data/file && stat -c %u:%g /mnt/data/file
        echo new >/mnt/data/new && chown 5:6 /mnt/data/new && echo more >>/mnt/data/file'
    expect_output $'content\n0:0'
    expect "what was written" $'content\nmore new' "$(cat "$DIR/volume/file") $(cat "$DIR/volume/new")"
    expect "owners" "0:0 5:6" "$(stat -c %u:%g "$DIR/volume/file" "$DIR/volume/new" | xargs)"
    # the control: without -v none of it is there
    run in_container ls /mnt/data
    expect_status 1
    expect_footprint "$before"
}

@test "[2] -v SRC:DST:ro: nothing in it can be written" {
    hint "MOUNT_ATTR_RDONLY in mount_setattr(2)"
    state=$(tree "$DIR/volume")
    run prog run -v "$DIR/volume:/data:ro" "$ROOTFS" sh -c 'cat /data/file
        for act in "touch /data/new" "rm /data/file" "chmod 777 /data" "mount -o remount,bind,rw /data"; do
            $act 2>/dev/null && echo "$act: done"; done; :'
    expect_output content
    expect "the volume" "$state" "$(tree "$DIR/volume")"
    run prog run -v "$DIR/volume:/data" "$ROOTFS" touch /data/new
    expect_status 0
}

@test "[2] -v of a single file; no device, no set-UID program comes from a volume" {
    hint "MOUNT_ATTR_NOSUID and MOUNT_ATTR_NODEV in mount_setattr(2)"
    run prog run -v "$DIR/volume/file:/etc/one" "$ROOTFS" sh -c 'cat /etc/one; echo two >/etc/one'
    expect_output content
    expect "the file" two "$(cat "$DIR/volume/file")"
    mknod -m 666 "$DIR/volume/zero" c 1 5
    sandboxed || expect "control: on the host the node works" 4 "$(head -c 4 "$DIR/volume/zero" | wc -c)"
    run prog run -v "$DIR/volume:/data" "$ROOTFS" sh -c 'head -c 4 /data/zero | wc -c'
    expect_match "bytes read" "^0\$" "$(tail -n 1 <<<"$output")"
    container -v "$DIR/volume:/data"
    expect_match "options" "nosuid" "$(mounted "$CONTAINER" /data)"
    expect_match "options" "nodev" "$(mounted "$CONTAINER" /data)"
}

@test "[2] -v: a DST that is missing is made, in the container alone" {
    hint "mkdirat(2) in the overlay"
    state=$(tree "$ROOTFS")
    run prog run -v "$DIR/volume:/a/b/c" -v "$DIR/volume/file:/d/e" "$ROOTFS" cat /a/b/c/file /d/e
    expect_output $'content\ncontent'
    expect ROOTFS "$state" "$(tree "$ROOTFS")"
}

@test "[3] -v: a symbolic link of ROOTFS does not lead DST outside" {
    hint "openat2(2) with RESOLVE_IN_ROOT (CVE-2021-30465)"
    outside_dir
    state=$(tree "$OUTSIDE")
    for target in "$OUTSIDE" "../../../../../../../../../..$OUTSIDE"; do
        for dst in /lure /lure/below "/lure/below --userns host"; do
            IMAGE=$DIR/image
            cp -a "$ROOTFS" "$IMAGE"
            ln -s "$target" "$IMAGE/lure"
            # shellcheck disable=SC2086  # words
            spawn "$EXERCISE" run -v "$DIR/volume:"$dst "$IMAGE" sleep "$NAP"
            wait_for eval "napping || ! kill -0 $SPAWNED"
            expect "$dst: the folder outside" "$state" "$(tree "$OUTSIDE")"
            expect "$dst: mounts on the host's side" "" "$(grep -F "$OUTSIDE" "/proc/$(machine_pid)/mountinfo" || true)"
            for pid in $(nappers); do kill -KILL "$pid"; done
            reap "$SPAWNED"
            rm -rf "$IMAGE"
        done
    done
    # the control: a runner that mounts by name does follow the link
    mkdir "$DIR/image"
    ln -s "$OUTSIDE" "$DIR/image/lure"
    run bounded unshare --mount sh -c "mount --bind $DIR/volume $DIR/image/lure && grep -cF $OUTSIDE /proc/self/mountinfo"
    expect_output 1
}

@test "[1] -v: what it cannot do is 125, and nothing was run" {
    hint "every argument is looked at before anything is made; for /proc see CVE-2019-16884 and proc(5)"
    for volume in "$DIR/nowhere:/data" "$DIR/volume" "$DIR/volume:" ":/data" "$DIR/volume:relative" \
        "$DIR/volume:/data:rx" "$DIR/volume:/proc/data" "$DIR/volume:/proc/self" "$DIR/volume:/etc/passwd"; do
        run --separate-stderr prog run -v "$volume" "$ROOTFS" echo ran
        expect_error 125 skiff
        expect "output with -v $volume" "" "$output"
    done
    expect_footprint "$before"
}

@test "[2] --tmpfs: the size is enforced, the mode set, nothing in it can be executed" {
    hint "size= and mode= in tmpfs(5), MOUNT_ATTR_NOEXEC in fsmount(2)"
    run prog run --tmpfs /t:size=1m,mode=0750 "$ROOTFS" sh -c 'stat -c %a /t; df -k /t | awk "END { print \$2 }"
        dd if=/dev/zero of=/t/fill bs=1k count=3000 2>/dev/null; echo $?; stat -c %s /t/fill'
    expect_output $'750\n1024\n1\n1048576'
    run prog run --tmpfs /t "$ROOTFS" sh -c 'cp /bin/busybox /t/ && /t/busybox true 2>/dev/null; echo $?'
    expect_output 126
    run prog run --tmpfs /t:exec "$ROOTFS" sh -c 'cp /bin/busybox /t/ && /t/busybox true; echo $?'
    expect "with exec" 0 "$output"
    container --tmpfs /t
    expect_match "options" "nosuid.*tmpfs" "$(mounted "$CONTAINER" /t)"
    for bad in relative /t:size=0 /t:size=1q /t:nonsense; do
        run --separate-stderr prog run --tmpfs "$bad" "$ROOTFS" echo ran
        expect_error 125 skiff
    done
}

@test "[1] --read-only does not hold for a tmpfs or a volume" {
    hint "mount_setattr(2) of one mount, without those below it"
    run prog run --read-only --tmpfs /t -v "$DIR/volume:/data" "$ROOTFS" sh -c 'touch /x 2>/dev/null; echo $?
        touch /t/x && touch /data/x && echo both'
    expect_output $'1\nboth'
}

@test "[2] --layer: on top of ROOTFS, the last one highest, and not written to" {
    hint "lowerdir=TOP:NEXT:...:LOWEST of overlay, see mount(8)"
    for n in 1 2; do
        mkdir -p "$DIR/layer$n/etc"
        echo "layer $n" | tee "$DIR/layer$n/both" >"$DIR/layer$n/only$n"
    done
    echo covered >"$DIR/layer1/etc/group"
    state=$(tree "$DIR")
    run prog run --layer "$DIR/layer1" --layer "$DIR/layer2" "$ROOTFS" sh -c 'cat /both /only1 /only2 /etc/group
        [ -s /etc/passwd ] && rm /both && echo x >/only1'
    expect_status 0
    expect_output $'layer 2\nlayer 1\nlayer 2\ncovered'
    expect "the layers" "$state" "$(tree "$DIR")"
    run --separate-stderr prog run --layer "$DIR/nowhere" "$ROOTFS" true
    expect_error 125 skiff
}

@test "[2] --upper: what the container changes is kept, for the next one too" {
    hint "upperdir= and workdir= of overlay, on one filesystem; see mount(8)"
    mkdir "$DIR/upper"
    state=$(tree "$ROOTFS")
    names=$(ls -A "$DIR")
    run prog run --upper "$DIR/upper" "$ROOTFS" sh -c 'echo kept >/new; rm /etc/group; echo more >>/etc/passwd'
    expect_status 0
    expect "in the directory" kept "$(cat "$DIR/upper/new")"
    expect "its owner" 0:0 "$(stat -c %u:%g "$DIR/upper/new")"
    run prog run --upper "$DIR/upper" "$ROOTFS" sh -c 'cat /new; ls /etc/group 2>/dev/null; tail -n 1 /etc/passwd'
    expect_output $'kept\nmore'
    run in_container cat /new
    expect "control: without --upper" 1 "$status"
    expect ROOTFS "$state" "$(tree "$ROOTFS")"
    expect "beside it: no work directory" "$names" "$(ls -A "$DIR")"
    # nor one of a skiff that was killed
    container --upper "$DIR/upper"
    kill -KILL "$SPAWNED"
    reap "$SPAWNED"
    wait_for eval '[ "$(ls -A "$DIR" | grep -v "^out\.")" = "$names" ]'
}

@test "[1] --upper: not for two containers at a time" {
    hint "flock(2) on the directory: two overlays with one upper ruin each other's"
    mkdir "$DIR/upper"
    container --upper "$DIR/upper"
    run --separate-stderr prog run --upper "$DIR/upper" "$ROOTFS" echo ran
    expect_error 125 skiff
    expect output "" "$output"
    end_container
    run prog run --upper "$DIR/upper" "$ROOTFS" echo ran
    expect_output ran
}
