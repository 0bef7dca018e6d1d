#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2154  # run sets output, status
# capstone/seccomp/capabilities.bats - what a capability opens in a container's filter
#
# Each call is made in containers, with arguments that no kernel takes: EPERM (1) is then
# the filter's word, mostly, and EFAULT (14) or EINVAL (22) the kernel's.  What the kernel
# says is asked in a container with the same capabilities and no filter.  docker.bats
# compares the whole of the filters.

load ../isolation/common

setup_file() {
    export ROOTFS=$BATS_FILE_TMPDIR/rootfs
    cp -a "$BATS_TEST_DIRNAME/../../build/rootfs" "$ROOTFS"
    cp "$BATS_TEST_DIRNAME/../isolation/payload-call" "$ROOTFS/bin/"
    chmod 755 "$BATS_FILE_TMPDIR"
}

setup() {
    lab_setup
    require tool:cc
}

# Call, what opens it (-: nothing), arguments.  clone asks for a user namespace, and for
# what does not go with one.
table() {
    cat <<'END'
open_by_handle_at DAC_READ_SEARCH -1 -1 -1
mount             SYS_ADMIN -1 -1 -1 -1 -1
umount2           SYS_ADMIN -1 -1
unshare           SYS_ADMIN -1
setns             SYS_ADMIN -1 -1
clone             SYS_ADMIN 0x10000200
clone3            SYS_ADMIN -1 64
bpf               SYS_ADMIN,BPF -1 -1 -1
perf_event_open   SYS_ADMIN,PERFMON -1 -1 -1 -1 -1
syslog            SYS_ADMIN,SYSLOG -1 -1 -1
fanotify_init     SYS_ADMIN -1 -1
fsopen            SYS_ADMIN -1 -1
fsconfig          SYS_ADMIN -1 -1 -1 -1 -1
fsmount           SYS_ADMIN -1 -1 -1
fspick            SYS_ADMIN -1 -1 -1
open_tree         SYS_ADMIN -1 -1 -1
move_mount        SYS_ADMIN -1 -1 -1 -1 -1
mount_setattr     SYS_ADMIN -1 -1 -1 -1 -1
pivot_root        SYS_ADMIN -1 -1
quotactl          SYS_ADMIN -1 -1 -1 -1
sethostname       SYS_ADMIN -1 -1
setdomainname     SYS_ADMIN -1 -1
reboot            SYS_BOOT -1 -1 -1 -1
chroot            SYS_CHROOT -1
init_module       SYS_MODULE -1 -1 -1
finit_module      SYS_MODULE -1 -1 -1
delete_module     SYS_MODULE -1 -1
acct              SYS_PACCT -1
ptrace            SYS_PTRACE 0
process_vm_readv  SYS_PTRACE -1 -1 -1 -1 -1 -1
process_vm_writev SYS_PTRACE -1 -1 -1 -1 -1 -1
process_madvise   SYS_PTRACE -1 -1 -1 -1 -1
pidfd_getfd       SYS_PTRACE -1 -1 -1
kcmp              SYS_PTRACE -1 -1 -1 -1 -1
iopl              SYS_RAWIO -1
ioperm            SYS_RAWIO -1 -1 -1
settimeofday      SYS_TIME -1 -1
clock_settime     SYS_TIME 0 -1
vhangup           SYS_TTY_CONFIG
get_mempolicy     SYS_NICE -1 -1 -1 -1 -1
mbind             SYS_NICE -1 -1 -1 -1 -1 -1
set_mempolicy     SYS_NICE -1 -1 -1
keyctl            - -1 -1 -1
add_key           - -1 -1 -1 -1 -1
request_key       - -1 -1 -1 -1
io_uring_setup    - -1 -1
userfaultfd       - -1
kexec_load        - -1 -1 -1 -1
swapon            - -1 -1
move_pages        - -1 -1 -1 -1 -1 -1
personality       - 0x40000
socket            - 38 5 0
END
}

OPENING=(SYS_ADMIN SYS_PTRACE DAC_READ_SEARCH SYS_BOOT SYS_MODULE SYS_PACCT SYS_RAWIO SYS_TIME SYS_TTY_CONFIG SYS_NICE SYSLOG BPF PERFMON)

# prepare: in $SCRIPT, what makes each call and prints its name and errno.  Without those
# that this machine has no number for.
prepare() {
    local call args
    {
        echo '#include <sys/syscall.h>'
        table | awk '{ print $1, "SYS_" $1; }'
    } | cc -E -P - >"$BATS_TEST_TMPDIR/numbers"
    SCRIPT=
    while read -r call _ args; do
        SCRIPT+="echo $call \$(payload-call $(awk -v call="$call" '$1 == call { print $2 }' "$BATS_TEST_TMPDIR/numbers") $args);"
    done < <(table | grep -f <(awk '$2 ~ /^[0-9]+$/ { print "^" $1 " " }' "$BATS_TEST_TMPDIR/numbers"))
}

# judged CAP LINES: of the kernel's answers in LINES what a filter for CAP leaves
judged() {
    awk -v cap="$1" 'FNR == NR { opened[$1] = "," $2 ","; next }
        $1 == "chroot" || index(opened[$1], "," cap ",") { print; next }
        { print $1, $1 == "clone3" ? 38 : 1 }' <(table) - <<<"$2"
}

# expect_judged RUNNER...: with each capability, in containers of that runner
expect_judged() {
    local cap kernel seen=
    for cap in "${OPENING[@]}" NET_ADMIN; do
        run --separate-stderr "$@" --cap-add "$cap" --security-opt seccomp=unconfined "$ROOTFS" sh -c "$SCRIPT"
        kernel=$output
        run --separate-stderr "$@" --cap-add "$cap" "$ROOTFS" sh -c "$SCRIPT"
        [ "$(judged "$cap" "$kernel")" = "$output" ] || {
            echo "with --cap-add $cap, expected (<) and observed (>):"
            diff <(judged "$cap" "$kernel") <(echo "$output")
            return 1
        }
        expect "calls with --cap-add $cap" "$(wc -l <<<"$kernel")" "$(wc -l <<<"$output")"
        seen+="$output"$'\n'
    done
    # The control: the kernel refuses these for other reasons, so 1 is the filter's word.
    expect "EPERM of the kernel's, of those that tell" "" \
        "$(grep -E '^(mount|umount2|unshare|clone|clone3|setns|bpf|keyctl|ptrace|process_vm_readv|iopl|personality|socket) 1$' <<<"$kernel" || true)"
    # and each of these is let through by somebody
    for cap in mount unshare setns clone clone3 ptrace process_vm_readv reboot clock_settime; do
        grep -qE "^$cap (0|[02-9]|[1-2][0-9])$" <<<"$seen" || { echo "$cap: never let through"; return 1; }
    done
}

@test "--cap-add: a capability opens its own calls and no others" {
    hint "the lines of default.list; capabilities(7)"
    require root
    prepare
    expect_judged prog run
}

@test "--cap-add as an ordinary user: a capability opens its own calls and no others" {
    hint "the same filter; user_namespaces(7)"
    require user userns overlay:user
    user_dir
    cp -a "$ROOTFS" "$USER_DIR/rootfs"
    cp "$EXERCISE" "$USER_DIR/skiff"
    [ "$EUID" -ne 0 ] || chown -R "$(lab_uid):$(lab_gid)" "$USER_DIR"
    cd "$USER_DIR" || return
    ROOTFS=rootfs
    prepare
    expect_judged bounded_user ./skiff run
}

@test "ptrace, for a debugger, comes with its capability and without a way to a user namespace" {
    hint "default.list; ptrace(2), clone(2), user_namespaces(7)"
    require root
    prepare
    run prog run "$ROOTFS" sh -c "$SCRIPT"
    expect "refused by default" "ptrace 1" "$(grep ^ptrace <<<"$output")"
    run prog run --cap-add SYS_PTRACE "$ROOTFS" sh -c "$SCRIPT unshare -U true || echo unshare -U: refused; unshare -m true || echo unshare -m: refused"
    expect "PTRACE_TRACEME" "ptrace 0" "$(grep ^ptrace <<<"$output")"
    expect_match "user namespace" "unshare -U: refused" "$output"
    expect_match "mount namespace" "unshare -m: refused" "$output"
    # the control: with the capability that clone(2) wants
    run prog run --cap-add SYS_ADMIN "$ROOTFS" unshare -U true
    expect_status 0
}

@test "--cap-drop: without SYS_CHROOT the filter refuses chroot too" {
    hint "with CAP_SYS_CHROOT in default.list; chroot(2)"
    require root
    prepare
    for options in "" "--cap-drop CHOWN"; do
        # shellcheck disable=SC2086  # words
        run prog run $options "$ROOTFS" sh -c "$SCRIPT"
        expect "with ${options:-the default}: a bad pointer" "chroot 14" "$(grep ^chroot <<<"$output")"
    done
    for options in "--cap-drop SYS_CHROOT" "--cap-drop ALL"; do
        # shellcheck disable=SC2086  # words
        run prog run $options "$ROOTFS" sh -c "$SCRIPT"
        expect "with $options" "chroot 1" "$(grep ^chroot <<<"$output")"
        # shellcheck disable=SC2086  # words
        run prog run $options --security-opt seccomp=unconfined "$ROOTFS" sh -c "$SCRIPT"
        expect "with $options: the kernel looks at the pointer first" "chroot 14" "$(grep ^chroot <<<"$output")"
    done
}

@test "what exec adds has the filter of the container's capabilities" {
    hint "struct record in skiff.h: the filter is kept; seccomp(2)"
    require root
    prepare
    NAP=$((1000000 + RANDOM))
    container --name "test-$NAP" --cap-add SYS_PTRACE
    run prog exec "test-$NAP" sh -c "$SCRIPT"
    expect "ptrace, unshare, mount" "mount 1 unshare 1 ptrace 0" "$(grep -E '^(ptrace|unshare|mount) ' <<<"$output" | xargs)"
}
