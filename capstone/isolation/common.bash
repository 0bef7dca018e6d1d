# shellcheck shell=bash
# capstone/isolation/common.bash - what the tests of skiff share
#
# They judge skiff from outside: the command of most containers is a sleep
# with a number of its own, found among the host's processes, and what counts
# is what the kernel says of it.

load ../../support/bats
# shellcheck disable=SC2034  # for prog, in support/bats.bash
EXERCISE=${LAB_BIN:-$BATS_TEST_DIRNAME/..}/skiff
export FOOTPRINT_CGROUPS='skiff*'
# shellcheck disable=SC2034  # for ask_filter, in support/bats.bash
PAYLOAD_FILTER=$BATS_TEST_DIRNAME/../isolation/payload-filter

# What every container of root's takes, asked once a file
SKIFF_NEEDS=(root ns:user ns:mnt ns:pid ns:ipc ns:uts ns:net ns:cgroup proc:user overlay seccomp
    cgroup:memory cgroup:pids cgroup:cpu)

# require_skiff FACILITY...: that, and these.  skiff also makes two calls that containers
# (of an older Docker, say) refuse: SKIFF_REFUSED.
# shellcheck disable=SC2120  # some files need more
require_skiff() {
    # shellcheck disable=SC2086  # a list
    require root ${SKIFF_LACKS-} "$@"
    [ -z "${SKIFF_REFUSED-}" ] || mendable "$SKIFF_REFUSED" "$SKIFF_REFUSED(2) is refused here" "$ELSEWHERE"
}

# setup_file: one rootfs for all tests of a file; no test may change it
setup_file() {
    local name
    export ROOTFS=$BATS_FILE_TMPDIR/rootfs SKIFF_LACKS='' SKIFF_REFUSED=''
    for name in "${SKIFF_NEEDS[@]}"; do
        facility "$name" >/dev/null || SKIFF_LACKS+=" $name"
    done
    cp -a "$BATS_TEST_DIRNAME/../../build/rootfs" "$ROOTFS"
    cp "$BATS_TEST_DIRNAME/payload-call" "$ROOTFS/bin/"
    # clone3 (435 on every processor) without arguments is EINVAL; a kernel without keys says ENOSYS.
    [ "$("$BATS_TEST_DIRNAME/payload-call" 435 0 0)" = 22 ] || SKIFF_REFUSED=clone3
    case $("$BATS_TEST_DIRNAME/payload-call" keyring) in -38) ;; -*) SKIFF_REFUSED=keyctl ;; esac
}

setup() {
    lab_setup
    # shellcheck disable=SC2119  # nothing more
    require_skiff
    NAP=$((1000000 + BATS_TEST_NUMBER * 100000 + RANDOM))
    # shellcheck disable=SC2034  # for expect_footprint, in the tests
    before=$(footprint)
}

# Every test ends with the machine as it was.  First the commands go, so that
# each skiff cleans up itself; what then still runs is ended by force, keepers
# included.
teardown() {
    local pid left=0
    for pid in $(nappers); do kill -KILL "$pid" || true; done
    for pid in "${LAB_SPAWNED[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
    [ ${#LAB_SPAWNED[@]} -eq 0 ] || wait_for eval '[ -z "$(marked_pids)" ]' || true
    if sandboxed; then
        same_as_before || left=1 # while there is a machine to look at
        lab_teardown
        return "$left"
    fi
    lab_teardown
    same_as_before
}

same_as_before() { [ -z "${BATS_TEST_COMPLETED-}" ] || [ -z "${before-}" ] || expect_footprint "$before"; }

# box_ready: in a sandbox the root filesystem has to be one that containers may
# change the ids of, like the test's own folder
box_ready() {
    cp -a --no-preserve=ownership "$ROOTFS" "$BATS_TEST_TMPDIR/rootfs"
    ROOTFS=$BATS_TEST_TMPDIR/rootfs
}

# nappers: the pids of this test's sleeping commands, as the host sees them.  In a line of
# shell it takes `env sleep`: in the busybox of Ubuntu sleep is a part of the shell.
nappers() {
    local file pid
    while read -r file; do
        pid=${file#/proc/}
        pid=${pid%/cmdline}
        [ "$(tr '\0' ' ' <"$file" 2>/dev/null)" != "sleep $NAP " ] || echo "$pid"
    done < <(grep -lsxzF -- "$NAP" /proc/[0-9]*/cmdline)
}

# container OPTION...: a container whose COMMAND sleeps; $SPAWNED is skiff, and
# $CONTAINER the command as the host sees it
container() {
    spawn "$EXERCISE" run "$@" "${IMAGE:-$ROOTFS}" sleep "$NAP"
    wait_for napping_or_ended || true
    # shellcheck disable=SC2034  # for the tests
    CONTAINER=$(nappers | head -n 1)
    [ -z "$CONTAINER" ] || return 0
    echo "expected: the container runs"
    echo "observed: it does not: $(cat "$SPAWNED_ERR")"
    return 1
}

napping_or_ended() { napping || ! kill -0 "$SPAWNED" 2>/dev/null; }

# end_container: for a test that wants another one
end_container() {
    kill -KILL "$CONTAINER"
    reap "$SPAWNED"
}

napping() { [ -n "$(nappers)" ]; }

# in_container CMD...: run, with this test's rootfs
in_container() { prog run "$ROOTFS" "$@"; }

# skiff_shell SCRIPT: the same for a line of shell
skiff_shell() { prog run "$ROOTFS" sh -c "$1"; }

# limit_of PID CONTROLLER V1FILE V2FILE: the content of the limit's file
limit_of() {
    local dir
    dir=$(cgroup_dir "$1" "$2")
    if [ -e "$dir/$4" ]; then cat "$dir/$4"; else cat "$dir/$3"; fi
}

# ---- what is left ---------------------------------------------------------
# Other containers come and go meanwhile, perhaps of the same skiff.  So only
# what is new counts; and of cgroups those with a process of this test's, or
# with none at all and for as long as one looks: a group that somebody else is
# about to fill, or to remove, is empty for a moment only.

# leftovers BEFORE: what is there now and was not then, one line each
leftovers() {
    comm -13 <(sort -u <<<"$1") <(footprint | sort -u) | while read -r kind what; do
        [ "$kind" != cgroup ] || own_group "$what" || continue
        echo "$kind $what"
    done
}

# own_group DIR: can it be this test's?
own_group() {
    local members
    [ -d "$1" ] || return 1
    members=$(find "$1" -name cgroup.procs -exec cat {} + 2>/dev/null || true)
    [ -z "$members" ] || grep -qwF "$(nappers; marked_pids)" <<<"$members"
}

# expect_footprint BEFORE: nothing more than then, after some seconds
expect_footprint() {
    local PATIENCE tries left
    patience 8 2 footprint
    tries=$((PATIENCE * 50))
    left=$(leftovers "$1")
    while [ -n "$left" ]; do
        tries=$((tries - 1))
        if [ "$tries" -eq 0 ]; then
            in_vain footprint
            printf 'expected: nothing left behind\nobserved:\n%s\n' "$left"
            return 1
        fi
        nap 0.02
        left=$(comm -12 <(echo "$left") <(leftovers "$1"))
    done
}

# ---- looking at containers ------------------------------------------------

# container_dirs PID: its cgroup in each hierarchy, as directories
container_dirs() {
    local controller
    for controller in memory pids cpu; do cgroup_dir "$1" "$controller"; done | sort -u
}

# mounted PID TARGET: "OPTIONS TYPE" of what is mounted there in the container
mounted() { awk -v at="$2" '$5 == at { for (i = 7; $i != "-"; i++); print $6, $(i + 1) }' "/proc/$1/mountinfo" | tail -n 1; }

# tree DIR: everything in it, with what would change if it were touched
tree() { (cd "$1" && find . -printf '%p %i %m %u:%g %s %T@\n' | sort); }

# outside_dir: a folder of the host's in $OUTSIDE, removed after the test, that
# everybody may write to, so that only the root filesystem's bounds protect it;
# not in /tmp, which a runner may cover on its way
outside_dir() {
    OUTSIDE=$(if sandboxed; then mktemp -d "$BATS_TEST_TMPDIR/lab.XXXXXX"; else mktemp -d /var/tmp/lab.XXXXXX; fi)
    LAB_DIRS+=("$OUTSIDE")
    chmod 777 "$OUTSIDE"
    echo precious >"$OUTSIDE/file"
}
