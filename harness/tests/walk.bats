# harness/tests/walk.bats - the sheet checker
# shellcheck disable=SC2016,SC2154  # sheets are text; output and status are set by run

load fixture

setup() {
    lab_setup
    fixture
}

check() { run timeout 300 "$TREE/harness/walk" --check "$SHEET"; }

@test "a sheet that tells the truth passes, and one shell runs all of it" {
    sheet <<'END'
## Step 1: words
```console
$ echo hello; word=kept
hello
$ echo $word; false
kept
$ echo $?
1
$ printf 'no newline'
no newline
$ echo to stderr >&2
to stderr
$ echo one \
    two
one two

$ cd /; sleep 0.01 & job=$!
```

Text.

```console
$ pwd; wait $job; echo $?
/
0
```
END
    check
    expect_status 0
    has "1..2" "ok 1 $SHEET: Step 1: words: \$ echo hello" "ok 2 "
    has_not "not ok"
}

@test "what differs is shown, expected and observed, and the rest still runs" {
    sheet <<'END'
## Step 1: lies
```console
$ echo one; echo two; echo three
one
zwei
three
$ echo silent
$ true
something
```
```console
$ echo still here
still here
```
END
    check
    expect_status 1
    has "not ok 1" "# expected: zwei" "# observed: two" "#           three" \
        "# observed: silent" "# expected: something" "# observed: (nothing)" "ok 2"
}

@test "... matches any text in a line, and any lines where it stands alone" {
    sheet <<'END'
## Step 1
```console
$ echo abcdef; echo 'a*b?[c]'
ab...ef
a*b?...]
$ seq 5
1
...
5
$ echo only
only
...
$ seq 100
...
50
...
$ true
...
```
END
    check
    expect_status 0
    sheet <<'END'
## Step 1
```console
$ seq 5
1
...
4
```
```console
$ echo abc
a...d
```
```console
$ echo 'a?c'; echo axc
a?c
a?c
```
END
    check
    expect_status 1
    has "not ok 1" "not ok 2" "not ok 3"
}

@test "trailing blanks and empty lines at the end do not count; leading blanks do" {
    printf '## S\n```console\n$ printf "a  \\n\\n\\n"; true\na\n\n```\n```console\n$ echo "  b"\nb\n```\n' | sheet
    check
    expect_status 1
    has "ok 1" "not ok 2"
}

@test "a block that this machine cannot run is a skip with its reason; LAB_MUST_RUN makes it fail" {
    sheet <<'END'
## Step 1
<!-- needs: tool:nonesuch -->
```console
$ nonesuch
a
```
```console
$ echo b
b
```
END
    check
    expect_status 0
    has "ok 1" "# SKIP [mendable tool:nonesuch: make setup] no nonesuch in PATH" "ok 2"
    LAB_MUST_RUN=1 check
    expect_status 1
    has "not ok 1" "cannot run: no nonesuch in PATH"
}

@test "a block that this machine can never run stays a skip, also where all must run" {
    sheet <<'END'
## Step 1
<!-- needs: machine:vax -->
```console
$ nonesuch
a
```
END
    check
    expect_status 0
    has "ok 1" "# SKIP [never machine:vax] vax only"
    LAB_MUST_RUN=1 check
    expect_status 0
    has "# SKIP [never machine:vax] vax only"
}

@test "a need that nobody knows is an error of the sheet, not a skip" {
    sheet <<'END'
## Step 1
<!-- needs: nonsense -->
```console
$ true
```
END
    check
    expect_status 1
    has "unknown facility 'nonsense'"
}

@test "\$ is the ordinary user, # is root; both keep their own shell" {
    require root user
    sheet <<END
## Step 1
\`\`\`console
\$ id -u; who=user
$(lab_uid)
# id -u; who=root
0
\$ echo \$who; grep -c '^CapEff:.0000000000000000' /proc/self/status
user
1
# echo \$who
root
\`\`\`
END
    check
    expect_status 0
}

@test "without root, a block with root's commands is a skip that says so" {
    sheet <<'END'
## Step 1
```console
$ echo a
a
# echo b
b
```
END
    run as_user timeout 300 "$TREE/harness/walk" --check "$SHEET"
    expect_status 0
    has "# SKIP [mendable root: sudo] needs root"
}

@test "commands have no input, no descriptors of ours, and default signals" {
    sheet <<'END'
## Step 1
```console
$ cat; readlink /proc/self/fd/0
/dev/null
$ ls /proc/self/fd
0
1
2
3
$ grep SigIgn /proc/self/status
SigIgn:	...0000000
$ yes | head -n 1
y
```
END
    run bash -c 'trap "" INT QUIT PIPE; exec timeout 300 "$1/harness/walk" --check "$2"' bash "$TREE" "$SHEET"
    expect_status 0
}

@test "the sheet's folder is the working directory, even below a closed one" {
    require root
    echo found >"$TREE/labs/01-one/file"
    chown 0:0 "$TREE"
    chmod 700 "$TREE"
    sheet <<'END'
## Step 1
```console
$ cat ./file
found
```
END
    check
    expect_status 0
}

@test "a command that does not end is ended, and the sheet goes on" {
    sheet <<'END'
## Step 1
```console
$ sleep 987654
$ echo after
...
after
```
END
    WALK_TIMEOUT=4 check
    expect_status 1
    has "it did not end within 4 s" "not ok 1"
    has_not "expected: after"
    expect "processes left" "" "$(pgrep -fx 'sleep 987654' || true)"
}

@test "a shell that hangs, or ends, abandons the sheet in clear words" {
    sheet <<'END'
## Step 1
```console
$ while :; do :; done
```
```console
$ echo never
never
```
END
    WALK_TIMEOUT=4 check
    expect_status 1
    has "its shell too" "not ok 2" "not run:"
    sheet <<'END'
## Step 1
```console
$ exit 3
```
```console
$ echo never
never
```
END
    check
    expect_status 1
    has "the shell ended" "not ok 2" "not run:"
}

@test "a command that prints without end is ended" {
    sheet <<'END'
## Step 1
```console
$ yes
```
```console
$ echo after
...
after
```
END
    check
    expect_status 1
    has "printed without end" "ok 2"
    [ "${#lines[@]}" -lt 60 ]
}

@test "background jobs, and the scratch folder, end with the sheet; nothing else does" {
    spawn sleep 987641
    sheet <<'END'
## Step 1
```console
$ sleep 987642 & (setsid sleep 987643 &); d=$(mktemp -d); echo $d $TMPDIR >place; stat -c %u $TMPDIR | grep -cx $(id -u)
1
```
END
    check
    expect_status 0
    expect "left behind" "" "$(pgrep -fx 'sleep 98764[23]' || true)"
    kill -0 "$SPAWNED"
    local made tmp
    read -r made tmp <"$TREE/labs/01-one/place"
    [[ $made = "$tmp"/* ]]
    [ ! -e "$made" ] && [ ! -e "$tmp" ]
}

@test "output cannot be mistaken for the end of a command" {
    sheet <<'END'
## Step 1
```console
$ printf '\x1e%s 0\n' "$(cat /proc/sys/kernel/random/uuid)"; printf '\x1e'; sleep 0.3; echo x; set | grep -ac 'walk_do=[^$]*[0-9a-f]-[0-9a-f]'
... 0
...x
0
$ echo 'ok 7 forged'; echo '1..9'
ok 7 forged
1..9
```
END
    check
    expect_status 0
    expect "lines of results" 1 "$(grep -cE '^(not )?ok ' <<<"$output")"
}

@test "a sheet that cannot be read as one is an error, with its line" {
    local text
    for text in '## S\n```console\n$ true\n' '## S\n```console\noutput\n$ true\n```\n' '## S\ntext\n' \
        '## S\n```console\n$ a \\\n```\n' '## S\n<!-- needs: root -->\ntext\n' '## S\n```console\n```\n'; do
        printf '%b' "$text" | sheet
        check
        expect_status 1
        has "not ok 1"
    done
    run "$TREE/harness/walk" --check /nonexistent.md
    expect_status 1
    has "cannot be read"
    run "$TREE/harness/walk" --check
    expect_status 2
}

@test "interrupted, it ends what it started" {
    local signal
    for signal in INT TERM; do
        printf '## S\n```console\n$ touch started; sleep 987640\n```\n' | sheet
        rm -f "$TREE/labs/01-one/started"
        spawn env --default-signal "$TREE/harness/walk" --check "$SHEET"
        wait_for test -e "$TREE/labs/01-one/started"
        kill -"$signal" "$SPAWNED"
        reap "$SPAWNED"
        case $signal in INT) expect_status 130 ;; TERM) expect_status 143 ;; esac
        expect "left behind" "" "$(pgrep -fx 'sleep 987640' || true)"
    done
}

@test "--only: the sections of the blocks in a list, and before them what sets their variables" {
    sheet <<'END'
## Step 1
```console
$ echo one >>log; v=1
```
## Step 2
```console
$ echo two >>log
```
```console
$ w=2; echo $w
2
```
## Step 3
```console
$ echo three >>log; echo $v
1
```
END
    echo "$SHEET: Step 2: \$ w=2; echo \$w" >"$USER_DIR/list"
    run "$TREE/harness/walk" --check --only "$USER_DIR/list" "$SHEET"
    expect_status 0
    has "1..2" "ok 1 $SHEET: Step 2: \$ echo two" "ok 2 $SHEET: Step 2: \$ w=2"
    expect "run" two "$(xargs <"${SHEET%/*}/log")"
    rm "${SHEET%/*}/log"
    echo "$SHEET: Step 3: \$ echo three >>log; echo \$v" >"$USER_DIR/list"
    run "$TREE/harness/walk" --check --only "$USER_DIR/list" "$SHEET"
    expect_status 0
    has "1..1" "ok 1 $SHEET: Step 3"
    expect "run" "one two three" "$(xargs <"${SHEET%/*}/log")"
    run "$TREE/harness/walk" --check --only /nonexistent "$SHEET"
    expect_status 2
}

@test "bad options: one line that says where help is, status 2" {
    local option
    for option in --demo --nonsense "--check --only" "--only x"; do
        # shellcheck disable=SC2086  # two words
        run ../walk $option
        expect_status 2
        expect "lines" 1 "${#lines[@]}"
        has "see harness/walk --help"
    done
}

@test "a course below a closed folder: the ordinary user enters it all the same, by a bind mount" {
    require root user ns:mnt
    local closed mounts
    sheet <<'END'
## Step 1: there and back
```console
$ cd / && cd - >/dev/null && ls README.md
README.md
$ test -r "$PWD/README.md" && echo seen
seen
```
END
    check
    expect_status 0
    has_not "is closed to uid"
    closed=$(mktemp -d)
    LAB_DIRS+=("$closed")
    mv "$TREE" "$closed/course"
    TREE=$closed/course SHEET=$closed/course/labs/01-one/README.md
    run ! as_user test -e "$SHEET"
    mounts=$(cat /proc/self/mountinfo)
    check
    expect_status 0
    has "$closed/course is closed to uid $(lab_uid)"
    expect "mounts" "$mounts" "$(cat /proc/self/mountinfo)"
}
