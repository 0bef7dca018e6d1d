# shellcheck shell=bash
# harness/student-state.bash - what is remembered between two commands: .progress
#
# shellcheck disable=SC2034  # what is read here is for whoever sources this
#
# Sourced by harness/student.  One fact a line, in words that can be read, edited
# and merged by hand: of two lines about the same thing the newer score, the last
# test and the higher hint count; any other line is left alone.
#
#   score 01-capabilities 45 of 100, 10 passed, 16 failed, 0 untried, 2026-11-22 20:15
#   at 01-capabilities capdrop.bats -n sets no_new_privs, and nothing else does
#   hint 01-capabilities 2 -n sets no_new_privs, and nothing else does

STATE=$LAB_TOP/.progress

# facts WORD PART: the lines about it, without a carriage return that an editor left
facts() {
    [ -r "$STATE" ] || return 0
    awk -v word="$1" -v part="$2" '{ sub(/\r$/, "") } $1 == word && $2 == part' "$STATE"
}

# read_score PART: POINTS OF PASSED FAILED UNTRIED of the newest score; empty: none
read_score() {
    local line
    line=$(facts score "$1" | awk '{ print $(NF - 1) " " $NF "\t" $0 }' | sort | tail -n 1)
    POINTS='' OF='' PASSED='' FAILED='' UNTRIED='' WHEN=''
    [[ $line =~ ([0-9]+)\ of\ ([0-9]+),\ ([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ untried,\ (.*)$ ]] || return 0
    POINTS=${BASH_REMATCH[1]} OF=${BASH_REMATCH[2]} PASSED=${BASH_REMATCH[3]}
    FAILED=${BASH_REMATCH[4]} UNTRIED=${BASH_REMATCH[5]} WHEN=${BASH_REMATCH[6]}
}

# read_test PART: TEST and its FILE, the first that failed when we last looked
read_test() {
    local line
    line=$(facts at "$1" | tail -n 1)
    TEST='' FILE=''
    [ -n "$line" ] || return 0
    read -r _ _ FILE TEST <<<"$line"
}

# read_hint PART WHAT: SEEN is how many hints were shown
read_hint() {
    SEEN=$(facts hint "$1" | awk -v what="$2" '
        { n = $3; line = $0; sub(/^[^ ]+ +[^ ]+ +[^ ]+ +/, "", line) }
        line == what && n > most { most = n } END { print most + 0 }')
}

# keep PATTERN LINE: LINE instead of every line that begins with PATTERN; an empty
# LINE takes them away
keep() {
    local new=$STATE.$$
    {
        if [ -e "$STATE" ]; then
            awk -v start="$1" '{ line = $0; sub(/\r$/, "", line) } index(line " ", start) != 1 { print line }' "$STATE"
        else
            echo "# How far you are, and which hints you have seen. Edit or merge it as you like:"
            echo "# of two lines about the same thing the newer score and the higher hint count."
        fi
        [ -z "$2" ] || printf '%s\n' "$2"
    } >"$new" 2>/dev/null || { rm -f "$new"; echo "student: .progress cannot be written: this is not remembered" >&2; return 0; }
    give_back "$new"
    mv -f "$new" "$STATE"
}

write_score() { # PART POINTS OF PASSED FAILED UNTRIED
    keep "score $1 " "score $1 $2 of $3, $4 passed, $5 failed, $6 untried, $(date '+%Y-%m-%d %H:%M')"
}

write_test() { keep "at $1 " "at $1 $2 $3"; }
write_hint() {
    local what=$3
    # the same words, whatever their number
    if [ -e "$STATE" ]; then
        awk -v part="$1" -v what="$what" '{
            line = $0; sub(/\r$/, "", line); sub(/^[^ ]+ +[^ ]+ +[^ ]+ +/, "", line)
        } !($1 == "hint" && $2 == part && line == what)' "$STATE" >"$STATE.$$" && give_back "$STATE.$$" &&
            mv -f "$STATE.$$" "$STATE"
    fi
    keep "hint $1 $2 $what"$'\n' "hint $1 $2 $what"
}
forget_test() { [ ! -e "$STATE" ] || keep "at $PART " ''; }

# give_back FILE...: what root made here belongs to whoever called sudo
give_back() {
    [ "$EUID" -ne 0 ] || [ "${SUDO_UID:-0}" -eq 0 ] || chown -Rh "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" -- "$@" 2>/dev/null || true
}

# give_back_built DIR: what root has just built there
give_back_built() {
    [ "$EUID" -eq 0 ] && [ "${SUDO_UID:-0}" -ne 0 ] || return 0
    find "$1" -xdev -uid 0 -newer "$SCRATCH/stamp" -exec chown -h "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" {} + 2>/dev/null || true
}
