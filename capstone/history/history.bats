#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031  # bats' own variables
# The vulnerabilities that container runners have had, by number.  README.md has
# the table of all of them; those about links in images are in hostile.bats.
load common

# The program under test, in a copy that an attack may destroy.
skiff_copy() {
    mkdir -p "$WORLD/copy"
    cp "$EXERCISE" "$WORLD/copy/skiff"
    EXERCISE=$WORLD/copy/skiff
}

# named OPTION...: a container "$NAME" whose COMMAND sleeps
named() {
    NAME=history-$NAP
    container --name "$NAME" "$@"
}

# inside NAME COMMAND...: skiff exec
inside() { prog exec "$@"; }

# said TEXT FILE: a spawned program has printed it
said() { grep -q "$1" "$2"; }

@test "CVE-2016-9962: who joins a container brings no folder of the host's" {
    hint "close_range(2) before setns(2), or PR_SET_DUMPABLE in prctl(2) until execve(2)"
    spawn unshare --mount --propagation private "$HERE/naive" run "$ROOTFS" payload-lure snatch "$CANARY"
    naive_pid=$SPAWNED
    wait_for said ready "$SPAWNED_OUT"
    naive exec "$naive_pid" sleep "$NAP" &
    wait_for said snatched "$SPAWNED_OUT"
    for pid in $(nappers); do kill "$pid"; done
    wait_for eval "! napping"
    named
    spawn "$EXERCISE" exec "$NAME" payload-lure snatch "$CANARY"
    wait_for said ready "$SPAWNED_OUT"
    for _ in 1 2 3 4 5 6 7 8 9 10; do inside "$NAME" true; done
    expect "on skiff" ready "$(cat "$SPAWNED_OUT")"
}

@test "CVE-2017-5226, CVE-2019-7303: nothing is typed into the caller's terminal" {
    hint "setsid(2); TIOCSTI in ioctl_tty(2)"
    run "$HERE/payload-lure" tty unshare --mount "$HERE/naive" run "$ROOTFS" payload-calls tiocsti tiocsti64
    expect_match "control: the naive runner" "typed [12]" "$output"
    for init in "" --init --privileged; do
        # shellcheck disable=SC2086  # none, or one word
        run "$HERE/payload-lure" tty "$EXERCISE" run $init "$ROOTFS" payload-calls tiocsti tiocsti64
        expect_match "it ran with '$init'" "tiocsti [A-Z]" "$output"
        expect_match "with '$init'" "typed 0" "$output"
    done
}

@test "CVE-2017-5226: nor from a terminal of its own" {
    hint "the container's terminal is another: pty(7)"
    run "$HERE/payload-lure" tty "$EXERCISE" run -t "$ROOTFS" payload-calls tiocsti tiocsti64
    expect_match "it ran" "tiocsti" "$output"
    expect_match "the caller's terminal" "typed 0" "$output"
}

# not_ours WHAT: of the last run, PID 1 was another file than the program, or may
# not be written for good: ETXTBSY would only mean, not while it runs
not_ours() {
    refused "$output" write=/proc/1/exe || return 1
    [ "$(head -n 1 <<<"$output")" = "$(stat -c %d:%i "$EXERCISE")" ] || return 0
    expect "writing the program, $1" "refused for good" \
        "$(grep -q "write=/proc/1/exe ETXTBSY" <<<"$output" && echo "not while it runs" || echo "refused for good")"
}

@test "CVE-2019-5736: the program of skiff cannot be overwritten through /proc/PID/exe" {
    hint "an owner that is not mapped; else a sealed copy, or a read-only mount of it: memfd_create(2)"
    skiff_copy
    sum=$(cksum "$EXERCISE")
    for options in "--init" "--init --privileged" "--init --userns host" "--init --userns host --cap-add ALL"; do
        # shellcheck disable=SC2086  # words
        run skiff $options "$ROOTFS" sh -c "stat -L -c %d:%i /proc/1/exe; payload-files write=/proc/1/exe" 2>/dev/null
        not_ours "$options"
    done
    # COMMAND that leads back to the runner: it runs, if at all, as a program
    # of the container
    image
    ln -s /proc/self/exe "$IMAGE/bin/me"
    printf '#!/proc/self/exe\n' >"$IMAGE/bin/script"
    chmod 755 "$IMAGE/bin/script"
    for command in me script /proc/self/exe; do
        status=0
        skiff --userns host "$IMAGE" "$command" >/dev/null 2>&1 || status=$?
        [ "$status" -ne 0 ]
    done
    expect "the program" "$sum" "$(cksum "$EXERCISE")"
}

@test "CVE-2019-5736: nor that of an ordinary user, who owns it" {
    hint "container root is that user where the map has one id: a sealed copy, or a read-only mount; memfd_create(2)"
    require user userns overlay:user
    user_dir
    cp "$EXERCISE" "$USER_DIR/skiff"
    new_image "$USER_DIR/rootfs"
    chown -R "$(lab_uid):$(lab_gid)" "$USER_DIR"
    cd "$USER_DIR" || return
    EXERCISE=$USER_DIR/skiff
    run --separate-stderr as_user ./skiff run --init rootfs sh -c \
        "stat -L -c %d:%i /proc/1/exe; payload-files write=/proc/1/exe write=/etc/passwd"
    expect_match "control: what is the container's can be written" "write=/etc/passwd in" "$output"
    not_ours "for an ordinary user"
}

@test "CVE-2019-5736: nor by somebody who waits for it to be started again, with exec" {
    hint "an owner that is not mapped; else a sealed copy, or a read-only mount of it: memfd_create(2)"
    image
    ln -s /proc/self/exe "$IMAGE/bin/me"
    NAIVE=$WORLD/naive
    cp "$HERE/naive" "$NAIVE"
    spawn unshare --mount --propagation private "$NAIVE" run "$IMAGE" payload-lure overwrite "$(stat -c %d:%i "$NAIVE")"
    wait_for said ready "$SPAWNED_OUT"
    tries=50
    until said overwritten "$SPAWNED_OUT"; do
        naive exec "$SPAWNED" me >/dev/null || true
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { echo "control: the naive runner was not overwritten"; return 1; }
    done
    expect "control: the naive runner" OVERWRITTEN "$(head -c 11 "$NAIVE")"

    skiff_copy
    sum=$(cksum "$EXERCISE")
    for options in "" "--userns host"; do
        # shellcheck disable=SC2086  # words
        named $options
        spawn "$EXERCISE" exec "$NAME" payload-lure overwrite "$(stat -c %d:%i "$EXERCISE")"
        wait_for said ready "$SPAWNED_OUT"
        for _ in 1 2 3 4 5 6 7 8 9 10; do inside "$NAME" /proc/self/exe >/dev/null 2>&1 || true; done
        expect "the program, '$options'" "$sum" "$(cksum "$EXERCISE")"
        kill -KILL "$CONTAINER"
        wait_for eval '! napping'
    done
}

@test "CVE-2022-24769: no inheritable capability" {
    hint "capset(2); the inheritable set in capabilities(7)"
    stopped naive run "$ROOTFS" -- payload-calls inheritable
    for options in "-u 1000" "--privileged" "--cap-add NET_RAW --init"; do
        # shellcheck disable=SC2086  # words
        run setpriv --inh-caps +chown,+kill "$EXERCISE" run $options "$ROOTFS" payload-calls inheritable
        refused "$output" inheritable
        # shellcheck disable=SC2086  # words
        run setpriv --inh-caps +chown,+kill "$EXERCISE" run $options "$ROOTFS" grep -E 'Cap(Inh|Amb)' /proc/self/status
        expect "sets with '$options'" "0000000000000000 0000000000000000" "$(awk '{ print $2 }' <<<"$output" | xargs)"
    done
}

@test "CVE-2024-21626: no working directory is left open to the host" {
    hint "getcwd(2) that does not start with '/'; close_range(2) before chdir(2)"
    run naive run -w /proc/self/fd/3 "$ROOTFS" payload-files "cwd=$CANARY"
    expect_output "cwd=$CANARY in"
    image
    for fd in 3 4 5 6 7 8 9 200; do ln -s "/proc/self/fd/$fd" "$IMAGE/fd$fd"; done
    for fd in 3 4 5 6 7 8 9 200; do
        for dir in "/proc/self/fd/$fd" "/fd$fd"; do
            run --separate-stderr bash -c 'exec 200</; shift; "$@" 3>&- 4>&-' _ - \
                "$EXERCISE" run -w "$dir" "$IMAGE" payload-files "cwd=$CANARY" "cwd=$ELSEWHERE"
            if [ "$status" -eq 0 ]; then refused "$output" "cwd=$CANARY" "cwd=$ELSEWHERE"; else one_line; fi
        done
    done
}

@test "CVE-2024-21626: nor to who joins, by exec from a folder that is not there" {
    hint "chdir(2) after setns(2); a working directory outside is '(unreachable)' to getcwd(2)"
    spawn "unshare" --mount --propagation private "$HERE/naive" run "$ROOTFS" sleep "$NAP"
    wait_for napping
    pid=$(nappers)
    run naive exec -w /proc/self/fd/3 "$pid" payload-files "cwd=$CANARY"
    expect_output "cwd=$CANARY in"
    kill -KILL "$pid"
    wait_for eval '! napping'
    named
    cd "$WORLD" || return
    run inside "$NAME" payload-files "cwd=$CANARY" "descriptors=$CANARY" "chroot=$CANARY" \
        "cwd=$ELSEWHERE" "descriptors=$ELSEWHERE" "chroot=$ELSEWHERE"
    refused "$output" "cwd=$CANARY" "descriptors=$CANARY" "chroot=$CANARY" \
        "cwd=$ELSEWHERE" "descriptors=$ELSEWHERE" "chroot=$ELSEWHERE"
    run inside "$NAME" sh -c 'pwd; ls /proc/self/fd | wc -l'
    expect_match "where it is" "^/" "$output"
}

@test "CVE-2025-31133: a mask is never a file of the image's choice" {
    hint "the masks are bind mounts of a null that skiff made itself, by descriptor: open_tree(2)"
    require file:/proc/timer_list
    image
    rm -f "$IMAGE/dev/null"
    ln -s "$CANARY" "$IMAGE/dev/null"
    run naive run "$IMAGE" cat /proc/timer_list
    expect "control: the naive runner's mask is a window" precious "$output"
    run --separate-stderr skiff "$IMAGE" sh -c 'cat /proc/timer_list /proc/interrupts /proc/keys; stat -c %t:%T /proc/interrupts'
    [ "$status" -eq 125 ] || expect "what the masks show" 1:3 "$output"
    expect "the file" precious "$(cat "$CANARY")"
}

@test "CVE-2025-52881, CVE-2023-27561: what is mounted on /proc does not take skiff's writes" {
    hint "write to a procfs of one's own: fsopen(2), PROC_SUPER_MAGIC in statfs(2)"
    evil=$WORLD/evil
    mkdir -p "$evil"/{self,thread-self,1}/attr "$evil/sys/kernel" "$evil/sys/net/ipv4" "$evil/sys/user"
    victims=(sys/kernel/hostname sys/kernel/domainname sys/net/ipv4/ping_group_range self/attr/exec self/attr/current
        self/oom_score_adj self/uid_map self/gid_map self/setgroups self/timerslack_ns thread-self/attr/exec 1/oom_score_adj)
    for file in "${victims[@]}"; do ln -s "$CANARY" "$evil/$file"; done
    chmod -R a+rwX "$evil"
    chmod 666 "$CANARY"
    naive run -v "$evil:/proc" "$ROOTFS" true || true
    expect "control: the naive runner wrote" naive "$(head -c 5 "$CANARY")"
    echo precious >"$CANARY"
    image
    cp -a "$evil/." "$IMAGE/proc/"
    skiff "$IMAGE" true
    expect "an image with a /proc of its own" precious "$(cat "$CANARY")"
    run --separate-stderr skiff -v "$evil:/proc" "$ROOTFS" sh -c 'cat /proc/self/status || echo none'
    [ "$status" -eq 0 ] || one_line
    said=$status
    expect "with a volume on /proc" precious "$(cat "$CANARY")"
    [ "$said" -eq 0 ] || return 0
    container -v "$evil:/proc"
    expect Seccomp 2 "$(proc_field "$CONTAINER" Seccomp)"
    expect NoNewPrivs 1 "$(proc_field "$CONTAINER" NoNewPrivs)"
}

@test "CVE-2025-52881: nor does a /proc that the container has covered take those of exec" {
    hint "write to a procfs of one's own: fsopen(2), PROC_SUPER_MAGIC in statfs(2)"
    named --privileged -v "$WORLD:/v"
    chmod 666 "$CANARY"
    chmod 777 "$WORLD"
    inside "$NAME" sh -c 'mount -t tmpfs none /proc && mkdir -p /proc/self/attr /proc/sys/kernel /proc/1 &&
        for f in self/attr/exec self/oom_score_adj self/uid_map self/setgroups sys/kernel/hostname 1/oom_score_adj
        do ln -s /v/canary /proc/$f; done'
    run inside "$NAME" sh -c 'cat /proc/self/setgroups'
    expect "what is behind the link" precious "$output"
    expect "the file" precious "$(cat "$CANARY")"
}

@test "CVE-2019-10144, -10145, -10147: who joins is bound by all that binds the container" {
    hint "capabilities, the filter, no_new_privs, cgroup and namespaces once more, for exec: see setns(2)"
    named
    first=$CONTAINER
    spawn "$EXERCISE" exec "$NAME" sleep "$NAP"
    wait_for eval '[ "$(nappers | wc -l)" -eq 2 ]'
    joined=$(nappers | grep -vx "$first")
    for field in CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Uid Gid Groups; do
        expect "$field" "$(proc_field "$first" "$field")" "$(proc_field "$joined" "$field")"
    done
    for kind in mnt user pid net ipc uts cgroup; do
        expect "$kind namespace" "$(ns_of "$first" "$kind")" "$(ns_of "$joined" "$kind")"
    done
    expect cgroups "$(cat "/proc/$first/cgroup")" "$(cat "/proc/$joined/cgroup")"
    expect "its root" "$(stat -Lc %d:%i "/proc/$first/root")" "$(stat -Lc %d:%i "/proc/$joined/root")"
    export SECRET=exposed
    run inside "$NAME" payload-host environ=exposed open
    refused "$output" environ=exposed open
    run inside "$NAME" payload-calls unshare clone3 io_uring keyctl inheritable
    refused "$output" unshare clone3 io_uring keyctl inheritable
}

@test "CVE-2016-3697: a user of the image with a number as name is not that number" {
    hint "-u 1000 is uid 1000, whatever /etc/passwd says"
    image
    echo '1000:x:0:0:root:/root:/bin/sh' >"$IMAGE/etc/passwd"
    echo '100:x:0:' >"$IMAGE/etc/group"
    run skiff -u 1000:100 "$IMAGE" sh -c 'echo $(awk "/^(Uid|Gid):/ { print \$2 }" /proc/self/status)'
    expect_output "1000 100"
}

@test "CVE-2026-30892: user 1 is user 1" {
    hint "strtoul(3) of the whole text"
    run skiff -u 1 "$ROOTFS" sh -c 'echo $(awk "/^(Uid|Gid):/ { print \$2 }" /proc/self/status)'
    expect_output "1 0"
    named -u 1
    run inside "$NAME" sh -c 'echo $(awk "/^(Uid|Gid):/ { print \$2 }" /proc/self/status)'
    expect_output "1 0"
}

@test "CVE-2021-43784: what is too long is refused, and does not run over into something else" {
    hint "a length that does not fit is an error: see snprintf(3)"
    long=$(printf 'x%.0s' {1..5000})
    for option in "--hostname $long" "-w /$long" "-u $long" "-e =$long" "-m $long" "--cap-add $long" "--network $long"; do
        # shellcheck disable=SC2086  # two words
        run --separate-stderr skiff $option "$ROOTFS" echo ran
        one_line
        expect "output of ${option:0:10}" "" "$output"
    done
    run --separate-stderr skiff "$long" true
    one_line
    many=()
    for i in {1..2000}; do many+=(-e "V$i=$long"); done
    run --separate-stderr skiff "${many[@]:0:600}" "$ROOTFS" sh -c 'echo ${#V1} ${#V300}'
    [ "$status" -eq 0 ] && expect_output "5000 5000" || one_line
}

@test "exec does not enter a container that is not all there yet: it would stay in what is the host's" {
    hint "a record of a container is complete when it is in all of its namespaces, and in its root"
    require tool:strace
    local look='stat -c %d:%i /; readlink /proc/self/ns/cgroup' seen refused=0
    NAME=late$NAP
    # Two seconds before its root is its own.
    spawn strace -f -o /dev/null -e trace=pivot_root -e inject=pivot_root:delay_enter=2000000 \
        "$EXERCISE" run --name "$NAME" "$ROOTFS" sleep "$NAP"
    for ((tries = 0; tries < 1000; tries++)); do
        if seen=$(prog exec "$NAME" sh -c "$look" 2>"$BATS_TEST_TMPDIR/words"); then break; fi
        expect_match "what it said" "$NAME: no such container" "$(cat "$BATS_TEST_TMPDIR/words")"
        # The control: all that it could have entered was there.
        [ "$(pgrep -c -P "$(pgrep -o -f "^$EXERCISE run --name $NAME ")")" -lt 2 ] || refused=$((refused + 1))
    done
    expect "refused while it was being made" yes "$([ "$refused" -gt 0 ] && echo yes)"
    wait_for napping
    expect "root and cgroup namespace" "$(prog exec "$NAME" sh -c "$look")" "$seen"
}
