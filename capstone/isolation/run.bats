#!/usr/bin/env bats
# The command line and the exit statuses that users of Docker know.
# shellcheck disable=SC2154  # $before is taken in setup, in common.bash
load common

@test "[2] COMMAND's exit status is skiff's" {
    hint "the child's status as waitid(2) tells it"
    for code in 0 1 2 42 77 124 125 126 128 200 254 255; do
        run skiff_shell "exit $code"
        expect_status "$code"
    done
}

@test "[1] a command that signal n ended is status 128+n" {
    hint "CLD_KILLED and CLD_DUMPED in waitid(2)"
    container
    kill -KILL "$CONTAINER"
    reap "$SPAWNED"
    expect_status 137
    run prog run --init "$ROOTFS" sh -c 'kill -TERM $$'
    expect_status 143
}

@test "[1] a COMMAND that is not there is 127, one that cannot be run 126" {
    hint "ENOENT and the other errors of execve(2)"
    run -127 --separate-stderr in_container /no/such/command
    expect_error 127 skiff
    run -127 --separate-stderr in_container no-such-command
    expect_error 127 skiff
    run --separate-stderr in_container /etc/passwd
    expect_error 126 skiff
    run --separate-stderr in_container /etc
    expect_error 126 skiff
    expect_footprint "$before"
}

@test "[2] bad usage is 125 and one line, and nothing was run" {
    hint "getopt_long(3); every argument is checked before anything is made"
    local -a args
    while read -r -a args; do
        run --separate-stderr prog run "${args[@]}" "$ROOTFS" echo ran
        expect_error 125 skiff
        expect "output of: ${args[*]}" "" "$output"
    done <<'END'
--no-such-option
--memory 12q
--memory 0
-m -5
-m 99999999999999999999
--cpus 0
--cpus nan
--cpus 1e3
--pids-limit 0
--pids-limit 3x
--cap-add no_such_capability
--security-opt nonsense
--network moon
--user root:
--workdir relative
--timeout 0
--timeout 1x
--time-offset soon
--userns moon
--layer /no/such/dir
--upper /no/such/dir
--security-opt seccomp=
--security-opt unmask=SOME
--cap-drop no_such_capability
--read-only --upper /tmp
--cap-add ALL --cap-drop ALL
END
    expect_footprint "$before"
}

@test "[1] a ROOTFS that is missing or no directory is 125" {
    hint "stat(2) before anything is made"
    run --separate-stderr prog run
    expect_error 125 skiff
    run --separate-stderr prog run "$ROOTFS/nowhere" true
    expect_error 125 skiff
    run --separate-stderr prog run "$ROOTFS/etc/passwd" true
    expect_error 125 skiff
    expect_footprint "$before"
}

@test "[1] options end at ROOTFS: what follows is COMMAND's" {
    hint "the leading + in getopt_long(3)"
    run in_container echo --memory -m -x
    expect_status 0
    expect_output "--memory -m -x"
}

@test "[1] --help is on stdout with status 0" {
    hint "getopt_long(3)"
    run --separate-stderr prog run --help
    expect_status 0
    expect_match "help" "skiff run.*--memory" "$output"
    expect stderr "" "$stderr"
}

@test "[1] without COMMAND it is /bin/sh" {
    hint "execve(2) of what Docker users expect"
    run bounded bash -c 'echo "echo I am \$0" | "$1" run -i "$2" 3>&- 4>&-' _ "$EXERCISE" "$ROOTFS"
    expect_status 0
    expect_output "I am /bin/sh"
}

@test "[1] stdin, stdout and stderr are the caller's, apart" {
    hint "descriptors 0, 1 and 2 are inherited; see execve(2)"
    run --separate-stderr bounded bash -c 'printf "one\ntwo\n" | "$1" run -i "$2" sh -c "wc -l; echo problem >&2" 3>&- 4>&-' \
        _ "$EXERCISE" "$ROOTFS"
    expect_status 0
    expect stdout 2 "$output"
    # shellcheck disable=SC2154  # set by run
    expect stderr problem "$stderr"
}

@test "[2] the environment is PATH HOME TERM HOSTNAME and -e, nothing of the caller's" {
    hint "environ(7)"
    SECRET=exposed run in_container env
    expect_match PATH "PATH=/usr" "$output"
    expect "names" "HOME HOSTNAME PATH TERM" "$(cut -d= -f1 <<<"$output" | grep -v '^SHLVL$\|^PWD$\|^_$' | sort | xargs)"
    # the control: asked for, it gets in
    SECRET=exposed run prog run -e SECRET -e 'X=a b' "$ROOTFS" sh -c 'echo "$SECRET $X"'
    expect_output "exposed a b"
}

@test "[1] --workdir is where COMMAND starts, and stays inside" {
    hint "chdir(2) after pivot_root(2)"
    run prog run -w /etc "$ROOTFS" pwd
    expect_output /etc
    run --separate-stderr prog run -w /no/such/dir "$ROOTFS" pwd
    expect_error 125 skiff
    # an open directory of the host's is no way out (CVE-2024-21626)
    image=$BATS_TEST_TMPDIR/image
    cp -a "$ROOTFS" "$image"
    ln -s /proc/self/fd/9 "$image/work"
    for dir in /proc/self/fd/9 /work; do
        run --separate-stderr bounded bash -c 'exec 3>&- 4>&- 9</; exec "$1" run -w "$3" "$2" ls' _ "$EXERCISE" "$image" "$dir"
        expect_error 125 skiff
    done
}
