#!/usr/bin/env bats
# grader/tests/machine.bats - what the machine lacks costs nobody a point
#
# The course as it is, as far as lab 05 and the sandbox need it, on a machine whose
# seccomp.h is hidden below an empty file.
# shellcheck disable=SC2154  # status and output are set by run

load ../../support/bats

HEADER=/usr/include/seccomp.h

setup() {
    lab_setup
    require root ns:mnt "file:$HEADER" tool:cc tool:jq
    hint "a file is hidden by another one that is mounted on it, mount(8)"
    COURSE=$BATS_TEST_TMPDIR/course
    mkdir -p "$COURSE"/{labs,harness,build,capstone}
    (cd "$LAB_TOP" && cp -r support grader "$COURSE" && cp -r labs/lab.mk labs/05-seccomp "$COURSE/labs" &&
        cp harness/{setup,packages,student,student-*.bash,skeleton,mutants,procs.bash} "$COURSE/harness")
    rm -rf "$COURSE/grader/tests" "$COURSE/labs/05-seccomp/sandbox"
    MACHINE=^"this machine lacks what the course needs: seccomp.h \(run: sudo make setup\)$"
    : >"$BATS_TEST_TMPDIR/empty"
}

# there CMD...: in the course; hidden CMD...: the same, without the header
there() { ( close_fds; cd "$COURSE" && exec "$@" </dev/null ); }
hidden() {
    # shellcheck disable=SC2016  # for that sh to expand
    there unshare --mount --propagation slave sh -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' \
        hidden "$BATS_TEST_TMPDIR/empty" "$HEADER" "$@"
}

# source_with LINE: the student's program begins with that line
source_with() {
    sed -i "1i $1" "$COURSE/labs/05-seccomp/sandbox.c"
}

@test "grade: a header of the course that the machine lacks: 3, no points; one of the student's: 0 of 100" {
    run hidden grader/grade 05
    expect_status 3
    expect_match reason 'this machine lacks what the course needs: seccomp.h \(run: sudo make setup\)' "$output"
    expect "score" null "$(jq -c '.score' "$COURSE/grade/results.json")"
    # The control: what no machine has is the program's fault, on a whole machine.
    source_with '#include <nonexistent.h>'
    run there grader/grade 05
    expect_status 1
    expect_match part '0 of 100 \(does not build\)' "$output"
    expect "score" 0 "$(jq -c '.score' "$COURSE/grade/results.json")"
}

@test "grade: what the compiler says excuses nothing" {
    source_with '#error No space left on device: Cannot allocate memory: Read-only file system'
    run there grader/grade 05
    expect_status 1
    expect_match part '0 of 100 \(does not build\)' "$output"
    # The control: a folder that really cannot be written.
    run there unshare --mount --propagation slave sh -c \
        'mount --bind labs/05-seccomp labs/05-seccomp && mount -o remount,bind,ro labs/05-seccomp && exec grader/grade 05'
    expect_status 3
    expect_match reason 'cannot write its files here' "$output"
}

@test "grade --source: the same in the sandbox" {
    require overlay
    [ -x "$LAB_TOP/capstone/skiff" ] || mendable built "capstone/skiff is not built" make
    cp "$LAB_TOP/capstone/skiff" "$COURSE/capstone/skiff"
    cp "$LAB_TOP/build/send-signal" "$COURSE/build/"
    mkdir "$COURSE/hand-in"
    cp "$COURSE/labs/05-seccomp/sandbox.c" "$COURSE/hand-in/"
    run hidden env KEEP="$BATS_TEST_TMPDIR/kept" grader/grade --source hand-in 05
    expect_status 3
    expect "points" null "$(jq -c '.parts[0].points' "$BATS_TEST_TMPDIR/kept")"
    expect_match reason 'this machine lacks what the course needs: seccomp.h' "$output"
    sed -i '1i #include <nonexistent.h>' "$COURSE/hand-in/sandbox.c"
    run there env KEEP="$BATS_TEST_TMPDIR/kept" grader/grade --source hand-in 05
    expect_status 1
    expect "points" 0 "$(jq -c '.parts[0].points' "$BATS_TEST_TMPDIR/kept")"
}

@test "sandbox: a helper of skiff that was not built here is no fault of the skiff handed in" {
    require overlay
    [ -x "$LAB_TOP/capstone/network/skiff-network" ] || mendable built "capstone/network/skiff-network is not built" make
    local box=$BATS_TEST_TMPDIR/box
    rm -r "$COURSE/capstone"
    cp -r "$LAB_TOP/capstone" "$COURSE/capstone"
    cp "$LAB_TOP/build/send-signal" "$COURSE/build/"
    run there grader/sandbox prepare "$box" capstone
    [ "$status" -ne 3 ] || mendable sandbox "$output" "$ELSEWHERE"
    expect_status 0
    mv "$COURSE/capstone/network/skiff-network" "$BATS_TEST_TMPDIR"
    run there grader/sandbox build "$box" capstone "$LAB_TOP"
    expect_status 3
    expect_match why 'network/skiff-network is not built \(run: sudo make setup, then make\)' "$output"
    # The control
    mv "$BATS_TEST_TMPDIR/skiff-network" "$COURSE/capstone/network/"
    run there grader/sandbox build "$box" capstone "$LAB_TOP"
    expect_status 0
}

@test "class: says so before anything is graded: 3, one line" {
    mkdir -p "$COURSE/hand-ins/ann"
    cp "$COURSE/labs/05-seccomp/sandbox.c" "$COURSE/hand-ins/ann/"
    run hidden env LAB=05 OUT="$BATS_TEST_TMPDIR/marks" grader/class hand-ins
    expect_status 3
    expect_match "the line" "^class: ${MACHINE#^}" "$output"
    run find "$BATS_TEST_TMPDIR/marks" -name '*.json'
    expect_output ''
}

@test "the student's loop: 3 and the remedy; nothing is held against the program" {
    run hidden harness/student next 05
    expect_status 3
    expect_match "the line" "^student: ${MACHINE#^}" "$output"
    [ ! -s "$COURSE/.progress" ] || run ! grep -q 05-seccomp "$COURSE/.progress"
    run hidden harness/student check 05
    expect_status 3
    source_with '#include <nonexistent.h>'
    run there harness/student next 05
    expect_status 1
    expect_match "what it says" 'nonexistent.h' "$output"
}

@test "watch says it, and waits for the next save" {
    # shellcheck disable=SC2016  # for that sh to expand
    spawn unshare --mount --propagation slave sh -c 'mount --bind "$1" "$2" && cd "$3" && shift 3 && exec "$@"' \
        hidden "$BATS_TEST_TMPDIR/empty" "$HEADER" "$COURSE" env WATCH=poll harness/student watch 05
    wait_for grep -qE "^${MACHINE#^}" "$SPAWNED_OUT"
    wait_for grep -q '^Waiting until you save' "$SPAWNED_OUT"
    run ! grep -q 'does not compile' "$SPAWNED_OUT"
    [ ! -s "$COURSE/.progress" ] || run ! grep -q 05-seccomp "$COURSE/.progress"
}

@test "the mutants and the handout are not made of what does not build here" {
    run hidden harness/mutants --build 05
    expect_status 3
    expect_match "the line" "^mutants: ${MACHINE#^}" "$output"
    run hidden "$LAB_TOP/harness/handout" "$BATS_TEST_TMPDIR/handout"
    expect_status 1
    expect_match "the line" "^handout: ${MACHINE#^}" "$output"
    run find "$BATS_TEST_TMPDIR/handout" -type f
    expect_output ''
}
