#!/usr/bin/env bats
# What config.json can say, and what becomes of it.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154  # scripts for another shell
load common

@test "namespaces: twice, of the wrong type, by no path, none for mounts: refused" {
    refuse 'namespaces: uts: twice' '.linux.namespaces += [{ type: "uts" }]'
    refuse 'network: /proc/self/ns/uts is not one' '(.linux.namespaces[] | select(.type == "network")).path = "/proc/self/ns/uts"'
    refuse 'network: /etc/passwd is not one' '(.linux.namespaces[] | select(.type == "network")).path = "/etc/passwd"'
    refuse "ns/net' is not an absolute path" '(.linux.namespaces[] | select(.type == "network")).path = "proc/self/ns/net"'
    refuse "'nosuch': no such type" '.linux.namespaces += [{ type: "nosuch" }]'
    refuse 'a new mount namespace is needed' '.linux.namespaces -= [{ type: "mount" }]'
    refuse 'needs maps' '.linux.namespaces += [{ type: "user" }]'
    refuse 'no user namespace' '.linux.uidMappings = [{ containerID: 0, hostID: 1, size: 1 }]'
}

@test "namespaces by path are joined, those that are not named are the caller's" {
    bundle "$(nap)"
    create
    start
    other=$PID first=$ID
    ID=$ID-2 BUNDLE=$BATS_TEST_TMPDIR/b2
    bundle "$(nap)" "(.linux.namespaces[] | select(.type == \"network\" or .type == \"pid\" or .type == \"ipc\")) |= (.path = \"/proc/$other/ns/\" + (.type | sub(\"network\"; \"net\")))" \
        '.linux.namespaces -= [{ type: "uts" }] | del(.hostname)'
    create
    for kind in net pid ipc; do expect "$kind" "$(ns_of "$other" "$kind")" "$(ns_of "$PID" "$kind")"; done
    expect "uts" "$(ns_of self uts)" "$(ns_of "$PID" uts)"
    for kind in mnt cgroup; do [ "$(ns_of "$other" "$kind")" != "$(ns_of "$PID" "$kind")" ]; done
    start
    run -0 oci exec "$first" ps
    expect_match "seen from the first" "2 root .* sleep $NAP" "$output"
    run -0 oci delete --force "$ID"
}

@test "a user namespace of its own, and one that is joined with what it owns" {
    user='.linux.namespaces += [{ type: "user" }] | .linux.uidMappings = [{ containerID: 0, hostID: 300000, size: 1000 }] | .linux.gidMappings = .linux.uidMappings'
    bundle "$(nap)" "$user"
    create
    start
    expect "container root, on the host" 300000 "$(stat -c %u "/proc/$PID")"
    run -0 oci exec "$ID" sh -c 'cat /proc/self/uid_map; id -u'
    expect_match "the map" '0 +300000 +1000.0$' "$output"
    other=$PID
    ID=$ID-2 BUNDLE=$BATS_TEST_TMPDIR/b2
    bundle "$(nap)" "(.linux.namespaces |= map(select(.type != \"cgroup\" and .type != \"mount\" and .type != \"pid\") | .path = \"/proc/$other/ns/\" + (.type | sub(\"network\"; \"net\"))))" \
        ".linux.namespaces += [{ type: \"user\", path: \"/proc/$other/ns/user\" }, { type: \"mount\" }, { type: \"pid\" }]"
    create
    for kind in user net uts; do expect "$kind" "$(ns_of "$other" "$kind")" "$(ns_of "$PID" "$kind")"; done
    start
    run -0 oci delete --force "$ID"
}

@test "what is known and not supported is refused by name; what is not known is ignored" {
    while IFS='|' read -r filter words; do
        refuse "$words" "$filter"
    done <<'END'
.linux.intelRdt = { closID: "x" }|linux.intelRdt: not supported
.linux.mountLabel = "system_u"|linux.mountLabel: not supported
.process.selinuxLabel = "system_u"|process.selinuxLabel: not supported
.process.execCPUAffinity = { initial: "0" }|process.execCPUAffinity: not supported
.windows = {}|windows: not supported
.linux.personality = { domain: "PDP11" }|linux.personality: 'PDP11'
.linux.seccomp = { defaultAction: "SCMP_ACT_NOTIFY" }|SCMP_ACT_NOTIFY
.linux.sysctl = { "kernel.core_pattern": "x" }|sysctl: kernel.core_pattern: not of a new namespace
.linux.sysctl = { "net/../kernel/core_pattern": "x" }|not of a new namespace
.mounts += [{ destination: "/x", type: "tmpfs", options: ["remount"] }]|option 'remount': not supported
.mounts += [{ destination: "/x", type: "bind", source: "/", options: ["size=1"] }]|option 'size=1': not supported
.ociVersion = "2.0.0"|ociVersion '2.0.0'
.process.args = []|process.args: no program
.process.cwd = "tmp"|not an absolute path
.process.rlimits = [{ type: "RLIMIT_X", soft: 1, hard: 1 }]|RLIMIT_X: no such limit
.process.user.uid = "root"|process.user.uid: not a whole number
.root.path = "/"|the host's own
.root.path = "/nosuch"|root.path: /nosuch
.linux.cgroupsPath = "/../x"|no path below the root
.linux.cgroupsPath = "/"|no path below the root
.linux.resources.unified = { "../x": "1" }|unified: ../x
.linux.timeOffsets = { monotonic: { secs: 1 } }|no new time namespace
.process.terminal = true|needs --console-socket
.linux.rootfsPropagation = "sideways"|'sideways': no such one
.linux.resources.devices = [{ allow: true, type: "z" }]|resources.devices
END
    bundle
    echo '{ "ociVersion": "1.0.2", "ociVersion": "1.0.2" }' >"$BUNDLE/config.json"
    run --separate-stderr oci create --bundle "$BUNDLE" "$ID"
    expect_match "a name twice" 'duplicate' "$stderr"
    run -0 run_bundle '.process.args = ["true"]' '.nosuch = 1 | .linux.nosuch = {} | .process.nosuch = null | .linux.intelRdt = null'
}

@test "the process: arguments, environment, home, directory, ids, umask, limits, priorities" {
    bundle "$(script 'echo "$SAIL $HOME $PWD $(id -u):$(id -g) $(id -G) $(umask) $(ulimit -n) $(ulimit -Hc) $(cat /proc/self/oom_score_adj) $(ionice) $(cut -d" " -f19 /proc/self/stat)"; grep -c . /proc/self/environ')" \
        '.process |= (.env = ["PATH=/bin", "SAIL=up"] | .cwd = "/new/dir" | .user = { uid: 7, gid: 8, additionalGids: [9, 10], umask: 63 } | .oomScoreAdj = 500 |
         .rlimits += [{ type: "RLIMIT_CORE", soft: 0, hard: 4242424242 }] | .ioPriority = { class: "IOPRIO_CLASS_IDLE", priority: 0 } |
         .scheduler = { policy: "SCHED_BATCH", nice: 5 } | .capabilities = {})' '.root.readonly = false' '.root.path = "'"$(cp -a "$ROOTFS" "$BATS_TEST_TMPDIR/r" && echo "$BATS_TEST_TMPDIR/r")"'"'
    sed -i "s/4242424242/18446744073709551615/" "$BUNDLE/config.json"         # more than jq can count to
    run -0 bounded "$MONITOR" "$RUNTIME" "$STATE" "$BUNDLE" "$ID"
    expect_match "all of it" '^up / /new/dir 7:8 8 9 10 0077 256 unlimited 500 idle' "${output/ulimit*unlimited/unlimited}"
    expect_match "nice" "idle 5" "$output"
}

@test "the scheduler's flags: in force, one that is none is refused" {
    require tool:chrt
    bundle "$(nap)" '.process.scheduler = { policy: "SCHED_BATCH", nice: 3, flags: ["SCHED_FLAG_RESET_ON_FORK"] }'
    create
    expect_match "reset on fork" 'SCHED_BATCH\|SCHED_RESET_ON_FORK' "$(chrt -p "$PID")"
    run -0 oci delete --force "$ID"
    ID=$ID-2
    bundle "$(nap)" '.process.scheduler = { policy: "SCHED_BATCH" }'
    create
    expect "without" "" "$(chrt -p "$PID" | grep RESET || true)"
    run -0 oci delete --force "$ID"
    refuse "scheduler.flags: 'SCHED_FLAG_SAIL': not supported" '.process.scheduler = { policy: "SCHED_OTHER", flags: ["SCHED_FLAG_SAIL"] }'
    refuse "'SCHED_SAIL': no such policy" '.process.scheduler = { policy: "SCHED_SAIL" }'
}

@test "capabilities: the five sets as they are named, for root and for another" {
    sets='{ bounding: ["CAP_CHOWN", "CAP_NET_RAW"], permitted: ["CAP_CHOWN", "CAP_NET_RAW"], effective: ["CAP_CHOWN"], inheritable: ["CAP_NET_RAW"], ambient: ["CAP_NET_RAW"] }'
    run -0 run_bundle '.process.args = ["grep", "Cap", "/proc/self/status"]' ".process.capabilities = $sets"
    expect "root" "2000 2001 2001 2001 2000" "$(awk '{ sub(/^0+/, "", $2); printf "%s%s", s, $2; s = " " }' <<<"$output")"
    ID=$ID-2
    run -0 run_bundle '.process.args = ["grep", "Cap", "/proc/self/status"]' ".process.capabilities = $sets" '.process.user.uid = 1000'
    expect "another: only what is ambient" "2000 2000 2000 2001 2000" "$(awk '{ sub(/^0+/, "", $2); printf "%s%s", s, $2; s = " " }' <<<"$output")"
    ID=$ID-3
    run -0 run_bundle '.process.args = ["grep", "Cap", "/proc/self/status"]' ".process.capabilities = {}"
    expect "none at all" 0 "$(grep -c '[1-9a-f][0-9a-f]*$' <<<"$output" || true)"
}

@test "mounts: a file, read-only above and below, tmpcopyup, modes, propagation" {
    dir=$BATS_TEST_TMPDIR/v
    mkdir -p "$dir/below"
    echo words >"$dir/file"
    mount -t tmpfs below "$dir/below"
    run run_bundle "$(script 'cat /etc/one; touch /ro/x; touch /ro/below/x && echo below; touch /rro/below/x; ls /etc | grep -c passwd; touch /etc/new && echo copied; stat -c %a /home; grep -c " /sl .*master:" /proc/self/mountinfo; grep " /ro " /proc/self/mountinfo | grep -c shared:')" \
        '.mounts += [{ destination: "/etc", type: "tmpfs", options: ["tmpcopyup"] }, { destination: "/etc/one", type: "bind", source: "'"$dir"'/file", options: ["ro"] },
         { destination: "/home", type: "tmpfs", options: ["mode=711"] },
         { destination: "/ro", type: "bind", source: "'"$dir"'", options: ["rbind", "ro"] }, { destination: "/rro", type: "bind", source: "'"$dir"'", options: ["rbind", "rro"] },
         { destination: "/sl", type: "bind", source: "'"$dir"'/below", options: ["rbind", "rslave"] }]' \
        '.root.readonly = false' '.root.path = "'"$(cp -a "$ROOTFS" "$BATS_TEST_TMPDIR/r" && echo "$BATS_TEST_TMPDIR/r")"'"'
    umount "$dir/below"
    expect_match "the file" '^words' "$output"
    expect_match "read-only" 'touch: /ro/x: Read-only' "$output"
    expect_match "not below it" $'\nbelow\n' "$output"
    expect_match "recursively read-only" 'touch: /rro/below/x: Read-only' "$output"
    expect "copied up, a mode, no peer of the host's" "1 copied 711" "$(grep -xE '1|copied|711' <<<"$output" | head -n 3 | paste -sd ' ')"
    expect "never shared unless asked" 0 "$(tail -n 1 <<<"$output")"
}

@test "mounts with ids of their own: what is theirs on the host is root's in there" {
    mkdir "$BATS_TEST_TMPDIR/v"
    touch "$BATS_TEST_TMPDIR/v/f"
    chown 1234:1234 "$BATS_TEST_TMPDIR/v/f"
    run run_bundle '.process.args = ["stat", "-c", "%u:%g", "/v/f"]' \
        '.mounts += [{ destination: "/v", type: "bind", source: "'"$BATS_TEST_TMPDIR"'/v", options: ["bind", "idmap"],
          uidMappings: [{ containerID: 1234, hostID: 0, size: 1 }], gidMappings: [{ containerID: 1234, hostID: 5, size: 1 }] }]'
    [[ $output != *"mapping its ids"* ]] || mendable idmap "this kernel or filesystem maps no ids of a mount" "Linux 5.12, and a folder on ext4, xfs or btrfs"
    expect_output 0:5
}

@test "masked and read-only paths, sysctl, /dev and its links" {
    run -0 run_bundle "$(script 'cat /proc/keys | wc -c; ls -A /sys/firmware | wc -l; echo 1 >/proc/sys/net/ipv4/ip_forward; cat /proc/sys/net/ipv4/ip_default_ttl; cat /proc/sys/fs/mqueue/msg_max; readlink /dev/fd; readlink /dev/ptmx; for n in null zero full random urandom tty; do test -c /dev/$n && echo -n $n; done; head -c 1 /dev/zero | wc -c; ls -l /dev/mine')" \
        '.linux.sysctl = { "net.ipv4.ip_default_ttl": "33", "fs/mqueue/msg_max": "11" }' \
        '.linux.devices = [{ path: "/dev/mine", type: "c", major: 1, minor: 7, fileMode: 384, uid: 5, gid: 6 }]'
    expect "what is seen" "0 0 33 11 /proc/self/fd pts/ptmx" "$(grep -v -e "^sh:" -e '^can' <<<"$output" | head -n 6 | paste -sd ' ')"
    expect_match "write-protected" 'ip_forward: Read-only' "$output"
    expect_match "devices" 'nullzerofullrandomurandomtty1' "$output"
    expect_match "one more" 'crw------- .* 5 +6 +1, +7 .*/dev/mine' "$output"
}

@test "devices: a node is no use where the rules do not allow it, and is where they do" {
    node='.linux.devices = [{ path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 438 }]'
    run run_bundle "$(script 'head -c 0 /dev/fuse; head -c 3 /dev/zero | wc -c')" "$node"
    expect_match "refused" 'not permitted' "$output"
    expect_match "the usual ones" '3$' "$output"
    ID=$ID-2
    run run_bundle "$(script 'head -c 0 /dev/fuse; :')" "$node" '.linux.resources.devices += [{ allow: true, type: "c", major: 10, minor: 229, access: "r" }]'
    [[ $output != *"not permitted"* ]]
    ID=$ID-3
    run run_bundle "$(script 'head -c 0 /dev/fuse; echo read; echo x >/dev/fuse')" "$node" '.linux.resources.devices += [{ allow: true, type: "c", major: 10, minor: 229, access: "rw" }, { allow: false, type: "c", major: 10, access: "w" }]'
    expect_match "the last rule counts, for each access by itself" $'read\n.*not permitted' "$output"
}

@test "resources: in the files of this machine's control groups, v1 or v2" {
    require cgroup:memory cgroup:cpu cgroup:pids
    bundle "$(nap)" '.linux.resources |= (.memory = { limit: 50331648, swap: 50331648, reservation: 16777216 } | .cpu = { shares: 512, quota: 50000, period: 100000 } | .pids.limit = 20)'
    create
    memory=$(cgroup_dir "$PID" memory) cpu=$(cgroup_dir "$PID" cpu) pids=$(cgroup_dir "$PID" pids)
    expect "memory" 50331648 "$(cat "$memory"/memory.{limit_in_bytes,max} 2>/dev/null)"
    expect "soft limit" 16777216 "$(cat "$memory"/memory.{soft_limit_in_bytes,low} 2>/dev/null)"
    expect "pids" 20 "$(cat "$pids/pids.max")"
    expect_match "quota" '^50000( 100000)?$' "$(cat "$cpu"/cpu.{cfs_quota_us,max} 2>/dev/null)"
    expect_match "shares" '^(512|20)$' "$(cat "$cpu"/cpu.{shares,weight} 2>/dev/null)"
    expect "where it is" "skiff-oci-test-$ID" "$(basename "$memory")"
    run -0 oci delete --force "$ID"
    ID=$ID-2
    run run_bundle "$(script 'dd if=/dev/zero of=/dev/null bs=64M count=1; echo survived')" '.linux.resources.memory = { limit: 16777216, swap: 16777216 }'
    expect_match "more than it may have" '^(.*Killed.*survived|)$' "$(tr '\n' ' ' <<<"$output" | sed 's/ $//')"
    refuse 'linux.resources.memory.limit' '.linux.resources.memory.limit = "much"'
}

@test "seccomp: an errno, a kill, arguments, an action that logs; no profile, no filter" {
    run run_bundle "$(script 'mkdir /dev/shm/x; grep Seccomp: /proc/self/status')" \
        '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 }] }'
    expect_match "its errno, and no word of ours" '^mkdir: .*No space left on device' "$output"
    expect_match "a filter" 'Seccomp:.2' "$output"
    ID=$ID-2
    run run_bundle "$(script 'mkdir /dev/shm/x; exit 3')" '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_KILL_PROCESS" }] }'
    expect_match "killed" 'Bad system call' "$output"
    ID=$ID-3
    run run_bundle "$(script 'kill -USR1 $$')" '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["kill"], action: "SCMP_ACT_ERRNO", errnoRet: 28, args: [{ index: 1, value: 10, op: "SCMP_CMP_EQ" }] }] }' '.process.noNewPrivileges = false'
    expect_match "by argument, also without no_new_privs" 'No space left' "$output"
    ID=$ID-4
    run -0 run_bundle '.process.args = ["grep", "Seccomp:", "/proc/self/status"]'
    expect_match "none" '0$' "$output"
}

@test "time, personality, hostname and domainname" {
    require ns:time
    run -0 run_bundle "$(script 'cut -d. -f1 /proc/uptime; hostname; cat /proc/sys/kernel/domainname; uname -m')" '.hostname = "moon" | .domainname = "sea"' \
        '.linux.namespaces += [{ type: "time" }] | .linux.timeOffsets = { boottime: { secs: 100000000 }, monotonic: { secs: 7, nanosecs: 5 } }' '.linux.personality = { domain: "LINUX32" }'
    [ "$(head -n 1 <<<"$output")" -gt 100000000 ]
    expect "names" "moon sea" "$(sed -n 2,3p <<<"$output" | paste -sd ' ')"
    [ "$(uname -m)" != x86_64 ] || expect "what it believes to be" i686 "$(sed -n 4p <<<"$output")"
}

@test "control groups v2: limits, devices by BPF, freezing, what has no file there" {
    require cgroup2:memory cgroup2:pids cgroup2:cpu
    bundle "$(nap)" '.linux.resources |= (.memory = { limit: 50331648, swap: 67108864 } | .cpu = { shares: 1024, quota: 50000, period: 100000 } | .unified = { "memory.high": "40000000" })' \
        '.linux.devices = [{ path: "/dev/fuse", type: "c", major: 10, minor: 229 }]'
    create
    start
    group=$(cgroup_dir "$PID" memory)
    expect "memory" "50331648 16777216 39997440" "$(cat "$group"/memory.{max,swap.max,high} | paste -sd ' ')"
    expect "cpu" "50000 100000 39" "$(cat "$group"/cpu.{max,weight} | paste -sd ' ')"
    run oci exec "$ID" head -c 0 /dev/fuse
    expect_match "a device that is not allowed" 'not permitted' "$output"
    run -0 oci exec "$ID" head -c 1 /dev/zero
    run -0 oci pause "$ID"
    expect "frozen" "frozen 1" "$(grep frozen "$group/cgroup.events")"
    run -0 oci resume "$ID"
    run -0 oci delete --force "$ID"
    refuse 'linux.resources.memory.swappiness' '.linux.resources.memory.swappiness = 10'
}

@test "a /dev that is read-only has its devices all the same; a root filesystem that is shared" {
    run run_bundle "$(script 'touch /dev/x; echo x >/dev/null && echo fine; grep " / / " /proc/self/mountinfo | grep -c shared:; awk "\$5 == \"/\"" /proc/self/mountinfo | grep -c shared:')" \
        '(.mounts[] | select(.destination == "/dev")).options += ["ro"]' '.linux.rootfsPropagation = "shared"'
    expect_match "not to be written to" '/dev/x: Read-only' "$output"
    expect_match "and of use" 'fine' "$output"
    expect "propagation" 1 "$(tail -n 1 <<<"$output")"
}
