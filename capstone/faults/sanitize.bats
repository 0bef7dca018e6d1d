#!/usr/bin/env bats
# No memory error and no undefined behaviour, in skiff's tests and in a parser fed
# with nonsense.  FAULTS_FULL=1 for all of the tests of isolation.
load common

setup() {
    lab_setup
    require root tool:make
}

@test "skiff with AddressSanitizer and UndefinedBehaviorSanitizer passes its tests" {
    hint "make -C capstone/faults sanitize, then LAB_BIN=build/faults bats capstone/isolation/*.bats"
    local files=(../isolation/run.bats ../isolation/commands.bats) built
    [ ${#FULL[@]} -eq 0 ] || files=(../isolation/*.bats)
    run bounded make -s sanitize
    expect_status 0
    built=$(cd ../../build/faults && pwd -P)
    # the control: it is one that looks
    expect_match "what skiff is linked with" libasan "$(ldd "$built/skiff")"
    LAB_TIMEOUT=600 run bounded env -u LAB_MARK LAB_BIN="$built" bats "${files[@]}"
    expect_match "a test that passed" $'\n'"ok [1-9]" "$output"
    # Its libraries are not in the container: this one cannot run in another.
    expect "tests that failed" "" "$(sed -e '/^not ok .* skiff runs in skiff$/d' <<<"$output" | grep -A 20 '^not ok' || true)"
}

@test "the option parser takes nonsense for nonsense" {
    hint "strtoull(3), getopt_long(3); run ./fuzz SECONDS SEED again with the seed it says"
    local seconds=10
    [ ${#FULL[@]} -eq 0 ] || seconds=120
    run bounded make -s fuzz
    expect_status 0
    LAB_TIMEOUT=$((seconds + 200)) run bounded ./fuzz "$seconds" "$RANDOM"
    echo "$output"
    expect_status 0
    expect_match "what was tried" "[0-9]{4,} rounds, [0-9]+ command lines accepted" "$output"
}
