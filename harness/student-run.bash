# shellcheck shell=bash
# harness/student-run.bash - build one part and run its tests, as far as is needed
#
# Sourced by harness/student.  next and watch want the first test that fails, at
# once, so they read what bats prints while it runs.  Nothing of that is a mark:
# check and submit have the grader judge.

SCRATCH=        # this run's own folder
RUNNER=         # the process that runs the tests, a session of its own

exercise_of() {
    if [ "$1" = capstone ]; then echo skiff; else
        awk -F '[ \t]*:?=[ \t]*' '$1 == "EXERCISE" { print $2 }' "$LAB_TOP/labs/$1/Makefile"
    fi
}

# sources_of PART: what the student writes, relative to the top
sources_of() {
    if [ "$1" = capstone ]; then
        (cd "$LAB_TOP" && printf '%s\n' capstone/*.[ch])
    else
        echo "labs/$1/$(exercise_of "$1").c"
    fi
}

# tests_of PART: the graded files, into TEST_FILES
tests_of() {
    if [ "$1" = capstone ]; then
        TEST_FILES=("$LAB_TOP"/capstone/isolation/*.bats)
    else
        TEST_FILES=("$LAB_TOP/labs/$1/$(exercise_of "$1").bats")
    fi
    [ -e "${TEST_FILES[0]}" ] || die 3 "${TEST_FILES[0]#"$LAB_TOP/"}: is not there"
}

begin_scratch() {
    local tool
    # a test of bats that runs this has the commands of its own bats first
    while tool=$(command -v bats) && [ -e "${tool%/*}/bats-exec-test" ]; do
        PATH=:$PATH: PATH=${PATH//":${tool%/*}:"/:} PATH=${PATH#:} PATH=${PATH%:}
    done
    for tool in bats jq make setsid; do
        command -v "$tool" >/dev/null || die 3 "no $tool in PATH (run: make setup)"
    done
    SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/student.XXXXXX")
    chmod 711 "$SCRATCH"
    mkdir -m 700 "$SCRATCH/private"
    touch "$SCRATCH/stamp"
    own_mounts
}

cleanup() {
    set +e
    end_tests
    [ -z "${WATCHERS-}" ] || end_watching
    [ -z "$SCRATCH" ] || { chmod -R u+rwX "$SCRATCH" 2>/dev/null; rm -rf --one-file-system -- "$SCRATCH"; }
}

# build: PART's program and what its tests run.  What the compiler says is in
# $SCRATCH/private/compiler.
build() {
    local dir source payloads=()
    dir=$LAB_TOP/$(part_dir "$PART")
    for source in "$dir"/payload-*.c "$dir"/isolation/payload-*.c; do
        [ ! -e "$source" ] || payloads+=("$(realpath -s --relative-to="$dir" "${source%.c}")")
    done
    touch "$SCRATCH/stamp"
    if ! make_in "$dir" "${payloads[@]}" "$(exercise_of "$PART")"; then
        give_back_built "$dir"
        return 1
    fi
    if [ "$PART" = capstone ]; then capstone/rootfs.sh build/rootfs >/dev/null; fi
    give_back_built "$dir"
    [ ! -d build ] || give_back_built build
}

make_in() {
    local dir=$1
    shift
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make --no-print-directory -s -C "$dir" "$@" \
        </dev/null >"$SCRATCH/private/compiler" 2>&1
}

# start_tests: in the background; what bats prints goes to $SCRATCH/private/results
start_tests() {
    local variable env
    env=(PATH="$PATH" HOME="${HOME:-/}" TERM="${TERM:-dumb}" LANG=C.UTF-8 LC_ALL=C.UTF-8 TMPDIR="$SCRATCH/tests")
    for variable in USER LOGNAME SUDO_UID SUDO_GID SUDO_USER LAB_USER; do
        [ -z "${!variable-}" ] || env+=("$variable=${!variable}")
    done
    tests_of "$PART"
    PLANNED=$(cat "${TEST_FILES[@]}" | grep -c '^@test ') || true
    RESULTS=$SCRATCH/private/results
    rm -rf --one-file-system "$SCRATCH/tests"
    mkdir -m 711 "$SCRATCH/tests"
    : >"$RESULTS"
    # --default-signal: in the background INT and QUIT are ignored.
    setsid "${OWN_MOUNTS[@]}" env -i --default-signal "${env[@]}" support/bound bats -F cat --no-tempdir-cleanup "${TEST_FILES[@]}" \
        </dev/null >"$RESULTS" 2>"$SCRATCH/private/stderr" &
    RUNNER=$!
    know "$RUNNER"
    RUN_OVER=
}

# read_results: what is known by now: DONE PASSED FAILED UNTRIED POINTS OF (what this
# machine can never run is in none of them but DONE; NEVER counts it), and of
# the first failure FIRST (its name), FIRST_POINTS, FIRST_FILE and, in
# $SCRATCH/private/first, what it said; CLOSED once that is all of it.  RUN_OVER
# when the tests have ended.
read_results() {
    [ -z "$RUNNER" ] || is_same "$RUNNER" || RUN_OVER=yes
    : >"$SCRATCH/private/first"
    # shellcheck disable=SC2034  # for those who show it
    IFS=$'\t' read -r DONE PASSED FAILED UNTRIED NEVER OUT POINTS CLOSED FIRST_POINTS FIRST_FILE FIRST < <(
        awk -v said="$SCRATCH/private/first" '
            function points(name) { return match(name, /^\[[0-9]+\]/) ? substr(name, 2, RLENGTH - 2) : 0 }
            /^suite / { file = $0; sub(/^suite /, "", file); sub(/.*\//, "", file); next }
            /^begin [0-9]+ / { name = $0; sub(/^begin [0-9]+ /, "", name); inside = 1; if (first != "") closed = 1; next }
            /^ok [0-9]+ / {
                inside = 0; finished++
                if ($0 ~ / # skip \[never [^][ ]+\] /) { never++; out += points(name) }
                else if ($0 ~ / # skip/) untried++; else { passed++; sum += points(name) }
                next
            }
            /^not ok [0-9]+ / {
                inside = 0; finished++; failed++
                if (first == "") { first = name; where = file; telling = 1 } else telling = 0
                next
            }
            /^#/ && telling && !closed { line = $0; sub(/^# ?/, "", line); print line >said }
            END {
                what = first; sub(/^\[[0-9]+\] /, "", what)
                printf "%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%d\t%s\t%s\n", finished, passed, failed, untried, never, out, sum,
                    closed ? "yes" : "-", points(first), where == "" ? "-" : where, what
            }' "$RESULTS")
    [ "$CLOSED" = yes ] || CLOSED=$RUN_OVER
    OF=100
    [ "$PART" != capstone ] || OF=200
    # Where this machine can never run a single one, nothing is known of the program.
    if [ "$OUT" -eq "$OF" ]; then UNTRIED=$NEVER NEVER=0; else OF=$((OF - OUT)); fi
}

# end_tests: whatever still runs
end_tests() {
    [ -n "$RUNNER" ] || return 0
    local tries
    send_signal TERM "-$RUNNER" || true
    for ((tries = 0; tries < 60; tries++)); do
        send_signal 0 "-$RUNNER" || break
        sleep 0.1
    done
    send_signal KILL "-$RUNNER" 2>/dev/null || true
    wait "$RUNNER" 2>/dev/null || true
    RUNNER=
}

# keep_score: of a run to its end.  One that could not try all tests does not take
# the place of one that did, unless something failed.
keep_score() {
    local points=$POINTS of=$OF passed=$PASSED failed=$FAILED untried=$UNTRIED
    [ "$DONE" -eq "$PLANNED" ] || return 0
    read_score "$PART"
    if [ "$untried" -eq 0 ] || [ "$failed" -ne 0 ] || [ "${UNTRIED:-1}" -ne 0 ] || [ "${FAILED:-1}" -ne 0 ]; then
        write_score "$PART" "$points" "$of" "$passed" "$failed" "$untried"
    fi
    POINTS=$points OF=$of PASSED=$passed FAILED=$failed UNTRIED=$untried
}

remember_test() {
    if [ -n "$FIRST" ]; then write_test "$PART" "$FIRST_FILE" "$FIRST"; else forget_test; fi
}

# check_part: the grader's self-check of PART; what it found is remembered.  Into REMEDY,
# what to do about the tests that could not be tried.
check_part() {
    local status=0 kept=$SCRATCH/private/kept.json
    KEEP=$kept grader/grade --check "$PART" || status=$?
    [ -s "$kept" ] || return "$status"
    # shellcheck disable=SC2034  # REMEDY is for those who show it
    IFS=$'\t' read -r PASSED FAILED UNTRIED NEVER POINTS OF REMEDY FIRST_FILE FIRST < <(jq -r '.remedies as $remedies | .parts[0] | [
        ([.tests[] | select(.state == "passed")] | length),
        ([.tests[] | select(.state == "failed")] | length),
        ([.tests[] | select(.state == "ungraded")] | length),
        ([.tests[] | select(.state == "excluded")] | length),
        ([.tests[] | select(.state == "passed").points] | add // 0),
        .of, ($remedies | join("; ") | if . == "" then "-" else . end),
        ([.tests[] | select(.state == "failed")][0] | .file // "-", .what // "")] | @tsv' "$kept")
    PLANNED=$((PASSED + FAILED + UNTRIED + NEVER)) DONE=$PLANNED
    keep_score
    remember_test
    return "$status"
}

# warn_of_edited_tests: where it is known what was handed out
warn_of_edited_tests() {
    local edited
    [ -r SHA256SUMS ] || return 0
    edited=$(grep -E ' (\*|\.\/)?(labs/[^/]*/[^/]*\.bats|labs/[^/]*/(payload-.*\.c|Makefile)|labs/lab\.mk|capstone/isolation/|support/|grader/)' SHA256SUMS |
        sha256sum --check --quiet 2>/dev/null | sed -n 's/: FAILED.*//p') || true
    [ -n "$edited" ] || return 0
    while IFS= read -r edited; do
        echo "note: $edited is not as it was handed out; your instructor's copy is what counts"
    done <<<"$edited" >&2
    echo "      make reset LAB=... brings the tests of a lab back" >&2
}
