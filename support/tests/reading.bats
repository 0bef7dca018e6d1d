#!/usr/bin/env bats
# reading.bats - what is read with a time limit is read whole
# shellcheck disable=SC2016  # what is in single quotes is for the shell inside
# shellcheck disable=SC2154  # status and output are set by run

load ../bats

setup() { lab_setup; }
teardown() { lab_teardown; }

# reader BODY: a shell with lib.bash, whose descriptor 7 is a pipe; in BODY, `late` writes
# 30 rows into it, the newline of each just when a time limit of 20 ms runs out, and END
reader() {
    run bounded bash -uo pipefail -c 'source "$1/support/lib.bash"
        late() {
            local i delay
            for ((i = 0; i < 30; i++)); do
                printf row
                printf -v delay "0.0%05d" $((1900 + RANDOM % 120))
                read -r -t "$delay" <> <(:)
                printf "\nnext\n"
                read -r -t 0.002 <> <(:)
            done
            echo END
        }
        mkfifo "$2/pipe"
        exec 7<>"$2/pipe"
        eval "$3"' reader "$LAB_TOP" "$(mktemp -d "$BATS_TEST_TMPDIR/XXXXXX")" "$1"
}

@test "a newline that arrives as the time runs out is not lost" {
    local rounds=0
    # The control: how a line was read before.  Some tries, as it is a race.
    until reader 'late >&7 & text=
            until [[ $text = *END* ]]; do
                status=0
                IFS= read -r -t 0.02 -u 7 piece || status=$?
                [ "$status" -ne 0 ] || piece+=$'"'\n'"'
                text+=$piece
            done
            grep -c rownext <<<"$text"'; [ "$output" != 0 ]; do
        rounds=$((rounds + 1))
        [ "$rounds" -lt 40 ] || break # a bash that loses none
    done
    echo "rounds of the control: $rounds"
    for ((rounds = rounds + 5; rounds > 0; rounds--)); do
        reader 'late >&7 & text=
            until [[ $text = *END* ]]; do read_some 7 0.02; text+=$SOME; done
            grep -c "^row$" <<<"$text"; grep -c "^next$" <<<"$text"'
        expect_output $'30\n30'
        reader 'late >&7 & LINE= rows=0 nexts=0
            until [ "$LINE" = END ]; do
                read_line 7 0.02 || { LINE=; continue; }
                case $LINE in row) rows=$((rows + 1)) ;; next) nexts=$((nexts + 1)) ;; esac
            done
            echo "$rows $nexts"'
        expect_output "30 30"
    done
}

@test "read_line: lines that came together, the beginning of one, an empty one, the end of the file" {
    reader 'printf "one\n\ntwo\nthr" >&7
        for _ in 1 2 3; do read_line 7 5; echo "$? <$LINE>"; done
        read_line 7 0.05; [ $? -gt 128 ] && echo "in time: no line <$LINE>"
        printf "ee\nlast" >&7
        read_line 7 5; echo "$? <$LINE>"
        exec 8< <(printf "first\nand last")
        for _ in 1 2 3; do read_line 8 5; echo "$? <$LINE>"; done'
    expect_output '0 <one>
0 <>
0 <two>
in time: no line <>
0 <three>
0 <first>
0 <and last>
1 <>'
}

@test "read_some: what is there at once, what comes in time, nothing, the end" {
    reader 'printf "a\nb" >&7
        read_some 7 5; echo "$? <$SOME>"
        { read -r -t 0.1 <> <(:); printf "late \303\251\n" >&7; } &
        read_some 7 5; echo "$? <$SOME>"
        read_some 7 0.05; [ $? -gt 128 ] && echo "none <$SOME>"
        exec 8< <(:); read_some 8 5; echo "$? <$SOME>"'
    expect_output '0 <a
b>
0 <late é
>
none <>
1 <>'
}
