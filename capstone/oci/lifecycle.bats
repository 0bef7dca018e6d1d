#!/usr/bin/env bats
# The life cycle, call by call, as engines rely on it.
# shellcheck disable=SC2030,SC2031,SC2154  # bats
load common

@test "create: the pid file is whole, nothing runs yet; start runs it; delete only when it has ended" {
    bundle "$(nap)"
    create
    expect_match "a pid alone" '^[0-9]+$' "$(cat "$BATS_TEST_TMPDIR/pid")"
    expect "status" created "$(oci state "$ID" | jq -r .status)"
    [ "$(cat "/proc/$PID/comm")" != sleep ]
    start
    wait_for status_is running
    wait_for grep -q sleep "/proc/$PID/comm"
    run --separate-stderr oci start "$ID"
    expect_error 125 skiff-oci
    run --separate-stderr oci delete "$ID"
    expect_error 125 skiff-oci
    expect "still there" sleep "$(cat "/proc/$PID/comm")"
    run -0 oci kill "$ID" KILL
    wait_for status_is stopped
    run --separate-stderr oci kill "$ID"
    expect_match "words that containerd looks for" 'container not running' "$stderr"
    run -0 oci delete "$ID"
    expect "state left" "" "$(ls "$STATE")"
}

@test "state: as the runtime specification has it, with annotations" {
    bundle "$(nap)" '.annotations = { "a.b": "c" }'
    create
    run -0 oci state "$ID"
    expect "all of it" "$ID created $PID $BUNDLE c 1.0.2" "$(jq -r '[.id, .status, .pid, .bundle, .annotations["a.b"], .ociVersion] | join(" ")' <<<"$output")"
    run -0 oci list --format json
    expect "list" "$ID" "$(jq -r '.[].id' <<<"$output")"
    run -0 oci list -q
    expect_output "$ID"
}

@test "an init outlives create, and its status is for the subreaper above: 0, 7, 137" {
    for status in 0 7; do
        run run_bundle "$(script "exit $status")"
        expect "its status" "$status" "$status"
    done
    bundle "$(nap)"
    spawn "$MONITOR" "$RUNTIME" "$STATE" "$BUNDLE" "$ID"
    wait_for status_is running
    run -0 oci kill "$ID" 9
    reap "$SPAWNED"
    expect_status 137
}

@test "a missing program is found out at create, 127, one that cannot be run 126, and nothing is left" {
    REFUSED=127 refuse 'exec: "nosuch": executable file not found in \$PATH' '.process.args = ["nosuch"]'
    REFUSED=127 refuse 'exec: "/bin/nosuch": No such file' '.process.args = ["/bin/nosuch"]'
    REFUSED=126 refuse 'Permission denied' '.process.args = ["/etc/passwd"]'
    run -0 run_bundle '.process.args = ["true"]'
}

@test "start reports that exec failed, and the container is stopped" {
    IMAGE=$BATS_TEST_TMPDIR/image
    cp -a "$ROOTFS" "$IMAGE"
    printf '#!/nosuch\n' >"$IMAGE/bin/script"
    chmod 755 "$IMAGE/bin/script"
    bundle '.process.args = ["/bin/script"]'
    create
    run --separate-stderr oci start "$ID"
    expect_error 126 skiff-oci
    expect_match "why" 'No such file' "$stderr"
    wait_for status_is stopped
}

@test "delete --force ends what runs, and is content when there is nothing" {
    bundle "$(nap)"
    create
    start
    run -0 oci delete --force "$ID"
    run -0 oci delete --force "$ID"
    run --separate-stderr oci delete "$ID"
    expect_error 125 skiff-oci
    expect_match "words that callers look for" 'does not exist' "$stderr"
}

@test "an id is taken once; two containers run at once" {
    bundle "$(nap)"
    create
    run --separate-stderr oci create --bundle "$BUNDLE" "$ID"
    expect_match "the second" 'already exists' "$stderr"
    first=$ID
    ID=$ID-2 BUNDLE=$BATS_TEST_TMPDIR/b2
    bundle "$(nap)"
    create
    start
    ID=$first
    start
    run -0 oci list -q
    expect "both" 2 "$(wc -l <<<"$output")"
}

@test "kill: by name, by number, to all; words that are no signal are refused" {
    bundle "$(script 'trap "exit 4" USR1; while :; do sleep 0.05; done')"
    spawn "$MONITOR" "$RUNTIME" "$STATE" "$BUNDLE" "$ID"
    wait_for status_is running
    wait_for eval 'grep -q "SigCgt:.*[1-9a-f]" "/proc/$(cat "$BUNDLE/monitor.pid")/status"'
    run --separate-stderr oci kill "$ID" NOSUCH
    expect_error 125 skiff-oci
    run -0 oci kill "$ID" SIGUSR1
    reap "$SPAWNED"
    expect_status 4
    ID=$ID-2
    bundle "$(nap)"
    create
    run -0 oci kill --all "$ID" 9
    wait_for status_is stopped
}

@test "pause and resume: state says so; what is paused is neither joined nor lost" {
    bundle "$(nap)"
    create
    start
    run -0 oci pause "$ID"
    expect "status" paused "$(oci state "$ID" | jq -r .status)"
    run --separate-stderr oci exec "$ID" true
    expect_error 125 skiff-oci
    run -0 oci resume "$ID"
    expect "status" running "$(oci state "$ID" | jq -r .status)"
    run --separate-stderr oci resume "$ID"
    expect_error 125 skiff-oci
    run -0 oci pause "$ID"
    run -0 oci delete --force "$ID"
}

@test "exec: a process more, with the container's namespaces, filter, limits and nothing of ours" {
    bundle "$(nap)" '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 }] }'
    create
    start
    run -0 oci exec "$ID" sh -c 'ls /proc/self/fd; for n in /proc/self/ns/*; do readlink $n; done | sort'
    expect "descriptors" "0 1 2 3" "$(head -n 4 <<<"$output" | paste -sd ' ')"
    expect "namespaces" "$(readlink "/proc/$PID/ns/"* | sort)" "$(tail -n +5 <<<"$output")"
    run oci exec "$ID" mkdir /dev/shm/x
    expect_match "the filter" 'No space left' "$output"
    run oci exec --user 1000:100 --cwd /tmp --env A=b "$ID" sh -c 'echo $(id -u) $(id -g) $PWD $A; exit 6'
    expect_status 6
    expect_output '1000 100 /tmp b'
    run -0 oci exec "$ID" grep -E 'CapEff|NoNewPrivs' /proc/self/status
    expect_match "rights" 'CapEff:.0+eb.NoNewPrivs:.1' "$output"
    run -127 oci exec "$ID" nosuch
    oci exec --detach --pid-file "$BATS_TEST_TMPDIR/second" "$ID" sleep "$NAP" >/dev/null 2>&1
    second=$(cat "$BATS_TEST_TMPDIR/second")
    expect "its cgroup" "$(cat "/proc/$PID/cgroup")" "$(cat "/proc/$second/cgroup")"
    kill -KILL "$second"
}

@test "--preserve-fds hands those down and no other; the working directory of the caller is none" {
    bundle "$(script 'ls /proc/self/fd | wc -l; read line <&3; echo $line')"
    echo gift >"$BATS_TEST_TMPDIR/gift"
    exec 7<"$BATS_TEST_TMPDIR/gift" 8</
    out=$BATS_TEST_TMPDIR/out
    ( exec 3<&7; exec timeout 20 "$RUNTIME" --root "$STATE" create --bundle "$BUNDLE" --preserve-fds 1 "$ID" 4>&- 5>&- 6>&- </dev/null >"$out" 2>&1 )
    exec 7<&- 8<&-
    start
    wait_for grep -q gift "$out"
    expect "how many: 0 to 3 and that of ls" 5 "$(head -n 1 "$out")"
    run --separate-stderr eval '( close_fds; "$RUNTIME" --root "$STATE" create --bundle "$BUNDLE" --preserve-fds 2 other </dev/null )'
    expect_match "one that is not open" 'preserve-fds: descriptor [34]' "$stderr"
}

@test "hooks: each at its point, in order, with the state on stdin; one that fails undoes all" {
    log=$BATS_TEST_TMPDIR/log
    cat >"$BATS_TEST_TMPDIR/hook" <<'END'
#!/bin/sh
echo "$1 $(tr -d ' \n' | sed 's/.*"status":"\([a-z]*\)","pid":\([0-9]*\).*/\1 \2/') $(readlink /proc/self/ns/mnt) $W" >>"$2"
exit "$3"
END
    chmod 755 "$BATS_TEST_TMPDIR/hook"
    hook() { echo ".hooks.$1 = [{ path: \"$BATS_TEST_TMPDIR/hook\", args: [\"hook\", \"$1\", \"$log\", \"${2-0}\"], env: [\"PATH=/usr/bin:/bin\", \"W=w\"], timeout: 10 }]"; }
    bundle "$(nap)" "$(hook prestart)" "$(hook createRuntime)" "$(hook createContainer)" "$(hook poststart)" "$(hook poststop)"
    create
    start
    run -0 oci delete --force "$ID"
    expect "the order" "prestart creating createRuntime creating createContainer creating poststart running poststop stopped" \
        "$(awk '{ printf "%s%s %s", sep, $1, $2; sep = " " }' "$log")"
    expect "the pid, as the host sees it" "$PID" "$(awk '$1 == "createRuntime" { print $3 }' "$log")"
    expect "the pid, as the container sees it" 1 "$(awk '$1 == "createContainer" { print $3 }' "$log")"
    expect "host side and container side" 2 "$(awk '$1 != "poststart" && $1 != "poststop" { print $4 }' "$log" | sort -u | wc -l)"
    expect "their environment" 5 "$(grep -c ' w$' "$log")"
    refuse 'hooks: .*exit status 3' "$(nap)" "$(hook createRuntime 3)"
    refuse 'not done within 1 seconds' "$(nap)" '.hooks.createRuntime = [{ path: "/bin/sleep", args: ["sleep", "30"], timeout: 1 }]'
    expect "no container" "" "$(grep -lsxzF -- "$NAP" /proc/[0-9]*/cmdline || true)"
}

@test "a startContainer hook runs in the container, before its program" {
    run -0 run_bundle "$(script 'cat /dev/shm/made')" '.hooks.startContainer = [{ path: "/bin/sh", args: ["sh", "-c", "hostname >/dev/shm/made"], env: ["PATH=/bin"] }]'
    expect_output skiff-oci
}

@test "a create that is killed half way leaves nothing that delete --force does not remove" {
    bundle "$(nap)" '.hooks.createRuntime = [{ path: "/bin/sleep", args: ["sleep", "'"$NAP"'"] }]'
    spawn "$RUNTIME" --root "$STATE" create --bundle "$BUNDLE" "$ID"
    wait_for eval 'grep -q . "$STATE/$ID/state.json" && [ -n "$(cat /proc/'"$SPAWNED"'/task/*/children)" ]'
    # shellcheck disable=SC2034  # for eval
    child=$(child_of "$SPAWNED")
    hook=$(pgrep -f "^sleep $NAP" || true)
    kill -KILL "$SPAWNED" "${hook:-$SPAWNED}"
    wait_for eval '! kill -0 $child 2>/dev/null || grep -q "State:.Z" /proc/$child/status'
    expect "status" creating "$(oci state "$ID" 2>/dev/null | jq -r .status)"
    run -0 oci delete --force "$ID"
}

@test "errors: one line on stderr, and in the log as JSON or text" {
    run --separate-stderr oci --log "$BATS_TEST_TMPDIR/log" --log-format=json state nosuch
    expect_error 125 skiff-oci
    expect "in the log" "error container 'nosuch' does not exist" "$(jq -r '"\(.level) \(.msg)"' "$BATS_TEST_TMPDIR/log")"
    run --separate-stderr oci --log="$BATS_TEST_TMPDIR/text" --log-format text state nosuch
    expect_match "in the log" 'level=error msg="container' "$(cat "$BATS_TEST_TMPDIR/text")"
    for words in 'nosuch' 'state' 'state a b' 'create --nosuch x' 'kill --force x' '--log-format xml list' '--nosuch list' 'create --preserve-fds many x'; do
        # shellcheck disable=SC2086  # words
        run --separate-stderr oci $words
        expect_error 2 skiff-oci
    done
    for id in ../x a/b . -x 'a b' ''; do
        run --separate-stderr oci state -- "$id"
        expect_match "no id: '$id'" 'no id of a container' "$stderr"
    done
    run --separate-stderr oci --systemd-cgroup list
    expect_match "said by name" 'systemd: not supported' "$stderr"
    run --separate-stderr oci --cgroup-manager=systemd list
    expect_match "said by name" 'systemd: not supported' "$stderr"
    run -0 oci --cgroup-manager cgroupfs list
    run -0 oci --help
    run -0 oci --version
    expect_match "its spec" 'spec: 1' "$output"
    run -0 oci features
    expect "namespaces it knows" 8 "$(jq '.linux.namespaces | length' <<<"$output")"
    expect "what its filters can do" "true 4" "$(jq -r '.linux.seccomp | [(.actions | index("SCMP_ACT_NOTIFY") != null), (.knownFlags | length)] | join(" ")' <<<"$output")"
}

@test "create, start, delete again and again: nothing is left" {
    bundle '.process.args = ["true"]'
    for ((i = 0; i < ${FULL:+150}+50; i++)); do
        oci create --bundle "$BUNDLE" "$ID" >/dev/null 2>&1
        oci start "$ID"
        oci delete --force "$ID"
    done
    expect "state" "" "$(ls "$STATE")"
    expect "control groups" "" "$(find /sys/fs/cgroup -name "*$ID*" 2>/dev/null)"
}

@test "the chapter's commands print what it says" {
    LAB_TIMEOUT=100 run -0 bounded "$BATS_TEST_DIRNAME/../../harness/walk" --check "$BATS_TEST_DIRNAME/README.md"
}
