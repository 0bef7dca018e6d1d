#!/usr/bin/env bats
# sandbox.bats - graded tests for `sandbox`
#
# Most of them run payload-calls, which makes system calls with bad arguments:
# EFAULT is the kernel's own answer, so the call got through; EPERM is the
# filter's.  It is static and has no libc, so that it runs even behind a filter
# that allows only write.
# shellcheck disable=SC2154  # status, output and stderr are set by run
# shellcheck disable=SC2030,SC2031  # each test is its own subshell

load ../../support/bats
exercise sandbox

setup() {
    lab_setup
    require seccomp
    case $(uname -m) in
        x86_64) GETPID=39 GETPPID=110 ;;
        *) GETPID=172 GETPPID=173 ;;
    esac
    # USER_IS CMD...: as an ordinary user; a program, where as_user is a function
    USER_IS=()
    [ "$EUID" -ne 0 ] || USER_IS=(setpriv "--reuid=$(lab_uid)" "--regid=$(lab_gid)" --clear-groups
        --inh-caps=-all)
}

# calls ARG... -- WORD...: what payload-calls prints behind sandbox ARG...; the
# status in $status, the lines in $output.  What sandbox itself says goes to
# $stderr.
calls() {
    local args=()
    while [ "$1" != -- ]; do args+=("$1"); shift; done
    shift
    run --separate-stderr prog "${args[@]}" -- ./payload-calls "$@"
}

# expect_calls LINE...: payload-calls printed these lines
expect_calls() {
    local lines
    printf -v lines '%s\n' "$@"
    expect "what the calls came to" "${lines%$'\n'}" "$output"
}

# control WORD... : the same calls without the sandbox, in $output
control() { run --separate-stderr bounded ./payload-calls "$@"; }

# running PID: the payload that runs as PID or as a descendant of it
running() {
    local pid=$1 name
    while [ -n "$pid" ] && read -r name <"/proc/$pid/comm"; do
        if [ "$name" = payload-calls ]; then
            echo "$pid"
            return 0
        fi
        pid=$(child_of "$pid")
    done 2>/dev/null
    return 1
}

# start ARG... : sandbox ARG... with a payload that stays; its pid in $PID
start() {
    spawn "$EXERCISE" "$@" -- ./payload-calls hang
    if ! wait_for running "$SPAWNED"; then
        echo "sandbox $*: CMD is not running; it said: $(<"$SPAWNED_ERR")"
        return 1
    fi
    PID=$(running "$SPAWNED")
}

# expect_not_run WHAT: CMD (touch $MARK) was not run, though sandbox can run it
expect_not_run() {
    if [ -e "$MARK" ]; then
        echo "expected: $1: CMD is not run"
        echo "observed: CMD was run"
        return 1
    fi
}

# expect_can_run: the control of the above
expect_can_run() {
    run --separate-stderr prog -d mkdirat -- touch "$MARK.control"
    expect_status 0
    expect "CMD run with correct arguments" yes "$([ -e "$MARK.control" ] && echo yes || echo no)"
}

# ---- which calls ------------------------------------------------------------

@test "[6] -d refuses the named system calls, with EPERM if nothing else is asked" {
    hint "the default action allows, a rule for each name refuses, see seccomp_rule_add(3)"
    control mkdirat openat fchmodat
    expect_calls "mkdirat: EFAULT" "openat: EFAULT" "fchmodat: EFAULT"
    calls -d mkdirat -- mkdirat
    expect_calls "mkdirat: EPERM"
    expect_status 0
    calls -d mkdirat,openat,fchmodat -- mkdirat openat fchmodat
    expect_calls "mkdirat: EPERM" "openat: EPERM" "fchmodat: EPERM"
}

@test "[5] -d refuses only the named" {
    hint "SCMP_ACT_ALLOW is the default action of a deny-list, see seccomp_init(3)"
    local words=(mkdirat openat fchmodat chdir uname getppid getpid getuid sched_yield umask
        read write close fchdir getcwd socket times)
    control "${words[@]}"
    local expected=${output/mkdirat: EFAULT/mkdirat: EPERM}
    calls -d mkdirat -- "${words[@]}"
    expect "what the calls came to" "$expected" "$output"
}

@test "[8] -a lets nothing through but the named" {
    hint "the default action refuses, a rule for each name allows, see seccomp_init(3)"
    control openat uname getppid
    expect_calls "openat: EFAULT" "uname: EFAULT" "getppid: done"
    calls -a write -- openat uname getppid
    expect_calls "openat: EPERM" "uname: EPERM" "getppid: EPERM"
    calls -a openat,write,uname -- openat uname getppid
    expect_calls "openat: EFAULT" "uname: EFAULT" "getppid: EPERM"
    # every number there is: execve is in the contract, write was named
    calls -a write -- sweep:1
    expect_calls "through: write execve"
    # write was not named, so nothing is printed
    calls -a getppid -- getppid exit:3
    expect_output ""
    expect_status 3
}

@test "[5] -a allows what it takes to start and to end CMD" {
    hint "execve, exit, exit_group, rt_sigreturn; see sigreturn(2) for the last one"
    calls -a write -- exec getppid exit:7
    expect_calls "getppid: EPERM"
    expect_status 7
    calls -a write -- getppid thread-exit:9
    expect_calls "getppid: EPERM"
    expect_status 9
    calls -a write,rt_sigaction,getpid,kill -- signal getppid
    expect_calls "signal: handled" "getppid: EPERM"
    expect_status 0
}

# ---- what becomes of a refused call -------------------------------------------

@test "[4] -e takes the name of an error" {
    hint "SCMP_ACT_ERRNO(errno) in seccomp_init(3), the names are in errno(3)"
    local pair
    for pair in EACCES:13 EIO:5 ECONNREFUSED:111 EOVERFLOW:75; do
        calls -d mkdirat -e "${pair%:*}" -- mkdirat openat
        expect_calls "mkdirat: error ${pair#*:}" "openat: EFAULT"
    done
    calls -e ENOSYS -a write,openat -- mkdirat openat
    expect_calls "mkdirat: ENOSYS" "openat: EFAULT"
}

@test "[4] -e takes the number of an error" {
    hint "SCMP_ACT_ERRNO(errno) in seccomp_init(3); strtol(3) for the number"
    local number
    for number in 2 13 133; do
        calls -d mkdirat -e "$number" -- mkdirat openat
        expect_calls "mkdirat: error $number" "openat: EFAULT"
    done
    calls -e 38 -a write,openat -- mkdirat openat
    expect_calls "mkdirat: ENOSYS" "openat: EFAULT"
}

@test "[6] -k: a refused call kills, and the status is 159" {
    hint "SCMP_ACT_KILL_PROCESS in seccomp_init(3) is SIGSYS, 31; see signal(7)"
    calls -d mkdirat -k -- openat
    expect_calls "openat: EFAULT"
    expect_status 0
    calls -d mkdirat -k -- openat mkdirat openat
    expect_calls "openat: EFAULT"
    expect_status 159
    calls -k -a write,openat -- openat mkdirat openat
    expect_calls "openat: EFAULT"
    expect_status 159
}

@test "[4] -k kills the whole process, not only the thread" {
    hint "SCMP_ACT_KILL_PROCESS, not SCMP_ACT_KILL_THREAD, see seccomp_init(3)"
    run --separate-stderr prog -d fchdir -- ./payload-threads
    expect_output "fchdir: EPERM"
    expect_status 3
    run --separate-stderr prog -d fchdir -k -- ./payload-threads
    expect_output ""
    expect_status 159
}

@test "[5] -l lets a refused call through" {
    hint "SCMP_ACT_LOG in seccomp_init(3)"
    calls -d mkdirat -- mkdirat getppid
    expect_calls "mkdirat: EPERM" "getppid: done"
    calls -d mkdirat,getppid -l -- mkdirat getppid exit:5
    expect_calls "mkdirat: EFAULT" "getppid: done"
    expect_status 5
    calls -l -a write -- mkdirat getppid exit:6
    expect_calls "mkdirat: EFAULT" "getppid: done"
    expect_status 6
}

# logs NAME CMD...: does CMD leave a line about the process NAME in the kernel's
# log?  The kernel prints no more than ten in five seconds, of everybody's: try
# for longer than that.
logs() {
    local name=$1 end=$((SECONDS + 8))
    shift
    while [ "$SECONDS" -lt "$end" ]; do
        bounded "$@" >/dev/null 2>&1 || true
        sleep 0.2
        ! logged "$name" || return 0
    done
    return 1
}

logged() { dmesg | grep 'type=1326' | grep -qF "comm=\"$1\""; }

# expect_logged NAME: in the kernel's log, if it shows anybody's lines
expect_logged() {
    dmesg >/dev/null 2>&1 || require_filters
    cp payload-calls "$USER_DIR/$1"
    ! logs "$1" "$EXERCISE" -d getppid -l -- "$USER_DIR/$1" getpid getppid || return 0
    cp step7-actions "$USER_DIR/step$1"
    logs "step$1" "$USER_DIR/step$1" log ||
        require_filters
    echo "expected: a line about seccomp in the kernel's log (type=1326)"
    echo "observed: none"
    return 1
}

@test "[5] -l has a refused call logged, and no other" {
    hint "SCMP_ACT_LOG in seccomp_init(3), not SCMP_ACT_ALLOW; look with dmesg(1)"
    start -d getppid -l
    ask_filter "$PID" "native:$GETPPID" "native:$GETPID"
    if [ "$status" -ne 77 ]; then
        expect "what the filter says to getppid" "native:$GETPPID: logged" "${lines[0]}"
        expect "what the filter says to getpid" "native:$GETPID: through" "${lines[1]}"
        start -a ppoll,getpid -l
        ask_filter "$PID" "native:$GETPPID" "native:$GETPID"
        expect "what the filter says to getppid" "native:$GETPPID: logged" "${lines[0]}"
        expect "what the filter says to getpid" "native:$GETPID: through" "${lines[1]}"
    else
        local name=call$RANDOM
        user_dir
        expect_logged "$name"
        expect "number of different calls in the log" 1 \
            "$(dmesg | grep -F "comm=\"$name\"" | grep -o ' syscall=[0-9]*' | sort -u | wc -l)"
    fi
}

# ---- what is always so -----------------------------------------------------------

@test "[5] no_new_privs is always set" {
    hint "PR_SET_NO_NEW_PRIVS in prctl(2), or seccomp_load(3), which sets it"
    local args
    for args in "-d mkdirat" "-a ppoll" "-d mkdirat -e EIO" "-d mkdirat -k" "-a ppoll -k" "-d mkdirat -l" "-a ppoll -l"; do
        # shellcheck disable=SC2086  # words
        start $args
        expect "NoNewPrivs of CMD behind $args" 1 "$(proc_field "$PID" NoNewPrivs)"
        kill -KILL "$PID"
    done
    # without root, only the root of a user namespace could load a filter without it
    if [ "$EUID" -ne 0 ] && facility userns >/dev/null; then
        run --separate-stderr bounded unshare --map-root-user "$EXERCISE" -d mkdirat -- grep NoNewPrivs /proc/self/status
        [ "$status" -ne 0 ] || expect_output $'NoNewPrivs:\t1'
    fi
}

@test "[5] the kernel shows the filter, and children and exec keep it" {
    hint "Seccomp in /proc/PID/status must be 2, see proc_pid_status(5) and seccomp(2)"
    local before
    start -d mkdirat
    expect "Seccomp of CMD" 2 "$(proc_field "$PID" Seccomp)"
    before=$(proc_field self Seccomp_filters)
    if [ -n "$before" ]; then
        expect "CMD has more filters than the $before that we have" yes \
            "$([ "$(proc_field "$PID" Seccomp_filters)" -gt "$before" ] && echo yes || echo no)"
    fi
    calls -d mkdirat -- fork mkdirat openat
    expect_calls "mkdirat: EPERM" "openat: EFAULT"
    calls -d mkdirat -- exec mkdirat openat
    expect_calls "mkdirat: EPERM" "openat: EFAULT"
    run --separate-stderr prog -d mkdirat -- sh -c 'sh -c "./payload-calls mkdirat openat"; :'
    expect_calls "mkdirat: EPERM" "openat: EFAULT"
    # a whole shell with a pipe, dynamically linked
    run --separate-stderr prog -d mkdirat -- sh -c 'echo abc | tr a-c x-z'
    expect_output xyz
    expect_status 0
}

# expect_none_through WORD RESULT ARG...: behind sandbox ARG... the native call
# before it works, and the foreign call WORD does not come to RESULT.  Whether
# it fails or kills is not in the contract.
expect_none_through() {
    local word=$1 result=$2
    shift 2
    calls "$@" -- uname "$word"
    expect_match "the native call behind sandbox $*" '^uname: EFAULT' "$output"
    if [[ $output = *"$word: $result"* ]]; then
        echo "expected: behind sandbox $*, $word does not get through"
        echo "observed: $word: $result"
        return 1
    fi
}

# expect_each_refused WORD...: the filters of a process that sandbox has started, for
# several ways to start it, refuse these calls.  Status 77, and nothing said, where
# the kernel does not show filters.
expect_each_refused() {
    local args
    for args in "-d mkdirat,getppid" "-a ppoll" "-d mkdirat -k" "-d mkdirat -l" "-a ppoll -l"; do
        # shellcheck disable=SC2086  # words
        start $args || return 1
        expect_refused "$PID" "$@" || { [ "$status" -ne 77 ] || return 77; echo "(sandbox $args)"; return 1; }
        kill -KILL "$PID"
    done
    # the control: a native number, not named, is let through
    start -d getppid || return 1
    ask_filter "$PID" "native:$GETPID"
    expect_output "native:$GETPID: through"
}

@test "[7] calls by the ABI of a 32-bit machine, i386 on x86-64, never get through" {
    hint "the action for a foreign architecture is SCMP_FLTATR_ACT_BADARCH in seccomp_attr_set(3)"
    local args tried=0 rc=0
    control i386:getpid i386:mkdir
    if [ "$output" = $'i386:getpid: done\ni386:mkdir: EFAULT' ]; then
        tried=1
        # i386's mkdir is 39, which on x86-64 is getpid; the rest is about no number
        for args in "-d mkdir" "-d getppid" "-a write,uname" "-a write,uname,getpid" "-d mkdir -e EIO" \
            "-d getppid -k" "-d mkdir -l" "-d getppid -l" "-a write,uname -l" "-a write,uname,getpid -k"; do
            # shellcheck disable=SC2086  # words
            {
                expect_none_through i386:mkdir EFAULT $args
                expect_none_through i386:getpid "done" $args
            }
        done
    fi
    expect_each_refused foreign:0 foreign:1 foreign:4 foreign:39 foreign:83 foreign:168 foreign:336 || rc=$?
    [ "$rc" -eq 0 ] || [ "$rc" -eq 77 ] || return 1
    [ "$rc$tried" != 770 ] || require_filters
}

# Few kernels still have x32, so a call tells nothing there: ENOSYS is what the
# kernel says as well.  The filter itself can be asked.  On arm64 the 32-bit ABI is
# the only foreign one: it is asked about those numbers.
@test "[5] x86-64: calls by the x32 ABI never get through" {
    hint "x32 calls carry the bit 0x40000000 in the number, see seccomp(2)"
    local args tried=0 rc=0 abi=foreign
    [ "$(uname -m)" != x86_64 ] || abi=x32
    control x32:getpid x32:mkdir
    if [ "$output" = $'x32:getpid: done\nx32:mkdir: EFAULT' ]; then
        tried=1
        for args in "-d mkdir" "-a write,uname" "-a write,uname,getpid" "-d getppid -k" "-d mkdir -l" "-a write,uname -l"; do
            # shellcheck disable=SC2086  # words
            {
                expect_none_through x32:mkdir EFAULT $args
                expect_none_through x32:getpid "done" $args
            }
        done
    fi
    expect_each_refused "$abi":{0,1,39,83,110,258,271,520} || rc=$?
    [ "$rc" -eq 0 ] || [ "$rc" -eq 77 ] || return 1
    [ "$rc$tried" != 770 ] || require_filters
}

# ---- when it cannot be ---------------------------------------------------------------

@test "[5] an unknown system call name is 125, and CMD is not run" {
    hint "__NR_SCMP_ERROR in seccomp_syscall_resolve_name(3)"
    MARK=$BATS_TEST_TMPDIR/mark
    expect_can_run
    local list
    for list in "-d nosuchcall" "-a nosuchcall" "-d mkdirat,nosuchcall" "-d nosuchcall,mkdirat" \
        "-a write,nosuchcall,read" "-d nosuchcall -l" "-d mkdirat,__NR_openat -k"; do
        # shellcheck disable=SC2086  # words
        run --separate-stderr prog $list -- touch "$MARK"
        expect_error 125 sandbox
        expect_not_run "$list"
    done
}

@test "[4] bad usage: exactly one of -a and -d, at most one of -e, -k and -l, a command" {
    hint "status 2 and a usage line on stderr, see getopt(3)"
    MARK=$BATS_TEST_TMPDIR/mark
    expect_can_run
    local args
    for args in "" "-k" "-e EIO" "-a write -d mkdirat" "-d mkdirat -a write" "-d mkdirat -e EIO -k" \
        "-d mkdirat -k -l" "-d mkdirat -l -e EIO" "-d mkdirat -k -e EIO" "-d mkdirat -Z"; do
        # shellcheck disable=SC2086  # words
        run --separate-stderr prog $args -- touch "$MARK"
        expect_status 2
        expect_match "a usage line on stderr" "[Uu]sage" "$stderr"
        expect_not_run "sandbox $args"
    done
    for args in "-d mkdirat" "-d mkdirat --" "-d" "-a write -e"; do
        # shellcheck disable=SC2086  # words
        run --separate-stderr prog $args
        expect_status 2
        expect_match "a usage line on stderr" "[Uu]sage" "$stderr"
    done
}

@test "[3] what is not an error is refused, and CMD is not run" {
    hint "the kernel takes 1 to 4095, and 0 would mean success, see SECCOMP_RET_ERRNO in seccomp(2)"
    MARK=$BATS_TEST_TMPDIR/mark
    expect_can_run
    local word
    for word in 0 -1 4096 65537 99999999999999999999 5x "" EBOGUS; do
        run --separate-stderr prog -d mkdirat -e "$word" -- touch "$MARK"
        expect_match "exit status for -e '$word'" '^(2|125)$' "$status"
        expect_not_run "-e '$word'"
    done
}

@test "[4] 127 and 126, and the reason, whatever the filter leaves to say it with" {
    hint "execve(2) fails behind the filter: who can still write(2)?"
    local args
    echo 'not a program' >"$BATS_TEST_TMPDIR/file"
    for args in "-d mkdirat" "-a getppid" "-a getppid -k" "-d write,writev" "-d mkdirat -l"; do
        # shellcheck disable=SC2086  # words
        {
            run --separate-stderr prog $args -- ./payload-calls
            expect_status 0
            run -127 --separate-stderr prog $args -- ./no-such-program
            expect_error 127 sandbox
            PATH=/usr/bin:/bin run -127 --separate-stderr prog $args -- no-such-program-in-path
            expect_error 127 sandbox
            run --separate-stderr prog $args -- "$BATS_TEST_TMPDIR/file"
            expect_error 126 sandbox
            run --separate-stderr prog $args -- "$BATS_TEST_TMPDIR"
            expect_error 126 sandbox
        }
    done
}

@test "[3] the status is CMD's, or 128 and the signal that killed it" {
    hint "WIFSIGNALED and WTERMSIG in waitpid(2)"
    local n
    for n in 0 1 2 77 125 126 255; do
        run --separate-stderr prog -d mkdirat -- sh -c "exit $n"
        expect_status "$n"
    done
    for n in 1 9 15; do
        run --separate-stderr prog -d mkdirat -- sh -c "kill -$n \$\$"
        expect_status $((128 + n))
    done
    run --separate-stderr prog -a write -- ./payload-calls exit:42
    expect_status 42
}

@test "[2] options end at -- or at the first word that is none; CMD gets its own" {
    hint "a + at the start of the option string, see getopt(3)"
    run --separate-stderr prog -d mkdirat printf '%s|' -k -l -- -a "b c" ""
    expect_output "-k|-l|--|-a|b c||"
    run --separate-stderr prog -d mkdirat -- ./payload-calls mkdirat
    expect_output "mkdirat: EPERM"
    # shellcheck disable=SC2016  # for that sh to expand
    LAB_WORD=here run --separate-stderr prog -d mkdirat -- sh -c 'echo "$LAB_WORD $PWD"'
    expect_output "here $PWD"
}

@test "[3] it works for an ordinary user, and for the root of a user namespace" {
    hint "no_new_privs lets anybody load a filter, see SECCOMP_SET_MODE_FILTER in seccomp(2)"
    require user
    user_dir
    install -m 755 "$EXERCISE" "$USER_DIR/sandbox"
    install -m 755 payload-calls "$USER_DIR"
    local sandbox=("${USER_IS[@]}" "$USER_DIR/sandbox") payload=("$USER_DIR/payload-calls" mkdirat openat)
    run --separate-stderr bounded "${sandbox[@]}" -d mkdirat -- "${payload[@]}"
    expect_calls "mkdirat: EPERM" "openat: EFAULT"
    run --separate-stderr bounded "${sandbox[@]}" -a write -- "${payload[@]}"
    expect_calls "mkdirat: EPERM" "openat: EPERM"
    sandbox=("${USER_IS[@]}" unshare --map-root-user "$USER_DIR/sandbox")
    if facility userns >/dev/null; then
        # it may say no, but then with the reason
        run --separate-stderr bounded "${sandbox[@]}" -d mkdirat -- "${payload[@]}"
        [ "$status" -eq 0 ] || expect_error 125 sandbox
        [ "$status" -ne 0 ] || expect_calls "mkdirat: EPERM" "openat: EFAULT"
    fi
}

@test "[2] where the filter cannot be loaded, CMD is not run" {
    hint "check what prctl(2) and seccomp_load(3) return"
    MARK=$BATS_TEST_TMPDIR/mark
    expect_can_run
    # the first one refuses the second one what it takes
    run --separate-stderr prog -d seccomp,prctl -- "$EXERCISE" -d mkdirat -- touch "$MARK"
    expect_error 125 sandbox
    expect_not_run "sandbox that can load no filter"
}
