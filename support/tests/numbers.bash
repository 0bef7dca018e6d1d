# shellcheck shell=bash
# support/tests/numbers.bash - a pid namespace in which a number can be given away
#
#   unshare --pid --fork --kill-child --mount-proc bash numbers.bash DIR CMD...
#
# Runs CMD with two FIFOs beside it.  Who writes a number to DIR/give has it given to a
# new process, an innocent one, which is no child of CMD; then "given" can be read from
# DIR/given.  The last line of output says what became of that process.
# See ns_last_pid in pid_namespaces(7).
set -euo pipefail
DIR=$1
shift
mkfifo "$DIR/give" "$DIR/given"

# give: a start time has a resolution of 10 ms, and the number was free for longer than
# that wherever it took a whole round of numbers
give() {
    local number now later
    while read -r number; do
        read -r now _ </proc/uptime
        later=$now
        while [ "$later" = "$now" ]; do read -r later _ </proc/uptime; done
        for _ in {1..1000}; do
            [ ! -e "/proc/$number" ] || { sleep 0.01; continue; }
            echo $((number - 1)) >/proc/sys/kernel/ns_last_pid
            env -i setsid sleep 100000 </dev/null >/dev/null 2>&1 &
            [ "$!" -ne "$number" ] || break
            kill -KILL "$!"
        done
        echo "$!" >"$DIR/innocent"
        echo given >"$DIR/given"
    done
}

exec {HOLD}<>"$DIR/give"
give <"$DIR/give" &
"$@" {HOLD}>&- || echo "status $?"
if ! innocent=$(cat "$DIR/innocent" 2>/dev/null); then
    echo "no number was given away"
elif [[ $( { tr '\0' ' ' <"/proc/$innocent/cmdline"; } 2>/dev/null) = *"sleep 100000 " ]]; then
    echo "innocent lives"
else
    echo "innocent was killed"
fi
