#!/usr/bin/env bats
# System calls that have let people out of containers.  Each attempt works
# where the one defence is switched off, and is refused by default.
# shellcheck disable=SC2154  # stderr is set by ask_filter
load common

setup() {
    history_setup
    BARE=(skiff --security-opt seccomp=unconfined "$ROOTFS")
}

@test "no new user namespace, by unshare, clone or clone3: none of the capabilities in it" {
    hint "the filter's list; clone3 is ENOSYS because its flags cannot be seen: see seccomp(2)"
    stopped "${BARE[@]}" -- payload-calls unshare clone clone3
}

# Few kernels take x32 calls, and not every machine takes i386 ones: those attempts say
# ENOSYS.  The filter can be asked about both everywhere.
@test "the i386 and x32 calls are no second way to a user namespace" {
    hint "the architecture that a filter must look at first: see seccomp(2)"
    local said rc=0 calls=(foreign:{120,310,435})
    [ "$(uname -m)" != x86_64 ] || calls+=(x32:{56,272,435})
    said=$("${BARE[@]}" payload-calls i386 x32)
    ! grep -q ' in$' <<<"$said" || stopped "${BARE[@]}" -- payload-calls i386 x32
    container
    expect_refused "$CONTAINER" "${calls[@]}" || rc=$?
    if [ "$rc" -eq 77 ]; then
        [ "$(grep -c ' in$' <<<"$said")" -gt 0 ] || require_filters
        return 0
    fi
    [ "$rc" -eq 0 ]
    # the control: no filter, no refusal
    end_container
    container --security-opt seccomp=unconfined
    ask_filter "$CONTAINER" "${calls[@]}"
    expect "what is refused without a filter" "" "$(grep -v ': through$' <<<"$output" || true)"
}

@test "no io_uring, which does what it is told past the filter" {
    hint "io_uring_setup(2), and the list in seccomp/default.list"
    stopped "${BARE[@]}" -- payload-calls io_uring
}

@test "no userfaultfd, no bpf, no perf events of others" {
    hint "userfaultfd(2), bpf(2), perf_event_open(2)"
    stopped naive run "$ROOTFS" -- payload-calls userfaultfd bpf perf=-1
}

@test "no debugger" {
    hint "ptrace(2) in seccomp/default.list"
    stopped "${BARE[@]}" -- payload-calls ptrace
}

@test "no keyring calls: keys are not in any namespace but the user's" {
    hint "keyctl(2), keyrings(7)"
    stopped "${BARE[@]}" -- payload-calls keyctl add_key
}

@test "no kernel log" {
    hint "syslog(2); CAP_SYSLOG in capabilities(7)"
    stopped naive run "$ROOTFS" -- payload-calls syslog
}

@test "no raw packets, and no socket towards a hypervisor" {
    hint "CAP_NET_RAW in capabilities(7); vsock(7) is in no namespace"
    stopped naive run "$ROOTFS" -- payload-calls packet vsock
}

# may_raise: has root here what raises limits?  Not everywhere.
may_raise() { (ulimit -Hn $(($(ulimit -Hn) + 1))) 2>/dev/null; }

@test "no socket of the kernel's cryptography (CVE-2026-31431)" {
    hint "the family is an argument, and so a filter can see it: socket(2), seccomp_rule_add(3)"
    run skiff "$ROOTFS" payload-calls alg
    expect_output "alg EPERM"
    run skiff --security-opt seccomp=unconfined "$ROOTFS" payload-calls alg
    expect_match "control: the kernel's own answer" "alg (in|EAFNOSUPPORT)" "$output"
}

@test "no better priority, no real-time scheduling, no higher limit" {
    hint "setpriority(2), sched(7), CAP_SYS_RESOURCE in capabilities(7)"
    more=()
    ! may_raise || more=(rlimit)
    stopped naive run "$ROOTFS" -- payload-calls nice realtime "${more[@]}"
    refused "$(skiff "$ROOTFS" payload-calls rlimit)" rlimit
}

@test "all capabilities, and still not the host's: --privileged has them in a user namespace only" {
    hint "user_namespaces(7): capabilities count for what the namespace owns"
    stopped naive run "$ROOTFS" -- payload-calls bpf perf=-1 nice realtime -- --privileged
    refused "$(skiff --privileged "$ROOTFS" payload-calls rlimit)" rlimit
}

@test "no device node: neither the disk nor the memory" {
    hint "CAP_MKNOD counts in the first user namespace only; MOUNT_ATTR_NODEV in mount_setattr(2)"
    disk=b:$(findmnt -n -o MAJ:MIN -T "$BATS_TEST_TMPDIR" | tr -d " ")
    nodes=(node=c:1:1 node=c:1:11 node=c:1:5)
    ! head -c 1 "/dev/block/${disk#b:}" >/dev/null 2>&1 || nodes+=("node=$disk")
    stopped naive run "$ROOTFS" -- payload-files "${nodes[@]}"
    stopped naive run "$ROOTFS" -- payload-files "${nodes[@]}" -- --privileged
    refused "$(skiff --privileged "$ROOTFS" payload-files "node=$disk")" "node=$disk"
}

@test "no device node that the image brings along" {
    hint "MOUNT_ATTR_NODEV in mount_setattr(2)"
    image
    mknod -m 666 "$IMAGE/etc/zero" c 1 5
    mknod -m 666 "$IMAGE/etc/log" c 1 11
    stopped naive run "$IMAGE" -- payload-files read=/etc/zero write=/etc/log
    stopped naive run "$IMAGE" -- payload-files read=/etc/zero write=/etc/log -- --privileged
    stopped naive run "$IMAGE" -- payload-files read=/etc/zero write=/etc/log -- --userns host
}

@test "no file of the host's by its handle (the shocker of 2014)" {
    hint "open_by_handle_at(2): CAP_DAC_READ_SEARCH in the first user namespace"
    [ "$(stat -fc %T "$BATS_TEST_TMPDIR")" = ext2/ext3 ] || mendable tmp:ext4 "the handle is ext4's" "set TMPDIR to a folder on ext4"
    stopped naive run "$ROOTFS" -- payload-files handle=/
    stopped naive run "$ROOTFS" -- payload-files handle=/ -- --privileged
    refused "$(skiff --privileged "$ROOTFS" payload-files handle=/v)" handle=/v
}

@test "a set-UID program of the image gains nothing, nor does one with file capabilities" {
    hint "PR_SET_NO_NEW_PRIVS in prctl(2); MOUNT_ATTR_NOSUID"
    require tool:setcap
    image
    cp "$IMAGE/bin/payload-calls" "$IMAGE/bin/suid"
    chmod 4755 "$IMAGE/bin/suid"
    cp "$IMAGE/bin/payload-calls" "$IMAGE/bin/filecap"
    setcap cap_chown=ep "$IMAGE/bin/filecap"
    stopped naive run "$IMAGE" -- payload-calls regain=/bin/suid regain=/bin/filecap
    # with no_new_privs off, set-UID is back, and the file capabilities are
    # still those of a namespace that is not ours
    stopped skiff --security-opt no-new-privileges=false "$IMAGE" -- payload-calls regain=/bin/suid
}

@test "a filter of one's own that cannot be read is an error, never no filter" {
    hint "fail closed: each error of the reader is 125; see seccomp(2)"
    cd "$WORLD" || return
    echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["chroot"], "action": "SCMP_ACT_ERRNO"}]}' >good.json
    : >empty.json
    echo '{' >half.json
    echo '[]' >list.json
    echo '{"defaultAction": "SCMP_ACT_SURPRISE", "syscalls": []}' >action.json
    echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["unshare"], "action": "SCMP_ACT_NONSENSE"}]}' >nested.json
    echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": "unshare", "action": "SCMP_ACT_ERRNO"}]}' >type.json
    echo '{"syscalls": []}' >default.json
    mkdir folder.json
    for file in none empty half list action nested type default folder; do
        run --separate-stderr skiff --security-opt "seccomp=$file.json" "$ROOTFS" echo ran
        expect_error 125 skiff || { echo "($file.json)"; return 1; }
        # shellcheck disable=SC2154  # set by run
        expect "output with $file.json" "" "$output"
    done
    # the control: one that can be read is in force
    run skiff --security-opt seccomp=good.json "$ROOTFS" payload-files chroot=/etc
    expect_output "chroot=/etc EPERM"
}
