#!/usr/bin/env bats
# Hostile submissions: grader/attacks.  A few are graded here, and a few shown to
# work where there is no sandbox; FULL=1 does all of them, as programs of all parts,
# on all tests (a night).

bats_require_minimum_version 1.5.0
load ../../support/bats

ATTACKS=$LAB_TOP/grader/attacks

attacks() { ( close_fds; exec "$ATTACKS/run" "$@" </dev/null ); }

@test "there are two dozen attacks and more, each with what it tries, what holds, its mark and a control" {
    local file field n=0
    for file in "$ATTACKS"/*.c "$ATTACKS"/*.sh; do
        n=$((n + 1))
        for field in Tries Holds Mark; do
            grep -qE "^( \*|#) $field: [^ ]" "$file" || { echo "$file: no $field"; return 1; }
        done
        grep -qE "^( \*|#) (Goal|Control|Kind): [^ ]" "$file" || { echo "$file: no control"; return 1; }
    done
    [ "$n" -ge 24 ]
}

@test "the table is that of the headers" {
    run diff "$ATTACKS/README.md" <(attacks --table)
    expect_output ""
}

@test "an attack that is not there is told from those that are" {
    run -2 attacks no-such-attack
    expect_match output "no attack 'no-such-attack'" "$output"
    expect_match output fork-bomb "$output"
    run -2 attacks --no-such-option
    run -0 attacks --help
}

@test "--part: the programs of any part; what is about archives or another part is left out" {
    run -2 attacks --part 09
    expect_match output "no lab '09'" "$output"
    run -2 attacks --part
    run -0 attacks --part 04 --list
    expect "archives" "" "$(grep archive <<<"$output" || true)"
    expect_match output fork-bomb "$output"
    run -0 attacks --list
    expect_match "those of lab 01" archive-links "$output"
    run -2 attacks --part capstone --control fork-bomb
}

# some NAME...: with FULL=1 none, which means all
some() { CHOSEN=("$@"); [ -z "${FULL-}" ] || CHOSEN=(); }

@test "without the sandbox they do what they are about" {
    require root cgroup:memory cgroup:pids tool:busybox
    some forged-results writes-marks reads-shadow
    run attacks --control "${CHOSEN[@]}"
    echo "$output"
    expect_status 0
    [ -n "${FULL-}" ] || expect "how many work" 3 "$(grep -c ' works: ' <<<"$output")"
}

@test "an attack gets what its honest part earns, its neighbour full marks, and the machine is as it was" {
    require root cgroup:memory cgroup:pids tool:busybox
    some forged-results writes-marks
    run attacks "${CHOSEN[@]}"
    echo "$output"
    expect_status 0
}

@test "the same where the program of another part attacks: control groups, and a student's own skiff" {
    require root cgroup:memory cgroup:pids tool:busybox
    run attacks --part 04 forged-results
    echo "$output"
    expect_status 0
    [ -n "${FULL-}" ] || return 0
    for part in 02 03 04 05 06 capstone; do
        run attacks --part "$part"
        echo "$output"
        expect_status 0
    done
}
