#!/usr/bin/env bats
# skiff-oci for an ordinary user: under podman, and by itself.
# shellcheck disable=SC2016,SC2030,SC2031  # scripts for another shell; bats
load common

# The runtime and what it needs, where that user gets at it
setup() {
    lab_setup
    note_nodes
    require user userns
    hint "podman(1), Rootless mode; user_namespaces(7)"
    user_dir
    chmod 755 "$USER_DIR"
    mkdir "$USER_DIR/seccomp" "$USER_DIR/run"
    cp "$RUNTIME" "$MONITOR" "$USER_DIR/"
    cp "$BATS_TEST_DIRNAME/../seccomp/skiff-seccomp" "$USER_DIR/seccomp/"
    cp -a "$BATS_TEST_DIRNAME/../../build/rootfs" "$USER_DIR/rootfs"
    [ "$EUID" -ne 0 ] || chown -R "$(lab_uid):$(lab_gid)" "$USER_DIR"
    chmod 700 "$USER_DIR/run"
    ID=rootless-$BATS_TEST_NUMBER
}

teardown() {
    ! command -v podman >/dev/null || [ ! -d "$USER_DIR/store" ] || pod rm -fa -t 0 >/dev/null 2>&1 || true
    lab_teardown
}

# mine CMD...: as that user, with a session folder of theirs, and in their own folder: podman
# wants to know where it is, and a folder above the course may be closed to them
mine() {
    # shellcheck disable=SC2016  # for that shell
    ( close_fds; cd "$USER_DIR" || exit; as_user env XDG_RUNTIME_DIR="$USER_DIR/run" HOME="$USER_DIR" CONTAINERS_CONF="$USER_DIR/c.conf" timeout -k 2 60 "$@" </dev/null )
}

pod() {
    mine podman --root "$USER_DIR/store" --runroot "$USER_DIR/run/r" --tmpdir "$USER_DIR/run/t" --storage-driver vfs \
        --cgroup-manager cgroupfs --events-backend none --log-level error --runtime "$USER_DIR/skiff-oci" "$@"
}

@test "rootless podman: run, exec, a terminal's worth of life, and root in there is the user" {
    require tool:podman tool:conmon
    printf '[containers]\ndefault_ulimits = ["nofile=256:512", "nproc=512:1024"]\n' >"$USER_DIR/c.conf"
    chmod 644 "$USER_DIR/c.conf"
    tar -C "$USER_DIR/rootfs" --owner 0 --group 0 -cf "$USER_DIR/box.tar" .
    chmod 644 "$USER_DIR/box.tar"
    run -0 pod import "$USER_DIR/box.tar" box
    run --separate-stderr pod run --rm --network none box sh -c 'id -u; exit 7'
    expect_status 7
    expect_output 0
    run -0 --separate-stderr pod run -d --name "$ID" --network none box sleep 1000
    run -0 --separate-stderr pod inspect "$ID" --format '{{.State.Pid}}'
    expect "whose it is on the host" "$(lab_uid)" "$(stat -c %u "/proc/$output")"
    run --separate-stderr pod exec "$ID" sh -c 'cat /proc/1/comm; exit 5'
    expect_status 5
    expect_output sleep
    run --separate-stderr pod run --rm --network none -v "$USER_DIR/rootfs:/v:ro" --read-only box sh -c 'touch /v/x /x'
    # shellcheck disable=SC2154  # stderr is set by run
    expect_match "read-only both" '/v/x: Read-only.*/x: Read-only' "${stderr//$'\n'/ }"
}

@test "by itself: a user namespace of one id, and a limit that cannot be had is an error" {
    mkdir "$USER_DIR/bundle"
    jq --argjson uid "$(lab_uid)" --argjson gid "$(lab_gid)" --arg root "$USER_DIR/rootfs" '.root.path = $root | del(.linux.resources) |
        .mounts |= map(select(.type != "cgroup")) | .linux.namespaces += [{ type: "user" }] | .linux.uidMappings = [{ containerID: 0, hostID: $uid, size: 1 }] |
        .linux.gidMappings = [{ containerID: 0, hostID: $gid, size: 1 }] | .process.oomScoreAdj = 300 | .process.args = ["sh", "-c", "id -u; cat /proc/self/oom_score_adj; exit 6"]' \
        "$BATS_TEST_DIRNAME/config.json" >"$USER_DIR/bundle/config.json"
    [ "$EUID" -ne 0 ] || chown -R "$(lab_uid)" "$USER_DIR/bundle"
    run --separate-stderr mine "$USER_DIR/payload-monitor" "$USER_DIR/skiff-oci" "$USER_DIR/run/state" "$USER_DIR/bundle" "$ID"
    expect_status 6
    expect_output $'0\n300'
    expect "state left" "" "$(ls "$USER_DIR/run/state")"
    jq '.linux.cgroupsPath = "/skiff-oci-nowhere" | .linux.resources = { pids: { limit: 5 } }' "$USER_DIR/bundle/config.json" >"$USER_DIR/new"
    cat "$USER_DIR/new" >"$USER_DIR/bundle/config.json"
    require undelegated
    run --separate-stderr mine "$USER_DIR/skiff-oci" --root "$USER_DIR/run/state" create --bundle "$USER_DIR/bundle" "$ID"
    expect_error 125 skiff-oci
    expect_match "which" 'cgroup: ' "$stderr"
}
