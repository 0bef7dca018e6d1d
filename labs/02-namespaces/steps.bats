#!/usr/bin/env bats
# steps.bats - what the step programs of lab 02 claim, checked
#
# Without root they run as the root of a user namespace.
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
    for bad in "step1-pid x" "step2-uts" "step2-uts a b" "step3-init x" "step4-net x" "step5-time" \
        "step5-time 1x" "step5-time -1" "step6-setns" "step7-peek" "step7-peek x" "step7-peek 0" "step8-hide 1x"; do
        # shellcheck disable=SC2086
        run --separate-stderr bounded ./$bad
        expect_status 2 || { echo "with: $bad"; return 1; }
        expect_match stderr "^usage: ${bad%% *}" "$stderr"
    done
}

@test "step1: two PIDs for one process, and no parent inside" {
    step ./step1-pid
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

@test "step3: PID 1 gets the orphan, and takes it with it" {
    step ./step3-init
    expect_status 0
    expect "orphan, before" "inside:  PID 3: my parent is PID 2" "${lines[0]}"
    expect "orphan, after" "inside:  PID 3: my parent is PID 1, and PID 2 has ended" "${lines[1]}"
    expect_match "the end" "nobody is left inside$" "${lines[3]}"
    expect "what still runs" "" "$(marked_pids)"
}

@test "step4: a new network namespace has lo, down, then up" {
    step ./step4-net
    expect_status 0
    expect_match "outside" "^outside: net:" "${lines[0]}"
    expect_match "new" "interface.*lo is down, 127.0.0.1: Network is unreachable$" "${lines[1]}"
    expect_match "with lo up" "lo is up, 127.0.0.1: Connection refused$" "${lines[2]}"
    [[ ${lines[1]} != *"$(ns_of self net)"* ]]
}

@test "step5: boot time is ahead inside only, and cannot be set twice" {
    step ./step5-time 1000
    expect_status 0
    expect "inside" "inside:  boot time +1000 s, time of day +0 s" "${lines[0]}"
    expect "outside" "outside: boot time +0 s, time of day +0 s" "${lines[1]}"
    expect_match "once more" "Permission denied$" "${lines[2]}"
}

@test "step6: a descriptor holds a namespace without processes" {
    step ./step6-setns lab-02-held
    expect_status 0
    pattern='^child:  (uts:.[0-9]+.) is called lab-02-held$'
    [[ ${lines[1]} =~ $pattern ]]
    expect "parent, at first" "parent: $(ns_of self uts) is called $(uname -n)" "${lines[0]}"
    expect "held" "parent: the child has ended; my descriptor holds ${BASH_REMATCH[1]}" "${lines[2]}"
    expect "entered" "parent: ${BASH_REMATCH[1]} is called lab-02-held" "${lines[3]}"
}

@test "step7 and step8: the old /proc shows the host, a fresh one does not" {
    spawn bash -c 'exec -a "backup --password=swordfish" sleep 60'
    wait_for grep -aq swordfish "/proc/$SPAWNED/cmdline"
    before=$(grep -c " /proc " /proc/self/mountinfo)
    step ./step7-peek "$SPAWNED"
    expect_status 0
    expect_match "what is seen" "cmdline: backup --password=swordfish" "$output"
    expect_match "what cannot be named" "kill\($SPAWNED, 0\): No such process" "$output"
    step ./step8-hide "$SPAWNED"
    expect_status 1
    expect "first line" "inside: /proc/self is 1" "${lines[0]}"
    expect_match "what is seen" "/proc/$SPAWNED/cmdline: No such file or directory" "$output"
    # and outside nothing changed
    grep -aq swordfish "/proc/$SPAWNED/cmdline"
    expect "mounts on /proc outside" "$before" "$(grep -c " /proc " /proc/self/mountinfo)"
}
