#!/usr/bin/env bats
# harness/tests/userns.bats - programs that make a user namespace, where that is refused
#
# AppArmor says EACCES, a sysctl or a container's filter EPERM, a limit ENOSPC or EUSERS;
# and Ubuntu lets one be made that has no capability in it.  Each program ends with the
# status that it documents, and one line that names `make doctor`.  What the kernel
# answers is made up by a filter (refuse-userns.c).
# shellcheck disable=SC2154  # output, stderr and status are set by run

load ../../support/bats

ERRNOS="1 13 28 87" # EPERM EACCES ENOSPC EUSERS

setup_file() {
    cd "$BATS_TEST_DIRNAME" || return
    cc -D_GNU_SOURCE -std=c11 -o "$BATS_FILE_TMPDIR/refuse" refuse-userns.c -lseccomp
}

setup() {
    lab_setup
    require user userns tool:cc
    user_dir
    cd "$USER_DIR" || return
    cp "$BATS_FILE_TMPDIR/refuse" "$LAB_TOP/capstone/skiff" "$LAB_TOP/labs/03-userns/idmaprun" .
    local source
    for source in "$LAB_TOP"/labs/0[36]*/step*.c; do cp "${source%.c}" .; done
    cp -a "$LAB_TOP/build/rootfs" rootfs
    [ "$EUID" -ne 0 ] || chown -R "$(lab_uid):$(lab_gid)" .
}

# cases: STATUS COMMAND, for every program that makes a user namespace as an ordinary user
cases() {
    cat <<'END'
125 idmaprun -- true
125 skiff run rootfs true
77 step1-map
77 step2-rules
77 step4-capabilities
77 step5-together
77 step6-nesting
77 step7-owner
77 step9-owned
77 step10-nowhere
77 step11-files
77 step13-rootless rootfs true
77 step14-giveaway
77 step15-range
77 step21-userns dir
END
}

# Root's, or it takes a range of ids first.
OTHERS="step3-subid step9-recursive step12-idmapped"

# the_line: the lines on stderr, but warnings
the_line() { grep -v ': warning: ' <<<"$stderr"; }

# refused ERRNO STATUS COMMAND...: and one line that says who knows more
refused() {
    local errno=$1 status_wanted=$2
    shift 2
    rm -rf dir && as_user mkdir dir
    run --separate-stderr bounded_user ./refuse "$errno" "./$1" "${@:2}"
    expect "status of $* (errno $errno)" "$status_wanted" "$status" || return 1
    expect "lines of $* (errno $errno)" 1 "$(the_line | grep -c '')" || return 1
    expect_match "the line of $* (errno $errno)" "^$1: .*make doctor" "$(the_line)"
}

@test "refused: the documented status, and one line that names make doctor" {
    local errno wanted command
    while read -r wanted command; do
        for errno in $ERRNOS; do
            # shellcheck disable=SC2086  # words
            refused "$errno" "$wanted" $command
        done
    done < <(cases)
}

@test "the control: the same commands, not refused, do not say it" {
    local wanted command
    while read -r wanted command; do
        rm -rf dir && as_user mkdir dir
        # shellcheck disable=SC2086  # words
        run --separate-stderr bounded_user ./$command
        [[ $stderr != *"make doctor"* ]] || expect "stderr of $command" "no word of make doctor" "$stderr"
    done < <(cases)
}

@test "made, but without power: no map, and the same line" {
    refused 0 125 idmaprun -- true
    refused 0 77 step1-map
    refused 0 77 step6-nesting
    refused 0 77 step7-owner
    refused 0 77 step11-files
    refused 0 77 step13-rootless rootfs true
    refused 0 77 step21-userns dir
}

@test "ENOSYS for clone3, as Docker's filter says it: skiff names the container's filter" {
    refused 38 125 skiff run rootfs true
    expect_match "the line" "filter of a container" "$(the_line)"
}

@test "every step that makes one is tried here" {
    local source name
    for source in "$LAB_TOP"/labs/*/step*.c; do
        grep -qE 'unshare\((CLONE_NEWUSER|ALL)' "$source" || continue
        name=${source##*/}
        name=${name%.c}
        [[ " $OTHERS " = *" $name "* ]] || expect "cases of $name" 1 "$(cases | grep -cw "$name")"
    done
}
