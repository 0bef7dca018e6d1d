#!/usr/bin/env bats
# Containers that run, by name: exec, list, kill, stats.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # run sets output, status, stderr; common.bash uses what setup sets
load common

setup() {
    lab_setup
    require_skiff
    NAP=$((1000000 + BATS_TEST_NUMBER * 100000 + RANDOM))
    NAME=test-$NAP
    before=$(footprint)
}

# joined: a second process in the container, which sleeps too; its pid in
# $JOINED, that of its skiff in $SPAWNED
joined() {
    spawn "$EXERCISE" exec "$NAME" sleep "$NAP"
    wait_for eval '[ "$(nappers | wc -l)" -eq 2 ]'
    JOINED=$(nappers | grep -vx "$CONTAINER")
}

@test "[2] --name: taken while the container runs, free again afterwards" {
    hint "a lock that the kernel drops with its holder, see fcntl_locking(2)"
    container --name "$NAME"
    run --separate-stderr prog run --name "$NAME" "$ROOTFS" echo ran
    expect_error 125 skiff
    expect output "" "$output"
    end_container
    run prog run --name "$NAME" "$ROOTFS" echo ran
    expect_output ran
    # nor does a killed skiff keep it
    container --name "$NAME"
    kill -KILL "$SPAWNED"
    reap "$SPAWNED"
    wait_for prog run --name "$NAME" "$ROOTFS" true
    for bad in ../x a/b ''; do
        run --separate-stderr prog run --name "$bad" "$ROOTFS" true
        expect_error 125 skiff
    done
}

@test "[3] exec: every namespace and the cgroup are those of PID 1" {
    hint "setns(2) with a pidfd, then a fork for the pid namespace; cgroup.procs, see cgroups(7)"
    container --name "$NAME" --time-offset 100
    joined
    for kind in user mnt pid uts ipc net cgroup time; do
        expect "$kind namespace" "$(ns_of "$CONTAINER" "$kind")" "$(ns_of "$JOINED" "$kind")"
        [ "$(ns_of self "$kind")" != "$(ns_of "$JOINED" "$kind")" ]
    done
    expect cgroup "$(cat "/proc/$CONTAINER/cgroup")" "$(cat "/proc/$JOINED/cgroup")"
    expect "its root" "$(stat -Lc %d:%i "/proc/$CONTAINER/root/")" "$(stat -Lc %d:%i "/proc/$JOINED/root/")"
    run prog exec "$NAME" hostname
    expect_output "$(nsenter -t "$CONTAINER" -u uname -n)"
}

@test "[3] exec: capabilities, seccomp, no_new_privs, ids and session are no laxer than PID 1's" {
    hint "the same steps as at birth, after setns(2); see capabilities(7), seccomp(2), setsid(2)"
    container --name "$NAME" --cap-drop KILL
    joined
    for field in CapInh CapPrm CapEff CapBnd CapAmb Seccomp NoNewPrivs Uid Gid Groups; do
        expect "$field" "$(proc_field "$CONTAINER" "$field")" "$(proc_field "$JOINED" "$field")"
    done
    expect "session leader" "$JOINED" "$(ps -o sid= -p "$JOINED" | tr -d ' ')"
    # nothing of the caller's: descriptors, environment
    echo secret >"$BATS_TEST_TMPDIR/secret"
    run bounded env SECRET=exposed bash -c 'exec 9<"$3" 3>&- 4>&-; exec "$1" exec "$2" sh -c "echo /proc/self/fd/*; env"' \
        _ "$EXERCISE" "$NAME" "$BATS_TEST_TMPDIR/secret"
    expect_match descriptors "^/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2( /proc/self/fd/3)?"$'\n' "$output"
    expect "of our environment" "" "$(grep SECRET <<<"$output" || true)"
    expect_match environment "PATH=/usr" "$output"
}

@test "[2] exec: no user namespace, no mount, no more than the container may" {
    hint "the filter is loaded before execve(2); see seccomp(2)"
    container --name "$NAME"
    run prog exec "$NAME" unshare -U true
    expect_status 1
    run prog exec "$NAME" sh -c 'mount -t tmpfs t /tmp 2>/dev/null; echo $?'
    expect_output 1
    end_container
    container --name "$NAME" --privileged
    run prog exec "$NAME" sh -c 'unshare -U true && mount -t tmpfs t /tmp && echo both'
    expect "control: in a privileged container" both "$output"
}

@test "[2] exec: -u, -e, -w, and stdin with -i" {
    hint "as run has them; see setresuid(2), chdir(2)"
    container --name "$NAME"
    SECRET=exposed run prog exec -u 1000:100 -e 'A=x y' -e SECRET -w /etc "$NAME" sh -c 'id -u; id -g; echo "$A $SECRET"; pwd; grep CapEff /proc/self/status'
    expect_output $'1000\n100\nx y exposed\n/etc\nCapEff:\t0000000000000000'
    run bounded bash -c 'echo typed | "$1" exec -i "$2" cat 3>&- 4>&-' _ "$EXERCISE" "$NAME"
    expect_output typed
    run bounded bash -c 'echo typed | "$1" exec "$2" cat 3>&- 4>&-' _ "$EXERCISE" "$NAME"
    expect "without -i" "" "$output"
    run --separate-stderr prog exec -w /no/such/dir "$NAME" true
    expect_error 125 skiff
}

@test "[2] exec: statuses as those of run; a name that nobody has is 125" {
    hint "waitid(2); ENOENT and the other errors of execve(2)"
    container --name "$NAME"
    for code in 0 1 42 125 255; do
        run prog exec "$NAME" sh -c "exit $code"
        expect_status "$code"
    done
    run prog exec "$NAME" sh -c 'kill -KILL $$'
    expect_status 137
    run -127 --separate-stderr prog exec "$NAME" no-such-command
    expect_error 127 skiff
    run --separate-stderr prog exec "$NAME" /etc/passwd
    expect_error 126 skiff
    for args in "$NAME-not true" "$NAME" "" "--no-such-option $NAME true"; do
        # shellcheck disable=SC2086  # words
        run --separate-stderr prog exec $args
        expect_error 125 skiff
    done
}

@test "[1] what exec started ends with the container, and with its skiff" {
    hint "PID 1 takes its namespace with it: pid_namespaces(7); PR_SET_PDEATHSIG in prctl(2)"
    local runner
    container --name "$NAME"
    runner=$SPAWNED
    joined
    kill -KILL "$CONTAINER"
    reap "$SPAWNED"
    expect_status 137
    wait_for eval '! napping'
    reap "$runner" # which has the name until then
    container --name "$NAME"
    joined
    kill -KILL "$SPAWNED"
    reap "$SPAWNED"
    wait_for eval '[ "$(nappers)" = "$CONTAINER" ]'
    run prog exec "$NAME" echo "still there"
    expect_output "still there"
}

@test "[1] list shows the containers that run, and no others" {
    hint "a record of each, and whether its first process lives: see pidfd_open(2)"
    container --name "$NAME"
    # The record is whole a moment after COMMAND has begun.
    listed() { run prog list; [ "$status" -eq 0 ] && [[ $output = *"$NAME"* ]]; }
    wait_for listed || expect_match "the list" "$NAME" "$output"
    kill -KILL "$SPAWNED"
    reap "$SPAWNED"
    unlisted() { run prog list; [ "$status" -eq 0 ] && [[ $output != *"$NAME"* ]]; }
    wait_for unlisted
}

@test "[2] kill: SIGKILL, or the signal named, with or without SIG, or its number" {
    hint "pidfd_send_signal(2); sigabbrev_np(3)"
    container --name "$NAME"
    run prog kill "$NAME"
    expect_status 0
    wait_for eval '! napping'
    reap "$SPAWNED"
    expect_status 137
    for signal in USR1:21 SIGUSR2:22 TERM:23 "$(kill -l HUP):24"; do
        spawn "$EXERCISE" run --name "$NAME" "$ROOTFS" sh -c "trap 'exit 21' USR1; trap 'exit 22' USR2
            trap 'exit 23' TERM; trap 'exit 24' HUP; env sleep $NAP & wait"
        wait_for napping
        run prog kill "$NAME" "${signal%:*}"
        expect_status 0
        wait_for eval '! napping'
        reap "$SPAWNED"
        expect_status "${signal#*:}"
    done
}

@test "[1] kill: a signal or a container that is not there is 125, and nothing is sent" {
    hint "signal(7) has the names and numbers"
    container --name "$NAME"
    for signal in NOSUCH 0 9999 9x ''; do
        run --separate-stderr prog kill "$NAME" "$signal"
        expect_error 125 skiff
    done
    run --separate-stderr prog kill "$NAME-not"
    expect_error 125 skiff
    run --separate-stderr prog kill "../$NAME"
    expect_error 125 skiff
    napping
    prog kill "$NAME"
    wait_for eval '! napping'
    reap "$SPAWNED"
    expect_status 137
}

# numbers: every number in it, bytes for 1K, 1.5MiB and the like
numbers() {
    grep -oE '[0-9]+([.][0-9]+)?( ?[kKMG]i?B?)?' | awk '{
        n = $0 + 0; unit = $0; gsub(/[0-9. ]/, "", unit); unit = toupper(substr(unit, 1, 1))
        printf "%.6f\n", n * (unit == "K" ? 1024 : unit == "M" ? 1048576 : unit == "G" ? 1073741824 : 1) }'
}

# expect_number WHAT LOW HIGH SCALE...: one of the numbers in $output is between
# them, in one of these units
expect_number() {
    local low=$2 high=$3 what=$1
    shift 3
    numbers <<<"$output" | awk -v low="$low" -v high="$high" -v scales="$*" '
        { n = split(scales, s, " "); for (i = 1; i <= n; i++) if ($1 / s[i] >= low && $1 / s[i] <= high) found = 1 }
        END { exit !found }' || expect "$what" "a number from $low to $high" "$output"
}

@test "[2] stats: memory, tasks and CPU time are the kernel's numbers" {
    hint "memory.current, pids.current, cpu.stat (v1: usage_in_bytes, cpuacct.usage); see cgroups(7)"
    spawn "$EXERCISE" run --name "$NAME" -m 96m --init "$ROOTFS" sh -c "head -c 40m /dev/zero >/dev/shm/big
        i=0; while [ \$i -lt 200000 ]; do i=\$((i+1)); done
        for n in 1 2 3 4 5; do env sleep $NAP & done; wait"
    wait_for eval '[ "$(nappers | wc -l)" -eq 5 ]'
    CONTAINER=$(nappers | head -n 1)
    before_ticks=$(awk '{ print $14 + $15 }' "/proc/$(proc_field "$CONTAINER" PPid)/stat")
    run prog stats "$NAME"
    expect_status 0
    expect_number "memory used, in bytes" 41943040 75000000 1
    expect_number "tasks" "$(wc -l <"$(cgroup_dir "$CONTAINER" pids)/cgroup.procs")" 7 1
    # of the shell alone, from its own ticks of 10 ms; in s, ms, us or ns
    low=$(awk -v t="$before_ticks" 'BEGIN { print t / 100 * 0.9 - 0.02 }')
    expect_number "CPU seconds" "$low" "$(awk -v l="$low" 'BEGIN { print 3 * l + 1 }')" 1 1000 1000000 1000000000
    for field in mem pids cpu; do expect_match "the words" "$field" "${output,,}"; done
    run --separate-stderr prog stats "$NAME-not"
    expect_error 125 skiff
}
