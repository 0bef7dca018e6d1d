# harness/tests/fresh.bats - the README's commands on a new system, and what keeps it new
# bats file_tags=long
# shellcheck disable=SC2016,SC2030,SC2031,SC2154  # programs are text; output, stderr and status are set by run

load fixture

setup() {
    lab_setup
    SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/lab.XXXXXX")
    LAB_DIRS+=("$SCRATCH")
    unset OUT RELEASE RELEASES PROFILE PROFILES CALLER CALLERS LAB SUITES FULL ROOT MIRROR FRESH_TIMEOUT FRESH_CACHE FRESH_NEEDS_MB
}

# small_root DIR: a root filesystem of nothing but busybox, with a bash that is its sh
small_root() {
    rm -rf --one-file-system "$1"
    mkdir -p "$1"/{bin,usr/bin,usr/sbin,etc,var/cache/apt/archives,proc,sys,dev,run}
    cp "$(command -v busybox)" "$1/bin/busybox"
    chroot "$1" /bin/busybox --install -s /bin
    ln -s /bin/env "$1/usr/bin/env"
}

# machine CMD...: in a small root; a second of it is enough
machine() { run --separate-stderr timeout -k 10 60 ../fresh-machine "$SCRATCH/root" "$@"; }

# left: control groups and processes of machines whose root is below SCRATCH
left() {
    find /sys/fs/cgroup -maxdepth 2 -name "lab-fresh.*.$1" 2>/dev/null
    pgrep -f "$SCRATCH/root" || true
}

gone() { [ -z "$(pgrep -f "$SCRATCH/root" || true)" ]; }

# ---- the machine ----------------------------------------------------------------

@test "fresh-machine: nothing of the host is visible: files, mounts, processes, names, variables, descriptors" {
    require root ns:cgroup tool:busybox
    small_root "$SCRATCH/root"
    echo theirs >"$SCRATCH/outside"
    exec 7<"$SCRATCH/outside"
    SECRET=mine machine /bin/sh -c "
        echo root: \$(ls /)
        echo outside: \$(cat '$SCRATCH/outside' /proc/1/root/'$SCRATCH/outside' /proc/$$/root/'$SCRATCH/outside' 2>/dev/null)
        echo types: \$(awk '{ for (i = 7; \$i != \"-\"; i++); print \$(i + 1), \$5 }' /proc/self/mountinfo | grep -v '^cgroup\|^tmpfs /sys/fs/cgroup' | sort)
        echo pids: \$(ls /proc | grep '^[0-9]' | sort -n | head -n 1) \$(ls /proc | grep -c '^[0-9]')
        echo name: \$(hostname)
        echo variables: \$(env | sed 's/=.*//' | grep -vx '_\|PWD\|SHLVL' | sort)
        (ls /proc/1/fd >/run/descriptors) # while process 1 has no pipe open
        echo descriptors: \$(cat /run/descriptors)
        echo input: \$(readlink /proc/1/fd/0)
        echo nodes: \$(cd /dev && ls | grep -vx 'fuse\|kvm\|net')"
    exec 7<&-
    expect_status 0
    local -A seen=()
    local line
    for line in "${lines[@]}"; do seen[${line%%:*}]=${line#*: }; done
    expect "its root" "bin dev etc proc run sys tmp usr var" "${seen[root]}"
    expect "a file of the host" "" "${seen[outside]#outside:}"
    expect_match "mounts" '^devpts /dev/pts (ext4|btrfs|xfs|tmpfs|overlay) / mqueue /dev/mqueue proc /proc sysfs /sys tmpfs /dev tmpfs /dev/shm tmpfs /run$' "${seen[types]}"
    expect_match "processes, from 1 on" '^1 [1-9]$' "${seen[pids]}"
    expect "its name" newcomer "${seen[name]}"
    expect "variables" "HOME LANG PATH TERM" "${seen[variables]}"
    expect "descriptors" "0 1 2" "${seen[descriptors]}"
    expect "its input" /dev/null "${seen[input]}"
    expect "nodes" "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero" "${seen[nodes]}"
    # The control: chroot alone hides few of these.
    mkdir -p "$SCRATCH/root/proc"
    run unshare --mount sh -c "mount -t proc proc $SCRATCH/root/proc && exec env SECRET=mine chroot '$SCRATCH/root' /bin/sh -c '
        cat /proc/$$/root/$SCRATCH/outside; echo variable \$SECRET; ls /proc | grep -c ^[0-9]'"
    has theirs "variable mine"
    [ "${lines[-1]}" -gt 9 ]
}

@test "fresh-machine: control groups are there, below groups of this run, which go with it" {
    require root ns:cgroup tool:busybox cgroup:pids
    local point
    point=$(cgroup_where pids)
    point=${point#* }
    small_root "$SCRATCH/root"
    mkfifo "$SCRATCH/root/go"
    spawn ../fresh-machine "$SCRATCH/root" /bin/sh -c "
        cat /proc/self/cgroup
        [ ! -e $point/cgroup.subtree_control ] || echo +pids >$point/cgroup.subtree_control
        mkdir $point/mine && echo 7 >$point/mine/pids.max && cat $point/mine/pids.max
        ls -d $point/lab-fresh* 2>/dev/null
        echo ready; cat /go"
    wait_for grep -x ready "$SPAWNED_OUT"
    expect "the limit, seen from the host" 7 "$(cat "$point"/lab-fresh.*."$SPAWNED"/mine/pids.max)"
    expect "a group beside it" "" "$(ls -d "$point/mine" 2>/dev/null)"
    expect "where it is not at the top of what it sees" "" "$(sed '/^ready/,$d; /^7$/d' "$SPAWNED_OUT" | grep -v ':/$\|:/session$')"
    echo >"$SCRATCH/root/go"
    reap "$SPAWNED"
    expect_status 0
    expect "what is left" "" "$(left "$SPAWNED")"
}

@test "fresh-machine: its status is the command's; INT, TERM, HUP and KILL end all of it, also what hides in it" {
    require root ns:cgroup tool:busybox
    small_root "$SCRATCH/root"
    machine /bin/sh -c 'echo to stderr >&2; exit 7'
    expect_status 7
    expect "errors" "to stderr" "$stderr"
    local signal want=0
    for signal in INT TERM HUP KILL; do
        spawn ../fresh-machine "$SCRATCH/root" /bin/sh -c 'trap "" INT TERM HUP; setsid sleep 4321 & echo ready; while :; do sleep 1; done'
        wait_for grep -x ready "$SPAWNED_OUT"
        [ -n "$(left "$SPAWNED")" ] || { echo "expected: something runs"; return 1; }
        kill -s "$signal" "$SPAWNED"
        reap "$SPAWNED"
        case $signal in INT) want=130 ;; TERM) want=143 ;; HUP) want=129 ;; KILL) want=137 ;; esac
        expect_status "$want"
        wait_for gone
    done
    # The groups of the one that was killed are left for the next, which removes them.
    [ -n "$(left "$SPAWNED")" ] || { echo "expected: groups of a killed one"; return 1; }
    machine /bin/sh -c true
    expect_status 0
    expect "what is left" "" "$(left "$SPAWNED")"
}

@test "fresh-machine: a folder that is no root is said to be none" {
    require root
    mkdir "$SCRATCH/root"
    machine /bin/sh -c true
    expect_error 125 fresh-machine
    run --separate-stderr ../fresh-machine "$SCRATCH/none" true
    expect_error 2 fresh-machine
}

# ---- the root -------------------------------------------------------------------

# stand_in SCRIPT: a debootstrap of our own in PATH, which makes a small root in $root and
# runs SCRIPT; what it was told is in SCRATCH/told
stand_in() {
    small_root "$SCRATCH/small"
    mkdir -p "$SCRATCH/small/etc/apt/apt.conf.d"
    printf '#!/bin/sh\nexit 0\n' >"$SCRATCH/small/usr/bin/apt-get"
    chmod 755 "$SCRATCH/small/usr/bin/apt-get"
    mkdir -p "$SCRATCH/bin"
    cat >"$SCRATCH/bin/debootstrap" <<END
#!/bin/bash
echo "\$*" >>"$SCRATCH/told"
root=\${@: -2:1}
cp -a "$SCRATCH/small/." "\$root"
$1
END
    chmod 755 "$SCRATCH/bin/debootstrap"
}

# fresh_root ARG...: with that debootstrap, and a cache of our own
fresh_root() {
    run --separate-stderr timeout -k 10 100 env PATH="$SCRATCH/bin:$PATH" MIRROR="${FROM-http://mirror.invalid/debian}" \
        ../fresh-root "$SCRATCH/cache" "$@"
}

@test "fresh-root: made once, verified; again after a week, and for another mirror" {
    require root tool:busybox tool:zstd file:/usr/share/debootstrap/scripts/trixie
    stand_in ''
    fresh_root trixie minimal
    output=$stderr
    expect_status 0
    expect "what is made" "made-by root.tar.zst" "$(cd "$SCRATCH/cache/trixie/minimal" && echo *)"
    expect_match "what debootstrap was told" '--force-check-gpg --keyring=/.*--variant=minbase trixie /[^ ]* http://mirror.invalid/debian$' "$(cat "$SCRATCH/told")"
    run tar -xOf "$SCRATCH/cache/trixie/minimal/root.tar.zst" ./etc/apt/sources.list
    expect "sources" "deb http://mirror.invalid/debian trixie main
deb http://mirror.invalid/debian-security trixie-security main
deb http://mirror.invalid/debian trixie-updates main" "$output"
    fresh_root trixie minimal
    expect "how often" 1 "$(wc -l <"$SCRATCH/told")"
    touch -d '8 days ago' "$SCRATCH/cache/trixie/minimal/made-by"
    fresh_root trixie minimal
    expect "how often, a week later" 2 "$(wc -l <"$SCRATCH/told")"
    FROM=http://other.invalid/debian fresh_root trixie minimal
    expect "how often, with another mirror" 3 "$(wc -l <"$SCRATCH/told")"
    expect "what else is there" "debs minimal" "$(cd "$SCRATCH/cache/trixie" && echo *)"
}

@test "fresh-root: one that fails is one line, and nothing of it is taken for a root" {
    require root tool:busybox file:/usr/share/debootstrap/scripts/trixie
    stand_in 'echo "I: so far so good"; echo "E: Release signed by unknown key" >&2; exit 1'
    fresh_root trixie minimal
    expect_status 1
    expect "the last line" "fresh-root: cannot make a root of trixie: E: Release signed by unknown key" "$(tail -n 1 <<<"$stderr")"
    expect "what is there" debs "$(cd "$SCRATCH/cache/trixie" && echo *)"
    # The same with the last step, and what another put there is kept.
    stand_in ''
    printf '#!/bin/sh\necho "E: no network" >&2; exit 100\n' >"$SCRATCH/small/usr/bin/apt-get"
    fresh_root trixie minimal
    expect_status 1
    expect_match "the last line" 'trixie: E: no network$' "$stderr"
    mkdir "$SCRATCH/cache/trixie/minimal"
    fresh_root trixie minimal
    expect_error 1 fresh-root
}

@test "fresh-root: interrupted, it leaves no process and nothing half made" {
    require root tool:busybox file:/usr/share/debootstrap/scripts/trixie
    local signal want=0
    for signal in INT TERM HUP; do
        stand_in "echo there >'$SCRATCH/ready'; sleep 4321"
        PATH=$SCRATCH/bin:$PATH MIRROR=http://mirror.invalid/debian spawn ../fresh-root "$SCRATCH/cache" trixie minimal
        wait_for test -e "$SCRATCH/ready"
        rm "$SCRATCH/ready"
        kill -s "$signal" "$SPAWNED"
        reap "$SPAWNED"
        case $signal in INT) want=130 ;; TERM) want=143 ;; HUP) want=129 ;; esac
        expect_status "$want"
        expect "what is there" debs "$(cd "$SCRATCH/cache/trixie" && echo *)"
        expect "processes" "" "$(pgrep -f "$SCRATCH/cache" || true)"
    done
}

# ---- what was asked -------------------------------------------------------------

# fresh: with a cache of our own
fresh() { run --separate-stderr timeout -k 10 100 env FRESH_CACHE="$SCRATCH/cache" OUT="$SCRATCH/out" "$@" ../fresh; }

@test "fresh: wrong wishes are one line and status 2, before anything is made" {
    require root file:/usr/share/debootstrap/scripts/trixie
    local wish
    for wish in RELEASE=slink-and-a-half RELEASE=../../etc RELEASES='trixie nonesuch' PROFILE=desktop CALLER=nobody LAB=9 \
        SUITES='a;b' ROOT=/nonexistent.tar FRESH_TIMEOUT=soon; do
        fresh "$wish"
        expect_status 2
        [ "${wish%%=*}" = LAB ] || expect_error 2 fresh
        [ ! -e "$SCRATCH/cache" ] || { echo "$wish: something was made"; return 1; }
    done
    run --separate-stderr ../fresh trixie
    expect_error 2 fresh
    mkdir "$SCRATCH/out"
    echo '{ "score": 5 }' >"$SCRATCH/out/results.json"
    fresh RELEASE=trixie
    expect_error 2 fresh
    expect "what was there" '{ "score": 5 }' "$(cat "$SCRATCH/out/results.json")"
}

@test "fresh: no root user, no room, no network: one line and status 3" {
    require root user file:/usr/share/debootstrap/scripts/trixie
    run --separate-stderr as_user ../fresh
    expect_error 3 fresh
    has_not root
    expect_match "why" 'needs root' "$stderr"
    fresh RELEASE=trixie FRESH_NEEDS_MB=99999999
    expect_error 3 fresh
    expect_match "why" 'MB free' "$stderr"
    fresh RELEASE=trixie PROFILE=minimal CALLER=root MIRROR=http://127.0.0.1:9/debian
    expect_status 3
    expect_match "why" 'fresh-root: cannot make a root of trixie: E: ' "$stderr"
    expect "what is there" "trixie trixie/debs trixie/debs/since" "$(cd "$SCRATCH/cache" && find . -mindepth 1 | sort | sed 's,^\./,,' | xargs)"
}

@test "fresh: a root that is none, and one whose newcomer's machine cannot be prepared, are failures and leave nothing" {
    require root tool:busybox file:/usr/share/debootstrap/scripts/trixie
    echo none >"$SCRATCH/none.tar"
    fresh ROOT="$SCRATCH/none.tar" CALLER=root
    expect_status 1
    has "FAILED: none given, as root: cannot unpack"
    small_root "$SCRATCH/small"
    tar -C "$SCRATCH/small" -cf "$SCRATCH/small.tar" .
    fresh ROOT="$SCRATCH/small.tar" CALLER=root
    expect_status 1
    has "FAILED: small given, as root: $SCRATCH/small.tar: no root filesystem"
    expect "what is there" "" "$(ls "$SCRATCH/cache")"
    expect "the results" "false false" "$(jq -r '[.[].ok] + [.[].ok] | join(" ")' "$SCRATCH/out/results.json")"
}

# stub_root MAKE: SCRATCH/stub.tar, with a real bash; its git clones an empty folder, and its
# make is the shell script MAKE
stub_root() {
    local root=$SCRATCH/stub file
    small_root "$root"
    rm -f "$root"/bin/{su,rpm} # busybox's rpm cannot list
    while read -r file; do cp -L --parents "$file" "$root"; done < <(ldd "$(command -v bash)" | grep -o '/[^ ]*')
    cp "$(command -v bash)" "$root/bin/bash"
    mkdir -p "$root"/{root,tmp,var/tmp,home/student,etc/sudoers.d}
    printf 'root:x:0:0::/root:/bin/sh\nstudent:x:1000:1000::/home/student:/bin/sh\n' >"$root/etc/passwd"
    printf '#!/bin/sh\n[ "$2" = root ] || HOME=/home/$2\nexport HOME\nexec /bin/sh -c "$4"\n' >"$root/usr/bin/su"
    printf '#!/bin/sh\nwith=sudo exec "$@"\n' >"$root/usr/bin/sudo"
    printf '#!/bin/sh\n[ "$1" != clone ] || mkdir "$3"\n' >"$root/usr/bin/git"
    printf '#!/bin/sh\n%s\n' "$1" >"$root/usr/bin/make"
    chmod 755 "$root"/usr/bin/{su,sudo,git,make}
    tar -C "$root" -cf "$SCRATCH/stub.tar" .
}

# A make that gives N points of 8 to make grade.
graded() { echo "case \$1 in grade) mkdir -p grade; echo '{ \"score\": $1, \"extra_data\": { \"of\": 8 } }' >grade/results.json ;; esac"; }

@test "fresh: the two commands of the README are typed, by a user with sudo and by root without" {
    require root ns:cgroup tool:busybox tool:jq file:/usr/share/debootstrap/scripts/trixie
    stub_root "echo \"make \$* by \${with-none} in \$PWD\"; $(graded 8)"
    fresh ROOT="$SCRATCH/stub.tar" CALLERS="student root" FULL=1
    expect_status 0
    expect "what was typed" "sudo make grade
sudo make test
make grade
make test" "$(jq -r '.[].steps[].command | select(test("make"))' "$SCRATCH/out/results.json")"
    expect "what make saw" "make grade by sudo in /home/student/skiff-course
make test by sudo in /home/student/skiff-course
make grade by none in /root/skiff-course
make test by none in /root/skiff-course" "$(cat "$SCRATCH"/out/stub-given-{student,root}.log)"
    expect "results" "student 8 8 true, root 8 8 true" "$(jq -r 'map("\(.caller) \(.points) \(.of) \(.ok)") | join(", ")' "$SCRATCH/out/results.json")"
    expect "what is left" "" "$(ls "$SCRATCH/cache")"
    fresh ROOT="$SCRATCH/stub.tar" CALLER=root
    expect_match "the second command, of some suites" "make test SUITES='support'"$'\n' "$(jq -r '.[].steps[].command' "$SCRATCH/out/results.json")"$'\n'
}

@test "fresh: points that are missing, a command that fails, and one that takes too long are failures" {
    require root ns:cgroup tool:busybox tool:jq file:/usr/share/debootstrap/scripts/trixie
    stub_root "$(graded 7)"
    fresh ROOT="$SCRATCH/stub.tar" CALLER=root SUITES=none
    expect_status 1
    has "FAILED: stub given, as root: 7 points of 8"
    stub_root ''
    fresh ROOT="$SCRATCH/stub.tar" CALLER=root SUITES=none
    expect_status 1
    has "FAILED: stub given, as root: no points of them"
    stub_root "$(graded 8); [ \$1 != test ] || { echo it breaks; exit 2; }"
    fresh ROOT="$SCRATCH/stub.tar" CALLER=root
    expect_status 1
    has "8 of 8 points" "make test SUITES='support': status 2" "FAILED: stub given, as root: it ended with status 2" "    it breaks"
    stub_root 'sleep 4321'
    fresh ROOT="$SCRATCH/stub.tar" CALLER=root FRESH_TIMEOUT=2
    expect_status 1
    has "FAILED: stub given, as root: 2 s are up (FRESH_TIMEOUT), in: make grade"
    expect "what is left" "" "$(ls "$SCRATCH/cache")"
}

@test "fresh: interrupted, it ends at once and leaves no process, no mount, no group and no root; killed, the next run cleans up" {
    require root ns:cgroup tool:busybox file:/usr/share/debootstrap/scripts/trixie
    local signal want=0
    stub_root 'trap "" INT TERM HUP; echo ready; while :; do sleep 1; done'
    for signal in INT TERM HUP KILL; do
        # env: what bash starts in the background ignores INT.
        FRESH_CACHE=$SCRATCH/cache OUT=$SCRATCH/out ROOT=$SCRATCH/stub.tar CALLER=root spawn env --default-signal=INT ../fresh
        wait_for grep -sx ready "$SCRATCH/out/stub-given-root.log"
        [ -n "$(pgrep -f "$SCRATCH/cache")" ] || { echo "expected: something runs"; return 1; }
        kill -s "$signal" "$SPAWNED"
        reap "$SPAWNED"
        case $signal in INT) want=130 ;; TERM) want=143 ;; HUP) want=129 ;; KILL) want=137 ;; esac
        expect_status "$want"
        wait_for sh -c "[ -z \"\$(pgrep -f '$SCRATCH/[c]ache')\" ]"
        expect "mounts" "" "$(grep -F "$SCRATCH" /proc/self/mountinfo)"
        [ "$signal" = KILL ] || expect "what is left" "" "$(ls "$SCRATCH/cache")"
        [ "$signal" = KILL ] || expect "lines on stderr" 1 "$(grep -c '^fresh: interrupted' "$SPAWNED_ERR")"
        rm "$SCRATCH/out/stub-given-root.log"
    done
    expect_match "what a killed one leaves" 'run\.' "$(ls "$SCRATCH/cache")"
    stub_root "$(graded 8)"
    fresh ROOT="$SCRATCH/stub.tar" CALLER=root
    expect_status 0
    expect "what is left" "" "$(ls "$SCRATCH/cache")"
}

# ---- the README, on a laptop ----------------------------------------------------

SCRIPTS=/usr/share/debootstrap/scripts

# can_be_fresh: skip where no new system can be made, or fetched
can_be_fresh() {
    local why release
    require root
    # shellcheck source=/dev/null
    release=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
    if [ -z "$release" ] || { [ -d "$SCRIPTS" ] && [ ! -e "$SCRIPTS/$release" ]; }; then
        mendable release "debootstrap knows no release '$release'" "make fresh RELEASE=bookworm"
    fi
    why=$(../fresh --check 2>&1) || mendable fresh "${why#fresh: }" "sudo harness/setup fresh"
    wget -q --spider --timeout=20 --tries=2 "$(../fresh-root --mirror "$release")/dists/$release/InRelease" ||
        mendable network "no network to fetch a system from" "a network"
}

# results TREE FILTER: of the runs there
results() { jq -r "$2" "$1/build/fresh/results.json"; }

@test "on a new laptop, the README's first command installs what a lab takes and gives full marks; without a package it does not" {
    can_be_fresh
    # What is tried is what is committed; so in a clone, where it can be broken.
    git clone -q "$LAB_TOP" "$SCRATCH/course"
    # Of another user, as where sudo was typed.
    chown -R "$(lab_uid):$(lab_gid)" "$SCRATCH/course"
    PROFILE=laptop CALLER=student LAB=02 run timeout -k 10 1500 "$SCRATCH/course/harness/fresh"
    echo "$output"
    expect_status 0
    expect "what ended well" "laptop student 100 100 true" "$(results "$SCRATCH/course" '.[] | "\(.profile) \(.caller) \(.points) \(.of) \(.ok)"')"
    expect_match "what was installed" 'libseccomp-dev' "$(results "$SCRATCH/course" '.[].installed[]')"
    expect_match "what was typed" "sudo make grade LAB=02" "$(results "$SCRATCH/course" '.[].steps[].command')"
    sed -i '/libseccomp-dev/d' "$SCRATCH/course/harness/packages"
    git -c safe.directory='*' -C "$SCRATCH/course" -c user.name=x -c user.email=x@example.org commit -qam broken
    PROFILE=laptop CALLER=root LAB=05 run timeout -k 10 1500 "$SCRATCH/course/harness/fresh"
    echo "$output"
    expect_status 1
    has "FAILED: " "laptop, as root: it ended with status" "make grade LAB=05: "
    expect_match "what is missing" "seccomp\.h" "$output"
    expect "what ended well" false "$(results "$SCRATCH/course" '.[].ok')"
}
