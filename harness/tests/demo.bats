# harness/tests/demo.bats - the lecture player
# bats file_tags=long
# shellcheck disable=SC2016,SC2154  # sheets are text; output and status are set by run

load fixture

setup() {
    lab_setup
    fixture
    unset TMUX TMUX_PANE NO_COLOR PANES RECORD AUTO LAB STEP
}

teardown() {
    [ -z "${STAGE-}" ] || tmux -L "$STAGE" kill-server 2>/dev/null || true
    lab_teardown
}

lecture() {
    sheet <<'END'
# Lab 01: one

## Goal

The **aim** with `code` and [a page](https://example.org/x).

## The problem, shown

```console
$ d=$(mktemp -d); echo made
made
```

## Step 1: first

**Predict.** What will it say?

```console
$ n=$((n + 1)); echo "hello $n from $d" | tr h H
something else
```

**Explain.** It said so.

## Step 2: second

```console
$ ./nonesuch
fine
$ echo "$d" | wc -l
1
```

## Step 3: third

```console
$ trap '' INT; (trap - INT; exec sleep 987610); echo "and ${d:+on}"
on
```

## Man pages

not shown
END
}

demo() { run env AUTO=1 timeout 300 "$TREE/harness/demo" "$@"; }

# ---- without keys -----------------------------------------------------------

@test "no lab, no such lab, no such step: it lists what there is, status 2" {
    lecture
    demo
    expect_status 2
    has "01-one" "usage: make demo"
    demo 9
    expect_status 2
    has "no lab '9'" "01-one"
    demo 1 7
    expect_status 2
    has "no step '7'" "Step 2: second"
    demo 1 nonsense
    expect_status 2
}

@test "bad options and settings: one line that says where help is, status 2" {
    lecture
    demo --nonsense
    expect_status 2
    expect "lines" 1 "${#lines[@]}"
    has "see harness/demo --help"
    WALK_TIMEOUT=soon demo 1
    expect_status 2
    PANES=2 demo 1
    expect_status 2
    demo 1 1 1
    expect_status 2
    demo --help
    expect_status 0
    has "usage: demo" "space Enter"
}

@test "question, command, real output, explanation, in this order; one step brings what it needs" {
    lecture
    demo 1 1
    expect_status 0
    has "Step 1: first" "Hello 1 from /"
    has_not "Step 2" "something else" $'\e'
    [[ $output = *"Predict. What"*'$ n='*"Hello 1 from /"*"Explain. It said"* ]]
    LAB=01 STEP=01 demo
    expect_status 0
    has "Hello 1 from /"
}

@test "a command that could not be run is shown, and ends with status 1" {
    lecture
    WALK_TIMEOUT=2 demo 1
    expect_status 1
    has "Goal" "The aim with" "a page <https://example.org/x>" "nonesuch: No such file" \
        "it did not end within 2 s" "Commands that could not be run: 2"
    has_not "not shown" "**"
    expect "left behind" "" "$(pgrep -fx 'sleep 987610' || true)"
}

@test "root's commands without root are marked as not run, with the sheet's output" {
    printf '## Step 1: root\n```console\n# id -u\n0\n```\n' | sheet
    run as_user env AUTO=1 timeout 300 "$TREE/harness/demo" 1
    expect_status 0
    has "(needs root) not run" "| # id -u" "| 0"
    run as_user env AUTO=1 LAB_MUST_RUN=1 timeout 300 "$TREE/harness/demo" 1
    expect_status 1
}

@test "blocks with the exercise, not yet written, are shown and not run; the others run" {
    printf '## Step 1: yours\n```console\n$ ./one -x; touch ran\nfine\n```\n```console\n$ echo other\nother\n```\n' | sheet
    echo 'EXERCISE := one' >"$TREE/labs/01-one/Makefile"
    echo 'errx(125, "not written yet: line %d of %s", __LINE__, __FILE__);' >"$TREE/labs/01-one/one.c"
    demo 1
    expect_status 0
    has "one is yours to write, and 1 of its parts are not there yet" "| fine" $'other\n'
    [ ! -e "$TREE/labs/01-one/ran" ]
    echo 'int main(void) { return 0; }' >"$TREE/labs/01-one/one.c"
    demo 1
    [ -e "$TREE/labs/01-one/ran" ]
}

# ---- with keys ----------------------------------------------------------------

# stage COLUMNS ROWS ARGUMENT...: the demo in a terminal of that size, and after it
# the state of that terminal
stage() {
    local columns=$1 rows=$2
    shift 2
    require tool:tmux
    STAGE=demo-test-$$-$BATS_TEST_NUMBER-$RANDOM # a server that is ending is not asked again
    cat >"$TREE/stage" <<'END'
stty -g >before
"$@"
echo "it ended with $?" >ended
stty -g >after
echo "all over"
exec sleep 600
END
    ( close_fds; cd "$TREE" && tmux -L "$STAGE" -f /dev/null new-session -d -x "$columns" -y "$rows" \
        env ${OUTSIDE:+-u TMUX -u TMUX_PANE} TERM=screen-256color bash ./stage "${WITH[@]:-env}" "$TREE/harness/demo" "$@" )
}

screen() { tmux -L "$STAGE" capture-pane -p "$@"; }
# Typing a command takes a second or two: no need to look all the time.
on_screen() { screen | grep -qF -- "$1" || { lab_nap 0.08; return 1; }; }
gone() { ! on_screen "$1"; }
no_demo() { ! pgrep -f "^bash $TREE/harness/demo"; }

# sees TEXT...: each comes to stand on the screen
sees() {
    local text
    for text; do
        wait_for on_screen "$text" || { echo "expected on the screen: $text"; screen; return 1; }
    done
    SEEN=$text
}

# press KEY...: as a person does, who sees that the demo waits; but Ctrl-C comes at any time.
# It waits below a hint, or below a command that is typed to its end: what the test saw last.
press() {
    local tries=50
    until [ "$1" = C-c ] || waiting || [ "$((tries -= 1))" -eq 0 ]; do lab_nap 0.05; done
    SEEN=''
    tmux -L "$STAGE" send-keys "$@"
}
waiting() {
    local line last='' hint='^ *\['
    while IFS= read -r line; do [[ $line != *[^\ ]* ]] || last=$line; done < <(screen)
    [[ $last =~ $hint || ( -n ${SEEN-} && $last = *"$SEEN" ) ]]
}

# over STATUS: it ends so, and the terminal is as it was
over() {
    wait_for test -s "$TREE/after" || { screen; return 1; }
    expect "how" "it ended with $1" "$(cat "$TREE/ended")"
    expect "the terminal" "$(cat "$TREE/before")" "$(cat "$TREE/after")"
}

@test "keys: on, again, what the sheet says, contents, help, quit; the terminal is as before" {
    lecture
    stage 80 24 1 1
    sees "Predict." '| tr h H'
    run screen
    has_not "Hello"
    press Space
    sees "Hello 1 from" "not word for word" "[space]"
    press r
    sees "Hello 2 from"
    press e
    sees "The sheet says" "something else"
    press t
    sees "Step 3: third"
    press '?'
    sees "these keys; quit"
    press z
    press Enter
    sees "Explain."
    press q
    over 0
    wait_for no_demo
}

@test "keys: back to the beginning of the step and then to the one before, to a step by number, skip" {
    lecture
    stage 80 24 1
    sees "Goal" "space goes on, ? shows the keys" "[space: on]"
    press Space
    sees "The problem, shown" "echo made"
    press PPage
    sees "Goal"
    press NPage
    sees "The problem, shown" "echo made"
    press 1 Enter
    sees "Step 1: first" "| tr h H"
    press Space
    sees "Hello 1 from /" # so what sets d has run
    press b
    sees "Step 1: first" "| tr h H"
    wait_for gone Hello
    sees "| tr h H"
    press b
    sees "The problem, shown" "echo made"
    press 7 Enter
    sees "there is no step 7" "echo made"
    press 2 x
    sees "echo made"
    press s
    sees "Step 1: first" "| tr h H"
    press 0 Enter
    sees "Goal"
    press q
    over 0
}

@test "keys: f types no more, and a key shows the rest of what is being typed" {
    { echo '## Step 1: long'; echo '```console'; printf '$ : %0400d; echo "e"nd\nend\n```\n' 0; } | sheet
    stage 80 24 1
    sees ": 000"
    tmux -L "$STAGE" send-keys Space # while it is typed
    sees '; echo "e"nd'
    press f
    sees "commands come at once" '; echo "e"nd'
    press f
    sees "commands are typed" '; echo "e"nd'
    press Space
    wait_for eval 'screen | grep -qx end'
    press q
    over 0
}

@test "a command that fails is said to; it can be run again, and it goes on" {
    lecture
    stage 80 24 1 2
    sees "./nonesuch"
    press Space
    sees "it could not be run (status 127)" "[r: again, space: go on"
    printf '#!/bin/sh\necho fine\n' >"$TREE/labs/01-one/nonesuch"
    chmod 755 "$TREE/labs/01-one/nonesuch"
    press r
    wait_for eval 'screen | grep -qx fine'
    press Space
    sees "wc -l"
    press Space
    wait_for eval 'screen | grep -qx 1'
    press q
    over 0
}

@test "Ctrl-C ends the command that runs, and the demo goes on; then it ends the demo, with 130" {
    lecture
    stage 80 24 1 3
    sees ':+on}"'
    press Space
    wait_for pgrep -fx 'sleep 987610'
    press C-c
    sees "stopped by Ctrl-C" "and on" "[r: again"
    expect "left behind" "" "$(pgrep -fx 'sleep 987610' || true)"
    press C-c
    over 130
}

@test "when its terminal goes, all that it started ends" {
    lecture
    stage 80 24 1 3
    sees ':+on}"'
    press Space
    wait_for pgrep -fx 'sleep 987610'
    tmux -L "$STAGE" kill-server
    ended() { ! pgrep -fx 'sleep 987610' && ! pgrep -f "^bash $TREE/harness/demo"; }
    wait_for ended
}

@test "c shows the source of the step" {
    printf '## Step 1: code\n```console\n$ ./step1-code; echo "ru"n\n...\nrun\n```\n' | sheet
    printf '/* step1-code.c - see */\nint main(void) { return 0; }\n' >"$TREE/labs/01-one/step1-code.c"
    stage 80 24 1
    sees './step1-code; echo "ru"n'
    press c
    sees "1 /* step1-code.c - see */" "step1-code.c  (space: on, q: back to the demo)"
    press q
    wait_for gone "q: back to the demo"
    sees './step1-code; echo "ru"n'
    press Space
    wait_for eval 'screen | grep -qx run'
    press q
    over 0
}

@test "what does not fit on the screen waits for a key before it is scrolled off" {
    { echo '## Step 1: much'; printf '\nparagraph %d\n' {1..30}; printf '```console\n$ true\n```\n'; } | sheet
    stage 60 20 1
    sees "paragraph 1" "[more]"
    run screen
    has_not "paragraph 20"
    press Space
    sees "paragraph 15" "[more]"
    tmux -L "$STAGE" resize-window -x 40 -y 10
    press Space
    sees "[more]"
    press q
    over 0
}

@test "plain with NO_COLOR=1 and TERM=dumb, in colours else" {
    lecture
    local with
    for with in NO_COLOR=1 TERM=dumb none=0; do
        rm -f "$TREE/after" "$TREE/raw"
        WITH=(env "$with" bash -c 'exec script -qefc "$0 1 1" raw')
        stage 80 24
        sees "| tr h H"
        press q
        wait_for test -s "$TREE/after"
        if [ "$with" = none=0 ]; then grep -q $'\e\[[0-9;]*m' "$TREE/raw"; else run ! grep -q $'\e\[[0-9;]*m' "$TREE/raw"; fi
        [ "$with" != TERM=dumb ] || run ! grep -q $'\e' "$TREE/raw"
        tmux -L "$STAGE" kill-server
    done
}

# ---- two panes ------------------------------------------------------------------

sleeper() {
    sheet <<'END'
## Step 1: beside
```console
$ unshare -r --uts sleep 987611 & alone=$!
$ until [ "$(readlink /proc/$alone/ns/uts)" != "$(readlink /proc/$$/ns/uts)" ]; do :; done; kill $alone; echo "go"ne
gone
```
END
}

all_panes() {
    local pane
    for pane in $(tmux -L "$STAGE" list-panes -F '#{pane_id}'); do screen -t "$pane"; done
}

@test "in a large tmux the host's view stands beside what runs on; w takes it away" {
    require userns
    sleeper
    stage 140 35 1
    sees 'alone=$!'
    wait_for eval 'all_panes | grep -q "What the host sees"'
    wait_for eval 'all_panes | grep -q "nothing of the demo"'
    press Space
    wait_for eval 'all_panes | grep -q "uts:\[[0-9]*\]"'
    run all_panes
    has "sleep 987611" ", 0 inside"
    sees '"go"ne'
    press w
    wait_for eval '! all_panes | grep -q "What the host sees"'
    sees '"go"ne'
    press w
    wait_for eval 'all_panes | grep -q "What the host sees"'
    sees '"go"ne'
    press Space
    wait_for eval 'screen | grep -q ^gone'
    wait_for eval 'all_panes | grep -q "nothing of the demo"'
    press q
    over 0
    expect "panes" 1 "$(tmux -L "$STAGE" list-panes | wc -l)"
}

@test "a small terminal has one pane; PANES=1 makes a tmux for two, and passes the status on" {
    sleeper
    stage 80 24 1
    sees "sleep 987611" 'alone=$!'
    expect "panes" 1 "$(tmux -L "$STAGE" list-panes | wc -l)"
    press q
    over 0
    tmux -L "$STAGE" kill-server
    rm "$TREE/after"
    WITH=(env PANES=1)
    OUTSIDE=yes stage 120 30 1
    sees "What the host sees" "sleep 987611"
    press C-c
    over 130
    wait_for no_demo
}

# ---- recordings -----------------------------------------------------------------

# recorded FILE: a version 2 recording, its events in the order of time
recorded() {
    jq -es '.[0].version == 2 and .[0].width > 0 and (.[1:] | length > 5 and all(.[]; length == 3 and .[1] == "o")
        and (map(.[0]) | . == sort))' "$1" >/dev/null
}
cast_text() { jq -rs 'map(arrays | .[2]) | join("")' "$1"; }

@test "RECORD with AUTO: letter by letter, at the pace of a reader, and nobody waits" {
    require tool:jq tool:script
    lecture
    printf '## Step 1: ümläute\n```console\n$ printf "%%s\\n" é€𝄞 | tee said\n...\n```\n' | sheet
    RECORD=$TREE/one.cast demo 1
    expect_status 0
    has "Recorded: $TREE/one.cast"
    recorded "$TREE/one.cast"
    run cast_text "$TREE/one.cast"
    has "Step 1: ümläute" 'tee said' $'é€𝄞\r\n'
    has_not pace
    jq -es 'map(arrays | .[0]) | max > 1.5' "$TREE/one.cast"
    jq -es 'map(arrays | select(.[2] | endswith("p"))) | length > 0' "$TREE/one.cast"
    expect "left in TMPDIR" "" "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'demo-cast.*' -newer "$SHEET")"
    RECORD=/nonexistent/a.cast demo 1
    expect_status 1
    has "/nonexistent/a.cast: cannot be written"
}

@test "RECORD with keys: what was seen, as it was seen" {
    require tool:jq tool:script
    lecture
    WITH=(env RECORD=live.cast)
    stage 90 24 1 1
    sees "| tr h H"
    press Space
    sees "Hello 1 from /" "[space]"
    press q
    over 0
    sees "Recorded: live.cast"
    recorded "$TREE/live.cast"
    expect "size" "90 24" "$(jq -rs '.[0] | "\(.width) \(.height)"' "$TREE/live.cast")"
    run cast_text "$TREE/live.cast"
    has "Predict." "Hello 1 from /"
}

@test "a whole lab plays, and its recording holds every step" {
    require root user tool:jq tool:script
    [ -x "$LAB_TOP/labs/02-namespaces/step1-list" ] || mendable built "lab 02 is not built" make
    run env AUTO=1 RECORD="$TREE/02.cast" timeout 600 "$LAB_TOP/harness/demo" 02
    expect_status 0
    recorded "$TREE/02.cast"
    cast_text "$TREE/02.cast" >"$TREE/text"
    local step
    while IFS= read -r step; do
        grep -qF -- "$step" "$TREE/text" || { echo "not in the recording: $step"; return 1; }
    done < <(sed -n 's/^## \(Step .*\)/\1/p' "$LAB_TOP/labs/02-namespaces/README.md")
}

@test "when the terminal goes, the tmux that the demo made for itself goes too" {
    sleeper
    WITH=(env PANES=1)
    OUTSIDE=yes stage 120 30 1
    sees "What the host sees" 'alone=$!'
    press Space
    wait_for pgrep -fx 'sleep 987611'
    tmux -L "$STAGE" kill-server
    ended() { ! pgrep -fx 'sleep 987611' && ! pgrep -f "^bash $TREE/harness/demo" && ! pgrep -f "$TREE/harness/demo --host"; }
    wait_for ended
}

@test "record: one recording a lab, where the sheet has changed; none of a demo that fails" {
    require root user tool:jq tool:script
    printf '## Step 1: a\n```console\n$ echo sa"i"d\n...\n```\n' | sheet
    local cast=$TREE/build/casts/01-one.cast
    run "$TREE/harness/record" 1
    expect_status 0
    recorded "$cast"
    run cast_text "$cast"
    has said
    run "$TREE/harness/record" 1
    has "01-one: recorded already"
    cp "$cast" "$TREE/before.cast"
    printf '## Step 1: a\n```console\n$ ./nonesuch\n```\n' | sheet
    run "$TREE/harness/record" --all 1
    expect_status 1
    has "01-one: not recorded"
    cmp "$cast" "$TREE/before.cast"
    expect "in the folder" 01-one.cast "$(cd "${cast%/*}" && echo *)"
    run as_user "$TREE/harness/record" 1
    expect_status 1
    has "needs root"
    run "$TREE/harness/record" 9
    expect_status 2
    has "01-one"
    run "$TREE/harness/record" --nonsense
    expect_status 2
    has "see harness/record --help"
}

@test "a table stands in columns where it fits, else row by row" {
    { printf '## Part: table\n\n| who | what |\n|---|---|\n| `a×` | one \\| [two](x) |\n| bcde | three |\n\n'
        printf '| k | long |\n|---|---|\n| **w** |'; printf ' word%d' {1..20}; printf ' |\n'
        printf '\n```console\n$ true\n```\n'; } | sheet
    demo 1 1
    expect_status 0
    has $'\nwho   what\na×    one | two\nbcde  three\n' $'\nw\n    long: word1' $'\n    word'
    has_not '---|' '`'
}

@test "into a pipe that nobody reads any more it ends, without complaint" {
    lecture
    run bash -c '{ AUTO=1 timeout 300 "$1/harness/demo" 1 1; echo "$?" >"$1/status"; } | head -n 3' bash "$TREE"
    has_not "roken pipe"
    expect status 141 "$(cat "$TREE/status")"
}
