#!/usr/bin/env bats
# Whatever the kernel refuses, COMMAND runs with everything in force or not at all.
#
# Each test lets system calls of skiff fail, one a run, and judges each run by what
# the kernel says of COMMAND as it starts, and by what is left; see inject and
# stepper.c.  FAULTS_FULL=1 for every site instead of the first and last of a call.
load common

@test "the stepper sees three processes and where COMMAND begins" {
    hint "the control: without a fault everything is as usual; see ptrace(2)"
    run in_arena bash -c "$PWD/stepper -l -o /tmp/report -e /tmp/evidence ./skiff run rootfs echo ran; cat /tmp/report /tmp/evidence"
    expect_status 0
    expect_match COMMAND "^ran" "$output"
    for word in "call parent clone3 1" "call keeper setsid 1" "call child pivot_root 1" "call child seccomp 1" exec \
        "NoNewPrivs:.1" "Seccomp:.2" "namespace user its own" "uid_map 0 another 65536" "a container's"; do
        expect_match "the report" "$word" "$output"
    done
}

@test "the judge notices a restriction that is missing, and what is left" {
    hint "the control of the judge: what it compares with is a run with everything on; see capset(2)"
    # Options that change what is in force must be seen as a difference.
    run in_arena bash -c "for o in --user=5 --privileged --network=host --security-opt=seccomp=unconfined \
        --security-opt=no-new-privileges=false --security-opt=unmask=ALL --read-only --userns=host --cap-add=sys_admin -m64m; do
        $PWD/stepper -o /dev/null -e /tmp/plain ./skiff run rootfs true
        $PWD/stepper -o /dev/null -e /tmp/other ./skiff run \$o rootfs true
        sed -i '/HOSTNAME/d' /tmp/plain /tmp/other; ! cmp -s /tmp/plain /tmp/other || echo \"\$o makes no difference\"; done"
    expect_status 0
    expect_output ""
}

@test "a system call that fails: COMMAND as usual, or one line, 125 and nothing left" {
    hint "each result is looked at, and each step undone; see errno(3)"
    inject "${FULL[@]}" default
}

@test "the same with a terminal, --upper, volumes, --delegate, --init and all the rest" {
    hint "the option's own calls; see errno(3)"
    inject "${FULL[@]}" tty upper volume delegate options init
}

@test "the same for skiff exec, whose container runs on" {
    hint "setns(2), and who knows of the new process while it is half way in"
    inject "${FULL[@]}" exec
}

@test "the same for an ordinary user" {
    hint "newuidmap(1), the one-id map, and skiff's copy of itself in memory: memfd_create(2)"
    require user userns overlay:user
    inject "${FULL[@]}" user user-options
}

@test "the same with a bridge" {
    hint "what the helper has made must go, whatever fails after it; see veth(4)"
    require tool:nft
    inject "${FULL[@]}" bridge
}
