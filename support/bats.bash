# shellcheck shell=bash
# support/bats.bash - what every bats file of the course loads
#
#   load ../../support/bats
#   exercise capdrop                     # graded files only: sets $EXERCISE
#   setup() { require root cgroup:memory; hint "..., see cgroups(7)"; }
#
# A file that has a setup or teardown of its own calls lab_setup and
# lab_teardown from it.

bats_require_minimum_version 1.5.0
# shellcheck source=support/lib.bash
source "${BASH_SOURCE[0]%/*}/lib.bash"
unset LAB_MARK # of a test that runs bats

setup() { lab_setup; }
teardown() { lab_teardown; }

# lab_setup: the folder of the test as working directory, a mark that names
# this test's processes (its children inherit it in their environment).
lab_setup() {
    ! declare -F bats_capture_stack_trace >/dev/null || trap '[[ $BASH_SOURCE != "$BATS_TEST_SOURCE" ]] || lab_trace' DEBUG
    cd "$BATS_TEST_DIRNAME" || return
    export LAB_MARK="lab-$$-$BATS_TEST_NUMBER-$RANDOM$RANDOM"
    LAB_SPAWNED=()
    LAB_DIRS=()
    look_at_nodes
    LAB_NODES=$LOOK
    [ -z "${LAB_SANDBOX-}" ] || box_setup
}

# look_at_nodes: into LOOK, what bash can say without a process of who has the nodes in
# /dev.  For every test; footprint has more.
look_at_nodes() {
    local node NODES
    LOOK=
    name_nodes
    for node in "${NODES[@]}"; do
        [[ -c $node && -O $node && -G $node && ! -u $node && ! -g $node ]] || LOOK+=" $node"
    done
}

# lab_trace: before each command bats writes down where it is, to know what failed, and
# takes longer for that than the command.  The same, for commands of the test alone,
# and quickly for those that are not in a function of it.
# shellcheck disable=SC2034  # they are what bats looks at when something fails
lab_trace() {
    [[ -z ${BATS_INTERRUPTED-}${BATS_TIMED_OUT-} ]] || return 0
    BATS_DEBUG_LASTLAST_STACK_TRACE=("${BATS_DEBUG_LAST_STACK_TRACE[@]}")
    BATS_DEBUG_LAST_LINENO=("${BASH_LINENO[@]}") BATS_DEBUG_LAST_SOURCE=("${BASH_SOURCE[@]}")
    if [[ ${FUNCNAME[1]} = "$BATS_TEST_NAME" ]]; then
        BATS_DEBUG_LAST_STACK_TRACE=("${BASH_LINENO[0]} ${FUNCNAME[1]} ${BASH_SOURCE[1]}")
    else
        bats_capture_stack_trace
    fi
}

# lab_teardown: end what the test left running, remove its folders, print the
# hint of a test that failed.
lab_teardown() {
    local pid dir
    if [ -n "${LAB_SANDBOX-}" ]; then
        box_teardown
        LAB_SPAWNED=() LAB_DIRS=()
    fi
    for pid in "${LAB_SPAWNED[@]}"; do
        kill -KILL "$pid" 2>/dev/null || true # also one that a test has started without spawn
        wait "$pid" 2>/dev/null || true
    done
    for pid in $(marked_pids); do
        [ "$pid" -eq "$$" ] || kill -KILL "$pid" 2>/dev/null || true
    done
    for dir in "${LAB_DIRS[@]}"; do remove_dir "$dir"; done
    [ -n "${BATS_TEST_COMPLETED-}" ] || [ -z "${LAB_HINT-}" ] || echo "hint: $LAB_HINT"
    look_at_nodes
    [ "$LOOK" = "${LAB_NODES-$LOOK}" ] ||
        { printf 'expected: the nodes in /dev as they were\nobserved: not: %s\n' "$(nodes | tr '\n' ';')"; return 1; }
}

# remove_dir DIR: whatever a program under test has done below it.  First what
# is still mounted there comes off: rm would go on into a bind mount of the
# same filesystem.  Then folders without permissions (an overlay's work/work)
# are opened, for a user who is not root.
remove_dir() {
    local point
    while read -r point; do
        umount -l -- "$(printf %b "$point")" 2>/dev/null || return 0
    done < <(awk -v dir="$1/" 'index($5 "/", dir) == 1 { print $5 }' /proc/self/mountinfo | tac)
    [ "$EUID" -eq 0 ] || chmod -R u+rwX -- "$1" 2>/dev/null || true
    rm -rf --one-file-system -- "$1"
}

# ---- what a test needs ----------------------------------------------------

#
# What a machine cannot do costs nobody a point, and is one of two kinds.  `never`: the
# processor or kernel does not have it; the test leaves the total.  `mendable`: there is a
# remedy; the test is not graded until it is taken.  The reason of every skip begins with
# a field that says which, and nothing reads the words behind it:
#
#   [never FACILITY] WHY
#   [mendable CODE: REMEDY] WHY
#
# Only support/lib.bash decides that something is never so, before a program under test
# has run: the grader asks it again, of the same FACILITY, before it believes a `never`.

# require FACILITY...: skip, saying why, where this machine lacks one of them (names:
# support/lib.bash, facility).  LAB_MUST_RUN=1 turns a mendable skip into a failure.
require() {
    local name said kind
    for name; do
        kind=0
        said=$(facility "$name") || kind=$?
        case $kind in
            0) ;;
            1) mendable "$name" "${said%%$'\n'*}" "${said#*$'\n'}" ;;
            2) skip "$(skip_field never "$name") $(one_line "$said")" ;;
            *) echo "$said"; return 1 ;;
        esac
    done
}

# mendable CODE WHY REMEDY: skip.  CODE is a word for programs, often a facility's name;
# REMEDY is a command, or the word sudo alone for the same command as root.
mendable() {
    [ -n "${3-}" ] || { echo "mendable without a remedy: ${2-}"; return 1; }
    if [ "${LAB_MUST_RUN-}" = 1 ]; then
        echo "must run here, and cannot: $2 (remedy: $3)"
        return 1
    fi
    skip "$(skip_field mendable "$1" "$3") $(one_line "$2")"
}

# require_step STATUS: skip where a step program said 77, "not on this kernel"
require_step() {
    [ "$1" -ne 77 ] || mendable step "${output:-the step said 77}" "another kernel, in the lab machine: make vm"
}

# require_filters: of a test that came to know that filters cannot be read here
require_filters() {
    require filters
    echo "expected: the filters of a process can be read"
    echo "observed: ${stderr-}"
    return 1
}

# hint TEXT: printed if the test fails; names a man page
hint() { LAB_HINT=$1; }

# ---- running things -------------------------------------------------------

# close_fds: close every descriptor above 2.  A bats test holds open the pipe
# that its results go through; a program that inherited it could write any
# result it liked.  Call it in a subshell, just before exec.
close_fds() {
    local fd
    for fd in /proc/self/fd/*; do
        fd=${fd##*/}
        [ "$fd" -le 2 ] || [ "$fd" -eq 255 ] || eval "exec $fd>&-"
    done
}

# exercise NAME: $EXERCISE is the program under test.  LAB_BIN=dir takes it
# from another folder, so that the same tests can judge another program.
exercise() { EXERCISE=${LAB_BIN:-$BATS_TEST_DIRNAME}/$1; }

# prog ARG...: the exercise, without inherited descriptors or input, ended
# after LAB_TIMEOUT seconds (the status is then 124).
prog() { bounded "$EXERCISE" "$@"; }

# bounded CMD...: the same for any command
bounded() { ( close_fds; exec timeout -k 2 "${LAB_TIMEOUT:-20}" "$@" </dev/null ); }

# bounded_user CMD...: the same, as the ordinary user
bounded_user() { ( close_fds; as_user timeout -k 2 "${LAB_TIMEOUT:-20}" "$@" </dev/null ); }

# outside CMD...: a program of the tests' own, which looks at another from
# outside, also where the others are in a sandbox.  Never the exercise.
outside() { ( close_fds; exec timeout -k 2 "${LAB_TIMEOUT:-20}" "$@" </dev/null ); }

# spawn CMD...: CMD in the background, without inherited descriptors; its pid
# in $SPAWNED, what it prints in $SPAWNED_OUT and $SPAWNED_ERR.  Ended, at the
# latest, with the test.  SPAWN_INPUT=FIFO: its standard input.
spawn() {
    SPAWNED_OUT=$(mktemp "$BATS_TEST_TMPDIR/out.XXXXXX")
    SPAWNED_ERR=$SPAWNED_OUT.err
    ( close_fds; exec "$@" <"${SPAWN_INPUT:-/dev/null}" >"$SPAWNED_OUT" 2>"$SPAWNED_ERR" ) &
    SPAWNED=$!
    know "$SPAWNED"
    LAB_SPAWNED+=("$SPAWNED")
}

# kill [-SIGNAL | -s SIGNAL] PID...: in place of bash's own, for processes of this test
# alone.  The program under test may end when it likes, and its number then be anybody's.
kill() {
    local signal=TERM to targets=() START
    case ${1-} in
        -l | -L | *%*) builtin kill "$@"; return ;;
        --) ;;
        -[sn]) signal=$2; shift 2 ;;
        -*) signal=${1#-}; shift ;;
    esac
    [ "${1-}" != -- ] || shift
    # First all of them are looked at: one may be the end of another.
    for to; do
        if own_process "${to#-}"; then
            targets+=("$to:$START")
        else
            echo "kill: ($to) - no such process of this test" >&2
        fi
    done
    [ ${#targets[@]} -gt 0 ] || return 1
    # As with bash's own, it is enough that one of them got it: the first may have ended the next.
    send_signal "$signal" "${targets[@]}" || [ ${#targets[@]} -gt 1 ]
}

# own_process PID: is it one that spawn started, or descends it from this test, or carries
# its mark?  Its start time in START.  What was started and has ended is no more.
own_process() {
    start_of "$1" || return 1
    if [ -n "${STARTED_AT[$1]-}" ]; then
        [ "$START" = "${STARTED_AT[$1]}" ]
    else
        descends "$1" || carries_mark "$1"
    fi
}

# descends PID: from the shell of this test
descends() {
    local pid=$1 stat
    while [ "$pid" -gt 1 ]; do
        [ "$pid" -ne "$$" ] || return 0
        { IFS= read -r -d '' stat <"/proc/$pid/stat" || [ -n "$stat" ] || return 1; } 2>/dev/null
        stat=${stat##*) }
        stat=${stat#* }
        pid=${stat%% *}
    done
    return 1
}

# carries_mark PID: in its environment or its arguments; NAP is one that commands of a
# container have as an argument
carries_mark() {
    [[ ${LAB_MARK-} = lab-*-*-* ]] || return 1
    env -u LAB_MARK grep -qsaF -e "$LAB_MARK" ${NAP:+-e "$NAP"} "/proc/$1/environ" "/proc/$1/cmdline"
}

# reap PID: wait for a spawned process; its status in $status
reap() { status=0; wait "$1" || status=$?; }

# patience MOST LEAST KIND: $PATIENCE, the seconds that are worth waiting for something
# that happens at once on an idle machine.  A slow or busy one gets the most; but each
# time that we have waited in vain (in_vain KIND) halves it for the rest of the run, as
# a program that never gets there never does, in test after test.  LAB_PATIENCE=1: it is
# the least from the start, for who tries programs that are wrong.
patience() {
    PATIENCE=${LAB_PATIENCE:-$1}
    [ ! -s "${BATS_RUN_TMPDIR:-/nonexistent}/patience.$3" ] || read -r PATIENCE <"$BATS_RUN_TMPDIR/patience.$3"
    [ "$PATIENCE" -ge "$2" ] || PATIENCE=$2
}
in_vain() { [ ! -d "${BATS_RUN_TMPDIR-}" ] || echo $((PATIENCE / 2)) >"$BATS_RUN_TMPDIR/patience.$1"; }

# wait_for CMD...: until CMD succeeds, 30 seconds at most
wait_for() {
    local PATIENCE tries
    patience 30 10 wait
    tries=$((PATIENCE * 50))
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { echo "waited $PATIENCE s in vain for: $*"; in_vain wait; return 1; }
        lab_nap 0.02
    done
}

# nap [SECONDS]: a moment, without a process: nobody writes to that pipe
nap() { lab_nap "$@"; }
lab_nap() { # by this name where a test has a nap of its own
    [ -n "${LAB_CLOCK-}" ] || exec {LAB_CLOCK}<> <(:)
    read -r -t "${1:-0.01}" -u "$LAB_CLOCK" || true
}

# user_dir: a new folder that belongs to the ordinary user and that they can
# reach (bats' own temporary folders are root's alone); removed after the test
user_dir() {
    USER_DIR=$(mktemp -d "${TMPDIR:-/tmp}/lab.XXXXXX")
    LAB_DIRS+=("$USER_DIR")
    [ "$EUID" -ne 0 ] || chown "$(lab_uid):$(lab_gid)" "$USER_DIR" || require user
}

# ---- looking at the kernel ------------------------------------------------

# read_field PID NAME: the words of a field of /proc/PID/status, into the array FIELD
read_field() {
    local text=
    IFS= read -r -d '' text <"/proc/$1/status" || [ -n "$text" ] || return
    FIELD=()
    [[ ! $'\n'$text =~ $'\n'"$2:"([^$'\n']*) ]] || read -r -a FIELD <<<"${BASH_REMATCH[1]}"
}

# proc_field PID NAME: a field of /proc/PID/status, white space folded
proc_field() { read_field "$1" "$2" && echo "${FIELD[*]}"; }

# ns_of PID KIND: 'pid:[4026531836]'
ns_of() { readlink "/proc/$1/ns/$2"; }

# same_ns KIND PID PID: are both in the same namespace?
same_ns() { [ "/proc/$2/ns/$1" -ef "/proc/$3/ns/$1" ]; }

# sandboxed: does what a test starts run in a machine of its own?
sandboxed() { [ -n "${LAB_SANDBOX-}" ]; }

# ask_filter PID CALL...: what the filters of PID, those that we do not have ourselves,
# say to these calls (native:N, x32:N, foreign:N; see support/payload-filter.c, which
# is built beside the test), whether or not this machine takes such a call.  $status
# is 77 where the kernel does not show them to us, and $stderr says why.
ask_filter() {
    local pid=$1 count ours
    shift
    count=$(proc_field "$pid" Seccomp_filters) ours=$(proc_field self Seccomp_filters)
    if [ -n "$ours" ]; then count=$((count - ours)); else count=99; fi # Linux 5.9 counts them
    run --separate-stderr outside "${PAYLOAD_FILTER:-$BATS_TEST_DIRNAME/payload-filter}" "$pid" "$count" "$@"
}

# expect_refused PID CALL...: by the filters of PID, or killed; status 77 where they cannot be asked
expect_refused() {
    ask_filter "$@"
    [ "$status" -ne 77 ] || return 77
    expect_status 0 || return 1
    expect "calls that the filter does not refuse" "" "$(grep -v ': refused$\|: killed$' <<<"$output" || true)"
}

# machine_pid: a process that is none of what the test runs, and shares its
# machine: for namespaces to be compared with, and for those that want a PID
machine_pid() { echo "$$"; }

# inside_pid PID: its number for an argument of a command, which may be in a
# sandbox that counts anew
inside_pid() { echo "$1"; }

# inside_id N: what the command calls the user or group that is N out here
inside_id() { echo "$1"; }

# id_map PID FILE: uid_map or gid_map of a process, blanks folded
id_map() { awk '{ $1 = $1; print }' "/proc/$1/$2"; }

# The control groups of the machine: for a test that compares what it reads here
# with what a command is told.  In a sandbox both of them differ.
machine_group() { echo "$1"; }
inside_group() { echo "$1"; }
cgroup_file() { cat "$1"; }
host_pid() { echo "$1"; }

# child_of PID: the first child of a process
child_of() { awk '{ print $1 }' "/proc/$1/task/$1/children"; }

# cgroup_dir PID CONTROLLER: the directory of a process's cgroup in the
# hierarchy that carries the controller.  In a container only a part of it may be
# mounted, while /proc/PID/cgroup tells the whole path.
cgroup_dir() {
    local where path root
    where=$(cgroup_where "$2")
    case $where in
        1*) path=$(awk -F: -v name="$2" '{ n = split($2, c, ","); for (i = 1; i <= n; i++) if (c[i] == name) print $3 }' "/proc/$1/cgroup") ;;
        2*) path=$(awk -F: '$1 == 0 { print $3 }' "/proc/$1/cgroup") ;;
    esac
    root=$(awk -v point="${where#* }" '$5 == point { root = $4 } END { print root }' /proc/self/mountinfo)
    [[ $path/ != "${root%/}"/* ]] || path=${path#"${root%/}"}
    echo "${where#* }$path"
}

# marked_pids: this test's processes, by the mark in their environment or
# arguments.  The grep that looks does not carry it.  None before setup has made
# the mark (bats runs teardown even then): an empty pattern would be everybody.
marked_pids() {
    [[ ${LAB_MARK-} = lab-*-*-* ]] || return 0
    local file seen=" "
    while read -r file; do
        file=${file#/proc/}
        [[ $seen = *" ${file%%/*} "* ]] || echo "${file%%/*}"
        seen+="${file%%/*} "
    done < <(env -u LAB_MARK grep -lsaF -f <(echo "$LAB_MARK") /proc/[0-9]*/environ /proc/[0-9]*/cmdline)
}

# footprint: what a program may leave behind, one line each: mounts, cgroups
# directly below each root (FOOTPRINT_CGROUPS is a pattern for their names),
# network links, named network namespaces, this test's processes; and whose the nodes
# in /dev are.  Take it before and after, and compare.
footprint() {
    local line root roots=() NODES
    name_nodes
    for line in $(marked_pids); do echo "process $line"; done
    while read -r _ _ _ _ root line; do
        echo "mount $root"
        line=${line#*- }
        case ${line%% *} in cgroup | cgroup2) roots+=("$root") ;; esac
    done </proc/self/mountinfo
    # One process for both: this is done twice a test.  A fresh machine (harness/fresh) may
    # begin and end beside it.
    find "${roots[@]}" "${NODES[@]}" -maxdepth 1 \( -type d ! -name 'lab-fresh.*' -name "${FOOTPRINT_CGROUPS:-*}" -printf 'cgroup %p\n' -o \
        -path "${LAB_DEV:-/dev}/*" -printf "$NODE_FORMAT" \) 2>/dev/null | sort
    while read -r line _; do
        case $line in *:) echo "link ${line%:}" ;; esac
    done </proc/net/dev
    for line in /run/netns/*; do [ ! -e "$line" ] || echo "netns $line"; done
}

# expect_footprint BEFORE: nothing more and nothing less than then.  What is
# being torn down gets some seconds to go.
expect_footprint() {
    local PATIENCE tries now
    patience 8 2 footprint
    tries=$((PATIENCE * 50))
    while now=$(footprint); [ "$now" != "$1" ]; do
        tries=$((tries - 1))
        if [ "$tries" -eq 0 ]; then
            in_vain footprint
            echo "expected: nothing left behind"
            echo "observed:"
            diff <(echo "$1") <(echo "$now") | sed -n 's/^[<>]/  &/p'
            return 1
        fi
        lab_nap 0.02
    done
}

# ---- what a test expects --------------------------------------------------
# Each prints expected and observed when it fails; WHAT says of what.

# expect WHAT EXPECTED OBSERVED
expect() {
    [ "$2" != "$3" ] || return 0
    echo "expected: $1: $2"
    echo "observed: $3"
    return 1
}

# expect_match WHAT REGEX OBSERVED: an extended regular expression that
# matches somewhere in it
expect_match() {
    [[ ! $3 =~ $2 ]] || return 0
    echo "expected: $1 matches: $2"
    echo "observed: $3"
    return 1
}

# expect_status N: of the last `run` (or reap)
expect_status() {
    [ "$status" -ne "$1" ] || return 0
    echo "expected: exit status $1"
    echo "observed: exit status $status${output:+, and it printed: $output}"
    return 1
}

# expect_output TEXT: of the last `run`, the whole of it
expect_output() { expect output "$1" "$output"; }

# expect_error STATUS NAME: the contract of every failure: that status, and one
# line on stderr, 'NAME: what: why'.  After `run --separate-stderr`.
expect_error() {
    expect_status "$1" || return 1
    # shellcheck disable=SC2154  # stderr is set by run
    expect_match "one line on stderr" "^$2: [^"$'\n'"]+\$" "$stderr"
}

# In the grader's sandbox some of these are others.
# shellcheck source=support/sandbox.bash
[ -z "${LAB_SANDBOX-}" ] || source "${BASH_SOURCE[0]%/*}/sandbox.bash"
