#!/usr/bin/env bats
# steps.bats - what the step programs of lab 02 claim, checked
#
# Without root they run as the root of a user namespace.
# shellcheck disable=SC2016  # what is in single quotes is for the shell inside
# shellcheck disable=SC2154  # status and output are set by run

load ../../support/bats

setup() {
    lab_setup
    ROOT=()
    if [ "$EUID" -ne 0 ]; then
        require userns
        ROOT=(unshare --map-root-user)
    fi
}

# step ARG...: a step program; skips where this kernel lacks the facility
step() {
    run bounded "${ROOT[@]}" "$@"
    require_step "$status"
}

@test "step programs: wrong usage is 2, with a usage line" {
    local bad
    for bad in "step1-list x" "step1-list 1 2" "step1-list 0" "step4-nested x" "step6-signals x" "step7-three" \
        "step7-three fork" "step8-ipc x" "step9-mount" "step10-propagation x" "step13-cgroup" "step16-ioctl 1x" \
        "step17-tree x" "step3-pid x" "step2-uts" "step2-uts a b" "step5-init x" "step11-net x" "step14-time" \
        "step14-time 1x" "step14-time -1" "step15-setns" "step18-peek" "step18-peek x" "step18-peek 0" "step19-hide 1x"; do
        # shellcheck disable=SC2086
        run --separate-stderr bounded ./$bad
        expect_status 2 || { echo "with: $bad"; return 1; }
        expect_match stderr "^usage: ${bad%% *}" "$stderr"
    done
}

@test "step3: two PIDs for one process, and no parent inside" {
    step ./step3-pid
    expect_status 0
    pattern='my child is PID ([0-9]+)'
    [[ ${lines[0]} =~ $pattern ]]
    expect_match "NSpid, read from outside" "has NSpid:.*${BASH_REMATCH[1]}[[:space:]]+1$" "${lines[1]}"
    expect "the last line" "inside:  I am PID 1, my parent is PID 0" "${lines[2]}"
}

@test "step2: the hostname is changed in one namespace only" {
    before=$(uname -n)
    step ./step2-uts lab-02-inside
    expect_status 0
    here=$(ns_of self uts)
    expect "line 1" "outside: $here is called $before" "${lines[0]}"
    expect_match "line 2" "^inside:  uts:.* is called lab-02-inside$" "${lines[1]}"
    [[ ${lines[1]} != *"$here"* ]]
    expect "line 3" "outside: $here is called $before" "${lines[2]}"
    expect "hostname" "$before" "$(uname -n)"
}

@test "step5: PID 1 gets the orphan, and takes it with it" {
    step ./step5-init
    expect_status 0
    expect "orphan, before" "inside:  PID 3: my parent is PID 2" "${lines[0]}"
    expect "orphan, after" "inside:  PID 3: my parent is PID 1, and PID 2 has ended" "${lines[1]}"
    expect_match "the end" "nobody is left inside$" "${lines[3]}"
    expect "what still runs" "" "$(marked_pids)"
}

@test "step11: a new network namespace has lo, down, then up" {
    step ./step11-net
    expect_status 0
    expect_match "outside" "^outside: net:" "${lines[0]}"
    expect_match "new" "interface.*lo is down, 127.0.0.1: Network is unreachable$" "${lines[1]}"
    expect_match "with lo up" "lo is up, 127.0.0.1: Connection refused$" "${lines[2]}"
    [[ ${lines[1]} != *"$(ns_of self net)"* ]]
}

@test "step14: boot time is ahead inside only, and cannot be set twice" {
    step ./step14-time 1000
    expect_status 0
    expect "inside" "inside:  boot time +1000 s, monotonic +1000 s, time of day +0 s" "${lines[0]}"
    expect "outside" "outside: boot time +0 s, monotonic +0 s, time of day +0 s" "${lines[1]}"
    expect_match "once more" "Permission denied$" "${lines[2]}"
}

@test "step15: a descriptor holds a namespace without processes" {
    step ./step15-setns lab-02-held
    expect_status 0
    pattern='^child:  (uts:.[0-9]+.) is called lab-02-held$'
    [[ ${lines[1]} =~ $pattern ]]
    expect "parent, at first" "parent: $(ns_of self uts) is called $(uname -n)" "${lines[0]}"
    expect "held" "parent: the child has ended; my descriptor holds ${BASH_REMATCH[1]}" "${lines[2]}"
    expect "entered" "parent: ${BASH_REMATCH[1]} is called lab-02-held" "${lines[3]}"
}

@test "step18 and step19: the old /proc shows the host, a fresh one does not" {
    spawn bash -c 'exec -a "backup --password=swordfish" sleep 60'
    wait_for grep -aq swordfish "/proc/$SPAWNED/cmdline"
    before=$(grep -c " /proc " /proc/self/mountinfo)
    step ./step18-peek "$SPAWNED"
    expect_status 0
    expect_match "what is seen" "cmdline: backup --password=swordfish" "$output"
    expect_match "what cannot be named" "kill\($SPAWNED, 0\): No such process" "$output"
    step ./step19-hide "$SPAWNED"
    expect_status 1
    expect "first line" "inside: /proc/self is 1" "${lines[0]}"
    expect_match "what is seen" "/proc/$SPAWNED/cmdline: No such file or directory" "$output"
    # and outside nothing changed
    grep -aq swordfish "/proc/$SPAWNED/cmdline"
    expect "mounts on /proc outside" "$before" "$(grep -c " /proc " /proc/self/mountinfo)"
}

@test "step1: the same inodes for a child, others for who has made its own" {
    run -0 bounded ./step1-list "$$"
    for kind in cgroup ipc mnt net pid user uts; do
        inode=$(ns_of self "$kind")
        inode=${inode//[!0-9]/}
        expect_match "$kind" "$kind +$inode +$inode +the same" "$output"
    done
    expect "others" 0 "$(grep -c another <<<"$output")"
    spawn "${ROOT[@]}" unshare --uts --ipc sleep 60
    wait_for eval '[ "$(ns_of "$SPAWNED" ipc)" != "$(ns_of self ipc)" ] && grep -qx sleep "/proc/$SPAWNED/comm"'
    run -0 bounded ./step1-list "$SPAWNED"
    want="ipc uts"
    [ "$EUID" -eq 0 ] || want="ipc user uts"
    expect "others" "$want" "$(awk '/another$/ { print $1 }' <<<"$output" | xargs)"
}

@test "step4: three PIDs, one for each level" {
    step ./step4-nested
    expect_status 0
    expect_match "NSpid" "NSpid:.*[[:space:]]3[[:space:]]1$" "${lines[0]}"
    expect "level 2" "level 2: I am PID 1, my parent is PID 0" "${lines[1]}"
    expect "level 1" "level 1: I am PID 1, my child was PID 3" "${lines[2]}"
}

@test "step6: PID 1 is safe from inside, not from outside; without it nobody is born" {
    step ./step6-signals
    expect_status 0
    expect_match "from inside" "PID 1 is there; SIGUSR1, for which it has a handler, came 1 time" "$output"
    expect_match "from outside" "SIGKILL to PID [0-9]+: it died of it" "$output"
    expect_match "afterwards" "without an init: Cannot allocate memory$" "$output"
    expect "what still runs" "" "$(marked_pids)"
}

@test "step7: clone leaves the caller, unshare and setns move it, but never to another PID" {
    step ./step7-three clone
    expect_status 0
    expect_match "caller of clone" "caller +uts old +pid old +pid for children old" "${lines[0]}"
    expect_match "child of clone" "uts new +pid new" "${lines[1]}"
    for call in unshare setns; do
        step ./step7-three $call
        expect_status 0
        expect_match "caller of $call" "caller +uts new +pid old +pid for children new" "${lines[0]}"
        expect_match "child after $call" "uts new +pid new" "${lines[1]}"
    done
    expect "what still runs" "" "$(marked_pids)"
}

@test "step8: keys and names of queues mean nothing in another IPC namespace" {
    before=$(wc -l </proc/sysvipc/msg)
    step ./step8-ipc
    expect_status 0
    for i in 0 3; do
        expect "outside" "outside: $(ns_of self ipc) System V queue: found; POSIX queue: found" "${lines[i]}"
    done
    expect_match "inside" "System V queue: No such file or directory; POSIX queue: No such file or directory$" "${lines[1]}"
    expect_match "its own" "System V queue: found; POSIX queue: found$" "${lines[2]}"
    expect "queues left behind" "$before" "$(wc -l </proc/sysvipc/msg)"
}

@test "step9: a mount is in one list of mounts only" {
    before=$(wc -l </proc/self/mountinfo)
    user_dir
    step ./step9-mount "$USER_DIR"
    expect_status 0
    [[ ${lines[0]} =~ has\ ([0-9]+)\ mounts ]]
    had=${BASH_REMATCH[1]}
    expect_match "inside, before" "^inside: .*No such file" "${lines[0]}"
    expect_match "inside" "^inside: .* has $((had + 1)) mounts.*it is there" "${lines[1]}"
    expect_match "outside" "^outside: .* has $had mounts.*No such file" "${lines[2]}"
    expect "mounts outside" "$before" "$(wc -l </proc/self/mountinfo)"
}

@test "step10: shared both ways, slave one way, private none" {
    before=$(wc -l </proc/self/mountinfo)
    step ./step10-propagation
    expect_status 0
    expect_match "shared" "^shared +shared:[0-9]+ +from first to second: yes, from second to first: yes$" "${lines[0]}"
    expect_match "slave" "^slave +master:[0-9]+ +from first to second: yes, from second to first: no$" "${lines[1]}"
    expect_match "private" "^private +- +from first to second: no, +from second to first: no$" "${lines[2]}"
    expect "mounts outside" "$before" "$(wc -l </proc/self/mountinfo)"
}

@test "step13: one's own cgroup is the root, as seen from inside" {
    require root cgroup2 ns:cgroup
    dir=$(cgroup2_mount)/lab-02-step13-$$
    step ./step13-cgroup "$dir"
    expect_status 0
    name=lab-02-step13-$$
    expect_match "before" "^before: .*/$name$" "${lines[0]}"
    expect "inside" "inside:  the child is in /" "${lines[1]}"
    expect_match "inside, the parent" "the parent is in /\.\." "${lines[2]}"
    expect_match "outside" "^outside: .*/$name$" "${lines[3]}"
    [ ! -e "$dir" ]
    # a cgroup that somebody else made is left alone
    mkdir "$dir"
    run ! bounded ./step13-cgroup "$dir"
    rmdir "$dir"
}

@test "step16: type, owner and parent of a namespace" {
    require ns:user
    spawn unshare --user --map-root-user --pid --fork sleep 60
    has_sleep() { pid=$(child_of "$SPAWNED") && [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm")" = sleep ]; }
    wait_for has_sleep
    has_sleep
    run -0 bounded ./step16-ioctl "$pid"
    user=$(stat -Lc %i "/proc/$pid/ns/user")
    here=$(stat -Lc %i /proc/self/ns/user)
    expect_match "pid" "pid +$(stat -Lc %i "/proc/$pid/ns/pid") +type: CLONE_NEWPID +owner: $user +parent: $(stat -Lc %i /proc/self/ns/pid)" "$output"
    expect_match "user" "user +$user +type: CLONE_NEWUSER +owner: $here +parent: $here +owner uid: $EUID" "$output"
    expect_match "uts, which has no parent" "type: CLONE_NEWUTS +owner: [^ ]+.*parent: Invalid argument" "$output"
    # the control: what it did not make is not its own
    [[ ! $output =~ uts[^$'\n']*owner:\ $user ]]
}

@test "step17: a new namespace hangs below the user namespace that owns it" {
    require ns:user
    spawn unshare --user --map-root-user --uts sleep 60
    wait_for grep -qx sleep "/proc/$SPAWNED/comm"
    run -0 bounded ./step17-tree
    below=$(grep -A 1 -F "$(ns_of "$SPAWNED" user)" <<<"$output" | tail -n 1)
    expect_match "below the user namespace" "^ +\+-- uts:\[[0-9]+\]  1 process, first $SPAWNED sleep$" "$below"
    expect "other lines with our own" 1 "$(grep -cF "$(ns_of self uts)" <<<"$output")"
    kill "$SPAWNED"
    wait_for eval '! ./step17-tree | grep -qF "first $SPAWNED sleep"'
}

@test "step5, the sheet: an init that never waits keeps a zombie, one that does keeps none" {
    local init orphan pid children
    orphan_of_init() {
        init=$(child_of "$SPAWNED") && [ -n "$init" ] || return
        read -ra children <"/proc/$init/task/$init/children"
        for pid in "${children[@]}"; do
            orphan=$pid
            [ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" != "sleep 61 " ] || return 0
        done
        return 1
    }
    state_is() { [ "$(awk '$1 == "State:" { print $2 }' "/proc/$orphan/status" 2>/dev/null)" = "$1" ]; }
    spawn "${ROOT[@]}" unshare --pid --fork sh -c '(sleep 61 &); exec sleep 60'
    wait_for orphan_of_init
    wait_for grep -qx sleep "/proc/$init/comm"
    kill "$orphan"
    wait_for state_is Z
    kill -KILL "$init"
    wait_for state_is ""
    # the control: a shell waits for all its children, also for those that it did not start
    spawn "${ROOT[@]}" unshare --pid --fork bash -c '(sleep 61 &); sleep 60; :'
    wait_for orphan_of_init
    kill "$orphan"
    wait_for state_is ""
    [ -d "/proc/$init" ]
}

@test "step15, the sheet: what nobody holds any more is gone, and does not count" {
    require userns ns:uts
    # Held by descriptor 9, the namespace without processes uses up the limit.
    script='[ "$1" != limit ] || echo 1 >/proc/sys/user/max_uts_namespaces || exit 99
        unshare --uts sleep 60 &
        until [ "$(readlink "/proc/$!/ns/uts")" != "$(readlink /proc/self/ns/uts)" ]; do :; done
        exec 9<"/proc/$!/ns/uts"
        kill $!
        wait $!
        unshare --uts true; held=$?
        exec 9<&-
        unshare --uts true; echo "held $held, gone $?"'
    run bounded unshare --map-root-user bash -c "$script" bash limit
    [ "$status" -ne 99 ] || mendable sysctl "/proc/sys/user is not writable here" "$ELSEWHERE"
    expect "last line" "held 1, gone 0" "${lines[-1]}"
    # the control: without the limit there is room for both
    run bounded unshare --map-root-user bash -c "$script" bash none
    expect "last line" "held 0, gone 0" "${lines[-1]}"
}
