#!/usr/bin/env bats
# cgrun.bats - graded tests of lab 04
#
# What the kernel has in the files of CMD's groups is read from outside, while
# CMD runs; where those groups are, from /proc/PID/cgroup.  Nothing here depends
# on how a program names its groups, nor on the cgroup version of this machine.
# shellcheck disable=SC2154  # status, output and stderr are set by run
# shellcheck disable=SC2030,SC2031  # each test is a process of its own

load ../../support/bats
exercise cgrun

CONTROLLERS=(memory pids cpu)

# Where each controller is, in VERSION and POINT, and what part of its hierarchy
# is mounted there, in ROOT.  A freezer that is no v1 controller is part of v2.
setup() {
    local name point
    lab_setup
    declare -gA VERSION=() POINT=() ROOT=()
    export FOOTPRINT_CGROUPS=-       # see no_litter
    MADE=() SEEN=()
    for name in "${CONTROLLERS[@]}" freezer; do
        read -r VERSION["$name"] POINT["$name"] < <(cgroup_where "$name" || echo "2 $(cgroup2_mount)") || true
        ROOT[$name]=$(awk -v point="${POINT[$name]}" '$5 == point { root = $4 }
            END { sub("/$", "", root); print root }' /proc/self/mountinfo)
        sandboxed || continue
        point=$(machine_group "${POINT[$name]}") || continue
        ROOT[$name]+=${point#"${POINT[$name]}"} POINT[$name]=$point
    done
    BEFORE=$(top_groups)
}

# A cgrun that still runs may clean up by itself.  Then what a failed one has
# left, and the groups that the test made.
teardown() {
    local dir pid
    if sandboxed; then
        lab_teardown
        return
    fi
    for pid in "${LAB_SPAWNED[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
    for pid in "${LAB_SPAWNED[@]}"; do wait_for process_over "$pid" || true; done >/dev/null
    for pid in $(marked_pids); do seen "/proc/$pid/cgroup"; done
    for dir in "${SEEN[@]}"; do
        echo 0 >"$dir/pids.max" || true
        echo 1 >"$dir/cgroup.kill" || true
        echo THAWED >"$dir/freezer.state" || true
    done 2>/dev/null
    lab_teardown
    for dir in "${SEEN[@]}" "${MADE[@]}"; do
        [ ! -d "$dir" ] || wait_for find "$dir" -depth -type d -exec rmdir {} + || true
    done
}

# top_groups: the groups directly below the roots, but what these tests and other
# programs of the course make, which may run at the same time
top_groups() {
    find "${POINT[@]}" -mindepth 1 -maxdepth 1 -type d ! -name 'lab04-*' ! -name 'lab-*' ! -name 'skiff*' 2>/dev/null |
        sort -u
}

# no_litter: no group below a root is new since setup and empty.  Those with
# processes may be somebody else's, who uses this machine too.
no_litter() {
    local dir
    while read -r dir; do
        [ ! -d "$dir" ] || [ -n "$(cat "$dir/cgroup.procs" 2>&1)" ] || { echo "observed: $dir is left"; return 1; }
    done < <(comm -13 <(echo "$BEFORE") <(top_groups))
}

# expect_clean BEFORE: nothing is left: footprint, and no empty group
expect_clean() {
    expect_footprint "$1"
    wait_for no_litter || no_litter
}

process_over() { ! kill -0 "$1"; }

# need FACILITY...: root, the three controllers, and more
need() { require root "${CONTROLLERS[@]/#/cgroup:}" "$@"; }

# ---- helpers --------------------------------------------------------------

# group CONTROLLER FILE: the directory of the group that FILE, a copy of
# /proc/PID/cgroup or the file itself, names for CONTROLLER
group() {
    local path
    path=$(awk -F: -v name="$1" -v version="${VERSION[$1]}" '
        version == 2 ? $1 == 0 : index("," $2 ",", "," name ",") { sub(/^[^:]*:[^:]*:/, ""); print; exit }' "$2")
    [ -n "$path" ] || return 0
    path=${path#"${ROOT[$1]}"}
    echo "${POINT[$1]}${path%/}"
}

# all_groups FILE: the same in every hierarchy that is mounted, whatever carries it
all_groups() {
    awk 'FNR == NR {
            for (i = 7; $i != "-"; i++);
            if ($(i + 1) !~ /^cgroup2?$/) next
            type[++n] = $(i + 1); point[n] = $5; root[n] = $4 == "/" ? 0 : length($4); options[n] = "," $(i + 3) ","
            next
        }
        {
            split($0, field, ":")
            path = substr($0, length(field[1] field[2]) + 3)
            for (i = 1; i <= n; i++)
                if (type[i] == "cgroup2" ? field[1] == "0" : field[2] != "" && index(options[i], "," field[2] ","))
                    print point[i] (path == "/" ? "" : substr(path, root[i] + 1))
        }' /proc/self/mountinfo "$1" | sort -u
}

# value CONTROLLER V1FILE V2FILE: of CMD's group
value() {
    local dir file=$2
    dir=$(group "$1" "/proc/$CMD/cgroup")
    [ "${VERSION[$1]}" = 1 ] || file=$3
    cat "$dir/$file"
}

# running SCRIPT ARG...: cgrun ARG... in the background; CMD is a shell that
# runs SCRIPT.  Its pid in $CMD, cgrun's in $SPAWNED, its groups in CMD_GROUPS.
running() {
    local file script=$1
    file=$(mktemp "$BATS_TEST_TMPDIR/pid.XXXXXX")
    shift
    spawn env --default-signal=INT "$EXERCISE" "$@" -- sh -c "cat /proc/self/cgroup >$file.inside; echo \$\$ >$file; $script"
    wait_for command_or_end test -s "$file"
    [ -s "$file" ] || { echo "observed: CMD did not start: $(<"$SPAWNED_ERR")"; return 1; }
    CMD=$(host_pid "$(<"$file")")
    cgroup_file "$file.inside" >"$file.groups"
    seen "$file.groups"
}

# running_frozen ARG...: the same, where CMD may be frozen before it can do
# anything; CMD, after --, is a program that goes on for some time
running_frozen() {
    spawn env --default-signal=INT "$EXERCISE" "$@"
    wait_for command_or_end find_command
    find_command || { echo "observed: CMD did not start: $(<"$SPAWNED_ERR")"; return 1; }
    seen "/proc/$CMD/cgroup"
    wait_for frozen_or_over
    is_frozen
}

frozen_or_over() { is_frozen || [ ! -e "/proc/$CMD/exe" ]; }

# command_or_end LOOK...: has LOOK found CMD, or has cgrun ended?
command_or_end() { "$@" || process_over "$SPAWNED"; }

# find_command: $CMD is the process that cgrun started, once it runs CMD
find_command() {
    local exe pid=$SPAWNED
    while pid=$(child_of "$pid") && [ -n "$pid" ]; do
        exe=$(readlink "/proc/$pid/exe") || return
        CMD=$pid
        [ "$exe" = "$(readlink -f "$EXERCISE")" ] || return 0
    done
    return 1
}

# seen FILE: note CMD's groups, but those that are the test's own; what is new and
# directly below a root is the program's, and teardown may remove it
seen() {
    local dir roots
    mapfile -t CMD_GROUPS < <(comm -13 <(all_groups "/proc/$(machine_pid)/cgroup") <(all_groups "$1"))
    sandboxed && return
    roots=$(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) ~ /^cgroup2?$/) print $5 }' /proc/self/mountinfo)
    for dir in "${CMD_GROUPS[@]}"; do
        ! grep -qxF -- "${dir%/*}" <<<"$roots" || grep -qxF -- "$dir" <<<"$BEFORE" || SEEN+=("$dir")
    done
}

# over: wait for cgrun's end, which may not come: its status in $status
over() {
    wait_for process_over "$SPAWNED" || wait_for process_over "$SPAWNED" || return
    reap "$SPAWNED"
}

# ended SIGNAL: send it to cgrun, and wait: its status in $status
ended() {
    kill "-$1" "$SPAWNED"
    over
}

# expect_gone DIR...: these groups are not there
expect_gone() {
    local dir
    [ $# -gt 0 ] || { echo "expected: groups of CMD"; echo "observed: none"; return 1; }
    for dir; do
        [ -d "$dir" ] || continue
        echo "expected: no group $dir any more"
        echo "observed: it is there, with these processes: $(tr '\n' ' ' <"$dir/cgroup.procs")"
        return 1
    done
}

# expect_killed PID: it is no more, or a zombie
expect_killed() {
    local state
    state=$(proc_field "$1" State 2>/dev/null) || return 0
    [[ $state = Z* ]] || expect "state of process $1" gone "$state"
}

# expect_between WHAT LOW HIGH OBSERVED
expect_between() {
    awk -v low="$2" -v high="$3" -v n="$4" 'BEGIN { exit !(n ~ /^[0-9.]+$/ && n + 0 >= low && n + 0 <= high) }' ||
        expect "$1" "between $2 and $3" "$4"
}

# now: milliseconds
now() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# figure NAME TEXT: of the report in the last line of TEXT
figure() { sed -n "\$s/.* $1=\([^ ]*\).*/\1/p" <<<"$2"; }

# is_frozen: does the kernel say so of CMD's group?  Where a machine has both
# versions, either may have been used.
is_frozen() {
    local path
    path=$(sed -n 's/^0:://p' "/proc/$CMD/cgroup") || return
    grep -qsx FROZEN "$(group freezer "/proc/$CMD/cgroup")/freezer.state" ||
        grep -qsx 'frozen 1' "$(cgroup2_mount)/$path/cgroup.events"
}

# spun: the CPU time that CMD has used, in clock ticks
spun() { awk '{ print $14 + $15 }' "/proc/$CMD/stat"; }

# ---- the common part ------------------------------------------------------

@test "[5] ends with CMD's status: 0 to 255, 128+N when a signal ended it, 126 and 127 when it cannot start" {
    need
    hint "WIFEXITED and WIFSIGNALED in wait(2), ENOENT and EACCES in execve(2)"
    local n
    for n in 0 1 77 255; do
        run prog -- sh -c "exit $n"
        expect_status "$n"
    done
    run prog -m 64M sh -c 'exit $#' -- -p -F 5         # CMD's options are its own
    expect_status 3
    run prog -- sh -c 'kill -TERM $$'
    expect_status 143
    run -127 --separate-stderr prog -- /nonexistent/program
    expect_error 127 cgrun
    run --separate-stderr prog -- /etc/passwd
    expect_error 126 cgrun
}

@test "[4] says 2 and prints its usage when it is called wrongly" {
    hint "getopt(3), and what strtoull(3) leaves behind the number"
    local args
    if [ "$EUID" -eq 0 ]; then
        need
        run prog -m 64M -p 20 -c 0.5 -- true
        expect_status 0
    fi
    for args in "" "-m 64M" "-x -- true" "-m 64X -- true" "-m M -- true" "-m 64MM -- true" "-m -1 -- true" \
        "-m 99999999999G -- true" "-p many -- true" "-p -3 -- true" "-p 5x -- true" "-p 99999999999999999999999 -- true" \
        "-c half -- true" "-c 1e3 -- true" "-c nan -- true" "-c -1 -- true" "-c 0 -- true" "-c 1.2.3 -- true" \
        "-F soon -- true" "-F -1 -- true"; do
        # shellcheck disable=SC2086  # words
        run --separate-stderr prog $args
        expect "status of cgrun $args" 2 "$status"
        expect_match "stderr of cgrun $args" '[Uu]sage:' "$stderr"
    done
    run prog -p '' -- true
    expect_status 2
    run prog -c ' 1' -- true
    expect_status 2
}

@test "[5] an ordinary user gets 125 and the reason, and CMD is not run" {
    require user
    [ "$EUID" -ne 0 ] || need # for the control
    hint "EACCES from mkdir(2) below /sys/fs/cgroup is the reason; see err(3)"
    local option
    user_dir
    install -m 755 "$EXERCISE" "$USER_DIR/cgrun"
    cd "$USER_DIR"
    for option in "" "-m 64M" "-p 20" "-c 0.5" "-F 1"; do
        # shellcheck disable=SC2086  # words
        run --separate-stderr as_user ./cgrun $option -- touch ran
        expect_error 125 cgrun
        [ ! -e ran ] || { echo "observed: CMD ran"; return 1; }
    done
    [ "$EUID" -eq 0 ] || return 0
    run bounded ./cgrun -- touch ran
    expect_status 0
    [ -e ran ]
}

# ---- the group ------------------------------------------------------------

@test "[5] CMD is in a group of its own, new for each run, directly below the root" {
    need
    hint "mkdir(2), cgroup.procs and /proc/PID/cgroup in cgroups(7)"
    local name first
    running 'exec sleep 60'
    for name in "${CONTROLLERS[@]}"; do
        expect "the parent of CMD's $name group" "${POINT[$name]}" "$(dirname "$(group "$name" "/proc/$CMD/cgroup")")"
        expect "processes in CMD's $name group" "$CMD" "$(value "$name" cgroup.procs cgroup.procs)"
        expect "cgrun's own $name group" "$(group "$name" "/proc/$(machine_pid)/cgroup")" "$(group "$name" "/proc/$SPAWNED/cgroup")"
    done
    first=$CMD
    running 'exec sleep 60' -p 10
    for name in "${CONTROLLERS[@]}"; do
        [ "$(group "$name" "/proc/$CMD/cgroup")" != "$(group "$name" "/proc/$first/cgroup")" ] ||
            { echo "expected: two runs, two groups"; echo "observed: $(group "$name" "/proc/$CMD/cgroup")"; return 1; }
    done
    expect "pids.max of the second" 10 "$(value pids pids.max pids.max)"
    CMD=$first
    expect "pids.max of the first" max "$(value pids pids.max pids.max)"
}

@test "[5] CMD is inside from its first instruction, however slow cgrun is" {
    need tool:strace ptrace
    hint "CLONE_INTO_CGROUP in clone(2), or a child that waits for a byte before execve(2)"
    local name delay=80000 inside=$BATS_TEST_TMPDIR/inside
    # Every write takes its time, also those to cgroup.procs: one for each hierarchy.
    [ "${VERSION[memory]}" = 1 ] || delay=250000
    bounded strace -f -qq -o /dev/null -e trace=write -e "inject=write:delay_enter=$delay" \
        "$EXERCISE" -m 64M -p 20 -c 1 -- cat /proc/self/cgroup >"$inside.own"
    cgroup_file "$inside.own" >"$inside"
    for name in "${CONTROLLERS[@]}"; do
        expect_match "CMD's $name group" "^${POINT[$name]}/." "$(group "$name" "$inside")"
        [ "$(group "$name" "$inside")" != "$(group "$name" "/proc/$(machine_pid)/cgroup")" ] ||
            { echo "expected: a group of its own"; echo "observed: its caller's $name group"; return 1; }
    done
}

# ---- memory ---------------------------------------------------------------

@test "[6] -m: the kernel has the limit, in bytes, K, M and G, and no swap beyond it" {
    need
    hint "memory.max, memory.swap.max; memory.limit_in_bytes, memory.memsw.limit_in_bytes; see cgroups(7), the kernel's admin-guide"
    local pair dir
    for pair in 50331648:50331648 65536K:67108864 48M:50331648 1G:1073741824; do
        running 'exec sleep 60' -m "${pair%:*}"
        expect "limit of -m ${pair%:*}" "${pair#*:}" "$(value memory memory.limit_in_bytes memory.max)"
        dir=$(group memory "/proc/$CMD/cgroup")
        if [ -e "$dir/memory.swap.max" ]; then
            expect "memory.swap.max" 0 "$(<"$dir/memory.swap.max")"
        elif [ -e "$dir/memory.memsw.limit_in_bytes" ]; then
            expect "memory and swap together" "${pair#*:}" "$(<"$dir/memory.memsw.limit_in_bytes")"
        fi
        ended TERM
    done
}

@test "[5] -m: CMD is killed when it needs more: 137, and oom_kills says so" {
    need
    hint "memory.events (v2), memory.oom_control (v1) in cgroups(7), the kernel's admin-guide"
    run --separate-stderr prog -m 16M -- ./payload-use memory 64
    expect_status 137
    expect oom_kills 1 "$(figure oom_kills "$stderr")"
    size=$((12 + RANDOM % 9))
    run --separate-stderr prog -m 64M -- ./payload-use memory "$size"
    expect_status 0
    expect_output "touched $size"
    expect "oom_kills within the limit" 0 "$(figure oom_kills "$stderr")"
}

@test "[4] -m: if a child of CMD is killed for memory, CMD's own status still counts" {
    need
    hint "wait(2) for CMD, not for the group; memory.oom.group (v2) in cgroups(7) stays 0"
    run --separate-stderr prog -m 16M -- sh -c './payload-use memory 64; echo "child: $?"; exit 5'
    expect_status 5
    expect_match output "child: 137" "$output"
    expect oom_kills 1 "$(figure oom_kills "$stderr")"
}

# ---- tasks and CPU --------------------------------------------------------

@test "[6] -p: CMD and its children, or its threads, are no more tasks than that" {
    need
    hint "pids.max in cgroups(7) counts threads as well as processes; EAGAIN in fork(2)"
    local kind
    for kind in forks threads; do
        run prog -p 7 -- ./payload-use "$kind" 30
        expect_match "with -p 7" 'tasks 7($|[^0-9])' "$output"
        run prog -p 31 -- ./payload-use "$kind" 30
        expect_match "with -p 31" 'tasks 31($|[^0-9])' "$output"
    done
    run prog -p 1 -- ./payload-use forks 1
    expect_match "with -p 1" 'tasks 1($|[^0-9])' "$output"
    running 'exec sleep 60' -p 12
    expect "pids.max" 12 "$(value pids pids.max pids.max)"
}

@test "[5] -c: the kernel has the share, for part of a CPU and for more than one" {
    need
    hint "cpu.max (v2), cpu.cfs_quota_us and cpu.cfs_period_us (v1) in cgroups(7), the kernel's sched-bwc"
    local cpus quota period
    for cpus in 0.5 1.25 2; do
        running 'exec sleep 60' -c "$cpus"
        read -r quota period < <(value cpu cpu.cfs_quota_us cpu.max)
        [ -n "$period" ] || period=$(value cpu cpu.cfs_period_us cpu.max)
        expect "quota / period of -c $cpus" "$cpus" \
            "$(awk -v q="$quota" -v p="$period" 'BEGIN { print (p > 0 ? q / p : q " / " p) }')"
        ended TERM
    done
}

# throttled: has the kernel made CMD's group wait for CPU time?
throttled() { grep -q '^nr_throttled [1-9]' "$(group cpu "/proc/$CMD/cgroup")/cpu.stat"; }

@test "[3] -c: CMD gets no more CPU than that" {
    need
    hint "nr_throttled in cpu.stat of CMD's group says how often it had to wait; see cgroups(7)"
    running 'exec ./payload-use cpu 60000' -c 0.05
    wait_for throttled
}

# ---- the freezer ----------------------------------------------------------

# look_at_frozen: CMD is frozen for $seconds; how much CPU time it uses in part of
# them, in $ticks.  Fails where the machine was too slow to see it.
look_at_frozen() {
    running_frozen -F "$seconds" -- ./payload-use cpu 300 || return
    ticks=$(spun)
    sleep 0.2
    ticks=$(($(spun) - ticks))
    is_frozen
}

@test "[7] -F: once CMD runs the kernel freezes it, for that long, and then thaws it" {
    need
    hint "cgroup.freeze and cgroup.events (v2), freezer.state (v1) in cgroups(7)"
    local start ticks seconds
    # A slow machine may miss one second of it.
    for seconds in 1 6 15; do
        start=$(now)
        ! look_at_frozen || break
    done
    is_frozen
    expect "CPU ticks that CMD used while it was frozen" 0 "$ticks"
    over
    expect_status 0
    expect_between "milliseconds of CMD, $seconds seconds of them frozen" "${seconds}200" 60000 "$(($(now) - start))"
    expect_match "what CMD printed after it" '^wall ' "$(<"$SPAWNED_OUT")"
    expect_gone "${CMD_GROUPS[@]}"
    # Without -F nothing freezes.
    running 'exec sleep 60'
    sleep 0.1
    run ! is_frozen
}

# ---- the report -----------------------------------------------------------

@test "[4] the last line on stderr is the report, whatever CMD writes" {
    need
    hint "wait(2) for all that was killed: print it last"
    local args n='([0-9]+|-)'
    for args in "" "-m 64M -p 20 -c 0.5"; do
        # shellcheck disable=SC2086  # words
        run --separate-stderr prog $args -- sh -c 'echo out; echo noise >&2; (while :; do echo more >&2; done) & exit 3'
        expect_status 3
        expect_output out
        expect_match "the last line on stderr" \
            "^cgrun: peak_memory_bytes=$n cpu_seconds=([0-9]+(\.[0-9]+)?|-) peak_pids=$n oom_kills=$n\$" \
            "${stderr_lines[-1]}"
        expect "lines of cgrun on stderr" 1 "$(grep -c '^cgrun: ' <<<"$stderr")"
    done
}

@test "[4] the report has the kernel's figures, and - for what it does not tell" {
    need
    hint "memory.peak, pids.peak, cpu.stat (v2), memory.max_usage_in_bytes, cpuacct.usage (v1) in the kernel's admin-guide, cgroups(7)"
    local dir memory='' pids=''
    running 'exec sleep 60'
    dir=$(group memory "/proc/$CMD/cgroup")
    [ ! -e "$dir/memory.peak" ] && [ ! -e "$dir/memory.max_usage_in_bytes" ] || memory=told
    [ ! -e "$(group pids "/proc/$CMD/cgroup")/pids.peak" ] || pids=told
    run --separate-stderr prog -- sh -c './payload-use memory 24; ./payload-use forks 11; ./payload-use cpu 300; true'
    expect_status 0
    if [ -n "$memory" ]; then
        expect_between "peak_memory_bytes of 24 MiB" $((24 << 20)) $((40 << 20)) "$(figure peak_memory_bytes "$stderr")"
    else
        expect peak_memory_bytes - "$(figure peak_memory_bytes "$stderr")"
    fi
    if [ -n "$pids" ]; then     # CMD, payload-use, its eleven
        expect_between "peak_pids of 13" 13 15 "$(figure peak_pids "$stderr")"
    else
        expect peak_pids - "$(figure peak_pids "$stderr")"
    fi
    expect_between "cpu_seconds of 0.3" 0.3 2 "$(figure cpu_seconds "$stderr")"
}

# ---- the end --------------------------------------------------------------

@test "[5] when CMD ends, what still runs in its group is killed, and the group is gone" {
    need
    hint "cgroup.kill in cgroups(7), or kill(2) for each pid in cgroup.procs; then rmdir(2)"
    local before groups=$BATS_TEST_TMPDIR/groups
    before=$(footprint)
    run --separate-stderr prog -- sh -c 'cat /proc/self/cgroup; setsid sh -c "echo >\$0; exec sleep 60" "$0" &
        (trap "" TERM INT HUP; sleep 61) & until [ -e "$0" ]; do :; done; exit 4' "$BATS_TEST_TMPDIR/ready"
    echo "$output" >"$groups.inside"
    cgroup_file "$groups.inside" >"$groups"
    seen "$groups"
    expect_status 4
    expect_gone "${CMD_GROUPS[@]}"
    expect_clean "$before"
    # Also when there was nothing to run.
    run -127 --separate-stderr prog -m 64M -- /nonexistent/program
    expect_clean "$before"
}

@test "[4] a fork bomb that outlives CMD is killed to the last process" {
    need
    hint "kill faster than they fork: cgroup.kill in cgroups(7), or freeze them first"
    local before
    before=$(footprint)
    mkfifo "$BATS_TEST_TMPDIR/go"
    running "read -r go <$BATS_TEST_TMPDIR/go; ./payload-use bomb 300 & sleep 0.2" -p 40
    # The bomb goes off only where the kernel has its limit.
    expect pids.max 40 "$(value pids pids.max pids.max)"
    echo go >"$BATS_TEST_TMPDIR/go"
    over
    expect_gone "${CMD_GROUPS[@]}"
    expect_clean "$before"
}

@test "[3] groups that CMD made inside its own go with it" {
    need
    hint "rmdir(2) refuses a group that has children: the deepest first"
    mkfifo "$BATS_TEST_TMPDIR/fifo"
    running "read -r dir <$BATS_TEST_TMPDIR/fifo"'; mkdir -p "$dir/one/two" "$dir/one/three"
        sh -c "echo 0 >$dir/one/two/cgroup.procs; exec sleep 60" &
        until grep -q . "$dir/one/two/cgroup.procs"; do :; done'
    inside_group "$(group pids "/proc/$CMD/cgroup")" >"$BATS_TEST_TMPDIR/fifo"
    over
    expect_status 0
    expect_gone "${CMD_GROUPS[@]}"
}

@test "[4] after SIGTERM or SIGINT CMD and all else in the group is killed, and the group is gone" {
    need
    hint "sigwaitinfo(2) or a handler: clean up first, then exit"
    local before signal
    before=$(footprint)
    for signal in TERM INT; do
        running 'trap "" TERM INT; setsid sleep 60 & sleep 61' -m 64M -p 20
        ended "$signal"
        [ "$status" -gt 128 ] || expect "status after SIG$signal" "above 128" "$status"
        expect_gone "${CMD_GROUPS[@]}"
        expect_killed "$CMD"
        expect_clean "$before"
    done
}

@test "[3] the same while the group is frozen" {
    need
    hint "on v1 the frozen do not die before they are thawed: freezer.state in cgroups(7)"
    local before
    before=$(footprint)
    running_frozen -F 60 -- sleep 60
    ended TERM
    expect_gone "${CMD_GROUPS[@]}"
    expect_killed "$CMD"
    expect_clean "$before"
}

# ---- where it must say no, and where it must not reach --------------------

@test "[5] a limit that cannot be enforced is 125, and CMD is not run" {
    need ns:mnt
    hint "which controller is where: /proc/self/mountinfo in proc(5); what write(2) to its file says"
    local option hidden sealed before ran=$BATS_TEST_TMPDIR/ran
    before=$(footprint)
    hidden='mount -t tmpfs none /sys/fs/cgroup && exec "$@"'
    run prog -m 64M -p 20 -c 0.5 -- true
    expect_status 0
    sealed='awk "{ for (i = 7; \$i != \"-\"; i++); if (\$(i + 1) ~ /^cgroup2?\$/) print \$5 }" /proc/self/mountinfo |
        while read -r point; do mount -o remount,bind,ro "$point" || exit; done; exec "$@"'
    for option in "-m 64M" "-p 20" "-c 0.5" "-F 1"; do
        # shellcheck disable=SC2086  # words
        run --separate-stderr bounded unshare --mount sh -c "$hidden" - "$EXERCISE" $option -- touch "$ran"
        expect_error 125 cgrun
        # shellcheck disable=SC2086  # words
        run --separate-stderr bounded unshare --mount sh -c "$sealed" - "$EXERCISE" $option -- touch "$ran"
        expect_error 125 cgrun
    done
    # More tasks than a kernel can have, and less CPU than it can give.
    for option in "-p 999999999" "-c 0.000001"; do
        # shellcheck disable=SC2086  # words
        run --separate-stderr prog $option -- touch "$ran"
        expect_error 125 cgrun
    done
    [ ! -e "$ran" ] || { echo "observed: CMD ran"; return 1; }
    expect_clean "$before"
}

# make_groups NAME: a new group of that name at the root of each hierarchy that
# carries one of ours, in MADE
make_groups() {
    local point
    while read -r point; do
        mkdir "$point/$1"
        MADE+=("$point/$1")
    done < <(printf '%s\n' "${POINT[@]}" | sort -u)
}

# made: what the kernel has in those groups
made() {
    local dir
    for dir in "${MADE[@]}"; do
        echo "$dir: $(cat "$dir"/cgroup.procs "$dir"/{cgroup.freeze,freezer.state,pids.max,cpu.max,cpu.cfs_quota_us} \
            "$dir"/memory.{max,limit_in_bytes} 2>/dev/null | tr '\n' ' ')"
    done
}

@test "[3] touches no group that it did not make, whatever its name" {
    need
    hint "a name that nobody else has: getpid(2), getrandom(2); remove only what your own mkdir(2) made"
    local before
    make_groups "lab04-neighbour.$$"
    spawn sleep 60
    echo "$SPAWNED" >"${MADE[0]}/cgroup.procs"      # the others are empty: easy to take for litter
    before=$(made)
    run prog -m 64M -p 20 -c 0.5 -- true
    expect_status 0
    expect "the groups beside it" "$before" "$(made)"
    running_frozen -m 64M -p 20 -c 0.5 -F 60 -- sleep 60
    expect "the groups beside it" "$before" "$(made)"
    ended TERM
    expect "the groups beside it" "$before" "$(made)"
}

# For a shell in a user namespace whose groups are its own: mount hierarchies
# ('TYPE POINT OPTIONS', up to --) on a /sys/fs/cgroup of its own, leave the v2
# root, which may not hold processes (unless STAY says so), and run the rest.
ENTER='
    set -e
    mount -t tmpfs none /sys/fs/cgroup
    while [ "$1" != -- ]; do
        mkdir -p "$2"
        mount -t "$1" ${3:+-o "$3"} none "$2"
        if [ "$1" = cgroup2 ] && [ -z "$STAY" ]; then
            mkdir -p "$2/shell"
            echo 0 >"$2/shell/cgroup.procs"
        fi
        shift 3
    done
    shift
    exec "$@"'

# For a shell: a new group of the name $1 in every hierarchy that cgrun may use,
# given to the user $2 and the group $3, with what to mount, one line each:
# 'DIRECTORY TYPE POINT OPTIONS'.  $4: the machine is ours, to enable controllers.
MAKE='
    while read -r type point options; do
        [ -e "$point/cgroup.procs" ] || continue      # another mount hides it
        [ "$type$4" != cgroup2yes ] || echo "+memory +pids +cpu" >"$point/cgroup.subtree_control" || exit
        dir=$point/$1
        mkdir "$dir" || exit
        for file in "$dir" "$dir"/{cgroup.procs,tasks,cgroup.threads,cgroup.subtree_control}; do
            [ ! -e "$file" ] || chown "$2:$3" "$file" || exit
        done
        echo "$dir $type $point $options"
    done < <(awk "{
        for (i = 7; \$i != \"-\"; i++);
        type = \$(i + 1)
        names = \"\"
        n = split(\$(i + 3), words, \",\")
        for (w = 1; w <= n; w++)
            if (words[w] ~ /^(memory|pids|cpu|cpuacct|freezer)\$/) names = names \",\" words[w]
        if (type == \"cgroup2\" || type == \"cgroup\" && names) print type, \$5, substr(names, 2)
    }" /proc/self/mountinfo)'

# delegate: these groups, by the names that they have for a command, in DELEGATED,
# by those that they have here in MADE, and what to mount in MOUNTS
delegate() {
    local dir type point options ours=no
    ! sandboxed || ours=yes
    MOUNTS=() DELEGATED=()
    bounded bash -c "$MAKE" - "lab04-delegated.$$" "$(lab_uid)" "$(lab_gid)" "$ours" >"$BATS_TEST_TMPDIR/made"
    while read -r dir type point options; do
        DELEGATED+=("$dir")
        sandboxed || MADE+=("$dir")
        MOUNTS+=("$type" "$point" "$options")
    done <"$BATS_TEST_TMPDIR/made"
}

# For a shell: enter the groups named, up to --, and run the rest; but never where
# the root of the namespace to come is not one of ours.
INTO='
    name=$1 n=0
    shift
    while [ "$1" != -- ]; do
        echo 0 >"$1/cgroup.procs" || exit
        n=$((n + 1))
        shift
    done
    shift
    [ "$(grep -c "/$name\$" /proc/self/cgroup)" -eq "$n" ] || exit
    exec "$@"'

# delegated CMD...: in $USER_DIR, as the root of a user namespace
# for which the groups of delegate are the cgroup roots
delegated() {
    (
        cd "$USER_DIR" || exit
        bounded sh -c "$INTO" - "lab04-delegated.$$" "${DELEGATED[@]}" -- \
            setpriv "--reuid=$(lab_uid)" "--regid=$(lab_gid)" --clear-groups --inh-caps=-all \
            unshare --user --map-root-user --mount --cgroup \
            env STAY="${STAY-}" sh -c "$ENTER" - "${MOUNTS[@]}" -- "$@"
    )
}

@test "[5] works as the root of a user namespace with a cgroup root of its own" {
    need userns ns:cgroup
    hint "delegation in cgroups(7), and cgroup_namespaces(7)"
    local dir
    user_dir
    install -m 755 "$EXERCISE" "$USER_DIR/cgrun"
    install -m 755 payload-use "$USER_DIR/use"
    delegate
    run --separate-stderr delegated sh -c '
        ./cgrun -m 16M -p 20 -c 0.5 -- ./use memory 64; echo "status $?"
        ./cgrun -m 64M -p 5 -- ./use forks 20; echo "status $?"'
    expect_output $'status 137\ntasks 5\nstatus 0'
    expect oom_kills 1 "$(figure oom_kills "${stderr_lines[0]}")"
    for dir in "${DELEGATED[@]}"; do
        expect "groups left in $dir" "" "$(bounded find "$dir" -mindepth 1 -type d ! -name shell)"
    done
    [ "${VERSION[memory]}" = 2 ] || return 0
    # A v2 root that holds processes hands no controller down.
    for dir in "${DELEGATED[@]}"; do bounded find "$dir" -depth -type d -exec rmdir {} +; done
    MADE=()
    delegate
    STAY=1 run --separate-stderr delegated ./cgrun -m 16M -- touch ran
    expect_error 125 cgrun
    [ ! -e "$USER_DIR/ran" ] || { echo "observed: CMD ran"; return 1; }
}
