#!/usr/bin/env bats
# Hostile submissions: grader/attacks.  A few are graded here, and a few shown to
# work where there is no sandbox; FULL=1 does all of them, on all tests of the lab
# (an hour).

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
