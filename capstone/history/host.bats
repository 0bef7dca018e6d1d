#!/usr/bin/env bats
# What else there is on the host: processes, keys, sockets, memory, limits.
# Every victim is a process of the test's own.
load common

# victim: a process of the host's with a secret in its environment
victim() {
    spawn env SECRET=hush sleep "$NAP"
    VICTIM=$SPAWNED
    wait_for grep -qzF "$NAP" "/proc/$VICTIM/cmdline"
}

@test "no process of the host's is in reach: signals, memory, limits, descriptors, namespaces" {
    hint "pid_namespaces(7); kill(2), ptrace(2), process_vm_readv(2), setns(2)"
    victim
    attempts=()
    for name in kill pidfd memory root oom trace vmread prlimit setns; do attempts+=("$name=$VICTIM"); done
    stopped naive run "$ROOTFS" -- payload-host "${attempts[@]}"
    # nor with all capabilities: the number names nobody inside
    stopped naive run "$ROOTFS" -- payload-host "${attempts[@]}" -- --privileged
    kill -0 "$VICTIM"
}

@test "no secret of the host's is in sight: environments and arguments" {
    hint "pid_namespaces(7); the environment is empty but for PATH HOME TERM HOSTNAME and -e"
    victim
    export SECRET=exposed
    stopped naive run "$ROOTFS" -- payload-host environ=hush environ=exposed
    stopped skiff -e SECRET "$ROOTFS" -- payload-host environ=exposed
    # PID 1 was skiff, before it ran COMMAND: nothing of that is left in it
    for init in "" --init; do
        run skiff $init "$ROOTFS" sh -c 'tr "\0" "\n" </proc/1/environ; grep -a . /proc/1/cmdline'
        expect "secrets of PID 1" "" "$(grep -a -e exposed -e "$BATS_TEST_DIRNAME" <<<"$output" || true)"
    done
}

@test "no path of the host's is in sight: in mounts, cgroups, arguments" {
    hint "relative names for overlay; CLONE_NEWCGROUP; see proc(5), mountinfo"
    cd "$BATS_TEST_TMPDIR" || return
    for init in "" --init; do
        # shellcheck disable=SC2086  # none, or one word
        run skiff $init "$ROOTFS" sh -c "cat /proc/self/mountinfo /proc/mounts /proc/1/cmdline /proc/self/cgroup
            for link in exe cwd root; do readlink /proc/1/\$link; done; cat /proc/1/environ; :" 2>/dev/null
        expect_status 0
        for word in bats skiff- "${EXERCISE%/*}"; do
            expect "what tells of '$word' ($init)" "" "$(grep -aF -- "$word" <<<"$output" || true)"
        done
    done
    run naive run -v "$BATS_TEST_TMPDIR:/v" "$ROOTFS" cat /proc/self/mountinfo
    expect_match "control: on the naive runner" "bats" "$output"
}

@test "no descriptor of the caller's, and none of skiff's" {
    hint "close_range(2) before execve(2)"
    run bash -c 'exec 9</ 200</etc/passwd; shift; "$@"' _ - unshare --mount "$HERE/naive" run "$ROOTFS" \
        payload-host open
    expect_match "control: on the naive runner" "open in" "$output"
    for init in "" --init; do
        # shellcheck disable=SC2086  # none, or one word
        run bash -c 'exec 9</ 200</etc/passwd; shift; "$@"' _ - "$EXERCISE" run $init "$ROOTFS" payload-host open
        refused "$output" open
        # nor does PID 1 hold one, or else it does not let itself be looked at
        run bash -c 'exec 9</ 200</etc/passwd; shift; "$@"' _ - "$EXERCISE" run $init "$ROOTFS" sh -c "ls /proc/1/fd; :"
        # (the one of --init is its own signalfd, which nobody else can open)
        expect_match "descriptors of PID 1" "^(0 1 2${init:+( [34])?}|.*Permission denied)\$" "$(paste -sd " " <<<"$output")"
    done
}

@test "a folder of the host's as standard input is no way out" {
    hint "fstat(2) of descriptors 0 to 2: a folder is none of a command's business"
    run bash -c 'exec "$@" </' _ unshare --mount "$HERE/naive" run "$ROOTFS" payload-files "descriptors=$CANARY"
    expect_match "control: on the naive runner" " in\$" "$output"
    for fd in "0</" "1</" "2</"; do
        run bash -c "shift; exec \"\$@\" $fd" _ - "$EXERCISE" run -i "$ROOTFS" sh -c "payload-files descriptors=$CANARY >/tmp/said 2>/dev/null; grep -q ' in' /tmp/said && exit 9; exit 0"
        expect "with $fd: status $status" "0 or 125" "$(case $status in 0 | 125) echo 0 or 125 ;; *) echo "it got out" ;; esac)"
    done
}

@test "no supplementary group of the caller's" {
    hint "setgroups(2), while it is still permitted"
    run setpriv --groups 4,27 unshare --mount "$HERE/naive" run "$ROOTFS" payload-host groups
    expect_match "control: on the naive runner" "groups in" "$output"
    run setpriv --groups 4,27 "$EXERCISE" run "$ROOTFS" payload-host groups
    expect_output "groups no"
}

@test "no key of the caller's session, also where keyctl is let through" {
    hint "KEYCTL_JOIN_SESSION_KEYRING in keyctl(2)"
    "$HERE/payload-lure" key probe true || { require keyrings; mendable keyctl "keyctl is refused here" "$ELSEWHERE"; }
    KEYED=("$HERE/payload-lure" key "canary-$NAP")
    run "${KEYED[@]}" unshare --mount "$HERE/naive" run "$ROOTFS" payload-host "key=canary-$NAP"
    expect_match "control: on the naive runner" " in\$" "$output"
    for options in "" "--security-opt seccomp=unconfined" --privileged; do
        # shellcheck disable=SC2086  # words
        run --separate-stderr "${KEYED[@]}" "$EXERCISE" run $options "$ROOTFS" payload-host "key=canary-$NAP"
        expect_status 0
        refused "$output" "key=canary-$NAP"
    done
}

@test "no abstract socket of the host's" {
    hint "network_namespaces(7): abstract names belong to one, see unix(7)"
    spawn "$HERE/payload-lure" socket "canary-$NAP"
    wait_for grep -q ready "$SPAWNED_OUT"
    stopped naive run "$ROOTFS" -- payload-host "abstract=canary-$NAP"
    stopped skiff --network host "$ROOTFS" -- payload-host "abstract=canary-$NAP"
}

@test "no System V shared memory of the host's" {
    hint "ipc_namespaces(7)"
    mkfifo "$BATS_TEST_TMPDIR/hold"
    sleep "$NAP" >"$BATS_TEST_TMPDIR/hold" 3>&- 4>&- &
    LAB_SPAWNED+=($!)
    key=0x$(printf '%x' "$NAP")
    spawn sh -c 'exec "$1" segment "$2" <"$3"' _ "$HERE/payload-lure" "$key" "$BATS_TEST_TMPDIR/hold"
    wait_for grep -q ready "$SPAWNED_OUT"
    segment=$(awk -v key=$((key)) '$1 == key { print $2 }' /proc/sysvipc/shm)
    run naive run "$ROOTFS" payload-host "segment=$key"
    naive_says=$output
    run skiff "$ROOTFS" payload-host "segment=$key"
    ipcrm -m "$segment"
    expect "control: on the naive runner" "segment=$key in" "$naive_says"
    refused "$output" "segment=$key"
}

@test "no shorter way past the OOM killer than others have" {
    hint "oom_score_adj in proc(5): lowering it needs CAP_SYS_RESOURCE over the first user namespace"
    # raised here, so that lowering it again would be the attempt
    (echo 500 >/proc/self/oom_score_adj
        run skiff "$ROOTFS" payload-files write=/proc/self/oom_score_adj
        expect_status 0
        run skiff "$ROOTFS" sh -c 'echo -1000 >/proc/self/oom_score_adj; cat /proc/self/oom_score_adj'
        [ "$(tail -n 1 <<<"$output")" -ge 0 ])
    # what the caller was spared by is not handed on
    (echo -500 >/proc/self/oom_score_adj) 2>/dev/null || mendable oom_score_adj "lowering it is refused here" "$ELSEWHERE"
    run bash -c 'echo -500 >/proc/self/oom_score_adj; exec "$@"' _ unshare --mount "$HERE/naive" run "$ROOTFS" \
        payload-host spared
    expect_match "control: on the naive runner" "spared in" "$output"
    run bash -c 'echo -500 >/proc/self/oom_score_adj; exec "$@"' _ "$EXERCISE" run "$ROOTFS" payload-host spared
    refused "$output" spared
}

@test "a core dump lands nowhere on the host" {
    hint "core(5): the pattern is the host's, the folder is the container's"
    case $(cat /proc/sys/kernel/core_pattern) in
        '|'* | /*) mendable core_pattern "core_pattern is no name in the working directory here" "sudo sysctl -w kernel.core_pattern=core" ;;
    esac
    image
    (cd "$WORLD" && ulimit -c unlimited && naive run "$IMAGE" payload-host crash)
    expect "control: the naive runner's is in the image" 1 "$(find "$IMAGE" -maxdepth 1 -name 'core*' | wc -l)"
    rm -f "$IMAGE"/core*
    listing=$(ls -A / /tmp "$WORLD")
    state=$(tree "$IMAGE")
    (cd "$WORLD" && ulimit -c unlimited && skiff "$IMAGE" payload-host crash)
    expect "the image" "$state" "$(tree "$IMAGE")"
    expect "new core files" "" "$(diff <(echo "$listing") <(ls -A / /tmp "$WORLD") | grep core || true)"
}

@test "PID 1 taken over is worth no more than any other process: the same limits hold for it" {
    hint "the capabilities, the filter and no_new_privs of skiff's own init"
    container --init
    init=$(proc_field "$CONTAINER" PPid)
    for field in CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Uid Gid Groups; do
        expect "$field of PID 1" "$(proc_field "$CONTAINER" "$field")" "$(proc_field "$init" "$field")"
    done
    for kind in mnt user pid net ipc uts cgroup; do
        expect "$kind namespace of PID 1" "$(ns_of "$CONTAINER" "$kind")" "$(ns_of "$init" "$kind")"
    done
    expect "its root" "$(stat -Lc %d:%i "/proc/$CONTAINER/root")" "$(stat -Lc %d:%i "/proc/$init/root")"
}
