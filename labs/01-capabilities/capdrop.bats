#!/usr/bin/env bats
# capdrop.bats - graded tests of lab 01
#
# What CMD has is read from /proc/PID/status, from outside, while it runs.
# Without root the tests that need no second uid run as the root of a user
# namespace.
# shellcheck disable=SC2154  # status, output and stderr are set by run

load ../../support/bats
exercise capdrop

setup() {
    lab_setup
    ROOT=()
    if [ "$EUID" -ne 0 ]; then
        require userns
        ROOT=(unshare --map-root-user)
    fi
    # USER_IS CMD...: as an ordinary user; a program, where as_user is a function
    USER_IS=()
    [ "$EUID" -ne 0 ] || USER_IS=(setpriv "--reuid=$(lab_uid)" "--regid=$(lab_gid)" --clear-groups
        --inh-caps=-all)
    # Where every uid can reach it, whoever owns the tree.
    user_dir
    chmod 755 "$USER_DIR"
    install -m 755 payload-hold "$USER_DIR/hold"
    install -m 755 "$EXERCISE" "$USER_DIR/capdrop"
    HOLD=("$USER_DIR/hold" "$LAB_MARK")
}

# as_root ARG...: the exercise, its caller having uid 0
as_root() {
    if [ "$EUID" -eq 0 ]; then prog "$@"; else bounded "${ROOT[@]}" "$EXERCISE" "$@"; fi
}

# from CMD...: the exercise's caller is made by CMD, which ends with the
# exercise and its arguments
from() { bounded "${ROOT[@]}" "$@"; }

# mask NAME...: as /proc/PID/status prints it
mask() {
    local name bits=0
    local -A number=([chown]=0 [dac_override]=1 [kill]=5 [setgid]=6 [setuid]=7 [setpcap]=8
        [net_bind_service]=10 [net_raw]=13 [sys_chroot]=18 [syslog]=34 [wake_alarm]=35 [checkpoint_restore]=40)
    for name; do bits=$((bits | 1 << ${number[$name]})); done
    printf '%016x\n' "$bits"
}

# hold CMD...: CMD, which ends in "${HOLD[@]}", in the background; the pid of
# the program that stays in $CMD_PID
hold() {
    local pid
    CMD_PID=
    spawn "$@"
    wait_for ready_or_ended || return
    for pid in $(marked_pids); do
        [ "$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")" != "${HOLD[*]} " ] || CMD_PID=$pid
    done
    [ -n "$CMD_PID" ] && return
    echo "expected: CMD runs"
    echo "observed: it does not: $(cat "$SPAWNED_ERR")"
    return 1
}

ready_or_ended() { grep -q ready "$SPAWNED_OUT" || ! kill -0 "$SPAWNED"; }

# expect_sets INH PRM EFF BND AMB: of $CMD_PID, the order being that of
# /proc/PID/status
expect_sets() {
    expect "CapInh CapPrm CapEff CapBnd CapAmb of CMD" "$*" \
        "$(awk '/^Cap/ { printf "%s%s", sep, $2; sep = " " }' "/proc/$CMD_PID/status")"
}

# of_root MASK, of_others MASK: the sets that are promised to uid 0, and to
# any other uid
of_root() { expect_sets "$(mask)" "$1" "$1" "$1" "$(mask)"; }
of_others() { expect_sets "$1" "$1" "$1" "$1" "$1"; }

# expect_refused CMD...: 125, one line, and nothing was run.  CMD ends in:
# echo ran
expect_refused() {
    run --separate-stderr "$@"
    expect_error 125 capdrop && expect "what CMD printed" "" "$output"
}

expect_runs() {
    run --separate-stderr "$@"
    expect_status 0 && expect_output ran
}

# ---- the five sets --------------------------------------------------------

@test "[5] without -k a CMD with uid 0 has no capabilities in any set" {
    hint "all five sets count, and exec fills the permitted set of uid 0 from the bounding set: see capabilities(7)"
    hold "${ROOT[@]}" "${HOLD[@]}"
    [ "$(proc_field "$CMD_PID" CapEff)" != "$(mask)" ] || mendable root "the caller has no capabilities to drop" sudo
    kill "$CMD_PID"
    reap "$SPAWNED"
    hold "${ROOT[@]}" "$EXERCISE" -- "${HOLD[@]}"
    of_root "$(mask)"
}

@test "[6] with uid 0 the kept ones are permitted, effective and bounding, and no others" {
    hint "for uid 0, exec computes permitted = bounding | inheritable: see capabilities(7)"
    hold "${ROOT[@]}" "$EXERCISE" -k chown,kill,net_raw -- "${HOLD[@]}"
    of_root "$(mask chown kill net_raw)"
    local high name
    high=$((0x$(from awk '/^CapPrm/ { print $2 }' /proc/self/status) >> 32 << 32))
    for name in syslog wake_alarm checkpoint_restore; do
        # A capability of the upper 32, if the caller holds one.
        ((high & 0x$(mask "$name"))) || continue
        kill "$CMD_PID"
        reap "$SPAWNED"
        hold "${ROOT[@]}" "$EXERCISE" -k "chown,$name" -- "${HOLD[@]}"
        of_root "$(mask chown "$name")"
        break
    done
}

@test "[6] with another uid the kept ones are in all five sets, and no others" {
    require root
    hint "only the ambient set survives the exec of an ordinary file: see PR_CAP_AMBIENT in prctl(2)"
    hold "$EXERCISE" -u 1000 -k chown,kill,net_raw -- "${HOLD[@]}"
    of_others "$(mask chown kill net_raw)"
    expect "uids of CMD" "1000 1000 1000 1000" "$(proc_field "$CMD_PID" Uid)"
}

@test "[3] without -k a CMD with another uid has no capabilities in any set" {
    require root
    hint "PR_SET_KEEPCAPS keeps the whole permitted set: see prctl(2) and cap_set_proc(3)"
    hold "$EXERCISE" -u 1000 -- "${HOLD[@]}"
    of_others "$(mask)"
    kill "$CMD_PID"
    reap "$SPAWNED"
    hold setpriv --inh-caps=+kill,+net_raw --ambient-caps=+kill "$EXERCISE" -u 1000 -- "${HOLD[@]}"
    of_others "$(mask)"
}

@test "[3] -u 0 is uid 0: nothing inheritable, nothing ambient" {
    require root
    hint "which sets CMD gets depends on its uid, not on -u: see capabilities(7)"
    hold "$EXERCISE" -u 0 -k setuid,sys_chroot -- "${HOLD[@]}"
    of_root "$(mask setuid sys_chroot)"
    kill "$CMD_PID"
    reap "$SPAWNED"
    hold setpriv --reuid=1000 --regid=1000 --clear-groups "--inh-caps=+setpcap,+setuid,+setgid" \
        "--ambient-caps=+setpcap,+setuid,+setgid" "$EXERCISE" -u 0 -k setuid -- "${HOLD[@]}"
    of_root "$(mask setuid)"
    expect "uids of CMD" "0 0 0 0" "$(proc_field "$CMD_PID" Uid)"
}

@test "[4] what the caller left inheritable or ambient is not passed on" {
    hint "CapInh survives exec, and with uid 0 it ends in the permitted set: see cap_set_proc(3), PR_CAP_AMBIENT in prctl(2)"
    hold "${ROOT[@]}" setpriv --inh-caps=+kill,+net_raw --ambient-caps=+kill "$EXERCISE" -k chown -- "${HOLD[@]}"
    of_root "$(mask chown)"
    kill "$CMD_PID"
    reap "$SPAWNED"
    hold "${ROOT[@]}" setpriv --inh-caps=+chown,+kill --ambient-caps=+chown,+kill "$EXERCISE" -k chown -- "${HOLD[@]}"
    of_root "$(mask chown)"
}

@test "[4] a caller that is not root keeps what it holds" {
    require root
    hint "the uid decides, before and after: see Transformation of capabilities in capabilities(7)"
    local caller=(setpriv --reuid=1000 --regid=1000 --clear-groups
        "--inh-caps=+setpcap,+chown,+kill,+net_raw" "--ambient-caps=+setpcap,+chown,+kill")
    hold "${caller[@]}" "$USER_DIR/capdrop" -k chown -- "${HOLD[@]}"
    of_others "$(mask chown)"
}

@test "[3] what a CMD without uid 0 starts has the kept capabilities too" {
    require root
    hint "the ambient set is inherited from exec to exec: see PR_CAP_AMBIENT in prctl(2)"
    # shellcheck disable=SC2016  # for the inner shell to expand
    hold "$EXERCISE" -u 1000 -k net_bind_service -- sh -c '"$@"; exit' sh "${HOLD[@]}"
    of_others "$(mask net_bind_service)"
}

# ---- names ----------------------------------------------------------------

@test "[4] names are taken in any case, with and without cap_" {
    hint "cap_from_name(3) wants the prefix, and does not mind the case"
    hold "${ROOT[@]}" "$EXERCISE" -k CAP_CHOWN,kill,Cap_Net_Raw,SYS_chroot,cap_setuid,CHOWN -- "${HOLD[@]}"
    of_root "$(mask chown kill net_raw sys_chroot setuid)"
}

@test "[5] an unknown name is 125, and nothing is run" {
    hint "cap_from_name(3) says -1, and an empty name is none either: end before anything is changed"
    # "chown+ep" is left open: cap_from_name(3) itself stops reading where the name ends
    local name
    expect_runs as_root -k chown -- echo ran
    for name in nosuchcap cap_nosuchcap cap_ cap_cap_chown '' "," "chown," ",chown" "chown,,kill" \
        chown,nosuchcap =ep all; do
        echo "-k '$name'"
        expect_refused as_root -k "$name" -- echo ran
    done
}

@test "[5] a capability that the caller does not hold is 125, and nothing is run" {
    hint "compare with the permitted set of the caller: see cap_get_proc(3), cap_get_flag(3)"
    expect_runs from setpriv --bounding-set=-kill "$EXERCISE" -k chown -- echo ran
    expect_refused from setpriv --bounding-set=-kill "$EXERCISE" -k kill -- echo ran
    expect_refused from setpriv --bounding-set=-kill "$EXERCISE" -k chown,kill -- echo ran
}

@test "[4] a capability that the bounding set has lost is 125, and nothing is run" {
    require tool:capsh
    hint "a caller may hold it, but the bounding set never grows: see PR_CAPBSET_READ in prctl(2)"
    # shellcheck disable=SC2016  # for the inner shell to expand
    local lost=(capsh --inh=cap_kill --drop=cap_kill -- -c '"$@"' sh)
    run from "${lost[@]}" grep CapPrm /proc/self/status
    (( 0x${output##*[[:space:]]} & 0x$(mask kill) )) || mendable root "the caller does not hold it here" sudo
    expect_runs from "${lost[@]}" "$EXERCISE" -k chown -- echo ran
    expect_refused from "${lost[@]}" "$EXERCISE" -k kill -- echo ran
}

# ---- ids ------------------------------------------------------------------

@test "[4] -u sets every uid and gid, and GID defaults to UID" {
    require root
    hint "real, effective and saved: see setresuid(2), setresgid(2)"
    hold "$EXERCISE" -u 54321 -- "${HOLD[@]}"
    expect "uids of CMD" "54321 54321 54321 54321" "$(proc_field "$CMD_PID" Uid)"
    expect "gids of CMD" "54321 54321 54321 54321" "$(proc_field "$CMD_PID" Gid)"
    kill "$CMD_PID"
    reap "$SPAWNED"
    hold "$EXERCISE" -u 54321:12345 -k setuid,setgid -- "${HOLD[@]}"
    expect "uids of CMD" "54321 54321 54321 54321" "$(proc_field "$CMD_PID" Uid)"
    expect "gids of CMD" "12345 12345 12345 12345" "$(proc_field "$CMD_PID" Gid)"
}

@test "[4] with -u the caller's supplementary groups are gone" {
    require root
    hint "the groups do not change with the ids: see setgroups(2)"
    local id
    hold setpriv --groups=4,24 "${HOLD[@]}"
    expect "groups without capdrop" "4 24" "$(proc_field "$CMD_PID" Groups)"
    for id in 1000 1000:24 0; do
        kill "$CMD_PID"
        reap "$SPAWNED"
        hold setpriv --groups=4,24 "$EXERCISE" -u "$id" -- "${HOLD[@]}"
        expect "groups with -u $id" "" "$(proc_field "$CMD_PID" Groups)"
    done
}

@test "[3] what is no id is refused, and nothing is run" {
    hint "(uid_t)-1 means 'leave it' to the kernel: see setresuid(2); and strtoul(3) takes more than digits"
    local id
    expect_runs as_root -u 0 -- echo ran
    for id in '' : 0: :0 -1 -0 +0 ' 0' 0x0 0x 0.0 '0 ' 0:0:0 root 4294967295 0:4294967295 4294967296 \
        18446744073709551616; do
        echo "-u '$id'"
        run --separate-stderr as_root -u "$id" -- echo ran
        expect_match "exit status" '^(2|125)$' "$status"
        expect "what CMD printed" "" "$output"
    done
}

# ---- nothing is half done -------------------------------------------------

@test "[5] a caller that cannot drop the bounding set gets 125, and nothing is run" {
    require user
    hint "PR_CAPBSET_DROP takes CAP_SETPCAP, and can fail: see prctl(2)"
    expect_runs as_root -- echo ran
    expect_refused from setpriv --bounding-set=-setpcap "$EXERCISE" -- echo ran
    run "${USER_IS[@]}" grep CapBnd /proc/self/status
    [[ $output = *[1-9a-f]* ]] || mendable bounding "the bounding set of an ordinary user is empty here" "$ELSEWHERE"
    expect_refused bounded "${USER_IS[@]}" "$USER_DIR/capdrop" -- echo ran
    expect_refused bounded "${USER_IS[@]}" "$USER_DIR/capdrop" -n -- echo ran
}

@test "[5] ids or groups that cannot be changed are 125, and nothing is run" {
    require root
    hint "each of setgroups(2), setresgid(2) and setresuid(2) can fail"
    local ids=(setpriv --clear-groups) lost
    expect_runs from "${ids[@]}" "$EXERCISE" -u 1000 -- echo ran
    expect_refused from "${ids[@]}" --bounding-set=-setuid "$EXERCISE" -u 1000:0 -- echo ran
    expect_refused from "${ids[@]}" --bounding-set=-setgid "$EXERCISE" -u 0:1000 -- echo ran
    expect_refused from setpriv --groups=4 --bounding-set=-setgid "$EXERCISE" -u 0:0 -- echo ran
    for lost in -setuid -setgid; do
        expect_refused from "${ids[@]}" --bounding-set="$lost" "$EXERCISE" -u 1000 -- echo ran
    done
}

@test "[5] as the root of a user namespace it works, or says 125" {
    require userns
    hint "only mapped ids exist there: see user_namespaces(7), EINVAL in setresuid(2)"
    hold "${USER_IS[@]}" unshare --map-root-user "$USER_DIR/capdrop" -k chown,kill -- "${HOLD[@]}"
    of_root "$(mask chown kill)"
    expect_refused bounded "${USER_IS[@]}" unshare --map-root-user "$USER_DIR/capdrop" -u 4242 -- echo ran
    expect_refused bounded "${USER_IS[@]}" unshare --map-root-user "$USER_DIR/capdrop" -u 0:4242 -- echo ran
    expect_refused bounded "${USER_IS[@]}" unshare --map-root-user "$USER_DIR/capdrop" -u 4242:0 -- echo ran
}

@test "[2] a caller under securebits gets what is promised, or 125" {
    hint "with SECBIT_NOROOT exec gives uid 0 nothing, and it is inherited: see PR_GET_SECUREBITS in prctl(2)"
    local caller=(setpriv "--inh-caps=+setpcap,+chown,+kill" "--ambient-caps=+setpcap,+chown,+kill"
        --securebits=+noroot)
    expect_runs as_root -k chown -- echo ran
    run from "${caller[@]}" grep CapPrm /proc/self/status
    expect "the caller's permitted set" "$(mask setpcap chown kill)" "${output##*[[:space:]]}"
    run --separate-stderr from "${caller[@]}" "$EXERCISE" -k chown -- grep -E "^Cap(Prm|Eff|Bnd)" /proc/self/status
    [ "$status" -eq 0 ] || { expect_error 125 capdrop; return; }
    expect "CapPrm, CapEff, CapBnd" "$(mask chown) $(mask chown) $(mask chown)" \
        "$(awk '{ printf "%s%s", sep, $2; sep = " " }' <<<"$output")"
}

# ---- what it is good for --------------------------------------------------

@test "[4] -n sets no_new_privs, and nothing else does" {
    hint "see PR_SET_NO_NEW_PRIVS in prctl(2)"
    run grep NoNewPrivs: /proc/self/status
    [[ $output = *0 ]] || mendable no_new_privs "no_new_privs is already set here" "in a shell without it (NoNewPrivs in /proc/self/status)"
    hold "${ROOT[@]}" "$EXERCISE" -n -k chown -- "${HOLD[@]}"
    expect "NoNewPrivs with -n" 1 "$(proc_field "$CMD_PID" NoNewPrivs)"
    of_root "$(mask chown)"
    kill "$CMD_PID"
    reap "$SPAWNED"
    hold "${ROOT[@]}" "$EXERCISE" -k chown -- "${HOLD[@]}"
    expect "NoNewPrivs without -n" 0 "$(proc_field "$CMD_PID" NoNewPrivs)"
}

@test "[4] what was dropped is refused, what was kept is allowed" {
    hint "CAP_DAC_OVERRIDE bypasses the mode of a file: see capabilities(7)"
    local file=$USER_DIR/closed
    echo secret >"$file"
    [ "$EUID" -ne 0 ] || chown 0:0 "$file"
    chmod 000 "$file"
    run "${ROOT[@]}" cat "$file"
    expect "without capdrop" secret "$output"
    run as_root -k dac_override -- cat "$file"
    expect "with -k dac_override" secret "$output"
    run as_root -k chown,kill -- cat "$file"
    expect_status 1
    expect_match "without it" 'Permission denied' "$output"
}

@test "[5] a set-user-ID-root program gives nothing back" {
    require root
    hint "the bounding set limits what exec can give: see capabilities(7)"
    chown 0:0 "$USER_DIR/hold"
    chmod 4755 "$USER_DIR/hold"
    hold setpriv --reuid=1000 --regid=1000 --clear-groups "${HOLD[@]}"
    [ "$(proc_field "$CMD_PID" CapPrm)" != "$(mask)" ] ||
        mendable nosuid "set-user-ID has no effect in $USER_DIR" "set TMPDIR to a folder without nosuid"
    kill "$CMD_PID"
    reap "$SPAWNED"
    hold "$EXERCISE" -u 1000 -- "${HOLD[@]}"
    of_others "$(mask)"
}

# ---- the command line -----------------------------------------------------

@test "[2] -- or the first non-option ends the options" {
    hint "the + in getopt(3)"
    run --separate-stderr as_root -k chown printf '<%s>' -n -k 'a b' '' --
    expect_status 0
    expect_output '<-n><-k><a b><><-->'
    run --separate-stderr as_root -k chown -- printf '<%s>' -u x
    expect_status 0
    expect_output '<-u><x>'
}

@test "[2] the exit status is CMD's, or 128+n when a signal killed it" {
    hint "execvp(3) replaces capdrop, so nothing is left to do; with fork(2), see wait(2)"
    local code signal
    for code in 0 1 2 42 124 255; do
        run as_root -k chown -- sh -c "exit $code"
        expect_status "$code"
    done
    for signal in 2 9 15; do
        run as_root -k chown -- sh -c "kill -$signal \$\$"
        expect_status $((128 + signal))
    done
}

@test "[2] 127 for a CMD that is not there, 126 for one that cannot run" {
    hint "ENOENT and all others: see execve(2), env(1)"
    local PATH=/usr/bin:/bin    # every folder in it can be searched
    expect_runs as_root -- echo ran
    run -127 --separate-stderr as_root -- "$USER_DIR/nothing-here"
    expect_error 127 capdrop
    run -127 --separate-stderr as_root -- no-such-command-anywhere
    expect_error 127 capdrop
    echo 'not a program' >"$USER_DIR/data"
    chmod 644 "$USER_DIR/data"
    run -126 --separate-stderr as_root -- "$USER_DIR/data"
    expect_error 126 capdrop
    run -126 --separate-stderr as_root -- "$USER_DIR"
    expect_error 126 capdrop
}

@test "[1] bad usage is 2, with a usage line" {
    hint "see getopt(3)"
    local args
    expect_runs as_root -- echo ran
    for args in "" "--" "-n" "-k chown" "-k" "-u" "-x -- echo ran" "-n -Z echo ran"; do
        echo "capdrop $args"
        # shellcheck disable=SC2086  # words
        run --separate-stderr as_root $args
        expect_status 2
        expect "what CMD printed" "" "$output"
        expect_match stderr '[Uu]sage' "$stderr"
    done
}
