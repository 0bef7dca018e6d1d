#!/usr/bin/env bats
# The isolation tests of skiff, for skiff-oci: engine/skiff makes a bundle of the options
# that they use.  Left out are those of what an engine does or what only skiff has: its
# overlay, its keeper, its bridge, its words.  A few of them by default; FULL=1 has the rest.
load ../../support/bats

setup() {
    lab_setup
    require root user
    hint "the test of that name in capstone/isolation"
}

# judged FILE COUNT PATTERN: so many tests of that file are of that name, and pass
judged() {
    local said path=":$PATH"
    path=${path//:\/usr\/lib*\/bats-core:/:} # bats' own folder is not for a bats in it
    said=$(LAB_TIMEOUT=280 bounded env -i PATH="${path#:}" HOME=/ TMPDIR="$BATS_TEST_TMPDIR" LAB_BIN="$BATS_TEST_DIRNAME/engine" LAB_USER="${LAB_USER-}" \
        LAB_TIMEOUT=60 bats --formatter tap -f "$3" "$BATS_TEST_DIRNAME/../isolation/$1.bats" 2>&1) || true
    expect "what failed" "" "$(grep -A 8 '^not ok' <<<"$said" || true)"
    expect "how many ran" "$2" "$(grep -c '^ok' <<<"$said")"
}

@test "namespaces, ids, names: as skiff's" {
    judged namespaces 2 'every namespace of|unprivileged uid'
    [ -z "${FULL-}" ] || judged namespaces 3 'COMMAND is PID 1|hostname is|cgroup looks like'
}

@test "capabilities, filter, descriptors, session, groups: as skiff's" {
    judged privileges 3 'default eleven|foreign ABI|descriptor of the'
    [ -z "${FULL-}" ] || judged privileges 6 'drop and --cap-add|--user: those|newer than the list|namespace can be made inside|supplementary group|session of its own'
}

@test "a hostile root filesystem, /sys, /dev: as skiff's" {
    judged rootfs 1 'proc is a symbolic'
    [ -z "${FULL-}" ] || judged rootfs 4 'dev is a symbolic|sys is a symbolic|/sys is read-only|six harmless'
}

@test "limits, a group of its own, a fork loop: as skiff's" {
    require cgroup:memory cgroup:pids cgroup:cpu
    judged cgroups 1 'limits asked for'
    [ -z "${FULL-}" ] || judged cgroups 2 'fresh cgroup|fork loop'
}
