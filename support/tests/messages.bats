#!/usr/bin/env bats
# What the reference of each exercise says is one line and moves no cursor, whatever it was given.
# shellcheck disable=SC2154  # run sets output, status, stderr
load ../bats

# Each with what it takes, before the name of a command
exercises() {
    cat <<END
01-capabilities capdrop --
02-namespaces nsrun --
03-userns idmaprun --
04-cgroups cgrun --
05-seccomp sandbox -d ptrace --
06-overlay layers -l $LAB_TOP/build/rootfs --
END
}

# odd TEXT: the bytes of it that a terminal may act on, outside well-formed letters
odd() { LC_ALL=C sed 's/\xc3[\x80-\xbf]//g; s/[ -~]//g' <<<"$1" | tr -d '\n\302' | wc -c | tr -d ' '; }

@test "the name of a command that is not there is shown, not obeyed, by every exercise" {
    require root
    hint "console_codes(4)"
    name=$'/nowhere/a\e[2J\nb \x7f \x9b31m \xc2\x9b32m \xc3\xbc'
    expect "control: odd bytes in the name" yes "$([ "$(odd "$name")" -ge 4 ] && echo yes)"
    while read -r lab program words; do
        read -r -a words <<<"$words"
        run -127 --separate-stderr bounded "$LAB_TOP/labs/$lab/$program" "${words[@]}" "$name"
        # cgrun has one more, of what it measured
        expect "$program: lines" 1 "$(grep -vc '^cgrun: peak_memory_bytes=' <<<"$stderr")"
        expect "$program: odd bytes" 0 "$(odd "$stderr")"
        expect_match "$program: letters stay" ü "$stderr"
    done < <(exercises)
}

@test "the steps that show names of processes show them, too" {
    require root
    hint "comm and cmdline in proc(5)"
    program=$BATS_TEST_TMPDIR/$'x\e[2J\x9b'
    cp "$(command -v sleep)" "$program"
    spawn "$program" 30
    wait_for grep -q "^x" "/proc/$SPAWNED/comm"
    run bounded "$LAB_TOP/labs/02-namespaces/step17-tree"
    expect "step17-tree: odd bytes" 0 "$(odd "$output")"
    expect "control: odd bytes in the name" yes "$([ "$(odd "$(<"/proc/$SPAWNED/comm")")" -ge 2 ] && echo yes)"
    # a namespace of its own, whose first process it is, is sure to be shown
    spawn unshare --uts "$program" 30
    wait_for grep -q "^x" "/proc/$SPAWNED/comm"
    run bounded "$LAB_TOP/labs/02-namespaces/step17-tree"
    expect "step17-tree: odd bytes" 0 "$(odd "$output")"
    expect_match "step17-tree" "first $SPAWNED x" "$output"
    # the step looks from a PID namespace of its own, through the old /proc
    run bounded "$LAB_TOP/labs/02-namespaces/step18-peek" "$SPAWNED"
    expect "step18-peek: odd bytes" 0 "$(odd "$output")"
}

@test "the demo's pane shows what runs, and obeys none of it" {
    hint "comm, cmdline and cgroup in proc(5)"
    plain=$(sed -n '/^plain_line/p' "$LAB_TOP/harness/demo-panes.bash")
    run bash -c "$plain; printf 'a\e[2J\x9b\nb' | plain_line"
    expect_output "a?[2J? b"
}
