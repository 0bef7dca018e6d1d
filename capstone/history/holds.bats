#!/usr/bin/env bats
# Nothing that the container can write is read by anyone outside who acts on it: which
# process holds which memory, descriptors and capabilities, from birth to COMMAND.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # run sets output, status, stderr
load common

# holds STAGE SITE ARG...: what each process holds at that call of `skiff ARG`, as rows of
# the table in the README: "STAGE|role|shared|kinds|capabilities|traced"
holds() {
    local stage=$1 site=$2 line role shared fds caps traced own
    shift 2
    own=$(awk '/^CapEff/ { print $2 }' /proc/self/status)
    bounded ../faults/stepper -o "$WORLD/report" -w "$site" "$EXERCISE" "$@" 2>&1 | cat >"$WORLD/said"
    while read -r _ role shared fds caps traced; do
        fds=$(tr , '\n' <<<"${fds#fds=}" | grep -vx skiff | sort -u | paste -sd ' ')
        case ${caps#caps=} in
            "$own") caps="its caller's" ;;
            00000000800405fb) caps=eleven ;;
            000001ffffffffff) caps="all, of its user namespace" ;;
        esac
        case $role in parent) role=skiff ;; child) role=container ;; joiner) role=helper ;; esac
        echo "$stage|$role|${shared#shared=}|${fds:-none}|$caps|${traced#traced=}"
    done < <(grep '^holds ' "$WORLD/report")
}

# table STAGE: the rows of the README for it
table() {
    sed -n '/^### Who holds what/,/^##* [^W]/p' ../README.md | awk -F ' *[|] *' -v stage="$1" '
        /^[|]/ && NF == 8 { if ($2 != "") at = $2; gsub(/`/, "", at)
            if (at == stage) print at "|" $3 "|" $4 "|" $5 "|" $6 "|" $7 }'
}

# as_told STAGE SITE ARG...: the rows that the table has for STAGE are what the kernel says
as_told() {
    local told seen
    told=$(table "$1")
    [ -n "$told" ] || { echo "the README has no row for $1"; return 1; }
    seen=$(holds "$@" | grep -F "$(cut -d '|' -f 2 <<<"$told" | sed 's/.*/|&|/')")
    expect "what is held at $1" "$told" "$seen"
}

# of_command STAGE OPTION...: the same of the PID 1 of a container that runs
of_command() {
    local stage=$1 dir first fd kinds='' link
    shift
    container "$@"
    first=$(pgrep -P "$SPAWNED" | while read -r pid; do ! grep -q '^NSpid:.*[[:space:]]1$' "/proc/$pid/status" || echo "$pid"; done)
    dir=/proc/$first
    for fd in "$dir"/fd/*; do
        [ "${fd##*/}" -gt 2 ] || continue
        link=$(readlink "$fd")
        case $link in *signalfd*) link=signals ;; esac
        kinds="${kinds:+$kinds }$link"
    done
    expect "what is held at $stage" "$(table "$stage")" \
        "$stage|container|$(awk '$2 ~ /s$/' "$dir/maps" | wc -l)|${kinds:-none}|$(grep -q '^CapEff:.*00000000800405fb' "$dir/status" && echo eleven)|?"
}

@test "what each process holds at each stage is as the README says: no shared memory, no way out" {
    hint "proc(5): maps, fd, status; PR_SET_DUMPABLE in prctl(2); what a child inherits in fork(2)"
    make -s -C ../faults stepper
    cd "$BATS_TEST_DIRNAME" || return
    as_told pivot_root child:pivot_root:1 run "$ROOTFS" true
    as_told seccomp child:seccomp:1 run "$ROOTFS" true
    as_told "--init: signalfd" child:signalfd4:1 run --init "$ROOTFS" true
    of_command COMMAND --name "test-$NAP"
    as_told "exec: setns" joiner:setns:1 exec "test-$NAP" true
    as_told "exec: seccomp" child:seccomp:1 exec "test-$NAP" true
    end_container
    of_command "--init: COMMAND" --init
    # control: the tool sees a mapping that is shared, and a directory of the host's
    cat >"$WORLD/sharer.c" <<'END'
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void)
{
	open("/dev/null", O_RDWR);
	open("/etc", O_RDONLY);
	mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return (int)syscall(SYS_getppid) < 0;
}
END
    cc -D_GNU_SOURCE -o "$WORLD/sharer" "$WORLD/sharer.c"
    ../faults/stepper -o "$WORLD/report" -w parent:getppid:1 "$WORLD/sharer"
    expect_match "control" "holds parent shared=1 fds=(directory,)*directory " "$(cat "$WORLD/report")"
}

@test "nobody in the container can look into the process that is on its way to COMMAND" {
    hint "PR_SET_DUMPABLE in prctl(2), after each change of ids; it stays so in the PID 1 of --init"
    # control: PID 1 that is COMMAND itself is like any other
    run skiff "$ROOTFS" sh -c 'payload-host memory=1; payload-host environ=1; :'
    expect_match control "^memory=1 in" "$output"
    for options in --init "--init --time-offset 5" "--init --userns host" "--init --delegate" "--init -u 1000" "--init --read-only"; do
        # shellcheck disable=SC2086  # words
        run skiff $options "$ROOTFS" sh -c 'payload-host memory=1 trace=1 vmread=1 root=1'
        refused "$output" memory=1 trace=1 vmread=1 root=1
    done
}

# precious: a directory of the host's whose path and its end take eight bytes, in $PRECIOUS
precious() {
    local name
    for name in {a..z}{0..9}; do
        if mkdir "/tmp/$name" 2>/dev/null; then
            PRECIOUS=/tmp/$name
            LAB_DIRS+=("$PRECIOUS")
            echo kept >"$PRECIOUS/file"
            chmod -R a+rwX "$PRECIOUS"
            return
        fi
    done
    mendable tmp "no short name is left in /tmp" "remove what nobody needs there"
}

@test "whatever PID 1's memory says, skiff and its keeper remove nothing but what they made" {
    hint "state that somebody outside acts on: in memory of their own, noted before the container runs"
    precious
    for options in "--init --time-offset 5" "--init --userns host" "--init --cap-add SYS_PTRACE" "--init --privileged" \
        "--init --privileged --userns host" "--init --delegate --cap-add SYS_PTRACE" "--userns host --cap-add SYS_PTRACE --init -u 0"; do
        # shellcheck disable=SC2086  # words
        run skiff $options "$ROOTFS" payload-host "scribble=1:$PRECIOUS"
        [[ $options != *PTRACE* && $options != *privileged* ]] ||
            expect_match "with '$options' it could write there" "scribble=.* (in|signal)|^\$" "$output"
        expect "the folder of the host's" kept "$(cat "$PRECIOUS/file")"
    done
}

@test "the same for an ordinary user, with a range of ids and without" {
    hint "container root has the id of the user who owns skiff's memory; PR_SET_DUMPABLE in prctl(2)"
    require user userns overlay:user
    precious
    user_dir
    new_image "$USER_DIR/rootfs"
    chown -R "$(lab_uid):$(lab_gid)" "$USER_DIR" "$PRECIOUS"
    for path in "$PATH" /nonexistent; do
        for options in "" "--init" "--init --time-offset 5" "--init --cap-add SYS_PTRACE" "--init --privileged"; do
            # shellcheck disable=SC2086  # words
            run as_user env "PATH=$path" "$EXERCISE" run $options "$USER_DIR/rootfs" payload-host "scribble=1:$PRECIOUS" "memory=1"
            [[ $options != "--init" ]] || refused "$output" memory=1
            expect "the folder of the host's ($options)" kept "$(cat "$PRECIOUS/file")"
        done
    done
}

@test "exec: a process that joins has no more rights than the container at any time" {
    hint "the helper puts them away before it has a child in the container's pid namespace: setns(2)"
    make -s -C ../faults stepper
    cd "$BATS_TEST_DIRNAME" || return
    for options in "--userns host --cap-add SYS_PTRACE" "--userns host --cap-drop ALL" ""; do
        # shellcheck disable=SC2086  # words
        container --name "test-$NAP" $options
        bound=$(awk '/^CapBnd/ { print $2 }' "/proc/$CONTAINER/status")
        # From its first call on, and at the last: in the child's whole time.
        for call in setsid sendmsg execve; do
            bounded ../faults/stepper -o "$WORLD/report" -w "child:$call:1" "$EXERCISE" exec "test-$NAP" true
            expect "$call, with '$options'" "$bound" "$(sed -n 's/^holds child .*caps=\([0-9a-f]*\).*/\1/p' "$WORLD/report")"
        done
        # where container root may trace it all the same, it has the filter, too
        case $options in
            *host*) expect "seccomp(2) in the child, with '$options'" "" \
                "$(../faults/stepper -l -o /dev/stdout "$EXERCISE" exec "test-$NAP" true | grep '^call child seccomp' || true)" ;;
            *) expect_match "control: in the other case it is loaded there" "call child seccomp" \
                "$(../faults/stepper -l -o /dev/stdout "$EXERCISE" exec "test-$NAP" true)" ;;
        esac
        end_container
        wait_for eval '! napping'
    done
}

@test "exec: one filter, as PID 1 has it, with every choice of user namespace and no_new_privs" {
    hint "seccomp(2): without no_new_privs it is loaded with CAP_SYS_ADMIN, and once"
    fields() { grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp|Seccomp_filters):'; }
    for namespace in auto host; do
        for nnp in true false; do
            for more in "" "--cap-add SYS_PTRACE" --init "--security-opt seccomp=unconfined"; do
                # shellcheck disable=SC2086  # words
                container --name "test-$NAP" --userns "$namespace" --security-opt "no-new-privileges=$nnp" $more
                wait_for eval 'prog list | grep -q "test-$NAP"'
                run prog exec "test-$NAP" cat /proc/self/status
                expect_status 0
                expect "exec ($namespace, $nnp, $more)" "$(fields <"/proc/$CONTAINER/status")" "$(fields <<<"$output")"
                run prog exec -u 1000 "test-$NAP" id -u
                expect_output 1000
                end_container
                wait_for eval '! napping'
            done
        done
    done
}

@test "exec: its command line and its environment are for nobody inside" {
    hint "proc_pid_cmdline(5): erased before the process can be seen in the container"
    container --name "test-$NAP" -u 1000
    # Half a second between the birth of its process and COMMAND.
    require tool:strace
    spawn strace -f -o /dev/null -e trace=setsid -e inject=setsid:delay_enter=500000 \
        "$EXERCISE" exec -e SECRET=exposed "test-$NAP" sleep 5
    seen=''
    for ((tries = 0; tries < 400; tries++)); do
        run prog exec "test-$NAP" sh -c 'for p in /proc/[0-9]*; do echo "$p: $(tr "\0" " " <$p/cmdline)"; done'
        ! grep -aq exposed <<<"$output" || { seen=$output; break; }
        ! grep -aq 'sleep 5' <<<"$output" || break
    done
    expect "what is seen inside" "" "$seen"
    # control: on the host, skiff's own command line is there to be read
    expect_match control "SECRET=exposed" "$(tr '\0' ' ' <"/proc/$SPAWNED/cmdline")"
}

@test "what skiff looks at in /proc is not what a process calls itself" {
    hint "comm in proc(5) may be anything: /proc/PID/stat has its numbers behind it"
    require cgroup:freezer
    # A container that freezes itself, under a name that status(5) would show first.
    for name in sh "SigPnd:VmSize:" "VmSize: 1"; do
        # shellcheck disable=SC2016  # for the shell in there
        spawn "$EXERCISE" run --delegate --timeout 2 "$ROOTFS" sh -c 'printf %s "$0" >/proc/self/comm
            for dir in /sys/fs/cgroup /sys/fs/cgroup/*; do [ ! -w "$dir" ] || mkdir -p "$dir/self" 2>/dev/null || :
                echo $$ >"$dir/self/cgroup.procs" || :; echo FROZEN >"$dir/self/freezer.state" || :
                echo 1 >"$dir/self/cgroup.freeze" || :; done 2>/dev/null
            while :; do :; done' "$name"
        wait_for eval '! is_same "$SPAWNED"'
        reap "$SPAWNED"
        expect "status of '$name'" 137 "$status"
    done
}
