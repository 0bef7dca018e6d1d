#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2154,SC1003,SC2001  # bats' own variables; backslashes as such
# A hostile image: links out of it, files that are no files, names that are
# options.  Either skiff refuses, with 125 and one line, or the container runs
# with its own proc, sysfs, tmpfs and devpts in the right places.  Outside,
# where everybody may write, nothing changes in either case.
load common

setup() {
    history_setup
    # All that a runner makes, removes or writes in an image, there to be hit.
    OUTSIDE=$WORLD/outside
    mkdir -p "$OUTSIDE"/{pts,shm,mqueue,self,sys/kernel,net,etc,dir}
    for name in null zero tty console ptmx fd stdin hostname hosts resolv.conf sys/kernel/hostname file; do
        echo precious >"$OUTSIDE/$name"
    done
    chmod -R a+rwX "$WORLD" "$OUTSIDE"
    STATE=$(tree "$OUTSIDE")
    IMAGE=$WORLD/image
    cp -al "$ROOTFS" "$IMAGE"
}

# place KIND PATH: what the hostile image has at PATH
place() {
    local up=../../../../../../../../../../../..
    mkdir -p "$(dirname "$IMAGE/$2")"
    rm -rf "${IMAGE:?}/$2"
    case $1 in
        absolute) ln -s "$OUTSIDE" "$IMAGE/$2" ;;
        relative) ln -s "$up$OUTSIDE" "$IMAGE/$2" ;;
        file-outside) ln -s "$OUTSIDE/file" "$IMAGE/$2" ;;
        dangling) ln -s "$OUTSIDE/new" "$IMAGE/$2" ;;
        magic) ln -s "/proc/self/cwd$OUTSIDE" "$IMAGE/$2" ;;
        magic-root) ln -s "/proc/1/root$OUTSIDE" "$IMAGE/$2" ;;
        loop) ln -s "/$2" "$IMAGE/$2" ;;
        file) echo plain >"$IMAGE/$2" ;;
        fifo) mkfifo "$IMAGE/$2" ;;
        device) mknod "$IMAGE/$2" c 1 3 ;;
        socket) (cd "$(dirname "$IMAGE/$2")" && "$HERE/payload-lure" socket-file "$(basename "$2")") ;;
        directory) mkdir "$IMAGE/$2" ;;
    esac
}

ALL_KINDS=(absolute relative file-outside dangling magic magic-root loop file fifo device socket)

# judge WHAT [OPTION...]: skiff over $IMAGE, by the rule at the top
judge() {
    local what=$1
    shift
    run --separate-stderr skiff "$@" "$IMAGE" sh -c \
        "payload-lure types; cat /proc/self/mountinfo; (echo written >&0) 2>/dev/null; :"
    case $status in
        125) one_line || { echo "($what)"; return 1; } ;;
        0)  expect "$what: file systems of / /proc /sys /dev /dev/pts /dev/shm" \
                "794c7630 9fa0 62656572 1021994 1cd1 1021994" \
                "$(awk 'NF == 2 { print $2 }' <<<"$output" | xargs)"
            expect "$what: mounts of the container outside" "" "$(grep -F "$OUTSIDE" <<<"$output" || true)" ;;
        *)  echo "expected: $what: 125, or a container that runs"
            echo "observed: status $status, $output, $stderr"
            return 1 ;;
    esac
    untouched "$what"
}

# untouched WHAT: nothing outside has changed
untouched() {
    [ "$STATE" = "$(tree "$OUTSIDE")" ] || { echo "($1)"; diff <(echo "$STATE") <(tree "$OUTSIDE"); return 1; }
    expect "$1: mounts of ours outside" "" "$(grep -F "$OUTSIDE" /proc/self/mountinfo || true)"
}

# control KIND PATH [ARG...]: the naive runner does harm outside
control() {
    rm -rf "$IMAGE"
    cp -a "$ROOTFS" "$IMAGE"
    place "$1" "$2"
    naive run "${@:3}" "$IMAGE" sh -c "echo written >&0" >/dev/null || true
    [ "$STATE" != "$(tree "$OUTSIDE")" ] || expect "control: /$2 -> $1" "harm done outside" "none"
}

# tour PATH...: every kind at every path
tour() {
    local kind path
    for path; do
        for kind in "${ALL_KINDS[@]}"; do
            place "$kind" "$path"
            judge "/$path: $kind"
        done
        place directory "$path"
    done
}

@test "/proc and /sys of the image are anything but directories" {
    hint "openat2(2) from the root downwards, RESOLVE_IN_ROOT or no link at all (CVE-2019-19921)"
    tour proc sys
}

@test "/dev of the image is anything but a directory (CVE-2026-41579)" {
    hint "openat2(2); what is made in /dev is made below a descriptor of the tmpfs on it"
    tour dev
    control absolute dev
}

@test "below /dev, /proc and /sys the image has links out as well" {
    hint "what is mounted on top hides them, if it is mounted first (CVE-2025-52565, CVE-2026-88264, CVE-2026-88265)"
    for kind in file-outside dangling fifo; do
        for path in dev/null dev/console dev/ptmx dev/tty dev/fd dev/stdin dev/mqueue dev/pts dev/shm \
            proc/self proc/sys proc/kcore proc/timer_list sys/firmware sys/fs; do
            place "$kind" "$path"
        done
        judge "$kind below /dev, /proc and /sys"
        [ "$status" -eq 0 ]
    done
    control file-outside dev/null
}

@test "/tmp, /run, /etc and files in it lead out, or are no files" {
    hint "whatever skiff writes in the image, it writes below a descriptor: openat2(2)"
    paths=(tmp run var/run etc/hostname etc/hosts etc/resolv.conf etc/mtab root home/x)
    for kind in "${ALL_KINDS[@]}"; do
        for path in "${paths[@]}"; do place "$kind" "$path"; done
        judge "$kind at ${paths[*]}"
        [ "$status" -ne 125 ] || for path in "${paths[@]}"; do
            for other in "${paths[@]}"; do place directory "$other"; done
            place "$kind" "$path"
            judge "/$path: $kind"
        done
    done
    place absolute etc
    judge "/etc: absolute"
    place directory etc
    control file-outside etc/hostname
}

@test "the image's /etc/passwd is a FIFO, a device, endless, or outside (CVE-2024-9676)" {
    hint "open(2) with O_NONBLOCK and fstat(2), or do not read it at all"
    echo 'root:x:0:0::/:/bin/sh' >"$OUTSIDE/passwd"
    STATE=$(tree "$OUTSIDE")
    for target in fifo device "$OUTSIDE/passwd" /dev/zero; do
        for file in passwd group; do
            case $target in /*) ln -sfn "$target" "$IMAGE/etc/$file" ;; *) place "$target" "etc/$file" ;; esac
        done
        LAB_TIMEOUT=60 judge "/etc/passwd -> $target" -u 1000
        # by name: 125 if it is not to be found in the image
        run --separate-stderr timeout 60 "$EXERCISE" run -u nobody "$IMAGE" true
        expect_error 125 skiff
    done
}

@test "names that look like options of overlay, or of nothing: colons, commas, backslashes, blanks, newlines" {
    hint "fsconfig(2) takes one value at a time; in mount(2) a colon or comma in a lower directory starts the next"
    ln -s "$OUTSIDE" "$WORLD/b"
    mkdir "$WORLD/up" "$WORLD/wk"
    long=$(printf 'x%.0s' {1..255})
    names=("a:b" "a,b" "a,upperdir=$WORLD/up,workdir=$WORLD/wk" 'a\:b' 'a\' "a:$OUTSIDE" "a b" $'a\nb'
        -rf --privileged '$(touch x)' "a'b\"c" $'\xff\xfe' "$long" "a::b" "+" "%s%n" $'tab\there')
    cd "$WORLD" || return
    for name in "${names[@]}"; do
        [[ $name != *"$OUTSIDE" ]] || mkdir -p "$(dirname "./$name")"
        [[ $name != */* ]] || mkdir -p "$(dirname "./$name")"
        mv "$IMAGE" "./$name"
        run --separate-stderr skiff -- "$name" sh -c 'echo x >/new; payload-lure types | head -n 2'
        expect "rootfs '$name': status, $stderr" 0 "$status"
        expect "rootfs '$name'" "/ 794c7630 /proc 9fa0" "$(xargs <<<"$output")"
        [ ! -e "./$name/new" ] || expect "written to rootfs '$name'" nothing new
        mv "./$name" "$IMAGE"
    done
    expect "the folder named as upperdir" "" "$(find up wk -mindepth 1)"
    untouched names
    # with mount(2) and a string of options, one folder becomes another's option
    mkdir "a,upperdir=x"
    run -32 unshare --mount mount -t overlay -o "lowerdir=a,upperdir=x,userxattr" none /mnt
    # one line also where the name has two
    run --separate-stderr skiff $'no such\nfolder' true
    one_line
    run -127 --separate-stderr skiff "$IMAGE" $'no such\ncommand'
    [ "$status" -eq 127 ] && expect "lines on stderr" 1 "$(wc -l <<<"$stderr")"
}

@test "a rootfs that is a link, deep, relative, or named with dots" {
    hint "open_tree(2) of ROOTFS once; the rest is relative to its descriptor"
    ln -s image "$WORLD/link"
    deep=$WORLD/$(printf 'd%.0s' {1..100} | sed 's|d|deep-folder-of-the-tree/|g')
    mkdir -p "$deep"
    mv "$IMAGE" "$deep/image"
    cd "$deep" || return
    for name in "$deep/image" image ./image/ image/../image image/bin/..; do
        run --separate-stderr skiff "$name" payload-lure types
        expect "rootfs ${name: -40}: $stderr" 0 "$status"
    done
    mv image "$IMAGE"
    IMAGE=$WORLD/link judge "a link"
    expect status 0 "$status"
    # a folder of the host's through a link is what was asked for; its links are not
    place absolute proc
    IMAGE=$WORLD/link judge "a link to an image with a link"
}

@test "a rootfs on a read-only, nosuid, nodev, noexec mount" {
    hint "the lower layer is only read; mount_setattr(2)"
    for flags in ro nosuid,nodev ro,nosuid,nodev,noexec; do
        # shellcheck disable=SC2016
        run --separate-stderr bounded unshare --mount --propagation private bash -c '
            mount -t tmpfs none /mnt && cp -a "$2" /mnt/image && cp /mnt/image/bin/payload-calls /mnt/image/bin/suid &&
            chmod 4755 /mnt/image/bin/suid && mount -o "remount,$3" /mnt &&
            exec "$1" run /mnt/image sh -c "echo x >/new && payload-lure types | head -n 1; payload-calls regain=/bin/suid"' \
            _ "$EXERCISE" "$ROOTFS" "$flags"
        if [ "$status" -eq 0 ]; then
            expect_match "$flags" "794c7630" "$output"
            refused "$output" regain=/bin/suid
        else
            expect "$flags: $stderr" "125 or 126" "$(sed 's/^12[56]$/125 or 126/' <<<"$status")"
            [ "$flags" = ro,nosuid,nodev,noexec ]
        fi
    done
}

@test "COMMAND is a link out, a FIFO, a directory, a device, a script of the host's interpreter" {
    hint "execve(2) after pivot_root(2): the host's programs are not there; 126 and 127"
    cp "$HERE/payload-host" "$OUTSIDE/dir/program"
    printf '#!/bin/sh\necho from outside\n' >"$OUTSIDE/dir/script"
    chmod 755 "$OUTSIDE/dir/"*
    STATE=$(tree "$OUTSIDE")
    mkdir "$IMAGE/a"
    ln -s "$OUTSIDE/dir/program" "$IMAGE/a/link"
    ln -s "../../../../../../../..$OUTSIDE/dir/script" "$IMAGE/a/relative"
    ln -s "/proc/self/cwd$OUTSIDE/dir/script" "$IMAGE/a/magic"
    printf '#!%s\n' "$OUTSIDE/dir/program" >"$IMAGE/a/interpreted"
    printf '#!/proc/1/root%s\n' "$OUTSIDE/dir/program" >"$IMAGE/a/interpreted2"
    printf '#!/a/itself\n' >"$IMAGE/a/itself"
    mkfifo "$IMAGE/a/fifo"
    mknod "$IMAGE/a/device" c 1 3
    chmod 755 "$IMAGE"/a/{interpreted,interpreted2,itself,fifo,device}
    for command in /a/{link,relative,magic,interpreted,interpreted2,itself,fifo,device} /etc "" . ..; do
        status=0
        output=$(skiff "$IMAGE" "$command" 2>"$WORLD/said") || status=$?
        expect "COMMAND '$command': status $status" "126 or 127" "$(sed 's/^12[67]$/126 or 127/' <<<"$status")"
        expect "COMMAND '$command': output" "" "$output"
        expect "COMMAND '$command': lines on stderr" 1 "$(wc -l <"$WORLD/said")"
    done
    untouched COMMAND
}

# swapped A B: two names of the image exchanged all the time, while 25 times a
# container starts
swapped() {
    spawn "$HERE/payload-lure" swap "$IMAGE/$1" "$IMAGE/$2"
    SWAPPER=$SPAWNED
    wait_for grep -q ready "$SPAWNED_OUT"
}

@test "/proc, /dev and a volume's target become links while skiff starts (CVE-2021-30465)" {
    hint "open once, without following links, and mount on that descriptor: openat2(2), move_mount(2)"
    for path in proc dev etc; do
        place directory "$path"
        ln -s "$OUTSIDE" "$IMAGE/trap"
        swapped "$path" trap
        for _ in 1 2 3 4 5 6 7 8; do judge "/$path swapped"; done
        kill "$SWAPPER"
        reap "$SWAPPER"
        rm -rf "$IMAGE/trap"
        [ -L "$IMAGE/$path" ] || continue
        rm "$IMAGE/$path"
    done
    place directory dev
    ln -s "$OUTSIDE" "$IMAGE/trap"
    swapped dev trap
    tries=60
    while [ "$STATE" = "$(tree "$OUTSIDE")" ]; do
        naive run "$IMAGE" true >/dev/null || true
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || expect "control: the naive runner, 60 times" "harm done outside" none
    done
    kill "$SWAPPER"
    reap "$SWAPPER"
}

# ---- the options that put something at a path of the image ----

@test "a volume's target is a link out, at its end or on the way (CVE-2021-30465, CVE-2026-87766)" {
    hint "openat2(2) with RESOLVE_IN_ROOT, for what is made as well as for what is there"
    mkdir "$WORLD/volume"
    for kind in "${ALL_KINDS[@]}"; do
        place "$kind" v
        for target in /v /v/new /v/dir /v/dir/new/deep; do
            judge "volume on $target, /v: $kind" -v "$WORLD/volume:$target"
        done
    done
    place absolute v
    spawn true
    ln -s "$OUTSIDE" "$IMAGE/trap"
    place directory v
    swapped v trap
    for _ in 1 2 3 4 5 6 7 8; do judge "volume on a swapped /v" -v "$WORLD/volume:/v/new"; done
    kill "$SWAPPER"
    reap "$SWAPPER"
    control absolute v -v "$WORLD/volume:/v/new"
}

@test "a volume's target climbs out with dots, or covers what skiff itself has mounted" {
    hint "RESOLVE_IN_ROOT in openat2(2); what is in force stays in force"
    mkdir "$WORLD/volume"
    for target in "/../../../../../..$OUTSIDE/dir" /v/../../../../../../tmp/x /.. /; do
        run --separate-stderr skiff -v "$WORLD/volume:$target" "$IMAGE" true
        [ "$status" -eq 0 ] || one_line
        untouched "volume on $target"
    done
}

@test "a tmpfs whose place is a link out" {
    hint "openat2(2) with RESOLVE_IN_ROOT"
    for kind in "${ALL_KINDS[@]}"; do
        place "$kind" t
        for target in /t /t/new /t/dir; do judge "tmpfs on $target, /t: $kind" --tmpfs "$target"; done
    done
}

@test "a working directory that is a link out is not made there (CVE-2026-55686)" {
    hint "chdir(2) after pivot_root(2); mkdir before it, if at all, with openat2(2)"
    for kind in absolute relative dangling magic; do
        place "$kind" work
        for dir in /work /work/new /work/dir; do
            run --separate-stderr skiff -w "$dir" "$IMAGE" pwd
            [ "$status" -eq 0 ] || one_line
            untouched "-w $dir, /work: $kind"
        done
    done
    control absolute work -w /work/new
}

@test "-t: /dev/console and the terminal's place are links out (CVE-2025-52565, CVE-2026-88264)" {
    hint "the console is bound on a descriptor in the tmpfs on /dev; ioctl_tty(2), pty(7)"
    for kind in file-outside dangling absolute fifo; do
        for path in dev/console dev/pts dev/tty dev/ptmx; do place "$kind" "$path"; done
        run "$HERE/payload-lure" tty "$EXERCISE" run -t "$IMAGE" payload-lure types
        untouched "-t, $kind"
        expect_match "-t, $kind: /dev/pts" "/dev/pts 1cd1" "$output"
        place directory dev
    done
    place "$kind" dev
    run "$HERE/payload-lure" tty "$EXERCISE" run -t "$IMAGE" payload-lure types
    untouched "-t, /dev: $kind"
    rm -rf "$IMAGE"; cp -a "$ROOTFS" "$IMAGE"
    place dangling dev/console
    run "$HERE/payload-lure" tty unshare --mount "$HERE/naive" run -t "$IMAGE" true
    [ "$STATE" != "$(tree "$OUTSIDE")" ] || expect "control" "harm done outside" none
}

@test "--layer and --upper: no name is an option, no layer is followed out" {
    hint "fsconfig(2): one value at a time; lowerdir+ where the kernel has it, else escaped"
    mkdir "$WORLD"/{layer,upper}
    chmod 777 "$WORLD"/{layer,upper}
    ln -s "$OUTSIDE" "$WORLD/layer/proc"
    judge "a layer whose /proc leads out" --layer "$WORLD/layer"
    ln -sfn "$OUTSIDE" "$WORLD/layer/dev"
    judge "a layer whose /dev leads out" --layer "$WORLD/layer"
    for name in "a:$OUTSIDE" "a,upperdir=$OUTSIDE" 'a\'; do
        mkdir -p "$WORLD/$name"
        echo marked >"$WORLD/$name/mark"
        run --separate-stderr skiff --layer "$WORLD/$name" "$IMAGE" sh -c 'cat /mark; ls /file'
        [ "$status" -eq 125 ] && one_line
        expect "a layer named '$name' shows what is outside" "" "$(grep '^/file' <<<"$output" || true)"
        untouched "a layer named '$name'"
        run --separate-stderr skiff --upper "$WORLD/$name" "$IMAGE" sh -c 'echo x >/file'
        untouched "an upper named '$name'"
    done
    # an upper kept from a hostile container: what that one has left is hostile too
    skiff --upper "$WORLD/upper" "$IMAGE" sh -c "rm -rf /proc /dev /sys; ln -s $OUTSIDE /proc; ln -s $OUTSIDE /dev" || true
    ln -sfn "$OUTSIDE" "$WORLD/upper/sys" 2>/dev/null || true
    judge "an upper whose /proc, /dev or /sys leads out" --upper "$WORLD/upper"
}

@test "a container's name is no path, and its words are no commands to a terminal" {
    hint "an allow-list of characters for --name; what a container chose is not printed as it is"
    for name in ../../../../../../../../../..$OUTSIDE/new /etc/x . .. a/b -x "" $'a\nb' $'\e[2J' "$(printf 'x%.0s' {1..300})"; do
        run --separate-stderr skiff --name "$name" "$IMAGE" true
        one_line || { echo "(--name '$name')"; return 1; }
        for command in exec kill stats; do
            arguments=("$name")
            [ "$command" != exec ] || arguments+=(true)
            run --separate-stderr prog "$command" "${arguments[@]}"
            [ "$status" -ne 0 ] || expect "skiff $command '$name'" "refused" "status 0"
            [[ $stderr = usage:* ]] || expect "lines of skiff $command '$name'" 1 "$(wc -l <<<"$stderr")"
        done
        untouched "name '$name'"
    done
    # of two with one name, the second is refused and the first is well
    container --name "twice-$NAP"
    run --separate-stderr skiff --name "twice-$NAP" "$IMAGE" true
    one_line
    kill -0 "$CONTAINER"
    end_container
    # the name that a process gives itself comes back without its escape sequences, as one line
    spawn "$EXERCISE" run --name "loud-$NAP" "$IMAGE" sh -c \
        "printf 'x\\033[2J\\nloud-line' >/proc/1/comm; env sleep $NAP; :"
    wait_for napping
    run prog list
    expect_match "the list" "loud-$NAP" "$output"
    expect "escape characters in skiff list" 0 "$(grep -c $'\e' <<<"$output" || true)"
    expect "lines of its making" 0 "$(grep -c "^loud-line" <<<"$output" || true)"
}
