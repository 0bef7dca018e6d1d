# shellcheck shell=bash
# support/lib.bash - what the scripts and the tests of the course share
#
# Sourced, never run.  It defines functions and a few variables (LAB_TOP, STARTED_AT), and changes
# nothing else.  Four groups: the course tree, the ordinary user, processes, the facilities of
# this machine.

LAB_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# Debian gives an ordinary user no sbin, and the tools of this course live there.
case :$PATH: in *:/usr/sbin:*) ;; *) PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin ;; esac

# die STATUS MESSAGE...: one line on stderr, and out
die() {
    local status=$1
    shift
    echo "${0##*/}: $*" >&2
    exit "$status"
}

# is_report FILE: a page that the grader made; each of them has this policy
is_report() { grep -qsF "content=\"default-src 'none';" "$1"; }

# ---- the course tree ------------------------------------------------------

# course_parts: the name of every part with graded tests, in course order
course_parts() {
    local dir
    for dir in "$LAB_TOP"/labs/[0-9]*/; do
        dir=${dir%/}
        echo "${dir##*/}"
    done
    echo capstone
}

# part_dir PART: the folder of a part, relative to LAB_TOP
part_dir() {
    if [ "$1" = capstone ]; then echo capstone; else echo "labs/$1"; fi
}

# resolve_part WORD: '2', '02', '02-namespaces' or 'capstone' -> the part's name.
# An unknown word lists the parts on stderr; the status is then 2.
resolve_part() {
    local part word=$1
    [[ $word != [0-9] ]] || word=0$word
    for part in $(course_parts); do
        if [ "$word" = "$part" ] || [ "$word" = "${part%%-*}" ]; then
            echo "$part"
            return 0
        fi
    done
    { echo "no lab '$1'. The labs are:"; course_parts | sed 's/^/  /'; } >&2
    return 2
}

# ---- the ordinary user ----------------------------------------------------
#
# Much of this course is about what a process without privilege may do, so a
# run as root needs somebody else to be.  LAB_USER names them (a login name or
# a number); else it is whoever called sudo; else uid 1000, which need not
# exist in /etc/passwd.  Not nobody: 65534 is also the kernel's overflow uid,
# and lab 03 tells the two apart.

lab_uid() {
    if [ "$EUID" -ne 0 ]; then
        echo "$EUID"
    elif [ -n "${LAB_USER-}" ]; then
        id -u "$LAB_USER" 2>/dev/null || echo "$LAB_USER"
    elif [ "${SUDO_UID:-0}" -ne 0 ]; then
        echo "$SUDO_UID"
    else
        echo 1000
    fi
}

lab_gid() {
    local uid
    uid=$(lab_uid)
    if [ "$EUID" -ne 0 ]; then id -g; else id -g "$uid" 2>/dev/null || echo "$uid"; fi
}

# as_user CMD...: CMD with the ordinary user's ids, no groups, no capabilities
# and an environment of its own.  The working directory is inherited, so a
# relative path works even where a folder above it is closed to that user.
as_user() {
    local uid gid env
    env=(PATH="$PATH" HOME="${LAB_HOME:-/}" TERM="${TERM:-dumb}" LANG=C.UTF-8 LC_ALL=C.UTF-8)
    [ -z "${LAB_MARK-}" ] || env+=(LAB_MARK="$LAB_MARK")
    if [ "$EUID" -ne 0 ]; then
        env -i "${env[@]}" "$@"
    else
        uid=$(lab_uid) gid=$(lab_gid)
        setpriv --reuid="$uid" --regid="$gid" --clear-groups --inh-caps=-all \
            env -i "${env[@]}" "$@"
    fi
}

# own_mounts: OWN_MOUNTS is what to put before a command that is to have a mount
# table of its own.  Programs under test mount as root, some where they should
# not; what they do to this table ends with the run.  Mounts are shared in it,
# as on most machines: what leaks out of a program's namespace is still seen by
# its test.  Empty where it cannot be had, as for an ordinary user.
own_mounts() {
    # bash: dash would drop the functions that a bats above this one exports.
    # shellcheck disable=SC2034  # for whoever calls this
    OWN_MOUNTS=(unshare --mount --propagation slave bash -c 'mount --make-rshared / && exec "$@"' bash)
    "${OWN_MOUNTS[@]}" true 2>/dev/null || OWN_MOUNTS=()
}

# ---- processes ------------------------------------------------------------
#
# The kernel gives the number of a process that has ended to a new one, and bash
# waits for its children as soon as they end: a number alone may be anybody's.  A
# number and a start time name one process.  No script of the course sends a
# signal to a number that it remembers in any other way (harness/lint looks).

declare -gA STARTED_AT=()   # of the processes that know was told of

# start_of PID: into START, its start time (field 22 of /proc/PID/stat); status 1,
# and START is empty, if there is no such process.  Its name may hold anything, a
# newline too; after it come numbers.
start_of() {
    local stat='' IFS=' ' field
    START=
    { IFS= read -r -d '' stat <"/proc/$1/stat" || [ -n "$stat" ] || return 1; } 2>/dev/null
    # shellcheck disable=SC2206  # one word each
    field=(${stat##*) })
    START=${field[19]-}
    [ -n "$START" ]
}

# know PID...: the processes that have these numbers now are meant from here on.  For
# a child, call it at once after it was started.
know() {
    local pid START
    for pid; do
        # One that has ended already is never met again.
        start_of "$pid" || START=ended
        STARTED_AT[$pid]=$START
    done
}

# is_same PID: is it still the process that know was told of?  PID:START: or the one
# that started then?
is_same() {
    local START started=${1#*:}
    [[ $1 = *:* ]] || started=${STARTED_AT[$1]-}
    start_of "${1%:*}" && [ "$START" = "$started" ]
}

# identified CMD...: the pids that CMD prints, as PID:START.  CMD looks twice: what it
# prints before and after the start time was read is the process that it means.
identified() {
    local pid START before=' '
    for pid in $("$@" | sort -u); do
        ! start_of "$pid" || before+="$pid:$START "
    done
    [ "$before" != ' ' ] || return 0
    for pid in $("$@" | sort -u); do
        ! start_of "$pid" || [[ $before != *" $pid:$START "* ]] || echo "$pid:$START"
    done
}

# session_is PID: is the session of this number still that of the process that know was
# told of?  As long as a process is in it, the number is given to no other.
session_is() { [ ! -e "/proc/$1" ] || is_same "$1"; }

# send_signal SIGNAL TARGET...: to the processes that are meant and to no other.
# TARGET is a PID that know was told of, -PID, the process group that it leads, or
# PID:START.  SIGNAL 0 only looks.  Status 1 if one of them has ended.
send_signal() {
    local signal=$1 target targets=() tool=$LAB_TOP/build/send-signal status=0 pid START
    shift
    for target; do
        [[ $target = *:* ]] || target+=:${STARTED_AT[${target#-}]:-ended}
        case $target in
            *:ended | -[01]:* | [01]:*) status=1 ;;
            *) targets+=("$target") ;;
        esac
    done
    [ ${#targets[@]} -gt 0 ] || return "$status"
    [ -z "${LAB_SANDBOX-}" ] || tool=$LAB_SANDBOX/send-signal
    if [ "$signal" != 0 ] && [ -x "$tool" ]; then
        "$tool" "$signal" "${targets[@]}" || status=1
        return "$status"
    fi
    # The same without a pidfd: the signal goes out right after the comparison.
    for target in "${targets[@]}"; do
        START=
        pid=${target%:*}
        start_of "${pid#-}" || [[ $target = -* ]] || { status=1; continue; }
        if [ -n "$START" ] && [ "$START" != "${target#*:}" ]; then
            status=1
        else
            builtin kill -s "$signal" -- "$pid" 2>/dev/null || status=1
        fi
    done
    return "$status"
}

# ---- the facilities of this machine ---------------------------------------

# cgroup_where CONTROLLER: "VERSION DIRECTORY" of the hierarchy that carries
# it, as this process sees it, or nothing and status 1.  Read from
# /proc/self/mountinfo: hybrid machines have both versions at once.
cgroup_where() {
    local where
    where=$(awk -v name="$1" '{
            for (i = 7; $i != "-"; i++);
            if ($(i + 1) == "cgroup" && index("," $(i + 3) ",", "," name ",")) { print 1, $5; found = 1; exit }
            if ($(i + 1) == "cgroup2" && v2 == "") v2 = $5
        }
        END { if (!found && v2 != "") print 2, v2 }' /proc/self/mountinfo)
    case $where in
        1*) ;;
        2*) grep -qw -- "$1" "${where#2 }/cgroup.controllers" 2>/dev/null || return 1 ;;
        *) return 1 ;;
    esac
    echo "$where"
}

# cgroup2_mount: where the cgroup v2 tree is mounted, or status 1
cgroup2_mount() {
    awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup2") { print $5; found = 1; exit } }
         END { exit !found }' /proc/self/mountinfo
}

# facility NAME: status 0 if this machine offers it to this user; else status
# 1 and one line on stdout that says what is missing.
#   root              effective uid 0
#   user              an ordinary user that can be become
#   tool:NAME         a program in PATH
#   ns:KIND           a namespace of that kind can be made with privilege:
#                     pid mnt ipc uts net cgroup time user
#   userns            an ordinary user can make a user namespace and be root in it
#   cgroup:NAME       a controller on either version, its root writable
#   cgroup1:NAME cgroup2:NAME   the same on that version only
#   cgroup2           the v2 tree, whatever its controllers
#   overlay           an overlay mount with privilege
#   overlay:user      an overlay mount in a user namespace
#   seccomp           seccomp filters
#   subid             a subordinate id range for the ordinary user
#   file:PATH         that file
#   machine:NAME      a processor of that name, as uname -m has it
#   tmp:FSTYPE        temporary files are on a filesystem of that type
facility() {
    local where arg=${1#*:}
    case $1 in
        root)
            [ "$EUID" -eq 0 ] || { echo "needs root (run it with sudo)"; return 1; } ;;
        user)
            # shellcheck disable=SC2016  # for the inner shell to expand
            as_user sh -c '[ "$(id -u)" != 0 ]' 2>/dev/null ||
                { echo "cannot become an ordinary user (uid $(lab_uid))"; return 1; } ;;
        tool:*)
            command -v "$arg" >/dev/null || { echo "no $arg in PATH (run: make setup)"; return 1; } ;;
        machine:*)
            [ "$(uname -m)" = "$arg" ] || { echo "${arg/_/-} only; this is $(uname -m)"; return 1; } ;;
        file:*)
            [ -e "$arg" ] || { echo "no $arg here"; return 1; } ;;
        tmp:*)
            where=$(findmnt -n -o FSTYPE -T "${TMPDIR:-/tmp}")
            [ "$where" = "$arg" ] || { echo "${TMPDIR:-/tmp} is on $where, not $arg (set TMPDIR)"; return 1; } ;;
        ns:user)
            [ -e /proc/self/ns/user ] || { echo "this kernel has no user namespaces"; return 1; }
            unshare --user true 2>/dev/null ||
                { echo "making a user namespace is refused here (see make doctor)"; return 1; } ;;
        ns:*)
            [ -e "/proc/self/ns/$arg" ] || { echo "this kernel has no $arg namespaces"; return 1; }
            [ "$EUID" -ne 0 ] || unshare "$(unshare_option "$arg")" true 2>/dev/null ||
                { echo "making a $arg namespace is refused here"; return 1; } ;;
        userns)
            as_user unshare --map-root-user --mount true 2>/dev/null ||
                { echo "an ordinary user may not make a user namespace here (see make doctor)"; return 1; } ;;
        cgroup2)
            cgroup2_mount >/dev/null || { echo "no cgroup v2 tree is mounted"; return 1; } ;;
        cgroup:* | cgroup1:* | cgroup2:*)
            where=$(cgroup_where "$arg") || { echo "no $arg controller on any mounted cgroup hierarchy"; return 1; }
            case $1 in
                cgroup[12]:*) [ "${where%% *}" = "${1:6:1}" ] ||
                    { echo "the $arg controller is on cgroup v${where%% *} here, not v${1:6:1}"; return 1; } ;;
            esac
            [ -w "${where#* }" ] || { echo "the cgroup tree ${where#* } is not writable for uid $EUID"; return 1; } ;;
        overlay)
            [ "$EUID" -eq 0 ] || { echo "needs root (run it with sudo)"; return 1; }
            unshare --mount sh -c "$OVERLAY_PROBE" 2>/dev/null || { echo "this kernel mounts no overlay"; return 1; } ;;
        overlay:user)
            as_user unshare --map-root-user --mount sh -c "$OVERLAY_PROBE" 2>/dev/null ||
                { echo "no overlay mount in a user namespace here"; return 1; } ;;
        seccomp)
            grep -q '^Seccomp:' /proc/self/status || { echo "this kernel has no seccomp"; return 1; } ;;
        subid)
            grep -q "^\($(id -nu "$(lab_uid)" 2>/dev/null)\|$(lab_uid)\):" /etc/subuid 2>/dev/null ||
                { echo "uid $(lab_uid) has no range in /etc/subuid (see make doctor)"; return 1; } ;;
        *)
            echo "unknown facility '$1'"; return 1 ;;
    esac
}

# All four directories on one tmpfs, which ends with the mount namespace.
OVERLAY_PROBE='mount -t tmpfs t /tmp && cd /tmp && mkdir l u w m &&
    mount -t overlay -o lowerdir=l,upperdir=u,workdir=w,userxattr o m ||
    mount -t overlay -o lowerdir=l,upperdir=u,workdir=w o m'

# name_nodes: into NODES, the device nodes that all programs share; LAB_DEV is another
# folder to look for them in.  A runtime that is given one as a standard stream may give
# it to root of its container (fchown), and the machine's /dev/null is somebody's.
name_nodes() {
    # shellcheck disable=SC2034  # for whoever calls this
    NODES=("${LAB_DEV:-/dev}"/{null,zero,full,random,urandom,tty,ptmx,console})
}
# What find(1) is to print of each: which it is, its type, owner, group and mode.
NODE_FORMAT='node %p %y %i %U:%G %m\n'

# nodes: of those that exist, a line each
nodes() {
    local NODES
    name_nodes
    find "${NODES[@]}" -maxdepth 0 -printf "$NODE_FORMAT" 2>/dev/null || true
}

# unshare_option KIND: unshare(1)'s option for a kind as named in /proc/PID/ns
unshare_option() {
    case $1 in mnt) echo --mount ;; pid) echo --pid ;; *) echo "--$1" ;; esac
}
