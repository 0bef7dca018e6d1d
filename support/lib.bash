# shellcheck shell=bash
# support/lib.bash - what the scripts and the tests of the course share
#
# Sourced, never run.  It defines functions and a few variables (LAB_TOP, STARTED_AT, UNREAD), and
# changes nothing else.  Five groups: the course tree, the ordinary user, processes, reading with a
# time limit, the facilities of this machine.

# A name that CDPATH has elsewhere must not win over the one beside this.
unset CDPATH
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

# know_cross: CROSS is the compiler for arm64, and where its headers are if it does not know:
# Fedora has those of each release in a folder of their own
know_cross() {
    local root
    CROSS=(aarch64-linux-gnu-gcc)
    for root in /usr/aarch64-redhat-linux/sys-root/*/; do
        [ ! -d "$root" ] || CROSS+=("--sysroot=${root%/}")
    done
}

# machine_lacks GROUP...: status 0, and one line, if this machine lacks what harness/setup
# knows to be in these groups; status 1 if nothing is missing.  What does not build or run
# for that is no fault of whoever wrote it.
machine_lacks() {
    local said names status=0
    [ -x "$LAB_TOP/harness/setup" ] || return 1
    said=$("$LAB_TOP/harness/setup" --fields "$@" 2>&1 </dev/null) || status=$?
    [ "$status" -eq 1 ] || return 1
    names=$(cut -s -f 1 <<<"$said")
    if [ -n "$names" ]; then
        echo "this machine lacks what the course needs: ${names//$'\n'/, } (run: sudo make setup)"
    else
        head -n 1 <<<"${said:-this machine lacks what the course needs (run: sudo make setup)}"
    fi
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

# open_course SCRIPT ARG...: SCRIPT, a path below LAB_TOP, is started once more where root
# runs it and a folder above the course is closed to the ordinary user (a home of mode
# 700): in a mount table of its own, in which the course is at a place that they may
# enter.  That place ends with the script; nothing is copied.
open_course() {
    local place opened=${LAB_OPENED-}
    unset LAB_OPENED
    [ "$EUID" -eq 0 ] && facility user >/dev/null && ! as_user test -x "$LAB_TOP/support" || return 0
    for place in /srv /media /mnt ''; do
        if [ -d "$place" ] && [[ $LAB_TOP/ != "$place"/* ]]; then break; fi
    done
    # A folder of the course itself may be closed, which another place does not open.
    if [ -n "$opened" ] || [ -z "$place" ] || ! unshare --mount true 2>/dev/null; then
        echo "${1##*/}: $LAB_TOP or a folder above it is closed to uid $(lab_uid): what that user does here fails" >&2
        return 0
    fi
    echo "${1##*/}: a folder above $LAB_TOP is closed to uid $(lab_uid): for this run the course is at $place/course" >&2
    # bash: dash would drop the functions that a bats above this one exports.
    # shellcheck disable=SC2016  # for the inner shell to expand
    LAB_OPENED=yes exec unshare --mount --propagation slave bash -c '
        at=$PWD course=$2/course args=("${@:4}")
        mount -t tmpfs -o mode=755 tmpfs "$2" && mkdir "$course" && mount --rbind "$1" "$course" &&
            mount --make-rshared / || exit 1
        case $at/ in "$1"/*) cd "$course${at#"$1"}" || exit ;; esac
        exec "$course/$3" "${args[@]/#"$1"\//$course/}"' bash "$LAB_TOP" "$place" "$@"
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

# ---- reading with a time limit --------------------------------------------
#
# bash 5.2 forgets a newline that arrives just as the time of `read -t` runs out: the
# line is then joined to the next.  It keeps a character that was asked for as such (-N),
# and text up to a NUL (-d '').  So no script of the course reads a line with `read -t`
# (harness/lint looks).

declare -gA UNREAD=()       # by descriptor: the beginning of a line

# read_some FD SECONDS: into SOME, text from FD: waits SECONDS for the first character,
# then takes what follows at once.  Status 1 at the end of the file, above 128 if nothing
# came in time.
read_some() {
    local more=''
    SOME=''
    IFS= read -r -N 1 -t "$2" SOME <&"$1" || return
    IFS= read -r -d '' -t 0.005 more <&"$1" || true
    SOME+=$more
}

# read_line FD SECONDS: into LINE, the next line from FD, without its newline.  Statuses
# as above; the beginning of a line waits for the rest, and is a line at the end of the file.
read_line() {
    local SOME status=0
    while [[ ${UNREAD[$1]-} != *$'\n'* ]]; do
        LINE=''
        read_some "$1" "$2" || status=$?
        UNREAD[$1]+=$SOME
        [ "$status" -le 128 ] || return "$status"
        [ "$status" -ne 0 ] || continue
        LINE=${UNREAD[$1]} UNREAD[$1]=''
        [ -n "$LINE" ]
        return
    done
    LINE=${UNREAD[$1]%%$'\n'*} UNREAD[$1]=${UNREAD[$1]#*$'\n'}
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

# facility NAME: status 0 if this machine offers it to this user.  Else it is one of two
# kinds, and the first line on stdout says what is missing:
#   1  mendable: the second line is the remedy, a command or a few words; the word
#      `sudo` alone stands for the same command as root
#   2  never: the processor or the running kernel does not have it, and no privilege,
#      package or setting will change that.  What is refused is mendable: somebody
#      refuses it, and may allow it.
# 3 is for a NAME that is none of these:
#   root              effective uid 0
#   user              an ordinary user that can be become
#   undelegated       an ordinary user who may make no cgroups
#   tool:NAME         a program in PATH
#   ptrace            strace(1) may trace its child
#   ns:KIND           a namespace of that kind can be made with privilege:
#                     pid mnt ipc uts net cgroup time user
#   userns            an ordinary user can make a user namespace and be root in it
#   cgroup:NAME       a controller on either version, its root writable
#   cgroup1:NAME cgroup2:NAME   the same on that version only
#   cgroup2           the v2 tree, whatever its controllers
#   swap              the kernel accounts swap to a cgroup
#   overlay           an overlay mount with privilege
#   overlay:user      an overlay mount in a user namespace
#   temp:exec         programs in the folder for temporary files run
#   temp:suid         set-user-ID programs there get the ids of their owner
#   temp:dev          device nodes there work
#   upper             the UPPER of an overlay may be in the folder for temporary files
#   proc              a new PID namespace can have a /proc of its own: with root's privilege, else
#                     in a user namespace; where parts of /proc are hidden, that is refused
#   proc:user         the same, in a user namespace in any case
#   sysctl:NAME       the root of a user namespace may set it there
#   seccomp           seccomp filters
#   filters           the seccomp filters of another process can be read, see
#                     PTRACE_SECCOMP_GET_FILTER in ptrace(2)
#   keyrings          keyrings(7)
#   subid             a subordinate id range for the ordinary user
#   file:PATH         that file
#   machine:NAME      a processor of that name, as uname -m has it
#   systemd           systemd has started this machine
#   tmp:FSTYPE        temporary files are on a filesystem of that type
facility() {
    local where arg=${1#*:} how
    case $1 in
        root)
            if [ "$EUID" -ne 0 ]; then
                lacks_now "needs root" sudo
            elif single_id; then
                lacks_now "root has no other id to become here: a container with one id alone" "$ELSEWHERE"
            fi ;;
        user)
            # shellcheck disable=SC2016  # for the inner shell to expand
            as_user sh -c '[ "$(id -u)" != 0 ]' 2>/dev/null ||
                lacks_now "cannot become an ordinary user (uid $(lab_uid))" "set LAB_USER to a login name or a uid" ;;
        tool:*) command -v "$arg" >/dev/null || lacks_now "no $arg in PATH" "make setup" ;;
        ptrace) strace -o /dev/null true >/dev/null 2>&1 || lacks_now "strace may not trace here" "$(ptrace_remedy)" ;;
        machine:*) [ "$(uname -m)" = "$arg" ] || lacks_ever "${arg/_/-} only; this is $(uname -m)" ;;
        systemd) [ -d /run/systemd/system ] || lacks_ever "systemd did not start this machine" ;;
        file:*) [ -e "$arg" ] || facility_file "$arg" ;;
        tmp:*)
            where=$(findmnt -n -o FSTYPE -T "${TMPDIR:-/tmp}")
            [ "$where" = "$arg" ] ||
                lacks_now "${TMPDIR:-/tmp} is on $where, not $arg" "set TMPDIR to a folder on $arg" ;;
        ns:* | userns) facility_namespace "$1" "$arg" ;;
        cgroup* | swap | undelegated) facility_cgroup "$1" "$arg" ;;
        overlay)
            if [ "$EUID" -ne 0 ]; then
                lacks_now "needs root" sudo
            else
                unshare --mount sh -c "$OVERLAY_PROBE" 2>/dev/null || lacks_now "no overlay can be mounted here" \
                    "$(grep -qw overlay /proc/filesystems && echo "$ELSEWHERE" || echo "sudo modprobe overlay")"
            fi ;;
        overlay:user)
            as_user unshare --map-root-user --mount sh -c "$OVERLAY_PROBE" 2>/dev/null ||
                lacks_now "no overlay mount in a user namespace here" "$(userns_remedy)" ;;
        upper)
            upper_in "${TMPDIR:-/tmp}" || lacks_now "no overlay can have its UPPER in ${TMPDIR:-/tmp}" \
                "set TMPDIR to a folder on ext4, xfs or btrfs" ;;
        temp:*) facility_temp "$arg" ;;
        proc | proc:user)
            how=(--mount --pid --fork)
            if [ "$EUID" -ne 0 ] || [ "$1" = proc:user ]; then how+=(--map-root-user); fi
            unshare "${how[@]}" mount -t proc proc /proc 2>/dev/null ||
                lacks_now "no fresh /proc can be mounted here" "$ELSEWHERE" ;;
        sysctl:*)
            as_user unshare --map-root-user test -w "/proc/sys/${arg//.//}" 2>/dev/null ||
                lacks_now "/proc/sys/${arg//.//} is not writable here" "$ELSEWHERE" ;;
        seccomp) grep -q '^Seccomp:' /proc/self/status || lacks_ever "this kernel has no seccomp" ;;
        filters) facility_filters ;;
        keyrings) [ -e /proc/keys ] || lacks_ever "this kernel has no keyrings" ;;
        subid)
            where=$(id -nu "$(lab_uid)" 2>/dev/null) || where=$(lab_uid)
            grep -q "^\($where\|$(lab_uid)\):" /etc/subuid 2>/dev/null ||
                lacks_now "uid $(lab_uid) has no range in /etc/subuid" "$(subid_remedy "$where")" ;;
        *)
            echo "unknown facility '$1'"
            return 3 ;;
    esac
}

# lacks_now WHAT REMEDY, lacks_ever WHAT: the two kinds
lacks_now() {
    printf '%s\n%s\n' "$1" "$2"
    return 1
}
lacks_ever() {
    echo "$1"
    return 2
}

# skip_field KIND CODE [REMEDY]: what the reason of a skip begins with (support/bats.bash)
skip_field() {
    local remedy=${3-}
    remedy=${remedy//[[:cntrl:]]/ }
    printf '[%s %s%s]' "$1" "${2//[][:space:][]/_}" "${remedy:+: ${remedy//[][]/}}"
}

# one_line TEXT: without control characters
one_line() { printf '%s' "${1//[[:cntrl:]]/ }"; }

# read_skip REASON: SKIP_KIND, SKIP_CODE, SKIP_REMEDY and SKIP_WHY of the reason of a
# skip; one without the field is of no kind, and no excuse
# shellcheck disable=SC2034  # for whoever calls this
read_skip() {
    SKIP_KIND='' SKIP_CODE='' SKIP_REMEDY='' SKIP_WHY=$1
    if [[ $1 =~ ^\[never\ ([^][\ ]+)\]\ (.*)$ ]]; then
        SKIP_KIND=never SKIP_CODE=${BASH_REMATCH[1]} SKIP_WHY=${BASH_REMATCH[2]}
    elif [[ $1 =~ ^\[mendable\ ([^][\ ]+):\ ([^][]+)\]\ (.*)$ ]]; then
        SKIP_KIND=mendable SKIP_CODE=${BASH_REMATCH[1]} SKIP_REMEDY=${BASH_REMATCH[2]} SKIP_WHY=${BASH_REMATCH[3]}
    fi
}

# What a container, an LSM or a setting refuses is allowed somewhere else.
ELSEWHERE="outside of this container, or in the lab machine: make vm"

# facility_file FILE: of one that is not there.  The kernel makes those in /proc.
facility_file() {
    case $1 in
        /proc/* | /sys/devices/*) lacks_ever "no $1 on this kernel or processor" ;;
        /dev/loop*) lacks_now "no $1 here" "sudo modprobe loop" ;;
        /dev/* | /sys/*) lacks_now "no $1 here" "$ELSEWHERE" ;;
        */build/rootfs) lacks_now "no $1 here" "make rootfs" ;;
        *) lacks_now "no $1 here" "make setup" ;;
    esac
}

# facility_namespace NAME KIND: ns:KIND, userns
facility_namespace() {
    local own
    case $1 in
        userns | ns:user)
            if [ ! -e /proc/self/ns/user ]; then
                lacks_ever "this kernel has no user namespaces"
            elif [ "$1" = ns:user ]; then
                unshare --user true 2>/dev/null || lacks_now "making a user namespace is refused here" "$(userns_remedy)"
            else
                as_user unshare --map-root-user --mount true 2>/dev/null ||
                    lacks_now "$(no_userns text)" "$(userns_remedy)"
            fi ;;
        *)
            if [ ! -e "/proc/self/ns/$2" ]; then
                lacks_ever "this kernel has no $2 namespaces"
            elif [ "$EUID" -eq 0 ] && ! unshare "$(unshare_option "$2")" true 2>/dev/null; then
                lacks_now "making a $2 namespace is refused here" "$ELSEWHERE"
            elif [ "$2" = uts ]; then
                # A container's filter may allow the namespace and refuse sethostname(2).
                own=(unshare --uts)
                [ "$EUID" -eq 0 ] || own+=(--map-root-user)
                { [ "$EUID" -ne 0 ] && ! unshare --map-root-user true 2>/dev/null; } || ! command -v busybox >/dev/null ||
                    "${own[@]}" busybox hostname lab 2>/dev/null ||
                    lacks_now "setting a hostname is refused here" "$ELSEWHERE"
            fi ;;
    esac
}

# facility_temp KIND: temp:exec, temp:suid, temp:dev
facility_temp() {
    local where=${TMPDIR:-/tmp}
    case $1 in
        exec) runs_in "$where" || lacks_now "no program runs in $where (noexec, or not writable)" "set TMPDIR to another folder" ;;
        suid)
            if mounted_with nosuid "$where"; then
                lacks_now "set-user-ID has no effect in $where (nosuid)" "set TMPDIR to a folder without nosuid"
            elif grep -qs '^NoNewPrivs:[[:space:]]*1' /proc/self/status; then
                lacks_now "set-user-ID has no effect here (no_new_privs is set)" \
                    "in a shell without it (NoNewPrivs in /proc/self/status)"
            fi ;;
        dev) ! mounted_with nodev "$where" || lacks_now "device nodes do not work in $where (nodev)" "set TMPDIR to a folder without nodev" ;;
        *)
            echo "unknown facility 'temp:$1'"
            return 3 ;;
    esac
}

# facility_cgroup NAME CONTROLLER
facility_cgroup() {
    local where
    case $1 in
        cgroup2) cgroup2_mount >/dev/null || lacks_now "no cgroup v2 tree is mounted" "$ELSEWHERE" ;;
        swap)
            where=$(cgroup_where memory) || { lacks_now "no memory controller on any mounted cgroup hierarchy" "$ELSEWHERE"; return; }
            if [ ! -e /proc/swaps ]; then
                lacks_ever "this kernel has no swap"
            elif [ ! -e "${where#* }/memory.memsw.limit_in_bytes" ] && ! compgen -G "${where#* }/*/memory.swap.max" >/dev/null; then
                lacks_now "this kernel accounts no swap" "boot it with swapaccount=1"
            fi ;;
        undelegated)
            where=$(cgroup_where memory) || where=$(cgroup_where pids) || return 0
            where=$(awk -F: -v v2="$([ "${where%% *}" = 2 ] && echo yes)" -v root="${where#* }" \
                'v2 ? $1 == 0 : "," $2 "," ~ /,(memory|pids),/ { print root $3; exit }' /proc/self/cgroup)
            ! as_user test -w "$where" || lacks_now "this user may make cgroups" sudo ;;
        cgroup:* | cgroup1:* | cgroup2:*)
            where=$(cgroup_where "$2") || where=''
            if [[ $1 = cgroup1:* && $where = 2* ]]; then
                lacks_ever "the $2 controller is on cgroup v2 here, not v1"
            elif [[ $1 = cgroup1:* && -z $where ]]; then
                lacks_ever "no $2 controller on cgroup v1 here"
            elif [[ $1 = cgroup2:* && $where = 1* ]]; then
                lacks_now "the $2 controller is on cgroup v1 here, not v2" "in the lab machine: make vm"
            elif [ -z "$where" ]; then
                lacks_now "no $2 controller on any mounted cgroup hierarchy" "$ELSEWHERE"
            elif [ ! -w "${where#* }" ]; then
                lacks_now "the cgroup tree ${where#* } is not writable for uid $EUID" \
                    "$([ "$EUID" -eq 0 ] && echo "$ELSEWHERE" || echo sudo)"
            # In v2 a group with processes hands no controller on; only the real root may,
            # which has no cgroup.type.  The root that a container sees is a group like others.
            elif [ "${where%% *}" != 1 ] && [ -e "${where#* }/cgroup.type" ] && [ -n "$(cat "${where#* }/cgroup.procs")" ] &&
                ! grep -qw -- "$2" "${where#* }/cgroup.subtree_control"; then
                lacks_now "the group of this container has processes, and hands no $2 controller on" \
                    "start the container with --cgroupns=host"
            fi ;;
        *)
            echo "unknown facility '$1'"
            return 3 ;;
    esac
}

# facility_filters: ns_last_pid comes with CONFIG_CHECKPOINT_RESTORE, as the request does.
# Who has a filter is shown none.
facility_filters() {
    if [ ! -e /proc/sys/kernel/ns_last_pid ]; then
        lacks_ever "this kernel shows no process's filters (CONFIG_CHECKPOINT_RESTORE)"
    elif ! grep -q '^Seccomp:[[:space:]]0$' /proc/self/status; then
        lacks_now "behind a filter of our own, no other is shown" "$ELSEWHERE"
    elif [ "$EUID" -ne 0 ]; then
        lacks_now "needs root, to read the filter of a process" sudo
    elif ! sets_bit "$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)" 21 || [[ $(</proc/self/uid_map) != *4294967295 ]]; then
        lacks_now "this root may not read the filter of a process (CAP_SYS_ADMIN)" "$ELSEWHERE"
    fi
}

# sets_bit HEX N
sets_bit() { (((0x${1:-0} >> $2) & 1)); }

# sysctl_value NAME: of /proc/sys, or nothing
sysctl_value() {
    local value=''
    { read -r value <"/proc/sys/${1//.//}"; } 2>/dev/null || true
    echo "$value"
}

# userns_remedy: every switch that forbids it, for now and for good
userns_remedy() {
    local wrong=''
    [ "$(sysctl_value user.max_user_namespaces)" != 0 ] || wrong+=" user.max_user_namespaces=15000"
    [ "$(sysctl_value kernel.unprivileged_userns_clone)" != 0 ] || wrong+=" kernel.unprivileged_userns_clone=1"
    [ "$(sysctl_value kernel.apparmor_restrict_unprivileged_userns)" != 1 ] || wrong+=" kernel.apparmor_restrict_unprivileged_userns=0"
    if [ -n "$wrong" ]; then
        printf '%s\n' "sudo sysctl -w$wrong; to keep it: printf '%s\n'$wrong | sudo tee /etc/sysctl.d/60-userns.conf"
        return
    fi
    case $(no_userns kind) in
        kernel) echo "another kernel (CONFIG_USER_NS), or make vm" ;;
        apparmor | powerless) echo "a shell that no profile confines (sudo aa-status lists them), or make vm" ;;
        chroot) echo "leave the chroot: enter it by unshare and pivot_root, or podman run --rootfs; or make vm" ;;
        filter) echo "start the container with --privileged, or with --security-opt seccomp=unconfined; or make vm" ;;
        *) echo "in a container: start it with --privileged; else make vm, or sudo for the labs" ;;
    esac
}

# ptrace_remedy: Yama's 2 is for root, 3 for nobody until the next boot
ptrace_remedy() {
    case $(sysctl_value kernel.yama.ptrace_scope) in
        2) echo "sudo sysctl -w kernel.yama.ptrace_scope=1" ;;
        3) echo "boot with kernel.yama.ptrace_scope=1" ;;
        *) echo "$ELSEWHERE" ;;
    esac
}

# subid_remedy USER
subid_remedy() { echo "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $1"; }

# All four directories on one tmpfs, which ends with the mount namespace.
OVERLAY_PROBE='mount -t tmpfs t /tmp && cd /tmp && mkdir l u w m &&
    mount -t overlay -o lowerdir=l,upperdir=u,workdir=w,userxattr o m ||
    mount -t overlay -o lowerdir=l,upperdir=u,workdir=w o m'

# single_id: is this a user namespace of one id?  A rootless container is, where its user
# has no range in /etc/subuid.
single_id() { awk '{ n += $3 } END { exit n != 1 }' /proc/self/uid_map; }

# no_userns kind|text: what keeps the ordinary user from being root in a user namespace,
# as one word or as a sentence
no_userns() {
    local sys=/proc/sys profile='' kind text value
    value() { { read -r value <"$sys/$1"; } 2>/dev/null && [ "$value" = "$2" ]; }
    # AppArmor confines what was made: on Ubuntu by the profile unprivileged_userns
    profile=$(as_user unshare --user cat /proc/self/attr/current 2>/dev/null | tr -d '\0') || true
    if [ ! -e /proc/self/ns/user ]; then
        kind=kernel text="this kernel has no user namespaces"
    elif value user/max_user_namespaces 0; then
        kind=sysctl text="user.max_user_namespaces is 0"
    elif value kernel/unprivileged_userns_clone 0; then
        kind=sysctl text="kernel.unprivileged_userns_clone is 0: an ordinary user may make no user namespace"
    elif value kernel/apparmor_restrict_unprivileged_userns 1; then
        kind=sysctl text="AppArmor gives an ordinary user no power in a user namespace"
    elif [[ $profile = *"(enforce)" ]]; then
        kind=apparmor text="the AppArmor profile ${profile% (enforce)} gives an ordinary user no power in a user namespace"
    elif as_user unshare --user true 2>/dev/null; then
        kind=powerless text="an ordinary user has no power in a user namespace here"
    elif ! awk '$5 == "/" { found = 1 } END { exit !found }' /proc/self/mountinfo; then
        kind=chroot text="an ordinary user may make no user namespace in a chroot"
    elif grep -qs '^Seccomp:[[:space:]]*2' /proc/self/status; then
        kind=filter text="the system call filter of this container refuses user namespaces"
    else
        kind=refused text="an ordinary user may make no user namespace here (a chroot, or a security module)"
    fi
    if [ "$1" = kind ]; then echo "$kind"; else echo "$text"; fi
}

# runs_in FOLDER: can a program be put there, and run?
runs_in() {
    local file status=0
    file=$(mktemp "$1/runs.XXXXXX" 2>/dev/null) || return 1
    { printf '#!/bin/sh\n' >"$file" && chmod 700 "$file" && "$file"; } 2>/dev/null || status=1
    rm -f "$file"
    return "$status"
}

# mounted_with OPTION PATH: is the filesystem of PATH mounted so?
mounted_with() { [[ ,$(findmnt -n -o OPTIONS -T "$2" 2>/dev/null), = *,"$1",* ]]; }

# upper_in FOLDER: can an overlay have its UPPER there?  Another overlay takes none, so
# the root of a container does not.
upper_in() {
    local dir status=0 guard=(unshare --mount --propagation private)
    [ "$EUID" -eq 0 ] || guard+=(--map-root-user)
    dir=$(mktemp -d "$1/upper.XXXXXX" 2>/dev/null) || return 1
    # shellcheck disable=SC2016  # for the inner shell to expand
    "${guard[@]}" sh -c 'cd "$1" && mkdir l u w m && mount -t overlay -o lowerdir=l,upperdir=u,workdir=w o m' \
        sh "$dir" 2>/dev/null || status=1
    # The kernel leaves a folder of mode 000 in WORK.
    chmod -R u+rwX "$dir" && rm -rf --one-file-system "$dir"
    return "$status"
}

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
