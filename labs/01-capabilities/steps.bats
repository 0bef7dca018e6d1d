#!/usr/bin/env bats
# steps.bats - what the steps of lab 01 claim, checked
#
# Without root, what needs uid 0 runs as the root of a user namespace.
# shellcheck disable=SC2154  # status, output and lines are set by run

load ../../support/bats
# Control groups come and go with the tests of others; nothing here makes one.
export FOOTPRINT_CGROUPS=-

ALL_NONE=0000000000000000

setup() {
    lab_setup
    ROOT=()
    [ "$EUID" -eq 0 ] || ROOT=(unshare --map-root-user)
    # USER_IS CMD...: as an ordinary user; a program, where as_user is a function
    USER_IS=()
    [ "$EUID" -ne 0 ] || USER_IS=(setpriv --reuid=1000 --regid=1000 --clear-groups --inh-caps=-all)
    user_dir
    chmod 755 "$USER_DIR"
}

need_root() { [ "$EUID" -eq 0 ] || require userns; }

# marks_dir: $MARKS is a folder where the capabilities and the set-user-ID bit of
# a file count; many a /tmp is mounted nosuid
marks_dir() {
    local top
    need_root
    require tool:setcap tool:findmnt
    for top in "${TMPDIR:-/tmp}" /var/tmp; do
        [[ ,$(findmnt -no OPTIONS -T "$top"), != *,nosuid,* ]] || continue
        MARKS=$(mktemp -d "$top/lab.XXXXXX")
        LAB_DIRS+=("$MARKS")
        chmod 755 "$MARKS"
        cp /bin/true "$MARKS/probe"
        ! "${ROOT[@]}" setcap cap_kill=p "$MARKS/probe" 2>/dev/null || return 0
    done
    mendable nosuid "no folder keeps the capabilities of files here" "set TMPDIR to a folder on ext4, without nosuid"
}

# kernel_sets CMD...: the five masks that CMD ends up with, in step1's order
kernel_sets() {
    "$@" awk '/^Cap/ { set[$1] = $2 }
        END { print set["CapPrm:"], set["CapEff:"], set["CapInh:"], set["CapBnd:"], set["CapAmb:"] }' /proc/self/status
}

# masks: the same from step1's output
masks() { awk 'length($2) == 16 && $2 ~ /^[0-9a-f]+$/ { printf "%s%s", sep, $2; sep = " " }' <<<"$1"; }

# row TEXT WORD: what stands after WORD and the mask, a continued line included
row() { awk -v name="$2" '/^[^ ]/ { on = $1 == name; $1 = $2 = "" } on { $1 = $1; print }' <<<"$1" | xargs; }

# squeezed TEXT: without the blanks that only make columns
squeezed() { sed 's/  */ /g; s/ $//' <<<"$1"; }

# secret: a file that uid 0 can read with a capability only
secret() {
    SECRET=$USER_DIR/secret
    echo "the key" >"$SECRET"
    [ "$EUID" -ne 0 ] || chown 0:0 "$SECRET"
    chmod 000 "$SECRET"
}

# ---- step 1: the sets -----------------------------------------------------

@test "step 1 prints the masks that the kernel has" {
    run ./step1-sets
    expect_status 0
    expect "five masks" "$(kernel_sets env)" "$(masks "$output")"
    run as_user ./step1-sets
    expect_status 0
    expect "effective, of an ordinary user" none "$(row "$output" effective)"
}

@test "step 1 looks at any process" {
    need_root
    mkfifo "$BATS_TEST_TMPDIR/never"
    spawn "${ROOT[@]}" setpriv --inh-caps=-all,+kill --bounding-set=-all,+chown,+kill,+net_raw \
        sh -c 'echo; read x <"$0"' "$BATS_TEST_TMPDIR/never"
    wait_for test -s "$SPAWNED_OUT"
    run ./step1-sets "$SPAWNED"
    expect_status 0
    expect bounding "chown kill net_raw" "$(row "$output" bounding)"
    expect inheritable kill "$(row "$output" inheritable)"
    expect "five masks" "0000000000002021 0000000000002021 0000000000000020 0000000000002021 0000000000000000" \
        "$(masks "$output")"
    require tool:getpcaps
    run getpcaps "$SPAWNED"
    expect_match "getpcaps" "^$SPAWNED: .*cap_kill=eip cap_chown,cap_net_raw[+]ep" "$output"
}

@test "step 1 names what capsh names, none, all, and all but" {
    require tool:capsh
    need_root
    run "${ROOT[@]}" setpriv --bounding-set=-all,+chown,+sys_admin,+setfcap ./step1-sets
    expect "short form" "chown sys_admin setfcap" "$(row "$output" permitted)"
    expect "capsh" "0x0000000080200001=cap_chown,cap_sys_admin,cap_setfcap" \
        "$(capsh --decode="$(masks "$output" | cut -d' ' -f1)")"
    run "${ROOT[@]}" setpriv --bounding-set=-kill ./step1-sets
    expect_match permitted '^all but (.* )?kill( |$)' "$(row "$output" permitted)"
    run "${ROOT[@]}" setpriv --bounding-set=-all ./step1-sets
    expect permitted none "$(row "$output" permitted)"
    require userns
    run as_user unshare --map-root-user ./step1-sets
    expect "as the root of a user namespace" all "$(row "$output" permitted)"
}

@test "step 1 keeps to the width of a screen" {
    need_root
    run "${ROOT[@]}" ./step15-docker ./step1-sets
    expect_status 0
    expect "the longest line is at most 79" yes "$(awk 'length > 79 { long = 1 } END { print long ? "no" : "yes" }' <<<"$output")"
    expect_match permitted 'chown dac_override .* audit_write setfcap$' "$(row "$output" permitted)"
}

@test "step 1 says when there is no such process" {
    run ./step1-sets 99999999
    expect_status 1
    expect_output "step1-sets: process 99999999: No such process"
}

# ---- step 2: the pieces ---------------------------------------------------

@test "step 2: each act is refused to all but one capability, and allowed to that one" {
    local line acts=0 all
    require root
    run ./step2-pieces
    expect_status 0
    all=$output
    while read -r line; do
        echo "$line"
        [[ $line != *"not held here"* ]] || continue
        expect_match "without it" ' cap_[a-z_]+ +(Operation not permitted|Permission denied) ' "$line"
        case $line in
            pivot_root*) expect_match "with it" '(Device or resource busy|Invalid argument)$' "$line" ;;
            swap*) expect_match "with it" '(Bad address|Function not implemented)$' "$line" ;;
            reboot*) expect_match "with it" 'Invalid argument$' "$line" ;;
            *) expect_match "with it" 'allowed$' "$line" ;;
        esac
        acts=$((acts + 1))
    done < <(tail -n +2 <<<"$all" | sed 's/ *$//')
    [ "$acts" -ge 5 ]
}

@test "step 2 leaves host name, network and processes as they were" {
    local before host
    require root
    before=$(footprint) host=$(uname -n)
    run ./step2-pieces
    expect_status 0
    expect "host name" "$host" "$(uname -n)"
    expect_footprint "$before"
}

# ---- steps 3 and 4: effective and permitted -------------------------------

@test "step 3: effective decides, permitted allows" {
    need_root
    run "${ROOT[@]}" ./step3-effective
    expect_status 0
    expect "with CAP_DAC_OVERRIDE" "CAP_DAC_OVERRIDE permitted effective open
at the start yes yes allowed
effective lowered yes no Permission denied
effective raised yes yes allowed" "$(squeezed "$output")"
}

@test "step 3: what is not permitted cannot be raised" {
    run as_user ./step3-effective
    expect_status 0
    expect "line 2" "at the start no no Permission denied" "$(squeezed "${lines[1]}")"
    expect "line 4" "effective raised: Operation not permitted" "$(squeezed "${lines[3]}")"
}

@test "step 3 leaves no file behind" {
    local before
    before=$(find /tmp -maxdepth 1 -name 'step3.*' | wc -l)
    run ./step3-effective
    expect "files named step3.*" "$before" "$(find /tmp -maxdepth 1 -name 'step3.*' | wc -l)"
}

@test "step 4: what left the permitted set does not come back" {
    need_root
    run "${ROOT[@]}" ./step4-permitted
    expect_status 0
    expect "each act, and what it left" "at the start done permitted effective
drop permitted, still effective Operation not permitted permitted effective
drop effective done permitted
drop permitted done none
ways back:
raise effective Operation not permitted none
raise permitted Operation not permitted none
raise inheritable done inheritable
raise ambient Operation not permitted inheritable
become uid 0 done inheritable
fork: the child done inheritable" "$(squeezed "$(tail -n +2 <<<"$output")")"
}

# ---- steps 5 and 6: processes and threads ---------------------------------

@test "step 5: fork copies all five sets, and no more than that" {
    local sets
    need_root
    run "${ROOT[@]}" ./step5-fork
    expect_status 0
    sets=$(awk '{ print $(NF - 4), $(NF - 3), $(NF - 2), $(NF - 1), $NF }' <<<"$output")
    expect "five different sets" 5 "$(sed -n 2p <<<"$sets" | tr ' ' '\n' | sort -u | wc -l)"
    expect "child" "$(sed -n 2p <<<"$sets")" "$(sed -n 3p <<<"$sets")"
    expect "child, later" "00000000000 00000000000 00000000000 00000000000 00000000000" "$(sed -n 4p <<<"$sets")"
    expect "parent, after that" "$(sed -n 2p <<<"$sets")" "$(sed -n 5p <<<"$sets")"
}

@test "step 6: one thread drops, the other has them still" {
    need_root
    run "${ROOT[@]}" ./step6-threads
    expect_status 0
    expect_match "worker" '^worker +CapEff 0000[0-9a-f]*[1-9a-f][0-9a-f]* +open: allowed$' "${lines[0]}"
    expect_match "main" '^main +CapEff .* open: allowed$' "${lines[1]}"
    expect "main, all dropped" "main, all dropped CapEff $ALL_NONE open: Permission denied" "$(squeezed "${lines[2]}")"
    expect_match "worker, after that" '^worker, after that .*open: allowed$' "${lines[3]}"
    expect "effective set of the worker" "$(awk '{ print $3 }' <<<"${lines[0]}")" "$(awk '{ print $5 }' <<<"${lines[3]}")"
}

# ---- steps 7 to 9: files --------------------------------------------------

# In a network namespace of its own port 80 is free, and not for everybody.
# web_80 PROGRAM: it, as uid 1000, then a request
web_80() {
    bounded unshare --net bash -c 'ip link set lo up && "$@" 80 &&
        exec 3<>/dev/tcp/127.0.0.1/80 && echo "GET /" >&3 && cat <&3' bash "${USER_IS[@]}" "$1"
}

@test "step 7: port 80 is refused to an ordinary user, and allowed by a file capability" {
    require root
    marks_dir
    require tool:ip
    cp step7-web "$MARKS"
    run web_80 "$MARKS/step7-web"
    expect_status 1
    expect_output "step7-web: bind port 80: Permission denied"
    setcap cap_net_bind_service=ep "$MARKS/step7-web"
    run web_80 "$MARKS/step7-web"
    expect_status 0
    expect "what it says" "uid 1000, capabilities 'cap_net_bind_service=ep', listens on port 80" "${lines[0]}"
    expect "what it answers" "It works, with uid 1000." "${lines[-1]}"
}

@test "step 7: permitted is not enough for a program that does not raise it" {
    require root
    marks_dir
    cp step7-web "$MARKS"
    setcap cap_net_bind_service=p "$MARKS/step7-web"
    run web_80 "$MARKS/step7-web"
    expect_status 1
    expect_output "step7-web: bind port 80: Permission denied"
}

@test "step 7 says 77 where everybody may bind that port" {
    require root ns:net
    run unshare --net sh -c 'echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start && exec ./step7-web 80'
    [[ $output != *"Read-only file system"* ]] || mendable sysctl "/proc/sys is read-only here" "$ELSEWHERE"
    expect_status 77
    expect_match "why" 'ip_unprivileged_port_start' "$output"
}

@test "step 8 decodes what setcap writes, as getcap does" {
    require root
    marks_dir
    cp /bin/true "$MARKS/file"
    run ./step8-filecap "$MARKS/file"
    expect_status 1
    expect_output "step8-filecap: $MARKS/file: no capabilities"
    setcap cap_kill,cap_syslog=ep "$MARKS/file"
    run ./step8-filecap "$MARKS/file"
    expect_status 0
    expect_output "20 bytes:     01000002 20000000 00000000 04000000 00000000
magic_etc    02000001: revision 2, effective bit set
data[0]      permitted 00000020, inheritable 00000000 (capabilities 0 to 31)
data[1]      permitted 00000004, inheritable 00000000 (capabilities 32 to 63)
permitted    cap_kill cap_syslog
inheritable  none"
    setcap cap_kill=p\ cap_chown=ip "$MARKS/file"
    run ./step8-filecap "$MARKS/file"
    expect_match "magic_etc" '02000000: revision 2, effective bit not set' "${lines[1]}"
    expect "permitted" "permitted    cap_chown cap_kill" "${lines[4]}"
    expect "inheritable" "inheritable  cap_chown" "${lines[5]}"
    run getcap "$MARKS/file"
    expect_match "getcap" 'cap_chown[=+]ip.cap_kill[=+]p$' "$output"
}

@test "step 8: what the root of a user namespace writes carries its uid" {
    require userns
    marks_dir
    cp step1-sets "$MARKS/sets"
    [ "$EUID" -ne 0 ] || chown "$(lab_uid):$(lab_gid)" "$MARKS/sets"
    run as_user setcap cap_kill=p "$MARKS/sets"
    expect_status 1
    run as_user unshare --map-root-user setcap cap_kill=p "$MARKS/sets"
    expect_status 0
    run ./step8-filecap "$MARKS/sets"
    expect_status 0
    expect_match "24 bytes" '^24 bytes: ' "${lines[0]}"
    expect_match "magic_etc" 'revision 3, effective bit not set' "${lines[1]}"
    expect_match "rootid" "^rootid +$(lab_uid):" "${lines[4]}"
    expect "permitted" "permitted    cap_kill" "${lines[5]}"
    # It gives nothing to who is not in such a namespace.
    run as_user "$MARKS/sets"
    expect permitted none "$(row "$output" permitted)"
    [ "$EUID" -eq 0 ] || return 0
    setcap cap_kill=p "$MARKS/sets"
    run as_user "$MARKS/sets"
    expect "permitted, written by root" kill "$(row "$output" permitted)"
}

@test "step 9: set-user-ID gives everything, a file capability what it names" {
    local bounding
    require root
    marks_dir
    require ns:net
    bounding=$(kernel_sets env | cut -d' ' -f4)
    run ./step9-setuid "$MARKS"
    require_step "$status"
    expect_status 0
    expect "four rows" "plain 1000 1000 $ALL_NONE Permission denied Permission denied
set-user-ID 1000 0 $bounding allowed allowed
file capability 1000 1000 0000000000000400 allowed Permission denied
both 1000 0 0000000000000400 allowed allowed" "$(squeezed "$(tail -n +2 <<<"$output")")"
    expect "files left in the folder" probe "$(ls "$MARKS")"
}

@test "step 9 says 77 where the marks of a file do not count" {
    require root ns:mnt
    run unshare --mount sh -c 'mount -t tmpfs -o nosuid none "$0" && exec ./step9-setuid "$0"' "$USER_DIR"
    expect_status 77
    expect_match "why" 'nosuid' "$output"
}

# ---- steps 10 and 11: what execve makes of the sets -----------------------

@test "step 10: 270 real execs end as computed" {
    require root
    marks_dir
    cp step10-exec "$MARKS"
    run "$MARKS/step10-exec"
    expect_status 0
    expect "rows and cells" "30 270" "$(awk '/process: / { rows++; cells += NF - 2 } END { print rows, cells }' <<<"$output")"
    expect "an ordinary file, the ambient set" "process: piba pe" "$(squeezed "$(grep -m 1 piba <<<"$output")" | cut -d' ' -f2-4)"
    expect "capabilities left on the file" "" "$(getcap "$MARKS/step10-exec")"
    # With SECBIT_NOROOT uid 0 is like uid 1000; without, it is not.
    expect "uid 0, SECBIT_NOROOT" "$(sed -n 2,11p <<<"$output")" "$(sed -n 24,33p <<<"$output")"
    [ "$(sed -n 2,11p <<<"$output")" != "$(sed -n 13,22p <<<"$output")" ]
}

# exec_cell WHO PROCESS FILE: a cell of step 10's $table
exec_cell() {
    awk -v who="$1" -v process="$2" -v file="$3" '
        index($0, "file: ") { on = index($0, who " ") == 1 && !index($0, who ","); n = split(substr($0, index($0, "none")), head) }
        on && $1 == "process:" && $2 == process { for (i = 1; i <= n; i++) if (head[i] == file) print $(i + 2) }' <<<"$table"
}

@test "step 10: cells of the table, against setpriv, capsh and setcap" {
    require root
    marks_dir
    require tool:capsh
    cp step10-exec step1-sets "$MARKS"
    local table caller=(setpriv --reuid=1000 --regid=1000 --clear-groups)
    table=$("$MARKS/step10-exec")
    expect "uid 1000, nothing, file p and e" pe "$(exec_cell "uid 1000" --b- pe)"
    expect "uid 1000, not in the bounding set, file p and e" no "$(exec_cell "uid 1000" ---- pe)"
    expect "uid 0, bounding, no file capabilities" pe "$(exec_cell "uid 0" --b- none)"
    expect "uid 0, inheritable" pe "$(exec_cell "uid 0" -i-- none)"
    expect "uid 0, neither" - "$(exec_cell "uid 0" p--- none)"
    setcap cap_kill=ep "$MARKS/step1-sets"
    run "${caller[@]}" --inh-caps=-all "$MARKS/step1-sets"
    expect permitted kill "$(row "$output" permitted)"
    run "${caller[@]}" --inh-caps=-all --bounding-set=-kill "$MARKS/step1-sets"
    [ "$status" -ne 0 ]
    expect_match "refused" 'Operation not permitted' "$output"
    setcap -r "$MARKS/step1-sets"
    run capsh --inh=cap_kill --drop=cap_kill -- -c "$MARKS/step1-sets"
    expect_match "permitted" '( |^)kill|^all' "$(row "$output" permitted)"
    run setpriv --bounding-set=-kill "$MARKS/step1-sets"
    expect_match permitted 'all but (.* )?kill( |$)' "$(row "$output" permitted)"
}

@test "step 11: a permitted capability is lost at exec, an ambient one is not" {
    require root
    local one=0000000000000400 none=$ALL_NONE sets
    run ./step11-ambient 1000 awk '/^Cap(Prm|Eff|Inh|Amb)/ { print $2 }' /proc/self/status
    expect_status 0
    expect_match "before exec" 'uid 1000 +cap_net_bind_service=eip' "${lines[0]}"
    sets="${lines[*]:1}"
    expect "inheritable permitted effective ambient" "$one $none $none $none" "$sets"
    run ./step11-ambient -a 1000 awk '/^Cap(Prm|Eff|Inh|Amb)/ { print $2 }' /proc/self/status
    expect_status 0
    expect_match "before exec" 'uid 1000 +cap_net_bind_service=eip' "${lines[0]}"
    sets="${lines[*]:1}"
    expect "inheritable permitted effective ambient" "$one $one $one $one" "$sets"
}

# ---- steps 12 to 15: what a container's root may be ------------------------

@test "step 12: uid 0 without capabilities has them again after exec" {
    need_root
    secret
    run "${ROOT[@]}" ./step12-regain "$SECRET"
    expect_status 0
    expect "the service has" "the service has: no capabilities" "$(squeezed "${lines[0]}")"
    expect "the service" "the service: open: Permission denied" "$(squeezed "${lines[1]}")"
    expect "cat" "the key" "${lines[3]}"
}

@test "step 13: not when the bounding set is empty" {
    need_root
    secret
    run "${ROOT[@]}" ./step13-bounding "$SECRET"
    expect_status 1
    expect "the service" "the service: open: Permission denied" "$(squeezed "${lines[1]}")"
    expect_match cat 'Permission denied$' "${lines[3]}"
    run "${ROOT[@]}" cat "$SECRET"
    expect "without it" "the key" "$output"
}

@test "step 13 needs CAP_SETPCAP, and stops without it" {
    need_root
    secret
    run "${ROOT[@]}" setpriv --bounding-set=-setpcap ./step13-bounding "$SECRET"
    expect_status 1
    expect_match "its one line" '^step13-bounding: drop capability [0-9]+ .*Operation not permitted$' "$output"
}

@test "step 14: the flag is set, stays, and is inherited" {
    [ "$(proc_field self NoNewPrivs)" = 0 ] || mendable no_new_privs "no_new_privs is already set here" "in a shell without it (NoNewPrivs in /proc/self/status)"
    run as_user ./step14-no-new-privs sh -c 'grep NoNewPrivs /proc/self/status'
    expect_status 0
    expect "what it says" "at the start: NoNewPrivs 0
set: NoNewPrivs 1
taken back: Invalid argument" "$(squeezed "$(head -n 3 <<<"$output")")"
    expect_match "of a child of CMD" '^NoNewPrivs:.1$' "${lines[3]}"
}

@test "step 14: no set-user-ID, no file capabilities, and no root that regains" {
    require root
    marks_dir
    cp step1-sets "$MARKS/set-user-ID"
    chmod 4755 "$MARKS/set-user-ID"
    cp step1-sets "$MARKS/marked"
    setcap cap_kill=ep "$MARKS/marked"
    run "${USER_IS[@]}" "$MARKS/set-user-ID"
    expect_match "without it" 'effective uid 0$' "${lines[0]}"
    run "${USER_IS[@]}" ./step14-no-new-privs "$MARKS/set-user-ID"
    expect_match "with it" 'effective uid 1000$' "${lines[3]}"
    run "${USER_IS[@]}" "$MARKS/marked"
    expect "permitted without it" kill "$(row "$output" permitted)"
    run "${USER_IS[@]}" ./step14-no-new-privs "$MARKS/marked"
    expect "permitted with it" none "$(row "$output" permitted)"
    secret
    run ./step14-no-new-privs ./step12-regain "$SECRET"
    expect_status 1
    expect_match "the attack of step 12" 'Permission denied$' "${lines[-1]}"
}

# docker_bounding ARG...: the bounding set of a command under step 15
docker_bounding() { "${ROOT[@]}" ./step15-docker "$@" sed -n 's/^CapBnd:\t*//p' /proc/self/status; }

@test "step 15: Docker's fourteen, in three sets" {
    need_root
    run kernel_sets "${ROOT[@]}" ./step15-docker
    (( (0x$(kernel_sets "${ROOT[@]}" | cut -d' ' -f1) & 0xa80425fb) == 0xa80425fb )) || mendable root "this root has less" "$ELSEWHERE"
    expect_output "00000000a80425fb 00000000a80425fb $ALL_NONE 00000000a80425fb $ALL_NONE"
}

@test "step 15: --cap-drop, --cap-add and --privileged as docker run has them" {
    local all
    need_root
    all=$(kernel_sets "${ROOT[@]}" | cut -d' ' -f4)
    (( (0x$all & 0xa82425fb) == 0xa82425fb )) || mendable root "this root has less" "$ELSEWHERE"
    expect "--cap-drop MKNOD" 00000000a00425fb "$(docker_bounding --cap-drop MKNOD)"
    expect "--cap-add SYS_ADMIN" 00000000a82425fb "$(docker_bounding --cap-add SYS_ADMIN)"
    expect "--cap-drop ALL --cap-add chown" 0000000000000001 "$(docker_bounding --cap-drop ALL --cap-add chown)"
    expect "--cap-add=ALL --cap-drop=MKNOD" "$(printf %016x $((0x$all & ~0x8000000)))" \
        "$(docker_bounding --cap-add=ALL --cap-drop=CAP_MKNOD)"
    expect "--privileged" "$all" "$(docker_bounding --privileged)"
}

@test "step 15: what was dropped is refused, what was added is allowed" {
    need_root
    require tool:unshare
    echo >"$USER_DIR/file"
    [ "$EUID" -ne 0 ] || chown 0:0 "$USER_DIR/file"
    run "${ROOT[@]}" ./step15-docker chroot / true
    expect_status 0
    run "${ROOT[@]}" ./step15-docker --cap-drop SYS_CHROOT chroot / true
    expect_match "chroot" 'Operation not permitted' "$output"
    run "${ROOT[@]}" ./step15-docker unshare --uts true
    expect_match "unshare --uts" 'Operation not permitted' "$output"
    run "${ROOT[@]}" ./step15-docker --cap-add SYS_ADMIN unshare --uts true
    expect_status 0
}

# ---- steps 16 and 17: one too many ----------------------------------------

@test "step 16: CAP_DAC_READ_SEARCH leads out of an empty root directory" {
    require root
    secret
    run ./step16-escape "$SECRET"
    require_step "$status"
    expect_status 0
    expect_match "what is known" '^handle of its root: [0-9a-f ]+$' "${lines[0]}"
    expect "the service has" "the service has: cap_dac_read_search,cap_net_bind_service=ep" "$(squeezed "${lines[1]}")"
    expect "by its path" "by its path: No such file or directory" "$(squeezed "${lines[2]}")"
    expect "by the handle" "by the handle: the key" "$(squeezed "${lines[3]}")"
    expect "what is left beside the file" secret "$(ls "$USER_DIR")"
}

@test "step 17: without it the handle is refused" {
    require root
    secret
    run ./step16-escape "$SECRET"
    require_step "$status"
    expect "with it" "by the handle: the key" "$(squeezed "${lines[3]}")"
    run ./step17-least "$SECRET"
    expect_status 0
    expect "the service has" "the service has: cap_net_bind_service=ep" "$(squeezed "${lines[1]}")"
    expect "by its path" "by its path: No such file or directory" "$(squeezed "${lines[2]}")"
    expect "by the handle" "by the handle: Operation not permitted" "$(squeezed "${lines[3]}")"
    expect "what is left beside the file" secret "$(ls "$USER_DIR")"
}

@test "step 16: the root of a user namespace has it, and it does not count" {
    require userns
    as_user cp /bin/true "$USER_DIR/file"
    run as_user unshare --map-root-user ./step16-escape "$USER_DIR/file"
    require_step "$status"
    expect "the service has" "the service has: cap_dac_read_search,cap_net_bind_service=ep" "$(squeezed "${lines[1]}")"
    expect "by the handle" "by the handle: Operation not permitted" "$(squeezed "${lines[3]}")"
}

@test "step 16 says 77 where a file system has no handles" {
    run ./step16-escape /proc/self/status
    expect_status 77
    expect_match "why" 'no handles on this file system' "$output"
}

# ---- all ------------------------------------------------------------------

@test "a bad command line is 2, with a usage line" {
    local step
    for step in "step1-sets 0" "step1-sets x" "step1-sets 1 2" "step1-sets -1" "step2-pieces x" "step3-effective x" \
        "step4-permitted x" "step5-fork x" "step6-threads x" step7-web "step7-web 0" "step7-web 80x" "step7-web 65536" \
        "step7-web 80 80" step8-filecap "step8-filecap a b" "step9-setuid a b" "step10-exec x" step11-ambient \
        "step11-ambient 1000" "step11-ambient -a 1000" "step11-ambient x true" "step11-ambient 4294967295 true" \
        step12-regain "step12-regain a b" step13-bounding "step13-bounding a b" step14-no-new-privs step15-docker \
        "step15-docker --cap-add" "step15-docker --cap-add nosuch true" "step15-docker --nosuch true" step16-escape \
        "step16-escape a b" step17-least "step17-least a b"; do
        echo "./$step"
        # shellcheck disable=SC2086  # words
        run ./$step
        expect_status 2
        expect_match usage '^step[^ ]*: usage: ' "$output"
    done
}
