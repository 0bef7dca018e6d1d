# shellcheck shell=bash
# harness/procs.bash - find and end the processes that a run started
#
# Sourced by walk and test, which must leave nothing behind when they end or
# are ended, and must never touch a process of anybody else.

# our_pids ROOTS MARK [SINCE]: ROOTS is a list of pids that we started.  Prints
# them and what came from them: what shares a sid with them or carries MARK
# (NAME=VALUE) in its environment, and the descendants of all these.  SINCE, a time as in
# /proc/uptime, leaves out what is older.
our_pids() {
    { grep -lsaFxz -- "$2" /proc/[0-9]*/environ || true; cat /proc/[0-9]*/stat 2>/dev/null || true; } |
        awk -v since="${3:-0}" -v roots=" ${1//$'\n'/ } " -v self="$$" -v hz="$(getconf CLK_TCK)" '
            /^\/proc\// { split($0, path, "/"); marked[path[3]] = 1; next }
            {
                pid = $1
                sub(/^.*\) /, "")   # the name before it may hold anything
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

# kill_pids SIGNAL PIDS
kill_pids() {
    local pid
    for pid in $2; do kill -"$1" "$pid" 2>/dev/null || true; done
}
