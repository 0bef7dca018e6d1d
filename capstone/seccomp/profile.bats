#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2154  # run sets output, status, stderr
# capstone/seccomp/profile.bats - seccomp profiles in Docker's JSON
#
# The reader by itself: what is wrong in a profile is an error, in one line, and
# makes no filter.  Then example.json, which has every kind of rule, in force in
# a container.  See docs.docker.com/engine/security/seccomp.

load ../isolation/common

READER=$BATS_TEST_DIRNAME/skiff-seccomp
EXAMPLE=$BATS_TEST_DIRNAME/example.json

setup_file() {
    export ROOTFS=$BATS_FILE_TMPDIR/rootfs
    cp -a "$BATS_TEST_DIRNAME/../../build/rootfs" "$ROOTFS"
    cp "$BATS_TEST_DIRNAME/../isolation/payload-call" "$ROOTFS/bin/"
    chmod 755 "$BATS_FILE_TMPDIR"
}

setup() {
    lab_setup
    cd "$BATS_TEST_TMPDIR" || return
}

# ---- the reader -----------------------------------------------------------

# profile JSON: the reader with this profile; the filter in ./filter
profile() {
    printf '%s' "$1" >profile.json
    status=0
    bounded "$READER" profile profile.json >filter 2>words || status=$?
    stderr=$(<words) output=
}

# refused WHAT JSON: status 1, one line that says WHAT, nothing on stdout
refused() {
    profile "$2"
    expect_error 1 skiff-seccomp || { echo "(the profile: ${2:0:300})"; return 1; }
    expect_match "the line" "^skiff-seccomp: profile.json: .*$1" "$stderr"
    expect "bytes on stdout, of ${2:0:300}" 0 "$(stat -c %s filter)"
}

# rule JSON...: a profile that is in order but for the members of its one rule
rule() { printf '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], %s}]}' "$1"; }

# arg JSON: the same, of one condition
arg() { rule '"action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 1, '"$1}]"; }

@test "what is not JSON, or not a profile, is refused" {
    hint "JSON_REJECT_DUPLICATES in json_loadb; every key must be known: see seccomp(2)"
    refused "not JSON" ''
    refused "not JSON" '{'
    refused "not JSON" '{"defaultAction": "SCMP_ACT_ALLOW"'
    refused "not JSON" '{"defaultAction": "SCMP_ACT_ALLOW"} {}'
    refused "not JSON" $'{"defaultAction": "SCMP_ACT_\xff"}'
    refused "duplicate" '{"defaultAction": "SCMP_ACT_ERRNO", "defaultAction": "SCMP_ACT_ALLOW"}'
    refused "depth" "$(printf '[%.0s' {1..5000})"
    refused "not an object" '[]'
    refused "'defaultAction' is missing" '{}'
    refused "'defaultAction' is missing" '{"defaultAction": null, "syscalls": []}'
    refused "'defaultAction' is not a string" '{"defaultAction": 0}'
    refused "unknown key 'DefaultAction'" '{"DefaultAction": "SCMP_ACT_ERRNO"}'
    refused "unknown key 'listenerPath'" '{"defaultAction": "SCMP_ACT_ERRNO", "listenerPath": "/s"}'
    refused "'flags'" '{"defaultAction": "SCMP_ACT_ERRNO", "flags": ["SECCOMP_FILTER_FLAG_LOG"]}'
    refused "'syscalls' is not an array" '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": {}}'
    refused "out of range" '{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 4096}'
    refused "returns no error" '{"defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1}'
    refused "both" '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
                     "archMap": [{"architecture": "SCMP_ARCH_X86_64"}]}'
    refused "unknown architecture 'X86'" '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["X86"]}'
    # the control: the smallest that is one
    profile '{"defaultAction": "SCMP_ACT_ALLOW"}'
    expect_status 0
    expect "stderr" "" "$stderr"
}

@test "a rule that is not understood is refused, also one that does not apply" {
    hint "SCMP_ACT_ and SCMP_CMP_ in seccomp_rule_add(3)"
    refused "syscalls.1.: the rule is not an object" '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"name": "read", "action": "SCMP_ACT_LOG"}, 1]}'
    refused "'action' is missing" "$(rule '"args": []')"
    refused "unknown action 'SCMP_ACT_SURPRISE'" "$(rule '"action": "SCMP_ACT_SURPRISE"')"
    refused "SCMP_ACT_NOTIFY" "$(rule '"action": "SCMP_ACT_NOTIFY"')"
    refused "'names' is not an array" '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": "read", "action": "SCMP_ACT_ALLOW"}]}'
    refused "not only strings" '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read", 1], "action": "SCMP_ACT_ALLOW"}]}'
    refused "neither" '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"action": "SCMP_ACT_ALLOW"}]}'
    refused "both" "$(rule '"name": "write", "action": "SCMP_ACT_ALLOW"')"
    refused "unknown key 'arg'" "$(rule '"action": "SCMP_ACT_ALLOW", "arg": []')"
    refused "returns no error" "$(rule '"action": "SCMP_ACT_ALLOW", "errnoRet": 1')"
    refused "out of range" "$(rule '"action": "SCMP_ACT_ERRNO", "errnoRet": -1')"
    refused "not an integer" "$(rule '"action": "SCMP_ACT_ERRNO", "errnoRet": 1.0')"
    refused "unknown error 'ENONE'" "$(rule '"action": "SCMP_ACT_ERRNO", "errno": "ENONE"')"
    refused "is not" "$(rule '"action": "SCMP_ACT_ERRNO", "errno": "EIO", "errnoRet": 1')"
    refused "unknown operator 'EQ'" "$(arg '"op": "EQ"')"
    refused "'op' is missing" "$(arg '"valueTwo": 1')"
    refused "unknown key 'Op'" "$(arg '"op": "SCMP_CMP_EQ", "Op": ""')"
    refused "never be true" "$(arg '"op": "SCMP_CMP_MASKED_EQ", "valueTwo": 2')"
    refused "out of range" "$(rule '"action": "SCMP_ACT_ALLOW", "args": [{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}]')"
    refused "too big" "$(rule '"action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 18446744073709551616, "op": "SCMP_CMP_EQ"}]')"
    refused "two conditions on argument 0" "$(arg '"op": "SCMP_CMP_NE"}, {"index": 0, "value": 2, "op": "SCMP_CMP_NE"')"
    refused "unknown capability 'SYS_ADMIN'" "$(rule '"action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["SYS_ADMIN"]}')"
    refused "'minKernel'" "$(rule '"action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8.1"}')"
    refused "'minKernel' is not a string" "$(rule '"action": "SCMP_ACT_ALLOW", "includes": {"minKernel": 4.8}')"
    refused "unknown key 'maxKernel'" "$(rule '"action": "SCMP_ACT_ALLOW", "includes": {"maxKernel": "4.8"}')"
    refused "unknown action" "$(rule '"action": "NO", "includes": {"minKernel": "99.0"}')"
}

@test "of rules that contradict each other the stricter counts, or they are refused" {
    hint "seccomp_rule_add(3) takes the later of two rules and ignores it"
    one() { printf '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"name": "dup", %s}]}' "$1"; }
    two() { one "$1}, {\"name\": \"dup\", $2"; }
    kill='"action": "SCMP_ACT_KILL"' log='"action": "SCMP_ACT_LOG"' is='"args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]'
    profile "$(one "$kill")"
    mv filter kill
    profile "$(two "$kill" "$log")"
    cmp kill filter
    profile "$(two "$log" "$kill")"
    cmp kill filter
    profile "$(two '"action": "SCMP_ACT_ALLOW"' "$kill")"
    cmp kill filter
    refused "syscalls.1.: dup: contradicts" "$(two "$kill" "$log, $is")"
    refused "syscalls.0.: dup: contradicts" "$(two "$kill, $is" "$log")"
    refused "syscalls.1.: dup: contradicts" "$(two "$kill, $is" "$log, $is")"
    refused "syscalls.1.: dup: contradicts" "$(two '"action": "SCMP_ACT_ALLOW"' "$kill, $is")"
    # the control: the same said twice, and two cases
    profile "$(two "$kill" "$kill, $is")"
    expect_status 0
    cmp kill filter
    profile "$(two "$kill, $is" "$log, ${is/1/2}")"
    expect_status 0
}

@test "conditions without a capability are none; of several all must be had, or one suffices to exclude" {
    hint "includes.caps and excludes.caps; rule_applies in conditions.h, capabilities(7)"
    # with MASK JSON: the filter of a rule with these conditions, for these capabilities
    with() {
        rule "\"action\": \"SCMP_ACT_ALLOW\"${2:+, $2}" >profile.json
        bounded "$READER" profile profile.json "$1" | sha256sum
    }
    local applies not words
    applies=$(with 0 '')
    not=$(with 0 '"includes": {"minKernel": "99.0"}')
    [ "$applies" != "$not" ]
    for words in '"includes": {}' '"includes": {"caps": []}' '"includes": {"caps": null}' '"includes": null' \
        '"excludes": {}' '"excludes": {"caps": []}' '"excludes": {"caps": null}' '"excludes": null'; do
        expect "$words" "$applies" "$(with 0 "$words")"
        expect "$words, with all capabilities" "$applies" "$(with 1ffffffffff "$words")"
    done
    both='"caps": ["CAP_SYS_PTRACE", "CAP_SYS_ADMIN"]'
    for words in 0 80000 200000 ffffffffffd7ffff; do
        expect "includes, with $words" "$not" "$(with "$words" "\"includes\": {$both}")"
    done
    expect "includes, with both" "$applies" "$(with 280000 "\"includes\": {$both}")"
    for words in 80000 200000 280000; do
        expect "excludes, with $words" "$not" "$(with "$words" "\"excludes\": {$both}")"
    done
    expect "excludes, with all others" "$applies" "$(with ffffffffffd7ffff "\"excludes\": {$both}")"
}

@test "a file that is none, or too much, is refused" {
    hint "BPF_MAXINSNS in seccomp(2)"
    run --separate-stderr bounded "$READER" profile /dev/zero
    expect_error 1 skiff-seccomp
    mkfifo nobody-writes
    run --separate-stderr bounded "$READER" profile nobody-writes
    expect_error 1 skiff-seccomp
    run --separate-stderr bounded "$READER" profile .
    expect_error 1 skiff-seccomp
    run --separate-stderr bounded "$READER" profile $'no\nsuch'
    expect_error 1 skiff-seccomp
    refused "more than 4096 instructions" "$(many 3000)"
    refused "more than 4096 rules" "$(many 5000)"
    profile "$(many 500)"
    expect_status 0
    expect_match "bytes of the filter" '^[0-9]+[048]$' "$(stat -c %s filter)"
    run --separate-stderr bounded "$READER" profile "$EXAMPLE" 0x3g
    expect_status 2
    run --separate-stderr bounded bash -c '"$1" profile "$2" >/dev/full' - "$READER" "$EXAMPLE"
    expect_error 1 skiff-seccomp
}

@test "a profile that libseccomp never gets done with is refused" {
    hint "RLIMIT_CPU in setrlimit(2): its soft limit brings SIGXCPU"
    local rules=() args a
    for ((i = 0; i < 60; i++)); do
        args=()
        for a in 0 1 2 3 4 5; do
            ((i >> a & 1)) || args+=("{\"index\": $a, \"value\": $((i * 7 % 11 + a)), \"op\": \"SCMP_CMP_$(((i + a) % 2)) \"}")
        done
        args=("${args[@]/_0 /_GE}")
        args=("${args[@]/_1 /_NE}")
        rules+=("{\"name\": \"read\", \"action\": \"SCMP_ACT_ALLOW\", \"args\": [$(IFS=,; echo "${args[*]}")]}")
    done
    printf '#!/bin/sh\nulimit -S -t 1\nexec "%s" "$@"\n' "$READER" >impatient
    chmod +x impatient
    READER=./impatient
    refused "too many conditions" "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [$(IFS=,; echo "${rules[*]}")]}"
}

# many N: so many rules of one call, each of two comparisons
many() {
    printf '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": ['
    seq -f '{"name": "read", "action": "SCMP_ACT_ALLOW", "args": [{"index": 2, "value": %.0f, "op": "SCMP_CMP_EQ"}]},' \
        1 4294967297 $((1 + 4294967297 * ($1 - 1)))
    echo '{"name": "write", "action": "SCMP_ACT_ALLOW"}]}'
}

@test "a profile may come through a pipe, and says that foreign calls stay out" {
    hint "archMap; see seccomp_arch_add(3)"
    run --separate-stderr bounded bash -c '"$1" profile <(cat "$2") | wc -c' - "$READER" "$EXAMPLE"
    expect_status 0
    expect_match "instructions, of 8 bytes" '^[0-9]+[048]$' "$output"
    expect_match "stderr" '^skiff-seccomp: [^ ]*: it names foreign architectures[^'$'\n'']*$' "$stderr"
}

# ---- in a container -------------------------------------------------------

# calls OPTION... -- CALL...: what the kernel says in a container to each CALL,
# "name arg arg", in $output: its errno, or "killed" by SIGSYS
calls() {
    local options=() words=() name script=
    while [ "$1" != -- ]; do options+=("$1"); shift; done
    for name in "${@:2}"; do words+=("${name%% *}"); done
    mapfile -t words < <({ echo '#include <sys/syscall.h>'; printf 'SYS_%s\n' "${words[@]}"; } | cc -E -P - | tail -n ${#words[@]})
    for name in "${@:2}"; do
        script+="echo $name \$(payload-call ${words[0]}${name#"${name%% *}"} || { [ \$? -eq 159 ] && echo killed; });"
        words=("${words[@]:1}")
    done
    run --separate-stderr prog run "${options[@]}" "$ROOTFS" sh -c "$script"
    expect_status 0
}

# expect_calls LINES: the output of calls
expect_calls() { expect "errno of each call" "$(awk '{ $1 = $1 } 1' <<<"$1")" "$output"; }

behind() { calls --security-opt "seccomp=$EXAMPLE" "$@"; }

@test "names, actions and errors are those of the profile" {
    hint "the action of each rule of example.json; see seccomp(2)"
    require root tool:cc
    all=(umask times getitimer sysinfo sync capget capset getpgid getsid personality)
    behind -- "${all[@]}"
    # LOG lets it through to a bad pointer; TRACE without a tracer is ENOSYS
    expect_calls "umask 1
        times 95
        getitimer 1
        sysinfo 14
        sync killed
        capget killed
        capset killed
        getpgid killed
        getsid 38
        personality 38"
    # the control: the kernel's own answers
    calls --security-opt seccomp=unconfined -- "${all[@]}"
    expect_calls "umask 0
        times 0
        getitimer 14
        sysinfo 14
        sync 0
        capget 14
        capset 14
        getpgid 0
        getsid 0
        personality 0"
}

@test "the seven comparisons are made, and all conditions of a rule must hold" {
    hint "args in example.json: 9, EBADF, is the kernel's answer, 38 the filter's; see seccomp_rule_add(3)"
    require root tool:cc
    all=() expected=()
    # call, then what is said of 99, 100, 101
    while read -r call low equal high; do
        all+=("$call 99" "$call 100" "$call 101")
        expected+=("$call 99 $low" "$call 100 $equal" "$call 101 $high")
    done <<'END'
dup 9 38 9
fsync 9 38 38
fdatasync 9 9 38
fchdir 38 9 38
syncfs 38 9 9
fstatfs 38 38 9
fchown 38 9 38
END
    # the upper half of an argument counts
    all+=("dup 0x100000064" "inotify_rm_watch 0x60" "inotify_rm_watch 0x36f" "inotify_rm_watch 0x70" "fchmod 100 0" "fchmod 100 1" "fchmod 99 0" "fchown 102")
    expected+=("dup 0x100000064 9" "inotify_rm_watch 0x60 9" "inotify_rm_watch 0x36f 9" "inotify_rm_watch 0x70 38"
               "fchmod 100 0 9" "fchmod 100 1 38" "fchmod 99 0 38" "fchown 102 9")
    behind -- "${all[@]}"
    expect_calls "$(printf '%s\n' "${expected[@]}")"
    calls --security-opt seccomp=unconfined -- "${all[@]}"
    expect "control: errors other than EBADF" "" "$(grep -v ' 9$' <<<"$output" || true)"
}

@test "rules are taken and left by capability, kernel and machine" {
    hint "includes and excludes in example.json; capabilities(7)"
    require root tool:cc
    all=("sethostname -1" setns "fallocate -1" "ftruncate -1" "readahead -1" "fremovexattr -1" "pread64 -1" "pwrite64 -1" "sync_file_range -1")
    behind -- "${all[@]}"
    expect_calls "sethostname -1 38
        setns 38
        fallocate -1 1
        ftruncate -1 9
        readahead -1 38
        fremovexattr -1 38
        pread64 -1 9
        pwrite64 -1 38
        sync_file_range -1 38"
    behind --cap-add SYS_ADMIN -- "${all[@]:0:3}"
    expect_match "sethostname, a null pointer of length 0" "^sethostname -1 (0|14|22)"$'\n'"setns 22"$'\n'"fallocate -1 38\$" "$output"
    # all of includes, one of excludes
    behind --cap-add SYS_ADMIN --cap-drop CHOWN -- setns
    expect_calls "setns 38"
    behind --cap-add SYS_TIME -- "${all[@]:0:3}"
    expect_calls "sethostname -1 38
        setns 38
        fallocate -1 38"
    calls --security-opt seccomp=unconfined -- "${all[@]:2}"
    expect "control: errors other than EBADF, EFAULT" "" "$(grep -vE ' (9|14)$' <<<"$output" || true)"
}

# Not every machine takes i386 calls; the filter can be asked about them everywhere.
@test "foreign ABIs are killed, although the profile names them" {
    hint "SCMP_FLTATR_ACT_BADARCH in seccomp_attr_set(3)"
    require root
    local abi abis=() asked=(foreign:{0,1,4,20,39,83,310}) getpid=172
    if [ "$(uname -m)" = x86_64 ]; then
        # a kernel without x32 asks the filter before it says so
        abis=(x32) asked+=(x32:{0,1,39,56,272}) getpid=39
        run "$ROOTFS/bin/payload-call" i386
        [ "$output" != 0 ] || abis+=(i386)
    fi
    echo '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]}' >all.json
    for abi in "${abis[@]}"; do
        run --separate-stderr prog run --security-opt seccomp=all.json "$ROOTFS" payload-call "$abi"
        expect_status 159
        expect_match "one line" '^skiff: warning: all.json: it names foreign[^'$'\n'']*$' "$stderr"
    done
    if [ "${abis[*]}" = "x32 i386" ]; then
        run prog run --security-opt seccomp=unconfined "$ROOTFS" payload-call i386
        expect_output 0
    fi
    # shellcheck disable=SC2034  # for container
    NAP=$((1000000 + RANDOM))
    container --security-opt seccomp=all.json
    ask_filter "$CONTAINER" "native:$getpid" "${asked[@]}"
    if [ "$status" -eq 77 ]; then
        [ "${abis[*]}" = "x32 i386" ] || require_filters
    else
        expect "what the filter lets through or refuses more kindly" "native:$getpid: through" "$(grep -v ': killed$' <<<"$output")"
    fi
}

@test "a profile that is refused starts no container" {
    hint "the status of skiff-seccomp; one line, by skiff"
    require root
    before=$(footprint)
    echo '{"defaultAction": "SCMP_ACT_NOTIFY"}' >bad.json
    run --separate-stderr prog run --security-opt seccomp=bad.json "$ROOTFS" echo ran
    expect_error 125 skiff
    expect_match "the line" "bad.json: SCMP_ACT_NOTIFY" "$stderr"
    expect "output" "" "$output"
    expect_footprint "$before"
}

# ---- the filters of its own -----------------------------------------------

@test "address families are judged as the kernel reads them: AF_ALG, AF_VSOCK, obsolete and unknown ones" {
    hint "families_refused in skiff-seccomp.c; socket(2) takes an int, and a register has 64 bits"
    require root tool:cc
    calls -- "socket 1 1" "socket 2 1" "socket 12 1" "socket 38 5" "socket 40 1" "socket 99 1" "socket 0x100000026 5" "socket 0x100000028 1"
    expect_calls "socket 1 1 0
        socket 2 1 0
        socket 12 1 1
        socket 38 5 1
        socket 40 1 1
        socket 99 1 1
        socket 0x100000026 5 1
        socket 0x100000028 1 1"
    # the control: there they are (0), or the kernel has none (EAFNOSUPPORT)
    calls --security-opt seccomp=unconfined -- "socket 38 5" "socket 40 1" "socket 0x100000028 1"
    expect "control: errors other than EAFNOSUPPORT" "" "$(grep -vE ' (0|97)$' <<<"$output" || true)"
    # nor with capabilities
    calls --cap-add SYS_ADMIN -- "socket 38 5" "socket 0x100000028 1"
    expect_calls "socket 38 5 1
        socket 0x100000028 1 1"
}

@test "a new user namespace comes with CAP_SYS_ADMIN, and with all others together it does not" {
    hint "the lines of default.list; user_namespaces(7)"
    require root
    run prog run --cap-add NET_RAW --cap-add NET_ADMIN "$ROOTFS" unshare -U true
    expect_status 1
    run prog run --cap-add ALL --cap-drop SYS_ADMIN "$ROOTFS" unshare -U true
    expect_status 1
    run prog run --cap-add SYS_ADMIN "$ROOTFS" unshare -U true
    expect_status 0
}
