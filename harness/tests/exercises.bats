#!/usr/bin/env bats
# harness/tests/exercises.bats - the exercises with texts that are very long
#
# What does not fit is refused in one line that is whole, and CMD does not run; what
# just fits works.
# shellcheck disable=SC2154  # output, stderr and status are set by run

load ../../support/bats
bats_require_minimum_version 1.5.0
export FOOTPRINT_CGROUPS=-

setup() {
    lab_setup
    LABS=$LAB_TOP/labs
    ROOT=()
    [ "$EUID" -eq 0 ] || { require userns; ROOT=(unshare --map-root-user); }
    # a path of 3,999 bytes
    printf -v LONG '%0199d/' {1..20}
    LONG=${LONG%/}
    cd "$BATS_TEST_TMPDIR" || return
}
teardown() { lab_teardown; }

# tries STATUS PROGRAM ARG...: as root, or the root of a user namespace
tries() { run "-$1" --separate-stderr bounded "${ROOT[@]}" "$LABS"/*/"$2" "${@:3}"; }

# one_line PROGRAM END: one whole line of PROGRAM's, that ends so, and no CMD
one_line() {
    expect "what CMD prints" "" "$output"
    expect "lines" 1 "$(grep -c '' <<<"$stderr")"
    expect "how it begins" "$1: " "${stderr:0:$((${#1} + 2))}"
    expect_match "how it ends" "$2\$" "$stderr"
}

@test "CMD of 4,001 bytes that is not there is 127, of 8,000 bytes 126, by its whole name" {
    local program
    for program in capdrop nsrun idmaprun; do
        tries 127 $program -- "./$LONG"
        one_line $program 'No such file or directory'
        expect "the name" yes "$([[ $stderr = *"$LONG"* ]] && echo yes)"
        tries 126 $program -- "./$LONG/$LONG"
        one_line $program 'File name too long'
    done
    tries 127 sandbox -d mkdir -- "./$LONG"
    one_line sandbox 'No such file or directory'
    tries 126 sandbox -d mkdir -- "./$LONG/$LONG"
    one_line sandbox 'File name too long'
}

@test "a folder of PATH that is too long holds nothing, and the next one is looked at" {
    local PATH=/$LONG/$LONG:$PATH
    tries 0 capdrop -k chown -- true
    tries 0 idmaprun -- true
    tries 127 nsrun -i -- nonesuch-at-all
}

@test "capdrop, sandbox: a name of 1,000 bytes is unknown, and named as a whole" {
    local name
    printf -v name '%01000d' 7
    tries 125 capdrop -k "cap_$name" -- true
    one_line capdrop "$name.*"
    tries 125 sandbox -a "$name" -- true
    one_line sandbox "$name.*"
}

@test "nsrun: a hostname of 64 bytes is taken, one of 65 refused" {
    local name
    printf -v name '%064d' 7
    tries 0 nsrun -u "$name" -- uname -n
    expect_output "$name"
    tries 125 nsrun -u "8$name" -- uname -n
    one_line nsrun 'Invalid argument'
}

@test "idmaprun: 340 lines are a map, 341 none; a wrong one is shown as a whole" {
    local i maps=() word
    for ((i = 0; i < 340; i++)); do maps+=(-U "$i:$i:1"); done
    if [ "$EUID" -eq 0 ]; then
        tries 0 idmaprun "${maps[@]}" -- wc -l /proc/self/uid_map
        expect_output "340 /proc/self/uid_map"
    fi
    tries 125 idmaprun "${maps[@]}" -U 400:400:1 -- true
    one_line idmaprun 'limit'
    printf -v word '%01000d' 7
    tries 2 idmaprun -U "$word" -- true
    expect_match "the usage line" "^usage: .*$word\)\$" "$stderr"
}

@test "cgrun: a hierarchy that is mounted at a path of 500 bytes is found" {
    require root cgroup:pids
    local point deep script
    read -r _ point < <(cgroup_where pids)
    printf -v deep '/sys/fs/cgroup/%0240d/%0240d' 1 2
    # shellcheck disable=SC2016  # for that shell to expand
    script='mount --bind "$1" "$2" && mount -t tmpfs tmpfs /sys/fs/cgroup && mkdir -p "$3" &&
        mount --move "$2" "$3" && exec "$4" -p 20 -- sh -c "cat /proc/self/cgroup"'
    mkdir here
    run bounded unshare --mount --propagation private sh -c "$script" sh "$point" "$PWD/here" "$deep" "$LABS/04-cgroups/cgrun"
    expect_status 0
    expect_match "its group" '/cgrun\.' "$output"
    expect "groups left" "" "$(find "$point" -maxdepth 1 -name 'cgrun.*')"
}

@test "layers: SRC and DST of 3,999 bytes are taken, of 8,000 refused, and nothing is made" {
    require root overlay tool:busybox
    local guard=(unshare --mount --propagation private) layers=$LABS/06-overlay/layers
    mkdir -p root/bin up work
    cp "$(command -v busybox)" root/bin/sh
    # "mount -o ..." of the work folder needs a filesystem that can be an upper layer
    "${guard[@]}" mount -t overlay -o lowerdir=root,upperdir=up,workdir=work o /mnt 2>/dev/null || mendable overlay "no overlay can have its upper layer here" "set TMPDIR to a folder on a disk"
    run -0 --separate-stderr bounded "${guard[@]}" "$layers" -l root -u up -w work -b "/etc:/$LONG" -- /bin/sh -c 'echo ran'
    expect_output ran
    [ -d "up/$LONG" ]
    rm -r up/0*
    run -125 --separate-stderr bounded "${guard[@]}" "$layers" -l root -u up -w work -b "/etc:/$LONG/$LONG" -- /bin/sh -c 'echo ran'
    one_line layers 'File name too long'
    expect "what is made" "" "$(ls up)"
    run -125 --separate-stderr bounded "${guard[@]}" "$layers" -l root -u up -w work -b "/$LONG/$LONG:/new" -- /bin/sh -c 'echo ran'
    one_line layers 'File name too long'
    expect "what is made" "" "$(ls up)"
}
