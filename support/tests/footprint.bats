#!/usr/bin/env bats
# footprint.bats - a test that changes what all programs share has not passed
# shellcheck disable=SC2016  # what is in single quotes is for the inner test
# shellcheck disable=SC2154  # status and output are set by run

load ../bats

setup() {
    lab_setup
    require root
    # Nodes of our own, for the inner tests to spoil.
    NODE_DIR=$BATS_TEST_TMPDIR/dev
    mkdir "$NODE_DIR"
    mount -t tmpfs -o mode=755 dev "$NODE_DIR"
    cp -a /dev/{null,zero,tty} "$NODE_DIR/"
}

teardown() {
    umount "$NODE_DIR"
    lab_teardown
}

# inner TEARDOWN BODY: a test with that body, and with that teardown
inner() {
    printf 'load %q/support/bats\nsetup() { lab_setup; before=$(footprint); }\nteardown() { %s; }\n@test "inner" {\n%s\n}\n' \
        "$LAB_TOP" "$1" "$2" >"$BATS_TEST_TMPDIR/inner.bats"
    run bats_alone "$BATS_TEST_TMPDIR/inner.bats"
}
bats_alone() ( close_fds; unset "${!BATS_@}"; LAB_DEV=$NODE_DIR LAB_PATIENCE=1 exec timeout -k 2 60 bats --tap "$1" </dev/null )

FULL='lab_teardown; expect_footprint "$before"'

@test "a node that was given away, opened or replaced is seen by a footprint; one that was used is not" {
    local body
    for body in 'chown 1000:0 "$LAB_DEV/null"' 'chgrp 1000 "$LAB_DEV/zero"' 'chmod 600 "$LAB_DEV/null"' \
        'chmod 777 "$LAB_DEV/tty"' 'rm "$LAB_DEV/null"' 'rm "$LAB_DEV/null"; : >"$LAB_DEV/null"' \
        'rm "$LAB_DEV/zero"; mknod -m 666 "$LAB_DEV/zero" c 1 3' ': >"$LAB_DEV/full"'; do
        inner "expect_footprint \"\$before\"" "$body"
        expect_match "with: $body" 'not ok 1 inner.*expected: nothing left behind' "$output"
        expect_match "with: $body" 'node [^ ]*/(null|zero|tty|full) ' "$output"
        cp -a --remove-destination /dev/{null,zero,tty} "$NODE_DIR/"
        rm -f "$NODE_DIR/full"
    done
    inner "$FULL" 'echo x >"$LAB_DEV/null"; head -c 1 "$LAB_DEV/zero" >"$LAB_DEV/null"'
    expect_match "control" $'\nok 1 inner$' "$output"
}

@test "a node that was given away fails a test that takes no footprint" {
    inner lab_teardown 'chown 1000:1000 "$LAB_DEV/null"'
    expect_match "the test" 'not ok 1 inner.*expected: the nodes in /dev as they were' "$output"
    chown 0:0 "$NODE_DIR/null"
    inner lab_teardown true
    expect_match "control" $'\nok 1 inner$' "$output"
}
