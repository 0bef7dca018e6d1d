# harness/tests/runners.bats - make test and make lint: what is wrong makes them fail
# shellcheck disable=SC2016,SC2154  # programs are text; output and status are set by run

load fixture

setup() {
    lab_setup
    fixture
    mkdir -p "$TREE/grader/tests" "$TREE/support/tests" "$TREE/capstone/isolation"
    printf '## Goal\n```console\n$ echo hi\nhi\n```\n' | sheet
    suite labs/01-one/one.bats '@test "[5] passes" { sleep 0.1; }'
}

# suite FILE TEXT...: a bats file of the small course, its lines
suite() {
    local file=$TREE/$1
    shift
    printf '%s\n' "$@" >"$file"
}

tests() { run timeout 300 "$TREE/harness/test" "$@"; }
last_line() { expect "the last line" "$1" "${lines[-1]}"; }

# ---- harness/test -------------------------------------------------------------

@test "test: all passes: a table, the totals alone on the last line, status 0" {
    suite grader/tests/g.bats '@test "g1" { :; }' '@test "g2" { :; }'
    tests
    expect_status 0
    last_line "4 passed, 0 failed, 0 skipped"
    expect_match "one of four" $'\n  ok   [1-4]/4 labs/01-one/one.bats: \\[5\\] passes \\(0\\.' $'\n'"$output"
    expect_match "one of four" $'\n  ok   [1-4]/4 labs/01-one/README.md: Goal' $'\n'"$output"
    expect_match "a row" $'\n01-one +1 +0 +0 +[0-9]+\\.[0-9]' "$output"
    expect_match "a row" $'\ngrader +2 +0 +0 +[0-9]+\\.[0-9]' "$output"
    expect_match "a row" $'\nsheets +1 +0 +0 +[0-9]+\\.[0-9]' "$output"
}

@test "test: the programs under test begin with INT and QUIT as they are by default" {
    suite grader/tests/g.bats '@test "g1" { run sed -n "s/^SigIgn:.*\(.\)$/\1/p" /proc/self/status; [ "$output" = 0 ]; }'
    tests grader
    expect_status 0
    last_line "1 passed, 0 failed, 0 skipped"
}

@test "test: a failure is shown whole, and named again at the end" {
    suite grader/tests/g.bats '@test "g1" { echo expected: a; echo observed: b; false; }'
    tests
    expect_status 1
    last_line "2 passed, 1 failed, 0 skipped"
    expect_match "one of three" $'\n  FAIL [1-3]/3 grader/tests/g.bats: g1 ' $'\n'"$output"
    has "expected: a" "observed: b"
    expect_match "the end" $'Failed:\n  grader/tests/g.bats: g1\n' "$output"
}

@test "test: every skip is listed with its reason; LAB_MUST_RUN makes it fail" {
    suite grader/tests/g.bats 'load ../../support/bats' '@test "g1" { require tool:nonesuch; }'
    tests
    expect_status 0
    last_line "2 passed, 0 failed, 1 skipped"
    expect_match "the end" $'Skipped:\n  grader/tests/g.bats: g1: no nonesuch in PATH' "$output"
    export LAB_MUST_RUN=1
    tests
    expect_status 1
    last_line "2 passed, 1 failed, 0 skipped"
}

@test "test: a bats file that does not parse is a failure" {
    suite grader/tests/g.bats '@test "g1" {' 'if' '}'
    tests
    expect_status 1
    expect_match "totals" '^[0-9]+ passed, [1-9][0-9]* failed, 0 skipped$' "${lines[-1]}"
}

@test "test: a bats file that breaks in its set-up, or dies, is a failure" {
    suite grader/tests/g.bats 'setup_file() { false; }' '@test "g1" { :; }' '@test "g2" { :; }'
    tests
    expect_status 1
    has "grader/tests/g.bats: the plan was 2 and 1 tests gave a result"
    suite grader/tests/g.bats '@test "g1" { kill -KILL $$; }' '@test "g2" { :; }'
    tests
    expect_status 1
    has "grader/tests/g.bats: the plan was 2 and 1 tests gave a result"
    last_line "3 passed, 1 failed, 0 skipped"
}

@test "test: results printed by a test itself do not add up, and fail" {
    suite grader/tests/g.bats '@test "g1" { echo "ok 9 forged" >&3; }'
    tests
    expect_status 1
    has "the plan was"
}

@test "test: a file without a test, and nothing to run at all, are failures" {
    suite grader/tests/g.bats '# nothing'
    tests
    expect_status 1
    has "grader/tests/g.bats: no test in it ran"
    tests support
    expect_status 1
    has "there was nothing to run"
    last_line "0 passed, 1 failed, 0 skipped"
}

@test "test: a sheet that lies, or is missing, is a failure" {
    printf '## Goal\n```console\n$ echo hi\nho\n```\n' | sheet
    tests
    expect_status 1
    last_line "1 passed, 1 failed, 0 skipped"
    has "expected: ho" "observed: hi"
    rm "$SHEET"
    tests 1
    expect_status 1
    has "cannot be read"
}

@test "test: suites by name; an unknown one is 2" {
    suite grader/tests/g.bats '@test "g1" { :; }'
    suite capstone/isolation/c.bats '@test "c1" { :; }' '@test "c2" { :; }'
    tests grader capstone
    last_line "3 passed, 0 failed, 0 skipped"
    tests 01
    last_line "2 passed, 0 failed, 0 skipped"
    tests sheets
    last_line "1 passed, 0 failed, 0 skipped"
    tests nonsense
    expect_status 2
}

@test "make test SUITES=...: these alone, and the tools of lint only for the harness" {
    local suites
    run make -n --no-print-directory -C "$LAB_TOP" test SUITES="01 grader"
    expect_status 0
    expect "the last command" "harness/test 01 grader" "${lines[-1]}"
    expect "lint in the set-up" 0 "$(grep -cE '^harness/setup --quiet build check class test lint$' <<<"$output")"
    has "harness/setup --quiet build check class test"
    for suites in '' 'grader harness'; do
        run make -n --no-print-directory -C "$LAB_TOP" test SUITES="$suites"
        expect "lint in the set-up of '$suites'" 1 "$(grep -cE '^harness/setup --quiet build check class test lint$' <<<"$output")"
    done
}

@test "test: what make set for this run is not set in the tests" {
    suite grader/tests/g.bats '@test "g1" { [ -z "${LAB-}${STEP-}${AUTO-}${MAKEFLAGS-}" ]; }' \
        '@test "g2" { [ "$(readlink /proc/self/fd/0)" = /dev/null ]; }'
    LAB=3 STEP=1 AUTO=1 MAKEFLAGS=k tests grader
    expect_status 0
}

@test "test: three of them at once, where there are two processors" {
    require tool:parallel
    [ "$(nproc)" -gt 1 ] || mendable processors "there is one processor" "a machine with two"
    # Each waits for the other two.
    local name met='for i in {1..200}; do [ "$(ls '"$TREE"'/met | wc -l)" -lt 3 ] || break; sleep 0.1; done'
    mkdir "$TREE/met"
    chmod 777 "$TREE/met"
    for name in g h; do
        suite "grader/tests/$name.bats" "@test \"$name\" {" "touch $TREE/met/$name" "$met" "[ -e $TREE/met/sheet ]" "}"
    done
    printf '## Goal\n```console\n$ touch %s/met/sheet; %s; ls %s/met | wc -l\n3\n```\n' "$TREE" "$met" "$TREE" | sheet
    rm "$TREE/labs/01-one/one.bats"
    tests
    expect_status 0
    last_line "3 passed, 0 failed, 0 skipped"
}

@test "test: on one processor, one after the other; signals that its caller ignores are not ignored in the tests" {
    suite grader/tests/g.bats '@test "g1" {' 'read -r _ ignored < <(grep SigIgn /proc/$$/status)' '[ $((0x$ignored & 3)) -eq 0 ]' '}'
    suite grader/tests/h.bats '@test "h1" { mkdir '"$TREE"'/alone; sleep 0.3; rmdir '"$TREE"'/alone; }'
    cp "$TREE/grader/tests/h.bats" "$TREE/grader/tests/i.bats"
    run bash -c "trap '' HUP INT; exec timeout 300 taskset -c '$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')' '$TREE/harness/test' grader"
    expect_status 0
    last_line "3 passed, 0 failed, 0 skipped"
}

@test "test: the harness comes last, and of it first a file that says that it is long" {
    suite grader/tests/g.bats "@test \"g1\" { echo g >>$TREE/order; }"
    mkdir "$TREE/harness/tests"
    suite harness/tests/h.bats "@test \"h1\" { echo h >>$TREE/order; }"
    suite harness/tests/i.bats '# bats file_tags=long' "@test \"i1\" { echo i >>$TREE/order; }"
    run timeout 300 taskset -c "$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')" "$TREE/harness/test" grader harness
    expect_status 0
    last_line "3 passed, 0 failed, 0 skipped"
    expect order "g i h" "$(xargs <"$TREE/order")"
}

@test "test: ended by a signal, it leaves no process and no folder" {
    local signal
    for signal in INT TERM; do
        suite grader/tests/g.bats '@test "g1" { setsid sleep 987640 3>&- & touch "$BATS_TEST_DIRNAME/started"; sleep 987641; }'
        rm -f "$TREE/grader/tests/started"
        mkdir -p "$TREE/tmp"
        spawn env --default-signal TMPDIR="$TREE/tmp" "$TREE/harness/test" grader
        wait_for test -e "$TREE/grader/tests/started"
        kill -"$signal" "$SPAWNED"
        reap "$SPAWNED"
        case $signal in INT) expect_status 130 ;; TERM) expect_status 143 ;; esac
        expect "left behind" "" "$(pgrep -fx 'sleep 98764[01]' || true)"
        expect "left behind" "" "$(ls "$TREE/tmp")"
    done
}

@test "test: what a test leaves running is ended and named" {
    suite grader/tests/g.bats '@test "g1" { setsid sleep 987642 3>&- & }'
    tests grader
    expect_status 0
    has "left running by the tests" "sleep 987642"
    expect "left behind" "" "$(pgrep -fx 'sleep 987642' || true)"
}

# lab_machine LINE...: a harness/vm of ours, which runs its command here, after those
# lines.  $TREE/there exists meanwhile.
lab_machine() {
    {
        printf '%s\n' '#!/bin/bash' '[ "$1" != --check ] || exit 0' "touch '$TREE/there'" "$@" 'shift' '"$@"' 'status=$?' \
            "rm '$TREE/there'" 'exit "$status"'
    } >"$TREE/harness/vm"
    chmod 755 "$TREE/harness/vm"
}

@test "test: what is skipped here is run in the lab machine, and nothing else; a table says what ran where" {
    lab_machine
    suite grader/tests/g.bats 'load ../../support/bats' \
        '@test "g1 (a.b) [c]" { echo g1 >>'"$TREE"'/log; require file:'"$TREE"'/there; echo ran >>'"$TREE"'/log; }' \
        '@test "g1 (axb) [c]" { echo other >>'"$TREE"'/log; }' '@test "g3" { require file:'"$TREE"'/there; }'
    printf '## Goal\n```console\n$ echo hi\nhi\n```\n## Step 1\n```console\n$ v=1\n```\n## Step 2\n```console\n$ echo $v\n1\n```\n<!-- needs: file:%s -->\n```console\n$ echo $v\n1\n```\n' \
        "$TREE/there" | sheet
    tests
    expect_status 0
    last_line "8 passed, 0 failed, 0 skipped"
    expect "run" "g1 other g1 ran" "$(xargs <"$TREE/log")"
    expect_match "a row" $'\ngrader +1 +0 +2 +2 +0 +0 ' "$output"
    expect_match "a row" $'\nsheets +3 +0 +1 +1 +0 +0 ' "$output"
    has "Run in the lab machine, as here:" "grader/tests/g.bats: g1 (a.b) [c]: no $TREE/there here" "in the lab machine: grader/tests/g.bats: g3 ("
    has_not "Skipped in"
    expect "left in build" "" "$(ls -A "$TREE/build")"
}

@test "test: the lab machine runs beside the tests of the harness; what these skip is run there afterwards" {
    # g1, there, waits for h1, here, which waits for the lab machine.
    lab_machine "echo boots >>'$TREE/boots'"
    local until_there="for i in {1..300}; do [ ! -e $TREE/there ] || break; sleep 0.1; done"
    suite grader/tests/g.bats 'load ../../support/bats' '@test "g1" {' "require file:$TREE/there" \
        "for i in {1..300}; do [ ! -e $TREE/met ] || break; sleep 0.1; done" "[ -e $TREE/met ]" '}'
    mkdir "$TREE/harness/tests"
    suite harness/tests/h.bats 'load ../../support/bats' '@test "h1" {' "[ ! -e $TREE/met ] || exit 0" "$until_there" "[ -e $TREE/there ]" "touch $TREE/met" '}' \
        '@test "h2" {' "for i in {1..300}; do [ -e $TREE/there ] || break; sleep 0.1; done" "require file:$TREE/there" '}'
    RETRY=no tests grader harness
    expect_status 0
    last_line "3 passed, 0 failed, 0 skipped"
    expect boots "boots boots" "$(xargs <"$TREE/boots")"
    expect "left in build" "" "$(ls -A "$TREE/build")"
}

@test "test: ended by a signal while the lab machine runs, it leaves no process and no folder" {
    lab_machine "sleep 987643"
    suite grader/tests/g.bats 'load ../../support/bats' "@test \"g1\" { require file:$TREE/there; }"
    mkdir -p "$TREE/tmp" "$TREE/harness/tests"
    suite harness/tests/h.bats '@test "h1" { sleep 987644; }'
    spawn env --default-signal TMPDIR="$TREE/tmp" "$TREE/harness/test" grader harness
    wait_for pgrep -fx 'sleep 987643'
    wait_for pgrep -fx 'sleep 987644'
    kill -TERM "$SPAWNED"
    reap "$SPAWNED"
    expect_status 143
    expect "left behind" "" "$(pgrep -fx 'sleep 98764[34]' || true)"
    expect "left behind" "" "$(find "$TREE/tmp" "$TREE/build" -mindepth 1)"
}

@test "test: skipped in both places is a failure, unless nobody could run it" {
    lab_machine
    suite grader/tests/g.bats 'load ../../support/bats' '@test "g1" { require tool:nonesuch; }'
    tests grader
    expect_status 1
    last_line "0 passed, 0 failed, 1 skipped"
    expect_match "the end" $'Skipped in both places:\n  grader/tests/g.bats: g1: no nonesuch in PATH' "$output"
    echo 'command nonesuch | - | - | - | extra | what nobody has' >>"$TREE/harness/packages"
    tests grader
    expect_status 0
    has "no failure:" "has no package of"
    suite grader/tests/g.bats 'load ../../support/bats' '@test "g1" { require file:/nonesuch/file; }'
    tests grader
    expect_status 1
    echo 'file /nonesuch/file | - | - | - | extra | what nobody has' >>"$TREE/harness/packages"
    tests grader
    expect_status 0
    has "no failure:" "has no package of"
}

@test "test: what neither place can ever run is no failure, also where all must run; a skip of no kind is" {
    lab_machine
    suite grader/tests/g.bats 'load ../../support/bats' '@test "g1" { require machine:vax; }'
    tests grader
    expect_status 0
    last_line "0 passed, 0 failed, 1 skipped"
    has "no failure: no such processor or kernel is here, nor in the lab machine"
    LAB_MUST_RUN=1 tests --here grader
    expect_status 0
    last_line "0 passed, 0 failed, 1 skipped"
    # what the lab machine could run, if somebody saw to it, is a failure
    suite grader/tests/g.bats 'load ../../support/bats' '@test "g1" { if [ -e '"$TREE"'/there ]; then mendable x y z; fi; require machine:vax; }' # %test
    tests grader
    expect_status 1
    has_not "no failure:"
    # words alone are no field
    suite grader/tests/g.bats '@test "g1" { skip "x86-64 only; never vax"; }' # %test
    tests grader
    expect_status 1
    has_not "no failure:"
    # what there is a remedy for has to run in one of the two
    suite grader/tests/g.bats 'load ../../support/bats' '@test "g1" { mendable cgroup:memory "no such thing" "make vm"; }'
    tests grader
    expect_status 1
    has_not "no failure:"
}

@test "test: a failure in the lab machine, or of it, is a failure" {
    lab_machine
    suite grader/tests/g.bats 'load ../../support/bats' '@test "g1" { require file:'"$TREE"'/there; echo what happened; false; }'
    tests grader
    expect_status 1
    last_line "0 passed, 1 failed, 0 skipped"
    has "FAIL 1/1 in the lab machine: grader/tests/g.bats: g1" "what happened"
    lab_machine 'echo "vm: it died" >&2; exit 125'
    tests grader
    expect_status 1
    has "vm: it died" "FAIL lab machine: the plan was missing" "in the lab machine: it gave no result"
    rm "$TREE/there"
    lab_machine 'echo "test: kind bats"; echo 1..1; echo "ok 1 another"; exit 0'
    tests grader
    expect_status 1
    has "in the lab machine: it gave no result"
}

# flaky FILE: the lines of a test that passes only the second time
flaky() { echo "if mkdir '$TREE/$1' 2>/dev/null; then echo what was wrong; false; fi"; }

@test "test: what fails once and passes alone is named unsteady; twice is a failure" {
    suite grader/tests/g.bats '@test "g1" { :; }' "@test \"g2 [x] (y) a.b\" { $(flaky met); }" '@test "g3" { echo g3 >>'"$TREE"'/log; }'
    tests grader
    expect_status 0
    last_line "3 passed, 0 failed, 0 skipped"
    has "FAIL 2/3 grader/tests/g.bats: g2" "what was wrong" "passed this time: grader/tests/g.bats: g2"
    expect_match "the end" $'Unsteady, failed once and then passed alone:\n  grader/tests/g.bats: g2' "$output"
    has_not $'\nFailed:'
    expect "the others" g3 "$(<"$TREE/log")"
    rmdir "$TREE/met"
    RETRY=no tests grader
    expect_status 1
    last_line "2 passed, 1 failed, 0 skipped"
    rmdir "$TREE/met"
    printf '## Goal\n```console\n$ mkdir %s/sheet 2>/dev/null || echo hi\nhi\n```\n' "$TREE" | sheet
    suite grader/tests/g.bats "@test \"g2\" { $(flaky met); }" '@test "g3" { echo no; false; }'
    tests
    expect_status 1
    last_line "3 passed, 1 failed, 0 skipped"
    expect_match "the end" $'Failed:\n  grader/tests/g.bats: g3\n' "$output"
    has "failed again: grader/tests/g.bats: g3" "passed this time: labs/01-one/README.md: Goal"
}

@test "test: in the lab machine too there is a second chance" {
    lab_machine
    suite grader/tests/g.bats 'load ../../support/bats' "@test \"g1\" { require file:$TREE/there; $(flaky met); }" "@test \"g2\" { require file:$TREE/there; }"
    tests grader
    expect_status 0
    last_line "2 passed, 0 failed, 0 skipped"
    expect_match "the end" 'Unsteady, .*\n*  in the lab machine: grader/tests/g.bats: g1' "$output"
}

@test "test: without a lab machine it says what ran nowhere; --here asks for none" {
    suite grader/tests/g.bats 'load ../../support/bats' '@test "g1" { require tool:nonesuch; }'
    printf '#!/bin/sh\necho "missing: qemu"\nexit 1\n' >"$TREE/harness/vm"
    chmod 755 "$TREE/harness/vm"
    tests grader
    expect_status 0
    has "The lab machine could not run, so these 1 ran nowhere: missing: qemu"
    LAB_MUST_RUN=1 tests grader
    expect_status 1
    lab_machine 'echo used; exit 1'
    tests --here grader
    expect_status 0
    last_line "0 passed, 0 failed, 1 skipped"
    has_not used
}

@test "test: --vm runs all of it there, with that status" {
    lab_machine
    suite grader/tests/g.bats 'load ../../support/bats' '@test "g1" { require file:'"$TREE"'/there; }'
    tests --vm grader
    expect_status 0
    last_line "1 passed, 0 failed, 0 skipped"
    suite grader/tests/g.bats '@test "g1" { false; }'
    tests --vm grader
    expect_status 1
    tests --vm nonsense
    expect_status 2
}

# ---- harness/lint -------------------------------------------------------------

# clean_course: what lint has nothing to say about
clean_course() {
    rm "$TREE"/harness/{demo,demo-*,doctor,packages,probe.c,procs.bash,record,setup,sheet.bash,test,walk}
    printf 'EXERCISE := one\n' >"$TREE/labs/01-one/Makefile"
    printf 'all:\n' >"$TREE/capstone/Makefile"
    cat >"$TREE/labs/01-one/one.c" <<'END'
#include <err.h>

int main(void)
{
	/* BEGIN SOLUTION */
	return 0;
	/* END SOLUTION */
}
END
    cp "$TREE/labs/01-one/one.c" "$TREE/labs/01-one/step1-one.c"
    suite labs/01-one/one.bats '@test "[60] a" {' '    hint "look, see open(2)"' '    true' '}' \
        '@test "[40] b" {' '    hint "look, see close(2)"' '    true' '}'
    suite capstone/isolation/c.bats 'setup() {' '    hint "look, see clone(2)"' '}' '@test "[200] c" { :; }'
}

linters() { require tool:shellcheck tool:cppcheck tool:clang tool:aarch64-linux-gnu-gcc; }

@test "lint: nothing to say of a clean course, status 0, one line a check" {
    linters
    clean_course
    run "$TREE/harness/lint"
    expect_status 0
    has_not FAIL
    expect "checks" 15 "$(grep -c '^ok  ' <<<"$output")"
}

@test "lint: each kind of fault fails its check, and is named" {
    linters
    clean_course
    printf '#!/bin/bash\necho $1\nkill -TERM "$(cat pid)"\nread -r -t 5 line\n' >"$TREE/harness/script"
    cat >"$TREE/labs/01-one/step1-one.c" <<'END'
#include <stdlib.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	int *p = NULL;
	*p = 3;
	char name[4];
	snprintf(name, 4, "%s", argv[0]);
	/* BEGIN SOLUTION */
	return 0;
}
END
    { echo 'int main(void) { return 0; }'; yes '/* long */' | head -n 100; } >"$TREE/labs/01-one/step2-long.c"
    suite labs/01-one/one.bats '@test "[60] a" {' '    skip "why"' '}' '@test "[39] b" {' '    hint "without a page"' '}'
    printf 'all:\n\t@echo broken >&2; false\n' >"$TREE/capstone/Makefile"
    run "$TREE/harness/lint"
    expect_status 1
    has "harness/script:2" "harness/script:3: a signal to a number" "harness/script:4: a line that is read" "one.bats:2: a skip of no kind" "broken" "step1-one.c:6: error: Null pointer" "unused parameter" \
        "step2-long.c: 101 lines" "BEGIN SOLUTION without an END" "99 points, not 100" 'one.bats:1: no hint' 'one.bats:4: no hint' \
        "step1-one.c:8: snprintf() may cut its text" "14 of 15 checks failed"
}

@test "lint: a missing tool is a failure, never a pass" {
    linters
    clean_course
    mkdir "$TREE/bin"
    ln -s /usr/bin/* "$TREE/bin/"
    rm "$TREE/bin/cppcheck"
    run env PATH="$TREE/bin" "$TREE/harness/lint"
    expect_status 1
    has "no cppcheck here" "1 of 15 checks failed"
}

@test "every script answers --help with its usage, and refuses nonsense with 2 and one line" {
    local script
    for script in demo doctor lint lint-calls record setup skeleton test vm vm-image walk; do
        run "../$script" --help
        expect_status 0
        expect_match "usage" "^usage: $script" "$output"
        run "../$script" --nonsense
        expect_status 2
        expect "lines" 1 "${#lines[@]}"
    done
}
