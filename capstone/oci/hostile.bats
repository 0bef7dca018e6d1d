#!/usr/bin/env bats
# A rootfs, a bundle or a container that means harm.  Each attack has its control.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154  # scripts for another shell; bats
load common

# image: a rootfs of this test's own in $IMAGE; outside: a folder of the host's
setup() {
    lab_setup
    require root
    hint "openat2(2), RESOLVE_IN_ROOT; mount_setattr(2); runc's security advisories"
    STATE=$BATS_TEST_TMPDIR/state ID=oci-$$-$BATS_TEST_NUMBER-$RANDOM NAP=$((1000000 + RANDOM))
    IMAGE=$BATS_TEST_TMPDIR/image
    cp -a "$ROOTFS" "$IMAGE"
    OUTSIDE=$(mktemp -d /var/tmp/lab.XXXXXX)
    LAB_DIRS+=("$OUTSIDE")
    chmod 777 "$OUTSIDE"
    echo precious >"$OUTSIDE/file"
    note_nodes
}

untouched() {
    expect "the folder outside" "file precious" "$(ls "$OUTSIDE") $(cat "$OUTSIDE/file")"
    expect "mounts there" "" "$(grep -F "$OUTSIDE" /proc/self/mountinfo || true)"
}

@test "/proc, /sys, /dev, /dev/pts of the rootfs are links to the host: refused, or inside" {
    for name in proc sys dev; do
        for target in "$OUTSIDE" "../../../../../../../..$OUTSIDE"; do
            rm -rf "${IMAGE:?}/$name"
            ln -s "$target" "$IMAGE/$name"
            run run_bundle "$(script "echo x >/$name/planted; cat /$name/file")" '.root.readonly = false'
            [[ $output != *precious* ]]
            untouched
        done
        rm "$IMAGE/$name"
        mkdir "$IMAGE/$name"
    done
    # the control: a mount by name does follow the link
    ln -s "$OUTSIDE" "$IMAGE/link"
    run unshare --mount sh -c "mount -t tmpfs naive '$IMAGE/link' && grep -cF '$OUTSIDE' /proc/self/mountinfo"
    expect_output 1
}

@test "a link on the way to a volume, a tmpfs, a device, the working directory: never outside" {
    ln -s "$OUTSIDE" "$IMAGE/absolute"
    ln -s "../../../../../../..$OUTSIDE" "$IMAGE/relative"
    for name in absolute relative; do
        run run_bundle "$(script 'echo x >here; ls')" '.root.readonly = false' '.process.cwd = "/'$name'/w"' \
            '.mounts += [{ destination: "/'$name'/v", type: "bind", source: "/etc/hostname" }, { destination: "/'$name'/t", type: "tmpfs" }]' \
            '.linux.devices = [{ path: "/'$name'/d", type: "c", major: 1, minor: 3 }]'
        untouched
        [ -d "$IMAGE$OUTSIDE/w" ] || [ "$status" -ne 0 ]
    done
    refuse 'mounts: /proc/self' '.mounts += [{ destination: "/proc/self/attr", type: "tmpfs" }]'
    refuse 'only a proc' '.mounts |= map(if .destination == "/proc" then .type = "tmpfs" else . end)'
    untouched
}

@test "masked and read-only paths through links do not hide or show the host's" {
    rm -rf "${IMAGE:?}/home"
    ln -s "$OUTSIDE" "$IMAGE/home"
    run run_bundle "$(script 'cat /home/file')" '.linux.maskedPaths += ["/home"]' '.linux.readonlyPaths += ["/home/file"]'
    [[ $output != *precious* ]]
    untouched
    touch "$OUTSIDE/still"
    rm "$OUTSIDE/still"
}

@test "a working directory that leads out through a descriptor (CVE-2024-21626): refused" {
    for fd in 3 4 5 6 7 8 9 10 11 12; do
        refuse 'process.cwd' '.process.cwd = "/proc/self/fd/'$fd'"'
    done
    run -0 run_bundle '.process.args = ["pwd"]' '.process.cwd = "/tmp"'
    expect_output /tmp
}

@test "no descriptor of the host's: not in the container's program, nor for others while it waits" {
    bundle "$(script 'ls -l /proc/self/fd; sleep 1000')"
    exec 9</
    ( exec timeout 20 "$RUNTIME" --root "$STATE" create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- 4>&- 5>&- )
    exec 9<&-
    PID=$(cat "$BATS_TEST_TMPDIR/pid")
    run oci exec "$ID" sh -c 'ls /proc/1/fd /proc/1/cwd/ && cat /proc/1/environ && echo in'
    [[ $output != *$'\n'in ]]
    start
    wait_for grep -q ' 2 ->' "$BATS_TEST_TMPDIR/out"
    expect "descriptors" "0 1 2" "$(awk '/->/ { printf "%s%s", s, $9; s = " " }' "$BATS_TEST_TMPDIR/out")"
    oci exec --detach "$ID" sleep "$NAP" >/dev/null 2>&1
}

@test "the runtime's own file cannot be rewritten through /proc/self/exe (CVE-2019-5736)" {
    sum=$(sha256sum <"$RUNTIME")
    printf '#!/proc/self/exe\n' >"$IMAGE/bin/trap"
    chmod 755 "$IMAGE/bin/trap"
    bundle "$(script 'while :; do for p in /proc/[0-9]*; do echo evil >>$p/exe; done 2>/dev/null; done')" '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])'
    create
    start
    for _ in 1 2 3 4 5; do run oci exec "$ID" /bin/trap --version; done
    expect "what ran, if anything, was a copy" "$sum" "$(sha256sum <"$RUNTIME")"
}

@test "a device node that lies in the rootfs is no way to the device" {
    mknod "$IMAGE/fuse" c 10 229 || mendable mknod "no device nodes can be made here" "$ELSEWHERE"
    run run_bundle "$(script 'head -c 0 /fuse')"
    expect_match "refused" 'not permitted' "$output"
}

@test "a state directory that others may write to is not believed" {
    mkdir -p "$STATE"
    chmod 777 "$STATE"
    bundle "$(nap)"
    run --separate-stderr oci create --bundle "$BUNDLE" "$ID"
    expect_error 125 skiff-oci
    expect_match "why" "alone" "$stderr"
    chmod 700 "$STATE"
    create
}

@test "a control group that is somebody's is not taken" {
    bundle "$(nap)"
    create
    jq --arg path "/skiff-oci-test-$ID" '.linux.cgroupsPath = $path' "$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/c.json"
    cp "$BATS_TEST_TMPDIR/c.json" "$BUNDLE/config.json"
    run --separate-stderr oci create --bundle "$BUNDLE" "$ID-2"
    expect_error 125 skiff-oci
    expect_match "why" "cgroup: .*busy" "$stderr"
    expect "the first one lives" created "$(oci state "$ID" | jq -r .status)"
    expect "in its groups" 1 "$(grep -c "skiff-oci-test-$ID" "/proc/$PID/cgroup" | sed 's/^[1-9][0-9]*$/1/')"
}

@test "config.json that is broken, huge or no file: one line, and nothing is left" {
    bundle
    for text in '' '{' '[]' '"x"' '{"ociVersion":1}' '{"ociVersion":"1.0.0","process":[],"root":{"path":"/tmp"}}' "$(head -c 200000 /dev/zero | tr '\0' '[')"; do
        printf %s "$text" >"$BUNDLE/config.json"
        run --separate-stderr oci create --bundle "$BUNDLE" "$ID"
        expect_error 125 skiff-oci
    done
    head -c 9000000 /dev/zero >"$BUNDLE/config.json"
    run --separate-stderr oci create --bundle "$BUNDLE" "$ID"
    expect_error 125 skiff-oci
    rm "$BUNDLE/config.json"
    mkdir "$BUNDLE/config.json"
    run --separate-stderr oci create --bundle "$BUNDLE" "$ID"
    expect_error 125 skiff-oci
    expect "state" "" "$(ls "$STATE" 2>/dev/null || true)"
}
