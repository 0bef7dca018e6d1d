# shellcheck shell=bash
# grader/supervise.bash - children of the grader: bounded, and none left
#
# Sourced by grader/grade.  CHILD is the pid of what runs now (empty: nothing),
# and, because it leads a session of its own, the number of that session.
# GRADE_MARK is in the environment of everything that a test run starts.

CHILD=
GRADE_MARK="grade-$$-$RANDOM$RANDOM"

# supervise SECONDS OUT ERR WATCH CMD...: CMD in a session of its own, without
# input or inherited descriptors, its output in two files; its exit status in
# $STATUS, 'over' there if it had to be ended.  WATCH runs while it does.  env: what bash
# starts in the background ignores INT and QUIT, and so would every program below it.
supervise() {
    local seconds=$1 deadline=$((SECONDS + $1)) out=$2 err=$3 watch=$4
    shift 4
    setsid env --default-signal "$@" </dev/null >"$out" 2>"$err" &
    CHILD=$!
    know "$CHILD"
    STATUS=
    while is_same "$CHILD"; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            STATUS=over
            break
        fi
        "$watch"
        # Each look takes a process.  (No `read -t`: a trap that outlasts it ends bash 5.2
        # with a segmentation fault.)
        if [ -n "${TERMINAL-}" ] || [ $((deadline - SECONDS)) -ge $((seconds - 1)) ]; then sleep 0.1; else sleep 0.3; fi
    done
    if [ -n "$STATUS" ]; then
        end_child
    else
        wait "$CHILD" && STATUS=0 || STATUS=$?
        end_leftovers
    fi
    CHILD=
}

# end_child: ask what runs to end (a bats test then still cleans up), wait five
# seconds, insist.  setsid made it the leader of its process group.
end_child() {
    local tries=50
    send_signal TERM "-$CHILD" "$CHILD" || true
    while send_signal 0 "-$CHILD" && [ "$tries" -gt 0 ]; do
        tries=$((tries - 1))
        sleep 0.1
    done
    send_signal KILL "-$CHILD" "$CHILD" 2>/dev/null || true
    wait "$CHILD" 2>/dev/null || true
    end_leftovers
}

# end_leftovers: kill what the run started and did not end.  A process can leave
# its group and its session, and a clean environment loses the mark, so look for
# either; a few times, because what is being killed may still be forking.
end_leftovers() {
    local pids tries=10
    while pids=$(identified leftovers) && [ -n "$pids" ] && [ "$tries" -gt 0 ]; do
        tries=$((tries - 1))
        # shellcheck disable=SC2086  # one word each
        send_signal KILL $pids || true
        sleep 0.02
    done
}

# leftovers: pids of the session and of the mark.  A zombie has neither an
# environment nor anything to kill.
leftovers() {
    ! session_is "$CHILD" || ps -o pid=,stat= --sid "$CHILD" | awk '$2 !~ /^Z/ { print $1 }' || true
    grep -lsaF "$GRADE_MARK" /proc/[0-9]*/environ | awk -F/ '{ print $3 }' || true
}

# discard DIR: remove a folder that this run made, and nothing but it: whatever a
# broken program mounted below it is unmounted first. Status 1, and nothing is
# removed, if something is still mounted there.
discard() {
    local point
    mounts_below "$1" | while read -r point; do
        umount -l -- "$(printf '%b' "$point")" 2>/dev/null || true
    done
    [ -z "$(mounts_below "$1")" ] || return 1
    # the work folder of an overlay mount is closed even to its owner
    [ "$EUID" -eq 0 ] || find "$1" -xdev -type d ! -perm -u+rwx -exec chmod u+rwx {} + 2>/dev/null || true
    rm -rf --one-file-system -- "$1"
}

# mounts_below DIR: the innermost first, with the kernel's \040 for a blank
mounts_below() { awk -v dir="$1/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | sort -r; }
