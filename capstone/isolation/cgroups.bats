#!/usr/bin/env bats
# Limits: always there, real, and never silently missing.
load common

setup() {
    lab_setup
    # shellcheck disable=SC2119  # nothing more
    require_skiff
    NAP=$((1000000 + BATS_TEST_NUMBER * 100000 + RANDOM))
    before=$(footprint)
}

@test "[2] memory, pids and cpu limits are in force by default" {
    hint "memory.max, pids.max and cpu.max (v1: limit_in_bytes, cfs_quota_us); see cgroups(7)"
    container
    for limit in "memory memory.limit_in_bytes memory.max" "pids pids.max pids.max" "cpu cpu.cfs_quota_us cpu.max"; do
        read -r controller v1 v2 <<<"$limit"
        value=$(limit_of "$CONTAINER" "$controller" "$v1" "$v2")
        case $value in
            max* | -1 | 9223372036854771712) expect "$controller limit" "a number" "$value" ;;
        esac
    done
}

@test "[2] the limits asked for are what the kernel enforces" {
    hint "write them before COMMAND starts; see cgroups(7)"
    container --memory 64m --pids-limit 17 --cpus 0.25
    expect memory 67108864 "$(limit_of "$CONTAINER" memory memory.limit_in_bytes memory.max)"
    expect pids 17 "$(limit_of "$CONTAINER" pids pids.max pids.max)"
    quota=$(limit_of "$CONTAINER" cpu cpu.cfs_quota_us cpu.max)
    dir=$(cgroup_dir "$CONTAINER" cpu)
    [[ $quota = *" "* ]] || quota="$quota $(cat "$dir/cpu.cfs_period_us")"
    expect "a quarter of a CPU" 0.25 "$(awk '{ print $1 / $2 }' <<<"$quota")"
}

@test "[2] the container is a fresh cgroup of its own, in each hierarchy" {
    hint "mkdir(2) for each run; see cgroups(7)"
    container
    for controller in memory pids cpu; do
        dir=$(cgroup_dir "$CONTAINER" "$controller")
        expect "members of $dir" "$CONTAINER" "$(cat "$dir/cgroup.procs")"
    done
}

@test "[3] memory beyond the limit is OOM-killed: status 137" {
    hint "memory.max, and no swap beyond it (memory.swap.max, memsw); see cgroups(7)"
    run prog run -m 24m "$ROOTFS" sh -c 'exec tail /dev/zero'
    expect_status 137
    run prog run -m 24m "$ROOTFS" sh -c 'head -c 4m /dev/zero | tail >/dev/null; echo fits'
    expect_output fits
}

@test "[2] no swap is used to get past the memory limit" {
    hint "memory.swap.max = 0, or memory.memsw.limit_in_bytes = memory.limit_in_bytes on v1; see cgroups(7)"
    container -m 32m
    dir=$(cgroup_dir "$CONTAINER" memory)
    if [ -e "$dir/memory.swap.max" ]; then
        expect memory.swap.max 0 "$(cat "$dir/memory.swap.max")"
    elif [ -e "$dir/memory.memsw.limit_in_bytes" ]; then
        expect memory.memsw.limit_in_bytes 33554432 "$(cat "$dir/memory.memsw.limit_in_bytes")"
    else
        require swap
        expect "a limit of swap in the container's cgroup" yes "no file for it in $dir"
    fi
}

@test "[2] a fork loop stops at the pids limit" {
    hint "pids.max; EAGAIN in fork(2)"
    run prog run --pids-limit 10 "$ROOTFS" sh -c 'i=0; while [ $i -lt 30 ]; do sleep 100 & i=$((i+1)); done; echo all'
    expect_match "the shell's words" "[Cc]an't fork" "$output"
    run prog run --pids-limit 50 "$ROOTFS" sh -c 'i=0; while [ $i -lt 30 ]; do sleep 100 & i=$((i+1)); done; echo all'
    expect_output all
    expect_footprint "$before"
}

@test "[2] CPU time beyond the quota is not to be had" {
    hint "cpu.max, nr_throttled in cpu.stat; see cgroups(7)"
    spawn "$EXERCISE" run --cpus 0.1 --init "$ROOTFS" sh -c "env sleep $NAP & while :; do :; done"
    wait_for napping
    CONTAINER=$(nappers)
    dir=$(cgroup_dir "$CONTAINER" cpu)
    wait_for grep -q 'nr_throttled [1-9]' "$dir/cpu.stat"
}
