# shellcheck shell=bash
# shellcheck disable=SC2034  # problem and built are variables of grade_part
# grader/submission.bash - parts of grading other people's sources
#
# Sourced by grader/grade.  SOURCE is the folder with them (empty: the course's
# own are graded, as they are), HIDDEN one with tests that only graders know.
# What is compiled and run is compiled and run by grader/sandbox; each worker
# has a box of its own.

SOURCE=
HIDDEN=${HIDDEN-}
BOX=            # this worker's, see grader/sandbox

# submission_check: that there can be a sandbox, before anything is graded
submission_check() {
    [ -d "$SOURCE" ] || die 2 "--source: no folder '$SOURCE'"
    SOURCE=$(realpath -- "$SOURCE")
    if [ -n "$HIDDEN" ]; then
        [ -d "$HIDDEN" ] || die 2 "HIDDEN: no folder '$HIDDEN'"
        HIDDEN=$(realpath -- "$HIDDEN")
    fi
    [ "$EUID" -eq 0 ] || die 3 "grading other people's programs needs root (sudo), for the sandbox around them"
    [ -x "$LAB_TOP/capstone/skiff" ] || die 3 "capstone/skiff is not built: it is the sandbox (run: make)"
}

# build_payloads DIR PAYLOAD...: what the tests need, made once, whoever
# else is grading
build_payloads() {
    local dir=$1 lock
    shift
    exec {lock}<"$dir"
    flock -w 300 "$lock" || true
    make_in "$dir" "$@"
    exec {lock}<&-
    [ "$STATUS" = 0 ]
}

# submission_build PART: sets problem or built of grade_part
submission_build() {
    BOX=$SCRATCH/box.$1
    supervise 120 compiler box-why : "$GRADER/sandbox" prepare "$BOX" "$1"
    if [ "$STATUS" != 0 ]; then
        problem="there can be no sandbox here: $(head -n 1 box-why)"
        return
    fi
    supervise 120 compiler box-why : "$GRADER/sandbox" build "$BOX" "$1" "$SOURCE"
    case $STATUS in
        0) ;;
        # It was built with what the compiler's container has, and with none of our settings.
        1) problem=$(unset CC CPPFLAGS CFLAGS LDFLAGS; machine_lacks build) || true
            built=no ;;
        *) problem="the sandbox could not compile: $(head -n 1 box-why)" ;;
    esac
}

# hidden_tests PART: copies of the files of HIDDEN for it, one a line, each where
# it finds what the tests of the course have beside them
hidden_tests() {
    local dir file
    dir=$SCRATCH/hidden/$(part_dir "$1")
    [ "$1" != capstone ] || dir+=/isolation
    for file in "$HIDDEN/${1%%-*}"-*.bats; do
        [ -f "$file" ] || continue
        if [ ! -d "$dir" ]; then
            mkdir -p "$dir"
            ln -s "$LAB_TOP/support" "$LAB_TOP/build" "$SCRATCH/hidden/" 2>/dev/null || true
            cp -p "$LAB_TOP/$(part_dir "$1")"/{README.md,payload-*,isolation/{common.bash,payload-*}} "$dir/" 2>/dev/null || true
        fi
        cp -- "$file" "$dir/"
        echo "$dir/${file##*/}"
    done
}
