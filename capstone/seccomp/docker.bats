#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2154  # run sets output, status
# capstone/seccomp/docker.bats - default.list, held against Docker's own profile
#
# For each capability alone, and for several, both filters are asked about every system
# call that libseccomp knows (compare.c): libseccomp's, of Docker's JSON, and skiff's.
# They agree but for what `deviations` names.  The JSON is that of Debian's package of
# Docker's source (docker-profile fetches it), or DOCKER_PROFILE=FILE.

load ../../support/bats

READER=$BATS_TEST_DIRNAME/skiff-seccomp
LIST=$BATS_TEST_DIRNAME/default.list
PODMAN=/usr/share/containers/seccomp.json
DEFAULT=CHOWN,DAC_OVERRIDE,FOWNER,FSETID,KILL,NET_BIND_SERVICE,SETFCAP,SETGID,SETPCAP,SETUID,SYS_CHROOT

setup_file() {
    DOCKER=$("$BATS_TEST_DIRNAME/docker-profile") || DOCKER=$BATS_TEST_DIRNAME/../../build/docker-seccomp.json
    export DOCKER
}

setup() {
    lab_setup
    cd "$BATS_TEST_TMPDIR" || return
    mapfile -t ALL < <(awk '$1 == "#define" && $2 ~ /^CAP_/ && $3 ~ /^[0-9]+$/ { print $3, substr($2, 5) }' /usr/include/linux/capability.h | sort -n | cut -d' ' -f2)
}

# The differences that are meant: a call (a regular expression), what skiff says, what Docker
# says, when (with a capability, "+", or without it, "-", or "*", whatever there is), and
# why.  "older" is for profiles of Docker that were made before: those who have a newer
# one see no difference.
deviations() {
    cat <<'END'
ptrace                  EPERM ALLOW -SYS_PTRACE a tracer needs the capability
process_vm_readv        EPERM ALLOW -SYS_PTRACE a tracer needs the capability
process_vm_writev       EPERM ALLOW -SYS_PTRACE a tracer needs the capability
pivot_root              ALLOW EPERM +SYS_ADMIN  as mount; Podman allows it to all
socket.12.              EPERM ALLOW *           older: DECnet
socket.19.              EPERM ALLOW *           older: ECONET
socket.20.              EPERM ALLOW *           older: ATMSVC
socket.23.              EPERM ALLOW *           older: IRDA
socket.25.              EPERM ALLOW *           older: WANPIPE
socket.34.              EPERM ALLOW *           older: ISDN
socket.37.              EPERM ALLOW *           older: CAIF
socket.38.              EPERM ALLOW *           older: ALG
socket.40.              EPERM ALLOW *           older: VSOCK
socket.4[6-9].          EPERM ALLOW *           older: families that are unknown
socket.[5-9][0-9].      EPERM ALLOW *           older: families that are unknown
socket.[0-9][0-9][0-9]+. EPERM ALLOW *           older: families that are unknown
io_uring_.*             EPERM ALLOW *           older: off the list since 2023
name_to_handle_at       ALLOW EPERM -SYS_ADMIN  older: it took a capability
bpf                     ALLOW EPERM +BPF        older: it took CAP_SYS_ADMIN
perf_event_open         ALLOW EPERM +PERFMON    older: it took CAP_SYS_ADMIN
pkey_alloc              ALLOW EPERM *           older: not listed
pkey_free               ALLOW EPERM *           older: not listed
pkey_mprotect           ALLOW EPERM *           older: not listed
cachestat               ALLOW EPERM *           older: a call of Linux 6.5
fchmodat2               ALLOW EPERM *           older: a call of Linux 6.6
map_shadow_stack        ALLOW EPERM *           older: a call of Linux 6.6
futex_requeue           ALLOW EPERM *           older: a call of Linux 6.7
futex_wait              ALLOW EPERM *           older: a call of Linux 6.7
futex_wake              ALLOW EPERM *           older: a call of Linux 6.7
listmount               ALLOW EPERM *           older: a call of Linux 6.8
statmount               ALLOW EPERM *           older: a call of Linux 6.8
mseal                   ALLOW EPERM *           older: a call of Linux 6.10
uretprobe               ALLOW EPERM *           older: a call of Linux 6.11
getxattrat              ALLOW EPERM *           older: a call of Linux 6.13
listxattrat             ALLOW EPERM *           older: a call of Linux 6.13
removexattrat           ALLOW EPERM *           older: a call of Linux 6.13
setxattrat              ALLOW EPERM *           older: a call of Linux 6.13
riscv_flush_icache      ALLOW EPERM *           older: not listed
riscv_hwprobe           ALLOW EPERM *           older: not listed
lsm_get_self_attr       ALLOW EPERM +SYS_ADMIN  older: a call of Linux 6.8
lsm_list_modules        ALLOW EPERM +SYS_ADMIN  older: a call of Linux 6.8
lsm_set_self_attr       ALLOW EPERM +SYS_ADMIN  older: a call of Linux 6.8
set_mempolicy_home_node ALLOW EPERM +SYS_NICE   older: a call of Linux 5.17
END
}

# mask CAP,CAP...: as in /proc/PID/status
mask() {
    local sum=0 i name
    for name in ${1//,/ }; do
        for i in "${!ALL[@]}"; do [ "${ALL[i]}" != "$name" ] || sum=$((sum | 1 << i)); done
    done
    printf %x "$sum"
}

build_compare() {
    require tool:cc "file:$DOCKER"
    cc -D_GNU_SOURCE -std=c11 -O2 "$BATS_TEST_DIRNAME/compare.c" -o compare -lseccomp
}

# differences OURS DOCKERS: of the filter for these capabilities and Docker's for those
differences() {
    timeout 20 "$READER" filter "$(mask "$1")" <"$LIST" >ours || return
    bounded "$READER" profile "$DOCKER" "$(mask "$2")" >dockers 2>words || { cat words; return 1; }
    bounded ./compare ours dockers
}

# unnamed CAPS: of the differences on stdin those that are no deviation with these capabilities
unnamed() {
    awk -v caps=",$1," -v known="$KNOWN" '
        # Newer than both: ENOSYS here, so that programs fall back, EPERM at Docker.
        function newer() { return $2 == "ENOSYS" && $3 == "EPERM" && !index(known, " " $1 " ") }
        function meant(i,   with) {
            with = index(caps, "," substr(when[i], 2) ",") > 0
            return $1 ~ "^(" name[i] ")$" && $2 == ours[i] && $3 == dockers[i] &&
                (when[i] == "*" || with == (when[i] ~ /^\+/))
        }
        FNR == NR { name[++n] = $1; ours[n] = $2; dockers[n] = $3; when[n] = $4; next }
        NF > 0 && !newer() {
            for (i = 1; i <= n && !meant(i); i++) ;
            if (i > n) print
        }' <(deviations) -
}

@test "with each capability alone, and with several, every call is judged as by Docker's profile" {
    hint "the lines of default.list; includes.caps in Docker's default.json; capabilities(7)"
    build_compare
    local caps all wrong=''
    KNOWN=" $({ grep -v '^#' "$LIST"; jq -r '.syscalls[].names[]?' "$DOCKER"; } | tr '\n' ' ') "
    all=$(IFS=,; echo "${ALL[*]}")
    for caps in "" "${ALL[@]}" "$DEFAULT" "$DEFAULT,SYS_PTRACE" "SYS_ADMIN,SYS_PTRACE" "${all/,SYS_ADMIN/}" "$all"; do
        run differences "$caps" "$caps"
        expect_status 0
        output=$(unnamed "$caps" <<<"$output")
        [ -z "$output" ] || wrong+="with ${caps:-no capability} (skiff, Docker): "$output$'\n'
    done
    expect "unnamed differences" "" "$(head -n 40 <<<"$wrong")"
}

@test "the comparison sees a capability too much and one too few, and each deviation that is not of age" {
    hint "compare.c, deviations: a test that sees no difference must be able to"
    build_compare
    local name ours dockers when _
    # the control: skiff's filter for one capability, Docker's for another
    run differences SYS_ADMIN SYS_PTRACE
    for name in mount unshare bpf setns clone3; do
        expect_match "too much" "(^|"$'\n'")$name ALLOW E" "$output"
    done
    expect_match "too much, by an argument" 'clone\(268435456\) ALLOW EPERM' "$output"
    for name in kcmp pidfd_getfd process_madvise; do
        expect_match "too few" "(^|"$'\n'")$name EPERM ALLOW" "$output"
    done
    run differences SYS_CHROOT ""
    expect_match "chroot" "(^|"$'\n'")chroot ALLOW EPERM" "$output"
    while read -r name ours dockers when _; do
        case $when in
            -SYS_PTRACE) run differences "" "" ;;
            +SYS_ADMIN) run differences SYS_ADMIN SYS_ADMIN ;;
            *) continue ;;
        esac
        # Docker before 2023 has these with the capability only, Linux before 6.8 not at all
        case $name in lsm_* | process_vm_*) continue ;; esac
        expect_match "the deviation" "(^|"$'\n'")$name $ours $dockers" "$output"
    done < <(deviations)
}

# ---- profiles that a user gives -------------------------------------------

# chosen FILE CAP...: the profile with the rules that apply to a container with these
# capabilities on this machine, and no conditions any more: jq(1) decides
chosen() {
    local machine
    case $(uname -m) in x86_64) machine=amd64 ;; aarch64) machine=arm64 ;; *) machine=$(uname -m) ;; esac
    jq --arg machine "$machine" '($ARGS.positional | map("CAP_" + .)) as $caps |
        def common($a; $b): $a - ($a - $b);
        .syscalls |= map(select(
            (.includes.caps // []) - $caps == [] and
            ((.includes.arches // []) | . == [] or index($machine) != null) and
            common(.excludes.caps // []; $caps) == [] and
            ((.excludes.arches // []) | index($machine) == null) and
            (.excludes.minKernel // "") == "") | del(.includes, .excludes))' "$1" --args "${@:2}"
}

# expect_chosen FILE: for none, for each of the capabilities that its rules name, for
# another one, and for all
expect_chosen() {
    local named caps first=
    mapfile -t named < <(jq -r '.syscalls[] | .includes, .excludes | .caps[]?' "$1" | sort -u | sed 's/^CAP_//')
    for caps in "" "${named[@]}" NET_RAW "${named[*]}"; do
        # shellcheck disable=SC2086  # words
        chosen "$1" $caps >chosen.json
        bounded "$READER" profile "$1" "$(mask "${caps// /,}")" >whole 2>words || { cat words; return 1; }
        bounded "$READER" profile chosen.json >part 2>words || { cat words; return 1; }
        cmp whole part || { echo "with ${caps:-no capability}: other rules than jq chooses"; return 1; }
        # the control: capabilities matter
        first=${first:-$(sha256sum <whole)}
    done
    [ "$first" != "$(sha256sum <whole)" ] || { echo "with all capabilities: the same filter as with none"; return 1; }
}

@test "rules are chosen by capability as jq chooses them: of Docker's profile" {
    hint "rule_applies in conditions.h: all of includes, none of excludes; capabilities(7)"
    require "file:$DOCKER" tool:jq
    expect_chosen "$DOCKER"
}

@test "rules are chosen by capability as jq chooses them: of Podman's profile" {
    hint "rule_applies in conditions.h: all of includes, none of excludes; capabilities(7)"
    require "file:$PODMAN" tool:jq
    expect_chosen "$PODMAN"
}

# ---- the list itself ------------------------------------------------------

# list LINE...: the reader with a list of these lines; its status, and what it says
list() { run --separate-stderr timeout 20 bash -c '"$1" calls < <(printf "%s\n" "${@:2}")' - "$READER" "$@"; }

# bad_list WHAT LINE...: is refused, in one line that says WHAT, with nothing on stdout
bad_list() {
    list "${@:2}"
    expect_error 1 skiff-seccomp
    # shellcheck disable=SC2154  # set by run
    expect_match "the line" "$1" "$stderr"
    expect "stdout" "" "$output"
}

@test "a list that says two things of a call, or names an unknown capability, makes no filter" {
    hint "decide, grant in skiff-seccomp.c; default.list has the format, syscalls(2) the names"
    bad_list "ptrace: listed twice" "allow ptrace" "with CAP_SYS_PTRACE ptrace"
    bad_list "ptrace: listed twice" "with CAP_SYS_PTRACE ptrace" "allow ptrace"
    bad_list "ptrace: listed twice" "with CAP_SYS_PTRACE ptrace" "refuse ptrace"
    bad_list "ptrace: listed twice" "refuse ptrace" "with CAP_SYS_PTRACE ptrace"
    bad_list "ptrace: listed twice" "with CAP_SYS_PTRACE ptrace ptrace"
    bad_list "ptrace: listed twice" "allow ptrace ptrace"
    bad_list "clone: listed twice" "allow clone"
    bad_list "clone3: listed twice" "with CAP_SYS_ADMIN clone3" "allow clone3"
    bad_list "unknown capability 'SYS_PTRACE'" "with SYS_PTRACE ptrace"
    bad_list "unknown capability 'ptrace'" "with ptrace"
    bad_list "unknown capability ''" "with"
    bad_list "opens no call" "with CAP_SYS_ADMIN mount" "default CAP_SYS_CHROOT"
    bad_list "none of allow, with" "wide mount"
    bad_list "a line of more than" "allow $(printf 'read%.0s' {1..200})"
    # the control: one call by two capabilities, an unknown name, clone by its flags and by a capability
    list "with CAP_SYS_ADMIN bpf clone clone3" "with CAP_BPF bpf" "default CAP_BPF" "allow nonesuch" "# with"
    expect_status 0
    expect_match "the table" "0x[0-9a-f]*, .usual = 0x8000000000," "$output"
}
