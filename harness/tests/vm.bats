# harness/tests/vm.bats - the lab machine, and what happens where it cannot run
# bats file_tags=long
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
    unset VM_USER VM_MEM VM_CPUS VM_TIMEOUT VM_ACCEL VM_CONSOLE VM_KERNEL VM_ARCH VM_MIRROR
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
    ../vm-image --key >"$USER_DIR/cache/image/made-by"
    cat >"$USER_DIR/bin/qemu-system-$(uname -m)" <<END
#!/bin/bash
while [ \$# -gt 0 ]; do
    case "\$1 \${2-}" in
        "-help "* | "--version "*) exit ;; # harness/setup starts it to see that it runs
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
    ../../capstone/rootfs.sh ../../build/rootfs
    local shared
    shared=$(mktemp -d ../../build/vm-test.XXXXXX)
    LAB_DIRS+=("$shared")
    TMPDIR=$USER_DIR/tmp spawn ../vm -c "
        echo first
        until [ -e '$shared/go' ]; do sleep 0.1; done
        id -u; pwd; echo \"\$LAB_USER\"; echo an error >&2
        stat -f -c %T /sys/fs/cgroup /tmp ../../build/rootfs
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
    expect_match "output" $'^first\n0\n'"$PWD"$'\nstudent\ncgroup2fs\next2/ext3\next2/ext3\n0\n' "$output"
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
    cp ../vm ../vm-* "$TREE/harness"
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

# ---- another kernel, another processor ----------------------------------------

# put FILE OFFSET TEXT: over what is there
# shellcheck disable=SC2059  # it is one
put() { printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

# bytes NUMBER: four, little-endian, as printf takes them
bytes() { printf '\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)); }

# pvh FILE: a program that says where QEMU enters it, as a kernel does
pvh() {
    printf '.section .note.Xen,"a",@note\n.long 4,4,18\n.asciz "Xen"\n.long 0x1000000\n.text\n.globl _start\n_start: nop\n' |
        gcc -x assembler - -nostdlib -static -o "$1"
}

# packed FILE PAYLOAD: a kernel of x86 with that in it, its length after it
packed() {
    local size
    size=$(($(stat -c %s "$2") + 4))
    truncate -s 1536 "$1"
    put "$1" 497 '\x02'
    put "$1" 514 'HdrS\x0f\x02'
    put "$1" 584 "$(bytes 64)$(bytes "$size")"
    truncate -s 1600 "$1"
    { cat "$2"; printf '\x01\x02\x03\x04'; echo what follows; } >>"$1"
}

# unpacked FILE: what QEMU is handed instead, is $USER_DIR/booted
unpacked() { run -0 bounded bash -euo pipefail -c 'source ../vm-kernel.bash; boot_kernel "$1" "$2"' bash "$1" "$USER_DIR/booted"; }

@test "a kernel is unpacked, whatever it was compressed by; one that QEMU could not enter stays as it is" {
    require tool:gcc tool:readelf
    local tool kinds=0
    cd "$BATS_TEST_DIRNAME"
    pvh "$USER_DIR/elf"
    for tool in 'gzip -c' 'xz --check=crc32 -c' 'zstd -qc' 'bzip2 -c' 'xz --format=lzma -c' 'lz4 -lc' 'lzop -c'; do
        command -v "${tool%% *}" >/dev/null || continue
        $tool <"$USER_DIR/elf" >"$USER_DIR/payload"
        rm -f "$USER_DIR/packed"
        packed "$USER_DIR/packed" "$USER_DIR/payload"
        unpacked "$USER_DIR/packed"
        cmp "$USER_DIR/elf" "$USER_DIR/booted" || { echo "not unpacked: $tool"; return 1; }
        kinds=$((kinds + 1))
    done
    [ "$kinds" -ge 3 ]
    # The controls: without the note, compressed by something unknown, and no kernel at all.
    gzip -c <"$BATS_TEST_FILENAME" >"$USER_DIR/payload"
    echo "none of them" >"$USER_DIR/other"
    for tool in payload other; do
        rm -f "$USER_DIR/packed"
        packed "$USER_DIR/packed" "$USER_DIR/$tool"
        unpacked "$USER_DIR/packed"
        cmp "$USER_DIR/packed" "$USER_DIR/booted"
    done
    unpacked "$USER_DIR/other"
    cmp "$USER_DIR/other" "$USER_DIR/booted"
}

@test "an Image of arm64 in a zboot is unpacked" {
    cd "$BATS_TEST_DIRNAME"
    truncate -s 200 "$USER_DIR/image"
    put "$USER_DIR/image" 56 'ARM\x64'
    gzip -c <"$USER_DIR/image" >"$USER_DIR/payload"
    truncate -s 96 "$USER_DIR/zboot"
    put "$USER_DIR/zboot" 0 "MZ\\x00\\x00zimg$(bytes 96)$(bytes "$(stat -c %s "$USER_DIR/payload")")"
    cat "$USER_DIR/payload" >>"$USER_DIR/zboot"
    unpacked "$USER_DIR/zboot"
    cmp "$USER_DIR/image" "$USER_DIR/booted"
}

# package NAME ARCHITECTURE FILE...: a package with these files, from $USER_DIR/files
package() {
    local name=$1 arch=$2 file
    shift 2
    rm -rf "$USER_DIR/package"
    mkdir -p "$USER_DIR/package/DEBIAN" "$USER_DIR/debs"
    printf 'Package: %s\nVersion: 1\nArchitecture: %s\nMaintainer: nobody\nDescription: a test\n' "$name" "$arch" >"$USER_DIR/package/DEBIAN/control"
    for file; do
        mkdir -p "$USER_DIR/package/${file%/*}"
        cp "$USER_DIR/files/${file##*/}" "$USER_DIR/package/$file"
    done
    dpkg-deb -b "$USER_DIR/package" "$USER_DIR/debs/$name.deb" >/dev/null
}

# kernel_files: what such packages hold; all that the machine loads is built in
kernel_files() {
    local module
    mkdir -p "$USER_DIR/files"
    gzip -c <"$USER_DIR/elf" >"$USER_DIR/payload"
    packed "$USER_DIR/files/vmlinuz" "$USER_DIR/payload"
    for module in virtio_pci virtio_blk virtio_console 9pnet_virtio 9p overlay ext4; do echo "kernel/$module.ko"; done >"$USER_DIR/files/modules.builtin"
    : >"$USER_DIR/files/modules.order"
    : >"$USER_DIR/files/empty"
    cp "$USER_DIR/files/vmlinuz" "$USER_DIR/files/vmlinuz-9.9.9"
}

# image_of_folder: vm-image with $USER_DIR/debs
image_of_folder() { run --separate-stderr bounded env VM_KERNEL="$USER_DIR/debs" ../vm-image "$USER_DIR/cache"; }

# no_image WORDS: one line says these, and nothing is left
no_image() {
    expect_status 1
    expect_match "the reason" '^vm-image: [^'$'\n'']*'"$1"'[^'$'\n'']*$' "${stderr##*$'\n'}"
    expect "left behind" "" "$(ls -A "$USER_DIR/cache")"
}

@test "a kernel from a folder: split in three as in Debian sid, or whole as in Debian 12" {
    require tool:gcc tool:readelf tool:dpkg-deb tool:busybox tool:cpio tool:depmod
    local arch image
    arch=$(dpkg --print-architecture)
    image=$USER_DIR/cache/image-$(uname -m)-folder
    pvh "$USER_DIR/elf"
    kernel_files
    package binary "$arch" usr/lib/modules/9.9.9/vmlinuz
    package base "$arch" usr/lib/modules/9.9.9/modules.builtin usr/lib/modules/9.9.9/modules.order
    package modules "$arch" usr/lib/modules/9.9.9/kernel/empty
    image_of_folder
    expect_status 0
    expect "the version" 9.9.9 "$(cat "$image/version")"
    cmp "$USER_DIR/elf" "$image/kernel"
    [ -e "$image/modules/kernel/empty" ] && [ -s "$image/initrd" ]
    # The same packages: nothing to do.  Others: made anew.
    image_of_folder
    expect "said" "" "$stderr"
    rm -r "$USER_DIR/debs"
    package whole "$arch" boot/vmlinuz-9.9.9 lib/modules/9.9.9/{modules.builtin,modules.order,kernel/empty}
    rm "$image/kernel"
    image_of_folder
    expect_status 0
    cmp "$USER_DIR/elf" "$image/kernel"
    expect "in the cache" "image-$(uname -m)-folder" "$(ls -A "$USER_DIR/cache")"
}

@test "a folder with two kernels, with none, or for another processor is one line, and nothing is left" {
    require tool:gcc tool:dpkg-deb tool:busybox tool:depmod
    local arch
    arch=$(dpkg --print-architecture)
    pvh "$USER_DIR/elf"
    kernel_files
    package one "$arch" boot/vmlinuz-9.9.9 lib/modules/9.9.9/{modules.builtin,modules.order,kernel/empty}
    package two "$arch" lib/modules/8.8.8/kernel/empty
    image_of_folder
    no_image 'one kernel .* 8.8.8 9.9.9'
    rm -r "$USER_DIR/debs"
    package none "$arch" etc/empty
    image_of_folder
    no_image 'one kernel'
    package none s390x etc/empty
    image_of_folder
    no_image "none.deb is not for $arch"
    rm -r "$USER_DIR/debs"
    package modules "$arch" lib/modules/9.9.9/{modules.builtin,modules.order,kernel/empty}
    image_of_folder
    no_image 'no vmlinuz-9.9.9'
    head -c 700 "$USER_DIR/debs/modules.deb" >"$USER_DIR/debs/cut.deb"
    image_of_folder
    no_image ''
}

# on_release VERSION CMD...: where /etc/os-release is that of such a Fedora
on_release() {
    printf 'ID=fedora\nVERSION_ID=%s\n' "$1" >"$USER_DIR/os-release"
    unshare --mount bash -c 'mount --bind "$1" "$(readlink -f /etc/os-release)" && exec "${@:2}"' bash "$USER_DIR/os-release" "${@:2}"
}

@test "an image is kept while all that it was made from is the same; an upgraded distribution makes a new one" {
    require root
    local name key
    for name in apt-get modprobe; do
        printf '#!/bin/sh\necho "E: asked for a new one" >&2\nexit 100\n' >"$USER_DIR/bin/$name"
        chmod 755 "$USER_DIR/bin/$name"
    done
    stand_in 'exit 1'
    PATH=$USER_DIR/bin:$PATH run -0 --separate-stderr bounded ../vm-image "$USER_DIR/cache"
    on_release 40 ../vm-image --key >"$USER_DIR/cache/image/made-by"
    PATH=$USER_DIR/bin:$PATH run -0 --separate-stderr on_release 40 ../vm-image "$USER_DIR/cache"
    PATH=$USER_DIR/bin:$PATH run -1 --separate-stderr on_release 41 ../vm-image "$USER_DIR/cache"
    expect_match "errors" 'E: asked for a new one$' "$stderr"
    expect "the old one stays until there is another" "image" "$(ls -A "$USER_DIR/cache")"
    key=$(../vm-image --key)
    [ "$key" = "$(../vm-image --key)" ]
    [ "$key" != "$(VM_KERNEL=trixie ../vm-image --key)" ]
    [ "$key" != "$(VM_MIRROR=http://example.org ../vm-image --key)" ]
    [ "$(VM_KERNEL=trixie ../vm-image --key)" != "$(VM_KERNEL=sid ../vm-image --key)" ]
}

@test "vm: an unknown kernel or processor, and an empty folder, are 2 and one line" {
    local choice
    mkdir "$USER_DIR/empty"
    for choice in VM_KERNEL=6.1 VM_KERNEL=Trixie "VM_KERNEL=a b" "VM_KERNEL=$USER_DIR/nonesuch" "VM_KERNEL=$USER_DIR/empty" \
        VM_ARCH=mips VM_ARCH=s390x; do
        run --separate-stderr bounded env "$choice" VM_CACHE="$USER_DIR/cache" ../vm --build
        expect_status 2
        expect_match "one line" '^vm: [^'$'\n'']+$' "$stderr"
    done
    [ ! -e "$USER_DIR/cache" ]
}

# repository: of Debian's form in $USER_DIR/repo, with a kernel, and signed by nobody
repository() {
    local arch dir=$USER_DIR/repo/dists/trixie/main
    arch=$(dpkg --print-architecture)
    kernel_files
    package "linux-image-$arch" "$arch" boot/vmlinuz-9.9.9
    mkdir -p "$dir/binary-$arch"
    {
        dpkg-deb -f "$USER_DIR/debs/linux-image-$arch.deb"
        printf 'Filename: linux.deb\nSize: %s\nSHA256: %s\n' "$(stat -c %s "$USER_DIR/debs/linux-image-$arch.deb")" \
            "$(sha256sum <"$USER_DIR/debs/linux-image-$arch.deb" | cut -d ' ' -f 1)"
    } >"$dir/binary-$arch/Packages"
    cp "$USER_DIR/debs/linux-image-$arch.deb" "$USER_DIR/repo/linux.deb"
    printf 'Suite: trixie\nCodename: trixie\nDate: %s\nArchitectures: %s\nComponents: main\nSHA256:\n %s %s main/binary-%s/Packages\n' \
        "$(date -Ru)" "$arch" "$(sha256sum <"$dir/binary-$arch/Packages" | cut -d ' ' -f 1)" \
        "$(stat -c %s "$dir/binary-$arch/Packages")" "$arch" >"$USER_DIR/repo/dists/trixie/Release"
}

@test "packages of another release that Debian has not signed are refused" {
    require tool:apt-get tool:gcc file:/usr/share/keyrings/debian-archive-keyring.gpg
    pvh "$USER_DIR/elf"
    repository
    # The control: apt itself takes them, if it is told to trust.
    mkdir -p "$USER_DIR"/apt/{lists/partial,cache/archives/partial,none}
    : >"$USER_DIR/apt/status"
    echo "deb [trusted=yes target=Packages] file:$USER_DIR/repo trixie main" >"$USER_DIR/apt/list"
    run -0 bounded apt-get -qq -o "Dir::State::lists=$USER_DIR/apt/lists" -o "Dir::State::status=$USER_DIR/apt/status" \
        -o "Dir::Cache=$USER_DIR/apt/cache" -o "Dir::Etc::sourcelist=$USER_DIR/apt/list" -o "Dir::Etc::sourceparts=$USER_DIR/apt/none" \
        -o Acquire::Languages=none -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any update
    run --separate-stderr bounded env VM_KERNEL=trixie VM_MIRROR="file:$USER_DIR/repo" ../vm-image "$USER_DIR/cache"
    no_image '(not signed|signature)'
    # A release that the archive does not have, and an archive that is not there.
    run --separate-stderr bounded env VM_KERNEL=nonesuch VM_MIRROR="file:$USER_DIR/repo" ../vm-image "$USER_DIR/cache"
    no_image nonesuch
}

@test "vm: arm64 on arm64 is the plain machine; on x86-64 it is another, with a root of its own" {
    require_vm
    printf '#!/bin/sh\n[ "$*" = -m ] || exec /bin/uname "$@"\necho aarch64\n' >"$USER_DIR/bin/uname"
    chmod 755 "$USER_DIR/bin/uname"
    PATH=$USER_DIR/bin:$PATH VM_ARCH=arm64 run bounded ../vm --groups
    expect_output vm
    PATH=$USER_DIR/bin:$PATH VM_ARCH=arm64 run -1 bounded ../vm --foreign
    PATH=$USER_DIR/bin:$PATH VM_ARCH=x86_64 run -2 bounded ../vm --foreign
    sed -i s/aarch64/x86_64/ "$USER_DIR/bin/uname"
    PATH=$USER_DIR/bin:$PATH VM_ARCH=arm64 run bounded ../vm --groups
    expect_output "vm vm-arm64"
    PATH=$USER_DIR/bin:$PATH VM_ARCH=aarch64 run -0 bounded ../vm --foreign
    PATH=$USER_DIR/bin:$PATH VM_ARCH=x86_64 run -1 bounded ../vm --foreign
}

# foreign_root: vm-root for the processor that is not this one, with mmdebstrap as SCRIPT
foreign_root() {
    printf '#!/bin/bash\nfor root; do [[ $root != */root ]] || break; done\n%s\n' "$1" >"$USER_DIR/bin/mmdebstrap"
    printf '#!/bin/sh\n[ "$*" = -m ] || exec /bin/uname "$@"\necho x86_64\n' >"$USER_DIR/bin/uname"
    chmod 755 "$USER_DIR/bin/"*
}

@test "the root of another processor: a failure is one line, TERM ends it at once, and nothing half made is left" {
    require root file:/usr/share/keyrings/debian-archive-keyring.gpg
    local status=0
    foreign_root 'mkdir -p "$root/usr/bin"; echo "E: no network" >&2; echo "I: more words" >&2; exit 1'
    run --separate-stderr bounded env PATH="$USER_DIR/bin:$PATH" VM_ARCH=arm64 ../vm-root "$USER_DIR/cache"
    expect_status 1
    expect_match "last line" 'cannot make the root filesystem in [^'$'\n'']*: E: no network$' "$stderr"
    expect "left behind" "" "$(ls -A "$USER_DIR/cache")"
    foreign_root 'mkdir -p "$root/usr/bin"; echo half >'"$USER_DIR"'/half; exec sleep 987652'
    spawn env --default-signal PATH="$USER_DIR/bin:$PATH" VM_ARCH=arm64 ../vm-root "$USER_DIR/cache"
    wait_for test -e "$USER_DIR/half"
    kill -TERM "$SPAWNED"
    reap "$SPAWNED"
    expect_status 143
    expect "left behind" "" "$(ls -A "$USER_DIR/cache")$(pgrep -fx 'sleep 987652' || true)"
    # The control: one that is made is kept, and not made again.
    foreign_root 'mkdir -p "$root"/{etc,usr/bin,usr/share/base-passwd}; touch "$root"/usr/share/base-passwd/{passwd,group}.master; echo >>'"$USER_DIR"'/made'
    for _ in 1 2; do run -0 bounded env PATH="$USER_DIR/bin:$PATH" VM_ARCH=arm64 ../vm-root "$USER_DIR/cache"; done
    expect "times made" 1 "$(wc -l <"$USER_DIR/made")"
    expect "in the cache" root-aarch64 "$(ls -A "$USER_DIR/cache")"
    # As an ordinary user, one line.
    run --separate-stderr as_user env PATH="$USER_DIR/bin:$PATH" VM_ARCH=arm64 ../vm-root "$USER_DIR/tmp"
    expect_status 1
    expect_match "one line" '^vm-root: only root [^'$'\n'']*$' "$stderr"
}

# with_kernels CMD...: where the installed kernels are those in $USER_DIR/boot and
# $USER_DIR/lib/modules, and no others
with_kernels() {
    unshare --mount bash -c 'mount --bind "$1/boot" /boot && mount -t overlay -o "lowerdir=$1/lib:/usr/lib" over /usr/lib &&
        shift && exec "$@"' bash "$USER_DIR" "$@"
}

# install_kernel VERSION: there
install_kernel() {
    mkdir -p "$USER_DIR/boot" "$USER_DIR/lib/modules/$1/kernel"
    cp "$USER_DIR/files/vmlinuz" "$USER_DIR/boot/vmlinuz-$1"
    cp "$USER_DIR"/files/modules.{builtin,order} "$USER_DIR/lib/modules/$1"
    depmod -b "$USER_DIR" "$1"
}

@test "an installed kernel is taken as it is; another file, or a newer one, makes the image anew" {
    require root overlay tool:gcc tool:busybox tool:cpio tool:depmod
    pvh "$USER_DIR/elf"
    kernel_files
    install_kernel 9.9.9
    run -0 --separate-stderr with_kernels ../vm-image "$USER_DIR/cache"
    expect "version" 9.9.9 "$(cat "$USER_DIR/cache/image/version")"
    expect "modules" /lib/modules/9.9.9 "$(readlink "$USER_DIR/cache/image/modules")"
    # The control: nothing has changed.
    run -0 --separate-stderr with_kernels ../vm-image "$USER_DIR/cache"
    expect "said" "" "$stderr"
    # Rebuilt under the same name.
    echo more >>"$USER_DIR/boot/vmlinuz-9.9.9"
    run -0 --separate-stderr with_kernels ../vm-image "$USER_DIR/cache"
    expect_match "said" 'making the lab machine' "$stderr"
    install_kernel 9.9.10
    run -0 --separate-stderr with_kernels ../vm-image "$USER_DIR/cache"
    expect "version" 9.9.10 "$(cat "$USER_DIR/cache/image/version")"
    run -0 --separate-stderr with_kernels ../vm-image "$USER_DIR/cache"
    expect "said" "" "$stderr"
}

# small_course: a git checkout with one lab, whose program is its compiler's name; and
# $USER_DIR/root, what it is built against
small_course() {
    COURSE=$USER_DIR/course
    mkdir -p "$COURSE"/{harness,labs/01-one,capstone} "$USER_DIR/root"
    cp ../vm-tree ../vm-choice.bash ../procs.bash "$COURSE/harness"
    cp -r ../../support "$COURSE"
    printf '.PHONY: all labs/01-one capstone support\nlabs/01-one capstone support:\n\t@$(MAKE) -s -C $@\n' >"$COURSE/Makefile"
    printf 'all: prog\nprog: prog.c\n\techo "$(CC) $$(cat prog.c)" >$@\n' >"$COURSE/labs/01-one/Makefile"
    printf 'all:\n' | tee "$COURSE/capstone/Makefile" >"$COURSE/support/Makefile"
    printf '#!/bin/sh\nmkdir -p "$1"; echo "$BUSYBOX" >"$1/busybox"\n' >"$COURSE/capstone/rootfs.sh"
    chmod 755 "$COURSE/capstone/rootfs.sh"
    echo one >"$COURSE/labs/01-one/prog.c"
    echo native >"$COURSE/labs/01-one/prog"
    printf 'prog\n/build/\n' >"$COURSE/.gitignore"
    echo a root >"$USER_DIR/root/.made-by"
    printf '#!/bin/sh\n[ "$*" = -m ] || exec /bin/uname "$@"\necho x86_64\n' >"$USER_DIR/bin/uname"
    chmod 755 "$USER_DIR/bin/uname"
    git -c init.defaultBranch=main init -q "$COURSE"
    git -C "$COURSE" add .
}

vm_tree() { run --separate-stderr bounded env PATH="$USER_DIR/bin:$PATH" VM_ARCH=arm64 "$COURSE/harness/vm-tree" "$USER_DIR/root"; }

@test "the course for another processor: a copy as it is now, built for it, and the one here stays as it is" {
    require tool:git tool:make
    local copy
    small_course
    copy=$COURSE/build/aarch64/tree
    vm_tree
    expect_status 0
    expect "the program there" "aarch64-linux-gnu-gcc --sysroot=$USER_DIR/root one" "$(cat "$copy/labs/01-one/prog")"
    expect "the program here" native "$(cat "$COURSE/labs/01-one/prog")"
    expect "busybox" "$USER_DIR/root/usr/bin/busybox" "$(cat "$copy/build/rootfs/busybox")"
    # Edited, new and removed files.
    echo two >"$COURSE/labs/01-one/prog.c"
    touch -d '+2 seconds' "$COURSE/labs/01-one/prog.c"
    touch "$COURSE/new"
    rm "$COURSE/.gitignore"
    printf '/build/\nprog\n' >"$COURSE/.git/info/exclude"
    vm_tree
    expect_status 0
    expect_match "the program there" ' two$' "$(cat "$copy/labs/01-one/prog")"
    [ -e "$copy/new" ] && [ ! -e "$copy/.gitignore" ]
    # Against another root, all is built again.
    echo old >"$copy/labs/01-one/leftover"
    echo another root >"$USER_DIR/root/.made-by"
    vm_tree
    expect_status 0
    [ ! -e "$copy/labs/01-one/leftover" ]
    # What does not build is said in the compiler's words; a folder that is no checkout, in one line.
    printf 'all:\n\t@echo "one.c:1: broken" >&2; false\n' >"$COURSE/labs/01-one/Makefile"
    vm_tree
    expect_status 1
    expect_match "errors" 'one.c:1: broken.*does not build for aarch64' "$stderr"
    rm -rf "$COURSE/.git"
    vm_tree
    expect_status 1
    expect_match "errors" '^vm-tree: [^'$'\n'']* git checkout[^'$'\n'']*$' "$stderr"
}
