#!/usr/bin/env bats
# linux.seccomp: what the kernel answers by itself, and what somebody else is asked.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154  # scripts for another shell; bats
load common

# agent ERRNO: somebody to ask, at $AGENT; what it is told is in $TOLD
agent() {
    AGENT=$BATS_TEST_TMPDIR/agent TOLD=$BATS_TEST_TMPDIR/told
    ( close_fds; exec "$BATS_TEST_DIRNAME/payload-agent" "$AGENT" "$1" </dev/null >"$TOLD" 2>&1 ) &
    ASKED=$!
    wait_for test -S "$AGENT"
}

teardown() {
    [ -z "${ASKED-}" ] || kill "$ASKED" 2>/dev/null || true
    oci_teardown
}

# asking CALLS [MORE]: the filter of jq(1) for a profile by which those calls are asked about
asking() {
    echo '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", listenerPath: "'"$AGENT"'", listenerMetadata: "of the sea",
        syscalls: [{ names: ['"$1"'], action: "SCMP_ACT_NOTIFY" }]'"${2-}"' }'
}

MKDIRS='"mkdir", "mkdirat"'
TWICE='mkdir /dev/shm/a; mkdir /dev/shm/b; ls /dev/shm | paste -sd " "; ps | grep -c "skiff-oc[i]"'

@test "an agent is told of the process, and its answer counts: an errno, or go on" {
    agent 28
    run -0 run_bundle "$(script "$TWICE; :")" "$(asking "$MKDIRS")"
    expect_match "its errno" "^mkdir: .*/a.*: No space left on device" "$output"
    expect "the second, and nobody of ours" "b 0" "$(tail -n 2 <<<"$output" | paste -sd ' ')"
    expect "what it was told" '["1.0.2",["seccompFd"],"of the sea","'"$ID"'","created",true]' \
        "$(jq -c '[.ociVersion, .fds, .metadata, .state.id, .state.status, .pid == .state.pid]' "$TOLD")"
    # the control: the same, without a question
    ID=$ID-2
    run -0 run_bundle "$(script "$TWICE; :")" "$(asking "$MKDIRS") | .linux.seccomp.syscalls[0].action = \"SCMP_ACT_ALLOW\""
    expect_output $'a b\n0'
    expect "told of nobody more" 1 "$(wc -l <"$TOLD")"
}

@test "whatever is asked about, also what it takes to pass the listener on, and execve" {
    agent 28
    run -0 run_bundle "$(script "$TWICE; :")" "$(asking '"sendmsg", "recvmsg", "write", "close", "execve", "prctl", "exit_group", "futex"')"
    expect_output $'a b\n0'
    # without no_new_privs the filter is there sooner; and all of it is asked about
    ID=$ID-2
    run -0 run_bundle "$(script "$TWICE; :")" "$(asking "$MKDIRS") | .linux.seccomp.defaultAction = \"SCMP_ACT_NOTIFY\"" '.process.noNewPrivileges = false' '.process.user.uid = 1000'
    expect_match "its errno" "^mkdir: .*/a.*: No space left on device" "$output"
    expect "the second" "b 0" "$(tail -n 2 <<<"$output" | paste -sd ' ')"
    expect "told while it is made" creating "$(tail -n 1 "$TOLD" | jq -r .state.status)"
}

@test "exec: a process more, told of by itself, with the container's state" {
    agent 30
    bundle "$(nap)" "$(asking "$MKDIRS")"
    create
    start
    run -0 oci exec "$ID" sh -c "$TWICE; echo end"
    expect_match "its errno" 'Read-only file system.*b.*0.*end$' "$(paste -sd ' ' <<<"$output")"
    expect "two of them" "true running $PID false" "$(tail -n 1 "$TOLD" | jq -r '[.fds == ["seccompFd"], .state.status, .state.pid, .pid == .state.pid] | join(" ")')"
    run -0 oci delete --force "$ID"
}

@test "nobody to ask: refused, or nothing is started" {
    AGENT=$BATS_TEST_TMPDIR/agent
    refuse 'SCMP_ACT_NOTIFY without a listenerPath' "$(asking "$MKDIRS") | del(.linux.seccomp.listenerPath)"
    refuse 'listenerMetadata without a listenerPath' '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", listenerMetadata: "x" }'
    refuse "listenerPath: $AGENT: Socket operation on non-socket" "$(asking "$MKDIRS")"
    # ignored where nobody is to be asked
    run -0 run_bundle '.process.args = ["true"]' '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/nosuch" }'
    # one that went away between create and start
    ID=$ID-2
    agent 28
    bundle '.process.args = ["touch", "/dev/shm/started"]' "$(asking "$MKDIRS")"
    create
    kill "$ASKED"
    wait_for eval '! kill -0 "$ASKED" 2>/dev/null'
    run -125 oci start "$ID"
    expect_match "why" 'listenerPath: .*agent: Connection refused' "$output"
    wait_for status_is stopped
    run -0 oci delete "$ID"
}

@test "flags: what this kernel has, one that it has not, one that is none" {
    agent 28
    all='["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"]'
    run -0 run_bundle '.process.args = ["grep", "-E", "^(Seccomp|Speculation_Store)", "/proc/self/status"]' \
        '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", flags: '"$all"' }'
    expect_match "a filter" 'Seccomp:.2' "$output"
    ID=$ID-2
    run -0 run_bundle "$(script "$TWICE; :")" "$(asking "$MKDIRS" ", flags: $all")"
    expect_match "with an agent too" "No space left on device" "$output"
    all='["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
    if [ "$(oci features | jq ".linux.seccomp.supportedFlags | contains($all)")" = true ]; then
        ID=$ID-3
        run -0 run_bundle "$(script "$TWICE; :")" "$(asking "$MKDIRS" ", flags: $all")"
        expect_match "one for agents alone" "No space left on device" "$output"
    fi
    refuse "'SECCOMP_FILTER_FLAG_NEW_LISTENER': not supported" '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", flags: ["SECCOMP_FILTER_FLAG_NEW_LISTENER"] }'
    refuse "or not without SCMP_ACT_NOTIFY" '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", flags: ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"] }'
}
