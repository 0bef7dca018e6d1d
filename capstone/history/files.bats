#!/usr/bin/env bats
# Files: the kernel's in /proc and /sys, masks and mounts, cgroups, the image.
load common

# What a host is taken over with, if it can be written ...
SWITCHES=(/proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/kernel/hotplug
    /proc/sysrq-trigger /proc/sys/fs/binfmt_misc/register /proc/sys/kernel/panic
    /proc/sys/vm/overcommit_memory /proc/irq/default_smp_affinity /proc/acpi/wakeup
    /sys/kernel/uevent_helper /sys/power/state /sys/kernel/mm/ksm/run
    /sys/kernel/mm/transparent_hugepage/enabled /sys/kernel/rcu_expedited)
# ... and what tells too much of it, if it can be read
WINDOWS=(/proc/kcore /proc/interrupts /proc/keys /proc/kmsg /proc/slabinfo
    /sys/firmware/memmap/0/start /sys/firmware/dmi/tables/DMI /sys/kernel/slab/dentry/objects)

setup() {
    history_setup
    switches=("${SWITCHES[@]/#/write=}")
    windows=("${WINDOWS[@]/#/read=}")
}

@test "core_pattern, modprobe, sysrq-trigger, uevent_helper and their like cannot be written" {
    hint "mounts_mask; and container root is not the owner: see user_namespaces(7)"
    stopped naive run "$ROOTFS" -- payload-files "${switches[@]}"
    # a second line of defence holds where the first is switched off ...
    stopped naive run "$ROOTFS" -- payload-files "${switches[@]}" -- --security-opt unmask=ALL
    # ... all of it ...
    stopped naive run "$ROOTFS" -- payload-files "${switches[@]}" -- --privileged
    # ... and the first where there is no second
    stopped naive run "$ROOTFS" -- payload-files "${switches[@]}" -- --userns host
}

@test "kernel memory, keys and tables cannot be read" {
    hint "the masks: /dev/null and an empty tmpfs in mounts_mask; see proc(5)"
    stopped naive run "$ROOTFS" -- payload-files "${windows[@]}"
}

@test "no mask comes off, and nothing read-only becomes writable" {
    hint "CAP_SYS_ADMIN and the mount calls in the filter; see mount(2), umount2(2)"
    stopped skiff --cap-add SYS_ADMIN "$ROOTFS" -- payload-files umount=/proc/interrupts \
        remount=/proc/sys umount=/proc/sys umount=/sys tmpfs=/proc proc=/tmp
    stopped skiff --cap-add SYS_ADMIN --read-only "$ROOTFS" -- payload-files remount=/ -- --read-only
    # the filter alone, and the missing capability alone, are enough
    stopped skiff --cap-add SYS_ADMIN "$ROOTFS" -- payload-files umount=/proc/interrupts \
        remount=/proc/sys umount=/proc/sys umount=/sys tmpfs=/proc proc=/tmp -- --security-opt seccomp=unconfined
    # and so is the missing capability where a program run by root gets all that the bounding set has
    stopped skiff --cap-add SYS_ADMIN "$ROOTFS" -- payload-files umount=/proc/interrupts \
        remount=/proc/sys umount=/proc/sys umount=/sys tmpfs=/proc proc=/tmp -- --security-opt seccomp=unconfined \
        --security-opt no-new-privileges=false
}

@test "who does take the masks off is still not the owner of what is below" {
    hint "user_namespaces(7): the files of /proc/sys belong to the first one's root"
    run skiff --cap-add SYS_ADMIN "$ROOTFS" payload-files umount=/proc/interrupts umount=/proc/sys remount=/proc/sys \
        remount=/sys "${switches[@]}"
    expect_match "control: the masks are off" "umount=/proc/sys in" "$output"
    refused "$output" "${switches[@]}"
}

@test "out of a chroot is into the container's root, no further" {
    hint "pivot_root(2), after which there is nothing above; chroot(2) tells how to get out of a chroot"
    stopped naive run "$ROOTFS" -- payload-files "chroot=$CANARY" "chroot=$ELSEWHERE"
    stopped naive run "$ROOTFS" -- payload-files "chroot=$CANARY" "chroot=$ELSEWHERE" -- --privileged
}

@test "no limit of its own can be lifted through a cgroup hierarchy it mounts, nor a release_agent set" {
    hint "cgroup_namespaces(7), cgroups(7): the files belong to the host's root (CVE-2022-0492)"
    require cgroup1:memory
    files=(cgroup=memory:memory.limit_in_bytes cgroup=memory:release_agent cgroup=memory:notify_on_release)
    stopped naive run "$ROOTFS" -- payload-files "${files[@]}"
    stopped naive run "$ROOTFS" -- payload-files "${files[@]}" -- --privileged
    refused "$(skiff "$ROOTFS" payload-files release_agent=memory)" release_agent=memory
    refused "$(skiff --privileged "$ROOTFS" payload-files release_agent=memory)" release_agent=memory
}

@test "the same on the unified hierarchy" {
    hint "cgroup_namespaces(7), cgroups(7)"
    require cgroup2
    stopped naive run "$ROOTFS" -- payload-files cgroup=v2:cgroup.subtree_control
    stopped naive run "$ROOTFS" -- payload-files cgroup=v2:cgroup.subtree_control -- --privileged
    run skiff --privileged "$ROOTFS" payload-files cgroup=v2:memory.max cgroup=v2:cgroup.freeze cgroup=v2:cgroup.kill
    refused "$output" cgroup=v2:memory.max cgroup=v2:cgroup.freeze cgroup=v2:cgroup.kill
}

@test "no cgroup of the host's is in sight, and the container does not get out of its own" {
    hint "CLONE_NEWCGROUP in cgroup_namespaces(7); no cgroup mount without --delegate"
    run skiff "$ROOTFS" sh -c 'grep -c cgroup /proc/self/mountinfo; ls /sys/fs/cgroup; cut -d: -f3 /proc/self/cgroup | sort -u'
    expect_output $'0\n/'
    run skiff --cap-add SYS_ADMIN "$ROOTFS" sh -c 'exec 2>/dev/null; mkdir /tmp/c; mount -t cgroup -o memory c /tmp/c ||
        mount -t cgroup2 c /tmp/c || exit 0
        for f in cgroup.procs tasks; do (echo 1 >/tmp/c/$f) 2>/dev/null && echo "moved by $f"; done
        mkdir /tmp/c/mine 2>/dev/null && echo "made a group"; :'
    expect_output ""
}

# ruin: whatever one can do to an image, as a script.  No error matters.
ruin='exec 2>/dev/null
    echo x >>/etc/passwd; : >/etc/group; rm -rf /var /usr; mkdir -p /usr/new; mv /bin /bin.old; /bin.old/mv /bin.old /bin
    chmod -R 777 /etc; chown -R 5:5 /etc /home; touch -d 2000-01-01 /etc/passwd /home; ln /etc/passwd /etc/linked
    ln -s /etc /home/link; mknod /home/fifo p; echo y >/etc/resolv.conf; truncate -s 100 /bin/payload-lure
    cp /bin/busybox /tmp/b; cp /tmp/b /bin/payload-host; dd if=/dev/zero of=/bin/busybox bs=1 count=9 conv=notrunc
    exec 5</etc/passwd; echo z >/proc/self/fd/5; rmdir /root; rm -rf /home; chmod 0 /; :'

@test "the image is as before, whatever the container writes" {
    hint "an overlay with an upper of its own: mount(8)"
    image
    state=$(tree "$IMAGE")
    for options in "" --privileged "--userns host" "--userns host --cap-add ALL" --read-only; do
        # shellcheck disable=SC2086  # words
        skiff $options "$IMAGE" sh -c "$ruin" >/dev/null || true
        expect "the image after: skiff run $options" "$state" "$(tree "$IMAGE")"
    done
    naive run "$IMAGE" sh -c "$ruin" >/dev/null || true
    [ "$state" != "$(tree "$IMAGE")" ] || expect "control: the naive runner's" "a ruin" "the image as before"
}

@test "the host's device nodes are not the container's to change" {
    hint "chmod(2) of a bind mount changes the file itself; MOUNT_ATTR_RDONLY, or an owner that is not mapped"
    # same mode as before: nothing changes for the host, whoever succeeds
    mode=$(stat -c %a /dev/null)
    chmod "$mode" /dev/null
    for options in "" --privileged "--userns host"; do
        # shellcheck disable=SC2086  # words
        run skiff $options "$ROOTFS" chmod "$mode" /dev/null
        [ "$status" -ne 0 ] || expect "chmod /dev/null with '$options'" refused "it succeeded"
    done
}

@test "nothing leads from one volume to another, or to the image" {
    hint "link(2) and rename(2): EXDEV between mounts"
    mkdir "$WORLD"/{one,two}
    chmod 777 "$WORLD"/{one,two}
    volumes=(-v "$WORLD/one:/one" -v "$WORLD/two:/two")
    run skiff "${volumes[@]}" "$ROOTFS" sh -c 'echo x >/one/file; payload-files link=/one/file:/one/other \
        link=/one/file:/two/file rename=/one/file:/two/file link=/etc/passwd:/one/passwd rename=/etc/passwd:/one/passwd \
        link=/one/file:/etc/file; ls /two'
    expect_match "control: within one volume" "link=/one/file:/one/other in" "$output"
    refused "$output" link=/one/file:/two/file rename=/one/file:/two/file link=/etc/passwd:/one/passwd \
        rename=/etc/passwd:/one/passwd link=/one/file:/etc/file
}

@test "a volume is the folder that was named, and nothing above it" {
    hint "openat2(2); '..' of the root of a bind mount is its mount point's parent"
    mkdir "$WORLD/volume"
    run skiff --privileged -v "$WORLD/volume:/v" "$ROOTFS" sh -c 'ls /v/../canary; cd /v/..; pwd; ls canary
        mkdir /v/inner; mount -o bind /v/inner /mnt; cd /mnt/../..; ls canary; mount -o bind /v/.. /tmp; ls /tmp/canary'
    expect "what it saw" "" "$(grep -v 'No such file\|^/$\|mount:' <<<"$output" || true)"
    # read-only means so, also for who may remount in a namespace of their own
    run skiff --privileged -v "$WORLD/volume:/v:ro" "$ROOTFS" sh -c 'touch /v/x && echo written'
    expect "on a read-only volume" "" "$(grep written <<<"$output" || true)"
}

@test "a device or a set-UID program in a volume is worth no more than one in the image" {
    hint "MOUNT_ATTR_NODEV, MOUNT_ATTR_NOSUID in mount_setattr(2)"
    mkdir "$WORLD/volume"
    chmod 777 "$WORLD/volume"
    mknod -m 666 "$WORLD/volume/zero" c 1 5
    expect "control: on the host" 4 "$(head -c 4 "$WORLD/volume/zero" | wc -c)"
    cp "$HERE/payload-calls" "$WORLD/volume/suid"
    chmod 4755 "$WORLD/volume/suid"
    for options in "" --privileged; do
        # shellcheck disable=SC2086  # none, or one word
        run skiff $options -v "$WORLD/volume:/v" "$ROOTFS" payload-files read=/v/zero
        refused "$output" read=/v/zero
    done
    run skiff -v "$WORLD/volume:/v" "$ROOTFS" payload-calls regain=/v/suid
    refused "$output" regain=/v/suid
    # What container root leaves there is root's on the host, too, as the caller
    # asked for (README, "What it does not protect from"): a volume belongs where
    # only root can enter.  In the container it is worth nothing either.
    run skiff -v "$WORLD/volume:/v" "$ROOTFS" sh -c 'cp /bin/payload-calls /v/left && chmod 6755 /v/left && payload-calls regain=/v/left'
    refused "$output" regain=/v/left
}

@test "--network host: /sys comes along, and nothing of it can be changed" {
    hint "a bind mount of /sys, read-only all the way down: mount_setattr(2), AT_RECURSIVE"
    stopped naive run "$ROOTFS" -- payload-files "${switches[@]}" -- --network host
    stopped naive run "$ROOTFS" -- payload-files "${switches[@]}" -- --network host --privileged
    run skiff --network host "$ROOTFS" sh -c 'find /sys -name cgroup.procs 2>/dev/null | head -n 3'
    expect "cgroups of the host's in sight" "" "$output"
}

@test "--delegate: its own groups, never its own limit" {
    hint "cgroups(7), delegation: the folder is the container's, the limits in it are the parent's"
    require cgroup:memory cgroup:pids
    # whatever it finds, it writes; the bomb after that is as big as before
    LAB_TIMEOUT=90 run skiff --delegate -m 48m --pids-limit 40 --timeout 60 "$ROOTFS" sh -c 'cd /sys/fs/cgroup || exit 1
        for dir in . memory pids unified; do for file in memory.max memory.limit_in_bytes memory.memsw.limit_in_bytes memory.swap.max \
            pids.max cpu.max cpu.cfs_quota_us cgroup.max.descendants memory.oom_control; do
            [ -e $dir/$file ] || continue
            for value in max -1 1073741824; do (echo $value >$dir/$file) 2>/dev/null && echo "wrote $value to $dir/$file"; done
        done; done
        for file in $(find . -name release_agent -o -name cgroup.procs | grep "[.][.]/"); do (echo $$ >$file) 2>/dev/null && echo "wrote $file"; done
        [ ! -d memory ] || { mkdir -p memory/sub && echo $$ >memory/sub/cgroup.procs && echo -1 >memory/sub/memory.limit_in_bytes; } 2>/dev/null
        [ ! -e cgroup.procs ] || { mkdir -p sub && echo $$ >sub/cgroup.procs && echo max >sub/memory.max; } 2>/dev/null
        tail /dev/zero; echo "status $?"'
    expect "limits it wrote" "" "$(grep '^wrote' <<<"$output" || true)"
    [ "$status" -eq 137 ] || expect_match "the bomb" "status 137" "$output"
}
