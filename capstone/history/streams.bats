#!/usr/bin/env bats
# Standard input, output and error: what COMMAND gets is what was handed to it, and no more.
#
# The control is the naive runner, which hands on the caller's descriptors themselves.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # run sets output, status, stderr
load common

# caller REDIRECTION CMD...: a caller whose output is that; the status is CMD's
caller() {
    local where=$1
    shift
    bounded bash -c "exec \"\$@\" $where" _ "$@"
}
naively() { local where=$1; shift; caller "$where" unshare --mount --propagation private "$HERE/naive" run "$ROOTFS" "$@"; }
skiffly() { local where=$1; shift; caller "$where" "$EXERCISE" run "$@"; }

# on_terminal COMMANDS: with a terminal, the caller's; its name in $TTY, what it shows in
# the file $SCREEN
on_terminal() {
    TERMINALS=$((${TERMINALS-0} + 1))
    mkfifo "$BATS_TEST_TMPDIR/keys$TERMINALS"
    exec {KEYS}<>"$BATS_TEST_TMPDIR/keys$TERMINALS"
    rm -f "$BATS_TEST_TMPDIR/tty"
    SPAWN_INPUT=$BATS_TEST_TMPDIR/keys$TERMINALS spawn script -qefc "tty >$BATS_TEST_TMPDIR/tty; $1" /dev/null
    SCREEN=$SPAWNED_OUT SCRIPT=$SPAWNED
    wait_for test -s "$BATS_TEST_TMPDIR/tty"
    TTY=$(cat "$BATS_TEST_TMPDIR/tty")
}
keys() { printf '%b' "$1" >&"$KEYS"; }
shows() { wait_for grep -q -- "$1" "$SCREEN"; }
state_of() { awk '{ sub(/.*\) /, ""); print $1 }' "/proc/$1/stat"; }
gone() { ! kill -0 "$1" 2>/dev/null; }

# skiffs COMMAND LINE: the pids of these skiffs, without their keepers' (sessions of their own)
skiff_of() { pgrep -f -- "^$EXERCISE $1" | head -n 1; }

@test "a log that COMMAND may append to: it cannot be truncated, nor opened otherwise and read" {
    hint "a pipe, which skiff copies from; ftruncate(2), and /proc/PID/fd in proc(5)"
    log=$WORLD/log
    for attempt in truncate reopen; do
        echo precious >"$log"
        chmod 666 "$log"
        run naively ">>$log" payload-streams "$attempt"
        expect "control: $attempt on the naive runner" 0 "$status"
        for options in "" "-u 1000" "--userns host" --privileged; do
            echo precious >"$log"
            # shellcheck disable=SC2086  # words
            run skiffly ">>$log" $options "$ROOTFS" payload-streams "$attempt"
            expect "$attempt ($options)" 1 "$status"
            # shellcheck disable=SC2086  # words
            skiffly ">>$log" $options "$ROOTFS" echo said
            expect "the log ($options)" "precious said" "$(paste -sd ' ' "$log")"
        done
    done
    # nor by a process that joins
    container --name "test-$NAP" --userns host
    echo precious >"$log"
    for attempt in truncate reopen; do
        run caller ">>$log" "$EXERCISE" exec "test-$NAP" payload-streams "$attempt"
        expect "exec: $attempt" 1 "$status"
    done
    caller ">>$log" "$EXERCISE" exec "test-$NAP" echo said
    expect "the log after exec" "precious said" "$(paste -sd ' ' "$log")"
}

@test "an ordinary user's log: the same, where container root has the user's own id" {
    hint "a map of one id makes container root the owner of the caller's files; see user_namespaces(7)"
    require user userns overlay:user
    user_dir
    echo precious >"$USER_DIR/log"
    chown "$(lab_uid)" "$USER_DIR/log"
    new_image "$USER_DIR/rootfs"
    run bounded_user bash -c 'exec "$@" >>"$0"' "$USER_DIR/log" "$EXERCISE" run "$USER_DIR/rootfs" payload-streams reopen
    expect "reopened" 1 "$status"
    run bounded_user bash -c 'exec "$@" >>"$0"' "$USER_DIR/log" unshare -r "$USER_DIR/rootfs/bin/payload-streams" reopen
    expect "control: without a pipe" 0 "$status"
}

@test "the caller's terminal as output: its keys cannot be read, nor its modes set" {
    hint "a terminal is opened read-write: ttyname(3), tcsetattr in termios(3); a pipe has one direction"
    require tool:script tool:stty
    for runner in naive skiff; do
        case $runner in
            naive) line="unshare --mount --propagation private $HERE/naive run $ROOTFS" succeeds=0 ;;
            skiff) line="$EXERCISE run $ROOTFS" succeeds=1 ;;
        esac
        on_terminal "stty -g >$BATS_TEST_TMPDIR/before; $line payload-streams modes </dev/null; echo modes \$?
            stty -g >$BATS_TEST_TMPDIR/after; stty sane; $line payload-streams read </dev/null; echo read \$?"
        shows "^modes $succeeds"
        shows waiting
        keys 'secret\r'
        shows "^read $succeeds"
        [ "$runner" = naive ] || expect "the terminal" "$(cat "$BATS_TEST_TMPDIR/before")" "$(cat "$BATS_TEST_TMPDIR/after")"
        exec {KEYS}>&-
    done
}

@test "O_NONBLOCK is COMMAND's own, not everybody's who shares the caller's output" {
    hint "it is a flag of the open file, which descriptors share: fcntl(2), F_SETFL"
    for runner in naively skiffly; do
        rm -f "$WORLD/pipe"
        mkfifo "$WORLD/pipe"
        exec {SHARED}<>"$WORLD/pipe"
        case $runner in
            naively) run naively ">&$SHARED" payload-streams nonblock; expected=nonblocking ;;
            skiffly) run bash -c 'exec "$@" >&"$0" 3>&- 4>&-' "$SHARED" "$EXERCISE" run "$ROOTFS" payload-streams nonblock; expected=blocking ;;
        esac
        if [ "$runner" = naively ]; then
            run bash -c 'exec "$@" >&"$0" 3>&- 4>&-' "$SHARED" unshare --mount --propagation private "$HERE/naive" run "$ROOTFS" payload-streams nonblock
        fi
        expect "set for itself ($runner)" 0 "$status"
        flags=$(awk '$1 == "flags:" { print $2 }' "/proc/$BASHPID/fdinfo/$SHARED")
        expect "the caller's, by the $runner" "$expected" "$([ $((0$flags & 04000)) -eq 0 ] && echo blocking || echo nonblocking)"
        exec {SHARED}>&-
    done
}

@test "the caller's /dev/null is not COMMAND's to change" {
    hint "the container's own, on a read-only mount; chmod(2) gives EROFS"
    # A node of this test's own, in case it does change.
    mknod -m 666 "$WORLD/null" c 1 3 || mendable mknod "no device nodes can be made here" "$ELSEWHERE"
    [ -c "$WORLD/null" ] && (: >"$WORLD/null") 2>/dev/null || mendable nodev "device nodes cannot be opened in $WORLD" "set TMPDIR to a folder without nodev"
    run caller ">$WORLD/null 2>$WORLD/null" "$ROOTFS/bin/payload-streams" chmod
    expect "control: outside" 0 "$status"
    for options in "--userns host" "--privileged" "--userns host --privileged"; do
        # shellcheck disable=SC2086  # words
        run caller ">$WORLD/null 2>$WORLD/null" "$EXERCISE" run $options "$ROOTFS" payload-streams chmod
        expect "chmod ($options)" 1 "$status"
    done
    expect "descriptors" "/dev/null /dev/null /dev/null" "$(
        bounded bash -c 'exec "$@" >"$0" 2>/dev/null' "$WORLD/null" "$EXERCISE" run -v "$WORLD:/world" "$ROOTFS" sh -c \
            'for fd in 0 1 2; do link=$(readlink /proc/$$/fd/$fd); echo $link >>/world/said; done' || true; paste -sd ' ' "$WORLD/said")"
}

@test "a socket as output cannot be read from" {
    hint "socketpair(2): both directions; a pipe has one"
    run bounded "$ROOTFS/bin/payload-streams" socket unshare --mount --propagation private "$HERE/naive" run "$ROOTFS" payload-streams read
    expect "control: on the naive runner" 0 "$status"
    run bounded "$ROOTFS/bin/payload-streams" socket "$EXERCISE" run "$ROOTFS" payload-streams read
    expect "on skiff" 1 "$status"
}

@test "/dev/stdout and /dev/stderr can be opened for writing, by any user, also of exec" {
    hint "the mode of the pipe: fchmod(2); /proc/self/fd in proc(5)"
    container --name "test-$NAP"
    for options in "" "-u 1000" "-u 1000:7"; do
        # shellcheck disable=SC2086  # words
        run --separate-stderr prog run $options "$ROOTFS" payload-streams open
        expect "run $options" "0 out error" "$status $output $stderr"
        # shellcheck disable=SC2086  # words
        run --separate-stderr prog exec $options "test-$NAP" payload-streams open
        expect "exec $options" "0 out error" "$status $output $stderr"
    done
    run prog run --userns host -u 5 "$ROOTFS" payload-streams open
    expect "--userns host -u 5" "0 out error" "$status $(paste -sd ' ' <<<"$output")"
    # and it is one that only the caller has opened for reading
    run prog run -u 1000 "$ROOTFS" payload-streams reopen
    expect "read back by another user" 1 "$status"
}

@test "one file, one pipe: output and errors stay in order; two files stay apart" {
    hint "st_dev and st_ino in stat(3type)"
    expected=$(seq 200 | paste -sd ' ')
    for redirection in ">$WORLD/both 2>&1" ">>$WORLD/both 2>&1" "2>&1 | cat >$WORLD/both"; do
        rm -f "$WORLD/both"
        bounded bash -c "\"\$@\" $redirection" _ "$EXERCISE" run "$ROOTFS" sh -c \
            'i=1; while [ $i -le 200 ]; do echo $i; echo $((i + 1)) >&2; i=$((i + 2)); done'
        expect "with $redirection" "$expected" "$(paste -sd ' ' "$WORLD/both")"
    done
    run --separate-stderr prog run "$ROOTFS" sh -c 'echo out; echo error >&2'
    expect "apart" "out error" "$output $stderr"
}

@test "all that COMMAND has written arrives, also where the reader comes late" {
    hint "FIONREAD, see pipe(7): what is in the pipe when COMMAND has ended"
    mkfifo "$WORLD/pipe"
    exec {SHARED}<>"$WORLD/pipe"
    ( close_fds_but "$SHARED"; exec "$EXERCISE" run "$ROOTFS" sh -c 'head -c 150000 /dev/zero; exit 7' 1>&"$SHARED" </dev/null 2>/dev/null ) &
    skiff=$!
    LAB_SPAWNED+=("$skiff")
    # COMMAND ends: the pipe of the container takes what the caller's does not.
    ( close_fds_but "$SHARED"; exec head -c 150000 <&"$SHARED" | wc -c >"$WORLD/count" )
    reap "$skiff"
    expect "status" 7 "$status"
    expect "bytes" 150000 "$(tr -d ' ' <"$WORLD/count")"
    exec {SHARED}>&-
    # a megabyte through each kind of file
    for redirection in ">$WORLD/file" "| cat >$WORLD/file" "> >(sleep 1; cat >$WORLD/file; : >$WORLD/end)"; do
        rm -f "$WORLD/file" "$WORLD/end"
        bounded bash -c "\"\$@\" $redirection" _ "$EXERCISE" run "$ROOTFS" head -c 1000000 /dev/zero
        [[ $redirection != *end* ]] || wait_for test -e "$WORLD/end"
        expect "bytes by $redirection" 1000000 "$(stat -c %s "$WORLD/file")"
    done
}
close_fds_but() {
    local fd
    for fd in /proc/self/fd/*; do
        fd=${fd##*/}
        [ "$fd" -le 2 ] || [ "$fd" -eq 255 ] || [ "$fd" -eq "$1" ] || eval "exec $fd>&-"
    done
}

@test "a reader that has stopped keeps skiff from nothing: signals and --timeout end it" {
    hint "no write(2) that can block: poll(2), RWF_NOWAIT in preadv2(2), MSG_DONTWAIT in send(2)"
    for kind in pipe socket; do
        for how in TERM INT timeout; do
            options=()
            [ "$how" != timeout ] || options=(--timeout 1)
            if [ "$kind" = pipe ]; then
                mkfifo "$WORLD/$kind.$how"
                exec {SHARED}<>"$WORLD/$kind.$how"
                ( close_fds_but "$SHARED"; exec "$EXERCISE" run "${options[@]}" "$ROOTFS" yes "$NAP" 1>&"$SHARED" 2>/dev/null </dev/null ) &
                LAB_SPAWNED+=($!)
                SPAWNED=$!
            else
                spawn "$ROOTFS/bin/payload-streams" socket "$EXERCISE" run "${options[@]}" "$ROOTFS" yes "$NAP"
            fi
            if [ "$how" != timeout ]; then
                wait_for full "$NAP"
                kill "-$how" "$(skiff_of "run $ROOTFS yes $NAP")"
            fi
            wait_for no_yes "$NAP"
            reap "$SPAWNED"
            expect "status ($kind, $how)" "$(case $how in TERM) echo 143 ;; INT) echo 130 ;; *) echo 137 ;; esac)" "$status"
            [ "$kind" = socket ] || exec {SHARED}>&-
        done
    done
}
yes_pid() { pgrep -fx -- "yes $1" | head -n 1; }
# full: all pipes are, so that COMMAND waits in write(2)
full() { local pid; pid=$(yes_pid "$1") && grep -q 'pipe_write\|^0$' "/proc/$pid/wchan" && [ "$(state_of "$pid")" = S ]; }
no_yes() { [ -z "$(yes_pid "$1")" ]; }

@test "a terminal that has stopped keeps skiff from nothing, with and without -t" {
    hint "an open file of skiff's own, O_NONBLOCK: open(2) of /proc/self/fd/1"
    require tool:script
    for options in "" -t; do
        on_terminal "$EXERCISE run $options $ROOTFS yes $NAP; echo \$? >$BATS_TEST_TMPDIR/ended"
        wait_for eval '[ -n "$(yes_pid "$NAP")" ]'
        kill -STOP "$SCRIPT"
        # Everything is full: COMMAND sleeps in its write(2).
        wait_for eval '[ "$(state_of "$(yes_pid "$NAP")")" = S ]'
        kill -TERM "$(skiff_of "run ${options:+$options }$ROOTFS yes $NAP")"
        wait_for test -s "$BATS_TEST_TMPDIR/ended"
        expect "status ($options)" 143 "$(cat "$BATS_TEST_TMPDIR/ended")"
        kill -KILL "$SCRIPT"
        rm -f "$BATS_TEST_TMPDIR/ended"
        exec {KEYS}>&-
    done
}

@test "a reader that is gone: COMMAND learns it, as it would without skiff" {
    hint "EPIPE in write(2), SIGPIPE in signal(7)"
    run bounded bash -c '"$@" | head -n 1; echo "${PIPESTATUS[0]}"' _ "$EXERCISE" run "$ROOTFS" yes
    expect "as PID 1, which SIGPIPE does not kill" "y 1" "$(grep -v yes: <<<"$output" | paste -sd ' ')"
    # also where it has nothing to say at that moment: poll(2) tells POLLERR
    run bounded bash -c '"$@" | head -n 1; echo "${PIPESTATUS[0]}"' _ "$EXERCISE" run "$ROOTFS" sh -c \
        'trap "" PIPE; echo first; until ! echo more; do :; done 2>/dev/null; exit 9'
    expect "the last line" 9 "$(tail -n 1 <<<"$output")"
    # what a full disk does not take, skiff tells
    run --separate-stderr caller ">/dev/full" "$EXERCISE" run "$ROOTFS" sh -c 'echo lost; exit 3'
    expect "status" 3 "$status"
    expect_match "the warning" "standard output: No space left on device" "$stderr"
}

@test "-i: the caller's input and its end arrive; COMMAND cannot write to it" {
    hint "the pipe's other end, closed: pipe(7)"
    container --name "test-$NAP"
    for runner in "run -i $ROOTFS" "exec -i test-$NAP"; do
        # shellcheck disable=SC2086  # words
        run bounded bash -c 'seq 50000 | "$@"' _ "$EXERCISE" $runner sh -c 'cat; echo end' 3>&- 4>&-
        expect "$runner" "$(seq 50000 | cksum) end" "$(head -n -1 <<<"$output" | cksum) $(tail -n 1 <<<"$output")"
        # shellcheck disable=SC2086  # words
        run bounded bash -c 'yes | "$@"' _ "$EXERCISE" $runner head -n 1 3>&- 4>&-
        expect "$runner: an endless input" y "$output"
    done
    echo precious >"$WORLD/log"
    run caller "<>$WORLD/log" "$EXERCISE" run -i "$ROOTFS" sh -c 'echo spoilt >&0'
    expect "the file" precious "$(cat "$WORLD/log")"
    run caller "<>$WORLD/log" sh -c 'echo spoilt >&0'
    expect "control: without skiff" spoilt "$(head -c 6 "$WORLD/log")"
}

@test "-i on a terminal: lines arrive, and in the background skiff neither reads nor stops" {
    hint "SIGTTIN in signal(7): ignored, read(2) gives EIO; tcgetpgrp(3)"
    require tool:script
    on_terminal "bash --norc -ic 'set +o history; PS1=; $EXERCISE run -i $ROOTFS sh -c \"read line; echo got \\\$line; sleep $NAP\" & read mine; echo shell got \$mine; fg >/dev/null'"
    wait_for skiff_of "run -i $ROOTFS"
    skiff=$(skiff_of "run -i $ROOTFS")
    wait_for grep -q . "/proc/$skiff/task/$skiff/children"
    keys 'first\r'
    shows "shell got first"
    expect "skiff in the background" S "$(state_of "$skiff")"
    keys 'second\r'
    shows "^got second"
    wait_for napping
    kill -TERM "$skiff"
    wait_for eval '! napping'
    exec {KEYS}>&-
}

@test "exec ends with COMMAND, though its children hold its output open" {
    hint "what is in the pipe when COMMAND has ended, and no more: FIONREAD, ioctl_tty(2)"
    container --name "test-$NAP"
    for tty in "" -t; do
        # Into a file: whoever holds a pipe of `run` open keeps it waiting.
        status=0
        # shellcheck disable=SC2086  # none, or a word
        bounded bash -c '"$@" | cat >"$0"' "$WORLD/said" "$EXERCISE" exec $tty "test-$NAP" \
            sh -c "sleep $((NAP + 7)) & echo said; exit 0" 2>/dev/null || status=$?
        expect "($tty)" "said 0" "$(tr -d '\r' <"$WORLD/said") $status"
    done
    # also one that goes on writing
    bounded bash -c '"$@" | tail -c 4 >"$0"' "$WORLD/said" "$EXERCISE" exec "test-$NAP" \
        sh -c "yes $NAP & echo said; exit 0" 2>/dev/null || status=$?
    expect "status" 0 "$status"
}
