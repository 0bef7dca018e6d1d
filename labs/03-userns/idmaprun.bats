#!/usr/bin/env bats
# idmaprun.bats - what idmaprun promises, with points
#
# Ids outside are from 20000 on: nobody's on the host, and still inside the
# range of a sandbox that these tests may run in.

load ../../support/bats
exercise idmaprun

setup() {
    lab_setup
    require ns:user
    # A folder above this one may be closed to the ordinary user.
    [ -n "${LAB_BIN-}" ] || EXERCISE=./idmaprun
    NAP=60.$RANDOM$RANDOM
    USER_ID=$(lab_uid) GROUP_ID=$(lab_gid)
    USER_IS=()
    [ "$EUID" -ne 0 ] || USER_IS=(setpriv --reuid="$USER_ID" --regid="$GROUP_ID" --clear-groups --inh-caps=-all)
}

# user_run CMD...: CMD as the ordinary user, without inherited descriptors
user_run() { bounded_user "$@"; }

# user_prog ARG...: the exercise, run by the ordinary user
user_prog() { user_run "$EXERCISE" "$@"; }

# the lines of a map, without the kernel's padding, in order of IN
lines() { awk '{ $1 = $1; print }' | sort -n; }

# maps ARG...: the maps and setgroups of the command that `run` has just shown:
# its output is that of SHOW
SHOW='cat /proc/self/uid_map; echo; cat /proc/self/gid_map'
shown_uid_map() { sed '/^$/,$d' <<<"$output" | lines; }
shown_gid_map() { sed '1,/^$/d' <<<"$output" | lines; }

# expect_maps UID_MAP GID_MAP: of `run ... sh -c "$SHOW"`, lines parted by commas
expect_maps() {
    expect_status 0 || return 1
    expect uid_map "$1" "$(shown_uid_map | paste -sd,)" || return 1
    expect gid_map "$2" "$(shown_gid_map | paste -sd,)"
}

# expect_refused: of `run --separate-stderr ... echo ran`: 125, one line, not run
expect_refused() {
    expect_error 125 idmaprun || return 1
    expect "output of CMD, which must not run" "" "$output"
}

# sleeper: the pid of `sleep $NAP`, this test's CMD.  By its argument: the
# environment of another uid is closed to an ordinary user.
sleeper() {
    local file
    while read -r file; do
        if [ "$(cat "${file%cmdline}comm" 2>/dev/null)" = sleep ]; then
            file=${file#/proc/}
            echo "${file%%/*}"
            return 0
        fi
    done < <(grep -lsaF "$NAP" /proc/[0-9]*/cmdline)
    return 1
}

# await_sleeper: its pid in $SLEEPER, once it is there
await_sleeper() {
    wait_for sleeper || return 1
    SLEEPER=$(sleeper)
    LAB_SPAWNED+=("$SLEEPER") # to be ended with the test
}

# fake_helpers TEXT: FAKED is a command that makes TEXT, a shell script, this
# machine's newuidmap and newgidmap, in a mount namespace of its own, and runs
# its arguments there as the ordinary user; FAKING the same, as who runs the tests.
# The script's pid is in $USER_DIR/asked; TEXT has that folder as $dir.
fake_helpers() {
    # shellcheck disable=SC2016  # for the inner shell to expand
    local mounts='for name in newuidmap newgidmap; do
            mount --bind "$1" "$(readlink -f "$(command -v "$name")")" || exit 99
        done
        shift; exec "$@"'
    require ns:mnt
    user_dir
    # shellcheck disable=SC2016  # for the helper to expand
    printf '#!/bin/sh\ndir=%s\necho "$$" >>"$dir/asked"\n%s\n' "$USER_DIR" "$1" >"$USER_DIR/helper"
    chmod 755 "$USER_DIR" "$USER_DIR/helper"
    if [ "$EUID" -eq 0 ]; then
        FAKING=(unshare --mount sh -c "$mounts" sh "$USER_DIR/helper")
        FAKED=("${FAKING[@]}" setpriv --reuid="$USER_ID" --regid="$GROUP_ID" --clear-groups --inh-caps=-all)
    else
        FAKING=(unshare --mount --map-current-user --keep-caps sh -c "$mounts" sh "$USER_DIR/helper")
        FAKED=("${FAKING[@]}" setpriv --ambient-caps=-all --inh-caps=-all)
    fi
    mkfifo "$USER_DIR/gate"
}

# open_gate: let the script go on that reads $USER_DIR/gate
# shellcheck disable=SC2016  # for the inner shell to expand
open_gate() { timeout 10 sh -c 'echo >"$1/gate"' sh "$USER_DIR" || true; }

# ranges: RANGED is a command that runs its arguments as the ordinary user,
# who may map ten ids from $SUB_UID and ten from $SUB_GID on
ranges() {
    local name
    if [ "$EUID" -ne 0 ]; then
        require subid
        name=$(id -nu)
        SUB_UID=$(awk -F: -v n="$name" -v u="$USER_ID" '($1 == n || $1 == u) && $3 >= 10 { print $2; exit }' /etc/subuid)
        SUB_GID=$(awk -F: -v n="$name" -v u="$USER_ID" '($1 == n || $1 == u) && $3 >= 10 { print $2; exit }' /etc/subgid)
        [ -n "$SUB_UID" ] || mendable subid "no ten subordinate uids for $name" "$(subid_remedy "$name")"
        [ -n "$SUB_GID" ] || mendable subid "no ten subordinate gids for $name" "$(subid_remedy "$name")"
        RANGED=()
        return
    fi
    require ns:mnt file:/etc/subuid file:/etc/subgid
    SUB_UID=20000 SUB_GID=21000
    user_dir
    cp /etc/passwd "$USER_DIR/passwd"
    name=$(id -nu "$USER_ID" 2>/dev/null) || {
        name=labuser
        echo "labuser:x:$USER_ID:$GROUP_ID::/:/bin/sh" >>"$USER_DIR/passwd"
    }
    echo "$name:$SUB_UID:10" >"$USER_DIR/subuid"
    echo "$name:$SUB_GID:10" >"$USER_DIR/subgid"
    # shellcheck disable=SC2016  # for the inner shell to expand
    RANGED=(unshare --mount sh -c 'for name in passwd subuid subgid; do
            mount --bind "$1/$name" "/etc/$name" || exit 99
        done
        shift; exec "$@"' sh "$USER_DIR"
        setpriv --reuid="$USER_ID" --regid="$GROUP_ID" --clear-groups --inh-caps=-all)
}

# ---- the maps ---------------------------------------------------------------

@test "[5] an ordinary user needs no option: 0 is the own user, 0 is the own group" {
    require userns
    hint "the map for an own id needs no privilege, see user_namespaces(7)"
    run user_prog -- sh -c "$SHOW"
    expect_maps "0 $USER_ID 1" "0 $GROUP_ID 1"
}

@test "[2] the default maps are of the effective ids, not of the real ones" {
    require root
    hint "geteuid and getegid, see geteuid(2), credentials(7)"
    run bounded setpriv --ruid 20001 --rgid 20002 --clear-groups "$EXERCISE" -- sh -c "$SHOW"
    expect_maps "0 0 1" "0 0 1"
}

@test "[5] CMD is in a new user namespace, as its uid 0 and gid 0, with full capabilities" {
    require userns
    hint "the child enters it, the parent writes the maps, see unshare(2)"
    # The control: the same command without the mechanism has no capability.
    expect "capabilities without a namespace" 0000000000000000 \
        "$(user_run sed -n 's/^CapEff:\t//p' /proc/self/status)"
    run user_prog -U "0:$USER_ID:1" -G "0:$GROUP_ID:1" -- sed -n '/^[UG]id:\|^CapEff/s/\t/ /gp' /proc/self/status
    expect_status 0
    expect_output "Uid: 0 0 0 0
Gid: 0 0 0 0
CapEff: $(user_run unshare -r sed -n 's/^CapEff:\t//p' /proc/self/status)"
    # And looked at from outside.
    spawn "${USER_IS[@]}" "$EXERCISE" -U "0:$USER_ID:1" -- sleep "$NAP"
    await_sleeper
    [ "$(ns_of "$SLEEPER" user)" != "$(ns_of self user)" ] || expect "user namespace of CMD" "a new one" "$(ns_of self user)"
    expect "uid of CMD on the host" "$USER_ID $USER_ID $USER_ID $USER_ID" "$(proc_field "$SLEEPER" Uid)"
}

@test "[4] -U alone leaves the default gid map, -G alone the default uid map" {
    require userns
    hint "each map has a default of its own, see user_namespaces(7)"
    run user_prog -U "7:$USER_ID:1" -- sh -c "$SHOW"
    expect_maps "7 $USER_ID 1" "0 $GROUP_ID 1"
    run user_prog -G "7:$GROUP_ID:1" -- sh -c "$SHOW"
    expect_maps "0 $USER_ID 1" "7 $GROUP_ID 1"
}

@test "[6] each -U and each -G is a line of the map, written by root directly" {
    require root
    hint "a map is written in one write, all of its lines, see user_namespaces(7)"
    run prog -U 0:20000:10 -U 30:20100:5 -U 20:20200:1 -G 0:21000:3 -G 9:21100:2 -- sh -c "$SHOW"
    expect_maps "0 20000 10,20 20200 1,30 20100 5" "0 21000 3,9 21100 2"
    # More than five lines is another case in the kernel.
    local i maps=() expected=()
    for i in 9 8 7 6 5 4 3 2 1 0; do
        maps+=(-U "$i:$((20000 + 10 * i)):1")
        expected=("$i $((20000 + 10 * i)) 1" "${expected[@]}")
    done
    run prog "${maps[@]}" -G 0:21000:3 -- sh -c "$SHOW"
    expect_maps "$(printf '%s\n' "${expected[@]}" | paste -sd,)" "0 21000 3"
}

@test "[5] CMD's uid 0 is the host's uid that the map says, seen from outside" {
    require root
    hint "a map gives no new ids: the child has to become them, see setresuid(2)"
    spawn "$EXERCISE" -U 0:20000:10 -G 0:21000:10 -- sleep "$NAP"
    await_sleeper
    expect "uids of CMD on the host" "20000 20000 20000 20000" "$(proc_field "$SLEEPER" Uid)"
    expect "gids of CMD on the host" "21000 21000 21000 21000" "$(proc_field "$SLEEPER" Gid)"
    expect "uid_map of CMD" "0 20000 10" "$(id_map "$SLEEPER" uid_map | sort -n)"
    [ "$(ns_of "$SLEEPER" user)" != "$(ns_of self user)" ] || expect "user namespace of CMD" "a new one" "$(ns_of self user)"
}

@test "[4] where 0 is not mapped, CMD is the first IN of each map" {
    require userns
    hint "setresgid, then setresuid, to ids of the new namespace, see setresuid(2)"
    run user_prog -U "5:$USER_ID:1" -G "7:$GROUP_ID:1" -- sed -n '/^[UG]id:/s/\t/ /gp' /proc/self/status
    expect_status 0
    expect_output "Uid: 5 5 5 5
Gid: 7 7 7 7"
}

@test "[4] the first IN is that of the first option, not the smallest" {
    require root
    hint "the order of the options counts, see getopt(3)"
    run prog -U 9:20000:3 -U 4:20100:3 -G 9:21000:3 -G 3:21100:3 -- sh -c 'id -u; id -g'
    expect_status 0
    expect_output "9
9"
}

@test "[4] a 0 in any line counts, and for the uid and the gid each on its own" {
    require root
    hint "look for 0 in every line of that map, see user_namespaces(7)"
    run prog -U 5:20000:3 -U 0:20100:3 -G 6:21000:3 -- sh -c 'id -u; id -g'
    expect_status 0
    expect_output "0
6"
}

# ---- setgroups ----------------------------------------------------------------

@test "[4] setgroups is denied for the ordinary user's own group" {
    require userns
    hint "the kernel takes that gid_map only after setgroups is denied, see user_namespaces(7)"
    run user_prog -- cat /proc/self/setgroups
    expect_status 0
    expect_output deny
    [ "$EUID" -eq 0 ] && command -v newuidmap newgidmap >/dev/null && facility ns:mnt >/dev/null || return 0
    # Who may write it is a question of CAP_SETGID, not of being uid 0; and the
    # own group is no case for newgidmap, which would deny it, too.
    fake_helpers 'exit 1'
    run bounded "${FAKING[@]}" setpriv --bounding-set=-setgid --inh-caps=-setgid "$EXERCISE" -- \
        cat /proc/self/setgroups
    expect_status 0
    expect_output deny
}

@test "[4] setgroups is left allowed where root writes the map" {
    require root
    hint "deny it only where the kernel demands it, see user_namespaces(7)"
    expect "setgroups here, the control" allow "$(cat /proc/self/setgroups)"
    run prog -- cat /proc/self/setgroups
    expect_status 0
    expect_output allow
    run prog -U 0:20000:10 -G 0:21000:10 -- setpriv --groups 5 id -G
    expect_status 0
    expect_output "0 5"
}

# ---- other maps: newuidmap and newgidmap -----------------------------------------

@test "[7] other maps of an ordinary user go through newuidmap and newgidmap" {
    require userns tool:newuidmap tool:newgidmap
    hint "newuidmap PID IN OUT COUNT IN OUT COUNT..., see newuidmap(1), subuid(5)"
    ranges
    run bounded "${RANGED[@]}" "$EXERCISE" -U "0:$USER_ID:1" -U "1:$SUB_UID:9" \
        -G "0:$GROUP_ID:1" -G "1:$SUB_GID:9" -- sh -c "$SHOW"
    expect_maps "0 $USER_ID 1,1 $SUB_UID 9" "0 $GROUP_ID 1,1 $SUB_GID 9"
    spawn "${RANGED[@]}" "$EXERCISE" -U "0:$SUB_UID:10" -G "0:$SUB_GID:10" -- sleep "$NAP"
    await_sleeper
    expect "effective uid of CMD on the host" "$SUB_UID" "$(proc_field "$SLEEPER" Uid | cut -d ' ' -f 2)"
    expect "effective gid of CMD on the host" "$SUB_GID" "$(proc_field "$SLEEPER" Gid | cut -d ' ' -f 2)"
    # The kernel demands no denial for them, and does for the own group.
    run bounded "${RANGED[@]}" "$EXERCISE" -G "0:$SUB_GID:10" -- cat /proc/self/setgroups
    expect_output allow
    run bounded "${RANGED[@]}" "$EXERCISE" -U "0:$SUB_UID:10" -- cat /proc/self/setgroups
    expect_output deny
}

@test "[3] ids that are not the caller's to map are refused with 125" {
    require userns tool:newuidmap
    hint "look at newuidmap's exit status, see newuidmap(1)"
    run user_prog -U "0:$USER_ID:1" -- echo ran
    expect_output ran
    run --separate-stderr user_prog -U 0:0:1 -- echo ran
    expect_refused
    run --separate-stderr user_prog -G 0:0:1 -- echo ran
    expect_refused
    run --separate-stderr user_prog -U 0:0:65536 -G 0:0:65536 -- echo ran
    expect_refused
}

@test "[4] a refusal is one line, whatever newuidmap prints" {
    require userns tool:newuidmap tool:newgidmap
    hint "read its stderr through a pipe, and fold it into your line, see pipe(2), dup2(2)"
    fake_helpers 'echo "one word"; echo "another word" >&2; echo "a third" >&2; exit 1'
    # The control, and the maps that take no helper.
    run bounded "${FAKED[@]}" "$EXERCISE" -- echo ran
    expect_output ran
    run --separate-stderr bounded "${FAKED[@]}" "$EXERCISE" -U "0:$USER_ID:1" -U 1:20000:1 -- echo ran
    expect_refused
    run --separate-stderr bounded "${FAKED[@]}" "$EXERCISE" -G "0:$GROUP_ID:1" -G 1:20000:1 -- echo ran
    expect_refused
}

@test "[3] a helper that says yes and does nothing does not make CMD run unmapped" {
    require userns tool:newuidmap tool:newgidmap
    hint "look that you became who you wanted to be, see setresuid(2), getresuid(2)"
    run user_prog -- echo ran
    expect_output ran
    fake_helpers 'exit 0'
    run --separate-stderr bounded "${FAKED[@]}" "$EXERCISE" -U "0:$USER_ID:1" -U 1:20000:1 -- echo ran
    expect_refused
    run --separate-stderr bounded "${FAKED[@]}" "$EXERCISE" -G "0:$GROUP_ID:1" -G 1:20000:1 -- echo ran
    expect_refused
}

# ---- never unmapped ----------------------------------------------------------------

# held TEXT OPTION...: the exercise with these maps, which take a helper; the
# helper does TEXT, then waits for open_gate, and refuses.  CMD leaves a file.
held() {
    fake_helpers "$1; read -r _ <\"\$dir/gate\"; exit 1"
    spawn "${FAKED[@]}" "$EXERCISE" "${@:2}" -- touch "$USER_DIR/ran"
    wait_for test -s "$USER_DIR/asked"
}

expect_not_run() { [ ! -e "$USER_DIR/ran" ] || expect "CMD" "not run" "it ran"; }

# settle CMD...: until CMD succeeds, one second at most; it need not
settle() {
    local tries=50
    until "$@" || [ "$tries" -eq 0 ]; do
        tries=$((tries - 1))
        nap 0.02
    done
}

only_helper_left() { [ "$(for pid in $(marked_pids); do inside_pid "$pid"; done)" = "$(cat "$USER_DIR/asked")" ]; }
none_left() { [ -z "$(marked_pids)" ]; }

@test "[5] CMD starts only after both maps are written" {
    require userns tool:newuidmap tool:newgidmap
    hint "the child waits for a byte that the parent sends last, see pipe(2), read(2)"
    run user_prog -- echo ran
    expect_output ran
    held : -U "0:$USER_ID:1" -U 1:20000:1
    expect_not_run
    open_gate
    reap "$SPAWNED"
    expect_status 125
    expect_not_run
    held : -G "0:$GROUP_ID:1" -G 1:20000:1
    expect_not_run
    open_gate
    reap "$SPAWNED"
    expect_status 125
    expect_not_run
}

@test "[6] if the parent dies first, CMD is not run" {
    require userns tool:newuidmap tool:newgidmap
    hint "the end of the file is not the byte that you wait for, see read(2), and close the other end"
    run user_prog -- echo ran
    expect_output ran
    # The helper has just written a map, and the parent dies before it can know.
    # Whichever map it writes last, then both are in force.
    # shellcheck disable=SC2016  # for the helper to expand
    held 'echo "0 '"$USER_ID"' 1" >"/proc/$1/uid_map"' -U "0:$USER_ID:1" -U 1:20000:1
    kill -KILL "$SPAWNED"
    settle only_helper_left
    open_gate
    settle none_left
    expect_not_run
    # shellcheck disable=SC2016  # for the helper to expand
    held 'echo deny >"/proc/$1/setgroups"; echo "0 '"$GROUP_ID"' 1" >"/proc/$1/gid_map"' \
        -G "0:$GROUP_ID:1" -G 1:20000:1
    kill -KILL "$SPAWNED"
    settle only_helper_left
    open_gate
    settle none_left
    expect_not_run
}

# ---- refusals ----------------------------------------------------------------------

@test "[4] a map that the kernel does not take is refused with 125" {
    require userns
    hint "look at the result of the write, see user_namespaces(7)"
    run user_prog -U "0:$USER_ID:1" -- echo ran
    expect_output ran
    local map
    for map in "-U 0:$USER_ID:1 -U 0:$USER_ID:1" "-U 4294967295:$USER_ID:1" "-U 4294967290:$USER_ID:10" \
        "-G 0:$GROUP_ID:1 -G 0:$GROUP_ID:1"; do
        # shellcheck disable=SC2086  # the words of the options
        run --separate-stderr user_prog $map -- echo ran
        expect_refused || { echo "with: $map"; return 1; }
    done
    if [ "$EUID" -eq 0 ]; then
        run --separate-stderr prog -U 0:20000:10 -U 5:30000:10 -- echo ran
        expect_refused
        run --separate-stderr prog -G 0:20000:10 -G 10:20005:10 -- echo ran
        expect_refused
    fi
}

@test "[3] numbers beyond 32 bits and empty ranges never become another map" {
    require userns
    hint "the kernel would take the low 32 bits only, see strtoul(3)"
    run user_prog -U "0:$USER_ID:1" -- echo ran
    expect_output ran
    local map big=4294967296
    for map in "$big:$USER_ID:1" "0:$((USER_ID + big)):1" "0:$USER_ID:$((big + 1))" "0:$USER_ID:0" \
        "18446744073709551616:$USER_ID:1" "0:18446744073709551616$USER_ID:1"; do
        run --separate-stderr user_prog -U "$map" -- echo ran
        expect "output with -U $map" "" "$output"
        expect_match "status with -U $map" '^(2|125)$' "$status"
    done
}

@test "[4] bad usage is status 2, with a usage line on stderr" {
    require userns
    hint "take digits only, and all of the argument, see strtoul(3), getopt(3)"
    local args
    run user_prog -U "0:$USER_ID:1" -- echo ran
    expect_output ran
    for args in "" "--" "-U" "-x echo ran" "-U 0:$USER_ID echo ran" "-U 0:$USER_ID:1:1 echo ran" \
        "-U :$USER_ID:1 echo ran" "-U 0:$USER_ID:1x echo ran" "-U -0:$USER_ID:1 echo ran" \
        "-G 0:$GROUP_ID: echo ran" "-G 0x0:$GROUP_ID:1 echo ran" "-G 0,$GROUP_ID,1 echo ran"; do
        # shellcheck disable=SC2086  # the words of the arguments
        run --separate-stderr user_prog $args
        expect "exit status of: idmaprun $args" 2 "$status"
        expect "output of: idmaprun $args" "" "$output"
        # shellcheck disable=SC2154  # stderr is set by run
        expect_match "stderr of: idmaprun $args" '[Uu]sage' "$stderr"
    done
}

@test "[2] where no user namespace can be made, 125 and the reason" {
    require userns sysctl:user.max_user_namespaces
    hint "look at the result, see unshare(2), ENOSPC"
    # shellcheck disable=SC2016  # for the inner shell to expand
    # The root of a namespace may set its limit for namespaces in it.
    local script='echo "$1" >/proc/sys/user/max_user_namespaces && shift && exec "$@"'
    run user_run unshare -r sh -c "$script" sh 10 "$EXERCISE" -- echo ran
    expect_output ran
    run --separate-stderr user_run unshare -r sh -c "$script" sh 0 "$EXERCISE" -- echo ran
    expect_refused
}

@test "[3] the root of a user namespace can map what it has, and nothing else" {
    require userns
    hint "the outside of a map is the parent namespace, see user_namespaces(7)"
    run user_run unshare -r "$EXERCISE" -U 3:0:1 -G 3:0:1 -- sh -c "$SHOW"
    expect_maps "3 0 1" "3 0 1"
    run user_run unshare -r "$EXERCISE" -- sh -c "$SHOW"
    expect_maps "0 0 1" "0 0 1"
    run --separate-stderr user_run unshare -r "$EXERCISE" -U "0:$USER_ID:1" -- echo ran
    expect_refused
}

# ---- CMD ---------------------------------------------------------------------------

@test "[4] the exit status is CMD's, or 128+n if signal n killed it" {
    require userns
    hint "WIFSIGNALED, WTERMSIG and WEXITSTATUS, see waitpid(2)"
    local n
    for n in 0 1 2 77 125 255; do
        run user_prog -- sh -c "exit $n"
        expect_status "$n"
    done
    # shellcheck disable=SC2016  # for the inner shell to expand
    for n in 1 2 9 15; do
        run user_prog -- sh -c "kill -$n \$\$"
        expect_status $((128 + n))
    done
}

@test "[3] 127 if CMD is not found, 126 if it cannot run, one line each" {
    require userns
    hint "errno of a failed execvp, see execve(2), env(1)"
    # A folder in it that is closed to this user would make "not found" a "not permitted".
    local PATH=/usr/bin:/bin:/usr/sbin:/sbin
    run -127 --separate-stderr user_prog -- no-such-command-here
    expect_error 127 idmaprun
    run -127 --separate-stderr user_prog -- /no/such/command
    expect_error 127 idmaprun
    run --separate-stderr user_prog -- /etc/passwd
    expect_error 126 idmaprun
    run --separate-stderr user_prog -- /
    expect_error 126 idmaprun
}

@test "[2] options end at -- and at the first word that is none" {
    require userns
    hint "a + in front of the options, see getopt(3)"
    local PATH=/usr/bin:/bin:/usr/sbin:/sbin
    run user_prog echo -U 7:7:7 -x
    expect_status 0
    expect_output "-U 7:7:7 -x"
    run user_prog -U "7:$USER_ID:1" sh -c 'id -u'
    expect_output 7
    run -127 user_prog -- -U 0:0:1
}
