# harness/tests/docs.bats - what the README, the guide and the manual page tell to type can be typed
# shellcheck disable=SC2154  # output and status are set by run

load ../../support/bats

setup() {
    lab_setup
    cd "$LAB_TOP" || return
    DOCS=(README.md book/home.md book/guide.md grader/README.md capstone/bench/README.md)
}

# code FILE: all its code, spans and blocks, a line each; not its prose
code() {
    pandoc --from markdown --to json "$1" | jq -r '.. | objects | select(.t == "Code" or .t == "CodeBlock") | .c[1]'
}

# make_lines: 'FILE<tab>what stands after make', of every make in the code of DOCS
make_lines() {
    local file
    for file in "${DOCS[@]}"; do
        code "$file" | grep -oE "(^|[(' ;&])make( ('[^']*'|\\[?[A-Z]+='[^']*'\\]?|[^ ';#|>&]+))+" | sed -E "s,^[(' ;&]*make ,$file\t,"
    done
}

# lying WORDS: DOCS is a document that says make WORDS
lying() { printf '# Lies\n\n`make %s`\n' "$1" >"$BATS_TEST_TMPDIR/lies.md"; DOCS=("$BATS_TEST_TMPDIR/lies.md"); }

# wrong_targets: of make_lines, what is no target of the Makefile
wrong_targets() {
    local file rest word
    while IFS=$'\t' read -r file rest; do
        for word in ${rest//\'*\'/}; do
            [[ $word =~ ^[a-z][a-z-]*$ ]] || continue
            grep -qE "^$word:" Makefile || echo "$file: make $word"
        done
    done < <(make_lines)
}

# wrong_variables: of make_lines, what no Makefile and no program behind it knows
wrong_variables() {
    local name
    for name in $(make_lines | cut -f2 | grep -oE '\b[A-Z][A-Z_]+=' | sort -u | tr -d =); do
        grep -qrw --exclude-dir=tests --exclude='*.md' -e "$name" Makefile harness grader capstone/bench/bench.sh || echo "$name"
    done
}

@test "every make target that the documents name is one" {
    require tool:pandoc tool:jq
    expect "what they name" "" "$(wrong_targets)"
    [ "$(make_lines | wc -l)" -gt 30 ] || { echo "expected: more than 30 makes in the documents"; return 1; }
    lying nonsense
    expect_match "what lies name" 'lies.md: make nonsense$' "$(wrong_targets)"
}

@test "every variable that the documents give to make is used" {
    require tool:pandoc tool:jq
    expect "variables that nobody reads" "" "$(wrong_variables)"
    lying 'grade NONSENSE=1'
    expect "variables that nobody reads, among lies" NONSENSE "$(wrong_variables)"
}

@test "the guide's table of grading has the variables of the command, and no other" {
    require file:grader/class
    expect variables "$(grader/class --help | sed -nE 's/^  ([A-Z]+)=.*/\1/p' | grep -vx SSH | sort)" \
        "$(sed -nE 's/^\| `([A-Z]+)=[^`]*` \|.*/\1/p' book/guide.md | grep -vx SUBMISSIONS | sort)"
}

@test "every file of the course that the documents name is there" {
    require tool:pandoc tool:jq
    local path
    for path in $(for file in "${DOCS[@]}"; do code "$file"; done |
        grep -oE '\b(labs|capstone|grader|harness|support|book)/[A-Za-z0-9._/-]+' | grep -v 'NN-' | sort -u); do
        [ -e "${path%.}" ] || { echo "expected: $path is there"; return 1; }
    done
}

@test "every program that has a --help in the documents has one" {
    require tool:pandoc tool:jq
    local command count=0
    for command in $(for file in "${DOCS[@]}" capstone/README.md; do code "$file"; done |
        grep -oE '(harness|grader|capstone|book)/[a-z./-]+ --help' | cut -d' ' -f1 | sort -u) grader/grade harness/test harness/lint harness/doctor; do
        [ -x "$command" ] || continue
        run bounded "$command" --help
        expect_status 0
        expect_match "help of $command" '^(usage|[A-Za-z/]+ )' "$output"
        count=$((count + 1))
    done
    [ "$count" -ge 6 ] || { echo "expected: six programs at least"; echo "observed: $count"; return 1; }
}

@test "the blocks of the guide say what happens" {
    run as_user timeout -k 2 300 harness/walk --check book/guide.md
    expect_status 0
    [[ $output != *"not ok"* ]]
    expect_match "blocks" '1\.\.[4-9]' "$output"
}

# ---- what runs skiff ------------------------------------------------------

# a_terminal FILE: run the command in FILE on a terminal of its own, at which somebody
# types exit, again and again: what is typed before skiff has the terminal may be lost
a_terminal() { ( close_fds; while echo exit; do sleep 0.5; done ) 2>/dev/null | timeout -k 2 120 script -qec "bash $1" /dev/null; }

@test "what the README says of skiff runs" {
    require root cgroup:memory tool:script
    make rootfs >/dev/null
    local line name=cabin-$$ count=0
    while IFS= read -r line; do
        line=${line%%    #*} line=${line#sudo } line=${line//cabin/$name}
        echo "$line" >"$BATS_TEST_TMPDIR/line$count"
        case $line in
            *" -it "*)
                # "from elsewhere": the next line, while this one runs
                mkfifo "$BATS_TEST_TMPDIR/keys"
                spawn bash -c "exec <>$BATS_TEST_TMPDIR/keys; exec script -qec 'bash $BATS_TEST_TMPDIR/line$count' /dev/null" ;;
            *" exec "*)
                wait_for capstone/skiff exec "$name" true
                run bounded bash "$BATS_TEST_TMPDIR/line$count"
                expect_status 0
                expect_match "what it sees" 'PID.*COMMAND' "$output"
                capstone/skiff kill "$name"
                reap "$SPAWNED" ;;
            *)
                run bounded bash "$BATS_TEST_TMPDIR/line$count"
                expect_status 0
                expect_match "who it is" 'uid=0' "$output" ;;
        esac
        count=$((count + 1))
    done < <(grep '^sudo capstone/skiff ' README.md)
    expect "commands" 3 "$count"
}

@test "the examples of the manual page run" {
    require root cgroup:memory tool:script
    make rootfs >/dev/null
    local examples=$BATS_TEST_TMPDIR/examples line count=0
    mkdir -p "$BATS_TEST_TMPDIR/here/out" "$BATS_TEST_TMPDIR/bin"
    ln -s "$LAB_TOP/capstone/skiff" "$BATS_TEST_TMPDIR/bin/skiff"
    # The examples' root has a program, and a source with its make.
    cp -a build/rootfs "$BATS_TEST_TMPDIR/here/rootfs"
    chmod 755 "$BATS_TEST_TMPDIR/here" "$BATS_TEST_TMPDIR/here/rootfs"
    mkdir "$BATS_TEST_TMPDIR/here/rootfs/src"
    printf '#!/bin/sh\necho made "$@" >/out/result\n' >"$BATS_TEST_TMPDIR/here/rootfs/bin/make"
    printf '#!/bin/sh\necho the program, uid $(id -u)\n' >"$BATS_TEST_TMPDIR/here/rootfs/program"
    chmod 755 "$BATS_TEST_TMPDIR/here/rootfs/bin/make" "$BATS_TEST_TMPDIR/here/rootfs/program"
    # As the page's reader sees them; where skiff is installed is not ours to decide.
    sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' capstone/skiff.1 | sed -nE 's/^\.Dl //; s/\\\(dq/"/g; /^[#$] /p' |
        sed -E "s/^[#\$] //; s|/opt/skiff:/opt|$LAB_TOP/capstone:/opt|; s|/opt/skiff run|/opt/skiff run|; s/\bweb\b/web-$$/" >"$examples"
    cd "$BATS_TEST_TMPDIR/here" || return
    PATH=$BATS_TEST_TMPDIR/bin:$PATH
    while IFS= read -r line <&9; do
        count=$((count + 1))
        echo "$line" >"$BATS_TEST_TMPDIR/line"
        case $line in
            *" &")
                echo "${line% &}" >"$BATS_TEST_TMPDIR/line"
                spawn bash "$BATS_TEST_TMPDIR/line"
                wait_for skiff exec "web-$$" pidof httpd
                continue ;;
            *" -it "*) run a_terminal "$BATS_TEST_TMPDIR/line" ;;
            *) run bounded bash "$BATS_TEST_TMPDIR/line" ;;
        esac
        echo "$line: $output"
        expect_status 0
    done 9<"$examples"
    expect "examples" 9 "$count"
    expect_match "the result in the folder" '^made -C /src DESTDIR=/out$' "$(cat out/result)"
}
