#!/usr/bin/env bats
# Bombs: memory, tasks, CPU, files, descriptors.  Each goes off in a container
# with skiff's own limits, and that in a cgroup of the test's own with larger
# ones: a defect of skiff's must not cost more than a failed test.  A neighbour
# outside notices nothing.
load common

OUTER_MEMORY=$((256 << 20)) OUTER_TASKS=150

setup() {
    history_setup
    require cgroup:memory cgroup:pids cgroup:cpu
    OUTER_DIRS=()
    OUTER_BINDS=()
    MEMBERS=()
    outer memory memory.limit_in_bytes memory.max "$OUTER_MEMORY"
    outer pids pids.max pids.max "$OUTER_TASKS"
    outer cpu cpu.cfs_quota_us cpu.max 150000
}

# outer CONTROLLER V1FILE V2FILE LIMIT: a fresh group with that limit.  A bomb's
# mount namespace has it in the place of the hierarchy's root, so that the
# groups that skiff makes are below it.
outer() {
    local where point dir
    where=$(cgroup_where "$1")
    point=${where#* }
    dir=$point/outer-$NAP
    if [ ! -d "$dir" ]; then
        mkdir "$dir"
        OUTER_DIRS+=("$dir")
        OUTER_BINDS+=("$dir:$point")
        if [ "${where%% *}" = 2 ]; then
            # on v2 a group has members or children with controllers, not both
            echo "+memory +pids +cpu" >"$dir/cgroup.subtree_control"
            mkdir "$dir/members"
            OUTER_DIRS+=("$dir/members")
            MEMBERS+=("$dir/members/cgroup.procs")
        else
            MEMBERS+=("$dir/cgroup.procs")
        fi
    fi
    if [ "${where%% *}" = 2 ]; then echo "$4" >"$dir/$3"; else echo "$4" >"$dir/$2"; fi
}

# within CMD...: CMD in those groups
within() {
    (close_fds
        exec unshare --mount --propagation private bash -c '
            while [ "$1" != - ]; do echo $$ >"$1" || exit 99; shift; done; shift
            while [ "$1" != - ]; do mount --bind "${1%%:*}" "${1#*:}" || exit 99; shift; done; shift
            exec "$@"' _ "${MEMBERS[@]}" - "${OUTER_BINDS[@]}" - timeout -k 2 60 "$@" </dev/null)
}

# bomb OPTION... -- CMD...: in a container over ROOTFS, in those groups
bomb() {
    local options=()
    while [ "$1" != -- ]; do options+=("$1"); shift; done
    shift
    within "$EXERCISE" run "${options[@]}" "$ROOTFS" "$@"
}

# neighbour: a process of the host's that counts the hundredths of a second in
# which it got to run
neighbour() {
    spawn sh -c 'i=0; while :; do sleep 0.01; i=$((i + 1)); echo $i; done'
    NEIGHBOUR=$SPAWNED
    NEIGHBOUR_OUT=$SPAWNED_OUT
    wait_for test -s "$NEIGHBOUR_OUT"
}

# unharmed: it still runs
unharmed() {
    local seen
    seen=$(wc -l <"$NEIGHBOUR_OUT")
    kill -0 "$NEIGHBOUR"
    wait_for eval '[ "$(wc -l <"$NEIGHBOUR_OUT")" -gt '"$((seen + 3))"' ]'
}

teardown() {
    local i dir pid
    for dir in "${MEMBERS[@]}"; do
        while read -r pid; do kill -KILL "$pid" 2>/dev/null || true; done < <(cat "$dir" 2>/dev/null)
    done
    for ((i = ${#OUTER_DIRS[@]} - 1; i >= 0; i--)); do
        dir=${OUTER_DIRS[i]}
        wait_for eval "for d in $dir/skiff-*/cgroup.procs $dir/cgroup.procs; do [ ! -s \$d ] || exit 1; done" || true
        expect "groups left below $dir" "" "$(find "$dir" -mindepth 1 -name "skiff*" -printf "%f ")" || LEFT=1
        find "$dir" -mindepth 1 -type d -name 'skiff*' -delete 2>/dev/null || true
        rmdir "$dir" 2>/dev/null || true
    done
    common_teardown
    [ -z "${LEFT-}" ]
}

@test "the tests' own net holds: a container's groups are below it" {
    hint "the mount point of each hierarchy in /proc/self/mountinfo"
    container_of=$(bomb -- sleep "$NAP" & wait_for napping; cat "/proc/$(nappers | head -n 1)/cgroup"
        kill -KILL "$(nappers | head -n 1)"; wait)
    for controller in memory pids cpu; do
        where=$(cgroup_where "$controller")
        case $where in
            1*) line=$(grep -E ":([^:]*,)?$controller(,[^:]*)?:" <<<"$container_of") ;;
            2*) line=$(grep '^0:' <<<"$container_of") ;;
        esac
        expect_match "$controller" "/outer-$NAP/skiff-" "$line"
    done
}

# peak: the most memory that the outer group had
peak() {
    local where
    where=$(cgroup_where memory)
    cat "${where#* }/outer-$NAP/memory.max_usage_in_bytes" 2>/dev/null || cat "${where#* }/outer-$NAP/memory.peak"
}

@test "a memory bomb ends, and nobody else does" {
    hint "memory.max without swap; OOM in cgroups(7)"
    neighbour
    run bomb -m 32m -- sh -c 'tail /dev/zero & tail /dev/zero & tail /dev/zero'
    [ "$status" -ne 0 ]
    unharmed
    run bomb -m 32m -- tail /dev/zero
    expect_status 137
    unharmed
    [ "$(peak)" -lt $((80 << 20)) ] || expect "memory at most" "32 MiB and skiff's own" "$(peak)"
}

@test "a memory bomb that hides its pages: shared memory, tmpfs, the container's own files, pipes" {
    hint "tmpfs pages count for who wrote them; size= of tmpfs(5) for /dev/shm and the upper layer"
    neighbour
    for file in /dev/shm/fill /fill /tmp/fill /dev/fill /dev/mqueue/fill /var/fill; do
        run bomb -m 48m -- sh -c "dd if=/dev/zero of=$file bs=1M count=300 2>&1; echo still here"
        expect_match "$file" "No space left|Killed|Permission denied|Invalid argument|Operation not permitted|Read-only" "$output"
        [ "$status" -ne 0 ] || expect_match "$file" "still here" "$output"
        expect "$file: bytes written" "fewer than 300 MB" \
            "$(grep -q '^300+0 records out' <<<"$output" && echo "300 MB" || echo "fewer than 300 MB")"
    done
    unharmed
    [ "$(peak)" -lt $((100 << 20)) ] || expect "memory at most" "48 MiB and skiff's own" "$(peak)"
}

@test "a fork bomb stops at the limit of tasks" {
    hint "pids.max; EAGAIN in fork(2)"
    neighbour
    bomb --pids-limit 30 --timeout 5 -- sh -c "f() { f | f & }; f; sleep 60" >/dev/null 2>&1 &
    bomb=$!
    where=$(cgroup_where pids)
    most=0
    while kill -0 "$bomb" 2>/dev/null; do
        # one of them may go while they are read
        now=$(cat "${where#* }/outer-$NAP"/skiff-*/pids.current 2>/dev/null | sort -n | tail -n 1)
        [ "${now:-0}" -le "$most" ] || most=$now
        read -r -t 0.02 <> <(:) || true
    done
    reap "$bomb"
    expect_status 137
    [ "$most" -le 30 ] || expect "tasks at once" "30 at most" "$most"
    [ "$most" -ge 25 ] || expect "tasks at once" "a bomb" "$most"
    unharmed
}

@test "a bomb of threads, and one of zombies, as well" {
    hint "pids.max counts tasks, the dead that nobody has waited for included"
    neighbour
    run bomb --pids-limit 20 --timeout 1 -- sh -c 'i=0; while [ $i -lt 100 ]; do (exit 0) & i=$((i+1)); done; echo all; sleep 60'
    [ "$status" -ne 0 ]
    unharmed
}

@test "a CPU bomb leaves the others their share" {
    hint "cpu.max, or cpu.cfs_quota_us"
    neighbour
    run bomb --cpus 0.2 --timeout 2 -- sh -c 'for i in 1 2 3 4 5 6 7 8; do while :; do :; done & done; wait'
    expect_status 137
    unharmed
    used=$(awk '{ s += $1 } END { print int(s / 1e6) }' <(cpu_used))
    [ "$used" -lt 1200 ] || expect "CPU time in 2 s" "about 400 ms, less than 1200" "$used ms"
}

# cpu_used: of the outer group, in nanoseconds
cpu_used() {
    local where
    where=$(cgroup_where cpuacct) || where=
    if [[ $where = 1* ]] && [ -d "${where#* }/outer-$NAP" ]; then
        cat "${where#* }/outer-$NAP/cpuacct.usage"
    else
        where=$(cgroup_where cpu)
        awk '$1 == "usage_usec" { print $2 * 1000 }' "${where#* }/outer-$NAP/cpu.stat"
    fi
}

@test "files without end: they end with the container's memory, and the host has none of them" {
    hint "nr_inodes of tmpfs(5)"
    neighbour
    free=$(stat -fc %d "$BATS_TEST_TMPDIR")
    for dir in /dev/shm /dev /; do
        bomb -m 64m --timeout 2 -- sh -c "mkdir -p $dir/many; cd $dir/many || exit 7; i=0
            while [ \$i -lt 4000 ]; do for n in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do : >\$i.\$n || exit 9; done; i=\$((i+1)); done" >/dev/null 2>&1 || true
        unharmed
    done
    [ $((free - $(stat -fc %d "$BATS_TEST_TMPDIR"))) -lt 20000 ]
}

@test "descriptors without end: the limit is the container's, and no number of them harms" {
    hint "RLIMIT_NOFILE in getrlimit(2)"
    neighbour
    run bomb -m 64m --timeout 50 -- sh -c '(i=10; while eval "exec $i</dev/null" && [ $i -lt 3000 ]; do i=$((i+1)); done) 2>/dev/null; echo still here'
    expect_output "still here"
    unharmed
}

@test "many containers at once, and all of them gone" {
    pids=()
    hint "what one makes, one removes, whoever else is at it"
    for _ in 1 2 3 4 5 6; do
        bomb -m 16m --pids-limit 10 -- sh -c ': & : & wait' &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        reap "$pid"
        expect_status 0
    done
}
