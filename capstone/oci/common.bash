# shellcheck shell=bash
# capstone/oci/common.bash - what the tests of skiff-oci share
#
# Two ways to a container: a bundle of the test's own, config.json as it lies here with a
# change or two; or through an engine, which has its store and its sockets in this test's
# folder and its control groups below one of this test's name.

load ../../support/bats
RUNTIME=${LAB_BIN:-$BATS_TEST_DIRNAME/..}/skiff-oci
MONITOR=$BATS_TEST_DIRNAME/payload-monitor

# setup_file: one rootfs for all tests of a file; no test may change it
setup_file() {
    export ROOTFS=$BATS_FILE_TMPDIR/rootfs
    cp -a "$BATS_TEST_DIRNAME/../../build/rootfs" "$ROOTFS"
}

setup() {
    lab_setup
    require root
    hint "the runtime specification's config-linux.md, and runc(8)"
    STATE=$BATS_TEST_TMPDIR/state
    ID=oci-$$-$BATS_TEST_NUMBER-$RANDOM
    NAP=$((1000000 + BATS_TEST_NUMBER * 100000 + RANDOM))
    note_nodes
}

# note_nodes: those of /dev as they are, for the teardown to compare
note_nodes() { NODES_BEFORE=$(nodes); }

# Every test ends with the machine as it was.
teardown() { oci_teardown; }

oci_teardown() {
    local dir
    for dir in "${STATE:-/nonexistent}"/*/; do
        [ ! -d "$dir" ] || timeout -k 1 20 "$RUNTIME" --root "$STATE" delete --force "$(basename "$dir")" >&2 || true
    done
    lab_teardown
    [ -z "${BATS_TEST_COMPLETED-}" ] || [ -z "${ID-}" ] || nothing_left
}

# left: what there still is of this test: groups, mounts, state, sleepers.  Others may run
# at the same time.
left() {
    find /sys/fs/cgroup -maxdepth 3 -name "*$ID*" 2>/dev/null || true
    grep -F "$BATS_TEST_TMPDIR" /proc/self/mountinfo || true
    ls -A "$STATE" 2>/dev/null || true
    grep -lsxzF -- "$NAP" /proc/[0-9]*/cmdline || true
    comm -13 <(sort <<<"${NODES_BEFORE-}") <(nodes | sort)
}

nothing_left() {
    local tries=100
    while [ -n "$(left)" ]; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { printf "expected: nothing left behind\nobserved:\n%s\n" "$(left)"; return 1; }
        sleep 0.02
    done
}

# oci ARG...: the runtime, with this test's state, nothing inherited and bounded; what
# its containers print goes to $OUT
oci() { ( close_fds; exec timeout -k 2 20 "$RUNTIME" --root "$STATE" "$@" </dev/null ); }

# bundle FILTER...: a bundle in $BUNDLE, config.json changed by filters of jq(1); its
# rootfs is that of the file, read-only
bundle() {
    local filter
    BUNDLE=${BUNDLE:-$BATS_TEST_TMPDIR/bundle}
    mkdir -p "$BUNDLE"
    jq --arg rootfs "${IMAGE:-$ROOTFS}" --arg path "/skiff-oci-test-$ID" '.root.path = $rootfs | .root.readonly = true |
        .linux.cgroupsPath = $path' "$BATS_TEST_DIRNAME/config.json" >"$BUNDLE/config.json"
    for filter; do
        jq "$filter" "$BUNDLE/config.json" >"$BUNDLE/config.new"
        mv "$BUNDLE/config.new" "$BUNDLE/config.json"
    done
}

# script SCRIPT: the filter for a container that runs that line of shell
script() { jq -n --arg script "$1" '$script' | sed 's/^/.process.args = ["sh", "-c", /; s/$/]/'; }

# nap: the filter for one that sleeps
nap() { echo ".process.args = [\"sleep\", \"$NAP\"]"; }

# run_bundle FILTER...: all of its life
run_bundle() {
    bundle "$@"
    bounded "$MONITOR" "$RUNTIME" "$STATE" "$BUNDLE" "$ID"
}

# create [OPTION...]: it, with $PID as the host sees it
create() {
    OUT=$BATS_TEST_TMPDIR/out
    oci create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$@" "$ID" >"$OUT" 2>&1 || { cat "$OUT"; return 1; }
    # shellcheck disable=SC2034  # for the tests
    PID=$(cat "$BATS_TEST_TMPDIR/pid")
}

# start: and until it sleeps, where it is one that does
start() { run -0 oci start "$ID"; }

status_is() { [ "$(oci state "$ID" | jq -r .status)" = "$1" ]; }

# refuse WORDS FILTER...: create fails with those words in its line, and leaves nothing
refuse() {
    local words=$1
    shift
    bundle "$@"
    # Into a file: a container that there is in spite of all would hold a pipe open.
    run "-${REFUSED:-125}" --separate-stderr create_to_file
    expect_error "${REFUSED:-125}" skiff-oci
    # shellcheck disable=SC2154  # stderr is set by run
    expect_match "the reason" "$words" "$stderr"
    expect "what is left of it" "" "$(ls "$STATE" 2>/dev/null || true)"
}

create_to_file() { oci create --bundle "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/refused"; }

# ---- podman -----------------------------------------------------------------

# podman_setup: once for a file: a store of its own, and one small image in it
podman_setup() {
    # Not below the test's folder: podman takes no longer path than 50 characters.
    ENGINE=$(mktemp -d /tmp/oci.XXXXXX)
    export ENGINE CONTAINERS_CONF=$BATS_FILE_TMPDIR/containers.conf
    export CGROUPS=/skiff-oci-podman-$$
    # A mount namespace for all its calls: what podman mounts is not other tests' business.
    ( close_fds; exec unshare --mount --propagation private sleep 3600 </dev/null >/dev/null 2>&1 ) &
    export SEA=$!
    wait_for eval '[ "$(ns_of "$SEA" mnt)" != "$(ns_of self mnt)" ]'
    # The usual limits are more than a root without CAP_SYS_RESOURCE may give.
    printf '[containers]\ndefault_ulimits = ["nofile=256:512", "nproc=512:1024"]\n[engine]\nlock_type = "file"\n' >"$CONTAINERS_CONF"
    import || { cat "$ENGINE/import"; return 1; }
}

import() { tar -C "$BATS_TEST_DIRNAME/../../build/rootfs" -c . | pod import --quiet - box >"$ENGINE/import" 2>&1; }

# podman_teardown: with its control groups, which the engine leaves
podman_teardown() {
    pod rm -fa -t 0 >/dev/null 2>&1 || true
    find /sys/fs/cgroup -depth -type d -path "*$CGROUPS*" -exec rmdir {} + 2>/dev/null || true
    kill "$SEA" 2>/dev/null || true
    remove_dir "$ENGINE"
}

# pod ARG...: podman with that store and this runtime
pod() {
    ( close_fds; exec timeout ${FOREGROUND:+--foreground} -k 2 60 nsenter --target "$SEA" --mount podman --root "$ENGINE/store" --runroot "$ENGINE/run" --tmpdir "$ENGINE/tmp" \
        --storage-driver vfs --cgroup-manager cgroupfs --events-backend none --runtime "$RUNTIME" "$@" )
}

# box [OPTION...] -- [CMD...]: podman run, without a network, with the image
box() {
    local options=()
    while [ "$1" != -- ]; do options+=("$1"); shift; done
    shift
    pod run --network none --cgroup-parent "$CGROUPS" "${options[@]}" box "$@"
}
