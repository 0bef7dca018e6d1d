#!/usr/bin/env bats
# skiff for an ordinary user: no root anywhere, and the same promises.
load common

setup() {
    lab_setup
    require user userns overlay:user
    user_dir
    cp -a "$ROOTFS" "$USER_DIR/rootfs"
    cp "$EXERCISE" "$USER_DIR/skiff"
    [ "$EUID" -ne 0 ] || chown -R "$(lab_uid):$(lab_gid)" "$USER_DIR"
    cd "$USER_DIR" || return
}

# rootless ARG...: skiff run, as the ordinary user
rootless() { ( close_fds; as_user ./skiff run "$@" </dev/null ); }

@test "[4] an ordinary user runs a container too" {
    hint "newuidmap(1), or the one-id map that needs no privilege: user_namespaces(7)"
    run --separate-stderr rootless rootfs sh -c 'id -u; touch /new; echo $?; cat /proc/self/status'
    expect_status 0
    expect "uid and touch" "0 0" "$(head -n 2 <<<"$output" | xargs)"
    expect_match Seccomp "Seccomp:[[:space:]]2" "$output"
    expect_match NoNewPrivs "NoNewPrivs:[[:space:]]1" "$output"
    expect_match CapBnd "CapBnd:[[:space:]]00000000800405fb" "$output"
    expect "new files in the rootfs" "" "$(ls rootfs/new 2>/dev/null || true)"
}

@test "[4] a limit that cannot be enforced is 125, never a silent no" {
    hint "an ordinary user without a delegated cgroup; see cgroups(7), delegation"
    if as_user ./skiff run -m 64m rootfs sh -c 'exit 9' 2>/dev/null || [ "$?" -eq 9 ]; then
        cannot "this user may make cgroups: the limit is enforced"
    fi
    run --separate-stderr rootless -m 64m rootfs echo ran
    expect_error 125 skiff
    expect output "" "$output"
    # not asked for, only said
    run --separate-stderr rootless rootfs echo ran
    expect_status 0
    # shellcheck disable=SC2154  # set by run
    expect_match "a warning" "^skiff: warning: .*limits" "$stderr"
}
