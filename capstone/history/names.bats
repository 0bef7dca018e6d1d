#!/usr/bin/env bats
# No path or name is cut without a word, and only what a run made is removed at its end.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # run sets output, status, stderr
load common

# words N: a name of that many bytes
words() { printf 'x%.0s' $(seq "$1"); }

@test "--upper with a long path keeps its changes, and the user's tree stays" {
    hint "PATH_MAX in path_resolution(7); what does not fit is an error, never cut"
    cd "$WORLD" || return
    deep=$(for _ in {1..14}; do printf '%s/' "$(words 50)"; done)
    mkdir -p "$deep/up"
    for dir in $(words 50) "$deep"; do echo kept >"$dir/file"; done
    before_run=$(find . | sort)
    run skiff --upper "$deep/up" "$ROOTFS" sh -c 'echo new >/new'
    expect_status 0
    expect "what it wrote" new "$(cat "$deep/up/new")"
    rm "$deep/up/new"
    expect "the tree" "$before_run" "$(find . | sort)"
    # The longest name that works, and one byte more.
    mkdir "$(words 235)" "$(words 236)"
    run skiff --upper "$(words 235)" "$ROOTFS" true
    expect_status 0
    run --separate-stderr skiff --upper "$(words 236)" "$ROOTFS" true
    one_line
    expect_match "the refusal" "236 bytes, at most 235" "$stderr"
    expect "the user's directory" yes "$([ -d "$(words 236)" ] && echo yes)"
}

@test "--upper: a work directory that could not be made is not removed" {
    hint "mkdir(2) that fails has made nothing: EEXIST means that somebody else has"
    make -s -C ../faults stepper
    mkdir -p "$WORLD/store/up"
    echo kept >"$WORLD/store/file"
    state=$(tree "$WORLD/store")
    run --separate-stderr bounded ../faults/stepper -o /dev/null -i parent:mkdirat:1:17 \
        "$EXERCISE" run --upper "$WORLD/store/up" "$ROOTFS" true
    one_line
    expect "the directory" "$state" "$(tree "$WORLD/store")"
}

@test "--upper: another directory in the place of its parent is left alone at the end" {
    hint "by descriptor, no link followed: openat(2), O_NOFOLLOW, unlinkat(2)"
    mkdir -p "$WORLD/mine/up" "$WORLD/victim"
    container --upper "$WORLD/mine/up"
    work=$(cd "$WORLD/mine" && echo .up.*)
    expect "its work directory" yes "$([ -d "$WORLD/mine/$work" ] && echo yes)"
    # The owner of the parent directory puts a link there, to one with such a name.
    mkdir "$WORLD/victim/$work"
    echo precious >"$WORLD/victim/$work/file"
    mv "$WORLD/mine" "$WORLD/elsewhere"
    ln -s "$WORLD/victim" "$WORLD/mine"
    end_container
    expect "what the link leads to" precious "$(cat "$WORLD/victim/$work/file")"
    expect "the work directory itself" up "$(ls -A "$WORLD/elsewhere")"
}

@test "a run directory of any length: kill, exec and list mean the name that was said" {
    hint "the length of XDG_RUNTIME_DIR is the user's choice; a name that is cut is another container's"
    require user userns overlay:user
    user_dir
    new_image "$USER_DIR/rootfs"
    chown -R "$(lab_uid):$(lab_gid)" "$USER_DIR"
    # None longer than a record's path was once cut at, two longer, one too long to be used.
    for length in 20 79 180 4000; do
        runtime=$USER_DIR/$(words "$length" | sed 's/x\{200\}/&\//g')
        (umask 077 && mkdir -p "$runtime") 2>/dev/null || true
        chown -R "$(lab_uid):$(lab_gid)" "$USER_DIR"
        with=(env XDG_RUNTIME_DIR="$runtime" "$EXERCISE")
        pids=()
        for name in production-da production-database-1; do
            spawn setpriv --reuid="$(lab_uid)" --regid="$(lab_gid)" --clear-groups --inh-caps=-all "${with[@]}" run --name "$name" "$USER_DIR/rootfs" sleep "$NAP"
            pids+=("$SPAWNED")
            wait_for eval 'as_user "${with[@]}" list 2>/dev/null | grep -q "^$name "'
        done
        run as_user "${with[@]}" exec production-da hostname
        expect_status 0
        run as_user "${with[@]}" kill production-database-1
        expect_status 0
        wait_for eval '! as_user "${with[@]}" list | grep -q "^production-database-1 "'
        expect "what runs" production-da "$(as_user "${with[@]}" list | awk 'NR > 1 { print $1 }')"
        run as_user "${with[@]}" kill production-database-1
        expect_status 125
        as_user "${with[@]}" kill production-da
        for pid in "${pids[@]}"; do reap "$pid"; done
    done
}

@test "a long message keeps its reason" {
    hint "the name gives way, not the errno"
    run --separate-stderr skiff "/$(words 200)/$(words 200)/$(words 200)" true
    one_line
    expect_match "the reason" "(No such file or directory|File name too long)$" "$stderr"
}

@test "--layer: more layers than their list has room for are refused, not left out" {
    hint "a string for fsconfig(2) has 255 bytes"
    layers=()
    for i in {1..60}; do
        mkdir "$WORLD/$i"
        echo "$i" >"$WORLD/$i/top"
        layers+=(--layer "$WORLD/$i")
    done
    run skiff "${layers[@]}" "$ROOTFS" cat /top
    expect_output 60
    run --separate-stderr skiff "${layers[@]}" "${layers[@]}" "$ROOTFS" cat /top
    one_line
}

@test "--delegate: thousands of groups, flat and nested, are gone at the end" {
    hint "rmdir(2) from the leaves up; cgroup.max.descendants on v2"
    require cgroup:memory
    # shellcheck disable=SC2016  # for the shell in there
    make_groups='set -f; for dir in $(awk "/ cgroup/ { print \$5 }" /proc/self/mountinfo); do cd "$dir" || exit
        seq 1 1500 | xargs -n 500 mkdir 2>/dev/null || :
        i=0; while [ $i -lt 300 ] && mkdir n 2>/dev/null && cd n; do i=$((i + 1)); done; done; echo done'
    run skiff --delegate "$ROOTFS" sh -c "$make_groups"
    expect_match "it tried" "done$" "$output"
    expect "groups of it" "" "$(find /sys/fs/cgroup -maxdepth 3 -name "skiff-*" -newer "$CANARY" -exec sh -c 'test "$(find "$1" -name n)"' _ {} \; -print)"
}

@test "--delegate on v2: the number of groups and their depth are bounded" {
    hint "cgroup.max.descendants and cgroup.max.depth in cgroups(7), which stay the host's"
    require cgroup2:memory
    # shellcheck disable=SC2016  # for the shell in there
    run skiff --delegate "$ROOTFS" sh -c 'cd /sys/fs/cgroup && cat cgroup.max.descendants cgroup.max.depth
        i=0; while mkdir g$i 2>/dev/null; do i=$((i + 1)); done; echo made $i; (echo 5000 >cgroup.max.descendants) 2>&1 | grep -c denied'
    expect "the bounds" "1000 32 made 999 1" "$(xargs <<<"$output")"
}

@test "a group that cannot be removed is named, and not waited for without end" {
    hint "the time is bounded; what is left is said, with its path"
    require cgroup:pids
    container
    dir=$(cgroup_dir "$CONTAINER" pids)
    [[ $dir = */skiff-* ]] || mendable cgroup:pids "its group is not to be seen from here" "$ELSEWHERE"
    # A process of this test's in the container's group keeps it alive.
    spawn sleep 300
    guest=$SPAWNED
    echo "$guest" >"$dir/cgroup.procs"
    skiff=$(proc_field "$CONTAINER" PPid)
    kill -KILL "$CONTAINER"
    wait_for eval '! kill -0 "$skiff" 2>/dev/null'
    expect_match "what skiff says" "warning: $dir: left" "$(cat "$BATS_TEST_TMPDIR"/*err* 2>/dev/null)"
    kill -KILL "$guest"
    wait_for rmdir "$dir"
}
