#!/usr/bin/env bats
# shellcheck disable=SC2154  # run sets output, status
# capstone/seccomp/fuzz.bats - the reader of profiles, fed with what is none
#
# FUZZ_SECONDS (default 8) and FUZZ_SEED (default: another one each time) may be
# set.  See fuzz.c.

load ../../support/bats

@test "no profile crashes the reader, and no broken one becomes a filter" {
    hint "fuzz.c says which case of which seed, and keeps it; see seccomp(2)"
    require tool:cc
    cd "$BATS_TEST_TMPDIR" || return
    words=(-D_GNU_SOURCE -std=c11 -g -O1 "$BATS_TEST_DIRNAME/fuzz.c" -o fuzz)
    cc "${words[@]}" -fsanitize=address,undefined -fno-sanitize-recover=all -lseccomp -ljansson 2>/dev/null ||
        cc "${words[@]}" -lseccomp -ljansson
    LAB_TIMEOUT=300 run bounded ./fuzz "${FUZZ_SECONDS:-8}" "${FUZZ_SEED:-$RANDOM}" "$BATS_TEST_DIRNAME/example.json"
    echo "$output"
    [ "$status" -eq 0 ] || cat fuzz-case.json
    expect_status 0
    expect_match "cases" "^[0-9]{2,} profiles, [1-9][0-9]* of them compiled" "$output"
}
