# shellcheck shell=bash
# shellcheck disable=SC2153,SC2154  # one part of harness/demo; the others are beside it
# harness/demo-record.bash - a demo as a recording (asciicast v2)
#
# Sourced by harness/demo.  script(1) runs the demo on a terminal of its own and
# notes when it said what; here that becomes the JSON lines that asciinema, and the
# player of the book, read.  With AUTO=1 nobody waits: where somebody would, for a
# key or a letter, the demo says for how long (pace), and the recording's clock goes
# on by as much.

# The terminal of a recording without a terminal.
CAST_COLUMNS=100 CAST_ROWS=30

# record ARGUMENT...: the same demo, recorded to $RECORD.  Its status.
record() {
    local status=0 rows=$CAST_ROWS columns=$CAST_COLUMNS to=$RECORD command
    if ! command -v script >/dev/null || ! command -v jq >/dev/null; then die 1 "recording takes script and jq (run: make setup)"; fi
    if [ -d "$to" ] || ! { : >>"$to"; } 2>/dev/null; then die 1 "$to: cannot be written"; fi
    if [ ! -s "$to" ]; then
        rm -f -- "$to"
    elif ! head -n 1 "$to" | jq -e '.version == 2' >/dev/null 2>&1; then
        die 1 "$to: is there already, and no recording: not replaced"
    fi
    CAST=$(mktemp -d "${TMPDIR:-/tmp}/demo-cast.XXXXXX")
    trap 'rm -rf -- "$CAST"' EXIT
    printf -v command '%q ' env RECORD= DEMO_RECORDED="$(if [ -n "$AUTO" ]; then echo paced; else echo live; fi)" TERM=xterm-256color "$HARNESS/demo" "$@"
    if [ -n "$AUTO" ]; then
        command="stty rows $rows cols $columns; exec $command"
        script --quiet --return --flush --command "$command" --log-out "$CAST/out" --log-timing "$CAST/timing" \
            </dev/null >/dev/null 2>&1 &
        recorder=$!
        know "$recorder"
        until wait "$recorder"; do
            status=$?
            [ -z "$SIGNALLED" ] || { send_signal HUP "$recorder" || true; wait "$recorder" || true; exit "$SIGNALLED"; }
            break
        done
    else
        { [ -t 0 ] && [ -t 1 ]; } || die 1 "to record without a terminal, add AUTO=1"
        read -r rows columns < <(stty size)
        script --quiet --return --flush --command "$command" --log-out "$CAST/out" --log-timing "$CAST/timing" || status=$?
    fi
    write_cast "$columns" "$rows" >"$to.$$" || { rm -f -- "$to.$$"; die 1 "$to: no recording came about"; }
    mv -- "$to.$$" "$to"
    echo "Recorded: $to ($(tail -n 1 "$to" | jq -r '.[0] | "\(. / 60 | floor) min \(. % 60 | floor) s"'), $(wc -l <"$to") events)"
    return "$status"
}

# write_cast COLUMNS ROWS: asciicast v2 from what script noted
write_cast() {
    jq -nc --arg title "$SHEET_TITLE" --argjson width "$1" --argjson height "$2" --argjson now "$(date +%s)" \
        '{ version: 2, width: $width, height: $height, timestamp: $now, title: $title, env: { TERM: "xterm-256color", SHELL: "/bin/bash" } }'
    cast_events | jq -Rsc 'split("\u001d")[:-1] | if length == 0 then error("nothing") else .[] end
        | index("\u001e") as $at | [(.[:$at] | tonumber), "o", .[$at + 1:]]'
}

# cast_events: TIME, 1e, text, 1d for each piece of output.  A character whose bytes
# came in two pieces goes to the second; the pace becomes time.
cast_events() {
    LC_ALL=C awk -v text="$CAST/out" '
        BEGIN {
            getline all <text # "Script started on ..."
            all = ""
            while ((getline line <text) > 0) { all = all (n++ ? "\n" : "") line }
            all = all "\n"
        }
        {
            now += $1
            piece = held substr(all, at + 1, $2)
            at += $2
            held = ""
            if (match(piece, /\033(_[^\033]*)?$/) || match(piece, /[\300-\377][\200-\277]*$/) && RLENGTH < bytes(substr(piece, RSTART, 1))) {
                held = substr(piece, RSTART)
                piece = substr(piece, 1, RSTART - 1)
            }
            while (match(piece, /\033_pace:[0-9.]*\033\\/)) {
                put(substr(piece, 1, RSTART - 1))
                now += substr(piece, RSTART + 7, RLENGTH - 9)
                piece = substr(piece, RSTART + RLENGTH)
            }
            put(piece)
        }
        END { put(held) }
        function bytes(c) { return c < "\340" ? 2 : c < "\360" ? 3 : 4 }
        function put(s) { if (s != "") { gsub(/[\035\036]/, "", s); printf "%.3f\036%s\035", now, s } }' "$CAST/timing"
}

# pace SECONDS: time that a recording is to show, and nobody spends
pace() { [ "${DEMO_RECORDED-}" != paced ] || printf '\033_pace:%s\033\134' "$1"; }

pace_wait() { pace 0.8; }

# pace_text TEXT: as long as it takes to read, about; pace_output: the same, of a command
pace_text() { [ "${DEMO_RECORDED-}" != paced ] || pace_for "${#1}"; }
pace_output() { [ "${DEMO_RECORDED-}" != paced ] || pace_for "${#RUN_OUTPUT}"; }

# pace_for N: 30 letters a second, six seconds at most
pace_for() {
    local hundredths=$(($1 * 10 / 3))
    [ "$hundredths" -le 600 ] || hundredths=600
    [ "$hundredths" -eq 0 ] || pace "$((hundredths / 100)).$(printf %02d "$((hundredths % 100))")"
}

# pace_typing TEXT
pace_typing() {
    local i
    if [ "${DEMO_RECORDED-}" = paced ]; then
        for ((i = 0; i < ${#1}; i++)); do
            printf %s "${1:i:1}"
            pace 0.035
        done
    else
        printf %s "$1"
    fi
}
