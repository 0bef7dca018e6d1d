# grader/tests/grade.bats - points, statuses, files

load course
load gradescope

setup() {
    lab_setup
    course
}

@test "everything passes: 0, all points, both files" {
    grade
    expect_status 0
    expect_match "the table" 'total +400 +400' "$output"
    expect_json .score 400
    [ -s "$REPORT" ]
    expect "files in grade/" "report.html results.json" "$(cd "$COURSE/grade" && echo *)"
    expect "hidden files in grade/" "" "$(find "$COURSE/grade" -name '.*' -type f)"
}

@test "the programs under test begin with INT and QUIT as they are by default" {
    graded labs/01-one/first.bats first <<-'END'
	%test "[100] no signal is ignored" { run sed -n 's/^SigIgn:.*\(.\)$/\1/p' /proc/self/status; expect_output 0; }
	END
    grade 01
    expect_status 0
}

@test "a failure: 1, the points of the others, what was expected and observed" {
    lab 01-one first <<-'END'
	%test "[60] ends with 3" { run -3 prog; }
	%test "[40] ends with 4" { hint "return 4, see exit(3)"; run prog; expect_status 4; }
	END
    grade 01
    expect_status 1
    expect_match points '01-one +first: 60 of 100' "$output"
    expect_match test '✗ +40 +ends with 4' "$output"
    expect_match expected 'expected: exit status 4' "$output"
    expect_match observed 'observed: exit status 3' "$output"
    expect_match hint 'hint: return 4, see exit\(3\)' "$output"
    expect_json .score 60
    expect_json '.tests[1].output' $'expected: exit status 4\nobserved: exit status 3\nhint: return 4, see exit(3)'
}

@test "a failed test without expect shows the check that failed" {
    lab 01-one first <<-'END'
	%test "[100] is two things" { [ 1 = 2 ]; }
	END
    grade 01
    expect_status 1
    expect_match output '\[ 1 = 2 \].*failed' "$output"
    expect_match output 'labs/01-one/first.bats, line 3' "$(json '.tests[0].output')"
}

@test "a part by its number, its name, or the variable LAB; the argument wins" {
    local word
    for word in 2 02 02-two; do
        grade "$word"
        expect_status 0
        expect_json '[.extra_data.parts[].part] | join(" ")' 02-two
    done
    LAB=capstone grade
    expect_json '[.extra_data.parts[].part] | join(" ")' capstone
    LAB=02 grade 01
    expect_json '[.extra_data.parts[].part] | join(" ")' 01-one
    expect_json '.tests[0].number' 1.1
}

@test "bad usage is 2, an unknown part lists the labs, --help is 0" {
    grade 07
    expect_status 2
    expect_match list $'01-one\n +02-two\n +capstone' "$output"
    grade --nonesuch
    expect_status 2
    expect_match usage '^usage:' "$output"
    grade 01 02
    expect_status 2
    GRADE_TIMEOUT=soon grade 01
    expect_status 2
    grade --help
    expect_status 0
    expect_match help 'Exit status' "$output"
    expect "files" "" "$(ls "$COURSE/grade" 2>/dev/null)"
}

@test "a skip: 3, no score anywhere, the reason and what to do" {
    lab 02-two second <<-'END'
	%test "[60] ends with 3" { run -3 prog; }
	%test "[40] needs more" { require file:/nonesuch; }
	END
    grade
    expect_no_mark
    expect_match row '– +40 +needs more' "$output"
    expect_match reason '1 test: no /nonesuch here' "$output"
    expect_match remedy '-> make setup' "$output"
    expect_json '.tests[] | select(.name == "needs more") | has("status")' false
    expect_json '.extra_data.parts[] | select(.part == "01-one").points' 100
    expect_json '.extra_data.parts[] | select(.part == "02-two") | has("points")' false
    expect_page 'no /nonesuch here'
}

@test "a skip beside a failure is still 3" {
    lab 01-one first <<-'END'
	%test "[60] fails" { false; }
	%test "[40] is skipped" { skip; }
	END
    grade 01
    expect_no_mark
}

# another_machine: programs that ask uname see a processor that nobody has
another_machine() {
    mkdir -p "$USER_DIR/bin"
    printf '#!/bin/sh\n[ "$1" != -m ] || { echo vax; exit; }\nexec %s "$@"\n' "$(command -v uname)" >"$USER_DIR/bin/uname"
    chmod +x "$USER_DIR/bin/uname"
    export PATH=$USER_DIR/bin:$PATH
}

@test "what this machine can never do is in no total: named, and full marks are full marks" {
    lab 02-two second <<-END
	%test "[60] ends with 3" { run -3 prog; }
	%test "[25] also here" { require machine:$(uname -m); run -3 prog; }
	%test "[15] and here" { require machine:$(uname -m); run -3 prog; }
	END
    # the control
    grade
    expect_status 0
    expect_json .score 400
    another_machine
    grade
    expect_status 0
    expect_match points '02-two +second: 60 of 60' "$output"
    expect_match total 'total +360 +360' "$output"
    expect_match row '○ +25 +also here' "$output"
    expect_match named '2 tests, 40 of 400 points, can never run on this machine[^:]*: [^ ]+ only; this is vax' "$output"
    expect_json '[.tests[].max_score // 0] | add' 360
    expect_json '.tests[] | select(.name == "also here") | has("status") or has("score") or has("max_score")' false
    # on the scale of the assignment
    expect_json .score 400
    expect_json '"\(.extra_data.points) of \(.extra_data.of), \(.extra_data.full)"' '360 of 360, 400'
    expect rules "" "$(gradescope_faults "$RESULTS")"
    expect_page 'This machine can never run these tests'
    program labs/02-two/second 'exit 4'
    grade
    expect_status 1
    expect_match points '02-two +second: 0 of 60' "$output"
    expect_json .score 300
}

@test "where a machine can do nothing of a part there is no mark; a remedy beside it is still 3" {
    local here
    here=$(uname -m)
    another_machine
    lab 02-two second <<-END
	%test "[100] not here" { require machine:$here; }
	END
    grade 02
    expect_no_mark
    expect_match why 'can never run any of its tests' "$output"
    lab 02-two second <<-END
	%test "[60] not here" { require machine:$here; }
	%test "[40] not yet" { require tool:nonesuch; }
	END
    grade 02
    expect_no_mark
    expect_match why '1 test: no nonesuch in PATH' "$output"
    expect_match remedy '-> make setup' "$output"
}

@test "a test that says never of what this machine can do, or of no facility: no mark" {
    local code
    for code in "machine:$(uname -m)" root nonsense; do
        lab 01-one first <<-END
	%test "[60] ends with 3" { run -3 prog; }
	%test "[40] no" { skip "[never $code] so it says"; }
	END
        grade 01
        expect_no_mark || { echo "of $code"; return 1; }
        expect_match why "for what this machine can never do \\($code\\), and it can" "$output"
    done
}

@test "settings of the caller do not change a mark" {
    lab 01-one first <<-'END'
	%test "[60] ends with 3" { run -3 prog; }
	%test "[40] needs more" { require tool:nonesuch; }
	END
    mkdir "$USER_DIR/bin"
    printf '#!/bin/sh\nexit 4\n' >"$USER_DIR/bin/first"
    chmod +x "$USER_DIR/bin/first"
    LAB_MUST_RUN=1 LAB_BIN=$USER_DIR/bin BATS_TEST_NAME_PREFIX=x BATS_FORMATTER=junit \
        BATS_NUMBER_OF_PARALLEL_JOBS=4 BASH_ENV=/nonexistent grade 01
    expect_no_mark
    expect_json '.tests[0].status' passed
}

@test "a program that does not build: 0 for that part, the compiler's words, the rest is graded" {
    sed -i 's/^EXERCISE.*/&\ninclude ..\/lab.mk/; 3,$d' "$COURSE/labs/01-one/Makefile"
    cp "$COURSE/labs/01-one/first.in" "$COURSE/labs/01-one/first" # of an earlier day
    echo 'int main(void) { return three; }' >"$COURSE/labs/01-one/first.c"
    grade
    expect_status 1
    expect_match words "‘three’ undeclared" "$output"
    expect_match part '01-one +first: 0 of 100 \(does not build\)' "$output"
    expect_json .score 300
    expect_json '[.tests[] | select(.tags == ["01-one"]) | .score // 0] | add' 0
    expect_match json "‘three’ undeclared" "$(json '.tests[0].output')"
    expect_page "does not build"
}

@test "a program that lab.mk compiles is graded" {
    sed -i 's/^EXERCISE.*/&\ninclude ..\/lab.mk/; 3,$d' "$COURSE/labs/01-one/Makefile"
    echo 'int main(void) { return 3; }' >"$COURSE/labs/01-one/first.c"
    grade 01
    expect_status 0
}

@test "a build that fails because of the machine is no zero" {
    printf 'first:\n\tfalse\n' >>"$COURSE/labs/01-one/Makefile"
    sed -i 's/cp .*/false/' "$COURSE/labs/01-one/Makefile"
    CC=nonesuch grade 01
    expect_no_mark
    expect_match why 'no compiler' "$output"

    mkdir "$COURSE/harness"
    printf '#!/bin/sh\nexit 1\n' >"$COURSE/harness/setup"
    chmod +x "$COURSE/harness/setup"
    grade 01
    expect_no_mark
    expect_match why 'make setup' "$output"

    printf '#!/bin/sh\nexit 0\n' >"$COURSE/harness/setup"
    grade 01
    expect_status 1
}

@test "what the tests themselves need does not build: no zero" {
    echo 'nonsense' >"$COURSE/labs/01-one/payload-x.c"
    grade 01
    expect_no_mark
}

@test "what the tests themselves need is not there: no zero" {
    lab 01-one first <<-'END'
	%test "[100] runs a program" { run prog ./payload-nonesuch; expect_status 3; }
	END
    grade 01
    expect_no_mark
    expect_match why 'payload-nonesuch.c is not here' "$output"
    : >"$COURSE/labs/01-one/payload-nonesuch.c"
    printf 'payload-nonesuch:\n\ttouch $@\n' >>"$COURSE/labs/01-one/Makefile"
    grade 01
    expect_status 0
}

@test "time is shown from one second on" {
    lab 01-one first <<-'END'
	%test "[60] quick" { true; }
	%test "[40] slow" { sleep 1.1; }
	END
    local tries
    # a machine may be so busy that even the quick one takes a second
    for tries in 1 2 3 4 5; do
        grade 01
        expect_json '.tests[1].extra_data.seconds > 1' true
        expect_match output 'slow   [1-9][0-9]*\.[0-9] s' "$output"
        [ "$(json '.tests[0].extra_data.seconds < 1')" != true ] || break
        expect_match "the $tries. time" 'quick   [1-9][0-9]*\.[0-9] s' "$output"
    done
    expect "time of the quick one" "" "$(grep 'quick.* s$' <<<"$output")"
}

@test "an old result is gone before the new one is there" {
    grade 01
    expect files "report.html results.json" "$(cd "$COURSE/grade" && echo *)"
    printf '#!/bin/sh\nls %s >%s\nexit 3\n' "$COURSE/grade" "$COURSE/seen" >"$COURSE/labs/01-one/first.in"
    grade 01
    expect_status 0
    expect "files during the run" "" "$(<"$COURSE/seen")"
}

@test "a results.json, a report.html or a class that is not this program's own stays" {
    local file
    for file in results.json report.html class.json; do
        mkdir "$USER_DIR/$file.d"
        echo '{"mine": true}' >"$USER_DIR/$file.d/$file"
        OUT=$USER_DIR/$file.d grade 01
        expect_status 2
        expect "lines" 1 "${#lines[@]}"
        expect "my $file" '{"mine": true}' "$(cat "$USER_DIR/$file.d/$file")"
        expect "files" "$file" "$(cd "$USER_DIR/$file.d" && echo *)"
    done
}

@test "OUT=dir, also relative, and one that cannot be written" {
    OUT=$USER_DIR/marks grade 01
    expect_status 0
    expect files "report.html results.json" "$(cd "$USER_DIR/marks" && echo *)"
    cd "$USER_DIR"
    OUT="more" grade 01
    expect_status 0
    [ -s "$USER_DIR/more/results.json" ]
    OUT=/proc/nonesuch grade 01
    expect_status 2
    [ ! -e "$COURSE/grade" ]
}

@test "--check: everything the test printed, what to fix first, no files" {
    lab 01-one first <<-'END'
	%test "[50] ends with 3" { run -3 prog; }
	%test "[30] ends with 4" { hint "return 4, see exit(3)"; echo "diagnosis"; run prog; expect_status 4; }
	%test "[20] ends with 5" { run prog; expect_status 5; }
	END
    grade --check 01
    expect_status 1
    expect_match everything diagnosis "$output"
    expect_match end '50 of 100 points\.
Fix first: \[30\] ends with 4
    expected: exit status 4
    observed: exit status 3
    .*hint: return 4, see exit\(3\)$' "$output"
    expect files "" "$(ls "$COURSE/grade" 2>/dev/null)"
    LAB=02 grade --check
    expect_status 0
    expect_match end '100 of 100 points\.$' "$output"
}

@test "--check shows compiler errors, and warnings too; it builds anew" {
    sed -i 's/^EXERCISE.*/&\ninclude ..\/lab.mk/; 3,$d' "$COURSE/labs/01-one/Makefile"
    echo 'int main(void) { return three; }' >"$COURSE/labs/01-one/first.c"
    grade --check 01
    expect_status 1
    expect_match error "‘three’ undeclared" "$output"
    expect_match end 'Fix first: make it compile' "$output"
    echo 'int main(void) { int unused; return 3; }' >"$COURSE/labs/01-one/first.c"
    grade --check 01
    expect_status 0
    expect_match warning "unused variable" "$output"
}

@test "--check without a lab lists them: 2" {
    grade --check
    expect_status 2
    expect_match list $'01-one\n +02-two\n +capstone' "$output"
}

@test "an ordinary user can grade: what needs root is ungraded, with the reason" {
    require user
    lab 01-one first <<-'END'
	%test "[60] ends with 3" { run -3 prog; }
	%test "[40] needs root" { require root; }
	END
    [ "$EUID" -ne 0 ] || chown -R "$(lab_uid):$(lab_gid)" "$COURSE"
    cd "$COURSE"
    results_in "$COURSE/grade"
    run as_user_bare grader/grade 01
    expect_no_mark
    expect_match reason '1 test: needs root' "$output"
    expect_match remedy '-> run it as root: sudo make grade' "$output"
    expect_match remedy 'sudo make grade' "$output"
    expect_json '.tests[0].status' passed
}

@test "what sudo made belongs to whoever called sudo" {
    require root user
    SUDO_UID=$(lab_uid) SUDO_GID=$(lab_gid) grade 01
    expect_status 0
    expect owner "$(lab_uid)" "$(stat -c %u "$COURSE/grade/results.json")"
    expect owner "$(lab_uid)" "$(stat -c %u "$COURSE/labs/01-one/first")"
}

@test "colour only on a terminal, and not with NO_COLOR" {
    require tool:script
    grade 01
    expect "escape sequences in a pipe" "" "$(grep $'\e' <<<"$output")"
    run on_terminal
    expect_status 0
    expect_match colour $'\e\\[32m100 of 100' "$output"
    expect_match progress '01-one: building' "$output"
    NO_COLOR=1 run on_terminal
    expect "colours" "" "$(grep -F $'\e[3' <<<"$output")"
}
on_terminal() {
    ( close_fds; TERM=xterm exec script -qec "$COURSE/grader/grade 01" /dev/null </dev/null )
}
