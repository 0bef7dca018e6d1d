# harness/tests/handout.bats - what students get, and that it works
# bats file_tags=long
# shellcheck disable=SC2154  # status and output are set by run
# shellcheck disable=SC2030,SC2031  # each test is a process of its own

load fixture

# The handout of this tree, once, built on the way; $HANDOUT belongs to the ordinary
# user, unpacked in an empty folder with a blank in its name.
setup_file() {
    cd "$BATS_TEST_DIRNAME" || return
    mkdir "$BATS_FILE_TMPDIR/out"
    CFLAGS=-O0 run bounded_handout "$BATS_FILE_TMPDIR/out"
    echo "$output" >"$BATS_FILE_TMPDIR/said"
    [ "$status" -eq 0 ] || return 0
    export HANDOUT_TOP
    HANDOUT_TOP=$(mktemp -d "${TMPDIR:-/tmp}/lab.XXXXXX")
    mkdir "$HANDOUT_TOP/my course"
    tar -xzf "$BATS_FILE_TMPDIR/out/skiff-course.tar.gz" -C "$HANDOUT_TOP/my course"
    [ "$EUID" -ne 0 ] || chown -R "$(lab_uid):$(lab_gid)" "$HANDOUT_TOP"
}

teardown_file() { [ -z "${HANDOUT_TOP-}" ] || remove_dir "$HANDOUT_TOP"; }

setup() {
    lab_setup
    HANDOUT="$HANDOUT_TOP/my course/skiff-course"
}

# bounded_handout ARG...: the command, with time enough for a build on a busy machine
bounded_handout() { ( close_fds; exec timeout -k 2 900 ../handout "$@" </dev/null 2>&1 ); }

# made: the handout is there, else what was said
made() {
    [ -n "${HANDOUT_TOP-}" ] && return
    cat "$BATS_FILE_TMPDIR/said"
    return 1
}

# between FILE: the lines between marks, without what every program has
between() {
    sed -n '/^[[:blank:]]*\/\* BEGIN SOLUTION \*\/$/,/^[[:blank:]]*\/\* END SOLUTION \*\/$/p' "$1" |
        grep -v SOLUTION | sed 's/^[[:blank:]]*//; s/[[:blank:]]*$//'
}

solved_files() { (cd "$LAB_TOP" && grep -lE '^[[:blank:]]*/\* BEGIN SOLUTION \*/$' labs/*/*.c capstone/*.[ch]); }

# as_student CMD...: in the handout, as the ordinary user, without a terminal
as_student() { ( close_fds; cd "$HANDOUT" && as_user timeout -k 2 900 "$@" </dev/null 2>&1 ); }

# ---- what is in it --------------------------------------------------------------

@test "the handout is made, it builds, and says what it is" {
    made
    run cat "$BATS_FILE_TMPDIR/said"
    has "skiff-course: " "files, version 20" "skiff-course.tar.gz: "
    expect_match VERSION '^20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9a-z]+' "$(cat "$HANDOUT/VERSION")"
    (cd "$HANDOUT" && sha256sum --check --quiet SHA256SUMS)
    expect "files without a checksum" SHA256SUMS \
        "$(cd "$HANDOUT" && find . -type f -printf '%P\n' | sort | comm -23 - <(sed 's/^[0-9a-f]*  //' SHA256SUMS | sort))"
}

@test "what students need is in it, and what is not theirs is not" {
    made
    local file dir
    cd "$HANDOUT"
    for file in README.md Makefile LICENSE support/bound support/payload-filter.c harness/{student,setup,doctor,walk,vm} grader/grade capstone/skiff.h; do
        [ -f "$file" ] || expect "$file" there missing
    done
    for dir in labs/*/; do
        for file in README.md Makefile hints.txt; do [ -f "$dir$file" ] || expect "$dir$file" there missing; done
        expect "bats files in $dir" 1 "$(find "$dir" -name '*.bats' | wc -l)"
        expect "marks in $dir" '' "$(grep -rl SOLUTION "$dir" || true)"
    done
    for file in labs/*/mutants labs/*/steps.bats labs/*/hidden harness/{tests,test,lint,mutants,handout,skeleton} \
        grader/{tests,attacks,class,intake,pages,sandbox} capstone/{unit,history,faults,bench,oci} solutions .git .ci; do
        [ ! -e "$file" ] || expect "$file" "not in it" "in it"
    done
    expect "exercises that are not gaps" '' \
        "$(for file in $(solved_files); do grep -qs 'not written yet' "$file" || echo "$file"; done)"
}

@test "no line of a solution is in any exercise of it, nor three in a row anywhere" {
    made
    local file
    for file in $(solved_files); do
        # what stands outside the marks as well is given
        comm -13 <(sed '/BEGIN SOLUTION/,/END SOLUTION/d; s/^[[:blank:]]*//; s/[[:blank:]]*$//' "$LAB_TOP/$file" | sort -u) \
            <(between "$LAB_TOP/$file" | grep -E '.{12}' | sort -u) >"$BATS_TEST_TMPDIR/solved"
        [ -s "$BATS_TEST_TMPDIR/solved" ]
        sed 's/^[[:blank:]]*//; s/[[:blank:]]*$//' "$HANDOUT/$file" "$HANDOUT/.original/$file" | sort -u >"$BATS_TEST_TMPDIR/given"
        expect "solved lines of $file in the handout" '' "$(comm -12 "$BATS_TEST_TMPDIR/solved" "$BATS_TEST_TMPDIR/given")"
    done
    # and the search of handout itself finds what is put there
    mapfile -t files < <(cd "$LAB_TOP" && solved_files | sed "s|^|$LAB_TOP/|")
    leaks() { awk -f ../handout-leaks.awk -v sources="${#files[@]}" "${files[@]}" "$@"; }
    run leaks "$HANDOUT/labs/02-namespaces/nsrun.c" "$HANDOUT/labs/02-namespaces/README.md" "$HANDOUT"/labs/*/step*.c
    expect_status 0
    between "$LAB_TOP/labs/06-overlay/layers.c" >"$BATS_TEST_TMPDIR/step.c"
    run leaks "$BATS_TEST_TMPDIR/step.c"
    expect_status 1
    grep -m 1 'PR_SET_PDEATHSIG' "$LAB_TOP/labs/02-namespaces/nsrun.c" >/dev/null
    between "$LAB_TOP/labs/02-namespaces/nsrun.c" | grep -m 1 recv >"$BATS_TEST_TMPDIR/notes.md"
    run leaks "$BATS_TEST_TMPDIR/notes.md"
    expect_status 1
}

@test "no link of its pages is dead" {
    made
    local file link
    cd "$HANDOUT"
    while IFS= read -r file; do
        while IFS= read -r link; do
            case $link in '#'* | *:*) continue ;; esac
            [ -e "${file%/*}/${link%%#*}" ] || expect "in $file: $link" there missing
        done < <(grep -oE '\]\([^)]+\)' "$file" | sed 's/^](//; s/)$//')
    done < <(find . -name '*.md')
}

@test "every graded test of the labs has three hints, and no hint is of another test" {
    local dir name file
    for dir in "$LAB_TOP"/labs/[0-9]*/; do
        name=$(awk '$1 == "EXERCISE" { print $3 }' "$dir/Makefile")
        jq -nRr -f "$LAB_TOP/grader/plan.jq" "$dir$name.bats" | jq -r '.tests[].what' | sort >"$BATS_TEST_TMPDIR/tests"
        sed -n 's/^== //p' "$dir/hints.txt" | sort >"$BATS_TEST_TMPDIR/hinted"
        expect "$dir: tests against hints" '' "$(diff "$BATS_TEST_TMPDIR/tests" "$BATS_TEST_TMPDIR/hinted" || true)"
        expect "$dir: not 1, 2, 3" '' "$(awk '/^== / { if (n % 3 != 0 || n < 0) print; n = 0 } /^[0-9]+\. / { n++; if ($1 != n ".") print } END { if (n != 3) print "the last" }' "$dir/hints.txt")"
    done
    [ ! -e "$LAB_TOP/capstone/hints.txt" ] || for file in "$LAB_TOP"/capstone/isolation/*.bats; do
        expect "hints for ${file##*/}" yes "$(awk -v name="== ${file##*/}" '$0 == name { on = 1; next } /^== / { on = 0 } on && /^[0-9]+\. / { n++ } END { print ((n >= 3) ? "yes" : "no") }' "$LAB_TOP/capstone/hints.txt")"
    done
}

# ---- when it cannot be made --------------------------------------------------------

# other_tree: $TREE, what of this one goes out and what makes it, without git
other_tree() {
    made
    user_dir
    TREE=$USER_DIR/tree
    mkdir "$TREE"
    (cd "$LAB_TOP" && find . \( -path ./.git -o -path ./build -o -path ./grade -o -name mutants \) -prune -o -type f -size -300k -print0 |
        tar --null -T - -cf - 2>/dev/null) | tar -xf - -C "$TREE"
}

other_handout() { ( close_fds; exec timeout -k 2 900 "$TREE/harness/handout" --no-build "$USER_DIR/out" </dev/null 2>&1 ); }

@test "from a tree without git: hidden tests, strays and built programs stay behind" {
    other_tree
    mkdir "$TREE/labs/01-capabilities/hidden"
    echo '@test "[5] secret" { true; }' >"$TREE/labs/01-capabilities/hidden/01-capabilities.bats"
    cp "$TREE/labs/01-capabilities/capdrop.c" "$TREE/labs/01-capabilities/old.c"
    cp "$TREE/labs/01-capabilities/capdrop.c" "$TREE/capstone/command/capdrop.c.orig"
    run other_handout
    expect_status 0
    run find "$USER_DIR/out" -name 'old.c' -o -name hidden -o -name '*.orig' -o -type f -name 'step1-sets' -o -name skiff -type f
    expect_output ''
    expect_match VERSION '^20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9a-f]{12}$' "$(cat "$USER_DIR/out/skiff-course/VERSION")"
    # the same once more is the same archive
    cp "$USER_DIR/out/skiff-course.tar.gz" "$USER_DIR/first.tar.gz"
    run other_handout
    expect_status 0
    cmp "$USER_DIR/first.tar.gz" "$USER_DIR/out/skiff-course.tar.gz"
}

@test "marks that do not pair, a solved line in a sheet, an exercise without marks: nothing is made" {
    other_tree
    sed -i '0,/END SOLUTION/s/.*END SOLUTION.*//' "$TREE/labs/03-userns/idmaprun.c"
    run other_handout
    expect_status 1
    has 'idmaprun.c'
    [ ! -e "$USER_DIR/out/skiff-course" ]
    cp "$LAB_TOP/labs/03-userns/idmaprun.c" "$TREE/labs/03-userns"
    between "$LAB_TOP/labs/03-userns/idmaprun.c" | grep -m 1 getppid >>"$TREE/labs/04-cgroups/README.md"
    run other_handout
    expect_status 1
    has 'lines of a solution would go out' './labs/04-cgroups/README.md:'
    cp "$LAB_TOP/labs/04-cgroups/README.md" "$TREE/labs/04-cgroups"
    sed -i '/SOLUTION/d' "$TREE/labs/05-seccomp/sandbox.c"
    run other_handout
    expect_status 1
    has 'labs/05-seccomp/sandbox.c: has no solution marks'
    [ ! -e "$USER_DIR/out/skiff-course" ]
}

@test "wrong usage is 2; what is no handout is not replaced; a handout hands nothing out" {
    made
    run bounded_handout --nonsense
    expect_status 2
    run bounded_handout a b
    expect_status 2
    run bounded_handout --help
    expect_status 0
    has 'usage: handout'
    SOLUTIONS=maybe run bounded_handout "$BATS_TEST_TMPDIR"
    expect_status 2
    mkdir "$BATS_TEST_TMPDIR/skiff-course"
    echo mine >"$BATS_TEST_TMPDIR/skiff-course/mine"
    run bounded_handout --no-build "$BATS_TEST_TMPDIR"
    expect_status 1
    has 'not replaced'
    expect "my file" mine "$(cat "$BATS_TEST_TMPDIR/skiff-course/mine")"
}

@test "a handout that somebody has worked in is not replaced; one that was only built is" {
    made
    local out=$BATS_TEST_TMPDIR/out tree=$BATS_TEST_TMPDIR/out/skiff-course
    cp -r "$BATS_FILE_TMPDIR/out" "$out"
    # built: programs, and what make writes beside them
    cp /bin/true "$tree/labs/01-capabilities/capdrop"
    : >"$tree/labs/01-capabilities/capdrop.d"
    run bounded_handout --no-build "$out"
    expect_status 0
    [ ! -e "$tree/labs/01-capabilities/capdrop" ]
    echo '/* my work */' >>"$tree/labs/01-capabilities/capdrop.c"
    run bounded_handout --no-build "$out"
    expect_status 1
    has 'labs/01-capabilities/capdrop.c' 'not replaced'
    expect "my work" '/* my work */' "$(tail -n 1 "$tree/labs/01-capabilities/capdrop.c")"
    rm -r "$tree"
    mkdir "$tree"
    cp -r "$BATS_FILE_TMPDIR/out/skiff-course/." "$tree"
    echo mine >"$tree/notes"
    run bounded_handout --no-build "$out"
    expect_status 1
    has 'notes' 'not replaced'
    rm -r "$tree"
    echo mine >"$tree.tar.gz"
    run bounded_handout --no-build "$out"
    expect_status 1
    expect "my archive" mine "$(cat "$tree.tar.gz")"
}

# ---- as a new student ----------------------------------------------------------------

@test "a new student: make next, hints, lab 01 written, submitted, and graded to full marks here" {
    made
    require user tool:jq userns
    run as_student make next
    expect_status 0
    has 'Lab 01' 'labs/01-capabilities/capdrop.c:' 'TODO' 'expected: ' 'hint: '
    run as_student make hint
    expect_status 0
    has 'Hint 1 of 3'
    run as_student make hint LAB=01
    run as_student make hint LAB=01
    has 'Hint 3 of 3' 'That was the last one'
    # what three hints lead to
    cat "$LAB_TOP/labs/01-capabilities/capdrop.c" >"$HANDOUT/labs/01-capabilities/capdrop.c"
    run as_student make submit ID=s0017 CHECK=no
    expect_status 0
    has 's0017/labs/01-capabilities/capdrop.c' '02-namespaces      not begun'
    [ "$EUID" -eq 0 ] || return 0
    tar -xzf "$HANDOUT/s0017.tar.gz" -C "$BATS_TEST_TMPDIR"
    ( close_fds; unset LAB; OUT=$BATS_TEST_TMPDIR/graded timeout -k 2 900 "$LAB_TOP/grader/grade" \
        --source "$BATS_TEST_TMPDIR/s0017/labs/01-capabilities" 01 </dev/null >"$BATS_TEST_TMPDIR/said" 2>&1 ) ||
        { tail -n 20 "$BATS_TEST_TMPDIR/said"; return 1; }
    expect "points" 100 "$(jq .score "$BATS_TEST_TMPDIR/graded/results.json")"
}

@test "make help of the handout names what is there, and each of it is" {
    made
    local target
    run as_student make help
    for target in all setup doctor check next watch hint progress reset submit solution demo vm; do has "make $target "; done
    has_not 'make grade' 'make test' 'make bench' 'make handout' 'make mutants'
    run as_student make grade
    expect_status 2
    has "No rule to make target 'grade'"
    run as_student make next LAB=9
    expect_status 2
    has "no lab '9'" '01-capabilities'
}

@test "in the handout, one who has written nothing fails each test of lab 01 with its hint" {
    made
    require root
    cp "$HANDOUT/.original/labs/01-capabilities/capdrop.c" "$HANDOUT/labs/01-capabilities"
    ( close_fds; cd "$HANDOUT" && unset LAB && KEEP=$BATS_TEST_TMPDIR/kept timeout -k 2 900 grader/grade --check 01 \
        </dev/null >/dev/null 2>&1 ) || true
    expect "tests that do not fail with a hint" '' \
        "$(jq -r '.parts[0].tests[] | select(.state != "failed" or (.hint // "") == "") | .what' "$BATS_TEST_TMPDIR/kept")"
    expect_match "how many" '^2[0-9]$' "$(jq '.parts[0].tests | length' "$BATS_TEST_TMPDIR/kept")"
}
