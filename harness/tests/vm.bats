# harness/tests/vm.bats - the lab machine, and what happens where it cannot run
# shellcheck disable=SC2016,SC2030,SC2031,SC2154  # programs are text; output, stderr and status are set by run

load fixture
bats_require_minimum_version 1.5.0

setup() {
    lab_setup
    user_dir
    chmod 755 "$USER_DIR"
    CACHE=${VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lab-vm}
    mkdir "$USER_DIR/tmp" "$USER_DIR/bin"
    chmod 1777 "$USER_DIR/tmp"
    unset VM_USER VM_MEM VM_CPUS VM_TIMEOUT VM_ACCEL VM_CONSOLE
}

# require_vm: a machine can be booted here
require_vm() {
    local why
    why=$(../vm --check) || mendable vm "$why" "harness/setup vm"
}

# stand_in SCRIPT: a QEMU of our own, which boots nothing, and an image for it.
# SCRIPT sees $console and $report, the files for what it says, and $accel.
stand_in() {
    mkdir -p "$USER_DIR/cache/image/modules/kernel"
    for file in initrd kernel version; do echo x >"$USER_DIR/cache/image/$file"; done
    sha256sum <../vm-image >"$USER_DIR/cache/image/made-by"
    cat >"$USER_DIR/bin/qemu-system-$(uname -m)" <<END
#!/bin/bash
while [ \$# -gt 0 ]; do
    case "\$1 \${2-}" in
        "-help "*) exit ;;
        "-accel "*) accel=\$2 ;;
        "-serial "*) console=\${2#file:} ;;
        "-chardev file,id=report,"*) report=\${2##*path=} ;;
    esac
    shift
done
$1
END
    chmod 755 "$USER_DIR/bin/qemu-system-$(uname -m)"
}

# stand_in_vm ARG...: with that QEMU, and a folder of temporary files to look at
stand_in_vm() {
    run --separate-stderr timeout 120 env PATH="$USER_DIR/bin:$PATH" VM_CACHE="$USER_DIR/cache" TMPDIR="$USER_DIR/tmp" ../vm "$@"
}

nothing_left() {
    expect "temporary files" "" "$(ls -A "$USER_DIR/tmp")"
    expect "processes" "" "$(pgrep -f "$USER_DIR/tmp" || true)"
}

# ---- it boots -----------------------------------------------------------------

@test "a folder for its image that holds other things keeps them" {
    require tool:busybox
    mkdir -p "$USER_DIR/mine/image" "$USER_DIR/mine/new.photos" "$USER_DIR/mine/new.abcdef"
    touch "$USER_DIR"/mine/{image,new.photos,new.abcdef}/precious
    run -1 bounded ../vm-image "$USER_DIR/mine"
    expect "what is left" "image new.abcdef new.photos" "$(cd "$USER_DIR/mine" && echo *)"
    [ -e "$USER_DIR/mine/image/precious" ] && [ -e "$USER_DIR/mine/new.photos/precious" ]
}

@test "vm: a command's status and output, as it comes; the course folder is live; v2, Landlock, AppArmor, overlay" {
    require_vm
    mkdir -p ../../build
    local shared
    shared=$(mktemp -d ../../build/vm-test.XXXXXX)
    LAB_DIRS+=("$shared")
    TMPDIR=$USER_DIR/tmp spawn ../vm -c "
        echo first
        until [ -e '$shared/go' ]; do sleep 0.1; done
        id -u; pwd; echo \"\$LAB_USER\"; echo an error >&2
        stat -f -c %T /sys/fs/cgroup /tmp
        grep -c ' - cgroup ' /proc/self/mountinfo
        cat /sys/fs/cgroup/cgroup.controllers /sys/kernel/security/lsm; echo
        mkdir /tmp/{l,u,w,m}; mount -t overlay -o lowerdir=/tmp/l,upperdir=/tmp/u,workdir=/tmp/w o /tmp/m && echo mounted
        echo made there >'$shared/file'
        rm -f /etc/passwd
        exit 7"
    wait_long grep -x first "$SPAWNED_OUT"
    touch "$shared/go"
    reap "$SPAWNED"
    output=$(cat "$SPAWNED_OUT") stderr=$(cat "$SPAWNED_ERR")
    expect_status 7
    expect_match "output" $'^first\n0\n'"$PWD"$'\nstudent\ncgroup2fs\next2/ext3\n0\n' "$output"
    has cpu memory pids landlock apparmor mounted
    expect_match "errors, apart" '(^|'$'\n'')an error$' "$stderr"
    expect "in the course folder" "made there" "$(cat "$shared/file")"
    expect_match "outside its folder" root "$(cat /etc/passwd)"
    nothing_left
}

# wait_long: what has to boot first may take longer than wait_for waits
wait_long() {
    local tries
    for ((tries = 0; tries < 1500; tries++)); do
        ! "$@" >/dev/null 2>&1 || return 0
        [ -e "/proc/$SPAWNED" ] || { echo "it ended: $(cat "$SPAWNED_ERR")"; return 1; }
        sleep 0.1
    done
    return 1
}

@test "vm: started by an ordinary user; student has sudo, a range of ids, the folder, and control groups of their own" {
    require_vm
    require user
    fixture
    mkdir -m 1777 "$USER_DIR/tmp"
    cp ../vm ../vm-guest ../vm-image ../vm-init "$TREE/harness"
    ../vm --build
    # Linked, not copied: it is big.
    cp -rl "$CACHE" "$USER_DIR/cache" 2>/dev/null || cp -r "$CACHE" "$USER_DIR/cache"
    chmod -R a+rX "$USER_DIR/cache"
    [ "$EUID" -ne 0 ] || chown -R "$(lab_uid):$(lab_gid)" "$TREE"
    TMPDIR=$USER_DIR/tmp run --separate-stderr as_user env VM_CACHE="$USER_DIR/cache" VM_USER=student TMPDIR="$USER_DIR/tmp" \
        "$TREE/harness/vm" -c 'id -un; id -u; sudo -n id -u; pwd
            unshare --map-root-user --map-auto cat /proc/self/uid_map | wc -l
            mkdir "/sys/fs/cgroup$(sed s/^0::// /proc/self/cgroup)/../mine" && echo a group of mine
            touch here && sudo touch there && stat -c %u here there
            echo again >/dev/stderr; sudo ls -A /root; sudo sh -c "exit 9"'
    expect "errors" again "$stderr"
    expect_status 9
    expect "output" "student
$(lab_uid)
0
$TREE
2
a group of mine
$(lab_uid)
$(lab_uid)" "$output"
    expect_match "errors" 'again$' "$stderr"
    nothing_left
}

@test "vm: Ctrl-C ends it at once: 130, no process, no file" {
    require_vm
    TMPDIR=$USER_DIR/tmp spawn env --default-signal ../vm -c 'echo up; sleep 1000'
    wait_long grep -x up "$SPAWNED_OUT"
    kill -INT "$SPAWNED"
    reap "$SPAWNED"
    expect_status 130
    nothing_left
}

@test "vm: a machine that dies is 125, with the last words of its console" {
    require_vm
    TMPDIR=$USER_DIR/tmp run --separate-stderr ../vm -c 'echo c >/proc/sysrq-trigger; sleep 60'
    expect_status 125
    expect_match "errors" 'the machine ended without a status.*Kernel panic' "$stderr"
    nothing_left
}

@test "vm: a shell on a terminal, as student; exit ends it, and the terminal is as it was" {
    require_vm
    require tool:script
    mkfifo "$USER_DIR/keys"
    (exec 3>&- 4>&-; TMPDIR=$USER_DIR/tmp TERM=xterm exec timeout 400 script -qec \
        'stty rows 33 cols 99; stty -a >'"$USER_DIR"'/before; ../vm; echo "it ended with $?"; stty -a >'"$USER_DIR/after" \
        /dev/null <"$USER_DIR/keys" >"$USER_DIR/screen" 2>&1) &
    SPAWNED=$! SPAWNED_ERR=$USER_DIR/screen
    LAB_SPAWNED+=("$SPAWNED")
    exec {keys}>"$USER_DIR/keys"
    wait_long grep -F 'student@lab' "$USER_DIR/screen"
    echo 'stty size; echo uid $(id -u); exit 3' >&"$keys"
    reap "$SPAWNED"
    exec {keys}>&-
    output=$(tr -d '\r' <"$USER_DIR/screen")
    has "33 99" "uid $(lab_uid)" "it ended with 3" "The lab machine"
    expect "the terminal" "$(cat "$USER_DIR/before")" "$(cat "$USER_DIR/after")"
    nothing_left
}

# ---- it does not --------------------------------------------------------------

@test "vm: a machine that hangs is ended when the time is up: 124, with the last words of its console" {
    require_vm
    stand_in 'echo "the last words" >"$console"; exec sleep 987650'
    VM_TIMEOUT=5 stand_in_vm true
    expect_status 124
    expect_match "errors" '5 s are up \(VM_TIMEOUT\).*the last words' "$stderr"
    nothing_left
    expect "left behind" "" "$(pgrep -fx 'sleep 987650' || true)"
}

@test "vm: KVM is not believed before a kernel has booted under it; what was seen is kept" {
    require_vm
    stand_in 'echo "$accel" >>'"$USER_DIR"'/log
        if [ "$accel" = kvm ]; then exec sleep 987651; fi
        printf "up\nstatus 0\n" >"$report"'
    VM_ACCEL=kvm VM_PROBE_SECONDS=5 stand_in_vm true
    expect_status 0
    expect_match "errors" 'no kernel boots under it; emulating' "$stderr"
    expect "tried" "kvm tcg" "$(xargs <"$USER_DIR/log")"
    VM_ACCEL=kvm stand_in_vm true
    expect "tried" "kvm tcg tcg" "$(xargs <"$USER_DIR/log")"
    VM_ACCEL=tcg stand_in_vm true
    expect "errors" "" "$stderr"
    nothing_left
}

@test "vm: where a kernel boots under KVM, it is used" {
    require_vm
    stand_in 'echo "$accel" >>'"$USER_DIR"'/log
        if [ -z "${report-}" ]; then echo "vm-init: a kernel boots here" >"$console"; exit; fi
        printf "up\nstatus 5\n" >"$report"'
    VM_ACCEL=kvm stand_in_vm true
    expect_status 5
    expect "tried" "kvm kvm" "$(xargs <"$USER_DIR/log")"
}

@test "vm: without QEMU, one line with its package and the command that installs it" {
    local qemu
    qemu=qemu-system-$(uname -m)
    [ ! -e /run/lab-vm ] || mendable vm "this is the lab machine already" "on the machine around it"
    ln -s /usr/bin/* /usr/sbin/* "$USER_DIR/bin/" 2>/dev/null || true
    rm -f "$USER_DIR/bin/$qemu"
    # support/lib.bash adds sbin, where no QEMU is.
    run --separate-stderr env PATH="$USER_DIR/bin" VM_CACHE="$USER_DIR/cache" ../vm true
    expect_status 125
    expect_match "one line" "^vm: missing: $qemu, [^"$'\n'"]*harness/setup vm\$" "$stderr"
    run env PATH="$USER_DIR/bin" ../vm --check
    expect_status 1
    has "$qemu" "harness/setup vm"
    run env PATH="$USER_DIR/bin" ../doctor --json
    expect_match "the doctor" "harness/setup vm" "$(jq -r '.rows[] | select(.id == "lab_vm") | .detail + .remedy' <<<"$output")"
}

@test "vm: a full disk is one line, and nothing stays: in the cache, and in the folder of temporary files" {
    require root
    require_vm
    mkdir "$USER_DIR/small"
    run --separate-stderr unshare --mount bash -c 'mount -t tmpfs -o size=20m small "$1" || exit 99
        VM_CACHE=$1/cache ../vm true; status=$?; find "$1" -mindepth 2; exit "$status"' bash "$USER_DIR/small"
    expect_status 125
    expect_match "one line" '^vm-image: [^'$'\n'']*cache has [0-9]+ MB free, and the machine takes [0-9]+[^'$'\n'']*$' "$stderr"
    expect "left behind" "" "$output"
    stand_in 'exit 1'
    run --separate-stderr unshare --mount bash -c 'mount -t tmpfs -o size=200k small "$1" || exit 99
        TMPDIR=$1 ../vm true; status=$?; ls -A "$1"; exit "$status"' bash "$USER_DIR/small"
    expect_status 125
    expect_match "one line" '^vm: [^'$'\n'']*'"$USER_DIR/small"'[^'$'\n'']*$' "$stderr"
    expect "left behind" "" "$output"
}

@test "vm: a kernel that cannot be fetched is one line with the reason, and no half made image" {
    require_vm
    local name
    for name in apt-get modprobe; do
        printf '#!/bin/sh\necho "E: the network is down" >&2\nexit 100\n' >"$USER_DIR/bin/$name"
        chmod 755 "$USER_DIR/bin/$name"
    done
    run --separate-stderr env PATH="$USER_DIR/bin:$PATH" VM_CACHE="$USER_DIR/cache" ../vm --build
    expect_status 125
    expect_match "last line" 'cannot make the lab machine in [^'$'\n'']*: E: the network is down$' "$stderr"
    expect "left behind" "" "$(ls -A "$USER_DIR/cache")"
}

@test "vm: wrong usage is 2; a shell without a terminal too, which says what to do" {
    require_vm
    local args
    for args in --nonsense -c "--check x" --; do
        # shellcheck disable=SC2086  # words
        run ../vm $args
        expect_status 2
    done
    VM_MEM=lots run ../vm true
    expect_status 2
    VM_USER=nobody run ../vm true
    expect_status 2
    run ../vm </dev/null
    expect_status 2
    has "make vm CMD="
    run ../vm --help
    expect_status 0
    has "usage: vm"
    expect_status 0
}
