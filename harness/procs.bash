# shellcheck shell=bash
# harness/procs.bash - find and end the processes that a run started
#
# Sourced by walk and test, which must leave nothing behind when they end or
# are ended, and must never touch a process of anybody else.

# our_pids ROOTS MARK [SINCE]: ROOTS is a list of pids that we started, and that know
# (support/lib.bash) was told of.  Prints them and what came from them: what shares a
# sid with them or carries MARK (NAME=VALUE) in its environment, and the descendants of
# all these.  SINCE, a time as in /proc/uptime, leaves out what is older.
our_pids() {
    local root roots=' '
    # The number of one that has ended is still that of its session, or another's.
    for root in $1; do ! session_is "$root" || roots+="$root "; done
    # A line a process, whatever it has in its name.
    { grep -lsaFxz -- "$2" /proc/[0-9]*/environ || true; grep -saz . /proc/[0-9]*/stat | tr '\n\0' ' \n' || true; } |
        awk -v since="${3:-0}" -v roots="$roots" -v self="$$" -v hz="$(getconf CLK_TCK)" '
            /^\/proc\/[0-9]+\/environ$/ { split($0, path, "/"); marked[path[3]] = 1; next }
            {
                split($0, path, "/")
                pid = path[3]
                sub(/^.*\) /, "")
                if ($1 == "Z") next
                parent[pid] = $2; sid[pid] = $4; began[pid] = $20 / hz
            }
            function is_root(p) { return index(roots, " " p " ") }
            function is_ours(p) { return is_root(p) || is_root(sid[p]) || p in marked }
            END {
                for (pid in parent) {
                    if (pid == self || began[pid] < since) continue
                    for (p = pid; p > 1 && !is_ours(p); p = parent[p]);
                    if (p > 1) print pid
                }
            }'
}

# kill_pids SIGNAL CMD...: those that CMD prints
kill_pids() {
    local targets
    mapfile -t targets < <(identified "${@:2}")
    [ ${#targets[@]} -eq 0 ] || send_signal "$1" "${targets[@]}" 2>/dev/null || true
}
