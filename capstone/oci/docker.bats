#!/usr/bin/env bats
# skiff-oci under containerd and docker: daemons of the test's own, on sockets in its
# folder, without a network, and ended after it.
load common

setup_file() {
    [ "$EUID" -eq 0 ] && command -v containerd ctr >/dev/null || return 0
    # Not below the test's folder: a socket's path has room for 107 bytes.
    export DIR
    DIR=$(mktemp -d /tmp/skiff-oci.XXXXXX)
    export ROOTFS=$DIR/rootfs CTRD=$DIR/c.sock DOCKER_HOST=unix://$DIR/d.sock CGROUPS=/skiff-oci-docker-$$
    cp -a "$BATS_TEST_DIRNAME/../../build/rootfs" "$ROOTFS"
    [ -e /run/containerd ] || touch "$DIR/not-before.run"
    [ -n "$(find /sys/fs/cgroup -maxdepth 2 -name default -type d)" ] || touch "$DIR/not-before.cgroup"
    printf 'version = 2\nroot = "%s/root"\nstate = "%s/state"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\n  address = "%s"\n' \
        "$DIR" "$DIR" "$CTRD" >"$DIR/config.toml"
    daemon containerd --config "$DIR/config.toml"
    wait_for ctr -a "$CTRD" version || return 0
    command -v dockerd docker >/dev/null || return 0
    daemon dockerd --data-root "$DIR/data" --exec-root "$DIR/exec" --pidfile "$DIR/d.pid" --host "$DOCKER_HOST" \
        --containerd "$CTRD" --add-runtime "skiff=$(readlink -f "$BATS_TEST_DIRNAME/../skiff-oci")" --default-runtime skiff \
        --bridge none --iptables=false --ip6tables=false --storage-driver vfs --cgroup-parent "$CGROUPS"
    wait_for docker version || return 0
    tar -C "$ROOTFS" -c . | docker import - box >/dev/null
}

# daemon CMD...: in the background, its pid noted; what it says is shown if a test fails
# All in one mount and one network namespace, which nobody else sees: what they mount
# is not other tests' business, nor that dockerd makes a router of where it runs.
daemon() {
    local into=(unshare --mount --propagation private --net)
    [ ! -s "$DIR/pids" ] || into=(nsenter --target "$(child_of "$(head -n 1 "$DIR/pids")")" --mount --net)
    ( close_fds; exec timeout -k 5 600 "${into[@]}" "$@" </dev/null >"$DIR/$1.log" 2>&1 ) &
    echo $! >>"$DIR/pids"
}

teardown_file() {
    [ -n "${DIR-}" ] || return 0
    docker ps -aq 2>/dev/null | xargs -r docker rm -f >/dev/null 2>&1 || true
    # shellcheck disable=SC2046  # pids
    for pid in $(tac "$DIR/pids" 2>/dev/null); do
        kill "$pid" 2>/dev/null || true
        wait_for eval "! kill -0 $pid 2>/dev/null" || kill -KILL "$pid"
    done
    # What containerd makes outside of its folders, whatever its configuration says.
    [ ! -e "$DIR/not-before.run" ] || rm -rf --one-file-system /run/containerd
    [ ! -e "$DIR/not-before.cgroup" ] || find /sys/fs/cgroup -maxdepth 2 -name default -type d -exec rmdir {} + 2>/dev/null || true
    find /sys/fs/cgroup -depth -type d -path "*$CGROUPS*" -exec rmdir {} + 2>/dev/null || true
    remove_dir "$DIR"
}

setup() {
    lab_setup
    note_nodes
    require root tool:containerd tool:ctr
    hint "ctr(8), dockerd(8): --add-runtime; $DIR/*.log"
    ID=oci-$$-$BATS_TEST_NUMBER
}

teardown() {
    [ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 5 "$DIR"/*.log 2>/dev/null | cut -c 1-300
    lab_teardown
}

containerd_runs() { bounded ctr -a "$CTRD" version >/dev/null 2>&1 || mendable containerd "containerd does not start here: $(tail -n 1 "$DIR/containerd.log" | cut -c 1-200)" "$ELSEWHERE"; }

needs_docker() {
    require tool:dockerd tool:docker
    containerd_runs
    bounded docker version >/dev/null 2>&1 || mendable dockerd "dockerd does not start here: $(tail -n 1 "$DIR/dockerd.log" | cut -c 1-200)" "$ELSEWHERE"
}

# c ARG...: ctr; d ARG...: docker
c() { LAB_TIMEOUT=60 bounded ctr -a "$CTRD" "$@"; }
d() { LAB_TIMEOUT=60 bounded docker "$@"; }

@test "ctr run: output and status, and containerd knows the container's end" {
    containerd_runs
    run c run --rm --runc-binary "$RUNTIME" --rootfs "$ROOTFS" "$ID" sh -c 'echo from $(hostname); exit 4'
    expect_status 4
    expect_match "output" 'from ' "$output"
    run -0 c tasks ls -q
    expect_output ""
}

@test "ctr: a task in the background, one more process, pause, kill, delete" {
    containerd_runs
    run -0 c run -d --runc-binary "$RUNTIME" --rootfs "$ROOTFS" "$ID" sleep 1000
    run -0 c tasks exec --exec-id more "$ID" id -u
    expect_output 0
    run -0 c tasks ps "$ID"
    run -0 c tasks pause "$ID"
    run -0 c tasks ls
    expect_match "paused" "$ID.*PAUSED" "$output"
    run -0 c tasks resume "$ID"
    run -0 c tasks kill -s KILL "$ID"
    wait_for eval 'c tasks ls | grep -q "$ID.*STOPPED"'
    c tasks rm "$ID" >/dev/null 2>&1 || true # its status is that of the task, 137
    run -0 c containers rm "$ID"
}

@test "docker run: output, error, status; a missing program is 127 and told" {
    needs_docker
    run --separate-stderr d run --rm --network none box sh -c 'echo out; echo err >&2; exit 7'
    expect_status 7
    expect_output out
    # shellcheck disable=SC2154  # stderr is set by run
    expect "stderr" err "$stderr"
    run -127 d run --rm --network none box nosuch
    expect_match "docker's line" 'exec: "nosuch": executable file not found' "$output"
}

@test "docker: exec, top, pause, stop, start, logs, rm" {
    needs_docker
    run -0 d run -d --name "$ID" --network none box sh -c 'trap "exit 3" TERM; echo up; while :; do sleep 0.05; done'
    wait_for eval 'd logs "$ID" | grep -q up'
    run d exec -u 1000 -w /tmp -e A=b "$ID" sh -c 'echo $(id -u) $PWD $A; exit 5'
    expect_status 5
    expect_output '1000 /tmp b'
    run -0 d top "$ID"
    expect_match "top" 'trap' "$output"
    run -0 d pause "$ID"
    run -0 d ps --format '{{.Status}}'
    expect_match "paused" Paused "$output"
    run -0 d unpause "$ID"
    run -0 d stop -t 30 "$ID"
    run -0 d inspect "$ID" --format '{{.State.Status}} {{.State.ExitCode}}'
    expect_output 'exited 3'
    run -0 d start "$ID"
    run -0 d rm -f "$ID"
}

@test "docker's own profile, capabilities, limits, devices, tmpfs, sysctl, init" {
    needs_docker
    require cgroup:memory
    run d run --rm --network none --memory 16m --memory-swap 16m box sh -c 'dd if=/dev/zero of=/dev/null bs=48M count=1'
    expect_status 137
    run -0 d run --rm --network none --cap-drop ALL --cap-add NET_RAW --security-opt no-new-privileges --user 7:8 --device /dev/full:/dev/mine:r \
        --tmpfs /t:size=1m --read-only --sysctl net.ipv4.ip_default_ttl=33 --init box \
        sh -c 'id -u; cat /proc/sys/net/ipv4/ip_default_ttl; grep -E "CapBnd|NoNewPrivs|Seccomp:" /proc/self/status; test -c /dev/mine && echo mine; touch /x /t/x; cat /proc/1/comm'
    expect "all of it" "7 33 0000000000002000 1 2 mine" "$(grep -v touch <<<"$output" | head -n 6 | awk '{ printf "%s%s", s, $NF; s = " " }')"
    expect_match "read-only" 'touch: /x: Read-only' "$output"
    expect_match "its init" '(docker-init|tini)' "$output"
}
