# shellcheck shell=bash
# harness/student-watch.bash - look again after every save
#
# Sourced by harness/student.  inotify tells at once where it works.  It is silent
# on the Windows side of WSL2 (/mnt/c) and on other machines' files, so the dates
# are looked at too, once a second there, and now and then everywhere.

WATCHERS=()     # processes that tell of events
SETTINGS=''     # of the terminal, before its keys were read
INTERVAL=1      # seconds between two looks at the dates
HOW=''          # in words
LEAVING=''      # yes: Ctrl-C came

# stamp: changes when a file of the exercise does
stamp() {
    local files
    mapfile -t files < <(sources_of "$PART")
    stat -c '%n %s %.9Y %i' -- "${files[@]}" 2>/dev/null || true
}

# inotify_works DIR: as far as can be told beforehand
inotify_works() {
    [ "${WATCH-}" != poll ] && command -v inotifywait >/dev/null || return 1
    case $(findmnt -n -o FSTYPE -T "$1" 2>/dev/null) in
        9p | v9fs | drvfs | fuse* | smb* | cifs | nfs* | vboxsf | prl_fs | virtiofs) return 1 ;;
    esac
}

# begin_watching: events are lines on descriptor EVENTS: saved, or key X
begin_watching() {
    local dir
    dir=$LAB_TOP/$(part_dir "$PART")
    mkfifo "$SCRATCH/private/events"
    exec {EVENTS}<>"$SCRATCH/private/events"
    HOW='looking at it every second'
    if inotify_works "$dir"; then
        # An editor may write, or write another file and rename it.
        inotifywait -q -m -e close_write -e moved_to -e create --format saved -- "$dir" \
            </dev/null 1>&"$EVENTS" 2>/dev/null &
        WATCHERS+=("$!")
        know "$!"
        INTERVAL=3 HOW='inotify tells'
    fi
    if [ -n "$TERMINAL" ] && [ -t 0 ]; then
        SETTINGS=$(stty -g)
        while IFS= read -rsn1 key; do echo "key $key"; done </dev/tty 1>&"$EVENTS" 2>/dev/null &
        WATCHERS+=("$!")
        know "$!"
    fi
}

# leave_if_asked: the trap only takes note, as bash does not survive every trap that
# exits from a read
leave_if_asked() {
    [ -n "$LEAVING" ] || return 0
    trap "" INT
    [ -z "$TERMINAL" ] || echo
    exit 0
}

end_watching() {
    [ ${#WATCHERS[@]} -eq 0 ] || send_signal TERM "${WATCHERS[@]}" 2>/dev/null || true
    WATCHERS=()
    [ -z "$SETTINGS" ] || stty "$SETTINGS" </dev/tty 2>/dev/null || true
}

# await SECONDS: EVENT is what came: saved, a key, or nothing
await() {
    local LINE=''
    EVENT=''
    read_line "$EVENTS" "$1" || true
    leave_if_asked
    case $LINE in
        "key "*) EVENT=${LINE#key } EVENT=${EVENT:-again} ;;
        # Our own build writes into that folder as well, so only the dates count.
        *)
            if [ "$LINE" = saved ] || [ "$SECONDS" -ge "$LOOK_AT" ]; then
                LOOK_AT=$((SECONDS + INTERVAL))
                [ "$(stamp)" = "$STAMP" ] || EVENT=saved
            fi ;;
    esac
}

watch() {
    choose_part "$1"
    [ -n "$PART" ] || all_done
    begin_scratch
    warn_of_edited_tests
    # Ctrl-C is how this ends: no failure.
    trap LEAVING=yes INT
    begin_watching
    while :; do
        STAMP=$(stamp) LOOK_AT=$((SECONDS + INTERVAL))
        one_round
        # a save during the round has ended it: go on at once
        while [ "$EVENT" != saved ] && [ "$EVENT" != again ]; do
            await "$INTERVAL"
            key "$EVENT"
        done
    done
}

key() {
    case $1 in
        q) exit 0 ;;
        h)
            read_test "$PART"
            echo
            if [ -n "$TEST" ]; then (show_hints) || true; else echo "Nothing fails: no hint."; fi ;;
    esac
}

# one_round: build, test, show; ends early, with EVENT, when a file was saved
one_round() {
    local shown=''
    EVENT=''
    if ! build; then
        fresh_page
        if ! machine_lacks build; then
            forget_test
            show_build_failure
        fi
        waiting
        return
    fi
    start_tests
    while :; do
        read_results
        leave_if_asked
        if [ -z "$shown" ] && [ -n "$FIRST" ] && [ -n "$CLOSED" ]; then
            shown=yes
            remember_test
            fresh_page
            show_next
        fi
        [ -z "$RUN_OVER" ] || break
        [ -z "$TERMINAL" ] || printf '\r\e[K%stest %s of %s%s' "$DIM" "$((DONE + 1))" "$PLANNED" "$PLAIN" >&2
        await 0.3
        key "$EVENT"
        case $EVENT in saved | again) end_tests; return ;; esac
    done
    [ -z "$TERMINAL" ] || printf '\r\e[K' >&2
    keep_score
    remember_test
    end_tests
    [ -n "$TERMINAL" ] || echo "$POINTS of $OF points, $(plural "$FAILED" test) to go"
    # once more, now that the points are known
    local part=$PART
    if [ -z "$shown" ] || [ -n "$TERMINAL" ]; then fresh_page; show_next; fi
    PART=$part
    waiting
}

# fresh_page: an empty screen, or, where there is none, a line between two rounds
fresh_page() {
    if [ -n "$TERMINAL" ]; then printf '\r\e[H\e[2J\e[3J'; else echo; echo "---- $(date +%H:%M:%S)"; fi
}

waiting() {
    local what
    what=$(sources_of "$PART" | head -n 1)
    [ "$PART" != capstone ] || what="a file in capstone/"
    echo
    echo "${DIM}Waiting until you save $what ($HOW).${SETTINGS:+  h: hint   Enter: again   q: quit}$PLAIN"
}
