# shellcheck shell=bash
# capstone/faults/common.bash - what the tests of faults share
#
# They take minutes if they are to try everything.  FAULTS_FULL=1 has them do so;
# else each tries what is different from the rest.

load ../../support/bats
# The folder of the skiff under test, for arena.
export LAB_BIN=${LAB_BIN:-$BATS_TEST_DIRNAME/..}
FULL=()
# shellcheck disable=SC2034  # for the tests
[ -z "${FAULTS_FULL-}" ] || FULL=(--full)

setup_file() {
    make -s -C "$BATS_TEST_DIRNAME" all
}

setup() {
    lab_setup
    require root tool:make ns:net ns:pid
}

# in_arena CMD...: bounded; what is left of it is found there (see arena)
in_arena() { LAB_TIMEOUT=${LAB_TIMEOUT:-900} bounded ./arena "$@"; }

# inject ARG...: no findings, at least one run that did something
inject() {
    LAB_TIMEOUT=900 run bounded ./inject "$@"
    # shellcheck disable=SC2154  # set by run
    echo "$output"
    expect_status 0
    expect_match "what was tried" "# [1-9][0-9]* runs.* 0 findings" "$output"
}
