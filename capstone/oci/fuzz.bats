#!/usr/bin/env bats
# The readers of config.json, passwd and state.json, fed with what is none.  FUZZ_SECONDS
# (default 8; 120 with FULL=1) and FUZZ_SEED (default: another one each time) may be set.
load ../../support/bats

setup() {
    lab_setup
    require tool:make tool:jq
}

@test "no config.json, passwd or state.json crashes its reader, or is read as what cannot be" {
    hint "make -C capstone/oci fuzz/fuzz; fuzz/fuzz SECONDS SEED CONFIG again, with the seed it was run with; the case is in ./config.json"
    local seconds=${FUZZ_SECONDS:-8} seed=${FUZZ_SEED:-$RANDOM}
    [ -z "${FULL-}" ] || seconds=${FUZZ_SECONDS:-120}
    LAB_TIMEOUT=300 run -0 bounded make -s fuzz/fuzz
    cd "$BATS_TEST_TMPDIR" || return
    cp "$BATS_TEST_DIRNAME/config.json" a.json
    # one with all that the first has not; and runc's, where there is one
    jq '.process |= (.user = { uid: 1, gid: 2, umask: 63, additionalGids: [3] } | .oomScoreAdj = 5 | .apparmorProfile = "" | .consoleSize = { height: 1, width: 2 } |
            .ioPriority = { class: "IOPRIO_CLASS_BE", priority: 4 } | .scheduler = { policy: "SCHED_BATCH", nice: 1, flags: [] }) |
        .mounts += [{ destination: "/tmp", type: "bind", source: "/tmp", options: ["rbind", "rro"] }] | .annotations = { a: "b" } |
        .hooks = { prestart: [{ path: "/bin/true", args: ["true"], env: ["A=b"], timeout: 1 }] } |
        .linux |= (.namespaces += [{ type: "user" }, { type: "time" }] | .uidMappings = [{ containerID: 0, hostID: 1, size: 1 }] | .gidMappings = .uidMappings |
            .timeOffsets = { boottime: { secs: 1, nanosecs: 2 } } | .devices = [{ path: "/dev/x", type: "c", major: 1, minor: 3, fileMode: 384 }] |
            .sysctl = { "net.ipv4.ip_forward": "1" } | .personality = { domain: "LINUX" } | .rootfsPropagation = "slave" |
            .seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["kill"], action: "SCMP_ACT_ERRNO", args: [{ index: 0, value: 1, op: "SCMP_CMP_EQ" }] }] } |
            .resources |= (.memory = { limit: 5, swap: 6, reservation: 4 } | .cpu = { shares: 512, quota: 5, period: 6, burst: 1, idle: 0, cpus: "0", mems: "0" } |
                .devices += [{ allow: true, type: "c", major: 1, minor: 3, access: "r" }] | .blockIO = { weight: 10, throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 5 }] } |
                .hugepageLimits = [{ pageSize: "2MB", limit: 5 }] | .rdma = { mlx: { hcaHandles: 1 } } | .unified = { "memory.high": "5" }))' a.json >b.json
    runc spec 2>/dev/null && mv config.json c.json || cp a.json c.json
    LAB_TIMEOUT=$((seconds + 60)) run bounded "$BATS_TEST_DIRNAME/fuzz/fuzz" "$seconds" "$seed" a.json b.json c.json
    echo "seed $seed: $output"
    # shellcheck disable=SC2154  # status is set by run
    [ "$status" -eq 0 ] || head -c 3000 config.json
    expect_status 0
    expect_match "cases" '[0-9]{2,} cases, [1-9][0-9]* of them accepted' "$output"
}
