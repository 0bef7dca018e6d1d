#!/usr/bin/env bats
# --delegate: cgroups of the container's own; and containers in a container.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # run sets output, status, stderr; common.bash uses what setup sets
load common

setup() {
    lab_setup
    # shellcheck disable=SC2119  # nothing more
    require_skiff
    NAP=$((1000000 + BATS_TEST_NUMBER * 100000 + RANDOM))
    before=$(footprint)
}

# subgroup: shell words that make a group below the container's own for the
# tasks controller, as $group, whichever version this machine has
SUBGROUP='find_group() {
    while read -r _ _ _ _ point rest; do
        rest=${rest#*- }
        case $rest in
            cgroup2*) if grep -qw pids $point/cgroup.controllers; then
                    echo +pids >$point/cgroup.subtree_control || return 1
                    group=$point/mine; fi ;;
            cgroup*) set -- $rest
                case ,$3, in *,pids,*) group=$point/mine ;; esac ;;
        esac
    done </proc/self/mountinfo
    mkdir $group
}
find_group && '

@test "[2] --delegate: the container divides its part of the tree, and the limits hold" {
    hint "chown(2) of the directory, cgroup.procs and cgroup.subtree_control; see cgroups(7), \"Delegation\""
    run prog run --delegate "$ROOTFS" sh -c "$SUBGROUP"'echo 3 >$group/pids.max && echo 0 >$group/cgroup.procs &&
        (sleep 30 & sleep 30 & sleep 30 & sleep 30 &) 2>&1; cat $group/pids.max'
    expect_match "its own limit" "^3\$" "$(tail -n 1 <<<"$output")"
    expect_match "the shell's words" "[Cc]an't fork" "$output"
    expect_footprint "$before"
    run prog run "$ROOTFS" sh -c "$SUBGROUP"'echo made'
    expect "control: without --delegate" "" "$(grep made <<<"$output" || true)"
}

@test "[2] --delegate: the container's own limits stay out of its reach" {
    hint "the files with the limits stay the host's; see cgroups(7), \"Delegation\""
    container --delegate -m 80m --pids-limit 33 --name "test-$NAP"
    limits() {
        limit_of "$CONTAINER" memory memory.limit_in_bytes memory.max
        limit_of "$CONTAINER" pids pids.max pids.max
    }
    # its processes may be in a leaf: the limit is the nearest one above that is a number
    root_dirs=()
    for dir in $(container_dirs "$CONTAINER"); do
        while [ "$(cat "$dir/pids.max" "$dir/memory.max" 2>/dev/null | grep -cv max)" -eq 0 ] &&
            [ ! -e "$dir/memory.limit_in_bytes" ] && [ ! -e "$dir/cpu.cfs_quota_us" ]; do dir=${dir%/*}; done
        root_dirs+=("$dir")
    done
    values() { for dir in "${root_dirs[@]}"; do
        cat "$dir"/{memory.max,pids.max,cpu.max,memory.limit_in_bytes,cpu.cfs_quota_us} 2>/dev/null || true; done; }
    at_first=$(values)
    expect_match "the limits" $'(^|\n)83886080(\n|$)' "$at_first"
    expect_match "the limits" $'(^|\n)33(\n|$)' "$at_first"
    run prog exec "test-$NAP" sh -c 'find /sys/fs/cgroup -maxdepth 2 \( -name "*.max" -o -name "*limit_in_bytes" -o -name "*quota_us" \) |
        while read -r file; do (echo 1000000000 >$file) 2>/dev/null; (echo max >$file) 2>/dev/null; (echo -1 >$file) 2>/dev/null; done; :'
    expect "the limits afterwards" "$at_first" "$(values)"
    for dir in "${root_dirs[@]}"; do
        expect "who owns $dir" "$(proc_field "$CONTAINER" Uid | cut -d' ' -f1)" "$(inside_id "$(stat -c %u "$dir")")"
        for file in "$dir"/{memory.max,pids.max,cpu.max,memory.limit_in_bytes,cpu.cfs_quota_us}; do
            [ ! -e "$file" ] || expect "who owns $file" 0 "$(inside_id "$(stat -c %u "$file")")"
        done
    done
}

@test "[1] --delegate: groups that the container leaves go with it" {
    hint "rmdir(2) from the leaves upwards, once the last process is gone"
    spawn "$EXERCISE" run --delegate "$ROOTFS" sh -c "$SUBGROUP"'mkdir $group/a $group/a/b; echo 0 >$group/a/b/cgroup.procs; exec sleep '"$NAP"
    wait_for napping
    dir=$(cgroup_dir "$(nappers)" pids)
    expect_match "where it is" "/mine/a/b\$" "$dir"
    kill -KILL "$SPAWNED"
    reap "$SPAWNED"
    wait_for eval "[ ! -e ${dir%/mine*} ]"
    expect_footprint "$before"
}

@test "[2] skiff runs in skiff" {
    hint "all that it needs is namespaced: see user_namespaces(7), and mount_too_revealing() for a proc that is masked"
    folder=$(cd "${EXERCISE%/*}" && pwd)
    spawn "$EXERCISE" run --privileged --delegate -v "$folder:/opt:ro" "$ROOTFS" \
        /opt/skiff run --pids-limit 9 --hostname inner / sh -c "hostname; id -u; exec sleep $NAP"
    wait_for napping
    expect output $'inner\n0' "$(cat "$SPAWNED_OUT")"
    CONTAINER=$(nappers)
    expect_match "its pids: here, outside, inside" "^[0-9]+ [0-9]+ 1\$" "$(proc_field "$CONTAINER" NSpid)"
    expect "limit" 9 "$(limit_of "$CONTAINER" pids pids.max pids.max)"
    expect NoNewPrivs 1 "$(proc_field "$CONTAINER" NoNewPrivs)"
    expect Seccomp 2 "$(proc_field "$CONTAINER" Seccomp)"
    kill -KILL "$SPAWNED"
    reap "$SPAWNED"
    wait_for eval '! napping'
    expect_footprint "$before"
}
