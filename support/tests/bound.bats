#!/usr/bin/env bats
# support/tests/bound.bats - what support/bound makes and removes
# shellcheck disable=SC2154  # output and status are set by run

load ../bats

setup() {
    lab_setup
    require root cgroup:pids
    read -r _ POINT < <(cgroup_where pids)
    export POINT
    NAMESPACE=$(stat -L -c %i /proc/self/ns/pid)
    MADE=()
}

teardown() {
    [ ${#MADE[@]} -eq 0 ] || rmdir "${MADE[@]}"
    lab_teardown
}

# group NAME: an empty cgroup of ours
group() { mkdir "$POINT/$1" && MADE+=("$POINT/$1"); }

@test "cgroups of another PID namespace, or of other programs, stay" {
    group lab-check.4194999
    group lab-check.1.4194999
    run bounded "$LAB_TOP/support/bound" true
    expect_status 0
    [ -d "$POINT/lab-check.4194999" ]
    [ -d "$POINT/lab-check.1.4194999" ]
}

@test "what a run of bound left that was killed goes" {
    # no pid is so large
    mkdir "$POINT/lab-check.$NAMESPACE.4194999"
    run bounded "$LAB_TOP/support/bound" true
    expect_status 0
    [ ! -e "$POINT/lab-check.$NAMESPACE.4194999" ] || { rmdir "$POINT/lab-check.$NAMESPACE.4194999"; false; }
}

@test "a cgroup that is there already is not used" {
    export NAMESPACE LAB_TOP
    # shellcheck disable=SC2016  # for that shell to expand
    run bounded bash -c 'mkdir "$POINT/lab-check.$NAMESPACE.$$" && echo "$POINT/lab-check.$NAMESPACE.$$" &&
        exec "$LAB_TOP/support/bound" --tasks 99 cat /proc/self/cgroup'
    MADE+=("${lines[0]}")
    expect_status 0
    expect "its limit" max "$(cat "${lines[0]}/pids.max")"
    expect "groups of pids that CMD is in" 0 "$(printf '%s\n' "${lines[@]:1}" | grep -c 'pids.*lab-check' || true)"
}
