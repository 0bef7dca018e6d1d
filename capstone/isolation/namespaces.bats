#!/usr/bin/env bats
# What the container sees of the machine, and what it does not.
load common

@test "[4] every namespace of the container is its own" {
    hint "one CLONE_NEW* flag each in clone(2), the cgroup one by unshare(2); see namespaces(7)"
    container
    for kind in user mnt pid uts ipc net cgroup; do
        ours=$(ns_of self "$kind")
        theirs=$(ns_of "$CONTAINER" "$kind")
        [ -n "$theirs" ]
        [ "$ours" != "$theirs" ] || expect "$kind namespace" "another than $ours" "$theirs"
    done
}

@test "[2] COMMAND is PID 1 and sees no process but the container's" {
    hint "CLONE_NEWPID and a fresh proc; see pid_namespaces(7)"
    container
    expect_match "NSpid" "^ *[0-9]+ 1\$" "$(proc_field "$CONTAINER" NSpid)"
    run skiff_shell 'echo /proc/[0-9]*'
    expect_output "/proc/1"
}

@test "[2] container root is an unprivileged uid and gid on the host" {
    hint "/proc/PID/uid_map, user_namespaces(7)"
    container
    read -r uid _ <<<"$(proc_field "$CONTAINER" Uid)"
    read -r gid _ <<<"$(proc_field "$CONTAINER" Gid)"
    expect "uid 0 on the host" no "$([ "$uid" -ge 1000 ] && echo no || echo "yes ($uid)")"
    expect "gid 0 on the host" no "$([ "$gid" -ge 1000 ] && echo no || echo "yes ($gid)")"
    run in_container id -u
    expect_output 0
}

@test "[2] two containers do not share host ids" {
    hint "limits that the kernel counts by uid would be shared; see user_namespaces(7)"
    container
    first=$(proc_field "$CONTAINER" Uid)
    one=$CONTAINER
    spawn "$EXERCISE" run "$ROOTFS" sleep "$NAP"
    wait_for eval '[ "$(nappers | wc -l)" -eq 2 ]'
    other=$(nappers | grep -vx "$one")
    [ "$first" != "$(proc_field "$other" Uid)" ] || expect "uids of the second" "others than $first" "$first"
}

@test "[1] the hostname is the container's own" {
    hint "uts_namespaces(7), sethostname(2)"
    ours=$(bounded uname -n)
    run prog run --hostname cabin "$ROOTFS" sh -c 'hostname; echo $HOSTNAME'
    expect_output $'cabin\ncabin'
    expect "our hostname" "$ours" "$(bounded uname -n)"
    run in_container hostname
    [ "$output" != "$ours" ] || expect "default hostname" "another than $ours" "$output"
}

@test "[2] the network is lo alone, and up; --network host is the caller's" {
    hint "network_namespaces(7), SIOCSIFFLAGS in netdevice(7)"
    run in_container sh -c 'awk "NR > 2 { print \$1 }" /proc/net/dev; cat /sys/class/net/lo/flags'
    expect_output $'lo:\n0x9'
    container --network host
    expect "net namespace with --network host" "$(ns_of self net)" "$(ns_of "$CONTAINER" net)"
}

@test "[2] System V IPC of the host is not visible" {
    hint "ipc_namespaces(7)"
    require tool:ipcmk
    machine_pid >/dev/null
    id=$(bounded ipcmk -M 4096 | grep -o '[0-9]*$')
    theirs=$(in_container awk 'NR > 1' /proc/sysvipc/shm || true)
    ours=$(bounded awk -v id="$id" 'NR > 1 && $2 == id { print "seen" }' /proc/sysvipc/shm)
    bounded ipcrm -m "$id"
    expect "the host sees its segment" seen "$ours"
    expect "segments in the container" "" "$theirs"
}

@test "[2] the container's cgroup looks like the root" {
    hint "unshare(2) CLONE_NEWCGROUP once inside; see cgroup_namespaces(7)"
    run in_container cat /proc/self/cgroup
    expect_status 0
    expect "paths" "/" "$(cut -d: -f3 <<<"$output" | sort -u)"
    container
    for dir in $(container_dirs "$CONTAINER"); do
        expect "$dir is a group of its own" no "$(findmnt -n -o TARGET -M "$dir" >/dev/null && echo "yes, the root" || echo no)"
    done
}

@test "[1] --time-offset: the clocks since boot are ahead, in a time namespace" {
    hint "timens_offsets, written before the first process is in it; see time_namespaces(7)"
    require ns:time
    ours=$(cut -d. -f1 /proc/uptime)
    theirs=$(prog run --time-offset 100000 "$ROOTFS" cut -d. -f1 /proc/uptime)
    ahead=$((theirs - ours))
    [ "$ahead" -ge 99990 ] && [ "$ahead" -le 100100 ] || expect "seconds ahead" "about 100000" "$ahead"
    container --time-offset 100000
    [ "$(ns_of self time)" != "$(ns_of "$CONTAINER" time)" ]
    end_container
    container
    expect "control: without it the host's" "$(ns_of self time)" "$(ns_of "$CONTAINER" time)"
}
