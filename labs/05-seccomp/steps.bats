#!/usr/bin/env bats
# steps.bats - what each step of lab 05 claims, checked against the kernel
# shellcheck disable=SC2154  # status, output and stderr are set by run

load ../../support/bats

setup() {
    lab_setup
    require seccomp
    DIR=$BATS_TEST_TMPDIR
    echo "the secret" >"$DIR/file"
}

# step NAME ARG...: a step program; skips where it says 77
step() {
    local name=$1
    shift
    run bounded "./$name" "$@"
    require_step "$status"
}

# squeezed: the output without the blanks that only make columns
squeezed() { sed 's/  */ /g; s/^ //; s/ $//' <<<"$output"; }

# line WORD...: the rest of the one line that begins with these words
line() { squeezed | sed -n "s/^$* //p"; }

# public_and_secret: a folder with those two files
public_and_secret() {
    echo "the public file" >"$DIR/public"
    echo "the secret" >"$DIR/secret"
}

@test "every step: a usage error is 2" {
    local args
    for args in "step1-strict x" step2-bpf step3-listing "step3-listing x" "step3-listing x32 x" "step4-verifier x" \
        "step6-library x" "step7-actions x" "step8-precedence x" "step9-arguments x" "step10-width x" step11-clone3 \
        "step11-clone3 EIO" "step12-inherit x" "step13-threads x" step14-notify "step14-notify a b" step15-race \
        step16-addfd "step17-docker KILL" "step17-docker SYS_TIME x" "step18-cost x" "step19-record x" "step20-landlock x" "step21-ports x" "step22-modules x" \
        step23-denylist "step23-denylist a b" step24-allowlist "step24-allowlist a b"; do
        # shellcheck disable=SC2086  # words
        output=$(./$args 2>&1 </dev/null) && status=0 || status=$?
        expect "status of $args" 2 "$status"
        expect_match "what $args says" '^usage: ' "$output"
    done
    [ "$(uname -m)" = x86_64 ] || return 0
    for args in step5-foreign "step5-foreign -c" "step5-foreign -c a b" "step5-foreign -x a"; do
        # shellcheck disable=SC2086  # words
        output=$(./$args 2>&1 </dev/null) && status=0 || status=$?
        expect "status of $args" 2 "$status"
    done
}

# ---- filters ----------------------------------------------------------------

@test "step 1: strict mode leaves read and write, and kills at an open" {
    step step1-strict
    expect_status 0
    expect_output "child:  write to stdout, which is open: still allowed
parent: the child's status says Seccomp:	1
child:  now open /dev/null
parent: the child was killed by signal 9 (Killed)"
    # behind a filter there is no strict mode: it says so
    run bounded ./step2-bpf ./step1-strict
    expect_status 77
}

@test "step 2: mkdir fails with EPERM, in CMD and its children, and nothing else does" {
    run bounded mkdir "$DIR/control"
    expect_status 0
    step step2-bpf mkdir "$DIR/x"
    expect_status 1
    expect_match "mkdir's complaint" "Operation not permitted" "$output"
    run bounded ./step2-bpf sh -c "mkdir '$DIR/x'; rmdir '$DIR/control'"
    expect_status 0
    [ ! -e "$DIR/x" ]
    [ ! -e "$DIR/control" ]
    run bounded ./step2-bpf ./payload-calls mkdirat openat
    expect_output "mkdirat: EPERM
openat: EFAULT"
    run bounded ./step2-bpf sh -c 'exit 7'
    expect_status 7
    run -127 bounded ./step2-bpf ./no-such-program
}

@test "step 2: the kernel shows the filter and no_new_privs" {
    spawn ./step2-bpf ./payload-calls hang
    wait_for grep -q payload-calls "/proc/$SPAWNED/comm"
    expect Seccomp 2 "$(proc_field "$SPAWNED" Seccomp)"
    expect NoNewPrivs 1 "$(proc_field "$SPAWNED" NoNewPrivs)"
    if grep -q '^Seccomp_filters:' /proc/self/status; then
        expect Seccomp_filters $(($(proc_field self Seccomp_filters) + 1)) "$(proc_field "$SPAWNED" Seccomp_filters)"
    fi
}

# foreign_calls: some, as ask_filter takes them
foreign_calls() {
    echo foreign:0 foreign:1 foreign:20 foreign:39 foreign:83
    [ "$(uname -m)" != x86_64 ] || echo x32:0 x32:39 x32:83
}

# takes_i386: does this machine take int 0x80 at all, where there is no filter?
takes_i386() { [ "$(bounded ./payload-calls i386:getpid 2>/dev/null || true)" = "i386:getpid: done" ]; }

# Not every machine takes int 0x80; what the filter says to it can be asked everywhere.
@test "step 2: foreign calls kill" {
    local abi abis=()
    [ "$(uname -m)" != x86_64 ] || abis+=(x32)
    ! takes_i386 || abis+=(i386)
    for abi in "${abis[@]}"; do
        run bounded ./step2-bpf ./payload-calls getppid "$abi:getppid" getppid
        expect_status 159
        expect_output "getppid: done"
    done
    spawn ./step2-bpf ./payload-calls hang
    wait_for grep -q payload-calls "/proc/$SPAWNED/comm"
    # shellcheck disable=SC2046  # words
    ask_filter "$SPAWNED" native:0 $(foreign_calls)
    [ "$status" -ne 77 ] || takes_i386 || require_filters
    [ "$status" -eq 77 ] || expect "the calls that it does not kill for" "native:0: through" "$(grep -v ': killed$' <<<"$output")"
}

@test "step 3: the way through the listing ends where the kernel ends" {
    local call
    for call in "mkdirat|ERRNO . EPERM|EPERM|0 1 3 4 6 7" "openat|ALLOW|EFAULT|0 1 3 4 6 8" \
        "x32|KILL_PROCESS|Bad system call|0 1 3 4 5"; do
        local name action kernel way
        IFS='|' read -r name action kernel way <<<"$call"
        step step3-listing "$name"
        expect_status 0
        expect "the instructions executed for $name" "$way" "$(sed -n 's/^[*] \([0-9]\) .*/\1/p' <<<"$output" | xargs)"
        expect_match "where it ends for $name" "return $action\$" "$(grep '^[*]' <<<"$output" | tail -n 1)"
        expect "the kernel's word" "the kernel: $kernel" "${lines[-1]}"
    done
}

@test "step 4: the kernel accepts the sane program and no other" {
    step step4-verifier
    expect_status 0
    expect "programs" 10 "${#lines[@]}"
    expect_match "the sane one" 'allow everything +accepted' "${lines[0]}"
    expect "the others that are refused" 9 "$(grep -c ' EINVAL$' <<<"$output")"
}

@test "step 5: without an architecture check the i386 call reads the file, with it not" {
    local i386='reads: the secret' refused=EPERM
    step step5-foreign "$DIR/file"
    expect_status 0
    takes_i386 || i386='not taken here: SIGSEGV' refused=$i386
    expect "the native call" "EPERM EPERM" "$(line x86-64:)"
    expect "the i386 call" "allowed $i386" "$(line i386:)"
    # past the filter in any case: the file, or the kernel's own ENOSYS
    expect_match "the x32 call" '^allowed (reads: the secret|ENOSYS)$' "$(line x32:)"
    step step5-foreign -c "$DIR/file"
    expect "all three" "x86-64: EPERM EPERM i386: EPERM $refused x32: EPERM EPERM" "$(squeezed | xargs)"
}

@test "step 6: what is on the list works, close kills" {
    step step6-library
    expect_status 0
    expect_output "openat: a descriptor
read:   a byte
close:  killed by signal 31 (Bad system call)"
    run bounded ./step6-library -p
    expect "rules" 6 "$(grep -c 'action ALLOW;' <<<"$output")"
    expect_match "the default" $'# default action\n  action KILL_PROCESS;' "$output"
    expect_match "the architecture is asked first" '^[^$]*if \(\$arch == ' "$output"
}

# ---- decisions --------------------------------------------------------------

@test "step 7: each action does what its name says" {
    step step7-actions
    expect_status 0
    expect ALLOW "the parent's pid goes on" "$(line ALLOW)"
    expect LOG "the parent's pid goes on" "$(line LOG)"
    expect TRACE "ENOSYS goes on" "$(line TRACE)"
    expect USER_NOTIF "ENOSYS goes on" "$(line USER_NOTIF)"
    expect ERRNO "EOWNERDEAD goes on" "$(line ERRNO)"
    expect TRAP "SIGSYS for getppid, handled goes on" "$(line TRAP)"
    expect KILL_THREAD "death goes on" "$(line KILL_THREAD)"
    expect KILL_PROCESS "killed by signal 31 (Bad system call)" "$(line KILL_PROCESS)"
}

@test "step 8: the harsher of two wins, in both orders; of two errors the later" {
    local order=(ALLOW NOTIF EACCES TRAP THREAD PROCESS) i j want
    step step8-precedence
    expect_status 0
    # shellcheck disable=SC2317
    cells() { squeezed | awk -v row="$1" -v column="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) n = i + 1 }
        NR > 1 && $1 == row { print $n }'; }
    for i in "${!order[@]}"; do
        for j in "${!order[@]}"; do
            want=${order[$((i > j ? i : j))]}
            expect "${order[i]}, then ${order[j]}" "$want" "$(cells "${order[i]}" "${order[j]}")"
        done
    done
    expect "EACCES, then EIO" EIO "$(cells EACCES EIO)"
    expect "EIO, then EACCES" EACCES "$(cells EIO EACCES)"
}

@test "step 9: each call is refused with one argument and not with another" {
    step step9-arguments
    expect_status 0
    expect "write(1)" "done" "$(line 'write(1, ...)')"
    expect "write(2)" EPERM "$(line 'write(2, ...)')"
    expect "clone" "done" "$(line 'clone(SIGCHLD)')"
    expect "clone, another flag" "done" "$(line 'clone(CLONE_FS | SIGCHLD)')"
    expect "clone, user namespace" EPERM "$(line 'clone(CLONE_NEWUSER | SIGCHLD)')"
    expect "unshare" "done" "$(line 'unshare(CLONE_FS)')"
    expect "unshare, user namespace too" EPERM "$(line 'unshare(CLONE_FS | CLONE_NEWUSER)')"
    expect "ioctl" EBADF "$(line 'ioctl(-1, TIOCGWINSZ, ...)')"
    expect "ioctl, TIOCSTI" EPERM "$(line 'ioctl(-1, TIOCSTI, ...)')"
}

@test "step 10: AF_INET is refused, AF_UNIX is not, and all 64 bits are too many" {
    step step10-width
    expect_match local '^AF_UNIX: +a socket' "${lines[0]}"
    expect_match network '^AF_INET: +EPERM' "${lines[1]}"
    expect_match "network, upper half set" ' EPERM$' "${lines[2]}"
    # the wrong comparison: it falls for the upper half
    step step10-width -w
    expect_match network '^AF_INET: +EPERM' "${lines[1]}"
    expect_match "network, upper half set" ' a socket$' "${lines[2]}"
}

@test "step 11: clone3 gets past a filter for clone, and ENOSYS leaves threads alive" {
    require ns:user
    step step11-clone3 0
    expect "clone" EPERM "$(line 'clone, CLONE_NEWUSER:')"
    expect "clone3" "done" "$(line 'clone3, CLONE_NEWUSER:')"
    step step11-clone3 ENOSYS
    expect "clone3" ENOSYS "$(line 'clone3, CLONE_NEWUSER:')"
    expect "threads" "done" "$(line pthread_create:)"
    step step11-clone3 EPERM
    expect "clone3" EPERM "$(line 'clone3, CLONE_NEWUSER:')"
    # C libraries before 2.34 never ask for clone3
    expect_match "threads" '^(EPERM|done)$' "$(line pthread_create:)"
}

@test "step 12: without no_new_privs no filter for an ordinary user; then it is for good" {
    local was
    require user
    user_dir
    install -m 755 step12-inherit "$USER_DIR"
    run as_user "$USER_DIR/step12-inherit"
    expect_status 0
    was=$(proc_field self Seccomp_filters)
    if [ -n "$was" ]; then n=("$was" $((was + 1)) $((was + 2)) $((was + 3))); else n=("?" "?" "?" "?"); fi
    expect_match "before no_new_privs" $'\nload a filter EACCES '"${n[0]}"' EFAULT' "$(squeezed)"
    expect_match "after it" $'\nload a filter done '"${n[1]}"' EPERM' "$(squeezed)"
    expect "one that allows" "done ${n[2]} EPERM" "$(line 'load one that allows mkdirat')"
    expect "one that is as harsh" "done ${n[3]} EACCES" "$(line 'load one that says EACCES')"
    for way in 'leave filter mode' 'enter strict mode' 'take no_new_privs back'; do
        expect "$way" "EINVAL ${n[3]} EACCES" "$(line "$way")"
    done
    expect "fork" "done ${n[3]} EACCES" "$(line 'a child')"
    expect "execve" "done ${n[3]} EACCES" "$(line 'after execve')"
}

@test "step 13: a running thread gets the filter by TSYNC only" {
    local mine
    step step13-threads
    expect_status 0
    mine=$(proc_field self Seccomp)
    expect "what each said" "at the start
main: Seccomp $mine, mkdirat: EFAULT
worker: Seccomp $mine, mkdirat: EFAULT
main has loaded a filter
main: Seccomp 2, mkdirat: EPERM
worker: Seccomp $mine, mkdirat: EFAULT
a thread started now: Seccomp 2, mkdirat: EPERM
main has loaded one with TSYNC
main: Seccomp 2, mkdirat: EPERM
worker: Seccomp 2, mkdirat: EPERM" "$(squeezed)"
}

# ---- asking another process ---------------------------------------------------

@test "step 14: the supervisor makes the directory, and only where it may be" {
    mkdir "$DIR/jail"
    step step14-notify "$DIR/jail"
    expect_status 0
    expect_output "supervisor: mkdir wanted: made
child:      wanted: done
supervisor: mkdir ../unwanted: no
child:      ../unwanted: EACCES"
    # the child's umask is 077, the supervisor's 022
    expect "mode of the new directory" 755 "$(stat -c %a "$DIR/jail/wanted")"
    [ ! -e "$DIR/unwanted" ]
}

@test "step 15: who changes the path after the check reads the secret" {
    public_and_secret
    step step15-race "$DIR"
    expect_status 0
    expect_match "the attacker" '^attacker: +try [0-9]+ reads: the secret$' "${lines[0]}"
    expect_match "the supervisor" 'supervisor: allowed [0-9]+ times, always to open: public' "$output"
}

@test "step 16: a supervisor that opens the file itself cannot be deceived" {
    public_and_secret
    step step16-addfd "$DIR"
    expect_status 0
    expect_match "the attacker" 'read public [1-9][0-9]* times, refused [0-9]+ times, read secret 0 times$' "$output"
}

# ---- lists --------------------------------------------------------------------

@test "step 17: what Docker refuses is EPERM behind the list, and not for who has the capability" {
    local name was now capability tried=0
    step step17-docker
    expect_status 0
    while read -r name was now capability; do
        expect "$name behind the list" EPERM "$now"
        [ "$was" = EPERM ] || tried=$((tried + 1))
    done < <(tail -n +3 <<<"$output")
    expect "at least 20 calls that the kernel itself answers otherwise" yes "$([ "$tried" -ge 20 ] && echo yes || echo no)"
    local plain=$output
    step step17-docker SYS_ADMIN SYS_PTRACE
    while read -r name was now capability; do
        case $capability in
            SYS_ADMIN | SYS_PTRACE) expect "$name with its capability" "$was" "$now" ;;
            *) expect "$name" EPERM "$now" ;;
        esac
    done < <(tail -n +3 <<<"$output")
    expect "more calls allowed" yes "$([ "$(head -n 1 <<<"$output" | grep -o '[0-9]*')" -gt \
        "$(head -n 1 <<<"$plain" | grep -o '[0-9]*')" ] && echo yes || echo no)"
}

@test "step 18: a row for each kind, and each filter was in force" {
    step step18-cost
    expect_status 0
    expect "rows" "none - 0 no
by-number line 10 yes
by-number line 100 yes
by-number line 340 yes
by-number tree 10 yes
by-number tree 100 yes
by-number tree 340 yes
by-argument line 10 yes
by-argument line 100 yes
by-argument line 340 yes
by-argument tree 10 yes
by-argument tree 100 yes
by-argument tree 340 yes" "$(awk 'NR > 1 { print $1, $2, $3, $6 }' <<<"$output")"
    expect "rows without a time" "" "$(awk 'NR > 1 && ($4 <= 0 || $5 <= 0)' <<<"$output")"
    require tool:gnuplot
    echo "$output" >"$DIR/table"
    run gnuplot -e "table='$DIR/table'; picture='$DIR/cost.png'" cost.gp
    expect_status 0
    expect "a picture" PNG "$(head -c 4 "$DIR/cost.png" | tail -c 3)"
}

@test "step 19: the list is what the program needs, and no call less" {
    local list call
    step step19-record "$DIR/list" cat "$DIR/file"
    expect_status 0
    expect_output "the secret"
    list=$(<"$DIR/list")
    expect_match "the list" '(^|,)execve,' "$list"
    expect_match "the list" '(^|,)write(,|$)' "$list"
    run bounded ./sandbox -a "$list" -- cat "$DIR/file"
    expect_status 0
    expect_output "the secret"
    # openat less, and it does not get as far
    call=$(tr , '\n' <<<"$list" | grep -v '^openat$' | paste -sd ,)
    if bounded ./sandbox -a "$call" -- cat "$DIR/file" >"$DIR/said" 2>&1; then return 1; fi
    expect "what cat could say" 0 "$(grep -c secret "$DIR/said")"
    # another program needs other calls
    run bounded ./sandbox -a "$list" -- mkdir "$DIR/new"
    [ ! -e "$DIR/new" ]
    run -127 bounded ./step19-record "$DIR/list" ./no-such-program
    run bounded ./step19-record "$DIR/list" sh -c 'exit 9'
    expect_status 9
}

# ---- Landlock and the others ----------------------------------------------------

@test "step 20: by path: below it all is allowed, elsewhere nothing" {
    require user
    user_dir
    install -m 755 step20-landlock "$USER_DIR"
    mkdir "$USER_DIR/in"
    echo "the public file" >"$USER_DIR/in/public"
    echo "the secret" >"$USER_DIR/secret"
    ln -s ../secret "$USER_DIR/in/link"
    chmod -R a+rwX "$USER_DIR"
    local landlock=("$USER_DIR/step20-landlock" "$USER_DIR/in")
    run as_user cat "$USER_DIR/secret"
    expect_output "the secret"
    run as_user "${landlock[@]}" cat "$USER_DIR/in/public"
    require_step "$status"
    expect_status 0
    expect_match "the ABI" '^Landlock ABI [1-9][0-9]*$' "${lines[0]}"
    expect "what is below" "the public file" "${lines[1]}"
    local path
    for path in secret in/link in/../secret; do
        run as_user "${landlock[@]}" cat "$USER_DIR/$path"
        expect_match "$path" "Permission denied" "${lines[1]}"
    done
    run as_user "${landlock[@]}" sh -c "echo x >'$USER_DIR/in/new' && mkdir '$USER_DIR/in/dir' && rm -r '$USER_DIR/in/dir'"
    expect_status 0
    run as_user "${landlock[@]}" sh -c "echo x >'$USER_DIR/new'"
    [ ! -e "$USER_DIR/new" ]
    run -127 as_user "${landlock[@]}" ./no-such-program
}

@test "step 21: by port: one may be connected to" {
    step step21-ports
    expect_status 0
    expect "what went" "before
connect, first port: done
connect, second port: done
bind, any port: done
UDP connect, second port: done
behind the rules
connect, first port: done
connect, second port: EACCES
bind, any port: EACCES
UDP connect, second port: done" "$(squeezed | tail -n +2)"
}

@test "step 22: the modules that the kernel lists, and what each shows" {
    local module
    step step22-modules
    expect_status 0
    expect "lines" 10 "${#lines[@]}"
    if [ -r /sys/kernel/security/lsm ]; then
        expect active "$(</sys/kernel/security/lsm)" "$(line active:)"
    fi
    if [ -e /proc/sys/kernel/yama/ptrace_scope ]; then
        expect_match yama " active +$(</proc/sys/kernel/yama/ptrace_scope)\$" "$(grep ^yama <<<"$output")"
    fi
    for module in $(line active: | tr , ' '); do
        ! grep -q "^$module " <<<"$output" || expect_match "$module" ' active ' "$(grep "^$module " <<<"$output") "
    done
}

# ---- attack and answer ------------------------------------------------------------

@test "step 23: what the deny-list forgot reads the file" {
    step step23-denylist "$DIR/file"
    expect_status 0
    expect_output "before:   reads: the secret
openat:   EPERM
openat2:  reads: the secret"
}

# behind_filter PID: has it loaded one, beyond those that we have ourselves?
behind_filter() {
    local ours
    ours=$(proc_field self Seccomp_filters)
    [ "$(proc_field "$1" Seccomp)" = 2 ] && { [ -z "$ours" ] || [ "$(proc_field "$1" Seccomp_filters)" -gt "$ours" ]; }
}

@test "step 24: the allow-list stops both, and what was open stays readable" {
    local pipe i386=EPERM write=64
    step step24-allowlist "$DIR/file"
    expect_status 0
    expect_match "the open file" '^opened before: the secret' "${lines[0]}"
    expect_match openat '^openat: +EPERM' "${lines[1]}"
    expect_match openat2 '^openat2: +EPERM' "${lines[2]}"
    if [ "$(uname -m)" = x86_64 ]; then
        write=1
        takes_i386 || i386='not taken here: SIGSEGV without a filter, too'
        expect "the i386 call" "$i386" "$(line i386 getpid:)"
    fi
    mkfifo "$DIR/fifo"
    # it waits behind its filter for the first byte of this file, which is held open here
    # shellcheck disable=SC2034  # a descriptor
    exec {pipe}<>"$DIR/fifo"
    spawn ./step24-allowlist "$DIR/fifo"
    wait_for behind_filter "$SPAWNED"
    # shellcheck disable=SC2046  # words
    ask_filter "$SPAWNED" "native:$write" $(foreign_calls)
    [ "$status" -ne 77 ] || takes_i386 || require_filters
    [ "$status" -eq 77 ] || expect "the calls that are not refused" "native:$write: through" "$(grep -v ': refused$' <<<"$output")"
}
