# shellcheck shell=bash
# support/sandbox.bash - the tests stay here, what they start does not
#
# Sourced by support/bats.bash where LAB_SANDBOX is set: the folder of a run that
# grader/sandbox has prepared.  Then each of the functions below stands for the
# one of the same name in support/bats.bash, and what it starts runs in a skiff
# container, as root of a user namespace, with nothing of the grader's in sight.
#
#   $LAB_SANDBOX/skiff       the runtime
#   $LAB_SANDBOX/root        the root filesystem of all containers
#   $LAB_SANDBOX/in, out     the same files twice: `in` is what containers mount,
#                            `out` what tests see of them.  Nothing in `out` can be
#                            executed, opened as a device or followed as a link.
#         .../bin            the program under test: LAB_BIN=$LAB_SANDBOX/out/bin
#         .../lab            what the folder of the test holds in a container
#         .../file, .../tN   BATS_FILE_TMPDIR, BATS_TEST_TMPDIR
#   $LAB_SANDBOX/said        what commands print: on a tmpfs of bounded size
#   $LAB_SANDBOX/facility    what was asked of `require`, and the answers
#   $LAB_SANDBOX/options     the options of every container, one a line
#   $LAB_SANDBOX/send-signal sends a signal to the process that is meant (support)
#
# bounded, prog and as_user start a container for each command.  From the first
# of spawn, footprint, ns_of self, machine_pid on, a test has one container, its
# machine, for all commands that follow: they can meet there, and what one leaves
# behind stays to be seen.  Pids are the host's; inside_pid is for arguments.

# Who ends a run by this mark must leave those alone who then clean up.
unset GRADE_MARK
BOX_KEEP=1048576        # bytes of a command's output that a test gets to see
# shellcheck disable=SC2206  # one word each
IFS=$'\n' read -r -d '' -a BOX_OPTIONS <"$LAB_SANDBOX/options" || true
BOX_ENV=(-e LAB_MARK -e LAB_WORD -e SECRET -e PATH -e LANG -e LC_ALL)
BATS_FILE_TMPDIR=$LAB_SANDBOX/out/file
declare -A BOX_HOLDERS=()

# ---- setup and teardown ---------------------------------------------------

# box_setup: of lab_setup.  A folder of this test's own, the only one that its
# containers may write to.
box_setup() {
    BOX_TEST=t$BATS_TEST_NUMBER.$RANDOM$RANDOM
    BATS_TEST_TMPDIR=$LAB_SANDBOX/out/$BOX_TEST
    export TMPDIR=$BATS_TEST_TMPDIR BATS_TEST_TMPDIR
    BOX_SAID=$LAB_SANDBOX/said/$BOX_TEST
    mkdir -m 755 "$BATS_TEST_TMPDIR" "$BOX_SAID"
    # Nobody's files, in a container: its root could make the mount writable.
    BOX_OPTIONS+=(-v "$LAB_SANDBOX/in/lab:$BATS_TEST_DIRNAME:noidmap,ro")
    if [ ! -e "$LAB_SANDBOX/on-disk" ] && [ ! -e "$LAB_SANDBOX/said/closed" ]; then
        mount -o remount,ro "$LAB_SANDBOX/in/file"
        : >"$LAB_SANDBOX/said/closed"
    fi
    if [ ! -x "$LAB_SANDBOX/share" ]; then
        BOX_OPTIONS+=(-v "$LAB_SANDBOX/in/$BOX_TEST:$BATS_TEST_TMPDIR:suid"
            -v "$LAB_SANDBOX/in/file:$BATS_FILE_TMPDIR:ro")
        return
    fi
    # A filesystem of the machine's own, for a program that is itself a sandbox.
    BOX_OPTIONS+=(--tmpfs "$BATS_TEST_TMPDIR:exec,mode=755,size=256m")
    box_machine
    "$LAB_SANDBOX/share" "$BOX_INIT" "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR"
    [ "$(type -t box_ready)" != function ] || box_ready
}

# box_teardown: the machine goes, and with it all that runs in it
box_teardown() {
    local tries=1000 group
    if box_state; then
        # On v1 who is frozen is not killed before it is thawed.  The groups below are
        # a container's own affair, and so skiff's.
        for group in "${BOX_GROUPS[@]}"; do
            [ ! -e "$group/freezer.state" ] || echo THAWED >"$group/freezer.state" || true
        done 2>/dev/null
        # Whose program ended the machine has given its number away: to anybody.
        send_signal KILL "$BOX_INIT:$BOX_INIT_START" || true
        while is_same "$BOX_SKIFF:$BOX_SKIFF_START" && [ "$tries" -gt 0 ]; do
            tries=$((tries - 1))
            wait "$BOX_SKIFF" 2>/dev/null || nap 0.005
        done
    fi
    [ ! -x "$LAB_SANDBOX/share" ] || umount -l "$BATS_TEST_TMPDIR" 2>/dev/null || true
    rm -rf --one-file-system -- "$BATS_TEST_TMPDIR" "$BOX_SAID"
    BOX_NAME=
}

# ---- containers -----------------------------------------------------------

# box_run CMD...: in the test's machine, or else (and with BOX_FRESH) in a container of its own.  It
# ends with the shell that calls it.
box_run() {
    if [ -z "${BOX_FRESH-}" ] && box_state; then
        exec timeout -k 2 "$BOX_SECONDS" "$LAB_SANDBOX/skiff" exec "${BOX_ENV[@]}" -w "$PWD" "$BOX_NAME" "$@"
    fi
    exec timeout -k 2 "$BOX_SECONDS" "$LAB_SANDBOX/skiff" run --init "${BOX_OPTIONS[@]}" "${BOX_ENV[@]}" \
        -w "$PWD" "$LAB_SANDBOX/root" "$@"
}

# box_state: the machine's name, and the pids of its skiff, its PID 1 and the
# process that stands for the machine, with their start times; the first host id of
# its ids; its control groups in BOX_GROUPS.  Status 1 if there is none yet.  In a
# file: the shells of `run` know of it, too.
box_state() {
    [ -z "$BOX_NAME" ] || return 0
    [ -n "${BOX_SAID-}" ] && [ -e "$BOX_SAID/machine" ] || return 1
    { read -r BOX_NAME BOX_SKIFF BOX_SKIFF_START BOX_INIT BOX_INIT_START BOX_SHELL BOX_LEADER BOX_LEADER_START BOX_BASE
        mapfile -t BOX_GROUPS; } <"$BOX_SAID/machine"
}
BOX_NAME=

# box_up: there is a machine, and it has not been ended.  Once it has, its numbers are
# other processes', which nothing in this test is to be compared with.
box_up() {
    if box_state && is_same "$BOX_INIT:$BOX_INIT_START" && is_same "$BOX_LEADER:$BOX_LEADER_START"; then return; fi
    echo "the sandbox of this test has ended" >&2
    return 1
}

# The machine's own processes; pids go on from a number that nobody can know.
BOX_MACHINE='echo "$1" >/proc/sys/kernel/ns_last_pid; { echo up; exec sleep 86400; } & wait'

# box_machine: start it, unless it is there
box_machine() {
    local name LINE='' skiff skiff_start init='' init_start child children=() shell leader leader_start base pipe groups START
    box_state && return
    [ -n "${BOX_SAID-}" ] || { echo "a container is for a test, after lab_setup" >&2; return 1; }
    name=lab-${BOX_TEST#t}-$$
    exec {pipe}< <(exec "$LAB_SANDBOX/skiff" run --init --name "$name" "${BOX_OPTIONS[@]}" "${BOX_ENV[@]}" \
        "$LAB_SANDBOX/root" sh -c "$BOX_MACHINE" sh $((1000 + RANDOM % 20000)) 2>"$BOX_SAID/skiff")
    skiff=$!
    start_of "$skiff" || true
    skiff_start=$START
    read_line "$pipe" 60 || true
    exec {pipe}<&-
    # These files of /proc end without a newline: read says 1.
    { read -r -a children <"/proc/$skiff/task/$skiff/children"; } 2>/dev/null || true
    for child in "${children[@]}"; do
        [ "/proc/$child/ns/pid" -ef /proc/self/ns/pid ] || init=$child
    done
    start_of "${init:-0}" || true
    init_start=$START
    if [ "$LINE" != up ] || [ -z "$init_start" ] || ! is_same "$skiff:$skiff_start"; then
        echo "the sandbox does not start: $(<"$BOX_SAID/skiff")" >&2
        return 1
    fi
    read -r shell _ <"/proc/$init/task/$init/children" || true
    read -r leader _ <"/proc/$shell/task/$shell/children" || true
    start_of "$leader"
    leader_start=$START
    read -r _ base _ <"/proc/$init/uid_map"
    groups=$(box_groups "$init")
    printf '%s\n' "$name $skiff $skiff_start $init $init_start $shell $leader $leader_start $base" "$groups" >"$BOX_SAID/machine"
    box_state
}

# box_groups PID: the control groups of its container, one in each hierarchy.  By
# awk: bats watches each command of this shell, which makes loops slow.
box_groups() {
    awk 'FILENAME != "/proc/self/mountinfo" {
            split($0, field, ":")
            path = substr($0, length(field[1] field[2]) + 3)
            at = index(path, "/skiff-")
            if (at) path_of[field[2] == "" ? 0 : field[2]] = substr(path, 1, at + 18)
            next
        }
        {
            for (i = 7; $i != "-"; i++);
            for (name in path_of)
                if (name == 0 ? $(i + 1) == "cgroup2" : $(i + 1) == "cgroup" && index("," $(i + 3) ",", "," name ","))
                    print $5 path_of[name]
        }' "/proc/$1/cgroup" /proc/self/mountinfo
}

# ---- running things -------------------------------------------------------

# bounded CMD...: in a container, without input, ended after ten seconds (the
# status is then 124).  Its words go to files: nobody who holds them open
# keeps the test waiting, and who has much to say fills a small disk.
bounded() {
    [ -n "${BOX_SAID-}" ] || { echo "a container is for a test, after lab_setup" >&2; return 125; }
    local status=0 said=$BOX_SAID/$BASHPID begun=$EPOCHSECONDS BOX_SECONDS
    box_patience 10 2 "$LAB_SANDBOX/patience"
    if [ /proc/self/fd/1 -ef /proc/self/fd/2 ]; then
        ( box_run "$@" ) </dev/null >>"$said" 2>&1 || status=$?
    else
        ( box_run "$@" ) </dev/null >>"$said" 2>>"$said.err" || status=$?
        box_show "$said.err" >&2
    fi
    box_show "$said"
    [ $((EPOCHSECONDS - begun)) -lt "$BOX_SECONDS" ] ||
        echo $((BOX_SECONDS / 2)) >"$LAB_SANDBOX/patience"
    return "$status"
}

# box_patience MOST LEAST FILE: BOX_SECONDS, how long to wait.  A program that hangs
# hangs in every test: each time costs half of the time before, and so the run ends
# with a mark.  One that does not hang never comes near.
box_patience() {
    BOX_SECONDS=$1
    [ ! -s "$3" ] || read -r BOX_SECONDS <"$3"
    [ "$BOX_SECONDS" -ge "$2" ] || BOX_SECONDS=$2
}

# wait_for CMD...: until CMD succeeds, 10 seconds at most
wait_for() {
    local BOX_SECONDS tries latest
    box_patience 10 1 "$LAB_SANDBOX/waiting"
    # Counted, so that a slow machine costs nobody anything; but where the program is what makes
    # it slow, each look takes long.
    tries=$((BOX_SECONDS * 100)) latest=$((EPOCHSECONDS + 3 * BOX_SECONDS))
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        if [ "$tries" -le 0 ] || [ "$EPOCHSECONDS" -gt "$latest" ]; then
            echo "waited $BOX_SECONDS s in vain for: $*"
            echo $((BOX_SECONDS / 2)) >"$LAB_SANDBOX/waiting"
            return 1
        fi
        nap
    done
}

# box_show FILE: the beginning of what a command has said, without NULs; and
# empty the file
box_show() {
    local LC_ALL=C text=
    [ -s "$1" ] || return 0
    IFS= read -r -N "$BOX_KEEP" text <"$1" || true
    printf '%s' "$text"
    [ "${#text}" -lt "$BOX_KEEP" ] || printf '\n(here it was cut: the test looks at no more than %s bytes)\n' "$BOX_KEEP"
    : >"$1"
}

# as_user CMD...: as the ordinary user of the container
as_user() {
    bounded setpriv --reuid=1000 --regid=1000 --clear-groups --inh-caps=-all \
        env -i PATH="$PATH" HOME="${LAB_HOME:-/}" TERM=dumb LANG=C.UTF-8 LC_ALL=C.UTF-8 LAB_MARK="${LAB_MARK-}" "$@"
}
bounded_user() { as_user "$@"; }
lab_uid() { echo 1000; }
lab_gid() { echo 1000; }

# spawn CMD...: in the machine, in the background.  $SPAWNED is the host's pid of
# CMD itself, once it runs; signals are for it alone, and its end is not that of
# the machine.
spawn() {
    local child holder children=()
    box_machine || return
    SPAWNED_OUT=$BOX_SAID/spawned${#LAB_SPAWNED[@]}
    SPAWNED_ERR=$SPAWNED_OUT.err
    ( exec "$LAB_SANDBOX/skiff" exec -i "${BOX_ENV[@]}" -w "$PWD" "$BOX_NAME" "$@" <"${SPAWN_INPUT:-/dev/null}" \
        >>"$SPAWNED_OUT" 2>>"$SPAWNED_ERR" ) &
    holder=$!
    know "$holder"
    SPAWNED=
    while [ -z "$SPAWNED" ] && is_same "$holder"; do
        { read -r -a children <"/proc/$holder/task/$holder/children" || true; } 2>/dev/null
        for child in "${children[@]}"; do
            [ "/proc/$child/ns/pid" -ef "/proc/$BOX_INIT/ns/pid" ] || continue
            [ ! -e "/proc/$child/exe" ] || [ "/proc/$child/exe" -ef "$LAB_SANDBOX/skiff" ] || SPAWNED=$child
        done 2>/dev/null
        [ -n "$SPAWNED" ] || nap 0.005
    done
    SPAWNED=${SPAWNED:-$holder}
    [ "$SPAWNED" = "$holder" ] || know "$SPAWNED"
    BOX_HOLDERS[$SPAWNED]=$holder
    LAB_SPAWNED+=("$SPAWNED")
}

# reap PID: wait for a spawned process; its status in $status
# shellcheck disable=SC2034  # status is for the tests
reap() { status=0; wait "${BOX_HOLDERS[$1]:-$1}" || status=$?; }

# facility NAME: what a container offers, asked once a run, and in a fresh one: in
# the machine a program may have changed what it says.  Filters are read from out here.
facility() {
    local answer=$LAB_SANDBOX/facility/${1//\//%} code=0 said='' ask=(bounded)
    if [ ! -e "$answer" ]; then
        # shellcheck disable=SC2016  # for the inner shell to expand
        ask+=(bash -c '. /lib.bash; facility "$1"' bash "$1")
        [ "$1" != filters ] || ask=(bash -c '. "$2"; facility "$1"' bash "$1" "$LAB_TOP/support/lib.bash")
        said=$(BOX_FRESH=yes "${ask[@]}") || code=$?
        [ "$code" -le 3 ] || { printf 'no container runs: %s\n%s\n' "${said//$'\n'/ }" "sudo make grade"; return 1; }
        # What only a container lacks is no fault of the machine's.
        # shellcheck disable=SC2016  # for the inner shell to expand
        if [ "$code" -eq 2 ] && { bash -c '. "$2"; facility "$1"' bash "$1" "$LAB_TOP/support/lib.bash" >/dev/null; [ "$?" -ne 2 ]; }; then
            code=1 said+=$'\n'"without the sandbox: sudo make grade"
        fi
        printf '%s\n%s\n' "$code" "$said" >"$answer.$BASHPID"
        mv "$answer.$BASHPID" "$answer"
    fi
    { read -r code; IFS= read -r -d '' said || true; } <"$answer"
    said=${said%$'\n'}
    [ -z "$said" ] || printf '%s\n' "$said"
    return "$code"
}

# ---- looking at the kernel ------------------------------------------------

# carries_mark PID: what a program has in its environment is its own affair; this is
# about its control group
carries_mark() { box_has "$1"; }

# box_has PID: is it in the machine?  By its control groups, which nothing gets out of:
# what it makes of its own is below them.
box_has() {
    local path above group
    box_state || return 1
    while IFS= read -r path; do
        path=${path#*:*:}
        above=${path%%/skiff-*}
        [ "$above" != "$path" ] || continue
        path=$above${path:${#above}:19}
        for group in "${BOX_GROUPS[@]}"; do
            [[ $group != *"$path" ]] || return 0
        done
    done <"/proc/$1/cgroup"
    return 1
} 2>/dev/null

# machine_pid: a process of the machine that is none of what the test runs
machine_pid() { box_machine && box_up && echo "$BOX_LEADER"; }

# inside_pid PID: its number in the machine, for a command's arguments
inside_pid() { read_field "$1" NSpid && echo "${FIELD[1]-}"; }

# inside_id N: what the machine calls the user or group that is N out here
inside_id() { box_state && echo $(($1 < BOX_BASE ? 65534 : $1 - BOX_BASE)); }

# ns_of PID KIND: self is the machine's
ns_of() {
    local pid=$1
    if [ "$pid" = self ]; then pid=$(machine_pid) || return; fi
    readlink "/proc/$pid/ns/$2"
}
same_ns() {
    local one=$2 other=$3
    if [[ $one = self || $other = self ]]; then box_machine && box_up || return; fi
    [ "$one" != self ] || one=$BOX_LEADER
    [ "$other" != self ] || other=$BOX_LEADER
    [ "/proc/$one/ns/$1" -ef "/proc/$other/ns/$1" ]
}

# proc_field PID NAME: ids as the machine counts them
proc_field() {
    local i
    read_field "$1" "$2" || return
    case $2 in
        NSpid) FIELD=("${FIELD[@]:1}") ;;
        Uid | Gid | Groups)
            box_state || return
            for i in "${!FIELD[@]}"; do FIELD[i]=$((FIELD[i] < BOX_BASE ? 65534 : FIELD[i] - BOX_BASE)); done ;;
    esac
    echo "${FIELD[*]}"
}

# id_map PID FILE: uid_map or gid_map, blanks folded, as the machine sees it
id_map() { box_state && awk -v base="$BOX_BASE" '{ print $1, ($2 < base ? 65534 : $2 - base), $3 }' "/proc/$1/$2"; }

# marked_pids: what runs in the machine but the machine itself.  By its control
# group, which nothing gets out of.
marked_pids() {
    local group
    box_state || return 0
    for group in "${BOX_GROUPS[@]}"; do [[ $group != */pids/* ]] || break; done
    box_procs "$group"
}

# box_procs GROUP: the processes in it and below, without zombies
box_procs() {
    local pid pids stat below
    { mapfile -t pids <"$1/cgroup.procs"; } 2>/dev/null || return 0
    for pid in "${pids[@]}"; do
        case $pid in "$BOX_INIT" | "$BOX_SHELL" | "$BOX_LEADER") continue ;; esac
        # A name may have a newline in it.
        stat=
        { IFS= read -r -d '' stat <"/proc/$pid/stat" || [ -n "$stat" ]; } 2>/dev/null || continue
        stat=${stat##*) }
        [[ $stat = [ZX]* ]] || echo "$pid"
    done
    for below in "$1"/*/; do [ ! -d "$below" ] || box_procs "${below%/}"; done
}

# footprint: of the machine, see support/bats.bash
footprint() {
    local line NODES
    box_machine && box_up || return
    name_nodes
    for line in $(marked_pids); do echo "process $line"; done
    awk '{ print "mount " $5 }' "/proc/$BOX_INIT/mountinfo"
    find "${BOX_GROUPS[@]}" "${NODES[@]}" -maxdepth 1 \( -type d ! -name init -name "${FOOTPRINT_CGROUPS:-*}" \
        -printf 'cgroup %p\n' -o -path "${LAB_DEV:-/dev}/*" -printf "$NODE_FORMAT" \) 2>/dev/null | sort
    while read -r line _; do
        case $line in *:) echo "link ${line%:}" ;; esac
    done <"/proc/$BOX_INIT/net/dev"
    find "/proc/$BOX_INIT/root/run/netns" -mindepth 1 -maxdepth 1 -printf 'netns %f\n' 2>/dev/null || true
}

# ---- control groups -------------------------------------------------------
# A container sees its own groups as the roots.

# machine_group DIR: the machine's root in the hierarchy that is mounted at DIR
machine_group() {
    local group
    box_machine || return
    for group in "${BOX_GROUPS[@]}"; do
        [[ $group != "$1"/skiff-* ]] || { echo "$group"; return; }
    done
    return 1
}

# inside_group DIR: the name that a group has in the machine
inside_group() {
    local group point
    box_state || return
    for group in "${BOX_GROUPS[@]}"; do
        [[ $1/ = "$group"/* ]] || continue
        point=${group%/*}
        [ "$point" != /sys/fs/cgroup ] || point=
        echo "/sys/fs/cgroup${point:+/${point##*/}}${1#"$group"}"
        return
    done
    return 1
}

# cgroup_file FILE: a /proc/PID/cgroup that was copied in the machine, with the
# names that are seen from here
cgroup_file() {
    box_up || return
    awk -F: 'FNR == NR { sub("/init$", "", $3); root[$1 ":" $2] = $3 == "/" ? "" : $3; next }
        {
            key = $1 ":" $2
            path = substr($0, length(key) + 2)
            print key ":" root[key] (root[key] != "" && path == "/" ? "" : path)
        }' "/proc/$BOX_INIT/cgroup" "$1"
}

# host_pid N: the process that has this number in the machine
host_pid() {
    local pid
    for pid in $(marked_pids); do
        [ "$(inside_pid "$pid")" != "$1" ] || { echo "$pid"; return; }
    done
    return 1
}
