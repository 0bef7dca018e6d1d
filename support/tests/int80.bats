#!/usr/bin/env bats
# support/tests/int80.bats - the same tests on a machine that takes no int 0x80
#
# support/without-int80 makes of a program what it is there.  Each test below copies
# programs and the tests that run them, and runs these on the copies: none may fail, and
# none may be skipped, as the filter can be asked.  (Where int 0x80 is taken, the
# tests themselves are the other half.)
load ../bats

setup() {
    lab_setup
    require root seccomp machine:x86_64 tool:objdump
    COPY=$BATS_TEST_TMPDIR/copy
    mkdir -p "$COPY/labs" "$COPY/capstone"
    cp -r "$LAB_TOP/support" "$COPY/"
    ln -s "$LAB_TOP/build" "$COPY/build"
    LAB=$COPY/labs/05-seccomp
}

# lab: a copy of lab 05, with its programs
lab() {
    cp -r "$LAB_TOP/labs/05-seccomp" "$LAB"
    "$COPY/support/without-int80" "$LAB"/payload-calls "$LAB"/step5-foreign "$LAB"/step24-allowlist
}

# capstone: copies of the tests of the capstone that make such calls, with their programs
capstone() {
    local from=$LAB_TOP/capstone to=$COPY/capstone
    mkdir "$to"/{isolation,history,seccomp}
    cp "$from"/isolation/{common.bash,privileges.bats,payload-call,payload-filter} "$to/isolation/"
    cp "$from"/history/{common.bash,calls.bats,payload-{calls,files,host,lure,streams}} "$to/history/"
    cp "$from"/seccomp/{profile.bats,example.json,skiff-seccomp} "$to/seccomp/"
    "$COPY/support/without-int80" "$to"/{isolation/payload-call,history/payload-calls}
}

# inner FILE PATTERN [VARIABLE=VALUE...]: the tests of that name in a file of the copy; TAP in $output
inner() {
    local path=":$PATH" file=$1 pattern=$2
    shift 2
    path=${path//:\/usr\/lib*\/bats-core:/:} # bats' own folder is not for a bats in it
    LAB_TIMEOUT=200 run bounded env -i PATH="${path#:}" HOME=/ TMPDIR="$BATS_TEST_TMPDIR" LAB_USER="${LAB_USER-}" \
        LAB_TIMEOUT=60 "$@" bats --formatter tap -f "$pattern" "$COPY/$file"
}

# expect_passed COUNT: so many ran, and none failed or was skipped
expect_passed() {
    expect_status 0
    expect "tests that passed" "$1" "$(grep '^ok' <<<"$output" | grep -vci '# skip')"
    expect "tests that were skipped" "" "$(grep -i '# skip' <<<"$output" || true)"
}

# expect_caught: the one test fails, and says that the filter does not refuse a call
expect_caught() {
    expect_status 1
    expect "tests that failed" 1 "$(grep -c '^not ok' <<<"$output")"
    expect_match "why" 'calls that the filter does not refuse' "$output"
}

@test "without-int80: the call is a fault, in front of whatever filter" {
    local program
    lab
    program=$LAB/payload-calls
    # the byte beside it is still the same program
    run bounded "$program" getpid
    expect_output "getpid: done"
    run bounded "$program" i386:getpid
    expect_status 139
    # the filter of step 2 would kill: 159
    run bounded "$LAB/step2-bpf" "$program" getppid i386:getpid
    expect_status 139
    expect_output "getppid: done"
    expect "what is left of int 0x80" "" "$(objdump -d "$program" | grep 'int .*0x80' || true)"
    expect "different bytes" 2 "$(cmp -l "$program" "$LAB_TOP/labs/05-seccomp/payload-calls" | wc -l)"
    run "$COPY/support/without-int80"
    expect_status 2
}

@test "lab 05: the steps and their tests" {
    lab
    inner labs/05-seccomp/steps.bats 'every step: a usage|step 2: foreign|step 5:|step 24:'
    expect_passed 4
    run bounded "$LAB/step5-foreign" "$LAB/README.md"
    expect "what step 5 says of the i386 call" "i386:     allowed   not taken here: SIGSEGV" "${lines[1]}"
}

@test "lab 05: the sheet" {
    lab
    # step 24 goes on with the file of step 23
    awk '/^## / { on = /^## Step (5|23|24):/ } on' "$LAB_TOP/labs/05-seccomp/README.md" >"$LAB/README.md"
    run bounded "$LAB_TOP/harness/walk" --check "$LAB/README.md"
    expect_passed 3
}

@test "lab 05: the graded tests of foreign calls, which still find a wrong program" {
    local mutant
    require tool:git tool:cc
    lab
    inner labs/05-seccomp/sandbox.bats 'never get through'
    expect_passed 2
    for mutant in i386-too x32-too; do
        cp "$LAB_TOP/labs/05-seccomp/sandbox.c" "$LAB/"
        cp "$LAB_TOP/labs/lab.mk" "$COPY/labs/"
        (cd "$LAB" && GIT_CEILING_DIRECTORIES=$COPY git apply -p0 "mutants/$mutant.patch" && make -s CFLAGS=-O1 sandbox)
        inner labs/05-seccomp/sandbox.bats "${mutant%-too}.*never get through"
        expect_caught
    done
}

@test "capstone: the graded test of foreign calls, which still finds a skiff without a filter" {
    capstone
    inner capstone/isolation/privileges.bats 'foreign ABI' LAB_BIN="$LAB_TOP/capstone"
    expect_passed 1
    # the control
    mkdir "$COPY/bin"
    # shellcheck disable=SC2016  # for sh to expand
    printf '#!/bin/sh\nshift\nexec %q run --security-opt seccomp=unconfined "$@"\n' "$LAB_TOP/capstone/skiff" >"$COPY/bin/skiff"
    chmod +x "$COPY/bin/skiff"
    inner capstone/isolation/privileges.bats 'foreign ABI' LAB_BIN="$COPY/bin"
    expect_caught
}

@test "capstone: the reader of profiles, and the history of attacks" {
    capstone
    inner capstone/seccomp/profile.bats 'foreign ABIs' LAB_BIN="$LAB_TOP/capstone"
    expect_passed 1
    inner capstone/history/calls.bats 'i386 and x32' LAB_BIN="$LAB_TOP/capstone"
    expect_passed 1
}
