# shellcheck shell=bash
# grader/tests/course.bash - a small course of our own for the grader to grade
#
# course: the tree $COURSE: two labs (01-one, 02-two) and a capstone, every test
# of which passes. Change it, then: grade ARG...

load ../../support/bats

course() {
    user_dir
    COURSE=$USER_DIR/course
    mkdir -p "$COURSE/labs" "$COURSE/capstone/isolation"
    cp -r "$LAB_TOP/support" "$LAB_TOP/grader" "$COURSE"
    cp "$LAB_TOP/labs/lab.mk" "$COURSE/labs"
    lab 01-one first <<-'END'
	%test "[60] ends with 3" { run -3 prog; }
	%test "[40] prints nothing" { run prog; expect_output ""; }
	END
    lab 02-two second <<-'END'
	%test "[100] ends with 3" { run -3 prog; }
	END
    capstone one <<-'END'
	%test "[120] ends with 3" { run -3 prog; }
	END
    capstone two <<-'END'
	%test "[80] ends with 3" { run -3 prog; }
	END
    printf 'all: skiff\nskiff: skiff.in\n\tcp $< $@\n\tchmod +x $@\n' >"$COURSE/capstone/Makefile"
    program capstone/skiff 'exit 3'
}

# lab NAME EXERCISE: a lab; the tests on stdin, %test for the real word, which
# bats would take for a test of this file
lab() {
    mkdir -p "$COURSE/labs/$1"
    # Made by a rule of its own, because a script is quicker made than compiled.
    printf 'EXERCISE := %s\n%s: %s.in\n\tcp $< $@\n\tchmod +x $@\n' "$2" "$2" "$2" >"$COURSE/labs/$1/Makefile"
    program "labs/$1/$2" 'exit 3'
    graded "labs/$1/$2.bats" "$2"
}

capstone() { graded "capstone/isolation/$1.bats" ../skiff; }

# graded FILE EXERCISE: a bats file, the tests on stdin
graded() {
    { printf 'load ../../support/bats\nexercise %s\n' "$2"; sed 's/%test/@test/'; } >"$COURSE/$1"
}

# program PATH SCRIPT: the source of a program under test
program() { printf '#!/bin/sh\n%s\n' "$2" >"$COURSE/$1.in"; }

# grade ARG...: as bats' run, with results.json and report.html in $RESULTS,
# $REPORT. Our own results are not for the programs under test.
grade() {
    results_in "$COURSE/grade"
    run grade_bare "$@"
}
results_in() { RESULTS=$1/results.json REPORT=$1/report.html; }
grade_bare() { ( close_fds; exec "$COURSE/grader/grade" "$@" </dev/null ); }

# grade_until_reached: a run of lab 01 that never ends by itself, with ever more time,
# until a test of it got as far as to make $COURSE/reached within $REACHED seconds: no
# mark, each time
grade_until_reached() {
    rm -f "$COURSE/reached"
    for REACHED in 2 4 8 16 32 64; do
        GRADE_TIMEOUT=$REACHED grade 01
        expect_no_mark || return 1
        [ ! -e "$COURSE/reached" ] || return 0
    done
    expect "the test begins within $REACHED s" yes no
}

# json FILTER: of results.json
json() { jq -r "$1" "$RESULTS"; }

# expect_json FILTER EXPECTED
expect_json() { expect "$1" "$2" "$(json "$1")"; }

# expect_no_mark: 3, and nothing in any file that could be taken for a mark
expect_no_mark() {
    expect_status 3 || return 1
    expect_json 'has("score") or any(.tests[]; has("score") or has("max_score"))' false || return 1
    expect_json .extra_data.ungraded true || return 1
    expect_page '<h1>Not graded</h1>'
}

as_user_bare() { ( close_fds; as_user "$@" </dev/null ); }

# expect_page REGEX: somewhere on the page, which is too long to be shown
expect_page() { grep -qE -- "$1" "$REPORT" || expect "on the page" "$1" "nothing like it"; }
