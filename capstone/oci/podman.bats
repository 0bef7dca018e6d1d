#!/usr/bin/env bats
# skiff-oci under podman: what a person does with containers all day.
# shellcheck disable=SC2154  # $before is taken in setup, in common.bash
load common

setup_file() {
    command -v podman >/dev/null && [ "$EUID" -eq 0 ] || return 0
    podman_setup
}

teardown_file() { [ -z "${ENGINE-}" ] || podman_teardown; }

setup() {
    lab_setup
    note_nodes
    require root tool:podman tool:conmon
    hint "podman-run(1), and conmon(8) for who calls the runtime"
    NAME=c$BATS_TEST_NUMBER
}

teardown() {
    pod rm -f -t 0 --ignore "${NAME:-none}" >/dev/null 2>&1 || true
    lab_teardown
}

# running SCRIPT [OPTION...]: a container of that line of shell
running() {
    local script=$1
    shift
    run -0 box -d --name "$NAME" "$@" -- sh -c "$script"
}

@test "run: output, error and status are the command's" {
    run --separate-stderr box --rm -- sh -c 'echo out; echo err >&2; exit 7'
    expect_status 7
    expect_output out
    expect "stderr" err "$stderr"
}

@test "run: a program that is missing is 127, one that is none 126, and both are told" {
    run -127 box --rm -- nosuch
    expect_match "podman's line" 'exec: "nosuch": executable file not found' "$output"
    run box --rm -- /etc/passwd
    expect_status 126
    run box --rm -- true
    expect_status 0
}

@test "run -it: a terminal, and it is /dev/console" {
    require tool:script
    printf '%s\n' '#!/bin/bash' "source '$BATS_TEST_DIRNAME/../../support/lib.bash'" "$(declare -f pod box close_fds)" \
        'box --rm -it -- sh -c "tty; test -c /dev/console && test -w /dev/console && echo console >/dev/console; read _; tty -s && exit 5"' >"$BATS_TEST_TMPDIR/it"
    # It ends when its words have been read: podman may lose the last of one that ends sooner.
    status=0
    # shellcheck disable=SC2094  # what is said is waited for, then answered
    { wait_for grep -q console "$BATS_TEST_TMPDIR/said"; echo; } |
        RUNTIME=$RUNTIME FOREGROUND=1 timeout -k 1 60 script -qec "bash $BATS_TEST_TMPDIR/it" /dev/null >"$BATS_TEST_TMPDIR/said" || status=$?
    output=$(tr -d '\0' <"$BATS_TEST_TMPDIR/said")
    expect_match "the terminal's name" '/dev/pts/0' "$output"
    expect_match "the console" 'console' "$output"
    expect_status 5
}

@test "exec: as root and as another, its status, its directory, its environment, a missing program" {
    running 'exec sleep 1000'
    run -0 pod exec "$NAME" sh -c 'id -u; cat /proc/1/comm'
    expect_output $'0\nsleep'
    run pod exec -u 1000:1000 -w /tmp -e SAIL=up "$NAME" sh -c 'echo "$(id -u) $(id -g) $PWD $SAIL"; grep CapEff /proc/self/status; exit 9'
    expect_status 9
    expect_match "who, where, what" '^1000 1000 /tmp up' "$output"
    expect_match "no capability" 'CapEff:.0+$' "$output"
    run -127 pod exec "$NAME" nosuch
}

@test "ps, top, logs, inspect: podman sees what runs" {
    running 'echo ahoy; exec sleep 1000'
    run -0 pod ps --format '{{.Names}} {{.Status}}'
    expect_match "ps" "$NAME Up" "$output"
    run -0 pod top "$NAME"
    expect_match "top" 'sleep 1000' "$output"
    wait_for eval 'pod logs "$NAME" 2>&1 | grep -q ahoy'
    run -0 pod inspect "$NAME" --format '{{.State.Pid}}'
    expect "its pid, as the host sees it" "sleep" "$(cat "/proc/$output/comm")"
}

@test "stop: the signal is for the command, whose status counts; then it can be started again" {
    running 'trap "exit 3" TERM; echo up; while :; do sleep 0.05; done'
    wait_for eval 'pod logs "$NAME" | grep -q up'
    run -0 pod stop -t 30 "$NAME"
    run -0 pod inspect "$NAME" --format '{{.State.Status}} {{.State.ExitCode}}'
    expect_output "exited 3"
    run -0 pod start "$NAME"
    run -0 pod restart -t 0 "$NAME"
    run -0 pod inspect "$NAME" --format '{{.State.Status}}'
    expect_output running
    run -0 pod kill "$NAME"
    wait_for eval '[ "$(pod inspect "$NAME" --format "{{.State.ExitCode}}")" = 137 ]'
}

@test "pause and unpause: nothing runs meanwhile" {
    running 'exec sleep 1000'
    run -0 pod pause "$NAME"
    run -0 pod inspect "$NAME" --format '{{.State.Status}}'
    expect_output paused
    run pod exec "$NAME" true
    [ "$status" -ne 0 ]
    run -0 pod unpause "$NAME"
    run -0 pod exec "$NAME" true
}

@test "--memory: what needs more is killed; --pids-limit: fork fails; without, both go well" {
    require cgroup:memory cgroup:pids
    run box --rm --memory 16m --memory-swap 16m -- sh -c 'dd if=/dev/zero of=/dev/null bs=48M count=1'
    expect_status 137
    run -0 box --rm --memory 128m --memory-swap 128m -- sh -c 'dd if=/dev/zero of=/dev/null bs=48M count=1'
    fork='i=0; while [ $i -lt 12 ]; do sleep 1 & i=$((i+1)); done; echo all'
    run box --rm --pids-limit 8 -- sh -c "$fork"
    [ "$output" != all ]
    run -0 box --rm --pids-limit 64 -- sh -c "$fork"
    expect_output all
}

@test "--cap-drop, --cap-add, --user, no-new-privileges: /proc/self/status says so" {
    look='grep -E "CapBnd|CapEff|NoNewPrivs" /proc/self/status | tr -s "\t\n" " "'
    run -0 box --rm --cap-drop all --cap-add net_raw -- sh -c "$look"
    expect_match "only net_raw" 'CapEff: 0+2000 CapBnd: 0+2000 ' "$output"
    run -0 box --rm --user 1000 --security-opt no-new-privileges -- sh -c "$look"
    expect_match "an ordinary user" 'CapEff: 0+ CapBnd: 0*[1-9a-f]' "$output"
    expect_match "no_new_privs" 'NoNewPrivs: 1' "$output"
}

@test "--read-only, --tmpfs, volumes: what can be written, and what cannot" {
    mkdir "$BATS_TEST_TMPDIR/v"
    echo theirs >"$BATS_TEST_TMPDIR/v/file"
    run box --rm --read-only --tmpfs /var/tmp -v "$BATS_TEST_TMPDIR/v:/w" -v "$BATS_TEST_TMPDIR/v:/r:ro" -- \
        sh -c 'touch /x; touch /r/x; touch /var/tmp/x && cat /r/file && echo ours >/w/new && echo done'
    expect_match "the rootfs" '/x: Read-only' "$output"
    expect_match "the volume" '/r/x: Read-only' "$output"
    expect_match "the rest" 'theirs.done' "$output"
    expect "what was written" ours "$(cat "$BATS_TEST_TMPDIR/v/new")"
    run -0 box --rm -- touch /x
}

@test "--uidmap: container root is nobody on the host; a volume that is theirs they can write" {
    mkdir "$BATS_TEST_TMPDIR/v"
    chown 200000 "$BATS_TEST_TMPDIR/v"
    chmod 755 "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/.." 2>/dev/null || true
    run -0 box --rm --uidmap 0:200000:1000 -v "$BATS_TEST_TMPDIR/v:/v" -- sh -c 'id -u; awk "{print \$1, \$2, \$3}" /proc/self/uid_map; echo x >/v/x && echo wrote'
    expect_output $'0\n0 200000 1000\nwrote'
    expect "the file's owner on the host" 200000 "$(stat -c %u "$BATS_TEST_TMPDIR/v/x")"
}

@test "podman's own seccomp profile is in force, and another one if asked for" {
    run -0 box --rm -- grep Seccomp: /proc/self/status
    expect_match "filtered" '2$' "$output"
    run box --rm --cap-add sys_admin -- sh -c 'swapoff -a; swapoff /x'
    expect_match "refused" 'Operation not permitted' "$output"
    echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":28}]}' >"$BATS_TEST_TMPDIR/p.json"
    run box --rm --security-opt "seccomp=$BATS_TEST_TMPDIR/p.json" -- mkdir /x
    expect_match "its errno" 'No space left' "$output"
}

@test "two containers at once, and after all of it nothing is left" {
    running 'exec sleep 1000'
    run -0 box --rm -- hostname
    run -0 pod rm -f -t 0 "$NAME"
    expect "state" "" "$(find /run/skiff-oci -mindepth 1 -maxdepth 1 -name "$NAME*" 2>/dev/null)"
    expect "control groups of containers" "" "$(find /sys/fs/cgroup -path "*$CGROUPS/libpod-*" -type d 2>/dev/null | grep -v conmon || true)"
}
