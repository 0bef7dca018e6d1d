# shellcheck shell=bash
# capstone/history/common.bash - what the attack tests share
#
# Each attempt is made twice: on skiff, where it must fail, and where it must
# succeed: on the naive runner (naive.c), or on skiff with the one defence in
# question switched off by its option.  An attempt that fails everywhere shows
# nothing; what the control finds missing on this machine (ENOENT) is left out.

load ../isolation/common

HERE=$BATS_TEST_DIRNAME

setup_file() {
    export ROOTFS=$BATS_FILE_TMPDIR/rootfs
    new_image "$ROOTFS"
    chmod 755 "$BATS_FILE_TMPDIR"
}

setup() { history_setup; }

history_setup() {
    lab_setup
    require root
    # shellcheck disable=SC2034  # for container, in isolation/common.bash
    NAP=$((1000000 + BATS_TEST_NUMBER * 100000 + RANDOM))
    # shellcheck disable=SC2034  # for the teardown of isolation/common.bash
    before=$(footprint)
    # A file of the host's that no container is told of, though everybody might
    # read it: that its folder is closed would hide a way out
    WORLD=$(mktemp -d "${TMPDIR:-/tmp}/history.XXXXXX")
    LAB_DIRS+=("$WORLD")
    chmod 777 "$WORLD"
    CANARY=$WORLD/canary
    # and one elsewhere: what skiff mounts on its way may cover the first
    # shellcheck disable=SC2034  # for the tests
    ELSEWHERE=$(readlink -f "$HERE")/common.bash
    echo precious >"$CANARY"
}

# new_image DIR: the course's root filesystem with the payloads
new_image() {
    cp -a "$HERE/../../build/rootfs" "$1"
    cp "$HERE"/payload-{files,calls,host,lure,streams} "$1/bin/"
}

# image: a copy of it that this test may spoil, in $IMAGE
image() {
    IMAGE=$WORLD/image
    rm -rf "$IMAGE"
    new_image "$IMAGE"
}

# skiff ARG...: skiff run, judged by its exit status and what it prints
skiff() { prog run "$@"; }

# naive run|exec ARG...: the naive runner; what it mounts reaches nobody
naive() {
    local mounts=(unshare --mount --propagation private)
    [ "$1" = run ] || mounts=()
    bounded "${mounts[@]}" "${NAIVE:-$HERE/naive}" "$@" 2>/dev/null
}

# each attempt of a payload is a line "NAME=ARG in" where it succeeded

# works WHERE OUTPUT: the attempts that succeed there, one a line; fails where
# one did not for another reason than that this machine has no such thing
works() {
    local line bad
    bad=$(grep -v ' in$\| ENOENT$\| ENOSYS$\| ENODEV$\| ENXIO$' <<<"$2" || true)
    [ -z "$bad" ] || { echo "control ($1), expected: in"; echo "observed: $bad"; return 1; }
    line=$(grep ' in$' <<<"$2") || mendable attempts "this machine has none of it: ${2//$'\n'/, }" "another kernel, in the lab machine: make vm"
    echo "${line// in/}"
}

# refused OUTPUT NAME...: each of these attempts was made, and failed
refused() {
    local output=$1 name line
    shift
    for name; do
        line=$(grep -F -- "$name " <<<"$output") || { echo "not tried: $name; it printed: $output"; return 1; }
        case $line in
            *" in") echo "expected: $name: refused"; echo "observed: it succeeded"; return 1 ;;
        esac
    done
}

# stopped CONTROL... -- PAYLOAD ATTEMPT... [-- OPTION...]: each attempt works when
# CONTROL runs the payload, and fails on skiff (with those options)
stopped() {
    local payload control=() attempts=() said
    while [ "$1" != -- ]; do control+=("$1"); shift; done
    payload=$2
    shift 2
    while [ $# -gt 0 ] && [ "$1" != -- ]; do attempts+=("$1"); shift; done
    [ $# -eq 0 ] || shift
    said=$("${control[@]}" "$payload" "${attempts[@]}") ||
        { echo "the control failed: ${control[*]}: $said"; return 1; }
    said=$(works "${control[*]}" "$said") || { echo "$said"; return 1; }
    mapfile -t attempts <<<"$said"
    refused "$(skiff "$@" "${IMAGE:-$ROOTFS}" "$payload" "${attempts[@]}")" "${attempts[@]}"
}

# tree DIR: all that can change there
tree() { (cd "$1" && find . -printf '%p %i %m %u %g %s %T@ %l\n' | sort && find . -type f -size -64k -exec cksum {} +); }

# one_line: the contract of a refusal: 125 and one line (after run --separate-stderr)
one_line() { expect_error 125 skiff; }

# teardown - as in isolation/common.bash; but other people may be running skiff
# on the same machine, and only what this test has left is held against it: a
# mount, a link, a process of its own.  Whose an empty group is cannot be seen here;
# bombs.bats looks where there are none but its own.
teardown() { common_teardown; }

common_teardown() {
    local pid
    for pid in $(nappers); do kill -KILL "$pid" || true; done
    for pid in "${LAB_SPAWNED[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
    [ ${#LAB_SPAWNED[@]} -eq 0 ] || wait_for eval '[ -z "$(marked_pids)" ]' || true
    lab_teardown
    [ -z "${BATS_TEST_COMPLETED-}" ] || [ -z "${before-}" ] || nothing_left
}

left() {
    local what path now
    now=$(footprint)    # with no program of ours about, which would be in it
    while read -r what path; do
        [ "$what" != cgroup ] || continue
        echo "$what $path"
    done < <(comm -13 <(sort <<<"$before") <(sort <<<"$now"))
}

nothing_left() {
    local PATIENCE tries now
    patience 8 2 footprint
    tries=$((PATIENCE * 50))
    while now=$(left); [ -n "$now" ]; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { in_vain footprint; echo "expected: nothing left behind"; echo "observed: $now"; return 1; }
        nap 0.02
    done
}
