#!/usr/bin/env bats
# Whenever a signal comes, the container ends, and nothing is left.
#
# Signals are sent at system calls of skiff, one a run (see inject and stepper.c), so
# at each stage of a container's life.
load common

@test "SIGTERM, SIGINT and SIGHUP to skiff at any moment: 128+n, nothing left" {
    hint "blocked before anything is made, and read from signalfd(2) when something is"
    inject "${FULL[@]}" --signal TERM --role parent default
    for signal in INT HUP; do
        if [ ${#FULL[@]} -gt 0 ]; then
            inject --full --signal "$signal" default
        else
            inject --signal "$signal" --site parent:openat:1 --site parent:mkdir:3 --site parent:clone3:1 \
                --site parent:sendmsg:2 --site parent:poll:1 --site child:pivot_root:1 --site child:execve:1 default
        fi
    done
}

@test "SIGKILL to skiff at any moment: the keeper leaves nothing" {
    hint "the end of the socket that only skiff holds open; see unix(7)"
    inject "${FULL[@]}" --signal KILL --to parent default
}

@test "SIGKILL to PID 1 at any moment: skiff says so and leaves nothing" {
    hint "waitid(2) by pidfd; a child that ended before COMMAND is 125"
    if [ ${#FULL[@]} -gt 0 ]; then
        inject --full --signal KILL --to child default init
    else
        inject --signal KILL --to child --site parent:recvmsg:1 --site parent:openat:20 --site parent:sendmsg:2 \
            --site child:setresuid:1 --site child:pivot_root:1 --site child:capset:1 --site child:seccomp:1 \
            --site child:execve:1 --site keeper:recvmsg:1 default init
    fi
}

@test "SIGKILL to the keeper: the container ends with skiff all the same" {
    hint "skiff cleans up itself as long as it lives; the keeper is for afterwards"
    if [ ${#FULL[@]} -gt 0 ]; then
        inject --full --signal KILL --to keeper default
    else
        inject --signal KILL --to keeper --site keeper:setsid:1 --site keeper:recvmsg:1 --site parent:clone3:1 \
            --site parent:sendmsg:1 --site child:pivot_root:1 --site child:execve:1 --site parent:rmdir:1 default
    fi
}

@test "SIGKILL to both at once: no process is left, list and the next run cope" {
    hint "PR_SET_PDEATHSIG in prctl(2); empty groups and an unlocked record stay, which only a keeper could remove"
    inject --signal KILL --to parent+keeper --site parent:clone3:1 --site parent:sendmsg:2 --site child:pivot_root:1 \
        --site child:seccomp:1 --site parent:poll:1 default
}

@test "with a terminal: 128+n, and it is as it was" {
    hint "tcsetattr(3), by skiff or else by its keeper"
    for signal in TERM INT HUP KILL; do
        if [ ${#FULL[@]} -gt 0 ]; then
            inject --full --signal "$signal" --to parent tty
        else
            inject --signal "$signal" --to parent --site parent:openat:8 --site parent:recvmsg:1 --site parent:ioctl:2 \
                --site parent:ioctl:3 --site parent:ioctl:4 --site parent:ioctl:5 --site parent:poll:2 tty
        fi
    done
}

@test "skiff exec: the same, and the container runs on" {
    hint "CLONE_PARENT in clone(2); its keeper knows the process by its pidfd"
    for signal in TERM KILL; do
        if [ ${#FULL[@]} -gt 0 ]; then
            inject --full --signal "$signal" --to parent exec
        else
            inject --signal "$signal" --to parent --site parent:clone:1 --site parent:clone:2 --site joiner:setns:1 \
                --site joiner:clone3:1 --site joiner:sendmsg:1 --site parent:sendmsg:2 --site child:capset:1 \
                --site child:execve:1 --site parent:poll:1 exec
        fi
    done
}

@test "an ordinary user: the same" {
    hint "the keeper of an ordinary user; see prctl(2)"
    require user userns overlay:user
    for signal in TERM KILL; do
        inject "${FULL[@]}" --signal "$signal" --role parent user
    done
}
