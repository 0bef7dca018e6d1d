#!/usr/bin/env bats
# steps.bats - what each step of lab 04 claims, checked against the kernel
# shellcheck disable=SC2154  # status and output are set by run

load ../../support/bats

setup() {
    lab_setup
    export FOOTPRINT_CGROUPS='lab-*'
}

# step PROGRAM [ARG...]: it ends well, and leaves no group and no process
step() {
    local before
    before=$(footprint)
    run bounded "./$1" "${@:2}"
    require_step "$status"
    expect_status 0
    expect_footprint "$before"
}

# has REGEX: a line of what was printed
has() { grep -qxE -- "$1" <<<"$output" || expect "a line of the output" "$1" "$output"; }

@test "a wrong argument is 2" {
    local args
    for args in "step1-where -x" "step2-born x" "step3-memory" "step3-memory 0" "step3-memory 16 9999" "step4-pids" \
        "step4-pids 0" "step4-pids 501" "step5-cpu 0" "step5-cpu 1 2" "step6-freeze x" "step7-bomb 0" "step7-bomb 41"; do
        # shellcheck disable=SC2086  # words
        run bounded ./$args
        expect "status of $args" 2 "$status"
    done
}

@test "an ordinary user may look, and make no group" {
    local args
    require user
    run as_user ./step1-where
    expect_status 0
    for args in step2-born "step3-memory 16" "step4-pids 10" step5-cpu step6-freeze step7-bomb; do
        # shellcheck disable=SC2086  # words
        run as_user ./$args
        require_step "$status"
        expect "status of $args" 1 "$status"
        expect_match "what it says" "^${args%% *}: /[^ ]*: " "$output"
    done
}

@test "step1-where: version, mount and group of each controller are those of /proc" {
    local name where
    run bounded ./step1-where memory pids cpu cpuset no-such-thing
    require_step "$status"
    expect_status 0
    for name in memory pids cpu cpuset; do
        if where=$(cgroup_where "$name"); then
            has "$name +v${where%% *} +${where#* } +/.*"
        else
            has "$name +-"
        fi
    done
    has "no-such-thing +-"
    where=$(cgroup_where memory) || return 0
    # The group that bats is in: this process and its children.
    expect "the memory group" "$(awk -F: -v v="${where%% *}" '
        v == 2 ? $1 == "0" : index("," $2 ",", ",memory,") { print $3 }' /proc/self/cgroup)" \
        "$(awk '$1 == "memory" { print $4 }' <<<"$output")"
}

@test "step2-born: the child is in the group at once; the group goes when it is empty" {
    require root
    step step2-born
    local group child
    group=$(sed -n 's/^the new group: *\([^ ]*\) .*/\1/p' <<<"$output")
    child=$(sed -n 's/^the child: *\([0-9]*\),.*/\1/p' <<<"$output")
    has "its group: .*:/.*${group##*/}"
    has "cgroup.procs: +$child"
    has "rmdir, child in: +Device or resource busy"
    has "rmdir, child dead: removed"
    ! cgroup2_mount >/dev/null || has "the child: +$child, born inside"
}

@test "step3-memory: over the limit the child is killed, and the kernel counts it; below it is not" {
    require root cgroup:memory
    step step3-memory 16
    has "the child touched 1[45] of 64 MiB: killed by signal 9"
    has "before: memory.*: oom_kill 0"
    has "after: memory.*: oom_kill 1"
    step step3-memory 16 8
    has "the child touched 8 of 8 MiB: exit status 0"
    has "after: memory.*: oom_kill 0"
}

@test "step4-pids: fork fails at the limit, and not before" {
    require root cgroup:pids
    local n
    for n in 1 10 50; do
        step step4-pids "$n"
        has "$((n - 1)) forks, then: Resource temporarily unavailable"
        has "pids.current: $n"
        has "pids.max: $n"
        has "pids.events: max 1"
        has "pids.current: 0"
    done
}

@test "step5-cpu: a twentieth of a CPU is no more in a second, and the group waits" {
    require root cgroup:cpu
    step step5-cpu 5
    local ms
    ms=$(sed -n 's/^CPU time in one second: \([0-9]*\) ms/\1/p' <<<"$output")
    [ "$ms" -le 120 ] || expect "milliseconds of CPU" "about 50" "$ms"
    has "cpu.stat: nr_throttled [1-9][0-9]*"
    step step5-cpu
    has "cpu.stat: nr_throttled 0"
}

@test "step6-freeze: the frozen child stands still, and on v1 does not even die" {
    require root
    step step6-freeze
    has "free: the child counts"
    has "thawed: the child is dead"
    if has "group: .* \(v1\)" >/dev/null; then
        has "FROZEN: the child stands still"
        has "and SIGKILL: the child stands still"
    else
        has "frozen 1: the child stands still"
        has "and SIGKILL: the child is dead"
    fi
}

@test "step7-bomb: the bomb takes its neighbour's share, until its own group is limited" {
    require root cgroup:pids
    step step7-bomb
    has "the bomb: 40 tasks of 40"
    has "the neighbour forks: Resource temporarily unavailable"
    step step7-bomb 16
    has "the bomb: 16 tasks of 40"
    has "the neighbour forks: it works"
}
