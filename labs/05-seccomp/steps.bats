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

@test "every step: a usage error is 2" {
    local args
    for args in "step1-strict x" step2-bpf step3-actions "step3-actions x" "step3-actions kill x" "step4-args x" \
        "step5-verifier x" "step6-notify x" step7-denylist "step7-denylist a b" step9-allowlist "step9-allowlist a b"; do
        # shellcheck disable=SC2086  # words
        run bounded ./$args
        expect "status of $args" 2 "$status"
        expect_match "what $args says" '^usage: ' "$output"
    done
    [ "$(uname -m)" = x86_64 ] || return 0
    for args in step8-foreign "step8-foreign -c a b" "step8-foreign -x a"; do
        # shellcheck disable=SC2086  # words
        run bounded ./$args
        expect "status of $args" 2 "$status"
    done
}

@test "step1: strict mode leaves read and write, and kills at an open" {
    hint "seccomp(2)"
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

@test "step2: mkdir fails with EPERM, in CMD and its children, and nothing else does" {
    hint "seccomp(2)"
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
    # shellcheck disable=SC2016  # for the inner shell
    run bounded ./step2-bpf sh -c 'exit 7'
    expect_status 7
    run -127 bounded ./step2-bpf ./no-such-program
}

@test "step2: the kernel shows the filter and no_new_privs" {
    hint "proc_pid_status(5)"
    spawn ./step2-bpf ./payload-calls hang
    wait_for grep -q payload-calls "/proc/$SPAWNED/comm"
    expect Seccomp 2 "$(proc_field "$SPAWNED" Seccomp)"
    expect NoNewPrivs 1 "$(proc_field "$SPAWNED" NoNewPrivs)"
    if grep -q '^Seccomp_filters:' /proc/self/status; then
        expect Seccomp_filters $(($(proc_field self Seccomp_filters) + 1)) "$(proc_field "$SPAWNED" Seccomp_filters)"
    fi
}

@test "step2: foreign calls kill" {
    hint "AUDIT_ARCH_X86_64 and the x32 bit in seccomp(2)"
    [ "$(uname -m)" = x86_64 ] || skip "x86-64 only"
    run bounded ./step2-bpf ./payload-calls getppid x32:getppid getppid
    expect_status 159
    expect_output "getppid: done"
    run bounded ./payload-calls i386:getpid
    [ "$output" = "i386:getpid: done" ] || cannot "this kernel runs no i386 system calls"
    run bounded ./step2-bpf ./payload-calls getppid i386:getpid getppid
    expect_status 159
    expect_output "getppid: done"
}

@test "step3: each action does what its name says" {
    hint "SECCOMP_RET_ in seccomp(2)"
    step step3-actions allow
    expect_output "child:  getppid returned the parent's pid
parent: exited normally"
    step step3-actions log
    expect_output "child:  getppid returned the parent's pid
parent: exited normally"
    step step3-actions errno
    expect_output "child:  getppid failed: Owner died
parent: exited normally"
    step step3-actions trap
    expect_match trap "child:  SIGSYS for getppid, handled" "$output"
    expect_match trap "parent: exited normally" "$output"
    step step3-actions kill
    expect_output "parent: killed by signal 31 (Bad system call)"
}

@test "step4: AF_INET is refused, AF_UNIX is not, and all 64 bits are too many" {
    hint "seccomp_rule_add(3)"
    step step4-args
    expect_match local '^AF_UNIX: +a socket' "${lines[0]}"
    expect_match network '^AF_INET: +EPERM' "${lines[1]}"
    expect_match "network, upper half set" ' EPERM$' "${lines[2]}"
    # the wrong comparison: it falls for the upper half
    step step4-args -w
    expect_match network '^AF_INET: +EPERM' "${lines[1]}"
    expect_match "network, upper half set" ' a socket$' "${lines[2]}"
}

@test "step5: the kernel accepts the sane program and no other" {
    hint "EINVAL in seccomp(2)"
    step step5-verifier
    expect_status 0
    expect "programs" 10 "${#lines[@]}"
    expect_match "the sane one" 'allow everything +accepted' "${lines[0]}"
    expect "the others that are refused" 9 "$(grep -c ' EINVAL$' <<<"$output")"
}

@test "step6: the supervisor answers, the call is not carried out" {
    hint "seccomp_unotify(2)"
    step step6-notify
    expect_status 0
    expect_output "supervisor: the child wants getppid
supervisor: answers 4242
child:      getppid returned 4242"
}

@test "step7: what the deny-list forgot reads the file" {
    hint "openat2(2)"
    step step7-denylist "$DIR/file"
    expect_status 0
    expect_output "before:   reads: the secret
openat:   EPERM
openat2:  reads: the secret"
}

@test "step8: without an architecture check the i386 call reads the file, with it not" {
    hint "AUDIT_ARCH_ in seccomp(2)"
    step step8-foreign "$DIR/file"
    expect_status 0
    expect_output "x86-64 open:   EPERM
i386 open:     reads: the secret"
    step step8-foreign -c "$DIR/file"
    expect_output "x86-64 open:   EPERM
i386 open:     EPERM"
}

@test "step9: the allow-list stops both, and what was open stays readable" {
    hint "seccomp_init(3)"
    step step9-allowlist "$DIR/file"
    expect_status 0
    expect_match "the open file" '^opened before: the secret' "${lines[0]}"
    expect_match openat '^openat: +EPERM' "${lines[1]}"
    expect_match openat2 '^openat2: +EPERM' "${lines[2]}"
    [ "$(uname -m)" != x86_64 ] || expect_match "the i386 call" '^i386 getpid: +EPERM' "${lines[4]}"
}
