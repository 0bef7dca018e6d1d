#!/usr/bin/env bats
# steps.bats - what the steps of lab 01 claim, checked
#
# Without root, what needs uid 0 runs as the root of a user namespace.

load ../../support/bats

setup() {
    lab_setup
    ROOT=()
    [ "$EUID" -eq 0 ] || ROOT=(unshare --map-root-user)
    user_dir
    chmod 755 "$USER_DIR"
}

need_root() { [ "$EUID" -eq 0 ] || require userns; }

# kernel_sets CMD...: the five masks that CMD ends up with, in step1's order
kernel_sets() {
    "$@" awk '/^Cap/ { set[$1] = $2 }
        END { print set["CapPrm:"], set["CapEff:"], set["CapInh:"], set["CapBnd:"], set["CapAmb:"] }' /proc/self/status
}

# masks: the same from step1's output
masks() { awk 'length($2) == 16 && $2 ~ /^[0-9a-f]+$/ { printf "%s%s", sep, $2; sep = " " }' <<<"$1"; }

# row TEXT WORD: what stands after WORD and the mask, a continued line included
row() { awk -v name="$2" '/^[^ ]/ { on = $1 == name; $1 = $2 = "" } on { $1 = $1; print }' <<<"$1" | xargs; }

# ---- step 1 ---------------------------------------------------------------

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
    spawn "${ROOT[@]}" setpriv --inh-caps=-all,+kill --bounding-set=-all,+chown,+kill,+net_raw sh -c 'echo; read x <"$0"' \
        "$(mkfifo "$BATS_TEST_TMPDIR/never" && echo "$BATS_TEST_TMPDIR/never")"
    wait_for test -s "$SPAWNED_OUT"
    run ./step1-sets "$SPAWNED"
    expect_status 0
    expect bounding "chown kill net_raw" "$(row "$output" bounding)"
    expect inheritable kill "$(row "$output" inheritable)"
    expect "five masks" "0000000000002021 0000000000002021 0000000000000020 0000000000002021 0000000000000000" \
        "$(masks "$output")"
}

@test "step 1 names what capsh names, none, all, and all but" {
    require tool:capsh
    need_root
    run "${ROOT[@]}" setpriv --bounding-set=-all,+chown,+sys_admin,+perfmon ./step1-sets
    expect "short form" "chown sys_admin perfmon" "$(row "$output" permitted)"
    expect "capsh" "0x0000004000200001=cap_chown,cap_sys_admin,cap_perfmon" \
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
    run "${ROOT[@]}" setpriv --bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap ./step1-sets
    expect_status 0
    expect "the longest line is at most 79" yes "$(awk 'length > 79 { long = 1 } END { print long ? "no" : "yes" }' <<<"$output")"
    expect_match permitted 'chown dac_override .* audit_write setfcap$' "$(row "$output" permitted)"
}

@test "step 1 says when there is no such process" {
    run ./step1-sets 99999999
    expect_status 1
    expect_output "step1-sets: process 99999999: no such process"
}

# ---- step 2 ---------------------------------------------------------------

@test "step 2: effective decides, permitted allows" {
    need_root
    run "${ROOT[@]}" ./step2-drop-raise
    expect_status 0
    expect "with CAP_DAC_OVERRIDE" "CAP_DAC_OVERRIDE permitted effective open
at the start yes yes allowed
effective lowered yes no Permission denied
effective raised yes yes allowed
permitted lowered no no Permission denied
effective raised: Operation not permitted" "$(tr -s ' ' <<<"$output")"
}

@test "step 2: what is not permitted cannot be raised" {
    run as_user ./step2-drop-raise
    expect_status 0
    expect "line 2" "at the start no no Permission denied" "$(sed -n 2p <<<"$output" | tr -s ' ')"
    expect "line 4" "effective raised: Operation not permitted" "$(sed -n 4p <<<"$output" | tr -s ' ')"
}

@test "step 2 leaves no file behind" {
    local before
    before=$(find /tmp -maxdepth 1 -name 'step2.*' | wc -l)
    run ./step2-drop-raise
    expect "files named step2.*" "$before" "$(find /tmp -maxdepth 1 -name 'step2.*' | wc -l)"
}

# ---- step 3 ---------------------------------------------------------------

@test "step 3: a permitted capability is lost at exec, an ambient one is not" {
    require root
    local one=0000000000000400 none=0000000000000000 sets
    run ./step3-handover 1000 awk '/^Cap(Prm|Eff|Inh|Amb)/ { print $2 }' /proc/self/status
    expect_status 0
    expect_match "before exec" 'uid 1000 +cap_net_bind_service=eip' "${lines[0]}"
    sets="${lines[*]:1}"
    expect "inheritable permitted effective ambient" "$one $none $none $none" "$sets"
    run ./step3-handover -a 1000 awk '/^Cap(Prm|Eff|Inh|Amb)/ { print $2 }' /proc/self/status
    expect_status 0
    expect_match "before exec" 'uid 1000 +cap_net_bind_service=eip' "${lines[0]}"
    sets="${lines[*]:1}"
    expect "inheritable permitted effective ambient" "$one $one $one $one" "$sets"
}

# ---- steps 4 and 5 --------------------------------------------------------

# secret: a file that uid 0 can read with a capability only
secret() {
    SECRET=$USER_DIR/secret
    echo "the key" >"$SECRET"
    [ "$EUID" -ne 0 ] || chown 0:0 "$SECRET"
    chmod 000 "$SECRET"
}

@test "step 4: uid 0 without capabilities has them again after exec" {
    need_root
    secret
    run "${ROOT[@]}" ./step4-regain "$SECRET"
    expect_status 0
    expect "the service has" "the service has: no capabilities" "$(tr -s ' ' <<<"${lines[0]}")"
    expect "the service" "the service: open: Permission denied" "$(tr -s ' ' <<<"${lines[1]}")"
    expect "cat" "the key" "${lines[3]}"
}

@test "step 5: not when the bounding set is empty" {
    need_root
    secret
    run "${ROOT[@]}" ./step5-bounding "$SECRET"
    expect_status 1
    expect "the service" "the service: open: Permission denied" "$(tr -s ' ' <<<"${lines[1]}")"
    expect_match cat 'Permission denied$' "${lines[3]}"
    run "${ROOT[@]}" cat "$SECRET"
    expect "without it" "the key" "$output"
}

@test "step 5 needs CAP_SETPCAP, and stops without it" {
    need_root
    secret
    run "${ROOT[@]}" setpriv --bounding-set=-setpcap ./step5-bounding "$SECRET"
    expect_status 1
    expect_match "its one line" '^step5-bounding: drop capability [0-9]+ .*Operation not permitted$' "$output"
}

@test "a bad command line is 2, with a usage line" {
    local step
    for step in "step1-sets 0" "step1-sets x" "step1-sets 1 2" "step1-sets -1" "step2-drop-raise x" \
        step3-handover "step3-handover 1000" "step3-handover -a 1000" "step3-handover x true" \
        "step3-handover 4294967295 true" step4-regain "step4-regain a b" step5-bounding; do
        echo "./$step"
        # shellcheck disable=SC2086  # words
        run ./$step
        expect_status 2
        expect_match usage '^step[^ ]*: usage: ' "$output"
    done
}
