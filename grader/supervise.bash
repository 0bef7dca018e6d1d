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
# $STATUS, 'over' there if it had to be ended.  WATCH runs while it does.
supervise() {
    local deadline=$((SECONDS + $1)) out=$2 err=$3 watch=$4
    shift 4
    setsid "$@" </dev/null >"$out" 2>"$err" &
    CHILD=$!
    STATUS=
    while kill -0 "$CHILD" 2>/dev/null; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            STATUS=over
            break
        fi
        "$watch"
        sleep 0.1
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
    kill -TERM -- "-$CHILD" "$CHILD" 2>/dev/null || true
    while kill -0 -- "-$CHILD" 2>/dev/null && [ "$tries" -gt 0 ]; do
        tries=$((tries - 1))
        sleep 0.1
    done
    kill -KILL -- "-$CHILD" "$CHILD" 2>/dev/null || true
    wait "$CHILD" 2>/dev/null || true
    end_leftovers
}

# end_leftovers: kill what the run started and did not end.  A process can leave
# its group and its session, and a clean environment loses the mark, so look for
# either; a few times, because what is being killed may still be forking.
end_leftovers() {
    local pids tries=10
    while pids=$(leftovers) && [ -n "$pids" ] && [ "$tries" -gt 0 ]; do
        tries=$((tries - 1))
        # shellcheck disable=SC2086  # one word each
        kill -KILL $pids 2>/dev/null || true
        sleep 0.02
    done
}

# leftovers: pids of the session and of the mark.  A zombie has neither an
# environment nor anything to kill.
leftovers() {
    ps -o pid=,stat= --sid "$CHILD" | awk '$2 !~ /^Z/ { print $1 }' || true
    grep -lsaF "$GRADE_MARK" /proc/[0-9]*/environ | awk -F/ '{ print $3 }' || true
}

# end_mounts DIR: unmount whatever a broken program mounted below a directory
# that this run made, so that removing the directory removes nothing else.
# Status 1 if something is still mounted there.
end_mounts() {
    local point
    awk -v dir="$1/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
        while read -r point; do
            umount -l -- "$(printf '%b' "$point")" 2>/dev/null || true
        done
    awk -v dir="$1/" 'index($5, dir) == 1 { found = 1 } END { exit found }' /proc/self/mountinfo
}
