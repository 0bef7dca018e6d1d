#!/usr/bin/env bats
# steps.bats - what the steps of the user namespace lab claim, each with a control

load ../../support/bats
# Control groups come and go with the tests of others; nothing here makes one.
export FOOTPRINT_CGROUPS=-

# user_run CMD...: CMD as the ordinary user, without inherited descriptors
user_run() { ( close_fds; as_user timeout -k 2 20 "$@" </dev/null ); }

all_caps() { user_run unshare --map-root-user sed -n 's/^CapEff:\t//p' /proc/self/status; }

# no_folder STEP: it has left none (that of another run goes away)
no_folder() { [ -z "$(compgen -G "/tmp/$1.*")" ]; }

# rules: the first four columns of step 2, blanks folded, without the note
rules() { sed -E 's/^(.{46}).*/\1/; s/ +/ /g; s/ $//' <<<"$output"; }

# said WHEN WHAT: the answer to WHAT in the part of step 4 or 10 that WHEN begins
said() { awk -v when="$1" '/^[a-z]/ { on = index($0, when) == 1 } on' <<<"$output" | grep -F "$2" | sed 's/.*: //'; }

# power WHEN WHAT: "yes EPERM": whether it has the capability, and the answer
power() { awk -v when="$1" '/^[a-z]/ { on = index($0, when) == 1 } on' <<<"$output" | sed -nE "s/^ +$2.* cap_[a-z_]+ +(yes|no) +([A-Za-z]+).*/\1 \2/p"; }

@test "every step refuses an argument that it does not know with status 2" {
    local step
    for step in step2-rules step3-subid step4-capabilities step5-together step6-nesting step7-owner \
        step9-owned step10-nowhere step11-files step14-giveaway step15-range; do
        run --separate-stderr bounded ./"$step" what
        expect_status 2
        # shellcheck disable=SC2154  # stderr is set by run
        expect stderr "usage: $step" "$stderr"
    done
    for step in "" what 1x "1 2"; do
        # shellcheck disable=SC2086  # none, one or two words
        run --separate-stderr bounded ./step8-setns $step
        expect_status 2
        expect stderr "usage: step8-setns PID" "$stderr"
    done
    for step in "" / "-x / true"; do
        # shellcheck disable=SC2086  # the words of the arguments
        run --separate-stderr bounded ./step13-rootless $step
        expect_status 2
        expect stderr "usage: step13-rootless ROOTFS CMD [ARG]..." "$stderr"
    done
    for step in -x "a b"; do
        # shellcheck disable=SC2086  # the words of the arguments
        run --separate-stderr bounded ./step12-idmapped $step
        expect_status 2
        expect stderr "usage: step12-idmapped [FOLDER]" "$stderr"
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

@test "step 1, the sheet: a map is empty at first, and is that of every member" {
    require userns
    run user_run unshare --user wc -c /proc/self/uid_map
    expect_output "0 /proc/self/uid_map"
    # the shell's, and that of a program which has written nothing
    run user_run unshare --map-root-user sh -c 'cat /proc/$$/uid_map; cat /proc/self/uid_map'
    expect "the two maps" "0 $(lab_uid) 1,0 $(lab_uid) 1" "$(awk '{ print $1, $2, $3 }' <<<"$output" | paste -sd,)"
}

# ---- step 2 -----------------------------------------------------------------

@test "step 2: an ordinary user maps the own id, and nothing else, from both sides" {
    require userns
    run user_run ./step2-rules
    require_step "$status"
    expect_status 0
    expect "the answers" "inside uid_map 0 N 1 done
then uid_map 0 N 1 EPERM
outside uid_map 0 N 1 done
inside uid_map 0 200000 1 EPERM
outside uid_map 0 200000 1 EPERM
inside uid_map 0 200000 65536 EPERM
outside uid_map 0 200000 65536 EPERM
inside uid_map 0 N 0 EINVAL
inside uid_map 0 N EINVAL
inside uid_map 4294967295 N 1 EINVAL
outside uid_map 0 N 1,0 200000 1 EINVAL
outside uid_map 0 N 1,1 N 1 EINVAL
inside gid_map 0 N 1 EPERM
then setgroups deny done
then gid_map 0 N 1 done
then setgroups allow EPERM
outside gid_map 0 N 1 EPERM" "$(rules)"
}

@test "step 2: root maps any id, but only from outside" {
    require root ns:user
    run bounded ./step2-rules
    require_step "$status"
    expect_status 0
    local expected="inside uid_map 0 200000 1 EPERM
outside uid_map 0 200000 1 done
inside uid_map 0 200000 65536 EPERM
outside uid_map 0 200000 65536 done"
    expect "other ids" "$expected" "$(rules | grep 200000 | grep -v ,)"
    expect "a group while setgroups is allowed" "inside gid_map 0 N 1 EPERM,outside gid_map 0 N 1 done" \
        "$(rules | grep gid_map | grep -v ^then | paste -sd,)"
    # Privilege makes no map of what is none.
    expect "what is no map" 5 "$(rules | grep -c EINVAL)"
}

@test "step 2, the sheet: without CAP_SETFCAP nobody maps the uid 0 of the host" {
    require root ns:user
    run bounded setpriv --bounding-set=-setpcap unshare --map-root-user id -u
    expect_output 0
    run bounded setpriv --bounding-set=-setfcap unshare --map-root-user id -u
    [ "$status" -ne 0 ] || mendable kernel "this kernel asks for no CAP_SETFCAP (before Linux 5.12)" "another kernel, in the lab machine: make vm"
    expect_match output "uid_map: Operation not permitted" "$output"
}

# ---- step 3 -----------------------------------------------------------------

# with_range COUNT CMD...: CMD as the ordinary user, who has COUNT ids from 20000
# (and gids from 21000) on.  As root in a mount namespace with files of its own.
with_range() {
    user_dir
    local name
    cp /etc/passwd "$USER_DIR/passwd"
    name=$(id -nu "$(lab_uid)" 2>/dev/null) || {
        name=labuser
        echo "labuser:x:$(lab_uid):$(lab_gid)::/:/bin/sh" >>"$USER_DIR/passwd"
    }
    echo "$name:20000:$1" >"$USER_DIR/subuid"
    echo "$name:21000:$1" >"$USER_DIR/subgid"
    ( close_fds; exec timeout -k 2 20 unshare --mount sh -c 'for name in passwd subuid subgid; do
            mount --bind "$1/$name" "/etc/$name" || exit 99
        done
        shift; exec "$@"' sh "$USER_DIR" setpriv --reuid="$(lab_uid)" --regid="$(lab_gid)" \
        --clear-groups --inh-caps=-all "${@:2}" </dev/null )
}

@test "step 3: newuidmap writes the range of /etc/subuid, and not one id more" {
    require root userns tool:newuidmap tool:newgidmap file:/etc/subuid file:/etc/subgid
    run with_range 10 ./step3-subid
    require_step "$status"
    expect_status 0
    expect_match output "newuidmap [0-9]+ 0 $(lab_uid) 1 1 20000 11" "$output"
    expect_match "the refusal" "uid range .* not allowed" "$output"
    expect "the map" "0 $(lab_uid) 1,1 20000 10" "$(sed -nE 's/^ +([0-9]+) +([0-9]+) +([0-9]+)$/\1 \2 \3/p' <<<"$output" | paste -sd,)"
    expect_match "uid 1, seen from the host" "host: Uid:.20000.20000.20000.20000" "$output"
}

@test "step 3: nobody has a range by default" {
    require root userns tool:newuidmap file:/etc/subuid
    # uid 20001 stands in no file: the control of the test above.
    run bounded setpriv --reuid=20001 --regid=20001 --clear-groups ./step3-subid
    expect_status 77
    expect_match output "no range for uid 20001 in /etc/subuid" "$output"
}

# ---- step 4 -----------------------------------------------------------------

@test "step 4: an ordinary user has every capability inside, none outside" {
    require userns
    run user_run ./step4-capabilities
    require_step "$status"
    expect_status 0
    expect_match "before" "Prm 0+ Eff 0+ " "$(said before Inh)"
    expect_match "inside" "Prm $(all_caps) Eff $(all_caps) Bnd $(all_caps) Amb 0+" "$(said in Inh)"
    expect "chroot before" "Operation not permitted" "$(said before chroot)"
    expect "chroot inside" "done" "$(said in chroot)"
    expect "the host's name before" "Operation not permitted" "$(said before "the host")"
    expect "the host's name inside" "Operation not permitted" "$(said in "the host")"
}

@test "step 4: root has given up the host by entering" {
    require root ns:user
    local name
    name=$(uname -n)
    run bounded ./step4-capabilities
    require_step "$status"
    expect_status 0
    expect "the host's name before: the capability was accepted" "Invalid argument" "$(said before "the host")"
    expect "the host's name inside" "Operation not permitted" "$(said in "the host")"
    expect "the host's name" "$name" "$(uname -n)"
}

# ---- step 5 -----------------------------------------------------------------

@test "step 5: refused alone, granted together with a user namespace, which owns all" {
    require userns
    run user_run ./step5-together
    require_step "$status"
    expect_status 0
    expect_match output "without CLONE_NEWUSER: Operation not permitted" "$output"
    expect_match output "with CLONE_NEWUSER: done" "$output"
    local kind
    for kind in mnt uts ipc net pid cgroup time; do
        [ -e "/proc/self/ns/$kind" ] || continue
        expect_match output "owns $kind:\[[0-9]+\]: yes" "$output"
        expect "the host's $kind namespace in it" "" "$(grep -F "$(ns_of self "$kind")" <<<"$output")"
    done
}

@test "step 5: root needs no user namespace for the others" {
    require root ns:user
    run bounded ./step5-together
    require_step "$status"
    expect_status 0
    expect_match output "without CLONE_NEWUSER: done" "$output"
}

# ---- step 6 -----------------------------------------------------------------

@test "step 6: capabilities count in the own namespace and below, and nobody enters his own" {
    require userns
    run user_run ./step6-nesting
    require_step "$status"
    expect_status 0
    expect "the table" "host EINVAL done done done
A EPERM EINVAL EPERM done
B EPERM EPERM EINVAL EPERM
C EPERM EPERM EPERM EINVAL" "$(tail -n +2 <<<"$output" | sed -E 's/ +/ /g; s/ $//')"
    expect "processes left" "" "$(marked_pids)"
}

# ---- step 7 -----------------------------------------------------------------

@test "step 7: the owner outside, without a capability, rules the child's namespaces" {
    require userns ns:uts
    run user_run ./step7-owner
    require_step "$status"
    expect_status 0
    expect_match output "the child's namespace belongs to uid $(lab_uid)" "$output"
    expect_match output "its parent: uid $(lab_uid), CAP_SYS_ADMIN no" "$output"
    expect_match output "setns: done: uid [0-9]+, CAP_SYS_ADMIN yes" "$output"
    expect "what the child sees" "the child's name is now owned" "$(tail -n 1 <<<"$output")"
    # The control: the same uid in another place has nothing.
    expect_match output "the same user, elsewhere: .* CAP_SYS_ADMIN yes" "$output"
    expect "the visitor from elsewhere" "  setns: Operation not permitted" \
        "$(grep -A1 "^the same user" <<<"$output" | tail -n 1)"
}

# ---- step 8 -----------------------------------------------------------------

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

@test "step 8: the owner outside, without capabilities, may enter what stands in its namespace" {
    require userns
    nested
    run user_run ./step8-setns "$NESTED"
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

@test "step 8: nobody else may enter it" {
    require root userns ns:user
    nested
    # Another user has no power over it, and need not even be shown it.
    run bounded setpriv --reuid=20000 --regid=20000 --clear-groups ./step8-setns "$NESTED"
    expect_status 1
    expect_match output "Permission denied" "$output"
    # Root may: CAP_SYS_ADMIN in a namespace counts in all below it.
    run bounded ./step8-setns "$NESTED"
    expect_match output "setns to it: done" "$output"
}

# ---- step 9 -----------------------------------------------------------------

@test "step 9: the host's name is refused to a root with CAP_SYS_ADMIN, its own is not" {
    require userns ns:uts
    local name
    name=$(uname -n)
    run user_run ./step9-owned
    require_step "$status"
    expect_status 0
    expect_match output "now CAP_SYS_ADMIN yes" "$output"
    expect "the attempts" "sethostname: Operation not permitted,sethostname: done" \
        "$(sed -n 's/^ *\(sethostname\)/\1/p' <<<"$output" | paste -sd,)"
    expect "the host's name" "$name" "$(uname -n)"
}

@test "step 9: the owners that it names are those that the kernel names" {
    require userns ns:uts
    run user_run ./step9-owned
    require_step "$status"
    local own
    own=$(sed -n 's/^now CAP_SYS_ADMIN yes, in //p' <<<"$output")
    # This number is that of the initial user namespace on every machine.
    [ "$(ns_of self user)" != "user:[4026531837]" ] ||
        expect "the owner of the host's uts namespace" "$(ns_of self uts) is owned by $(ns_of self user)" "${lines[0]}"
    expect_match "the same, asked from inside" "^$(ns_of self uts | sed 's/[][]/\\&/g') is owned by: Operation not permitted" \
        "$(grep -F "$(ns_of self uts)" <<<"${output#*$'\n'}")"
    expect "the owner of its own uts namespace" "$own" "$(sed -n 's/^uts.* is owned by //p' <<<"$output" | tail -n 1)"
}

@test "step 9: lo is the host's to set up, and in a network namespace of its own the user's" {
    require userns ns:net
    run user_run ./step9-owned
    require_step "$status"
    expect_status 0
    expect "the attempts" "lo up: Operation not permitted,lo up: done" \
        "$(sed -n 's/^ *\(lo up\)/\1/p' <<<"$output" | paste -sd,)"
    expect "user namespace and owner of the last one" "$(sed -n 's/^now .* in //p' <<<"$output")" \
        "$(sed -n 's/^net.* is owned by //p' <<<"$output" | tail -n 1)"
}

# ---- step 10 ----------------------------------------------------------------

@test "step 10: with every capability, and without power over clock, modules, devices, priorities" {
    require userns
    run user_run ./step10-nowhere
    require_step "$status"
    expect_status 0
    expect "clock" "yes EPERM" "$(power in settimeofday)"
    expect_match "modules" "yes (EPERM|ENOSYS)" "$(power in finit_module)"
    expect "device" "yes EPERM" "$(power in "mknod, a character")"
    expect "a FIFO, which is no device" "yes done" "$(power in "mknod, a FIFO")"
    expect "priority" "yes EACCES" "$(power in setpriority)"
    wait_for no_folder step10
}

@test "step 10: root has them before, and none after" {
    require root ns:user
    local cap
    # Some containers' root lacks one of these.
    for cap in 23 25 27; do
        (((0x$(sed -n 's/^CapEff:\t//p' /proc/self/status) >> cap) & 1)) || mendable root "this root lacks capability $cap" "$ELSEWHERE"
    done
    [ "$(ns_of self user)" = "user:[4026531837]" ] || mendable root "not the root of the first user namespace" "$ELSEWHERE"
    run bounded ./step10-nowhere
    require_step "$status"
    expect_status 0
    expect "clock before" "yes done" "$(power before settimeofday)"
    expect "device before" "yes done" "$(power before "mknod, a character")"
    expect "priority before" "yes done" "$(power before setpriority)"
    expect "clock after" "yes EPERM" "$(power in settimeofday)"
    expect "device after" "yes EPERM" "$(power in "mknod, a character")"
    expect "priority after" "yes EACCES" "$(power in setpriority)"
}

# ---- step 11 ----------------------------------------------------------------

@test "step 11: an ordinary user: other owners have no name, and no capability counts" {
    require userns
    [ "$(stat -c %u /root 2>/dev/null)" = 0 ] || mendable root "no /root of uid 0 here" "$ELSEWHERE"
    run user_run ls /root
    [ "$status" -ne 0 ] || mendable root "/root is open to everybody here" "chmod o-rwx /root"
    run user_run ./step11-files
    require_step "$status"
    expect_status 0
    expect_match output "inside +mine +belongs to uid +0 gid +0" "$output"
    expect_match output "inside +other +belongs to uid +$(cat /proc/sys/kernel/overflowuid) " "$output"
    expect "the attempts" "open mine: done
open other: Permission denied
chown mine to 0: done
chown other to 0: Operation not permitted
chown mine to 5: Invalid argument
chown mine to 65534: Invalid argument" "$(sed -n 's/^  //p' <<<"$output")"
    wait_for no_folder step11
}

@test "step 11: root: chown gives a file to any id of the map, and the host sees which" {
    require root ns:user
    run bounded ./step11-files
    require_step "$status"
    expect_status 0
    expect_match output "chown mine to 5: done" "$output"
    expect_match output "open other: Permission denied" "$output"
    expect_match output "chown other to 0: Operation not permitted" "$output"
    expect_match "the last line" "outside +mine +belongs to uid 200005 gid 200005" "$(tail -n 1 <<<"$output")"
}

# ---- step 12 ----------------------------------------------------------------

@test "step 12: an id-mapped mount gives the container the files of uid 0, and only by it" {
    require root ns:user
    run bounded ./step12-idmapped
    require_step "$status"
    expect_status 0
    expect "what was seen" "host, on the disk: image is of uid 0, opened: yes
host, by the mount: image is of uid 200000, opened: yes
container, on the disk: image is of uid $(cat /proc/sys/kernel/overflowuid), opened: no
container, by the mount: image is of uid 0, opened: yes
container, by the mount: new is of uid 0, opened: yes
host, on the disk: new is of uid 0, opened: yes" "$output"
    wait_for no_folder step12
}

@test "step 12: a file system that takes no id-mapped mount is named, with status 77" {
    require root ns:mnt ns:user
    run bounded unshare --mount sh -c 'mount -t ramfs none /mnt && ./step12-idmapped /mnt; echo "$?"; ls -A /mnt | wc -l'
    expect_match output "step12-idmapped: .* takes no id-mapped mount: " "$output"
    expect "status, and folders left" "77 0" "$(tail -n 2 <<<"$output" | paste -sd ' ')"
}

@test "step 12: an ordinary user is told that it takes root" {
    require user
    run user_run ./step12-idmapped
    expect_status 77
    expect_match output "needs root" "$output"
}

# ---- step 13 ----------------------------------------------------------------

@test "step 13: an ordinary user is root of a container, with everything of its own" {
    require userns ns:pid ns:net
    local before
    before=$(footprint)
    run user_run ./step13-rootless / sh -c 'id -u; echo $$; uname -n; cat /proc/1/comm
        tail -n +3 /proc/net/dev | wc -l; ls /tmp | wc -l; touch /tmp/new && echo written'
    require_step "$status"
    expect_status 0
    expect_output "0
1
rootless
sh
1
0
written"
    expect_footprint "$before"
    # The control: outside the name is another, and we are not process 1.
    run user_run sh -c 'id -u; uname -n'
    expect_output "$(lab_uid)
$(uname -n)"
}

@test "step 13: the host's tree is read-only in it, and its processes are not to be seen" {
    require userns ns:pid
    local dir
    dir=$(as_user mktemp -d /var/tmp/lab.XXXXXX)
    LAB_DIRS+=("$dir")
    run user_run touch "$dir/outside"
    expect_status 0
    run user_run ./step13-rootless / sh -c 'touch "$1/inside"; ls -d /proc/[0-9]*' sh "$dir"
    require_step "$status"
    expect_match output "$dir/inside.*: Read-only file system" "$output"
    expect "processes" /proc/1 "$(grep '^/proc/[0-9]*$' <<<"$output" | head -n 1)"
    [ ! -e "$dir/inside" ]
}

@test "step 13: a root file system of its own, and the status of CMD" {
    require userns ns:pid tool:busybox
    user_dir
    mkdir "$USER_DIR/root" "$USER_DIR/root/bin" "$USER_DIR/root/proc" "$USER_DIR/root/tmp"
    cp "$(command -v busybox)" "$USER_DIR/root/bin/sh" || return
    chmod -R a+rX "$USER_DIR/root"
    file=$USER_DIR/root/bin/sh
    ! ldd "$file" >/dev/null 2>&1 || mendable tool:busybox "busybox is not static here" "make setup"
    run user_run ./step13-rootless "$USER_DIR/root" /bin/sh -c 'echo /*; : >/bin/new'
    require_step "$status"
    expect_match output "^/bin /proc /tmp" "$output"
    expect_match output "Read-only file system" "$output"
    run user_run ./step13-rootless "$USER_DIR/root" /bin/sh -c 'exit 7'
    expect_status 7
    run -127 user_run ./step13-rootless "$USER_DIR/root" /bin/none
}

# ---- steps 14 and 15 ----------------------------------------------------------

# attackable: whether the two targets are open to root here, the control
attackable() {
    require root ns:user
    local pattern=/proc/sys/kernel/core_pattern
    [ -w "$pattern" ] || mendable sysctl "$pattern is closed to root here" "$ELSEWHERE"
    [ -r /etc/shadow ] || mendable file:/etc/shadow "no /etc/shadow here" "$ELSEWHERE"
}

@test "step 14: a root with the host's uid 0 gets at what belongs to it" {
    attackable
    local before
    before=$(cat /proc/sys/kernel/core_pattern)
    run bounded ./step14-giveaway
    require_step "$status"
    expect_status 0
    expect_match output "uid 0, uid_map +0 +0 +1" "$output"
    expect_match output "core_pattern +open for writing" "$output"
    expect_match output "/etc/shadow +open for reading" "$output"
    expect "core_pattern, which nobody wrote" "$before" "$(cat /proc/sys/kernel/core_pattern)"
}

@test "step 15: a root with a high uid does not" {
    attackable
    run bounded ./step15-range
    require_step "$status"
    expect_status 0
    expect_match output "uid 0, uid_map +0 +200000 +65536" "$output"
    expect_match output "core_pattern +Permission denied" "$output"
    expect_match output "/etc/shadow +Permission denied" "$output"
}

@test "steps 14 and 15: an ordinary user may not write these maps" {
    require userns user
    run user_run ./step14-giveaway
    require_step "$status"
    expect_status 1
    expect_match output "uid_map: Operation not permitted" "$output"
    run user_run ./step15-range
    expect_status 1
    expect_match output "uid_map: Operation not permitted" "$output"
}

@test "step 15: the range alone is not enough, one has to become its root" {
    attackable
    require tool:cc
    user_dir
    # The step without the line that changes the ids, and its error message.
    sed '/setresuid(0, 0, 0)/,+1d' step15-range.c |
        cc -D_GNU_SOURCE -w -x c - -o "$USER_DIR/forgot"
    run bounded "$USER_DIR/forgot"
    expect_match output "uid $(cat /proc/sys/kernel/overflowuid), uid_map +0 +200000 +65536" "$output"
    expect_match output "core_pattern +open for writing" "$output"
}
