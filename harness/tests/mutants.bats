# harness/tests/mutants.bats - the runner of the wrong programs
# shellcheck disable=SC2154  # output is set by run

load fixture

# A lab with one exercise: `greet` prints hello, `greet NAME` hello and the name.
setup() {
    lab_setup
    fixture
    LAB=$TREE/labs/01-one
    cp ../mutants "$TREE/harness"
    cp ../../labs/lab.mk "$TREE/labs"
    printf 'EXERCISE := greet\ninclude ../lab.mk\n' >"$LAB/Makefile"
    cat >"$LAB/greet.c" <<'END'
#include <stdio.h>

int main(int argc, char **argv)
{
	printf("hello\n");
	if (argc > 1)
		printf("%s\n", argv[1]);
	return 0;
}
END
    # bats would take a line that begins with @test for a test of this file.
    sed 's/^graded /@test /' >"$LAB/greet.bats" <<'END'
load ../../support/bats
exercise greet
graded "[60] it says hello (always)" {
    run prog
    expect "the first line" hello "${lines[0]}"
}
graded "[40] it says the name" {
    run prog you
    expect "the last line" you "${lines[-1]}"
}
END
    mkdir "$LAB/mutants"
    mutant shouts "it says hello (always)" 's/hello/HELLO/'
    mutant nameless "it says the name" 's/argc > 1/argc > 2/'
    [ "$EUID" -ne 0 ] || chown -R "$(lab_uid):$(lab_gid)" "$TREE"
}

# mutant NAME TEST SED: a patch
mutant() {
    {
        printf 'Breaks: %s\nCaught by: %s\n\n' "$1" "$2"
        sed "$3" "$LAB/greet.c" | diff -u --label greet.c --label greet.c "$LAB/greet.c" - || true
    } >"$LAB/mutants/$1.patch"
}

mutants() { run timeout 600 "$TREE/harness/mutants" "$@"; }

@test "mutants that are caught pass, and nothing is built in the tree" {
    local before
    before=$(find "$TREE" | sort)
    mutants 01
    expect_status 0
    has "1..4" "ok 1 01-one: every graded test has a mutant" "ok 2 01-one: the reference passes" \
        "ok 3 01-one: nameless: nameless" "ok 4 01-one: shouts: shouts"
    has_not "not ok" "observed"
    expect "files in the tree" "$before" "$(find "$TREE" | sort)"
}

@test "a lab that asks for it is run one program at a time, and so is --jobs 1" {
    # two at a time meet; one at a time would wait for ever, so it only stays a moment
    sed -i 's/    run prog/    echo begins >>log\n    if [ -e alone ]; then sleep 0.3; else until [ "$(grep -c begins log)" -ge 2 ]; do sleep 0.05; done; fi\n    echo ends >>log\n&/' "$LAB/greet.bats"
    mutants 01
    expect_status 0
    expect_match "two programs at a time" 'begins.begins' "$(cat "$LAB/log")"
    rm "$LAB/log"
    : >"$LAB/alone"
    echo "its tests cannot share a machine" >"$LAB/mutants/serial"
    mutants 01
    expect_status 0
    expect "one program at a time" "begins ends begins ends begins ends begins ends" "$(xargs <"$LAB/log")"
    rm "$LAB/log" "$LAB/mutants/serial"
    mutants --jobs 1 01
    expect_status 0
    expect "one at a time" "begins ends begins ends begins ends begins ends" "$(xargs <"$LAB/log")"
}

@test "-v shows what the failing test said" {
    mutants -v 01-one
    expect_status 0
    has "# observed: HELLO" "# expected: the last line: you"
}

@test "a mutant that no test catches is reported" {
    mutant same "it says the name" 's/return 0/return 0 * argc/'
    mutants
    expect_status 1
    has "1..5" "not ok 4 01-one: same: same" "# expected to fail: it says the name" "# observed failing: none"
    expect "results that are not ok" 1 "$(grep -c '^not ok' <<<"$output")"
}

@test "--full finds the test that fails besides, the quick mode does not look" {
    mutant silent "it says the name" 's/printf(.*);/;/'
    mutants 01
    expect_status 0
    mutants --full 01
    expect_status 1
    has "not ok 5 01-one: silent: silent" "observed failing: it says hello (always)"
    expect "results that are not ok" 1 "$(grep -c '^not ok' <<<"$output")"
}

@test "a patch that does not apply, does not compile, or has no header is reported" {
    mutant wild "it says the name" 's/return 0/return nothing/'
    mutant strange "no such test" 's/return 0/return 1/'
    mutant late "it says the name" 's/hello/bye/'
    sed -i 's/^-.*hello/-	not what is there/' "$LAB/mutants/late.patch"
    mutants --build
    expect_status 1
    has "1..6" "not ok 2 01-one: late" "not ok 5 01-one: strange" "not ok 6 01-one: wild" \
        "Caught by: NAME OF A GRADED TEST" "nothing"
    expect "results that are not ok" 3 "$(grep -c '^not ok' <<<"$output")"
}

@test "a graded test without a mutant is reported" {
    rm "$LAB/mutants/nameless.patch"
    mutants --build 01
    expect_status 1
    has "not ok 1 01-one: every graded test has a mutant" "# it says the name"
}

@test "a reference that fails is reported" {
    sed -i 's/the first line" hello/the first line" hi/' "$LAB/greet.bats"
    mutants 01
    expect_status 1
    has "not ok 2 01-one: the reference passes all graded tests" "# it says hello (always)"
}

@test "where the test is skipped the mutant is; LAB_MUST_RUN=1 makes that a failure" {
    sed -i 's/    run prog you/    require file:\/nonexistent\n&/' "$LAB/greet.bats"
    mutants 01
    expect_status 0
    has "ok 3 01-one: nameless: nameless # SKIP [mendable file:/nonexistent: make setup] the test that catches it: no /nonexistent here"
    LAB_MUST_RUN=1 mutants 01
    expect_status 1
    has "not ok 3 01-one: nameless"
}

@test "an exercise that hangs is ended with its test, and the others still run" {
    mutant hangs "it says hello (always)" 's/printf("hello\\n");/for (;;) ;/'
    LAB_TIMEOUT=5 mutants 01
    expect_status 0
    has "1..5" "ok 3 01-one: hangs"
}

@test "ended by a signal it leaves no folder and no process" {
    mutant hangs "it says hello (always)" 's/printf("hello\\n");/for (;;) ;/'
    mkdir "$USER_DIR/tmp"
    TMPDIR=$USER_DIR/tmp spawn "$TREE/harness/mutants" 01
    wait_for pgrep -f "$USER_DIR/tmp/.*/greet$"
    kill -TERM "$SPAWNED"
    reap "$SPAWNED"
    expect_status 143
    expect "what is left" "" "$(ls "$USER_DIR/tmp")"
    wait_for gone "$USER_DIR/tmp/.*/greet$"
}

gone() { ! pgrep -f "$1"; }

@test "wrong usage is 2, --help is 0" {
    local args
    for args in --nonsense "--full 99" "02" "--build -x" "--jobs 0" "--jobs"; do
        echo "mutants $args"
        # shellcheck disable=SC2086  # words
        mutants $args
        expect_status 2
    done
    mutants --help
    expect_status 0
    has "usage: mutants"
    rm -r "$LAB/mutants"
    mutants 01
    expect_status 2
    has "01-one has no mutants"
}

@test "every mutant of the course applies, builds, and names a graded test; each test has one" {
    run ../mutants --build
    expect "what is wrong" "" "$(grep -A5 -E '^not ok|^mutants:' <<<"$output")"
    expect_status 0
}

@test "one mutant alone, LAB/NAME; built in one place and tried in another" {
    mutants 01/shouts
    expect_status 0
    has "1..1" "ok 1 01-one: shouts: shouts"
    mkdir "$USER_DIR/kept"
    mutants --build --into "$USER_DIR/kept" 01/shouts 01/nameless
    expect_status 0
    rm "$LAB/greet.c"
    mutants --from "$USER_DIR/kept" 01/shouts 01/nameless
    expect_status 0
    has "1..2" "ok 1 01-one: shouts: shouts" "ok 2 01-one: nameless: nameless"
    mutants 01/nonsense
    expect_status 2
    mutants --from /nonexistent 01/shouts
    expect_status 2
}

@test "MUTANTS_MADE: of the same source a program is compiled once" {
    # harness/setup compiles as well, without a file of the lab
    printf '#!/bin/sh\ncase "$*" in *greet.c*) echo >>"%s" ;; esac\nexec cc "$@"\n' "$USER_DIR/compiled" >"$USER_DIR/cc"
    chmod +x "$USER_DIR/cc"
    mkdir "$USER_DIR/made"
    export CC=$USER_DIR/cc MUTANTS_MADE=$USER_DIR/made
    mutants --build 01
    expect_status 0
    expect "compiled: two mutants" 2 "$(wc -l <"$USER_DIR/compiled")"
    mutants 01
    expect_status 0
    has "1..4" "ok 4 01-one: shouts: shouts"
    expect "compiled: the reference as well" 3 "$(wc -l <"$USER_DIR/compiled")"
    # what is tried is the program of this source
    mutant shouts "it says hello (always)" 's/return 0/return 0 * argc/'
    mutants 01
    expect_status 1
    has "not ok 4 01-one: shouts: shouts" "observed failing: none"
    expect "compiled: the one that changed" 4 "$(wc -l <"$USER_DIR/compiled")"
    MUTANTS_MADE='' mutants --build 01
    expect_status 0
    expect "compiled without it" 6 "$(wc -l <"$USER_DIR/compiled")"
}
