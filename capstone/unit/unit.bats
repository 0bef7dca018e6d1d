#!/usr/bin/env bats
# The unit tests of skiff's pure code, built and run.
load ../../support/bats

@test "the pure parts of skiff compute what they should" {
    require tool:pkg-config
    pkg-config --exists check || mendable file:check.h "no libcheck here" "make setup"
    run make -s -C "$BATS_TEST_DIRNAME/.." units
    expect_status 0
    LAB_TIMEOUT=120 run bounded "$BATS_TEST_DIRNAME/test-pure"
    echo "$output"
    expect_status 0
    expect_match "Check's tally" "100%: Checks: ([89][0-9]|[1-9][0-9]{2}), Failures: 0, Errors: 0" "$output"
}
