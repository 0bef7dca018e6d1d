#!/usr/bin/env bats
# processes.bats - a signal is for the process that is meant, not for its number
#
# The numbers of a pid namespace of the test's own are given away on purpose: where a
# process has ended, an innocent one begins with the same number (numbers.bash).
# shellcheck disable=SC2016  # what is in single quotes is for the shell inside
# shellcheck disable=SC2154  # status and output are set by run

load ../bats

setup() {
    lab_setup
    require root
    make -s -C "$LAB_TOP/support"
    DIR=$BATS_TEST_TMPDIR/numbers
    mkdir "$DIR"
}

# numbered CMD...: CMD where numbers are given away
numbered() {
    rm -f "$DIR"/{give,given,innocent}
    ( close_fds; unset "${!BATS_@}"
        exec timeout -k 2 60 unshare --pid --fork --kill-child --mount-proc bash numbers.bash "$DIR" "$@" </dev/null )
}

# script BODY: a shell that sources lib.bash of TREE; `reuse PID` has PID given away
script() {
    printf 'set -uo pipefail; source %q/support/lib.bash; DIR=%q
        reuse() { echo "$1" >"$DIR/give"; read -r _ <"$DIR/given"; [ "$(<"$DIR/innocent")" = "$1" ] || echo "not the same number"; }
        %s\n' "${TREE:-$LAB_TOP}" "$DIR" "$1" >"$DIR/script"
    run numbered bash "$DIR/script"
}

# both_ways BODY WANTED: with send-signal, and where it is not built
both_ways() {
    script "$1"
    expect_output "$2"
    mkdir -p "$DIR/tree/support"
    cp "$LAB_TOP/support/lib.bash" "$DIR/tree/support/"
    TREE=$DIR/tree script "$1"
    expect_output "$2"
}

ENDED='sleep 1000 & pid=$!; know "$pid"; send_signal TERM "$pid"; wait "$pid"'

@test "send_signal: a process that was waited for, and its number another's" {
    both_ways "$ENDED; reuse \"\$pid\"; send_signal KILL \"\$pid\" || echo refused; is_same \"\$pid\" || echo another" \
        $'refused\nanother\ninnocent lives'
    # control
    script "$ENDED; reuse \"\$pid\"; kill -KILL \"\$pid\""
    expect_output "innocent was killed"
}

@test "send_signal: the process that is meant gets it, by PID and by PID:START; no other target is one" {
    both_ways 'sleep 1000 & pid=$!; know "$pid"; send_signal 0 "$pid" && is_same "$pid" && echo there
        send_signal TERM "$pid"; wait "$pid"; echo $?
        sleep 1000 & pid=$!; start_of "$pid"; send_signal SIGINT "$pid:$((START + 1))" || echo refused
        send_signal term "$pid:$START"; wait "$pid"; echo $?
        for target in 1 -1 0 -0 1:1 -1:1 0:1 99999 "$$"; do ! send_signal TERM "$target" || echo "sent to $target"; done' \
        $'there\n143\nrefused\n143\nno number was given away'
}

@test "send_signal: a name with a newline, a bracket and numbers in it is a name" {
    both_ways 'printf "\n7 (a) Z 1 2 3" >/proc/$$/comm; start_of "$$"; echo "$START" | grep -cxE "[0-9]+"
        mine=$START; bash -c "source \"$LAB_TOP/support/lib.bash\"; start_of \$PPID; [ \"\$START\" = $mine ] && echo same"' \
        $'1\nsame\nno number was given away'
}

@test "send_signal: a process group, while one of it runs; never the group of another leader" {
    both_ways 'rm -f "$DIR/out"; setsid sh -c "sleep 1000 & echo; exec sleep 1001" >"$DIR/out" & pid=$!; know "$pid"
        until [ -s "$DIR/out" ]; do :; done
        send_signal TERM "$pid"; wait "$pid"
        send_signal 0 "-$pid" && session_is "$pid" && echo "one of it runs"
        send_signal KILL "-$pid"; until ! send_signal 0 "-$pid"; do :; done
        reuse "$pid"; until [ "$(ps -o pgid= -p "$pid" | tr -d " ")" = "$pid" ]; do :; done
        send_signal KILL "-$pid" || echo refused; session_is "$pid" || echo another' \
        $'one of it runs\nrefused\nanother\ninnocent lives'
}

@test "a test's own kill, and its teardown: a process of this test, and no other" {
    # how the last line of the test kills, and what becomes of the innocent process
    local way wanted
    for way in 'run ! kill -KILL "$SPAWNED":innocent lives' 'true:innocent lives' 'builtin kill -KILL "$SPAWNED":innocent was killed'; do
        wanted=${way##*:}
        printf 'load %q/support/bats\n@test "inner" {\nspawn sleep 1000\nkill -KILL "$SPAWNED"\nreap "$SPAWNED"\nexpect_status 137
            echo "$SPAWNED" >%q/give; read -r _ <%q/given\nexpect number "$SPAWNED" "$(<%q/innocent)"\n%s\n}\n' \
            "$LAB_TOP" "$DIR" "$DIR" "$DIR" "${way%:*}" >"$DIR/inner.bats"
        run numbered bats --tap "$DIR/inner.bats"
        expect_match "with: $way" $'\nok 1 inner\n.*'"$wanted\$" "$output"
    done
}

@test "a test's own kill: children, what carries the mark, groups; a process of the machine is none" {
    sleep 1000 3>&- &
    kill -s TERM "$!"
    reap "$!"
    expect_status 143
    # an orphan in a session of its own
    bounded sh -c 'setsid sh -c "echo \$\$; exec sleep 1000" >"$0" 2>/dev/null &' "$DIR/orphan"
    wait_for test -s "$DIR/orphan"
    run -0 kill -KILL -- "$(<"$DIR/orphan")"
    wait_for eval '! kill -0 "$(<"$DIR/orphan")"'
    spawn setsid sleep 1000
    wait_for eval "[ \$(ps -o pgid= -p $SPAWNED) = $SPAWNED ]"
    kill -- "-$SPAWNED"
    reap "$SPAWNED"
    expect_status 143
    run ! kill -0 1
    run ! kill -0 "$PPID"
    run -0 kill -l 9
    expect_output KILL
}
