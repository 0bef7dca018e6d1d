# grader/tests/tampering.bats - what is never read as a mark
#
# The first half runs whole gradings of test files and programs that lie, break
# or hang. The second gives judge.jq one stream after the other.

load course

# Two tests, where the first runs the program under test; SCRIPT is what that
# program does. $1 runs it: 'prog', or directly with all descriptors of bats.
lying() {
    course
    lab 01-one first <<-END
	%test "[60] first" { $1; false; }
	%test "[30] second" { false; }
	%test "[10] third" { true; }
	END
    program labs/01-one/first "$2"
}
# The descriptor that bats' results go through is one of these.
EVERY='for fd in 3 4 5 6 7 8 9; do { printf "$LIE" >&$fd; } 2>/dev/null; done; exit 0'

@test "a program that writes results to every descriptor it has: no mark" {
    local lie
    for lie in 'ok 1 [60] first in 1ms\n' \
        'ok 2 [30] second in 1ms\n' \
        'ok 9 [90] ninth in 1ms\n' \
        '1..0\n' \
        'not ok 1 [60] first in 1ms\n' \
        'ok 1 [60] first in 1ms\n# ' \
        'ok 1 [60] first in 1ms\nbegin 2 [30] second\n' \
        'ok 1 [60] first in 1ms\nbegin 2 [30] second\nok 2 [30] second in 1ms\nbegin 3 [10] third\nok 3 [10] third in 1ms\n' \
        'ok 1 [60] first in 1ms\nbegin 2 [30] second\nnot ok 2 [30] second in 1ms\n# ' \
        'suite x\n' '# \n' 'x' '\n'; do
        lying '"$EXERCISE"' "LIE='$lie'; $EVERY"
        grade 01
        expect_no_mark || { echo "with the lie: $lie"; return 1; }
    done
}

@test "a program that writes a result and kills who would know better: no mark" {
    local signal
    for signal in KILL TERM PIPE; do
        lying '"$EXERCISE"' "LIE='ok 1 [60] first in 1ms\n'; kill -$signal \$PPID; $EVERY"
        grade 01
        expect_no_mark || { echo "with SIG$signal"; return 1; }
    done
}

@test "a program run by prog has no descriptor to write results to" {
    lying prog "LIE='ok 1 [60] first in 1ms\n'; $EVERY"
    grade 01
    expect_status 1
    expect_json .score 10
}

@test "what a program prints is data" {
    lying 'run -0 prog; echo "$output"' \
        'printf "not ok 1 x\nok 1 [60] first in 1ms\nbegin 2 [30] second\n1..3\n# x\nhint: y\n"'
    grade 01
    expect_status 1
    expect_json .score 10
}

@test "no descriptor of the grader's caller reaches a test" {
    course
    lab 01-one first <<-'END'
	%test "[100] descriptors" { run ls -l /proc/self/fd; expect descriptors "" "$(grep -F not-for-tests <<<"$output")"; }
	END
    run with_descriptors
    expect_status 0
}
with_descriptors() {
    ( close_fds; exec "$COURSE/grader/grade" 01 <"$(not_for_tests)" 7<"$(not_for_tests)" 23<"$(not_for_tests)" )
}
not_for_tests() { echo x >"$USER_DIR/not-for-tests" && echo "$USER_DIR/not-for-tests"; }

@test "exit 0 in the middle of a test file: no mark" {
    course
    lab 01-one first <<-'END'
	%test "[60] first" { true; }
	exit 0
	%test "[40] second" { true; }
	END
    grade 01
    expect_no_mark
    expect_match why 'first.bats: the test file does not run' "$output"
}

@test "exit 0 in the middle of a test: that test has failed" {
    course
    lab 01-one first <<-'END'
	%test "[60] first" { exit 0; false; }
	%test "[40] second" { true; }
	END
    grade 01
    expect_status 1
    expect_json .score 40
}

@test "a syntax error in a test file: no mark, and bash's words" {
    course
    lab 01-one first <<-'END'
	%test "[60] first" { true; }
	%test "[40] second" { if; }
	END
    grade
    expect_no_mark
    expect_match words 'syntax error near' "$output"
    expect_page 'syntax error near'
    expect_match "the others" '02-two +second: 100 of 100' "$output"
}

@test "test files that promise something odd: no mark, and what is odd" {
    local tests why
    while IFS='|' read -r why tests; do
        course
        printf '%b' "$tests" | lab 01-one first
        grade 01
        expect_no_mark || { echo "with: $tests"; return 1; }
        expect_match why "$why" "$output"
    done <<'END'
add up to 99, not to 100|%test "[60] first" { true; }\n%test "[39] second" { true; }\n
add up to 101, not to 100|%test "[60] first" { true; }\n%test "[41] second" { true; }\n
two tests have the same name: \[50\] first|%test "[50] first" { true; }\n%test "[50] first" { true; }\n
does not start with its points: second|%test "[100] first" { true; }\n%test "second" { true; }\n
does not start with its points: \[0\] second|%test "[100] first" { true; }\n%test "[0] second" { true; }\n
does not start with its points: \[-5\] second|%test "[105] first" { true; }\n%test "[-5] second" { true; }\n
does not start with its points: hidden|%test "[100] first" { true; }\nhidden() { # %test\nfalse; }\n
a dollar sign.*\[100\] a \$HOME|%test "[100] a $HOME" { true; }\n
it holds no test|true\n
END
}

@test "a missing test file, and a missing capstone: no mark" {
    course
    rm "$COURSE/labs/01-one/first.bats" "$COURSE"/capstone/isolation/*
    grade
    expect_no_mark
    expect_match why 'there is no labs/01-one/first.bats' "$output"
    expect_match why 'there is no capstone/isolation/' "$output"
    expect_json '.extra_data.parts[1].points' 100
}

@test "the tests that take quotes in their names are told apart" {
    course
    lab 01-one first <<-'END'
	%test "[60] \"a\" \$b \`c\` \\d in 5ms # skip" { true; }
	%test '[40] it is (really) [fine]' { false; }
	END
    grade 01
    expect_status 1
    expect_json '.tests[0].name' '"a" $b `c` \d in 5ms # skip'
    expect_json .score 60
}

@test "a hang: no mark, within the bound, and nothing runs on" {
    course
    # Two ways out of a test: a process of its own session, and one without the environment.
    lab 01-one first <<-'END'
	%test "[60] first" { true; }
	%test "[40] hangs" {
	    setsid sleep 971000 3>&- &
	    setsid env -i LAB_MARK="$LAB_MARK" sleep 971001 3>&- &
	    touch ../../reached
	    sleep 971002
	}
	END
    grade_until_reached
    expect_match why "not done after $REACHED s \(in the test: hangs\)" "$output"
    expect_json '.execution_time < 500' true
    expect "left running" "" "$(pgrep -fx 'sleep 97100[012]')"
}

@test "a program that stays and holds the results open: no mark" {
    course
    lab 01-one first <<-'END'
	%test "[100] leaves something" { LAB_MARK= setsid sleep 971003 & touch ../../reached; }
	END
    grade_until_reached
    expect "left running" "" "$(pgrep -fx 'sleep 971003')"
}

@test "what a test leaves running is ended with the part" {
    course
    lab 01-one first <<-'END'
	%test "[100] leaves something" { LAB_MARK= setsid sleep 971004 >/dev/null 2>&1 3>&- 4>&- & }
	END
    grade 01
    expect_status 0
    expect "left running" "" "$(pgrep -fx 'sleep 971004')"
}

@test "what a program mounts outside ends with the run, and is not removed with a folder" {
    require root
    course
    mkdir "$COURSE/precious"
    echo x >"$COURSE/precious/file"
    lab 01-one first <<-END
	%test "[60] leaves mounts" {
	    mkdir "\$TMPDIR/a b" "\$BATS_TEST_TMPDIR/c"
	    mount --bind "$COURSE/precious" "\$TMPDIR/a b"
	    mount --bind "$COURSE/precious" "\$BATS_TEST_TMPDIR/c"
	    mount -t tmpfs tmpfs "$COURSE/precious"
	}
	%test "[40] sees what leaks" { before=\$(footprint); unshare -m --propagation unchanged mount -t tmpfs x /mnt; LAB_PATIENCE=1 expect_footprint "\$before"; }
	END
    local before
    before=$(awk '{ print $5 }' /proc/self/mountinfo)
    grade 01
    expect_status 1
    expect_json .score 60
    expect file x "$(cat "$COURSE/precious/file")"
    expect mounts "$before" "$(awk '{ print $5 }' /proc/self/mountinfo)"
}

# ---- interrupted ----------------------------------------------------------

# interrupt SIGNAL STATUS COMMAND...: in the folder of the course; the signal goes to
# all that the command has started in its session, as a Ctrl-C does
interrupt() {
    local signal=$1 status_wanted=$2
    shift 2
    course
    mkdir "$USER_DIR/tmp"
    chmod 777 "$USER_DIR/tmp"
    lab 01-one first <<-END
	%test "[60] first" { true; }
	%test "[40] waits" { touch "$COURSE/waiting"; sleep 971005; }
	END
    results_in "$COURSE/grade"
    # A shell ignores SIGINT for what it starts in the background.
    TMPDIR=$USER_DIR/tmp spawn setsid env -C "$COURSE" --default-signal="$signal" "$@"
    wait_for test -e "$COURSE/waiting"
    kill "-$signal" -- "-$SPAWNED"
    reap "$SPAWNED"
    expect_status "$status_wanted"
    expect "in grade/" "" "$(ls -A "$COURSE/grade")"
    expect "in TMPDIR" "" "$(ls -A "$USER_DIR/tmp")"
    expect "left running" "" "$(pgrep -fx 'sleep 971005')"
}

@test "Ctrl-C in the middle leaves nothing: 130" { interrupt INT 130 grader/grade; }
@test "SIGTERM in the middle leaves nothing: 143" { interrupt TERM 143 grader/grade; }

@test "Ctrl-C at make grade leaves nothing either" {
    # The Makefile of the course itself, with a set-up that has nothing to do.
    with_makefile() {
        mkdir -p harness capstone
        printf '#!/bin/sh\n' | tee harness/setup >capstone/rootfs.sh
        chmod +x harness/setup capstone/rootfs.sh
        cp "$LAB_TOP/Makefile" .
        exec make grade
    }
    export -f with_makefile
    export LAB_TOP
    interrupt INT 130 bash -c with_makefile
}

# ---- one stream after the other -------------------------------------------

# judge STATUS LOG STREAM: the problem that judge.jq sees, or the states. The
# file has the tests a and b.
judge() {
    printf '%b' "$3" | jq -nRr -L "$LAB_TOP/grader" --arg file /f.bats --argjson status "$1" \
        --argjson plan '{"tests": [{"name": "[60] a", "points": 60, "what": "a"}, {"name": "[40] b", "points": 40, "what": "b"}]}' \
        --argjson logs true --rawfile log <(printf '%b' "$2") --rawfile stderr /dev/null --arg over '' --argjson cut false --argjson never_here '["machine:vax"]' \
        -f "$LAB_TOP/grader/judge.jq" | jq -r '.problem // ([.tests[].state] | join(" "))'
}
A='begin 1 [60] a\nok 1 [60] a in 1ms\n'
B='begin 2 [40] b\nok 2 [40] b in 1ms\n'
NO_B='begin 2 [40] b\nnot ok 2 [40] b in 1ms\n# (in test file f.bats, line 1)\n#   `false'"'"' failed\n'
P='passed /f.bats\ta\n'
F='failed /f.bats\tb\n'
HEAD='1..2\nsuite /f.bats\n'

@test "judge: an honest run" {
    expect states "passed passed" "$(judge 0 "$P$P" "$HEAD$A$B")"
    expect states "passed failed" "$(judge 1 "$P$F" "$HEAD$A$NO_B")"
    expect states "ungraded passed" "$(judge 0 "$P$P" "${HEAD}begin 1 [60] a\nok 1 [60] a in 1ms # skip needs root\n$B")"
    expect states "excluded passed" "$(judge 0 "$P$P" "${HEAD}begin 1 [60] a\nok 1 [60] a in 1ms # skip [never machine:vax] vax only\n$B")"
    expect states "ungraded passed" "$(judge 0 "$P$P" "${HEAD}begin 1 [60] a\nok 1 [60] a in 1ms # skip [mendable root: sudo] needs root\n$B")"
    expect states "ungraded passed" "$(judge 0 "$P$P" "${HEAD}begin 1 [60] a\nok 1 [60] a in 1ms # skip see [never machine:vax] x\n$B")"
    expect states "passed passed" "$(judge 0 "$P$P" "1..2\nsuite /tmp/x/none.bats\nsuite /f.bats\n$A$B")"
}

@test "judge: every other stream is refused" {
    local status log stream why
    while IFS='|' read -r status log stream why; do
        [ -n "$status" ] || continue
        expect_match "$stream" "$why" "$(judge "$status" "$log" "$stream")"
    done <<END
0|$P$F|$HEAD$A$NO_B|exit status, 0, does not agree
1|$P$P|$HEAD$A$B|exit status, 1, does not agree
137|$P$F|$HEAD$A$NO_B|exit status, 137, does not agree
2|$P$P|$HEAD$A$B|exit status, 2, does not agree
0|$P$F|$HEAD$A$B|own log does not agree
0|$P|$HEAD$A$B|own log does not agree
0|$P$P$P|$HEAD$A$B|own log does not agree
0||$HEAD$A$B|own log does not agree
1|$F$P|$HEAD$A$NO_B|own log does not agree
0|$P|$HEAD$A|ended after 1 of 2 tests
0|$P$P|${HEAD}$A${B%ok*}|ended in the middle of test 2
0||1..2\n|ended before the first test
0|||ended before the first test
0|$P$P|1..3\nsuite /f.bats\n$A$B|announced something else
0|$P$P|1..1\nsuite /f.bats\n$A$B|announced something else
0|$P$P|suite /f.bats\n$A$B|announced something else
0|$P$P|$HEAD$HEAD$A$B|does not write between two tests
0|$P$P|1..2\nsuite /g.bats\n$A$B|ran something else
0|$P$P|$HEAD$B$A|another test than the next one
0|$P$P|$HEAD$A$A|another test than the next one
0|$P$P|$HEAD$A$B$B|another test than the next one
0|$P$P|$HEAD${A}ok 1 [60] a in 1ms\n$B|does not write between two tests
0|$P$P|$HEAD${A}not ok 1 [60] a in 1ms\n$B|does not write between two tests
0|$P$P|$HEAD${A}garbage\n$B|does not write between two tests
0|$P$P|$HEAD$A# a comment after a test that passed\n$B|does not write between two tests
0|$P$P|$HEAD${A}${B}garbage\n|does not write between two tests
0|$P$P|$HEAD${A}${B}garbage without end|does not write between two tests
0|$P$P|$HEAD$A\n$B|does not write between two tests
0|$P$P|${HEAD}begin 1 [60] a\ngarbage\nok 1 [60] a in 1ms\n$B|while a test runs
0|$P$P|${HEAD}begin 1 [60] a\nok 1 [60] A in 1ms\n$B|while a test runs
0|$P$P|${HEAD}begin 1 [60] a\nok 1 [60] a\n$B|while a test runs
0|$P$P|${HEAD}begin 1 [60] a\nok 1 [60] a in 1ms x\n$B|while a test runs
0|$P$P|${HEAD}begin 1 [60] a\nok 01 [60] a in 1ms\n$B|while a test runs
0|$P$P|${HEAD}begin 1 [60] a\n ok 1 [60] a in 1ms\n$B|while a test runs
0|$P$P|${HEAD}begin 1 [60] a\nok 2 [40] b in 1ms\n$B|while a test runs
0|$P$P|${HEAD}ok 1 [60] a in 1ms\n$B|does not write between two tests
0|$P$P|${HEAD}begin 1 [60] a\nok 1 [60] a in 1ms\r\n$B|while a test runs
1|$F$P|${HEAD}begin 1 [60] a\nnot ok 1 [60] a in 1ms # skip x\n$B|while a test runs
0|$F$P|${HEAD}begin 1 [60] a\nok 1 [60] a in 1ms # skip [never machine:vax] x\n$B|own log does not agree
0|$P$P|${HEAD}begin 1 [60] a\nok 1 [60] a in 1ms # skip [never seccomp] x\n$B|and it can
0|$P$P|${HEAD}begin 1 [60] a\nok 1 [60] a in 1ms # skip [never machine:vax] x\nok 1 [60] a in 1ms\n$B|does not write between two tests
END
}

@test "what hangs in a sandbox keeps what it had, and loses the rest" {
    local cut
    for cut in "${A}begin 2 [40] b\n" "$A" "${A}begin 2 [40] b\nanything\n"; do
        run jq -nRr -L "$LAB_TOP/grader" --arg file /f.bats --argjson status -1 \
            --argjson plan '{"tests": [{"name": "[60] a", "points": 60, "what": "a"}, {"name": "[40] b", "points": 40, "what": "b"}]}' \
            --argjson logs true --rawfile log /dev/null --rawfile stderr /dev/null --arg over 'not done' --argjson cut true --argjson never_here '[]' \
            -f "$LAB_TOP/grader/judge.jq" < <(printf '1..2\nsuite /f.bats\n%b' "$cut")
        expect_status 0
        expect "state and reason" "null passed failed: not done" \
            "$(jq -r '"\(.problem) \(.tests[0].state) \(.tests[1].state): \(.tests[1].reason)"' <<<"$output")"
    done
}
