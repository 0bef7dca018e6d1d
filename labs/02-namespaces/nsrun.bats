#!/usr/bin/env bats
# nsrun.bats - graded tests of lab 02
#
# Where CMD is gets read from /proc/PID/ns and /proc/PID/status, from outside,
# while it runs.  Without root every test runs nsrun as the root of a user
# namespace, which must work just as well.
#
# As root the tests keep the machine safe from the program under test: one that
# mounts /proc or sets the hostname, but forgot to leave the old namespace, would
# do it to the machine.  So nsrun runs in a mount and a UTS namespace that stand
# for the host, those of the process $HOST.
# shellcheck disable=SC2154  # status, output and stderr are set by run
# shellcheck disable=SC2016  # what is in single quotes is for the shell inside

load ../../support/bats
exercise nsrun

KINDS="pid mnt ipc net cgroup uts time user"

setup_file() {
    [ "$EUID" -eq 0 ] && ! sandboxed && facility ns:mnt >/dev/null && facility ns:uts >/dev/null || return 0
    ( close_fds; exec unshare --mount --uts sleep 900 </dev/null >/dev/null 2>&1 ) &
    export HOST=$!
    wait_for stands_for_host
}

teardown_file() { [ -z "${HOST-}" ] || kill "$HOST" 2>/dev/null || true; }

stands_for_host() { [ "$(cat "/proc/$HOST/comm")" = sleep ] && [ "$(ns_of "$HOST" mnt)" != "$(ns_of self mnt)" ]; }

setup() {
    lab_setup
    # ROOT CMD...: CMD as root of what stands for the host, or of a user namespace
    if sandboxed; then
        HOST=$(machine_pid)
        ROOT=() INTO=() ROOT_NEW=
    elif [ "$EUID" -eq 0 ]; then
        require ns:mnt ns:uts
        stands_for_host
        ROOT=(nsenter --target "$HOST" --mount --uts sh -c 'cd "$0" && exec "$@"' "$PWD")
        INTO=("${ROOT[@]}") ROOT_NEW=
    else
        require userns
        HOST=self
        ROOT=(unshare --map-root-user)
        INTO=() ROOT_NEW=" user"        # what that alone makes new
    fi
}

# as_root ARG...: the exercise, its caller being root or root of a user namespace
as_root() { bounded "${ROOT[@]}" "$EXERCISE" "$@"; }

# as_plain CMD...: CMD as the ordinary user, ended after a while
as_plain() { ( close_fds; as_user timeout -k 2 "${LAB_TIMEOUT:-20}" "$@" </dev/null ); }

# user_exercise: $USER_EXERCISE, the exercise where the ordinary user reaches it
user_exercise() {
    USER_EXERCISE=$EXERCISE
    as_user test -x "$USER_EXERCISE" && return
    user_dir
    USER_EXERCISE=$USER_DIR/${EXERCISE##*/}
    install -m 755 "$EXERCISE" "$USER_EXERCISE"
    as_user test -x "$USER_EXERCISE"
}

# open_exercise: OPEN_EXERCISE, a copy below folders that are open to all.  Real root with
# no other id in its user namespace may not pass a home of mode 700, the default in most
# distributions.
open_exercise() {
    user_dir
    chmod 755 "$USER_DIR"
    OPEN_EXERCISE=$USER_DIR/${EXERCISE##*/}
    install -m 755 "$EXERCISE" "$OPEN_EXERCISE"
}

# find_below PID NAME: the process that runs the program NAME, from PID down,
# in $FOUND
find_below() {
    local comm='' child children=()
    FOUND=
    # In this order: who has a child by now has the name by then, too.
    { read -ra children <"/proc/$1/task/$1/children"; read -r comm <"/proc/$1/comm"; } 2>/dev/null || true
    if [ "$comm" = "$2" ]; then
        FOUND=$1
        return
    fi
    for child in "${children[@]}"; do
        [ -z "$child" ] || ! find_below "$child" "$2" || return 0
    done
    return 1
}

# running NAME: what was spawned runs NAME by now, its pid in $RUNNING; fails at
# once when it ends instead
running() {
    if ! wait_for found_or_ended "$1" >/dev/null || [ -z "$FOUND" ]; then
        echo "expected: $1 runs"
        echo "observed: it does not; printed was: $(cat "$SPAWNED_OUT" "$SPAWNED_ERR")"
        return 1
    fi
    RUNNING=$FOUND
}

found_or_ended() { find_below "$SPAWNED" "$1" || ended "$SPAWNED"; }

# start NAME ARG...: nsrun in the background, pid in $SPAWNED, until its CMD,
# the program NAME, runs; its pid in $CMD
start() {
    local name=$1
    shift
    spawn "${ROOT[@]}" "$EXERCISE" "$@"
    running "$name" || return
    CMD=$RUNNING
}

# ended PID: it has; whether anybody waited for it yet does not matter
ended() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
    [[ ${stat##*) } = Z* ]]
}

# expect_end: what was spawned ends, its status in $status
expect_end() {
    wait_for ended "$SPAWNED" || { echo "expected: nsrun ends"; return 1; }
    reap "$SPAWNED" 2>/dev/null
}

nobody_left() { [ -z "$(marked_pids)" ]; }

# expect_new 'KIND...' PID OLD: exactly these kinds differ between PID and OLD
expect_new() {
    local kind new=
    for kind in $KINDS; do
        [ -e "/proc/self/ns/$kind" ] || continue
        same_ns "$kind" "$2" "$3" || new+="$kind "
    done
    expect "new namespaces" "${1# }" "${new% }"
}

# expect_ended: nothing of this test runs any more
expect_ended() {
    wait_for nobody_left || { echo "expected: nobody is left"; ps -o pid,args -p "$(marked_pids | paste -sd,)"; return 1; }
}

init_of() { proc_field "$1" PPid; }
inner_pid() { local pids; read -ra pids <<<"$(proc_field "$1" NSpid)"; echo "${pids[-1]}"; }

# start_t PID: nsrun -t PID in the background; its CMD is a tail, pid in $CMD
start_t() {
    spawn "${INTO[@]}" "$EXERCISE" -t "$(inside_pid "$1")" -- tail -f /dev/null
    running tail || return
    CMD=$RUNNING
}

# spawn_plain CMD...: spawn, as the ordinary user
spawn_plain() {
    local become=()
    [ "$EUID" -ne 0 ] || become=(setpriv "--reuid=$(lab_uid)" "--regid=$(lab_gid)" --clear-groups --inh-caps=-all)
    spawn "${become[@]}" "$@"
}

# ---- the PID namespace and its init ----------------------------------------

@test "[5] -p: PID 1 is an init of nsrun's own, and CMD is its child" {
    hint "unshare(2) with CLONE_NEWPID moves only the children: the first is PID 1, see pid_namespaces(7)"
    require ns:pid
    start sleep -p -- sleep 600
    init=$(init_of "$CMD")
    expect "PID of CMD's parent in the new namespace" 1 "$(inner_pid "$init")"
    expect "PID namespace of the init" "$(ns_of "$CMD" pid)" "$(ns_of "$init" pid)"
    [ "$(inner_pid "$CMD")" -gt 1 ]
    [ "$(ns_of "$CMD" pid)" != "$(ns_of self pid)" ]
    # the control: without -p there is no such thing
    run -0 as_root -- readlink /proc/self/ns/pid
    expect_output "$(ns_of self pid)"
}

@test "[4] -p: the init reaps every orphan" {
    hint "one SIGCHLD may stand for many: call waitpid(-1, ..., WNOHANG) until it has no more, see waitpid(2)"
    require ns:pid
    only_cmd_left() { [ "$(cat "/proc/$1/task/$1/children")" = "$2 " ]; }
    adopted() { init=$(init_of "$orphan") && [ "$(inner_pid "$init")" = 1 ]; }
    mkfifo "$BATS_TEST_TMPDIR/go"
    start sleep -p -- sh -c '(sleep 600 &); read -r go <"$0"; i=0; while [ $i -lt 100 ]; do (: &); i=$((i + 1)); done; exec tail -f /dev/null' "$BATS_TEST_TMPDIR/go"
    orphan=$CMD
    wait_for adopted
    # It sleeps while they die, so that their signals become one.
    kill -STOP "$init"
    echo go >"$BATS_TEST_TMPDIR/go"
    running tail
    kill -CONT "$init"
    expect "parent of an orphan" "$init" "$(init_of "$orphan")"
    kill -KILL "$orphan"
    wait_for only_cmd_left "$init" "$RUNNING" || {
        echo "expected: the init's only child is CMD"
        echo "observed: $(wc -w <"/proc/$init/task/$init/children") children"
        return 1
    }
}

@test "[5] -p: the init passes SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2 on to CMD, each once" {
    hint "block them before the first fork, take them with sigwaitinfo(2), and give CMD the old mask back"
    require ns:pid
    local name want=ready
    start payload-signals -p -- ./payload-signals
    wait_for grep -qx ready "$SPAWNED_OUT"
    for name in TERM INT HUP USR1 USR2; do
        kill -s "$name" "$(init_of "$CMD")"
        wait_for grep -qx "$name" "$SPAWNED_OUT" || {
            echo "expected: CMD gets SIG$name"
            echo "observed: it got: $(tr '\n' ' ' <"$SPAWNED_OUT")"
            return 1
        }
        want+=" $name"
    done
    expect "what CMD got" "$want" "$(xargs <"$SPAWNED_OUT")"
}

@test "[2] -p: a signal that CMD leaves to its default ends it, and the init says so" {
    hint "the init's own status is what nsrun sees of CMD's, see WIFSIGNALED in waitpid(2)"
    require ns:pid
    local name
    for name in TERM USR2; do
        start sleep -p -- sleep 600
        kill -s "$name" "$(init_of "$CMD")"
        expect_end
        expect_status $((128 + $(kill -l "$name"))) || { echo "with: SIG$name"; return 1; }
        expect_ended
    done
}

@test "[4] -p: when CMD ends, so does the rest" {
    hint "when PID 1 ends, the kernel kills its namespace; so end with CMD, see pid_namespaces(7)"
    require ns:pid
    run -3 as_root -p -- sh -c 'trap "" TERM HUP; setsid sleep 600 & (sleep 601 &); exit 3'
    expect "what still runs" "" "$(marked_pids)"
}

@test "[4] -p and -m: /proc is a fresh one" {
    hint "proc shows the PID namespace of who mounts it, so the init must, see mount(2), proc(5)"
    require ns:pid ns:mnt proc
    here=$(inside_pid "$(machine_pid)")
    proc_mounts() { grep -c ' /proc ' "/proc/$HOST/mountinfo"; }
    look='read -r pid rest </proc/self/stat; echo "$pid" "$$"; ls -d /proc/'$here
    # the control: with -p alone the old /proc is there, and shows this shell
    run -0 as_root -p -- sh -c "$look"
    expect "last line" "/proc/$here" "${lines[-1]}"
    [ "${lines[0]% *}" != "${lines[0]#* }" ]
    before=$(proc_mounts)
    run as_root -p -m -- sh -c "$look"
    [ "$status" -ne 0 ] || { echo "expected: no /proc/$here inside"; echo "observed: $output"; return 1; }
    expect "CMD's own PID in /proc" "${lines[0]#* }" "${lines[0]% *}"
    # and none on the host
    expect "mounts on /proc outside" "$before" "$(proc_mounts)"
    [ -d "/proc/$(machine_pid)" ]
}

# ---- each kind, and no other ------------------------------------------------

@test "[6] makes exactly the namespaces that were asked for" {
    hint "one CLONE_NEW... flag for each option, see unshare(2), namespaces(7)"
    local option kind
    while read -r kind option; do
        if [ "$kind" = none ]; then
            kind=
        else
            require "ns:$kind"
        fi
        # shellcheck disable=SC2086  # an option and its argument
        start sleep $option -- sleep 600
        expect_new "$kind$ROOT_NEW" "$CMD" "$HOST" || { echo "with: nsrun $option"; return 1; }
        kill -KILL "$SPAWNED" "$CMD"
    done <<<"none
        pid -p
        mnt -m
        ipc -i
        net -n
        cgroup -C
        uts -u lab-02
        time -T 9"
}

@test "[3] all options at once" {
    hint "unshare(2) all of them before the first fork; only /proc is for the init to mount"
    local kind
    for kind in pid mnt ipc net cgroup uts time; do require "ns:$kind"; done
    require proc
    start sleep -p -m -i -n -C -u lab-02 -T 9 -- sleep 600
    expect_new "pid mnt ipc net cgroup uts time$ROOT_NEW" "$CMD" "$HOST"
    kill -s TERM "$SPAWNED"
    expect_ended
    run -7 as_root -T 9 -u lab-02 -C -n -i -m -p -- sh -c '[ "$(uname -n)" = lab-02 ] && [ -d /proc/1 ] && exit 7'
}

@test "[5] -m: no mount and no umount inside reaches the host" {
    hint "a new mount namespace shares what was shared: MS_REC | MS_PRIVATE on /, see mount_namespaces(7)"
    require ns:mnt
    user_dir
    # In a mount namespace that stands for the host, everything shared: one
    # mount below /, one below another mount, and the umount of a third.
    host='set -e
        mkdir "$1/plain" "$1/tree"
        mount -t tmpfs tree "$1/tree"
        mkdir "$1/tree/below" "$1/tree/third"
        mount -t tmpfs third "$1/tree/third"
        mount --make-rshared /
        dir=$1; shift
        timeout -s KILL 15 "$@" sh -ec "mount -t tmpfs one $dir/plain; mount -t tmpfs two $dir/tree/below; umount $dir/tree/third"
        grep -o " $dir/[^ ]*" /proc/self/mountinfo | sort'
    # the control: where nothing is made private, the host sees it all
    run -0 bounded "${ROOT[@]}" unshare --mount sh -c "$host" host "$USER_DIR" unshare --mount --propagation unchanged
    expect "the host's mounts, without -m" "$(printf ' %s\n' "$USER_DIR"/{plain,tree,tree/below})" "$output"
    rm -rf "${USER_DIR:?}"/*
    run -0 bounded "${ROOT[@]}" unshare --mount sh -c "$host" host "$USER_DIR" "$EXERCISE" -m --
    expect "the host's mounts, with -m" "$(printf ' %s\n' "$USER_DIR"/{tree,tree/third})" "$output"
}

@test "[3] -n: lo is up" {
    hint "lo starts down: SIOCGIFFLAGS, IFF_UP, SIOCSIFFLAGS, see netdevice(7)"
    require ns:net
    knock='LC_ALL=C; : </dev/tcp/127.0.0.1/1'
    run bounded "${ROOT[@]}" unshare --net bash -c "$knock"
    expect_match "127.0.0.1 in a plain new network namespace" "Network is unreachable" "$output"
    run as_root -n -- bash -c "$knock"
    expect_match "127.0.0.1 with nsrun -n" "Connection refused" "$output"
}

@test "[2] -u: that hostname, and only inside" {
    hint "sethostname(2) after unshare(2), see uts_namespaces(7)"
    require ns:uts
    before=$(bounded "${ROOT[@]}" uname -n)
    name=lab-02-$RANDOM$RANDOM
    run -0 as_root -u "$name" -- uname -n
    expect_output "$name"
    start sleep -u "$name" -- sleep 600
    [ "$EUID" -ne 0 ] || expect "hostname of CMD, from outside" "$name" "$(nsenter --target "$CMD" --uts uname -n)"
    long=$(printf %064d 7)
    run -0 as_root -u "$long" -- uname -n
    expect_output "$long"
    run -0 bounded "${ROOT[@]}" uname -n
    expect "hostname outside" "$before" "$output"
}

@test "[4] -T: boot and monotonic clocks are SECONDS ahead, the time of day is not" {
    hint "write both lines of /proc/self/timens_offsets before the first fork, see time_namespaces(7)"
    require ns:time
    local ahead i here there
    for ahead in 0 1000 100000000; do
        read -ra here <<<"$(./payload-clocks)"
        run -0 as_root -T "$ahead" -- ./payload-clocks
        read -ra there <<<"$output"
        for i in 0 1 2; do
            want=$((here[i] + (i < 2 ? ahead : 0)))
            # a busy machine may take its time to start CMD
            [ "${there[i]}" -ge "$want" ] && [ "${there[i]}" -le $((want + 10)) ] || {
                echo "expected: with -T $ahead: clock $i (monotonic, boot, day) about $want"
                echo "observed: ${there[i]}"
                return 1
            }
        done
    done
    run -0 as_root -p -T 100000000 -- ./payload-clocks
    [ "${output%% *}" -ge 100000000 ]
}

# ---- CMD's status -------------------------------------------------------------

@test "[5] ends with CMD's status, through every layer" {
    hint "WEXITSTATUS, or 128 + WTERMSIG, of CMD alone, see waitpid(2)"
    require ns:pid ns:mnt ns:time ns:uts proc
    local n options
    for options in "" "-p" "-p -m -i -n -C -u lab-02 -T 9"; do
        for n in 0 1 42 255; do
            # shellcheck disable=SC2086
            run as_root $options -- sh -c "exit $n"
            expect_status "$n" || { echo "with: nsrun $options"; return 1; }
        done
        for n in TERM KILL USR1; do
            # shellcheck disable=SC2086
            run as_root $options -- sh -c "kill -s $n \$\$; sleep 600"
            expect_status $((128 + $(kill -l "$n"))) || { echo "with: nsrun $options"; return 1; }
        done
    done
}

@test "[3] CMD not found is 127, found but not to be run 126, in one line" {
    hint "tell ENOENT from the rest, and let the init hand the status on, see execve(2)"
    require ns:pid ns:mnt proc
    local options here
    here=$(inside_pid "$(machine_pid)")
    # execvp(3) cannot tell "not found" from a directory that it may not read
    export PATH=/usr/bin:/bin
    for options in "" "-p" "-p -m" "-t $here"; do
        [ "$options" != "-t $here" ] || [ "$EUID" -eq 0 ] || continue
        # shellcheck disable=SC2086
        run -127 --separate-stderr as_root $options -- lab-02-no-such-command
        expect_error 127 nsrun
        # shellcheck disable=SC2086
        run --separate-stderr as_root $options -- "$PWD/README.md" # -t may leave the folder
        expect_error 126 nsrun
    done
}

# ---- if nsrun is killed ---------------------------------------------------------

@test "[5] SIGKILL to nsrun ends CMD, and with -p the rest" {
    hint "the init asks for SIGKILL when its parent dies: PR_SET_PDEATHSIG, see prctl(2)"
    require ns:pid
    start tail -p -- sh -c 'trap "" TERM HUP; setsid sleep 600 & exec tail -f /dev/null'
    kill -KILL "$SPAWNED"
    expect_ended
}

@test "[4] SIGKILL to nsrun ends CMD, without -p" {
    hint "the child asks for SIGKILL before execve, which keeps that: PR_SET_PDEATHSIG, see prctl(2)"
    require ns:mnt ns:uts ns:ipc ns:net ns:cgroup
    local options
    for options in "" "-i" "-m -n -C -u lab-02"; do
        # shellcheck disable=SC2086
        start sleep $options -- sleep 600
        kill -KILL "$SPAWNED"
        expect_ended || { echo "with: nsrun $options"; return 1; }
    done
}

@test "[3] SIGTERM, SIGINT or SIGHUP to nsrun ends a CMD that leaves them to their default" {
    hint "nsrun either dies of it, and CMD with it, or passes it on, see signal(7)"
    require ns:pid
    local name options
    for options in "" "-p"; do
        for name in TERM INT HUP; do
            # A shell starts background commands with SIGINT ignored.
            # shellcheck disable=SC2086
            spawn env --default-signal=INT "${ROOT[@]}" "$EXERCISE" $options -- sleep 600
            running sleep
            kill -s "$name" "$SPAWNED"
            expect_end
            expect_status $((128 + $(kill -l "$name"))) || { echo "with: nsrun $options"; return 1; }
            expect_ended
        done
    done
}

@test "[2] nobody outlives nsrun, whenever it is killed" {
    hint "nsrun may be dead before PR_SET_PDEATHSIG: then ask it for a byte; EOF is no answer, see prctl(2)"
    require ns:pid
    run -0 as_root -- true
    # from the first moment that it runs, to some milliseconds later
    spawn bash -c 'for ((i = 0; i < 30; i++)); do
            if ((i % 2)); then "$@" -p -m sleep 600 & else "$@" sleep 600 & fi
            for ((k = 0; k < 3000; k++)); do [ ! "/proc/$!/exe" -ef "${!#}" ] || break; done
            for ((k = RANDOM % (i % 4 < 2 ? 4000 : 20000); k > 0; k--)); do :; done
            kill -KILL $!
            wait $!
        done' bash "${ROOT[@]}" "$EXERCISE"
    expect_end
    expect_ended
}

@test "[2] CMD does not run when nsrun died before the child could ask for its death signal" {
    hint "PR_SET_PDEATHSIG says nothing of a parent already dead: ask it, and take EOF for no; see prctl(2)"
    require ns:pid tool:strace ptrace
    local option
    # nsrun with a child, or already CMD itself: without -p it may execute it in its place
    born() {
        if find_below "$SPAWNED" "${EXERCISE##*/}"; then [ -n "$(cat "/proc/$FOUND/task/$FOUND/children")" ]; else find_below "$SPAWNED" sleep; fi
    }
    for option in -p --; do
        # Whoever calls prctl(2) waits before it takes effect; nsrun dies meanwhile.
        spawn strace -qq -f -o /dev/null -e trace=prctl -e inject=prctl:delay_enter=400000 \
            "${ROOT[@]}" "$EXERCISE" "$option" sleep 600
        wait_for born
        kill -KILL "$FOUND"
        expect_ended
    done
}

# ---- -t -----------------------------------------------------------------------

@test "[5] -t enters every namespace of PID that differs" {
    hint "pidfd_open(2) and setns(2) with all flags at once, then fork for the PID namespace"
    local kind all
    for kind in pid mnt ipc net cgroup uts; do require "ns:$kind"; done
    all=(--pid --mount --ipc --net --cgroup --uts)
    ! facility ns:time >/dev/null || all+=(--time)
    spawn "${ROOT[@]}" unshare "${all[@]}" --fork sleep 600
    running sleep
    target=$RUNNING
    start_t "$target"
    expect_new "" "$CMD" "$target"
}

@test "[4] -t enters the user namespace of its owner, without privilege" {
    hint "the owner has every capability in it; setns(2) with all flags at once takes care of the order, see user_namespaces(7)"
    require user userns
    user_exercise
    spawn_plain unshare --map-root-user --mount --uts --pid --fork sleep 600
    running sleep
    target=$RUNNING
    spawn_plain "$USER_EXERCISE" -t "$(inside_pid "$target")" -- tail -f /dev/null
    running tail
    expect_new "" "$RUNNING" "$target"
    expect "uid of CMD" "$(lab_uid)" "$(proc_field "$RUNNING" Uid | awk '{ print $1 }')"
}

@test "[3] -t leaves the namespaces that do not differ, and entering none is fine" {
    hint "setns(2) into one's own user namespace is EINVAL: compare the inodes of /proc/PID/ns first, see namespaces(7)"
    require ns:uts
    run -5 bounded "$EXERCISE" -t "$(inside_pid "$(machine_pid)")" -- sh -c 'exit 5'
    spawn "${ROOT[@]}" unshare --uts sleep 600
    running sleep
    target=$RUNNING
    start_t "$target"
    expect_new "uts$ROOT_NEW" "$CMD" "$HOST"
}

@test "[3] -t: CMD dies with nsrun, and its status comes through" {
    hint "what holds for a new namespace holds for one that was entered: PR_SET_PDEATHSIG after the fork, see prctl(2)"
    require ns:pid
    spawn "${ROOT[@]}" unshare --pid --fork sleep 600
    running sleep
    target=$RUNNING
    run -9 bounded "$EXERCISE" -t "$(inside_pid "$target")" -- sh -c 'exit 9'
    run -143 bounded "$EXERCISE" -t "$(inside_pid "$target")" -- sh -c 'kill -s TERM $$; sleep 600'
    start_t "$target"
    kill -KILL "$SPAWNED"
    wait_for ended "$CMD" || { echo "expected: CMD dies with nsrun"; return 1; }
    [ -d "/proc/$target" ]
}

@test "[2] -t: 125 for a PID that does not exist or may not be entered" {
    hint "one line that says why, and no CMD, see pidfd_open(2), setns(2)"
    user_exercise
    run -0 bounded "$EXERCISE" -t "$(inside_pid "$(machine_pid)")" -- true
    run -0 bounded sh -c 'echo $$'
    run --separate-stderr bounded "$EXERCISE" -t "$output" -- echo CMD
    expect_error 125 nsrun
    expect_output ""
    [ "$EUID" -eq 0 ] || return 0
    require user ns:uts
    spawn unshare --uts sleep 600
    running sleep
    run --separate-stderr as_plain "$USER_EXERCISE" -t "$(inside_pid "$RUNNING")" -- echo CMD
    expect_error 125 nsrun
    expect_output ""
}

# ---- the command line, and who may ----------------------------------------------

@test "[2] bad usage is 2, with a usage line" {
    hint "the whole argument must be a number, and -t goes with nothing else, see strtoll(3), getopt(3)"
    local bad
    run -0 as_root -- true
    for bad in "" "-x true" "-p" "-u" "-T x true" "-T 9x true" "-T 99999999999999999999 true" \
        "-t x true" "-t 9x true" "-t -9 true" "-t $$" "-t $$ -p true" "-i -t $$ true" "-t $$ -u lab true"; do
        # shellcheck disable=SC2086
        run --separate-stderr as_root $bad
        expect_status 2 || { echo "with: nsrun $bad"; return 1; }
        expect_match stderr "[Uu]sage:.*nsrun" "$stderr" || { echo "with: nsrun $bad"; return 1; }
    done
    run --separate-stderr as_root -T "" true
    expect_status 2
}

@test "[2] -- or the first word that is no option ends the options" {
    hint "a + in front of the option letters, see getopt(3)"
    require ns:uts
    run -0 as_root -u lab-02 echo -p -x
    expect_output "-p -x"
    run -0 as_root -u lab-02 -- echo -- -t
    expect_output "-- -t"
}

@test "[2] an ordinary user gets 125 and one line, and CMD does not run" {
    hint "every one of these namespaces takes CAP_SYS_ADMIN; end there, see unshare(2)"
    require user
    user_exercise
    local options
    run -0 as_plain "$USER_EXERCISE" -- echo CMD
    expect_output CMD
    for options in -p -m -i -n -C "-u lab-02" "-T 9"; do
        # shellcheck disable=SC2086
        run --separate-stderr as_plain "$USER_EXERCISE" $options -- echo CMD
        expect_error 125 nsrun || { echo "with: nsrun $options"; return 1; }
        expect_output "" || { echo "with: nsrun $options"; return 1; }
    done
}

@test "[2] root of a user namespace may do it all" {
    hint "nothing here takes more than a user namespace gives, see user_namespaces(7)"
    require user userns ns:pid ns:time ns:uts proc:user
    user_exercise
    run -0 as_plain unshare --map-root-user "$USER_EXERCISE" -p -m -i -n -C -u lab-02 -T 9 -- \
        sh -c 'echo "$(uname -n) $PPID"; read -r pid rest </proc/self/stat; [ "$pid" = "$$" ]'
    expect_output "lab-02 1"
}

@test "[2] what cannot be had is 125, and CMD does not run" {
    hint "check every return value, and end before execve(2) if one says no, see unshare(2), namespaces(7)"
    require userns ns:time
    local kind options limit
    open_exercise
    # In a user namespace whose own limit for one kind is none.
    limit='[ "$1" = none ] || echo 0 >"/proc/sys/user/max_$1_namespaces" || exit 99; shift; exec "$@"'
    while read -r kind options; do
        # shellcheck disable=SC2086
        run -0 bounded unshare --map-root-user sh -c "$limit" sh none "$OPEN_EXERCISE" $options -- echo CMD
        expect_output CMD
        # shellcheck disable=SC2086
        run --separate-stderr bounded unshare --map-root-user sh -c "$limit" sh "$kind" "$OPEN_EXERCISE" $options -- echo CMD
        [ "$status" -ne 99 ] || mendable sysctl "/proc/sys/user is not writable here" "$ELSEWHERE"
        expect_error 125 nsrun || { echo "with: nsrun $options"; return 1; }
        expect_output "" || { echo "with: nsrun $options"; return 1; }
    done <<<"pid -p
        mnt -m
        ipc -i
        net -n
        cgroup -C
        uts -u lab-02
        time -T 9
        net -p -m -i -n -C -u lab-02 -T 9"
    # 65 bytes: more than sethostname(2) takes
    run as_root -u "$(printf %065d 7)" -- echo CMD
    [[ $status = @(125|2) && $output != *CMD* ]] || {
        echo "expected: with a hostname of 65 bytes: exit status 125, and no CMD"
        echo "observed: exit status $status, and it printed: $output"
        return 1
    }
}

@test "[2] -p and -m: without a fresh /proc CMD does not run" {
    hint "in a user namespace a masked /proc cannot be mounted afresh: say so and end, see mount(2), user_namespaces(7)"
    require userns ns:pid ns:mnt proc
    masked() {
        bounded "${ROOT[@]}" unshare --mount sh -c \
            'mount -t tmpfs mask /proc/sys && exec unshare --map-root-user "$@"' mask "$@"
    }
    # Another /proc somewhere, not masked, and the kernel allows it after all.
    run masked unshare --pid --mount --fork mount -t proc proc /proc
    [ "$status" -ne 0 ] || mendable proc "a fresh /proc is mounted over a masked one here" "another kernel, in the lab machine: make vm"
    open_exercise
    run -0 masked "$OPEN_EXERCISE" -p -- echo CMD
    expect_output CMD
    run --separate-stderr masked "$OPEN_EXERCISE" -p -m -- echo CMD
    expect_error 125 nsrun
    expect_output ""
}
