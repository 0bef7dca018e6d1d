#!/usr/bin/env bats
# -t and -i: a terminal of the container's own, and the caller's before it.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # run sets output, status, stderr; common.bash uses what setup sets
load common

setup() {
    lab_setup
    require_skiff tool:script tool:stty
    NAP=$((1000000 + BATS_TEST_NUMBER * 100000 + RANDOM))
    DIR=$BATS_TEST_TMPDIR
    before=$(footprint)
}

# on_terminal COMMANDS: run them with a terminal, the caller's; its name in $TTY,
# what it shows in the file $SCREEN.  `type` types into it.
on_terminal() {
    mkfifo "$DIR/keys"
    exec {KEYS}<>"$DIR/keys"
    SPAWN_INPUT=$DIR/keys spawn script -qefc "tty >$DIR/tty; stty rows 33 cols 99; $1" /dev/null
    SCREEN=$SPAWNED_OUT SCRIPT=$SPAWNED
    wait_for test -s "$DIR/tty"
    TTY=$(cat "$DIR/tty")
}

keys() { printf '%b' "$1" >&"$KEYS"; }
shows() { wait_for grep -q -- "$1" "$SCREEN"; }
mode() { bounded stty -F "$TTY" -g; }
state_of() { awk '{ sub(/.*\) /, ""); print $1 }' "/proc/$1/stat"; }

@test "[2] -t: descriptors 0 to 2 are a terminal of the container's own" {
    hint "open /dev/pts/ptmx in the container's devpts; TIOCGPTPEER and TIOCSCTTY in ioctl_tty(2)"
    run prog run -t "$ROOTFS" sh -c 'tty; [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo "all three"; (: </dev/tty) && echo controlling'
    expect_status 0
    expect_match "the terminal" "/dev/(pts/[0-9]+|console)" "$output"
    expect_match "the streams" "all three" "$output"
    expect_match "/dev/tty" "controlling" "$output"
    run in_container sh -c 'tty; [ -t 1 ]; echo $?'
    expect_match "control: without -t" "1\$" "$output"
    spawn "$EXERCISE" run -t "$ROOTFS" sleep "$NAP"
    wait_for napping
    CONTAINER=$(nappers)
    expect "its filesystem is not the host's" other "$(
        [ "$(stat -Lc %d "/proc/$CONTAINER/fd/0")" = "$(stat -c %d /dev/pts)" ] && echo "the host's" || echo other)"
    expect "session leader" "$CONTAINER" "$(ps -o sid= -p "$CONTAINER" | tr -d ' ')"
    expect "descriptors" "0 1 2" "$(find "/proc/$CONTAINER/fd" -mindepth 1 -printf '%f\n' | sort | xargs)"
}

@test "[1] -t: the status is COMMAND's, and the last word arrives" {
    hint "read the master until EIO, then waitid(2); see pty(7)"
    for code in 0 7 200; do
        run prog run -t "$ROOTFS" sh -c "i=0; while [ \$i -lt 300 ]; do echo line \$i; i=\$((i+1)); done; exit $code"
        expect_status "$code"
        expect "the last line" "line 299" "$(tail -n 1 <<<"$output" | tr -d '\r')"
    done
    run prog run -t -u 1000 "$ROOTFS" sh -c 'echo mine >/dev/tty && stat -c %u "$(tty)"'
    expect_match "written by the user" "mine" "$output"
}

@test "[2] -t: the size is the caller's terminal's, and follows it" {
    hint "TIOCGWINSZ, TIOCSWINSZ in ioctl_tty(2), and SIGWINCH"
    on_terminal "$EXERCISE run -it $ROOTFS sh -c 'trap \"stty size\" WINCH; stty size; env sleep $NAP & while :; do wait; done'"
    wait_for napping
    shows '^33 99'
    bounded stty -F "$TTY" rows 44 cols 111
    shows '^44 111'
}

@test "[2] -it: what is typed reaches COMMAND; Ctrl-C is for it, not for skiff" {
    hint "cfmakeraw in termios(3): the container's terminal makes the signal, not the caller's"
    on_terminal "$EXERCISE run -it $ROOTFS sh -c 'trap \"echo caught; exit 7\" INT; read line; echo got \$line; env sleep $NAP & wait'; echo \"status \$?\""
    keys 'some words\r'
    shows 'got some words'
    wait_for napping
    keys '\003'
    shows caught
    shows 'status 7'
    reap "$SCRIPT"
}

@test "[2] -it: job control works inside: Ctrl-Z stops the foreground job alone" {
    hint "a controlling terminal (TIOCSCTTY, see ioctl_tty(2)) of a session of its own; see credentials(7)"
    on_terminal "$EXERCISE run -it $ROOTFS sh; echo \"status \$?\""
    skiff=$(wait_for pgrep -f -- "^$EXERCISE run -it $ROOTFS" && pgrep -f -- "^$EXERCISE run -it $ROOTFS" | head -n 1)
    keys "env sleep $NAP\r"
    wait_for napping
    CONTAINER=$(nappers)
    keys '\032'
    wait_for eval '[ "$(state_of "$CONTAINER")" = T ]'
    expect "skiff is not stopped" S "$(state_of "$skiff")"
    keys 'fg\r'
    wait_for eval '[ "$(state_of "$CONTAINER")" = S ]'
    keys '\003'
    wait_for eval '! napping'
    keys 'exit 9\r'
    shows 'status 9'
}

@test "[2] -it: the caller's terminal is raw meanwhile, and as it was afterwards" {
    hint "tcgetattr and tcsetattr in termios(3)"
    on_terminal "stty -g >$DIR/at-first; $EXERCISE run -it $ROOTFS sleep $NAP; stty -g >$DIR/at-last; sleep 30"
    wait_for napping
    wait_for eval 'bounded stty -F "$TTY" -a | grep -q -- "-isig.*-icanon\|-icanon.*-isig"'
    [ "$(mode)" != "$(cat "$DIR/at-first")" ]
    kill -KILL "$(nappers)"
    wait_for test -s "$DIR/at-last"
    expect "the terminal" "$(cat "$DIR/at-first")" "$(cat "$DIR/at-last")"
}

@test "[2] -it: the terminal is as it was even after SIGKILL to skiff" {
    hint "somebody who outlives skiff holds the terminal, and its old settings; see tcsetattr in termios(3)"
    on_terminal "stty -g >$DIR/at-first; $EXERCISE run -it $ROOTFS sleep $NAP; echo \$? >$DIR/ended; sleep 30"
    wait_for napping
    wait_for eval '[ "$(mode)" != "$(cat "$DIR/at-first")" ]'
    kill -KILL "$(pgrep -f -- "^$EXERCISE run -it $ROOTFS sleep $NAP" | head -n 1)"
    wait_for test -s "$DIR/ended"
    wait_for eval '[ "$(mode)" = "$(cat "$DIR/at-first")" ]'
    wait_for eval '! napping'
}

@test "[1] without -i, stdin is empty" {
    hint "null(4); -i hands the caller's on"
    run bounded bash -c 'echo secret | "$1" run "$2" cat 3>&- 4>&-' _ "$EXERCISE" "$ROOTFS"
    expect_output ""
    run bounded bash -c 'echo given | "$1" run -i "$2" cat 3>&- 4>&-' _ "$EXERCISE" "$ROOTFS"
    expect_output given
}

@test "[1] exec -it: a terminal of its own, in the container" {
    hint "the container's devpts: setns(2) first; see pts(4)"
    container --name "test-$NAP"
    on_terminal "$EXERCISE exec -it test-$NAP sh; echo \"status \$?\""
    # shellcheck disable=SC2016  # for the shell in there
    keys 'tty; stty size; echo "pid 1 is" $(tr "\\\\0" " " </proc/1/cmdline)\r'
    shows '/dev/\(pts/[0-9]\|console\)'
    shows '^33 99'
    shows "pid 1 is sleep $NAP"
    keys 'exit 6\r'
    shows 'status 6'
}
