#!/usr/bin/env bats
# What a container would have of its caller's: groups, limits, protection, skiff's own file,
# the machine's terminals; and what it may make the caller's terminal do.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # run sets output, status, stderr
load common

@test "no supplementary group of the caller's, whatever the user namespace and the user" {
    hint "setgroups(2), before the ids are changed"
    echo secret >"$WORLD/group"
    chgrp 42 "$WORLD/group"
    chmod 640 "$WORLD/group"
    with=(setpriv "--groups=4,42")
    run "${with[@]}" --reuid 1000 --regid 1000 cat "$WORLD/group"
    expect "control: a process of that group" secret "$output"
    container --name "test-$NAP" --userns host
    for user in 0 1000 1000:1000; do
        for namespace in auto host; do
            run "${with[@]}" "$EXERCISE" run --userns "$namespace" -u "$user" "$ROOTFS" sh -c 'id -G; grep Groups /proc/self/status'
            expect "groups (--userns $namespace -u $user)" "${user#*:} Groups:" "$(sed 's/^\([0-9]*\)$/\1/; s/[[:space:]]*$//' <<<"$output" | paste -sd ' ' | sed "s/^0 /${user#*:} /; s/^1000 /${user#*:} /")"
            run "${with[@]}" "$EXERCISE" run --userns "$namespace" --cap-drop ALL -u "$user" \
                -v "$WORLD:/world" "$ROOTFS" cat /world/group
            case $user in 0) ;; *) expect "the file (--userns $namespace -u $user)" 1 "$status" ;; esac
        done
        run "${with[@]}" "$EXERCISE" exec -u "$user" "test-$NAP" grep Groups /proc/self/status
        expect "groups (exec -u $user)" "Groups:" "$(tr -d ' \t' <<<"$output")"
    done
}

@test "a map of one id forbids setgroups: then an ordinary user's container runs all the same" {
    hint "/proc/PID/setgroups in user_namespaces(7)"
    require user userns overlay:user
    user_dir
    new_image "$USER_DIR/rootfs"
    # a map of one id: no newuidmap to be found
    run bounded setpriv --reuid="$(lab_uid)" --regid="$(lab_gid)" --groups "$(lab_gid),42" --inh-caps=-all \
        env -i PATH=/nonexistent HOME=/ "$EXERCISE" run "$USER_DIR/rootfs" sh -c 'cat /proc/self/setgroups; id -G; exec cat /proc/self/uid_map' 2>/dev/null
    expect "setgroups" deny "$(grep -x 'deny\|allow' <<<"$output")"
    expect "status" 0 "$status"
    # and so does what joins it, which cannot ask the container's /proc
    one_id=(setpriv --reuid="$(lab_uid)" --regid="$(lab_gid)" --groups "$(lab_gid),42" --inh-caps=-all env -i PATH=/nonexistent HOME=/)
    spawn "${one_id[@]}" "$EXERCISE" run --name "test-$NAP" "$USER_DIR/rootfs" sleep "$NAP"
    wait_for napping
    run bounded "${one_id[@]}" "$EXERCISE" exec "test-$NAP" cat /proc/self/setgroups
    expect_output deny
}

@test "exec: the limits of --ulimit, as far as its caller may have them" {
    hint "setrlimit(2); /proc/PID/limits in proc(5)"
    container --name "test-$NAP" --ulimit nofile=64:128 --ulimit fsize=4096 --ulimit core=0
    of_limits() { awk '/Max open files|Max file size|Max core/ { print $(NF - 2), $(NF - 1) }' "$1" | paste -sd ' '; }
    expect "of PID 1" "4096 4096 0 0 64 128" "$(of_limits "/proc/$CONTAINER/limits")"
    run prog exec "test-$NAP" cat /proc/self/limits
    expect "of exec" "4096 4096 0 0 64 128" "$(of_limits <(echo "$output"))"
    run prog exec -u 1000 "test-$NAP" cat /proc/self/limits
    expect "of exec -u" "4096 4096 0 0 64 128" "$(of_limits <(echo "$output"))"
    run prog exec "test-$NAP" sh -c 'head -c 9000 /dev/zero >/tmp/large; stat -c %s /tmp/large'
    expect "a file" 4096 "$(tail -n 1 <<<"$output")"
    # control: the caller's own are others
    [ "$(ulimit -n)" -ne 64 ] || mendable nofile "this is the caller's limit, too" "ulimit -n 1024, before the test"
    # A caller with less than the container has: root raises it, who may not goes on with that.
    if (ulimit -n 50 && ulimit -n 60) 2>/dev/null; then
        run bash -c 'ulimit -n 50; exec "$@" 3>&- 4>&-' _ "$EXERCISE" exec "test-$NAP" cat /proc/self/limits
        expect "of root with less" "4096 4096 0 0 64 128" "$(of_limits <(echo "$output"))"
    fi
    run bash -c 'ulimit -n 50; exec "$@" 3>&- 4>&-' _ setpriv --bounding-set=-sys_resource --inh-caps=-sys_resource \
        "$EXERCISE" exec "test-$NAP" cat /proc/self/limits
    expect "of one who may not" "4096 4096 0 0 50 50" "$(of_limits <(echo "$output"))"
}

@test "exec: no protection from the OOM killer; who is nearer to it stays so" {
    hint "oom_score_adj in proc(5)"
    (echo -500 >/proc/self/oom_score_adj) 2>/dev/null || mendable oom_score_adj "lowering it is refused here" "$ELSEWHERE"
    score() { bash -c 'echo "$0" >/proc/self/oom_score_adj; exec "$@" 3>&- 4>&-' "$@"; }
    for options in "" "--userns host" --init; do
        # shellcheck disable=SC2086  # words
        container --name "test-$NAP" $options
        run score -500 nsenter --target "$CONTAINER" --mount --pid cat /proc/self/oom_score_adj
        expect "control: nsenter" -500 "$output"
        for pair in -500:0 -1000:0 0:0 300:300; do
            run score "${pair%:*}" "$EXERCISE" exec "test-$NAP" cat /proc/self/oom_score_adj
            expect "exec ($options) of ${pair%:*}" "${pair#*:}" "$output"
            # shellcheck disable=SC2086  # words
            run score "${pair%:*}" "$EXERCISE" run $options "$ROOTFS" cat /proc/self/oom_score_adj
            expect "run ($options) of ${pair%:*}" "${pair#*:}" "$output"
        done
        end_container
    done
}

@test "skiff's own file cannot be changed from inside, also by root of a user namespace" {
    hint "CVE-2019-5736: a sealed copy in memory, memfd_create(2); /proc/PID/exe in proc(5)"
    cp "$EXERCISE" "$WORLD/skiff"
    chmod 755 "$WORLD" "$WORLD/skiff"
    # PID 1 is skiff itself with --init, and where COMMAND is its file
    run bounded unshare --user --map-root-user "$WORLD/skiff" run --init "$ROOTFS" sh -c \
        'chmod 4700 /proc/1/exe; echo x >>/proc/1/exe; exit 0' 2>/dev/null
    expect "status" 0 "$status"
    expect "its mode" 755 "$(stat -c %a "$WORLD/skiff")"
    expect "its text" "$(cksum <"$EXERCISE")" "$(cksum <"$WORLD/skiff")"
    # control: the id is the owner's
    run bounded unshare --user --map-root-user chmod 4700 "$WORLD/skiff"
    expect "control: chmod of the file" 4700 "$(stat -c %a "$WORLD/skiff")"
    chmod 755 "$WORLD/skiff"
    # what runs is in memory wherever container root could be the owner
    for options in "" "--userns host" "--userns auto:size=4294967294"; do
        # shellcheck disable=SC2086  # words
        container --init $options
        expect_match "PID 1 ($options)" "^/memfd:" "$(readlink "/proc/$(proc_field "$CONTAINER" PPid)/exe")"
        [ -z "$options" ] || expect_match "skiff ($options)" "^/memfd:" "$(readlink "/proc/$SPAWNED/exe")"
        end_container
    done
    container
    expect "control: skiff, where the container has ids of its own" "$(readlink -f "$EXERCISE")" "$(readlink "/proc/$SPAWNED/exe")"
}

@test "what a container calls itself is shown, not obeyed: list, stats, errors" {
    hint "control characters, also C1: console_codes(4)"
    image
    command=$'/esc\e[2J\nnew \xc2\x9b31m \x9b \xff \xe2\x80\xae end'
    printf '#!/bin/sh\nexec sleep %s\n' "$NAP" >"$IMAGE$command"
    chmod 755 "$IMAGE$command"
    spawn "$EXERCISE" run --name "test-$NAP" "$IMAGE" "$command"
    wait_for napping
    odd() { LC_ALL=C grep -c "$(printf '[^\t -~]')" || true; }
    expect "control: the words" 2 "$(odd <<<"$command")"
    run prog list
    expect "list: lines" 1 "$(grep -c "test-$NAP\|new" <<<"$output")"
    expect "list: what is not plain" 0 "$(odd <<<"$output")"
    run prog stats "test-$NAP"
    expect "stats" "0 0" "$status $(odd <<<"$output")"
    for words in "kill $command" "stats $command" "kill test-$NAP $command" "exec $command x" "$command" "run $ROOTFS $command" \
        "run $command" "run --$command" "run -v $command x" "run -e $command" "run --security-opt seccomp=$command x" "exec test-$NAP $command"; do
        IFS=' ' read -r -d '' first rest <<<"$words" || true
        run --separate-stderr prog "$first" "${rest%$'\n'}"
        expect "'$first': lines" 1 "${#stderr_lines[@]}"
        expect "'$first': what is not plain" 0 "$(odd <<<"$stderr")"
    done
    # letters are letters
    run -127 --separate-stderr prog run "$ROOTFS" "/größe-€-😀"
    expect "the error" "skiff: /größe-€-😀: No such file or directory" "$stderr"
}

@test "no container holds all terminals of the machine" {
    hint "max= of devpts; /proc/sys/kernel/pty/max, see pts(4)"
    require tool:script
    for options in "" "--userns host" --privileged; do
        # shellcheck disable=SC2086  # words
        container --name "test-$NAP" $options
        run prog exec "test-$NAP" sh -c 'n=0; while [ $n -lt 80 ] && exec 9<>/dev/ptmx; do sleep '"$NAP"' >/dev/null 2>&1 & n=$((n + 1)); done'
        run prog exec "test-$NAP" sh -c 'ls /dev/pts | grep -c "^[0-9]"'
        expect "terminals ($options), at most" 64 "$output"
        run bounded script -qec 'echo "there is one"' /dev/null
        expect "status on the host" 0 "$status"
        for pid in $(nappers); do kill -KILL "$pid" 2>/dev/null || true; done
        reap "$SPAWNED"
    done
    # control: without the option there is no such end
    run unshare --mount --propagation private sh -c 'mount -t devpts -o newinstance,ptmxmode=666 devpts /mnt && cd /mnt &&
        exec bash -c "for ((i = 0; i < 80; i++)); do exec {fd}<>/mnt/ptmx || break; done; ls /mnt | grep -c \"^[0-9]\""'
    expect "control: a devpts without max=" 80 "$output"
}

@test "nohup: a SIGHUP that the caller ignores does not end the container" {
    hint "what is blocked is not ignored: sigprocmask(2); nohup(1)"
    for how in ignored heeded; do
        export NAP
        run bash -c 'exec 3>&- 4>&-; [ "$0" = heeded ] || trap "" HUP; "$@" & skiff=$!
            until [ -n "$(pgrep -fx "sleep $NAP")" ]; do :; done; kill -HUP $skiff
            [ "$0" = heeded ] || kill -TERM $skiff; wait $skiff; echo $?' "$how" \
            "$EXERCISE" run "$ROOTFS" sleep "$NAP" 2>/dev/null
        expect "$how" "$([ "$how" = ignored ] && echo 143 || echo 129)" "$output"
    done
}
