#!/usr/bin/env bats
# support/tests/userns.bats - programs that make a user namespace, where that is refused
#
# AppArmor says EACCES, a sysctl or a container's filter EPERM, a limit ENOSPC or EUSERS;
# and Ubuntu lets one be made that has no capability in it.  Each program ends with the
# status that it documents, and one line that names `make doctor`.  What the kernel
# answers is made up by a filter (support/payload-refuse.c).
# shellcheck disable=SC2154  # output, stderr and status are set by run

load ../../support/bats

ERRNOS="1 13 28 87" # EPERM EACCES ENOSPC EUSERS

setup_file() {
    cd "$BATS_TEST_DIRNAME" || return
    cc -D_GNU_SOURCE -std=c11 -o "$BATS_FILE_TMPDIR/refuse" ../payload-refuse.c -lseccomp
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

# behind ERRNO CMD...: as the ordinary user, to whom a user namespace is refused so; with 0
# unshare(2) says that it is done
behind() {
    local words=("newuser=$1")
    # One that says it had made a process, and did not, would be of no use.
    [ "$1" -eq 0 ] || words=("clone3=$1" "${words[@]}")
    bounded_user ./refuse -n "${words[@]}" -- "${@:2}"
}

# refused ERRNO STATUS COMMAND...: and one line that says who knows more
refused() {
    local errno=$1 status_wanted=$2
    shift 2
    rm -rf dir && as_user mkdir dir
    run --separate-stderr behind "$errno" "./$1" "${@:2}"
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

# confined CMD...: as the ordinary user, below an AppArmor profile that lets user
# namespaces be made and gives no capability in them: Ubuntu's default, on a kernel that
# lacks its switch
confined() { bounded_user aa-exec -p "$PROFILE" -- "$@"; }

profile() {
    require root tool:apparmor_parser tool:aa-exec file:/sys/kernel/security/apparmor/profiles
    PROFILE=lab-no-power-$$
    cat >profile <<END
profile $PROFILE flags=(attach_disconnected,mediate_deleted) {
  / rix,
  /** mrwlkix,
  signal, ptrace, unix, network, mount, umount, pivot_root, dbus, change_profile,
  deny capability,
}
END
    apparmor_parser --abort-on-error -r profile
}

teardown() {
    [ -z "${PROFILE-}" ] || apparmor_parser -R profile || true
    lab_teardown
}

@test "AppArmor takes the power: the programs, doctor and the tests that are skipped say so" {
    profile
    export LAB_TIMEOUT=400 # doctor compiles, which takes an emulated processor minutes
    local tree=$USER_DIR/course name
    run -0 bounded_user unshare --map-root-user --mount true
    run -1 confined unshare --map-root-user --mount true
    run -0 confined unshare --user true
    for name in "125 idmaprun -- true" "125 skiff run rootfs true" "77 step1-map" "77 step13-rootless rootfs true"; do
        # shellcheck disable=SC2086  # words
        run --separate-stderr confined ./${name#* }
        expect "status of ${name#* }" "${name%% *}" "$status"
        expect_match "stderr of ${name#* }" "make doctor" "$stderr"
    done
    mkdir "$tree"
    cp -a "$LAB_TOP"/{Makefile,support,harness} "$tree"
    mkdir -p "$tree/labs" "$tree/capstone"
    cp -a "$LAB_TOP/labs/03-userns" "$tree/labs"
    chown -R "$(lab_uid):$(lab_gid)" "$tree"
    confined "$tree/harness/doctor" --json >report
    expect "the row" no "$(jq -r '.rows[] | select(.id == "userns").mark' report)"
    expect_match "the row" "AppArmor profile $PROFILE" "$(jq -r '.rows[] | select(.id == "userns").detail' report)"
    expect "verdict on lab 03" no "$(jq -r '.verdict[] | select(.part == "03-userns").user' report)"
    expect "rows that deny it" "" "$(jq -r '.rows[] | .detail | select(contains("no restriction"))' report)"
    run confined env PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin bats -f "needs no option" "$tree/labs/03-userns/idmaprun.bats"
    expect_match "the skip" "# skip \\[mendable userns: [^]]+\\] the AppArmor profile $PROFILE " "$output"
}

@test "doctor: refused, or made without power; each with its remedy, and never 'no restriction'" {
    local number kind tree=$USER_DIR/course
    mkdir -p "$tree/labs/03-userns" "$tree/capstone"
    cp -a "$LAB_TOP"/{Makefile,support,harness} "$tree"
    [ "$EUID" -ne 0 ] || chown -R "$(lab_uid):$(lab_gid)" "$tree"
    LAB_TIMEOUT=120 bounded_user "$tree/harness/doctor" --json >control
    expect "the row, not refused" yes "$(jq -r '.rows[] | select(.id == "userns").mark' control)"
    while read -r number kind; do
        LAB_TIMEOUT=120 behind "$number" "$tree/harness/doctor" --json >report || true
        expect "the row ($number)" no "$(jq -r '.rows[] | select(.id == "userns").mark' report)"
        expect_match "its detail ($number)" "$kind" "$(jq -r '.rows[] | select(.id == "userns").detail' report)"
        expect "verdict on lab 03 ($number)" no "$(jq -r '.verdict[] | select(.part == "03-userns").user' report)"
        expect "rows that deny it" "" "$(jq -r '.rows[] | .detail | select(contains("no restriction"))' report)"
    done <<<"1 filter of this container
        13 filter of this container
        0 no power in a user namespace"
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
