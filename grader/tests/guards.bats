#!/usr/bin/env bats
# Correct programs in other styles get full marks: grader/guards.  All of them
# build here; one lab of each style is tried, with FULL=1 all labs, and each in
# the sandbox too (ten minutes).

bats_require_minimum_version 1.5.0
load ../../support/bats

# exercises: "PART NAME" of each exercise, one a line
exercises() {
    local part
    for part in $(course_parts); do
        [ "$part" = capstone ] || echo "$part $(sed -n 's/^EXERCISE *:*= *//p' "$LAB_TOP/labs/$part/Makefile")"
    done
}

# build STYLE PART NAME: as the lab builds it, in the folder $BUILT, which the
# ordinary user reaches
build() {
    local dir
    [ -n "${USER_DIR-}" ] || user_dir
    dir=$USER_DIR/$1/labs/$2
    mkdir -p "$dir"
    cp "$LAB_TOP/labs/lab.mk" "$dir/.."
    cp "$LAB_TOP/labs/$2/Makefile" "$LAB_TOP/grader/guards/$1/$3.c" "$dir"
    run -0 make -s -C "$dir" "CFLAGS=-O2 -Werror" "$3"
    BUILT=$dir
}

# full_marks STYLE PART: every graded test of PART passes on it
full_marks() {
    local part name
    while read -r part name; do
        [ "$part" = "$2" ] || continue
        build "$1" "$part" "$name"
        ( close_fds; LAB_BIN=$BUILT BATS_TEST_TMPDIR='' bats --tap "$LAB_TOP/labs/$part/$name.bats" </dev/null ) >"$BATS_TEST_TMPDIR/tap" || true
        grep '^not ok' -A 6 "$BATS_TEST_TMPDIR/tap" || true
        run -0 grep -c '^ok' "$BATS_TEST_TMPDIR/tap"
        expect "tests passed" "$(grep -c '^@test' "$LAB_TOP/labs/$part/$name.bats")" "$output"
        return
    done < <(exercises)
    echo "no lab $2"
    return 1
}

# try STYLE PART: full marks in PART, or in every lab with FULL=1
try() {
    local part name
    [ -n "${FULL-}" ] || { full_marks "$1" "$2"; return; }
    while read -r part name; do
        full_marks "$1" "$part"
        in_sandbox "$1" "$part"
    done < <(exercises)
}

# in_sandbox STYLE PART: as somebody's submission, too
in_sandbox() {
    run env -u LAB OUT="$BATS_TEST_TMPDIR/out" bash -c 'exec 3>&- "$@" </dev/null' bash \
        "$LAB_TOP/grader/grade" --source "$LAB_TOP/grader/guards/$1" "$2"
    expect_status 0
}

@test "each exercise has two correct programs of another style, and they build" {
    local part name style n=0
    while read -r part name; do
        for style in plain modern; do
            build "$style" "$part" "$name"
            n=$((n + 1))
        done
    done < <(exercises)
    expect "programs" 12 "$n"
}

@test "programs on the older calls, in their own place, get full marks" {
    require root
    try plain 01-capabilities
}

@test "programs on the newest calls, with children and descriptors, get full marks" {
    require root
    try modern 06-overlay
}
