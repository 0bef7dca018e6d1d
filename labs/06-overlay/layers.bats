#!/usr/bin/env bats
# layers.bats - graded tests of lab 06
#
# Every run gets a mount namespace around it that is thrown away: a program
# that forgets to make its own must not change the root of this machine.
# Without root the tests run as the root of a user namespace.
# shellcheck disable=SC2154,SC2030,SC2031  # status, output and stderr are set by run

load ../../support/bats
# Control groups come and go with the tests of others; nothing here makes one.
export FOOTPRINT_CGROUPS=-
exercise layers

# The root of all tests: busybox and a few files, never written to.
setup_file() {
    cd "$BATS_TEST_DIRNAME" || return
    local applet base=$BATS_FILE_TMPDIR/base
    export PATH=/bin:$PATH
    mkdir -p "$base/bin" "$base/etc" "$base/dir" "$base/mnt"
    echo original >"$base/etc/conf"
    echo deep >"$base/dir/file"
    install -m 755 payload-escape "$base/bin/"
    install -m 755 "$(command -v busybox)" "$base/bin/busybox" || return 0
    for applet in sh cat echo ls rm pwd sleep test true; do ln -s busybox "$base/bin/$applet"; done
    printf '#!/bin/sh\necho found\n' >"$base/bin/only-inside"
    chmod 755 "$base/bin/only-inside"
    mkdir "$BATS_FILE_TMPDIR"/probe-{l,u,w,m}
    guard
    ( cd "$BATS_FILE_TMPDIR" &&
        "${GUARD[@]}" mount -t overlay -o lowerdir=probe-l,upperdir=probe-u,workdir=probe-w o probe-m ) ||
        echo "no overlay can have its UPPER in ${TMPDIR:-/tmp}" >"$BATS_FILE_TMPDIR/cannot"
}

setup() {
    lab_setup
    require tool:busybox
    if [ "$EUID" -eq 0 ]; then require overlay; else require overlay:user; fi
    [ ! -s "$BATS_FILE_TMPDIR/cannot" ] || mendable overlay "$(cat "$BATS_FILE_TMPDIR/cannot")" "set TMPDIR to a folder on ext4, xfs or btrfs"
    guard
    BASE=$BATS_FILE_TMPDIR/base
    D=$BATS_TEST_TMPDIR
    UPPER=(-u "$D/up" -w "$D/work")
    fresh
    mkdir -p "$D/src/sub"
    echo from-src >"$D/src/file"
}

# The kernel leaves a folder of mode 000 in WORK, which only root deletes so.
teardown() {
    [ "$EUID" -eq 0 ] || chmod -R u+rwX "$BATS_TEST_TMPDIR" "${LAB_DIRS[@]}"
    lab_teardown
}

guard() {
    GUARD=(unshare --mount --propagation private)
    [ "$EUID" -eq 0 ] || GUARD+=(--map-root-user)
}

# fresh: an empty UPPER and WORK
fresh() {
    [ "$EUID" -eq 0 ] || chmod -Rf u+rwX "$D/work" || true
    rm -rf "$D/up" "$D/work"
    mkdir "$D/up" "$D/work"
}

# layers ARG...: the exercise, guarded
layers() { bounded "${GUARD[@]}" "$EXERCISE" "$@"; }

# expect_runs TEXT ARG...: it works, and CMD prints that
expect_runs() {
    local text=$1
    shift
    run --separate-stderr layers "$@"
    expect "exit status, with '$stderr' on stderr" 0 "$status" && expect_output "$text"
}

# expect_refused ARG... -- echo ran: 125, one line, and nothing was run
expect_refused() {
    run --separate-stderr layers "$@"
    expect_error 125 layers && expect "what CMD printed" "" "$output"
}

# hold ARG...: the exercise with a CMD that stays, in the background; $CMD_PID
hold() {
    spawn "${GUARD[@]}" "$EXERCISE" "$@" -- sleep 86399
    wait_for cmd_up_or_ended || return
    [ -n "$CMD_PID" ] && return
    echo "expected: CMD runs"
    echo "observed: it does not: $(cat "$SPAWNED_ERR")"
    return 1
}

cmd_up_or_ended() {
    local pid
    CMD_PID=
    for pid in $(marked_pids); do
        [ "$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")" != "sleep 86399 " ] || CMD_PID=$pid
    done
    [ -n "$CMD_PID" ] || ! kill -0 "$SPAWNED" 2>/dev/null
}

# left_over: the mounts of this namespace and the processes of this test; other
# tests may be making cgroups and links meanwhile
left_over() {
    local all
    all=$(footprint)   # first, for a grep beside it would be a process of this test
    grep -E '^(mount|process) ' <<<"$all"
}

# ---- the layers -----------------------------------------------------------

@test "[5] a change goes to UPPER, and LOWER stays as it was" {
    hint "lowerdir, upperdir and workdir, see mount(8), 'Mount options for overlay'"
    mkdir -p "$D/low/etc"
    echo mine >"$D/low/etc/changed"
    expect_runs "mine"$'\n'"changed" -l "$D/low:$BASE" "${UPPER[@]}" -- \
        sh -c 'cat /etc/changed; echo changed >/etc/changed; echo new >/etc/new; cat /etc/changed'
    expect "LOWER's file" mine "$(cat "$D/low/etc/changed")"
    expect "LOWER's files" "etc etc/changed" "$(cd "$D/low" && find . -mindepth 1 | sed 's/..//' | sort | xargs)"
    expect "UPPER's copy of it" changed "$(cat "$D/up/etc/changed")"
    expect "the new file in UPPER" new "$(cat "$D/up/etc/new")"
}

@test "[4] what CMD removes is gone inside, also the next time, and still in LOWER" {
    hint "without -u nothing can be removed; upperdir, see mount(8), 'Mount options for overlay'"
    mkdir -p "$D/low"
    echo mine >"$D/low/victim"
    expect_runs mine -l "$D/low:$BASE" "${UPPER[@]}" -- cat /victim
    expect_runs "" -l "$D/low:$BASE" "${UPPER[@]}" -- rm /victim
    expect_runs gone -l "$D/low:$BASE" "${UPPER[@]}" -- sh -c 'test -e /victim || echo gone'
    expect "LOWER's file" mine "$(cat "$D/low/victim")"
}

@test "[4] the leftmost LOWER is on top, and all of them show" {
    hint "lowerdir lists them from top to bottom, see mount(8), 'Mount options for overlay'"
    mkdir "$D/a" "$D/b"
    echo a | tee "$D/a/both" >"$D/a/only-a"
    echo b | tee "$D/b/both" >"$D/b/only-b"
    expect_runs "a a b original" -l "$D/a:$D/b:$BASE" -- \
        sh -c 'echo $(cat /both /only-a /only-b /etc/conf)'
    expect_runs "b a b original" -l "$D/b:$D/a:$BASE" -- \
        sh -c 'echo $(cat /both /only-a /only-b /etc/conf)'
    expect_runs "b a b original" -l "$D/b:$D/a:$BASE" "${UPPER[@]}" -- \
        sh -c 'echo $(cat /both /only-a /only-b /etc/conf)'
}

@test "[5] without -u the root is read-only, with one LOWER and with two" {
    local low try='{ echo x >/etc/conf; } 2>&-; { echo x >/new; } 2>&-; cat /etc/conf; ls /'
    hint "an overlay without upperdir needs two layers, see mount(8), 'Mount options for overlay'"
    mkdir "$D/low"
    for low in "$BASE" "$D/low:$BASE"; do
        expect_runs "x bin dir etc mnt new" -l "$low" "${UPPER[@]}" -- sh -c "echo \$($try)"
        fresh
        expect_runs "original bin dir etc mnt" -l "$low" -- sh -c "echo \$($try)"
    done
    expect "the LOWERs in the end" "" "$(ls "$D/low")"
    expect "the LOWERs in the end" original "$(cat "$BASE/etc/conf")"
}

@test "[3] names may be relative, and hold commas, blanks and backslashes" {
    hint "a comma ends an option: do names have to be in them? See open(2), proc(5)"
    local odd='o,d=d\ na me,upperdir=x'
    mkdir -p "$D/$odd"/{low,up,work}
    echo odd >"$D/$odd/low/odd"
    cd "$D"
    expect_runs "odd original" -l "$odd/low:$BASE" -u "$odd/up" -w "$odd/work" -b "$odd/low:/mnt" -- \
        sh -c 'echo >/new; echo $(cat /mnt/odd /etc/conf)'
    expect "the new file in UPPER" yes "$([ ! -e "$odd/up/new" ] || echo yes)"
}

@test "[2] none of 200 LOWERs is dropped unsaid" {
    hint "how long may the options be? See mount(2), 'the data argument'"
    local i list=
    mkdir "$D"/long-enough-for-more-than-a-page-{1..200}
    for i in {1..200}; do
        : >"$D/long-enough-for-more-than-a-page-$i/n$i"
        list+=$D/long-enough-for-more-than-a-page-$i:
    done
    expect_runs "/n1 /n2" -l "$D/long-enough-for-more-than-a-page-1:$D/long-enough-for-more-than-a-page-2:$BASE" -- \
        sh -c 'echo /n*'
    run --separate-stderr layers -l "$list$BASE" -- sh -c 'set -- /n*; echo $#'
    if [ "$status" -ne 125 ]; then expect_status 0; expect_output 200; fi
}

# ---- the root -------------------------------------------------------------

@test "[3] CMD is looked for in the new root and starts in /" {
    hint "chdir(2) after pivot_root(2), then execvp(3)"
    cd "$D"
    expect_runs / -l "$BASE" -- pwd
    expect_runs / -l "$BASE" "${UPPER[@]}" -- /bin/pwd
    expect_runs found -l "$BASE" -- only-inside
    run -127 --separate-stderr layers -l "$BASE" -- "$EXERCISE" -h
    expect_error 127 layers
}

@test "[6] nothing is mounted for CMD but the overlay" {
    hint "what became of the old root? See pivot_root(2), umount(2) MNT_DETACH"
    hold -l "$D/src:$BASE" "${UPPER[@]}"
    expect "CMD's mounts, in /proc/PID/mountinfo" "/ overlay" \
        "$(awk '{ for (i = 7; $i != "-"; i++); print $5, $(i + 1) }' "/proc/$CMD_PID/mountinfo")"
    expect "CMD's mount namespace is that of others" no \
        "$([ "$(ns_of "$CMD_PID" mnt)" = "$(ns_of self mnt)" ] && echo yes || echo no)"
}

@test "[4] the overlay is the root of CMD's whole mount namespace" {
    hint "chroot(2) moves one process, pivot_root(2) the namespace"
    local enter=(nsenter --target) inside
    [ "$EUID" -eq 0 ] || enter=(nsenter --preserve-credentials --user --target)
    hold -l "$BASE"
    run bounded "${enter[@]}" "$(inside_pid "$CMD_PID")" --mount /bin/busybox true
    expect "one who enters the namespace finds CMD's /bin" 0 "$status"
    inside=$(bounded "${enter[@]}" "$(inside_pid "$CMD_PID")" --mount /bin/busybox ls "$D" 2>&1) || true
    expect_match "one who enters the namespace, looking for $D" "No such file" "$inside"
}

@test "[6] chroot does not lead out" {
    hint "see ./step3-escape and ./step5-kept-in, pivot_root(2)"
    # the control: it does lead out of a chroot
    run bounded "${GUARD[@]}" chroot "$BASE" /bin/payload-escape "$D"
    expect_output "chroot: out"
    expect_runs "chroot: kept in" -l "$BASE" -- payload-escape "$D"
    expect_runs "chroot: kept in" -l "$BASE" "${UPPER[@]}" -- payload-escape "$D"
}

# with_fd9 CMD...: CMD, with a descriptor on the caller's root
with_fd9() { bounded bash -c 'exec 9</; exec "$@"' bash "$@"; }

@test "[3] no descriptor on the old root is left to CMD" {
    hint "what did the caller leave open? See close_range(2)"
    run with_fd9 "${GUARD[@]}" chroot "$BASE" /bin/payload-escape "$D"
    expect_output "chroot: out"$'\n'"descriptor 9: out"
    run --separate-stderr with_fd9 "${GUARD[@]}" "$EXERCISE" -l "$BASE" -- payload-escape "$D"
    expect_status 0
    expect_output "chroot: kept in"
}

# ---- what is left ---------------------------------------------------------

# mounts_around HOW: run the exercise below a tree of shared mounts, which pass
# on every event that is not held back, and say what mounts that tree gained
# while CMD ran and after CMD's `end`, or after `kill`ing the exercise
mounts_around() {
    mkfifo "$D/go"
    bounded "${GUARD[@]}" bash -c '
        dir=$1 how=$2
        shift 2
        mount --make-rshared /
        before=$(cat /proc/self/mountinfo)
        exec 8<>"$dir/go"
        "$@" <&8 8>&- &
        while [ ! -e "$dir/up/ready" ] && kill -0 $! 2>/dev/null; do sleep 0.02; done
        [ -e "$dir/up/ready" ] || echo "CMD did not run"
        diff <(echo "$before") /proc/self/mountinfo && echo "the same while CMD runs"
        if [ "$how" = end ]; then echo >&8; else kill -KILL $!; fi
        wait $! 2>/dev/null
        [ "$how" = end ] || echo >&8
        diff <(echo "$before") /proc/self/mountinfo && echo "the same after it"
    ' _ "$D" "$1" "$EXERCISE" -l "$BASE" "${UPPER[@]}" -b "$D/src:/mnt" -- sh -c 'echo >/ready; read -r line' 2>/dev/null
}

@test "[6] no mount of CMD's is seen outside, nor outlives it, nor layers if it is killed" {
    local before how
    hint "a copy of a shared mount passes events on, see mount_namespaces(7), 'SHARED SUBTREES'"
    before=$(left_over)
    for how in end kill; do
        run mounts_around "$how"
        expect_output "the same while CMD runs"$'\n'"the same after it"
        fresh
        rm "$D/go"
    done
    wait_for nothing_more "$before" || expect "mounts and processes afterwards" "$before" "$(left_over)"
}

nothing_more() { [ "$(left_over)" = "$1" ]; }

# ---- binds ----------------------------------------------------------------

@test "[4] -b shows a directory at DST, and writes go to SRC" {
    hint "MS_BIND, see mount(2), or open_tree(2) and move_mount(2)"
    expect_runs "from-src" -l "$BASE" -b "$D/src:/mnt" -- sh -c 'cat /mnt/file; echo w >/mnt/written'
    expect "what CMD wrote, in SRC" w "$(cat "$D/src/written")"
    cd "$D"
    expect_runs "from-src" -l "$BASE" "${UPPER[@]}" -b src:/dir -- cat /dir/file
    expect "LOWER's /dir" deep "$(cat "$BASE/dir/file")"
}

@test "[4] a missing DST is made, with the directories above it" {
    hint "a mount point has to be there, of the right kind, see mkdirat(2), mknodat(2)"
    expect_runs "from-src from-src from-src" -l "$BASE" "${UPPER[@]}" \
        -b "$D/src:/a/b/c" -b "$D/src/file:/x/y/z" -b "$D/src/file:/etc/conf" -- \
        sh -c 'echo $(cat /a/b/c/file /x/y/z /etc/conf)'
    expect "the mount points left in UPPER" "/a/b/c /x/y/z" \
        "$(cd "$D/up" && for i in a/b/c x/y/z; do [ ! -e $i ] || echo "/$i"; done | paste -sd ' ')"
    expect "LOWER's /etc/conf" original "$(cat "$BASE/etc/conf")"
}

@test "[5] :ro is read-only, and so is all that is mounted below SRC" {
    local try='for f in /mnt/w /mnt/sub/w; do { echo >$f; } 2>&- && echo "$f written"; done; cat /mnt/file'
    hint "in the call that binds, MS_RDONLY is ignored, see mount_setattr(2) AT_RECURSIVE"
    below() {
        bounded "${GUARD[@]}" sh -c 'mount -t tmpfs t "$1" && shift && exec "$@"' _ "$D/src/sub" "$EXERCISE" "$@"
    }
    run --separate-stderr below -l "$BASE" -b "$D/src:/mnt" -- sh -c "$try"
    expect_match "the control, without :ro" "/mnt/w written" "$output"
    rm -f "$D/src/w"
    run --separate-stderr below -l "$BASE" "${UPPER[@]}" -b "$D/src:/mnt:ro" -- sh -c "$try"
    expect_status 0
    expect_output from-src
    run --separate-stderr below -l "$BASE" -b "$D/src/file:/etc/conf:ro" -- \
        sh -c '{ echo >/etc/conf; } 2>&-; cat /etc/conf'
    expect_output from-src
}

@test "[4] in a read-only root DST has to be there, else 125" {
    hint "nothing can be made in it; a mount point that is there will do, see mount(2)"
    expect_runs "from-src from-src" -l "$BASE" -b "$D/src:/mnt" -b "$D/src/file:/etc/conf" -- \
        sh -c 'echo $(cat /mnt/file /etc/conf)'
    expect_refused -l "$BASE" -b "$D/src:/missing" -- echo ran
    expect_refused -l "$D/src:$BASE" -b "$D/src/file:/etc/missing" -- echo ran
    expect "LOWER's files" "bin dir etc mnt" "$(cd "$BASE" && echo *)"
}

@test "[8] no symbolic link of a layer leads DST outside" {
    local dst before source cat
    hint "the layer's author chose the link's target, see openat2(2) RESOLVE_IN_ROOT"
    mkdir -p "$D/evil" "$D/host/dir"
    echo outside >"$D/host/file"
    before=$(cd "$D/host" && find . | sort)
    ln -s "$D/host" "$D/evil/abs"
    ln -s "../../../../../../../../../..$D/host" "$D/evil/up"
    ln -s "$D/host/file" "$D/evil/file"
    ln -s "$D/host/dir" "$D/evil/last"
    for dst in /abs/dir /abs/new /up/dir /up/new/new /last "/../../../../../../../..$D/host/dir" \
        /abs/file /abs/newfile /up/file /file; do
        source=$D/src cat=$dst/file
        [[ $dst != *file ]] || source=$D/src/file cat=$dst
        fresh
        run --separate-stderr layers -l "$D/evil:$BASE" "${UPPER[@]}" -b "$source:$dst" -- cat "$cat"
        # inside, or refused
        if [ "$status" -ne 125 ]; then
            expect "with DST $dst: $stderr: exit status" 0 "$status"
            expect "with DST $dst: SRC's file, seen inside" from-src "$output"
        fi
        expect "with DST $dst: the files outside" "$before" "$(cd "$D/host" && find . | sort)"
        expect "with DST $dst: the file outside" outside "$(cat "$D/host/file")"
    done
    # the links of /proc lead to other roots, this shell's for one
    mkdir -p "$D/evil/proc"
    for dst in "/proc/$$/root$D/host/dir" "/proc/$$/root$D/host/new"; do
        fresh
        run --separate-stderr layers -l "$D/evil:$BASE" "${UPPER[@]}" -b /proc:/proc -b "$D/src:$dst" -- echo ran
        [ "$status" -eq 0 ] || expect_error 125 layers
        expect "with DST $dst: the files outside" "$before" "$(cd "$D/host" && find . | sort)"
    done
    # the control: with a directory in the link's place the same command works
    rm "$D/evil/abs"
    mkdir -p "$D/evil/abs/dir"
    expect_runs from-src -l "$D/evil:$BASE" "${UPPER[@]}" -b "$D/src:/abs/dir" -- cat /abs/dir/file
}

@test "[2] a symbolic link that stays inside is followed" {
    hint "an absolute link means the new root's /, see openat2(2) RESOLVE_IN_ROOT"
    mkdir -p "$D/low/real/dir"
    ln -s /real "$D/low/link"
    ln -s ../../real "$D/low/relative"
    expect_runs from-src -l "$D/low:$BASE" -b "$D/src:/link/dir" -- cat /real/dir/file
    expect_runs from-src -l "$D/low:$BASE" -b "$D/src:/relative/dir" -- cat /real/dir/file
}

@test "[3] every -b is in force, a later one inside an earlier one too" {
    hint "DST is looked up when the earlier ones are mounted, see path_resolution(7)"
    mkdir "$D/other"
    echo other >"$D/other/file"
    expect_runs "other from-src" -l "$BASE" -b "$D/src:/mnt" -b "$D/other:/mnt/sub" -- \
        sh -c 'echo $(cat /mnt/sub/file /mnt/file)'
    expect "SRC's folder that was mounted on" "" "$(ls "$D/src/sub")"
}

@test "[2] /proc is there if it is bound, and only then" {
    hint "layers mounts no /proc; -b /proc:/proc has to work, see mount(2) MS_REC"
    expect_runs "" -l "$BASE" "${UPPER[@]}" -- sh -c 'test ! -e /proc/self/status'
    expect_runs there -l "$BASE" "${UPPER[@]}" -b /proc:/proc -- \
        sh -c 'test -e /proc/$$/status && echo there'
}

# ---- errors and status ----------------------------------------------------

@test "[3] what cannot be done is 125, and CMD is not run" {
    hint "every step is checked before the next, and all of them before execvp(3)"
    expect_runs ran -l "$BASE" -- echo ran
    expect_refused -l "$BASE:$D/missing" -- echo ran
    expect_refused -l "$D/src/file:$BASE" -- echo ran
    expect_refused -l "$BASE" -u "$D/missing" -w "$D/work" -- echo ran
    expect_refused -l "$BASE" -u "$D/up" -w "$D/missing" -- echo ran
    expect_refused -l "$BASE" "${UPPER[@]}" -b "$D/missing:/mnt" -- echo ran
    expect_refused -l "$BASE" "${UPPER[@]}" -b "$D/missing:/mnt:ro" -- echo ran
    expect_refused -l "$BASE" "${UPPER[@]}" -b "$D/src:/etc/conf" -- echo ran
    expect_refused -l "$BASE" "${UPPER[@]}" -b "$D/src/file:/etc" -- echo ran
    expect_refused -l "$BASE" "${UPPER[@]}" -b "$D/src:/etc/conf/below" -- echo ran
}

@test "[2] the exit status is CMD's, and 128+n if signal n killed it" {
    local code
    hint "as env(1), 'Exit status'; if you fork, see wait(2) WIFSIGNALED"
    for code in 0 1 42 125 255; do
        run layers -l "$BASE" -- sh -c "exit $code"
        expect_status "$code"
    done
    for code in TERM:143 KILL:137; do
        run layers -l "$BASE" -- sh -c 'kill -s '"${code%:*}"' $$; sleep 5'
        expect_status "${code#*:}"
    done
}

@test "[2] 127 for a CMD that is not there, 126 for one that cannot run" {
    hint "as env(1), 'Exit status'; execvp(3) sets errno"
    run -127 --separate-stderr layers -l "$BASE" -- no-such-command
    expect_error 127 layers
    run --separate-stderr layers -l "$BASE" -- /etc/conf
    expect_error 126 layers
    run --separate-stderr layers -l "$BASE" -- /etc
    expect_error 126 layers
}

@test "[1] the options end at -- or at the first word that is none" {
    hint "a + begins the option string, see getopt(3)"
    expect_runs "-l -u" -l "$BASE" echo -l -u
    expect_runs "-b x" -l "$BASE" -- echo -b x
}

# expect_usage ARG...
expect_usage() {
    run --separate-stderr layers "$@"
    expect "exit status of: layers ${*@Q}" 2 "$status"
    expect_match "stderr of: layers ${*@Q}" "[Uu]sage" "$stderr"
    expect "what CMD printed" "" "$output"
}

@test "[3] bad usage is 2: no -l, no CMD, -u without -w, -w without -u, half a -b" {
    hint "see getopt(3)"
    expect_runs ran -l "$BASE" -- echo ran
    expect_usage -- echo ran
    expect_usage "${UPPER[@]}" -- echo ran
    expect_usage -l "$BASE"
    expect_usage -l "$BASE" --
    expect_usage -l "$BASE" -u "$D/up" -- echo ran
    expect_usage -l "$BASE" -w "$D/work" -- echo ran
    expect_usage -l "$BASE" -b "$D/src" -- echo ran
    expect_usage -l "$BASE" -b "$D/src:/mnt:rx" -- echo ran
    expect_usage -l "$BASE" -Z -- echo ran
}

# ---- who may --------------------------------------------------------------

# user_setup: in $USER_DIR, what the ordinary user needs to run the exercise
user_setup() {
    require user
    user_dir
    cp -r "$BASE" "$USER_DIR/base"
    install -m 755 "$EXERCISE" "$USER_DIR/layers"
    mkdir "$USER_DIR/up" "$USER_DIR/work" "$USER_DIR/src"
    echo from-src >"$USER_DIR/src/file"
    [ "$EUID" -ne 0 ] || chown -R "$(lab_uid):$(lab_gid)" "$USER_DIR"
}

# by_user CMD...: as the ordinary user
by_user() { bounded_user "$@"; }

@test "[4] it works as the root of a user namespace" {
    require overlay:user
    hint "userxattr, see mount(8), 'Mount options for overlay'; user_namespaces(7)"
    user_setup
    run --separate-stderr by_user unshare --map-root-user --mount "$USER_DIR/layers" -l "$USER_DIR/base" \
        -u "$USER_DIR/up" -w "$USER_DIR/work" -b "$USER_DIR/src:/mnt" -b "$USER_DIR/src:/read:ro" -- sh -c '
            cat /mnt/file; echo w >/mnt/written; { echo w >/read/no; } 2>&-
            echo changed >/etc/conf; rm -r /dir; test -e /dir && echo kept; cat /etc/conf'
    expect "exit status, with '$stderr' on stderr" 0 "$status"
    expect_output "from-src"$'\n'"changed"
    expect "SRC's files" "file written" "$(cd "$USER_DIR/src" && echo *)"
    expect "LOWER" "original deep" "$(cat "$USER_DIR/base/etc/conf" "$USER_DIR/base/dir/file" | paste -sd ' ')"
    run --separate-stderr by_user unshare --map-root-user --mount "$USER_DIR/layers" -l "$USER_DIR/base" -- \
        payload-escape "$USER_DIR"
    expect_output "chroot: kept in"
}

@test "[2] an ordinary user is told 125 and why" {
    hint "which call needs CAP_SYS_ADMIN? See unshare(2)"
    user_setup
    run --separate-stderr by_user "$USER_DIR/layers" -l "$USER_DIR/base" -- echo ran
    expect_error 125 layers
    expect "what CMD printed" "" "$output"
    expect_runs ran -l "$BASE" -- echo ran
}
