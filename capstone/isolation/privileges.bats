#!/usr/bin/env bats
# What container root may do: capabilities, system calls, descriptors, ids.
# shellcheck disable=SC2154  # stderr is set by ask_filter
load common

ELEVEN=chown,dac_override,fowner,fsetid,kill,net_bind_service,setfcap,setgid,setpcap,setuid,sys_chroot

# mask_of NAMES: the hexadecimal mask of a list of capabilities, as in /proc/PID/status
mask_of() {
    local sum=0 name
    for name in ${1//,/ }; do sum=$((sum | 1 << $(cap_number "$name"))); done
    printf '%016x' "$sum"
}

cap_number() { awk -v name="CAP_${1^^}" '$2 == name { print $3 }' /usr/include/linux/capability.h; }

# expect_caps MASK: CapPrm, CapEff and CapBnd are it, CapInh and CapAmb empty
expect_caps() {
    local field
    for field in CapPrm CapEff CapBnd; do
        expect "$field" "$1" "$(proc_field "$CONTAINER" "$field")"
    done
    for field in CapInh CapAmb; do
        expect "$field" 0000000000000000 "$(proc_field "$CONTAINER" "$field")"
    done
}

@test "[4] the capabilities are Podman's default eleven" {
    hint "PR_CAPBSET_DROP and capset(2); see capabilities(7)"
    container
    expect_caps "$(mask_of "$ELEVEN")"
}

@test "[2] --cap-drop and --cap-add, in either order and any spelling" {
    hint "cap_from_name(3)"
    container --cap-drop ALL --cap-add CAP_NET_RAW
    expect_caps "$(mask_of net_raw)"
    end_container
    container --cap-add chown --cap-drop all
    expect_caps "$(mask_of chown)"
    end_container
    container --cap-drop Kill --cap-drop cap_setfcap
    expect_caps "$(mask_of "$(sed 's/kill,//; s/setfcap,//' <<<"$ELEVEN")")"
}

@test "[2] --user: those ids, no group of the caller's, and no capability" {
    hint "setresuid(2) clears them where uid 0 is left; see capabilities(7)"
    run prog run -u 1000:100 "$ROOTFS" id
    expect_output "uid=1000 gid=100"
    container -u 1000
    for field in CapPrm CapEff CapInh CapAmb; do
        expect "$field" 0000000000000000 "$(proc_field "$CONTAINER" "$field")"
    done
}

@test "[3] no_new_privs and a seccomp filter, for PID 1 too" {
    hint "PR_SET_NO_NEW_PRIVS in prctl(2); seccomp(2) last before execve(2)"
    container
    expect NoNewPrivs 1 "$(proc_field "$CONTAINER" NoNewPrivs)"
    expect Seccomp 2 "$(proc_field "$CONTAINER" Seccomp)"
    end_container
    container --init
    init=$(proc_field "$CONTAINER" PPid)
    expect_match "the parent is PID 1" " 1\$" "$(proc_field "$init" NSpid)"
    expect "Seccomp of init" 2 "$(proc_field "$init" Seccomp)"
    expect "NoNewPrivs of init" 1 "$(proc_field "$init" NoNewPrivs)"
    expect "CapEff of init" "$(mask_of "$ELEVEN")" "$(proc_field "$init" CapEff)"
}

# numbers NAME...: of system calls on this machine, in NUMBER[NAME]
numbers() {
    local name values
    declare -gA NUMBER
    mapfile -t values < <({ echo '#include <sys/syscall.h>'; printf 'SYS_%s\n' "$@"; } | cc -E -P - | tail -n $#)
    for name; do NUMBER[$name]=${values[0]} values=("${values[@]:1}"); done
}

@test "[3] refused system calls are EPERM; without the filter the kernel answers" {
    hint "an allow-list; see seccomp(2)"
    require tool:cc
    calls=(mount umount2 unshare setns reboot ptrace bpf keyctl add_key init_module kexec_load swapon pivot_root)
    numbers "${calls[@]}"
    run skiff_shell "for nr in ${NUMBER[*]}; do echo \$nr \$(payload-call \$nr -1 -1 -1 -1 -1); done"
    for call in "${calls[@]}"; do
        expect "$call" 1 "$(awk -v nr="${NUMBER[$call]}" '$1 == nr { print $2 }' <<<"$output")"
    done
    # the control: with bad arguments unshare is EINVAL, keyctl EOPNOTSUPP
    run prog run --security-opt seccomp=unconfined "$ROOTFS" payload-call "${NUMBER[unshare]}" -1
    expect "unshare without the filter" 22 "$output"
    run prog run --security-opt seccomp=unconfined "$ROOTFS" payload-call "${NUMBER[keyctl]}" -1
    expect "keyctl without the filter" 95 "$output"
}

@test "[1] a system call newer than the list is ENOSYS" {
    hint "ENOSYS as the default action: see seccomp_init(3); the C library then falls back from clone3 to clone"
    require tool:cc
    numbers clone3
    run in_container payload-call 999
    expect "call 999" 38 "$output"
    run in_container payload-call "${NUMBER[clone3]}" 0 0
    expect "clone3" 38 "$output"
    run prog run --security-opt seccomp=unconfined "$ROOTFS" payload-call "${NUMBER[clone3]}" 0 0
    expect "clone3 without the filter" 22 "$output"
}

# A call shows it only where the machine takes it at all: i386 is a fault on some, x32
# few kernels have.  The filter can be asked about both everywhere.
@test "[2] system calls of a foreign ABI do not get through" {
    hint "the architecture check: seccomp_data.arch in seccomp(2)"
    local abi tried=yes rc=0 calls=(foreign:{0,1,4,20,39,83,120,310,336}) getpid=172
    if [ "$(uname -m)" = x86_64 ]; then calls+=(x32:{0,1,39,56,110,272,435,520}) getpid=39; fi
    for abi in i386 x32; do
        run "$BATS_TEST_DIRNAME/payload-call" "$abi"
        if [ "$output" != 0 ]; then tried=; continue; fi
        run in_container payload-call "$abi"
        [ "$status" -ne 0 ] || [ "$output" != 0 ] || expect "getpid of $abi" "a refusal" "success"
    done
    container
    expect_refused "$CONTAINER" "${calls[@]}" || rc=$?
    if [ "$rc" -eq 77 ]; then
        [ -n "$tried" ] || require_filters
        return 0
    fi
    [ "$rc" -eq 0 ]
    ask_filter "$CONTAINER" "native:$getpid"
    expect_output "native:$getpid: through"
}

@test "[2] no user namespace can be made inside" {
    hint "unshare, clone's flags and clone3 in the filter; see seccomp(2)"
    run in_container unshare -U true
    expect_status 1
    run prog run --security-opt seccomp=unconfined "$ROOTFS" unshare -U true
    expect_status 0
}

@test "[2] a set-UID program gains nothing" {
    hint "no_new_privs: see prctl(2), PR_SET_NO_NEW_PRIVS"
    IMAGE=$BATS_TEST_TMPDIR/image
    cp -a "$ROOTFS" "$IMAGE"
    cp "$BATS_TEST_DIRNAME/payload-call" "$IMAGE/bin/euid"
    chmod 4755 "$IMAGE/bin/euid"
    run prog run -u 1000 "$IMAGE" euid euid
    expect_output 1000
    run prog run -u 1000 --security-opt no-new-privileges=false "$IMAGE" euid euid
    expect "control: without no_new_privs" 0 "$output"
}

@test "[3] no descriptor of the caller's above 2 gets in" {
    hint "close_range(2)"
    echo secret >"$BATS_TEST_TMPDIR/secret"
    run bounded bash -c 'exec 9<"$3" 17<"$3" 3>&- 4>&-; exec "$1" run "$2" sh -c "echo /proc/self/fd/*; cat <&9"' \
        _ "$EXERCISE" "$ROOTFS" "$BATS_TEST_TMPDIR/secret"
    # 3 is the shell's own descriptor of the folder it reads
    expect_match "descriptors" "^/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2( /proc/self/fd/3)?"$'\n' "$output"
    expect "what it read of 9" "" "$(grep secret <<<"$output" || true)"
}

@test "[1] no supplementary group of the caller's" {
    hint "setgroups(2), while it is still permitted"
    spawn setpriv --groups 10,20,30 "$EXERCISE" run "$ROOTFS" sleep "$NAP"
    wait_for napping
    expect "Groups" "" "$(proc_field "$(nappers)" Groups)"
}

@test "[1] a session of its own, without the caller's terminal" {
    hint "setsid(2); TIOCSTI into the caller's terminal was CVE-2017-5226"
    container
    expect "session leader" "$CONTAINER" "$(ps -o sid= -p "$CONTAINER" | tr -d ' ')"
    expect "terminal" "?" "$(ps -o tty= -p "$CONTAINER" | tr -d ' ')"
}

@test "[1] --privileged: all capabilities, no filter, and still its own user namespace" {
    hint "user_namespaces(7): all of them, but over nothing of the host's"
    container --privileged
    expect "all" "$(printf '%016x' $(((1 << ($(cat /proc/sys/kernel/cap_last_cap) + 1)) - 1)))" "$(proc_field "$CONTAINER" CapEff)"
    expect Seccomp "$(proc_field self Seccomp)" "$(proc_field "$CONTAINER" Seccomp)"
    read -r uid _ <<<"$(proc_field "$CONTAINER" Uid)"
    [ "$uid" -ge 1000 ]
}

@test "[2] --ulimit: soft and hard, and no way back up" {
    hint "setrlimit(2), while still privileged"
    container --ulimit nofile=64:128 --ulimit core=0
    expect "open files" "64 128" "$(awk '/^Max open files/ { print $4, $5 }' "/proc/$CONTAINER/limits")"
    expect "core" "0 0" "$(awk '/^Max core file size/ { print $5, $6 }' "/proc/$CONTAINER/limits")"
    run prog run --ulimit nofile=32 "$ROOTFS" sh -c 'ulimit -n; ulimit -Hn; ulimit -n 33 2>/dev/null || echo refused'
    expect_output $'32\n32\nrefused'
    for bad in nofile nofile= nosuch=1 nofile=9:8 nofile=x nofile=1:2:3 =5; do
        run --separate-stderr prog run --ulimit "$bad" "$ROOTFS" echo ran
        expect_error 125 skiff
    done
}

@test "[2] --security-opt seccomp=FILE: a profile as Docker's users have them" {
    hint "defaultAction, syscalls[].names and .action of the JSON; see seccomp_init(3)"
    cat >"$BATS_TEST_TMPDIR/profile.json" <<'JSON'
{ "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [ { "names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28 } ] }
JSON
    run prog run --security-opt "seccomp=$BATS_TEST_TMPDIR/profile.json" "$ROOTFS" sh -c 'mkdir /d; echo $?; touch /f && echo touched'
    expect_match "mkdir" "No space left" "$output"
    expect_match "the rest" "1"$'\n'"touched" "$output"
    run skiff_shell 'mkdir /d && echo made'
    expect "control: without it" made "$output"
    echo '{ "defaultAction": "SCMP_ACT_NONSENSE" }' >"$BATS_TEST_TMPDIR/bad.json"
    for bad in "$BATS_TEST_TMPDIR/bad.json" "$BATS_TEST_TMPDIR/nowhere.json"; do
        run --separate-stderr prog run --security-opt "seccomp=$bad" "$ROOTFS" echo ran
        expect_error 125 skiff
    done
}

@test "[1] a session keyring of its own" {
    hint "KEYCTL_JOIN_SESSION_KEYRING in keyctl(2)"
    run "$BATS_TEST_DIRNAME/payload-call" keyring "$BATS_TEST_DIRNAME/payload-call" keyring
    expect "control: inherited by a program" "${lines[0]}" "${lines[1]}"
    [ "${lines[0]}" -gt 0 ] || { require keyrings; mendable keyctl "keyctl is refused here" "$ELSEWHERE"; }
    run bounded "$BATS_TEST_DIRNAME/payload-call" keyring "$EXERCISE" run --security-opt seccomp=unconfined \
        "$ROOTFS" payload-call keyring
    [ "${lines[0]}" != "${lines[1]}" ] || expect "the container's keyring" "another than ${lines[0]}" "${lines[1]}"
}
