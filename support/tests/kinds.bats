#!/usr/bin/env bats
# support/tests/kinds.bats - what a machine cannot do: the two kinds, and each of them forced
#
# support/payload-refuse.c runs the tests of a reference program on a machine that refuses one
# thing.  None may fail, and each that is skipped must name what is missing and the remedy.
# The control: without the refusal the same tests pass, and none is skipped for it.
# shellcheck disable=SC2154  # status and output are set by run
# shellcheck disable=SC2086  # lists of words
# shellcheck disable=SC2317  # functions that stand for others
load ../bats

setup_file() {
    cc -D_GNU_SOURCE -std=c11 -O1 -o "$BATS_FILE_TMPDIR/refuse" "$BATS_TEST_DIRNAME/../payload-refuse.c" -lseccomp 3>&- || true
}

setup() {
    lab_setup
    require root tool:cc
    REFUSE=$BATS_FILE_TMPDIR/refuse
    user_dir # the ordinary user has to reach the files of the tests
    [ -x "$REFUSE" ] || { echo "support/payload-refuse.c does not build"; return 1; }
}

teardown() {
    [ -z "${LAB_GROUP-}" ] || wait_for find "$LAB_GROUP" -depth -type d -exec rmdir {} + || true
    lab_teardown
}

# inner WORDS FILE PATTERN [VARIABLE=VALUE]: the tests of that name in FILE, where the
# calls of WORDS are refused, or in NOWHERE; TAP in $output
inner() {
    local words=() path=":$PATH" file=$2
    [[ $file = /* ]] || file=$LAB_TOP/$file
    path=${path//:\/usr\/lib*\/bats-core:/:} # bats' own folder is not for a bats in it
    case $1 in
        '') ;;
        NOWHERE) words=("${NOWHERE[@]}") ;;
        *) read -r -a words <<<"$1"; words=("$REFUSE" "${words[@]}" --) ;;
    esac
    LAB_TIMEOUT=300 run bounded env -i PATH="${path#:}" HOME=/ TMPDIR="$USER_DIR" LAB_USER="${LAB_USER-}" \
        "${@:4}" "${words[@]}" bats --formatter tap -f "$3" "$file"
}

# forced WORDS FILE PATTERN CODE: these are skipped for CODE, which has a remedy
forced() {
    local line kinds='' codes=''
    inner "$1" "$2" "$3"
    expect_status 0
    while IFS= read -r line; do
        [[ $line =~ ^ok\ .*\ \#\ skip\ (.*)$ ]] || continue
        read_skip "${BASH_REMATCH[1]}"
        kinds+="${SKIP_KIND:-none} " codes+="$SKIP_CODE "
        [ -n "$SKIP_REMEDY" ] || { echo "no remedy: $line"; return 1; }
    done <<<"$output"
    expect "kinds of the skips" mendable "$(printf '%s\n' $kinds | sort -u)"
    expect "what is missing" "$4" "$(printf '%s\n' $codes | sort -u)"
    inner "" "$2" "$3"
    expect_status 0
    [[ $output != *"[mendable $4:"* ]] || expect "the control" "not skipped for $4" "$output"
}

# unharmed WORDS FILE PATTERN: nothing is skipped, as there is another way
unharmed() {
    inner "$1" "$2" "$3"
    expect_status 0
    expect "tests that passed" yes "$(grep -q '^ok' <<<"$output" && echo yes)"
    expect "tests that were skipped" "" "$(grep '# skip' <<<"$output" || true)"
}

# facility_of NAME CMD...: KIND is what it ends with behind CMD, and SAID what it says
facility_of() {
    local name=$1
    shift
    KIND=0
    # shellcheck disable=SC2016  # for the inner shell to expand
    SAID=$("$@" bash -c '. "$1"; facility "$2"' bash "$LAB_TOP/support/lib.bash" "$name") || KIND=$?
}

@test "payload-refuse: the call fails as asked, others do not, and nothing else changes" {
    run "$REFUSE" newuser=EACCES -- unshare --user true
    expect_match said 'Permission denied' "$output"
    run -0 "$REFUSE" newuser=EACCES -- unshare --mount true
    run -0 "$REFUSE" newuser=EACCES -- grep NoNewPrivs /proc/self/status
    expect_output $'NoNewPrivs:\t0'
    run -7 "$REFUSE" bpf=EPERM -- sh -c 'exit 7'
    run -2 "$REFUSE" bpf=ENONSENSE -- true
    run -2 "$REFUSE" nonsense=EPERM -- true
    run -2 "$REFUSE" bpf=EPERM
    run -127 "$REFUSE" bpf=EPERM -- /nonexistent
    # without CAP_SYS_ADMIN, and without no_new_privs
    run -77 setpriv --bounding-set=-sys_admin --inh-caps=-all "$REFUSE" bpf=EPERM -- true
    run -0 setpriv --bounding-set=-sys_admin --inh-caps=-all "$REFUSE" -n bpf=EPERM -- grep NoNewPrivs /proc/self/status
    expect_output $'NoNewPrivs:\t1'
    run -2 "$REFUSE" -n -- true
    # 0: done, it says, and is not
    run -0 "$REFUSE" newuts=0 -- unshare --uts sh -c 'readlink /proc/self/ns/uts'
    expect "the namespace" "$(ns_of self uts)" "$output"
}

@test "every facility: what it is missing is said, with the kind, and the remedy where there is one" {
    local name words kind what remedy
    while IFS='|' read -r name words kind what remedy; do
        facility_of "$name" $words
        expect "kind of $name behind: $words" "$kind" "$KIND"
        expect_match "what is missing" "$what" "${SAID%%$'\n'*}"
        expect "lines that say it" "$((kind == 1 ? 2 : 1))" "$(wc -l <<<"$SAID")"
        [ "$kind" -ne 1 ] || expect_match "the remedy" "$remedy" "${SAID#*$'\n'}"
        # the control
        case $words in env | *vax*) ;; *) facility_of "$name"; expect "kind of $name" 0 "$KIND" ;; esac
    done <<END
root|setpriv --reuid=1000 --clear-groups|1|needs root|^sudo\$
overlay|setpriv --reuid=1000 --clear-groups|1|needs root|^sudo\$
filters|setpriv --reuid=1000 --clear-groups|1|needs root|^sudo\$
filters|setpriv --bounding-set=-sys_admin --inh-caps=-all|1|CAP_SYS_ADMIN|make vm
filters|$REFUSE bpf=EPERM --|1|a filter of our own|make vm
ns:user|$REFUSE newuser=EPERM --|1|user namespace is refused|make vm|sysctl
ns:user|$REFUSE newuser=EACCES --|1|user namespace is refused|make vm|sysctl
userns|$REFUSE newuser=EACCES --|1|filter of this container refuses user namespaces|make vm
ns:net|$REFUSE newnet=EPERM --|1|net namespace is refused|make vm
ns:time|$REFUSE newtime=EINVAL --|1|time namespace is refused|make vm
overlay|$REFUSE mount=EPERM --|1|no overlay|make vm
overlay:user|$REFUSE newuser=EPERM --|1|no overlay mount in a user namespace|make vm
tool:nonesuch|env|1|no nonesuch in PATH|^make setup\$
file:/nonesuch|env|1|no /nonesuch here|^make setup\$
file:/proc/nonesuch|env|2|on this kernel
ns:nonesuch|env|2|no nonesuch namespaces
machine:vax|env|2|vax only
cgroup:nonesuch|env|1|no nonesuch controller|make vm
cgroup1:nonesuch|env|2|no nonesuch controller on cgroup v1
nonesuch|env|3|unknown facility|
END
}

@test "a setting that refuses user namespaces: the remedy is the command that changes it" {
    local hide='mount -t tmpfs none /proc/sys/user && echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"'
    # a stand-in for the setting, and a filter for what it does
    facility_of userns "$REFUSE" newuser=ENOSPC -- unshare --mount sh -c "$hide" sh
    expect kind 1 "$KIND"
    expect_match remedy '^sudo sysctl -w user.max_user_namespaces=' "${SAID#*$'\n'}"
}

@test "forced: no user namespace, to anybody" {
    forced newuser=EPERM labs/03-userns/idmaprun.bats 'bad usage|effective ids' ns:user
    forced newuser=EACCES labs/01-capabilities/capdrop.bats 'root of a user namespace' userns
    forced newuser=EPERM capstone/isolation/run.bats 'exit status is' ns:user
}

@test "forced: no time namespace; what does not need one is tested all the same" {
    forced newtime=EINVAL labs/02-namespaces/nsrun.bats 'clocks' ns:time
    unharmed newtime=EINVAL labs/02-namespaces/nsrun.bats 'enters every namespace'
}

@test "forced: nothing may trace" {
    forced ptrace=EPERM labs/04-cgroups/cgrun.bats 'first instruction' ptrace
}

@test "forced: no i386 call, behind a filter that keeps filters from being read" {
    require machine:x86_64
    forced foreign=EPERM labs/05-seccomp/sandbox.bats 'never get through' filters
    forced foreign=EPERM capstone/isolation/privileges.bats 'foreign ABI' filters
}

@test "forced: no keys, no clone3, no mount" {
    forced keyctl=EPERM capstone/isolation/privileges.bats 'session keyring' keyctl
    forced clone3=ENOSYS capstone/isolation/run.bats 'exit status is' clone3
    forced mount=EPERM labs/06-overlay/layers.bats 'bad usage' overlay
    unharmed clone3=ENOSYS labs/04-cgroups/cgrun.bats 'tasks than that'
}

@test "forced: behind a filter that has nothing to do with it nothing is skipped" {
    unharmed bpf=EPERM capstone/isolation/privileges.bats '--privileged: all capabilities'
}

@test "forced: a kernel that takes no such call and shows no filter: never, in no total" {
    require machine:x86_64
    # ns_last_pid is there where the kernel can show filters
    NOWHERE=("$REFUSE" foreign=EPERM ptrace=EPERM -- unshare --mount sh -c 'mount -t tmpfs none /proc/sys/kernel && exec "$@"' sh)
    facility_of filters "${NOWHERE[@]}"
    expect kind 2 "$KIND"
    inner "" labs/05-seccomp/sandbox.bats 'never get through'
    expect "the control" "" "$(grep '# skip' <<<"$output" || true)"
    # nor is it a failure where all must run that can
    inner NOWHERE labs/05-seccomp/sandbox.bats 'never get through' LAB_MUST_RUN=1
    expect_status 0
    expect "tests that leave the total" 2 "$(grep -c '# skip \[never filters\] ' <<<"$output")"
}

@test "LAB_MUST_RUN: what can be mended fails, what can never be stays a skip" {
    local file=$BATS_TEST_TMPDIR/one.bats
    printf '%s\n' "load $LAB_TOP/support/bats" '@''test "never" { require machine:vax; }' '@''test "mendable" { require tool:nonesuch; }' \
        '@''test "said" { mendable code why remedy; }' '@''test "no remedy" { mendable code why; }' '@''test "unknown" { require nonsense; }' >"$file" # %test
    inner "" "$file" .
    expect_status 1
    expect "results" "ok ok ok not not" "$(grep -oE '^(ok|not)' <<<"$output" | xargs)"
    inner "" "$file" . LAB_MUST_RUN=1
    expect "results" "ok not not not not" "$(grep -oE '^(ok|not)' <<<"$output" | xargs)"
    expect_match "what fails says" 'must run here, and cannot: why \(remedy: remedy\)' "$output"
}

@test "in a sandbox: never is what the container lacks and the machine, too, can never do" {
    local LAB_SANDBOX=$BATS_TEST_TMPDIR
    mkdir "$LAB_SANDBOX/facility"
    eval "$(sed -n '/^facility()/,/^}/p' "$LAB_TOP/support/sandbox.bash")"
    bounded() { echo "not in this container"; return 2; }
    run -2 facility machine:vax
    expect_output "not in this container"
    run -1 facility seccomp
    expect_output $'not in this container\nwithout the sandbox: sudo make grade'
    # what was asked once is known
    bounded() { return 0; }
    run -2 facility machine:vax
    run -0 facility machine:pdp11
    # filters are read from outside
    bounded() { return 2; }
    run -0 facility filters
}

@test "control groups v2: a group with processes hands on no controller, and facility says so" {
    require root cgroup2:memory ns:cgroup
    local top group
    top=$(cgroup2_mount)
    grep -qw memory "$top/cgroup.subtree_control" || mendable cgroup2:memory "memory is handed on to no group here" "$ELSEWHERE"
    group=$top/lab-busy-$$
    mkdir "$group"
    LAB_GROUP=$group
    # A container's view: its own group is the root.  Its process is in the group, or below it.
    view() {
        ( close_fds; exec bash -c 'echo $$ >"$1/cgroup.procs" && exec unshare --cgroup --mount bash -c "
            umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && $2
            . \"$3/support/lib.bash\"; facility cgroup2:memory"' bash "$group" "$1" "$LAB_TOP" </dev/null )
    }
    run -1 view true
    expect_match "why" "cgroupns=host" "$output"
    run -0 view 'mkdir /sys/fs/cgroup/below && echo $$ >/sys/fs/cgroup/below/cgroup.procs'
}
