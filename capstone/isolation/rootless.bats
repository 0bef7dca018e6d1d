#!/usr/bin/env bats
# skiff for an ordinary user: no root anywhere, and the same promises.
load common

setup() {
    lab_setup
    require user userns overlay:user proc:user
    user_dir
    cp -a "$ROOTFS" "$USER_DIR/rootfs"
    cp "$EXERCISE" "$USER_DIR/skiff"
    [ "$EUID" -ne 0 ] || chown -R "$(lab_uid):$(lab_gid)" "$USER_DIR"
    cd "$USER_DIR" || return
}

# rootless ARG...: skiff run, as the ordinary user
rootless() { bounded_user ./skiff run "$@"; }

# spawn_user CMD...: as spawn, as the ordinary user, and with as_user's environment
spawn_user() {
    local become=()
    [ "$EUID" -ne 0 ] || become=(setpriv --reuid="$(lab_uid)" --regid="$(lab_gid)" --clear-groups --inh-caps=-all)
    spawn env -i PATH="$PATH" LAB_MARK="$LAB_MARK" "${become[@]}" "$@"
}

@test "[2] an ordinary user runs a container too" {
    hint "newuidmap(1), or the one-id map that needs no privilege: user_namespaces(7)"
    run --separate-stderr rootless rootfs sh -c 'id -u; touch /new; echo $?; cat /proc/self/status'
    expect_status 0
    expect "uid and touch" "0 0" "$(head -n 2 <<<"$output" | xargs)"
    expect_match Seccomp "Seccomp:[[:space:]]2" "$output"
    expect_match NoNewPrivs "NoNewPrivs:[[:space:]]1" "$output"
    expect_match CapBnd "CapBnd:[[:space:]]00000000800405fb" "$output"
    expect "new files in the rootfs" "" "$(ls rootfs/new 2>/dev/null || true)"
}

@test "[2] a limit that cannot be enforced is 125, never a silent no" {
    hint "an ordinary user without a delegated cgroup; see cgroups(7), delegation"
    if as_user ./skiff run -m 64m rootfs sh -c 'exit 9' 2>/dev/null || [ "$?" -eq 9 ]; then
        require undelegated
        expect "as a user without cgroups, skiff run -m 64m" "status 125" "COMMAND ran"
    fi
    run --separate-stderr rootless -m 64m rootfs echo ran
    expect_error 125 skiff
    expect output "" "$output"
    # not asked for, only said
    run --separate-stderr rootless rootfs echo ran
    expect_status 0
    # shellcheck disable=SC2154  # set by run
    expect_match "a warning" "limit" "$stderr"
}

@test "[2] an ordinary user's container: namespaces of its own, alone, and no host id but theirs" {
    hint "clone(2) with CLONE_NEWUSER first; /proc/PID/uid_map in user_namespaces(7)"
    NAP=$((1000000 + RANDOM))
    spawn_user ./skiff run rootfs sleep "$NAP"
    wait_for napping
    CONTAINER=$(nappers)
    for kind in user mnt pid uts ipc net cgroup; do
        [ "$(ns_of self "$kind")" != "$(ns_of "$CONTAINER" "$kind")" ] ||
            expect "$kind namespace" "another than $(ns_of self "$kind")" "$(ns_of "$CONTAINER" "$kind")"
    done
    expect "uid 0 of the container" "$(lab_uid)" "$(proc_field "$CONTAINER" Uid | cut -d' ' -f1)"
    expect_match "NSpid" " 1\$" "$(proc_field "$CONTAINER" NSpid)"
    run rootless rootfs sh -c 'echo /proc/[0-9]*; ls /dev/null /sys/class/net; (: >/proc/sysrq-trigger) 2>/dev/null || echo refused'
    expect_match "what it sees" "/proc/1"$'\n' "$output"
    expect_match "sysrq-trigger" "refused" "$output"
}

@test "[2] an ordinary user: statuses, --read-only, -v, exec and kill, and nothing left" {
    hint "the same code; mount_setattr(2) in a user namespace of one's own"
    run rootless rootfs sh -c 'exit 42'
    expect_status 42
    run -127 rootless rootfs no-such-command
    run rootless --read-only rootfs touch /x
    expect_status 1
    as_user mkdir volume
    run rootless -v "$USER_DIR/volume:/data" rootfs touch /data/new
    expect_status 0
    expect "who owns what it wrote" "$(lab_uid)" "$(stat -c %u volume/new)"
    NAP=$((1000000 + RANDOM))
    spawn_user ./skiff run --name "test-$NAP" rootfs sleep "$NAP"
    wait_for napping
    CONTAINER=$(nappers)
    run as_user ./skiff exec "test-$NAP" sh -c 'echo $$ of $(tr "\0" " " </proc/1/cmdline)'
    expect_match "exec" "^[2-9] of sleep $NAP" "$output"
    run as_user ./skiff kill "test-$NAP"
    expect_status 0
    reap "$SPAWNED"
    expect_status 137
    for needs_root in "--userns host" "--network bridge"; do
        # shellcheck disable=SC2086  # two words
        run --separate-stderr rootless $needs_root rootfs echo ran
        expect_error 125 skiff
    done
}
