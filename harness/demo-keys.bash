# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # one part of harness/demo; the others are beside it
# harness/demo-keys.bash - the keys of the player
#
# Sourced by harness/demo.

keys_help() {
    cat <<'END'
Keys:
  space Enter → PgDn   go on: run the command; while it is typed: all of it
  b ← PgUp             back to the beginning of the step, or the one before
  3 Enter              to step 3; 0 Enter: to the beginning; t lists the steps
  r                    run the last command again
  e                    what the sheet says that it prints
  c                    the source of the program
  s                    skip the rest of this step
  f                    commands at once, or typed again
  w                    what the host sees, in a second pane of tmux, or not
  Ctrl-C               ends a command that runs; else, as q, the demo
  ? q                  these keys; quit
END
}

# keys_begin: keys come one by one, unseen, until keys_end
keys_begin() {
    FAST='' DRAWN='' HINT='' HELD_KEY='' ACT=on TTY_STATE=''
    [ -z "$AUTO" ] || return 0
    TTY_STATE=$(stty -g)
    keys_again
    trap keys_again CONT # Ctrl-Z and fg: the shell has set the terminal to rights
}

keys_again() { [ -z "${TTY_STATE-}" ] || stty -echo -icanon min 1 time 0 2>/dev/null || true; }

keys_end() {
    [ -z "${TTY_STATE-}" ] || stty "$TTY_STATE" 2>/dev/null || true
    TTY_STATE=''
    [ -z "${PLAIN-}" ] || printf %s "$PLAIN" 2>/dev/null || true # the terminal may be gone
}

# read_key: into KEY, what a key means.  An escape sequence comes in one piece,
# also over a slow line.
read_key() {
    local status=0 char=$HELD_KEY more=''
    while [ -z "$HELD_KEY" ]; do
        status=0
        IFS= read -rsN1 -t 1 char || status=$?
        heed_signals
        [ "$status" -gt 128 ] || break
    done
    [ "$status" -eq 0 ] || char=q # the terminal is gone
    HELD_KEY=''
    if [ "$char" = $'\e' ]; then
        while IFS= read -rsN1 -t 0.2 more; do
            char+=$more
            [[ ! $more =~ [A-NP-Za-z~] ]] || break
        done
    fi
    case $char in
        $'\n' | ' ' | $'\e[C' | $'\eOC' | $'\e[B' | $'\eOB' | $'\e[6~') KEY=on ;;
        b | $'\e[D' | $'\eOD' | $'\e[A' | $'\eOA' | $'\e[5~') KEY=back ;;
        q | $'\4') KEY=quit ;; # control-D, as at any prompt
        s) KEY=skip ;;
        [0-9]) KEY=jump DIGITS=$char ;;
        *) KEY=$char ;;
    esac
}

# wait_key HINT: show it, and wait until a key says what to do, in ACT.  Status 0 to
# go on, else 1: on (it is not), back, skip, jump (to FOUND), quit.  Without a HINT, the
# command that was typed last stands there.
wait_key() {
    HINT=$1 ACT=on ROWS=0
    [ -z "$AUTO" ] || { pace_wait; return 0; }
    [ -z "$HINT" ] || stand_there
    while :; do
        read_key
        case $KEY in
            on) break ;;
            back | skip | quit) ACT=$KEY; break ;;
            jump) ! choose_step || { ACT=jump; break; } ;;
            r) [ -z "$LAST_COMMAND" ] || run_again || return 1 ;;
            *) aside ;;
        esac
    done
    [ -z "$HINT" ] || leave_line
    [ "$ACT" = on ]
}

# stand_there: the hint, a line below, or the command
stand_there() {
    if [ -z "$HINT" ]; then
        printf %s "$DRAWN"
    else
        printf '%s%s' "${SCREEN:+$'\n'}" "$DIM$HINT$PLAIN"
    fi
}

# leave_line: the hint goes; a command stays
leave_line() {
    if [ -z "$HINT" ]; then
        echo
    elif [ -n "$SCREEN" ]; then
        printf '\r\e[K\e[A'
    else
        printf '%s' "${HINT//?/$'\b \b'}"
    fi
}

# aside: what does not change the course of things; then again what stood there
aside() {
    case $KEY in
        '?' | h) leave_line; keys_help ;;
        t) leave_line; demo_contents ;;
        e) [ -n "$LAST_COMMAND" ] || return 0; leave_line; show_expected "$LAST_COMMAND" ;;
        c) source_here "$LAST_COMMAND" || { flash "no source belongs to this section"; return 0; }
            leave_line
            show_source "$SOURCE" ;;
        f) if [ -n "$FAST" ]; then FAST=''; flash "commands are typed"; else FAST=yes; flash "commands come at once"; fi
            return 0 ;;
        w) panes_switch; return 0 ;;
        *) return 0 ;;
    esac
    stand_there
}

# flash TEXT: a line of its own, and again what stood there
flash() { leave_line; printf '%s\n' "$DIM($1)$PLAIN"; stand_there; }

# run_again: the last command.  Then again what stood there; if that was that it failed,
# it is no longer true.
run_again() {
    local drawn=$DRAWN fast=$FAST hint=$HINT
    leave_line
    [ -z "$hint" ] || echo
    FAST=yes
    type_command "$LAST_COMMAND"
    FAST=$fast
    echo
    run_shown "$LAST_COMMAND" || return 1
    DRAWN=$drawn HINT=$hint
    [[ $HINT != '[r:'* ]] || HINT='[space]'
    stand_there
}

# choose_step: the rest of the number, of which DIGITS has the first; status 1 if
# there is no such step, or it was thought better of
choose_step() {
    local char
    leave_line
    printf '%s' "${BOLD}to step (Enter goes there):$PLAIN $DIGITS"
    while IFS= read -rsn1 char; do
        heed_signals
        case $char in
            '') break ;;
            [0-9]) [ "${#DIGITS}" -ge 3 ] || { DIGITS+=$char; printf %s "$char"; } ;;
            $'\177' | $'\b') [ -z "$DIGITS" ] || { DIGITS=${DIGITS%?}; printf '\b \b'; } ;;
            *) DIGITS=''; break ;;
        esac
    done
    heed_signals
    FOUND=0
    echo
    [ "$DIGITS" != 0 ] || return 0
    if [ -n "$DIGITS" ]; then
        ! demo_find "$DIGITS" || return 0
        echo "there is no step $DIGITS; t lists the steps"
    fi
    stand_there
    return 1
}
