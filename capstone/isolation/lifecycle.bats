#!/usr/bin/env bats
# However it ends, nothing is left.
# shellcheck disable=SC2154  # $before is taken in setup, in common.bash
load common

@test "[2] nothing is left after a container, no file either" {
    hint "cgroups removed, mounts in a namespace of their own; see cgroups(7)"
    for _ in 1 2 3; do
        run in_container true
        expect_status 0
    done
    expect_footprint "$before"
    # where nobody else makes files: an empty /run and /tmp of the test's own
    run bounded unshare --mount bash -c 'exec 3>&- 4>&-; cd "${1%/*}" && mount --bind "$2" /mnt && mount -t tmpfs t /tmp && mount -t tmpfs t /run && rm -rf /run/mount;
        ./skiff run /mnt true; echo $?; find /run /tmp -mindepth 1
        ./skiff run --name killed /mnt sleep 30 & until ./skiff exec killed true 2>/dev/null; do :; done
        kill -KILL $!; n=0; while [ -n "$(find /run /tmp -mindepth 1)" ] && [ $n -lt 500 ]; do n=$((n+1)); sleep 0.02; done
        find /run /tmp -mindepth 1' _ "$EXERCISE" "$ROOTFS"
    expect "status, and files left" 0 "$(grep -v Killed <<<"$output")"
    expect_footprint "$before"
}

@test "[3] SIGKILL to skiff ends the container and leaves nothing" {
    hint "PR_SET_PDEATHSIG in prctl(2), and somebody who outlives skiff"
    container
    kill -KILL "$SPAWNED"
    reap "$SPAWNED"
    wait_for eval '! napping'
    expect_footprint "$before"
}

@test "[2] even where PID 1 has switched its death signal off" {
    hint "pidfd_send_signal(2) by a process that waits for the end of skiff"
    spawn "$EXERCISE" run "$ROOTFS" payload-call nodeathsig sleep "$NAP"
    wait_for napping
    kill -KILL "$SPAWNED"
    reap "$SPAWNED"
    wait_for eval '! napping'
    expect_footprint "$before"
}

@test "[2] SIGTERM reaches a COMMAND that has a handler" {
    hint "kill(2), and signals to PID 1 in pid_namespaces(7)"
    spawn "$EXERCISE" run "$ROOTFS" sh -c "trap 'echo caught; exit 5' TERM; env sleep $NAP & wait"
    wait_for napping
    kill -TERM "$SPAWNED"
    reap "$SPAWNED"
    expect_status 5
    expect output caught "$(cat "$SPAWNED_OUT")"
}

@test "[2] SIGTERM and SIGINT end a COMMAND that has none" {
    hint "the kernel discards such signals for PID 1; see pid_namespaces(7)"
    for signal in TERM:143 INT:130 HUP:129; do
        container
        kill "-${signal%:*}" "$SPAWNED"
        reap "$SPAWNED"
        expect_status "${signal#*:}"
        expect_footprint "$before"
    done
}

@test "[2] SIGKILL in the middle of the start leaves nothing" {
    hint "whoever cleans up must know each directory before it is made; see unix(7) for the end of a socket"
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        spawn "$EXERCISE" run "$ROOTFS" sleep "$NAP"
        # anywhere in the 20 ms that a start takes
        read -r -t "0.0$((RANDOM % 20 + 10))" <> <(:) || true
        kill -KILL "$SPAWNED"
        reap "$SPAWNED"
    done
    wait_for eval '! napping'
    expect_footprint "$before"
}

@test "[1] --timeout kills the container" {
    hint "poll(2) with the time that is left"
    run prog run --timeout 1 "$ROOTFS" sleep 1000
    expect_status 137
    run prog run --timeout 30 "$ROOTFS" true
    expect_status 0
}

@test "[2] --init: PID 1 reaps orphans and ends with COMMAND's status" {
    hint "wait(2); the first process of a namespace adopts orphans: pid_namespaces(7)"
    run prog run --init "$ROOTFS" sh -c 'sh -c "true & true & true &"; i=0
        while grep -q Z /proc/[0-9]*/stat && [ $i -lt 1000 ]; do i=$((i+1)); done
        cat /proc/1/comm; grep -l "Z (zombie)" /proc/[0-9]*/status; exit 9'
    expect_status 9
    expect "zombies" "" "$(grep status <<<"$output" || true)"
    run -127 prog run --init "$ROOTFS" /no/such/command
}

@test "[2] a failure half way leaves nothing" {
    hint "undo in the reverse order, whatever step failed; see rmdir(2)"
    image=$BATS_TEST_TMPDIR/image
    cp -a "$ROOTFS" "$image"
    rm -r "${image:?}/dev"
    echo "a file" >"$image/dev"
    run --separate-stderr prog run "$image" true
    expect_error 125 skiff
    expect_footprint "$before"
}
