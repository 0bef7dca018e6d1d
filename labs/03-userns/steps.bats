#!/usr/bin/env bats
# steps.bats - what the steps of the user namespace lab claim, each with a control

load ../../support/bats

# user_run CMD...: CMD as the ordinary user, without inherited descriptors
user_run() { ( close_fds; as_user timeout -k 2 20 "$@" </dev/null ); }

all_caps() { user_run unshare --map-root-user sed -n 's/^CapEff:\t//p' /proc/self/status; }

@test "every step refuses an argument that it does not know with status 2" {
    local step
    for step in step2-powerless step4-giveaway step5-range; do
        run --separate-stderr bounded ./"$step" what
        expect_status 2
        # shellcheck disable=SC2154  # stderr is set by run
        expect stderr "usage: $step" "$stderr"
    done
    for step in "" what 1x "1 2"; do
        # shellcheck disable=SC2086  # none, one or two words
        run --separate-stderr bounded ./step3-family $step
        expect_status 2
        expect stderr "usage: step3-family PID" "$stderr"
    done
    run --separate-stderr bounded ./step1-map --what
    expect_status 2
    expect stderr "usage: step1-map [CMD [ARG]...]" "$stderr"
}

# ---- step 1 -----------------------------------------------------------------

@test "step 1: without a map the ids are the overflow ids, with all capabilities" {
    require userns
    run user_run ./step1-map
    require_step "$status"
    expect_status 0
    expect "capabilities before" 0000000000000000 "$(awk '$1 == "before" { print $7 }' <<<"$output")"
    expect "ids before" "$(lab_uid) $(lab_gid)" "$(awk '$1 == "before" { print $3, $5 }' <<<"$output")"
    expect "namespace before" "$(ns_of self user)" "$(awk '$1 == "before" { print $8 }' <<<"$output")"
    expect "ids without a map" "$(cat /proc/sys/kernel/overflowuid) $(cat /proc/sys/kernel/overflowgid)" \
        "$(awk '$1 == "unmapped" { print $3, $5 }' <<<"$output")"
    expect "capabilities without a map" "$(all_caps)" "$(awk '$1 == "unmapped" { print $7 }' <<<"$output")"
}

@test "step 1: the map makes it uid 0 and gid 0 in a new namespace" {
    require userns
    run user_run ./step1-map
    require_step "$status"
    expect_status 0
    expect "ids with the map" "0 0" "$(awk '$1 == "mapped" { print $3, $5 }' <<<"$output")"
    expect "capabilities with the map" "$(all_caps)" "$(awk '$1 == "mapped" { print $7 }' <<<"$output")"
    expect_match output "uid_map: +0 +$(lab_uid) +1" "$output"
    expect_match output "gid_map: +0 +$(lab_gid) +1" "$output"
    [ "$(awk '$1 == "mapped" { print $8 }' <<<"$output")" != "$(ns_of self user)" ] ||
        expect "user namespace" "a new one" "$(ns_of self user)"
}

@test "step 1: the group's map is refused until setgroups is denied" {
    require userns
    run user_run ./step1-map cat /proc/self/setgroups
    require_step "$status"
    expect_status 0
    expect_match output "gid_map while setgroups is allowed: Operation not permitted" "$output"
    expect "setgroups afterwards" deny "${lines[-1]}"
    expect "setgroups on the host, the control" allow "$(user_run cat /proc/self/setgroups)"
}

@test "step 1: CMD runs as that root; the host still sees the user" {
    require userns
    run user_run ./step1-map sed -n '/^Uid/s/\t/ /gp' /proc/self/status
    require_step "$status"
    expect "who CMD is" "Uid: 0 0 0 0" "${lines[-1]}"
    user_dir
    run user_run ./step1-map touch "$USER_DIR/file"
    expect_status 0
    expect "owner of a file that it made" "$(lab_uid)" "$(stat -c %u "$USER_DIR/file")"
    run user_run ./step1-map sh -c 'exit 7'
    expect_status 7
}

@test "step 1: an exec before the map costs the capabilities" {
    require userns
    run user_run unshare --user sed -n '/^CapEff/s/\t/ /gp' /proc/self/status
    expect_output "CapEff: 0000000000000000"
    run user_run unshare --map-root-user sed -n '/^CapEff/s/\t/ /gp' /proc/self/status
    expect_output "CapEff: $(all_caps)"
}

# ---- step 2 -----------------------------------------------------------------

@test "step 2: the host's name is refused to a root with CAP_SYS_ADMIN, its own is not" {
    require userns ns:uts
    local name
    name=$(uname -n)
    run user_run ./step2-powerless
    require_step "$status"
    expect_status 0
    expect_match output "now uid 0, CAP_SYS_ADMIN yes" "$output"
    expect "the two attempts" "sethostname: Operation not permitted,sethostname: done" \
        "$(grep ^sethostname <<<"$output" | paste -sd,)"
    expect "the host's name" "$name" "$(uname -n)"
}

@test "step 2: the owners that it names are those that the kernel names" {
    require userns ns:uts
    run user_run ./step2-powerless
    require_step "$status"
    local own
    own=$(sed -n 's/^now uid 0.*, in //p' <<<"$output")
    # This number is that of the initial user namespace on every machine.
    [ "$(ns_of self user)" != "user:[4026531837]" ] ||
        expect "the owner of the host's uts namespace" "$(ns_of self uts) is owned by $(ns_of self user)" "${lines[0]}"
    expect_match "the same, asked from inside" "^$(ns_of self uts | sed 's/[][]/\\&/g') is owned by: Operation not permitted" \
        "$(grep -F "$(ns_of self uts)" <<<"${output#*$'\n'}")"
    expect "the owner of its own uts namespace" "$own" "$(sed -n '$!{h;d};x;s/.* is owned by //p' <<<"$output")"
}

@test "step 2: /root stays closed, and belongs to nobody it knows" {
    require userns
    [ "$(stat -c %u /root 2>/dev/null)" = 0 ] || cannot "no /root of uid 0 here"
    run user_run ls /root
    [ "$status" -ne 0 ] || cannot "/root is open to everybody here"
    run user_run ./step2-powerless
    require_step "$status"
    expect_match output "/root belongs to uid $(cat /proc/sys/kernel/overflowuid) here; reading it: Permission denied" "$output"
    [ "$EUID" -ne 0 ] || ls /root >/dev/null
}

# ---- step 3 -----------------------------------------------------------------

# nested: two user namespaces of the ordinary user, one in the other; the pid of
# the process in the inner one in $NESTED
nested() {
    ( close_fds; as_user unshare --map-root-user unshare --map-root-user sleep 60 </dev/null >/dev/null 2>&1 ) &
    LAB_SPAWNED+=("$!")
    wait_for sleeper
    NESTED=$(sleeper)
}

sleeper() {
    local pid
    for pid in $(marked_pids); do
        [ "$(cat "/proc/$pid/comm")" != sleep ] || { echo "$pid"; return 0; }
    done
    return 1
}

@test "step 3: the owner outside, without capabilities, may enter what stands in its namespace" {
    require userns
    nested
    run user_run ./step3-family "$NESTED"
    expect_status 0
    expect "who asks" "before: uid $(lab_uid), CAP_SYS_ADMIN no, in $(ns_of self user)" "${lines[0]}"
    expect "the inner one" "$(ns_of "$NESTED" user) has the owner $(lab_uid)" "${lines[1]}"
    expect_match "the outer one" "^user:\[[0-9]+\] has the owner $(lab_uid)\$" "${lines[2]}"
    expect_match "the one that both stand in" "^$(ns_of self user | sed 's/[][]/\\&/g') has the owner" "${lines[3]}"
    expect_match output "setns to it: done" "$output"
    expect_match output "after: uid 0, CAP_SYS_ADMIN yes, in user:" "$output"
    expect_match output "setns to the old one: Operation not permitted" "$output"
    expect_match output "setns to the present one: Invalid argument" "$output"
}

@test "step 3: nobody else may enter it" {
    require root userns ns:user
    nested
    # Another user has no power over it, and need not even be shown it.
    run bounded setpriv --reuid=20000 --regid=20000 --clear-groups ./step3-family "$NESTED"
    expect_status 1
    expect_match output "Permission denied" "$output"
    # Root may: CAP_SYS_ADMIN in a namespace counts in all below it.
    run bounded ./step3-family "$NESTED"
    expect_match output "setns to it: done" "$output"
}

# ---- steps 4 and 5 ----------------------------------------------------------

# attackable: whether the two targets are open to root here, the control
attackable() {
    require root ns:user
    local pattern=/proc/sys/kernel/core_pattern
    [ -w "$pattern" ] || cannot "$pattern is closed to root here"
    [ -r /etc/shadow ] || cannot "no /etc/shadow here"
}

@test "step 4: a root with the host's uid 0 gets at what belongs to it" {
    attackable
    local before
    before=$(cat /proc/sys/kernel/core_pattern)
    run bounded ./step4-giveaway
    require_step "$status"
    expect_status 0
    expect_match output "uid 0, uid_map +0 +0 +1" "$output"
    expect_match output "core_pattern +open for writing" "$output"
    expect_match output "/etc/shadow +open for reading" "$output"
    expect "core_pattern, which nobody wrote" "$before" "$(cat /proc/sys/kernel/core_pattern)"
}

@test "step 5: a root with a high uid does not" {
    attackable
    run bounded ./step5-range
    require_step "$status"
    expect_status 0
    expect_match output "uid 0, uid_map +0 +200000 +65536" "$output"
    expect_match output "core_pattern +Permission denied" "$output"
    expect_match output "/etc/shadow +Permission denied" "$output"
}

@test "steps 4 and 5: an ordinary user may not write these maps" {
    require userns user
    run user_run ./step4-giveaway
    require_step "$status"
    expect_status 1
    expect_match output "uid_map: Operation not permitted" "$output"
    run user_run ./step5-range
    expect_status 1
    expect_match output "uid_map: Operation not permitted" "$output"
}

@test "step 5: the range alone is not enough, one has to become its root" {
    attackable
    require tool:cc
    user_dir
    # The step without the line that changes the ids, and its error message.
    sed '/setresuid(0, 0, 0)/,+1d' step5-range.c |
        cc -D_GNU_SOURCE -w -x c - -o "$USER_DIR/forgot"
    run bounded "$USER_DIR/forgot"
    expect_match output "uid $(cat /proc/sys/kernel/overflowuid), uid_map +0 +200000 +65536" "$output"
    expect_match output "core_pattern +open for writing" "$output"
}
