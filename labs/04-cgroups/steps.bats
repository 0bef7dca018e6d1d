#!/usr/bin/env bats
# steps.bats - what each step of lab 04 claims, checked against the kernel
# shellcheck disable=SC2154  # status, output and lines are set by run

load ../../support/bats

setup() {
    lab_setup
    LOOP=''
}

teardown() {
    [ -z "$LOOP" ] || losetup --detach "$LOOP"
    lab_teardown
}

# step PROGRAM [ARG...]: it ends well, and leaves no group and no process
step() {
    local before
    export FOOTPRINT_CGROUPS="lab-${1#*-}.*"
    before=$(footprint)
    run bounded "./$1" "${@:2}"
    require_step "$status"
    expect_status 0
    expect_footprint "$before"
}

# has REGEX: a line of what was printed
has() { grep -qxE -- "$1" <<<"$output" || expect "a line of the output" "$1" "$output"; }

# number REGEX: what the last group of it matches in what was printed
number() { [[ $output =~ $1 ]] && echo "${BASH_REMATCH[-1]}"; }

# between WHAT LOW HIGH N
between() {
    if [[ $4 =~ ^[0-9]+$ ]] && [ "$4" -ge "$2" ] && [ "$4" -le "$3" ]; then return 0; fi
    expect "$1" "between $2 and $3" "$4"
}

# version: of the hierarchy that the step has used
version() { number '[(]v([12])[)]'; }

# disk_file MIB: $FILE is a new file of that size, on a disk: what is on a tmpfs
# is memory itself
disk_file() {
    local dir
    for dir in "${TMPDIR:-/var/tmp}" /var/tmp /tmp; do
        case $(findmnt -n -o FSTYPE -T "$dir") in tmpfs | overlay | 9p | '') continue ;; esac
        FILE=$(mktemp -d "$dir/lab.XXXXXX")/file
        LAB_DIRS+=("${FILE%/*}")
        dd if=/dev/zero of="$FILE" bs=1M count="$1" conv=fsync status=none
        return
    done
    mendable tmp "no folder for temporary files is on a disk" "set TMPDIR to a folder on a disk"
}

STEPS=(step2-mkdir step3-born "step4-memory 16" "step5-reclaim 16 /etc/passwd" "step6-high 16 24" "step7-swap 16 0 32"
    "step8-pids 10" step9-quota "step10-weight 1 1" step11-cpuset step12-freeze "step13-io /dev/null" step14-account
    step15-pressure "step16-tree 5 100" step17-rules step18-threads step19-delegate step20-events "step21-oom 16"
    step22-kill step23-view step24-devices step25-bpf-device step26-bpf-net "step27-meter 32" "step28-bomb 16"
    "step29-hog /etc/passwd 16")

@test "a wrong argument is 2" {
    local args
    for args in "step1-where -x" "step2-mkdir x" "step3-born x" "step4-memory" "step4-memory 0" "step4-memory 16 9999" \
        "step5-reclaim 16" "step5-reclaim 0 /etc/passwd" "step6-high 16" "step6-high 0 16" "step7-swap 16 0" \
        "step7-swap 16 -1 16" "step8-pids" "step8-pids 0" "step8-pids 501" "step9-quota 0" "step9-quota 101" \
        "step10-weight 1" "step10-weight 0 1" "step11-cpuset x" "step12-freeze x" "step13-io" "step13-io /dev/loop0 0" \
        "step14-account x" "step15-pressure x" "step16-tree 1" "step16-tree 1 501" "step17-rules x" "step18-threads x" \
        "step19-delegate 0" "step20-events x" "step21-oom" "step21-oom 0" "step22-kill x" "step23-view x" \
        "step24-devices x" "step25-bpf-device x" "step26-bpf-net 0" "step27-meter" "step27-meter 1" \
        "step28-bomb 0" "step28-bomb 41" "step29-hog" "step29-hog /etc/passwd 7"; do
        # shellcheck disable=SC2086  # words
        run bounded ./$args
        expect "status of $args" 2 "$status"
        expect_match "what it says" "^${args%% *}: usage: |^usage: " "$output"
    done
}

@test "an ordinary user may look, and make no group" {
    local args
    require user
    run as_user ./step1-where
    expect_status 0
    for args in "${STEPS[@]}"; do
        # shellcheck disable=SC2086  # words
        run as_user ./$args
        [ "$status" -ne 77 ] || continue
        expect "status of $args" 1 "$status"
        expect_match "what it says" "${args%% *}: /[^ ]*: " "$output"
    done
}

@test "step1: version, mount and group of each controller are those of /proc" {
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
    # A controller is on one version only.
    where=$(cgroup2_mount) || return 0
    for name in $(<"$where/cgroup.controllers"); do
        run bounded ./step1-where "$name"
        has "$name +v2 +$where +/.*"
        grep -q " - cgroup .*[ ,]$name\(,\|\$\)" /proc/self/mountinfo && expect "$name on v1" no yes
    done
    where=$(cgroup_where memory) || return 0
    # The group that bats is in: this process and its children.
    run bounded ./step1-where memory
    expect "the memory group" "$(awk -F: -v v="${where%% *}" '
        v == 2 ? $1 == "0" : index("," $2 ",", ",memory,") { print $3 }' /proc/self/cgroup)" \
        "$(awk '$1 == "memory" { print $4 }' <<<"$output")"
}

@test "step2: mkdir makes files, a child of who was moved in is in, rmdir wants it empty" {
    require root cgroup:pids
    step step2-mkdir
    expect_match "the files" "^mkdir .*/lab-mkdir.* \(v[12]\): [0-9]+ files, from cgroup" "${lines[0]}"
    has "moved in:  1 process, the child"
    has "it forked: 2 processes.*; rmdir: Device or resource busy"
    has "all dead:  rmdir: removed"
}

@test "step3: what the moved forked before stays outside; who is born inside never was elsewhere" {
    require root
    step step3-born
    has "moved:  itself outside, its child outside"
    has "later:  itself inside, its child outside"
    [ "$(version)" = 2 ] || return 0
    has "born:   itself inside, its child inside"
}

@test "step4: over the limit the child is killed, and the kernel counts it; below it is not" {
    require root cgroup:memory
    step step4-memory 16
    has "the child touched 1[45] of 64 MiB: killed by signal 9"
    has "before: memory.*: oom_kill 0"
    has "after: memory.*: oom_kill 1"
    [ "$(version)" = 2 ] || has "peak: memory.max_usage_in_bytes: 16777216"
    step step4-memory 16 8
    has "the child touched 8 of 8 MiB: exit status 0"
    has "after: memory.*: oom_kill 0"
}

@test "step5: pages of a file are reclaimed at the limit; nobody is killed" {
    require root cgroup:memory
    disk_file 64
    step step5-reclaim 16 "$FILE"
    has "the child read 64 MiB: exit status 0"
    has "memory.*: oom_kill 0"
    between "MiB in use" 8 16 "$(number 'memory\.[a-z_]*: ([0-9]+) MiB')"
    between "hits of the limit" 1 1000000 "$(number '(failcnt: |events: max )([0-9]+)')"
    # The control: a limit that is large enough is not hit.
    step step5-reclaim 128 "$FILE"
    between "MiB in use" 60 80 "$(number 'memory\.[a-z_]*: ([0-9]+) MiB')"
    expect "hits of the limit" 0 "$(number '(failcnt: |events: max )([0-9]+)')"
}

@test "step6: above memory.high one waits; above the soft limit of v1 nothing happens" {
    require root cgroup:memory
    step step6-high 16 48
    if [ "$(version)" = 2 ]; then
        between "MiB touched" 15 30 "$(number 'touched ([0-9]+) of 48 MiB in a second, and lives')"
        has "memory.events: high [1-9][0-9]*, max 0"
    else
        has "memory.soft_limit_in_bytes: 16 MiB"
        has "the child touched 48 of 48 MiB at once, and lives"
    fi
    step step6-high 64 48
    has "the child touched 48 of 48 MiB at once, and lives"
}

@test "step7: what does not fit goes to the swap, up to a limit of its own" {
    require root cgroup:memory
    step step7-swap 16 64 32
    between "MiB of swap" 14 32 "$(number 'has touched 32 MiB; memory[a-z.]*: (swap )?([0-9]+) MiB')"
    step step7-swap 16 0 32
    has "the child was killed before it had 32 MiB"
    step step7-swap 64 0 32
    expect "MiB of swap" 0 "$(number 'has touched 32 MiB; memory[a-z.]*: (swap )?([0-9]+) MiB')"
}

@test "step8: fork fails at the limit, and not before" {
    require root cgroup:pids
    local n
    for n in 1 10 50; do
        step step8-pids "$n"
        has "$((n - 1)) forks, then: Resource temporarily unavailable"
        has "pids.current: $n"
        has "pids.max: $n"
        has "pids.events: max 1"
        has "pids.current: 0"
    done
}

@test "step9: a twentieth of a CPU is no more in a second, and the group waits" {
    require root cgroup:cpu
    step step9-quota 5 100
    local five
    five=$(number 'quota   5 %  used +([0-9]+) %')
    between "percent of 5" 1 12 "$five"
    has "quota   5 %  used .* nr_throttled [1-9][0-9]*"
    # a whole CPU is not to be had on a busy machine, but more than that
    between "percent of 100" $((five + 1)) 101 "$(number 'quota 100 %  used +([0-9]+) %')"
}

@test "step10: two groups share a CPU by their weights" {
    require root cgroup:cpu
    local a b alone
    step step10-weight 100 400
    alone=$(number 'alone: a ([0-9]+) ms')
    a=$(number 'both:  a ([0-9]+) ms')
    b=$(number 'both:  a [0-9]+ ms, b ([0-9]+) ms')
    between "100 * b / a" 250 700 $((100 * b / (a > 0 ? a : 1)))
    between "a beside b, less than alone" 0 "$alone" "$a"
}

@test "step11: inside the group the other CPUs cannot be had" {
    require root cgroup:cpuset
    step step11-cpuset
    expect_match "outside" "outside: CPUs [0-9,-]+ +CPU [0-9]+, please: Success" "$output"
    expect_match "inside" "inside:  CPUs [0-9]+ +CPU [0-9]+, please: Invalid argument" "$output"
    [ "$(version)" = 2 ] || has "v1, empty cpuset.cpus, cgroup.procs: No space left on device"
}

@test "step12: the frozen child stands still, and on v1 does not even die" {
    require root
    step step12-freeze
    has "free: the child counts"
    has "thawed: the child is dead"
    if [ "$(version)" = 1 ]; then
        has "FROZEN: the child stands still"
        has "and SIGKILL: the child stands still"
    else
        has "frozen 1: the child stands still"
        has "and SIGKILL: the child is dead"
    fi
}

@test "step13: a device is read as fast as io.max says" {
    require root
    facility cgroup:io >/dev/null || require cgroup1:blkio
    disk_file 4
    LOOP=$(losetup --find --show "$FILE" 2>/dev/null) || mendable loop "no loop device can be had" "sudo modprobe loop"
    step step13-io "$LOOP" 8
    between "milliseconds with 8 MiB a second" 350 3000 "$(number 'limited: 4 MiB in ([0-9]+) ms')"
    between "milliseconds without" 0 "$(number 'limited: 4 MiB in ([0-9]+) ms')" "$(number 'no limit: 4 MiB in ([0-9]+) ms')"
    expect_match "what the kernel counted" "(Read |rbytes=)(4194304|8388608)" "$output"
}

@test "step14: the kernel counts memory while it is in use, and CPU time for good" {
    require root cgroup:memory
    step step14-account
    expect_match "while it lives" "it lives: memory.stat (rss|anon) 1[67] MiB, memory.stat (cache|file) 8 MiB, " "$output"
    expect_match "afterwards" "it ended: memory.stat (rss|anon) 0 MiB, " "$output"
    between "ms of CPU" 180 2000 "$(number 'it ended:[^:]*(cpuacct.usage|usage_usec) ([0-9]+) ms, ')"
}

@test "step15: where four want one CPU, some wait all the time" {
    require root cgroup2
    step step15-pressure
    between "milliseconds that some waited" 600 10000 "$(number '4 busy on one CPU for 1000 ms: some waited for ([0-9]+) ms')"
    expect_match "the file" "cpu.pressure: some avg10=" "$output"
}

@test "step16: the parent's limit holds, whatever the child's says" {
    require root cgroup:pids
    step step16-tree 5 100
    has "pids.max: 5"
    has "child/pids.max: 100"
    has "4 forks in the child, then: Resource temporarily unavailable"
    has "pids.current: 5"
    step step16-tree 100 5
    has "4 forks in the child, then: Resource temporarily unavailable"
    step step16-tree 100 20
    has "19 forks in the child, then: Resource temporarily unavailable"
}

@test "step17: the rules of subtree_control, each with its error" {
    require root cgroup2:memory cgroup2:pids
    step step17-rules
    local text
    text=$(sed -E '1d; s/^[0-9]+ +> a/PID > a/; s/ +/ /g; s/: .*//' <<<"$output")
    expect "what was tried" "look > a/memory.max ENOENT
+memory > a/cgroup.subtree_control ENOENT
+memory > cgroup.subtree_control ok
look > a/memory.max ok
+nonsense > cgroup.subtree_control EINVAL
PID > a/cgroup.procs ok
+memory > a/cgroup.subtree_control EBUSY
PID > a/leaf/cgroup.procs ok
+memory > a/cgroup.subtree_control ok
PID > a/cgroup.procs EBUSY
-memory > cgroup.subtree_control EBUSY
rmdir > a EBUSY
0 > cgroup.max.descendants ok
mkdir > b EAGAIN" "$text"
}

@test "step18: threads move together, but in a threaded subtree" {
    require root cgroup2
    step step18-threads
    local text
    text=$(sed -E '1d; s/lab-threads\.[^/]*/GROUP/; s/ +/ /g; s/^ //' <<<"$output")
    expect "what was tried" "the process > cgroup.procs ok
thread 2 > t/cgroup.threads Operation not supported
thread 2 > t/cgroup.procs ok
thread 1: GROUP/t
thread 2: GROUP/t
the process > cgroup.procs ok
threaded > t/cgroup.type ok
parent: domain threaded
t: threaded
thread 2 > t/cgroup.threads ok
thread 1: GROUP
thread 2: GROUP/t" "$text"
}

@test "step19: the user may divide what was given, and get no more" {
    require root cgroup:pids
    step step19-delegate "$(lab_uid)"
    has "  mkdir given/inner +ok"
    has "  move into given/inner +ok"
    has "  limit given/inner +ok"
    has "  raise the limit of given +Permission denied"
    has "  move out, to other +Permission denied"
    if [ "$(version)" = 1 ]; then
        has "  pull a process of mine in +ok"
    else
        has "  hand pids down to inner +ok"
        has "  pull a process of mine in +Permission denied"
    fi
}

@test "step20: poll wakes when a group fills, freezes, thaws and becomes empty" {
    require root cgroup2
    step step20-events
    has "a process moves in: +populated 1, woken [12]"
    has "freeze: +frozen 1, woken [12]"
    has "thaw: +frozen 0, woken [12]"
    has "kill the process: +populated 0, woken [12]"
}

@test "step21: poll wakes when a group runs out of memory" {
    require root cgroup:memory
    step step21-oom 16
    has "woken by (an eventfd|memory.events)"
    has "the child: killed by signal 9; oom_kill 1"
}

@test "step22: cgroup.kill ends the group and all below, and nobody beside it" {
    require root cgroup2
    step step22-kill
    has "before: a: 4, a/below: 5, beside: 1"
    has "ended by signal 9: 9"
    has "after:  a: 0, a/below: 0, beside: 1"
}

@test "step23: in a cgroup namespace the own group is the root" {
    require root ns:cgroup
    step step23-view
    has "itself, before: +/.*lab-view.*"
    has "itself, in a namespace of it: +/"
    expect_match "the parent" "its parent, seen from there: +/\.\." "$output"
    has "the child, seen from outside: +/.*lab-view.*"
}

@test "step24: v1 refuses the devices that are denied" {
    require root cgroup1:devices
    step step24-devices
    expect "what was tried" "a new group: ok ok ok
c 1:5 rwm in devices.deny: ok Operation not permitted Operation not permitted
all denied, then c 1:5 r in devices.allow: Operation not permitted ok Operation not permitted" \
        "$(sed -E '1d; /^devices.list/d; s/^  [^:]*: */ /' <<<"$output" | awk '/^ / { printf "%s", $0; next } NR > 1 { print "" } { printf "%s", $0 } END { print "" }')"
    has "devices.list: c 1:5 r"
}

@test "step25: a BPF program refuses one device inside, none outside" {
    require root cgroup2
    step step25-bpf-device
    has "inside:  /dev/null: ok"
    has "inside:  /dev/zero: Operation not permitted"
    has "outside: /dev/zero: ok"
}

@test "step26: a BPF program counts what a group sends, and refuses what is too much" {
    require root cgroup2
    step step26-bpf-net
    has "sent: 10 of 10, 100 bytes each"
    has "counted: 1280 bytes, .*"
    step step26-bpf-net 640
    has "sent: 5 of 10, 100 bytes each; then: Operation not permitted"
}

@test "step27: the meter rises to the limit, and ends with the kill" {
    require root cgroup:memory
    step step27-meter 8
    expect_match "half full" "\|#{18,22} +\| +[45] of 8 MiB" "$output"
    has "killed by signal 9; oom_kill 1"
}

@test "step28: the bomb takes its neighbour's share, until its own group is limited" {
    require root cgroup:pids
    step step28-bomb
    between "forks alone" 1 1000000 "$(number 'neighbour alone: ([0-9]+) forks')"
    has "the bomb: 40 tasks of 40"
    has "the neighbour beside it: 0 forks in 300 ms"
    step step28-bomb 16
    has "the bomb: 16 tasks of 40"
    between "forks beside it" 1 1000000 "$(number 'neighbour beside it: ([0-9]+) forks')"
}

@test "step29: the hog takes its neighbour's memory, until its own group is limited" {
    require root cgroup:memory
    disk_file 24
    local all
    step step29-hog "$FILE"
    # All of the file once, at most; a slow machine does not come so far.
    between "MiB from the disk, alone" 0 30 "$(number 'alone: [0-9]+ MiB in 300 ms, ([0-9]+) MiB')"
    has "the hog: 40 of 40 MiB, alive"
    all=$(number 'beside it: ([0-9]+) MiB')
    between "MiB from the disk, beside it" $((all / 2)) 1000000 "$(number 'beside it: [0-9]+ MiB in 300 ms, ([0-9]+) MiB')"
    step step29-hog "$FILE" 16
    expect_match "the hog" "the hog: 1[0-6] of 40 MiB, killed" "$output"
    between "MiB from the disk, beside it" 0 30 "$(number 'beside it: [0-9]+ MiB in 300 ms, ([0-9]+) MiB')"
}
