#!/usr/bin/env bats
# What skiff-oci believes, and what of its own it keeps from others.  Each refusal has its
# control: the same files, when they are this user's alone.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154  # scripts for another shell; bats
load common

STRANGER=54321

# plant DIR: a state directory DIR/hull, stopped, with a hook that leaves a trace when it runs
plant() {
    TRACE=$BATS_TEST_TMPDIR/trace
    mkdir -p "$1/hull"
    jq --arg trace "$TRACE" '{ ociVersion: "1.0.2", id: "hull", bundle: "/", rootfs: "/", created: "", owner: "", cgroups: [],
        config: (. + { hooks: { poststop: [{ path: "/bin/sh", args: ["sh", "-c", "echo >\($trace)"] }] } }) }' \
        "$BATS_TEST_DIRNAME/config.json" >"$1/hull/state.json"
    echo "1 1" >"$1/hull/pid"
    chmod 700 "$1" "$1/hull"
    chmod 600 "$1/hull/"*
}

# distrusted ROOT WORDS: every command refuses, and no hook runs
distrusted() {
    local words
    for words in "state hull" "start hull" "ps hull" "kill hull 9" "pause hull" "resume hull" "exec hull true" "delete hull" "delete --force hull" \
        ${3-list "create --bundle $BUNDLE hull"}; do
        # shellcheck disable=SC2086  # words
        run --separate-stderr bounded "$RUNTIME" --root "$1" $words
        expect_error 125 skiff-oci || { echo "command: $words"; return 1; }
        expect_match "why, of $words" "$2" "$stderr"
    done
    expect "the hook's trace" "" "$(ls "$TRACE" 2>/dev/null || true)"
}

# trusted ROOT: the control
trusted() {
    run -0 bounded "$RUNTIME" --root "$1" state hull
    run -0 bounded "$RUNTIME" --root "$1" delete hull
    expect "the hook's trace" "$TRACE" "$(ls "$TRACE")"
    expect "what is left" "" "$(ls "$1")"
    rm "$TRACE"
}

@test "a root of another user's, or that others may write to, is not read by any command" {
    bundle
    root=$BATS_TEST_TMPDIR/planted
    for spoil in "chown $STRANGER" "chmod 720" "chmod 702" "chmod 1777"; do
        plant "$root"
        $spoil "$root"
        distrusted "$root" 'not of this user alone'
        chown 0 "$root"
        chmod 700 "$root"
        trusted "$root"
    done
}

@test "nor one below a folder that is: the way to it counts, symbolic links too" {
    bundle
    above=$BATS_TEST_TMPDIR/above
    mkdir "$above"
    for spoil in "chown $STRANGER" "chmod 777" "chmod 775"; do
        plant "$above/root"
        $spoil "$above"
        distrusted "$above/root" 'a directory above it .* not of this user alone'
        run --separate-stderr bounded env -C "$above/root" "$RUNTIME" --root . list
        expect_match "a relative path too" 'a directory above it .* not of this user alone' "$stderr"
        run --separate-stderr bounded env -C "$above/root" "$RUNTIME" --root . create --bundle "$BUNDLE" hull
        expect_match "and for create, which goes to the bundle" 'a directory above it .* not of this user alone' "$stderr"
        chown 0 "$above"
        chmod 755 "$above"
        trusted "$above/root"
    done
    plant "$above/root"
    ln -s "$above/root" "$BATS_TEST_TMPDIR/link"
    chown -h "$STRANGER" "$BATS_TEST_TMPDIR/link"
    distrusted "$BATS_TEST_TMPDIR/link" 'symbolic links'
    chown -h 0 "$BATS_TEST_TMPDIR/link"
    chmod 1777 "$above"         # as /tmp
    trusted "$BATS_TEST_TMPDIR/link"
}

@test "a container's directory and each file in it: of this user alone, regular, no link, not endless" {
    bundle
    root=$BATS_TEST_TMPDIR/root
    while IFS='|' read -r spoil words; do
        rm -rf "$root"
        plant "$root"
        env -C "$root/hull" bash -c "$spoil"
        distrusted "$root" "$words" ''
    done <<END2
chown $STRANGER .|not of this user alone
chmod 777 .|not of this user alone
cd .. && mv hull other && ln -s other hull|state directory
chown $STRANGER state.json|state.json: owned or writable by another
chmod 666 state.json|state.json: owned or writable by another
mv state.json x && ln -s x state.json|state.json: not a regular file
rm state.json && mkfifo state.json|state.json: not a regular file
rm state.json && mknod state.json c 1 5|state.json: not a regular file
truncate -s 17M state.json|state.json: .* at most 16777216 are read
echo 5 >state.json|state.json
jq 'del(.cgroups)' state.json >x && cat x >state.json|state.json: not what skiff-oci writes
jq '.cgroups = [{ version: 1, name: "/x", path: ("/" + "x" * 600) }]' state.json >x && cat x >state.json|state.json: cgroups
jq '.config.linux.namespaces[0].type = 5' state.json >x && cat x >state.json|not a string
rm pid && mkfifo pid|pid: not a regular file
chown $STRANGER pid|pid: owned or writable by another
truncate -s 100 pid|pid: 100 bytes; at most 64 are read
END2
    rm -rf "$root"
    plant "$root"
    trusted "$root"
}

@test "delete removes what skiff-oci makes and nothing else, and follows no link" {
    root=$BATS_TEST_TMPDIR/root
    plant "$root"
    mkdir "$BATS_TEST_TMPDIR/mine"
    touch "$BATS_TEST_TMPDIR/mine/precious"
    ln -s "$BATS_TEST_TMPDIR/mine" "$root/hull/link"
    ln -s "$BATS_TEST_TMPDIR/mine/precious" "$root/hull/start"
    run --separate-stderr bounded "$RUNTIME" --root "$root" delete hull
    expect_error 125 skiff-oci
    expect_match "why" "state directory of 'hull': Directory not empty" "$stderr"
    expect "what is left of it" link "$(ls "$root/hull")"
    expect "what is not its own" precious "$(ls "$BATS_TEST_TMPDIR/mine")"
    rm "$root/hull/link"
    run -0 bounded "$RUNTIME" --root "$root" delete hull
}

@test "an ordinary user: neither /tmp/skiff-oci-UID nor an XDG_RUNTIME_DIR of another user's" {
    require user
    user_dir
    cp "$RUNTIME" "$USER_DIR/skiff-oci"
    bundle
    uid=$(lab_uid)
    plant "$USER_DIR/skiff-oci.d/skiff-oci"
    TRACE=$USER_DIR/trace
    sed -i "s#$BATS_TEST_TMPDIR/trace#$TRACE#" "$USER_DIR/skiff-oci.d/skiff-oci/hull/state.json"
    mine() { ( close_fds; as_user env ${XDG+XDG_RUNTIME_DIR="$XDG"} timeout -k 2 20 "$USER_DIR/skiff-oci" "$@" </dev/null ); }
    chown -R "$uid" "$USER_DIR"
    chmod 755 "$USER_DIR" "$USER_DIR/skiff-oci.d"
    XDG=$USER_DIR/skiff-oci.d
    [ "$EUID" -ne 0 ] || for owner in "$STRANGER" 65534; do
        for path in "$XDG" "$XDG/skiff-oci" "$XDG/skiff-oci/hull" "$XDG/skiff-oci/hull/state.json"; do
            chown "$owner" "$path"
            chmod a+rX "$path"
            run --separate-stderr mine delete hull
            expect_error 125 skiff-oci
            chown "$uid" "$path"
            chmod 700 "$path"
        done
    done
    expect "the hook's trace" "" "$(ls "$TRACE" 2>/dev/null || true)"
    chmod 755 "$XDG"
    run -0 mine delete hull
    expect "the control: its own" "$TRACE" "$(ls "$TRACE")"
    # and the one in /tmp, if it is not there
    unset XDG
    [ ! -e "/tmp/skiff-oci-$uid" ] || mendable tmp "/tmp/skiff-oci-$uid is there" "remove it, once no container of that user runs"
    LAB_DIRS+=("/tmp/skiff-oci-$uid")
    plant "/tmp/skiff-oci-$uid"
    sed -i "s#$BATS_TEST_TMPDIR/trace#$USER_DIR/second#" "/tmp/skiff-oci-$uid/hull/state.json"
    chown -R "$STRANGER" "/tmp/skiff-oci-$uid"
    chmod -R a+rX "/tmp/skiff-oci-$uid"
    for words in "state hull" "delete hull" "delete --force hull" list; do
        # shellcheck disable=SC2086  # words
        run --separate-stderr mine $words
        expect_error 125 skiff-oci
    done
    expect "the hook's trace" "" "$(ls "$USER_DIR/second" 2>/dev/null || true)"
}

@test "any umask of the caller's: state, pid file and socket are for this user alone to write" {
    bundle "$(nap)"
    for mask in 0 077 0777; do
        rm -f "$BATS_TEST_TMPDIR/pid"
        ID=$ID-x
        ( umask "$mask"; oci create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" >/dev/null 2>&1 )
        expect "what others may write, with umask $mask" "" "$(find "$STATE" "$BATS_TEST_TMPDIR/pid" -perm /022)"
        expect "the umask in there" 0022 "$(awk '$1 == "Umask:" { print $2 }' "/proc/$(cat "$BATS_TEST_TMPDIR/pid")/status")"
        run -0 oci delete --force "$ID"
    done
}

@test "a file of the caller's that never ends, or never begins: config.json, --process, /etc/passwd" {
    bundle "$(nap)" 'del(.process.env)'
    IMAGE=$BATS_TEST_TMPDIR/image
    cp -a "$ROOTFS" "$IMAGE"
    mkfifo "$BATS_TEST_TMPDIR/fifo"
    for file in "$BATS_TEST_TMPDIR/fifo" /dev/zero; do
        mv "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/kept"
        ln -s "$file" "$BUNDLE/config.json"
        run --separate-stderr oci create --bundle "$BUNDLE" "$ID"
        expect_error 125 skiff-oci
        expect_match "why" 'config.json: not a regular file' "$stderr"
        rm "$BUNDLE/config.json"
        mv "$BATS_TEST_TMPDIR/kept" "$BUNDLE/config.json"
    done
    truncate -s 1G "$BATS_TEST_TMPDIR/huge"
    ln -sf "$BATS_TEST_TMPDIR/huge" "$BUNDLE/config.json"
    run --separate-stderr oci create --bundle "$BUNDLE" "$ID"
    expect_match "why" 'config.json: 1073741824 bytes; at most 8388608 are read' "$stderr"
    rm "$BUNDLE/config.json"
    # the image's
    for spoil in 'mkfifo passwd' 'mknod passwd c 1 5' 'truncate -s 17M passwd' 'ln -s /proc/self/fd/0 passwd'; do
        rm -f "$IMAGE/etc/passwd"
        env -C "$IMAGE/etc" bash -c "$spoil"
        case $spoil in
            *17M*) refuse '/etc/passwd: 17825792 bytes; at most 16777216 are read' 'del(.process.env)' ;;
            ln*) run -0 run_bundle 'del(.process.env)' '.process.args = ["sh", "-c", "echo $HOME"]'
                 expect_output / ;;
            *) refuse '/etc/passwd in the container: not a regular file' 'del(.process.env)' ;;
        esac
    done
    rm "$IMAGE/etc/passwd"
    run -0 run_bundle 'del(.process.env)' '.process.args = ["sh", "-c", "echo $HOME"]' '.linux.maskedPaths += ["/etc/passwd"]'
    expect_output /
    echo 'root:x:0:0::/harbour:/bin/sh' >"$IMAGE/etc/passwd"
    run -0 run_bundle 'del(.process.env)' '.process.args = ["sh", "-c", "echo $HOME"]'
    expect_output /harbour
    # of exec
    bundle "$(nap)"
    create
    start
    for file in "$BATS_TEST_TMPDIR/fifo" /dev/zero "$BATS_TEST_TMPDIR/huge"; do
        run --separate-stderr oci exec --process "$file" "$ID"
        expect_error 125 skiff-oci
    done
    expect_match "why" 'at most 8388608 are read' "$stderr"
}

@test "what does not fit is refused with its length: an id, --root, --pid-file, --console-socket, --user" {
    bundle "$(nap)"
    long=$(printf '%0300d' 0)
    deep=/$(printf '%05000d' 0)
    run --separate-stderr oci create --bundle "$BUNDLE" "$long"
    expect_match "an id" 'an id of 300 characters, at most 255' "$stderr"
    run --separate-stderr bounded "$RUNTIME" --root "$deep" list
    expect_match "--root" '--root: 5001 bytes of path, at most 4095' "$stderr"
    run --separate-stderr oci create --bundle "$BUNDLE" --pid-file "$deep" "$ID"
    expect_match "--pid-file" '--pid-file: 5001 bytes of path, at most 4091' "$stderr"
    bundle '.process.terminal = true'
    run --separate-stderr oci create --bundle "$BUNDLE" --console-socket "/tmp/${long:0:120}" "$ID"
    expect_match "--console-socket" '--console-socket: 125 bytes of path, at most 107' "$stderr"
    expect "state" "" "$(ls "$STATE" 2>/dev/null || true)"
    bundle "$(nap)"
    create
    start
    for user in 4294967295 4294967296 -1 ' 5' 0000000000000001000 5: :5 5:4294967296 5x; do
        run --separate-stderr oci exec --user "$user" "$ID" true
        expect_error 2 skiff-oci || { echo "--user '$user'"; false; }
    done
    run -0 oci exec --user 7:8 "$ID" id -g
    expect_output 8
}

@test "a pid file in a folder where others write: not into a file that one of them has put there" {
    bundle "$(nap)"
    mkdir "$BATS_TEST_TMPDIR/open"
    chmod 777 "$BATS_TEST_TMPDIR/open"
    touch "$BATS_TEST_TMPDIR/open/pid.new"
    chown "$STRANGER" "$BATS_TEST_TMPDIR/open/pid.new"
    oci create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/open/pid" "$ID" >/dev/null 2>&1
    expect "whose it is" "$EUID 644" "$(stat -c '%u %a' "$BATS_TEST_TMPDIR/open/pid")"
}

@test "exec --process: what is absent there is the container's, or nothing" {
    bundle "$(nap)" '.process |= (.user = { uid: 0, gid: 0, umask: 63, additionalGids: [9] } | .oomScoreAdj = 600 | .rlimits = [{ type: "RLIMIT_NOFILE", soft: 77, hard: 88 }])'
    create
    start
    process() { jq -n "{ args: [\"sh\", \"-c\", \"$1\"], cwd: \"/\", env: [\"PATH=/bin\"] } | ${2-.}" >"$BATS_TEST_TMPDIR/process"; }
    process 'grep -c ^Cap.*0000000000000000 /proc/self/status; grep NoNewPrivs /proc/self/status; grep Groups /proc/self/status; umask; ulimit -n; cat /proc/self/oom_score_adj'
    run -0 oci exec --process "$BATS_TEST_TMPDIR/process" "$ID"
    expect "all of it" "5 NoNewPrivs: 1 Groups: 0022 77 600" "$(tr -s ' \t\n' ' ' <<<"$output" | sed 's/ $//')"
    process 'grep CapEff /proc/self/status' '.capabilities = { bounding: ["CAP_KILL"], permitted: ["CAP_KILL"], effective: ["CAP_KILL"] } | .noNewPrivileges = false'
    run -0 oci exec --process "$BATS_TEST_TMPDIR/process" "$ID"
    expect_match "those that are named" '0{14}20$' "$output"
    for wrong in '.capabilities = []' '.user.uid = -1' 'del(.args)' 'del(.cwd)' '.rlimits = "none"' '.env = {}' '.terminal = 1' '.selinuxLabel = "x"'; do
        process true "$wrong"
        run --separate-stderr oci exec --process "$BATS_TEST_TMPDIR/process" "$ID"
        expect_error 125 skiff-oci
        expect_match "which" 'process\.' "$stderr"
    done
    # by options: the umask stays, groups go
    run -0 oci exec --user 5:6 "$ID" sh -c 'umask; grep Groups /proc/self/status; grep CapEff /proc/self/status'
    expect "by options" "0077 Groups: CapEff: 0000000000000000" "$(tr -s ' \t\n' ' ' <<<"$output" | sed 's/ $//')"
    # a filter that is lost is not "no filter"
    run -0 oci delete --force "$ID"
    ID=$ID-2
    bundle "$(nap)" '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW" }'
    create
    start
    for spoil in "chmod 666" "truncate -s 0" "rm"; do
        $spoil "$STATE/$ID/seccomp"
        run --separate-stderr oci exec "$ID" true
        expect_error 125 skiff-oci
    done
}

@test "the caller's groups stay outside, in create and in exec" {
    bundle "$(nap)" 'del(.process.user)'
    ( close_fds; exec setpriv --groups 4,5,6 timeout -k 2 20 "$RUNTIME" --root "$STATE" create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" </dev/null >/dev/null 2>&1 )
    expect "groups" "" "$(proc_field "$(cat "$BATS_TEST_TMPDIR/pid")" Groups)"
    start
    run -0 bounded setpriv --groups 4,5,6 "$RUNTIME" --root "$STATE" exec "$ID" grep Groups /proc/self/status
    expect_match "groups in exec" '^Groups:[[:space:]]*$' "$output"
    run -0 bounded setpriv --groups 4,5,6 grep Groups /proc/self/status
    expect_match "the control" '4 5 6' "$output"
}

@test "nobody can look into a process before it runs its program: create, hooks, exec" {
    hook=$BATS_TEST_TMPDIR/hook
    printf '#!/bin/sh\nstat -c "$1 %%u" /proc/$(sed -n '"'"'s/.*"pid": \\([0-9]*\\).*/\\1/p'"'"')/mem >>%s\n' "$BATS_TEST_TMPDIR/log" >"$hook"
    chmod 755 "$hook"
    ids='[{ containerID: 0, hostID: 300000, size: 65536 }]'
    bundle "$(nap)" ".linux.namespaces += [{ type: \"user\" }, { type: \"time\" }] | .linux.uidMappings = $ids | .linux.gidMappings = $ids |
        .linux.timeOffsets = { boottime: { secs: 5 } }" \
        ".hooks.prestart = [{ path: \"$hook\", args: [\"hook\", \"prestart\"], env: [\"PATH=/usr/bin:/bin\"] }]"
    create
    # Its files in /proc are root's, not those of its own user, as long as it is not dumpable.
    expect "in a hook" "prestart 0" "$(cat "$BATS_TEST_TMPDIR/log")"
    expect "while it waits" 0 "$(stat -c %u "/proc/$PID/mem")"
    expect "descriptors of the host's while it waits: the three and its socket" 4 "$(find "/proc/$PID/fd" -mindepth 1 | wc -l)"
    start
    wait_for grep -q sleep "/proc/$PID/comm"
    expect "the control: its program" 300000 "$(stat -c %u "/proc/$PID/mem")"
    require tool:strace
    rm -f "$BATS_TEST_TMPDIR/pid"
    spawn strace -f -qq -o /dev/null -e trace=execve -e inject=execve:delay_enter=1500000 \
        "$RUNTIME" --root "$STATE" exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep "$NAP"
    wait_for test -s "$BATS_TEST_TMPDIR/pid"
    second=$(cat "$BATS_TEST_TMPDIR/pid")
    expect "exec's, before its program: whose, and its descriptors" "0 4" "$(stat -c %u "/proc/$second/mem") $(find "/proc/$second/fd" -mindepth 1 | wc -l)"
    [ "$(cat "/proc/$second/comm")" != sleep ]
    wait_for grep -q sleep "/proc/$second/comm"
    expect "the control: its program" 300000 "$(stat -c %u "/proc/$second/mem")"
    kill -KILL "$second" # strace ends with it
    reap "$SPAWNED"
}
