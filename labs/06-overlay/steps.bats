#!/usr/bin/env bats
# steps.bats - what each step of lab 06 claims, checked
#
# Without root the steps run as the root of a user namespace.  Every step gets a
# folder of its own; what it leaves there is looked at from outside.
# shellcheck disable=SC2154,SC2030,SC2031  # status and output are set by run

load ../../support/bats
# Control groups come and go with the tests of others; nothing here makes one.
export FOOTPRINT_CGROUPS=-

setup() {
    lab_setup
    AS_ROOT=() XATTR=""
    if [ "$EUID" -ne 0 ]; then
        require userns
        AS_ROOT=(unshare --map-root-user --mount) XATTR=,userxattr
    fi
    D=$BATS_TEST_TMPDIR
}

# The kernel leaves a folder of mode 000 in work, which only root deletes so.
teardown() {
    [ "$EUID" -eq 0 ] || chmod -R u+rwX "$BATS_TEST_TMPDIR"
    lab_teardown
}

# step ARG...: a step program, in a mount table of its own; skips where this
# kernel lacks the facility
step() {
    run bounded "${AS_ROOT[@]}" "$@"
    require_step "$status"
}

# in_overlay LOWERS UPPER SCRIPT: run it with the overlay at $D/look
in_overlay() {
    local guard=("${AS_ROOT[@]}") options="lowerdir=$1$XATTR"
    [ "$EUID" -ne 0 ] || guard=(unshare --mount --propagation private)
    if [ -n "$2" ]; then
        mkdir -p "$D/look.work"
        options+=",upperdir=$2,workdir=look.work"
    fi
    mkdir -p "$D/look"
    (cd "$D" && bounded "${guard[@]}" sh -c 'mount -t overlay -o "$1" o look && cd look && eval "$2"' _ "$options" "$3")
}

# mounts: of this namespace; other tests may be making cgroups and links
mounts() { footprint | grep '^mount '; }

# field NAME: what follows NAME in its line of the output, blanks folded
field() { awk -v name="$1" 'index($0, name) == 1 { $0 = substr($0, length(name) + 1); $1 = $1; print; exit }' <<<"$output"; }

# root_is WHEN: the directory that step3 and step5 printed for "/"
root_is() { sed -n "s/^$1 *\/ is //p" <<<"$output"; }

@test "every step: bad usage is 2, with a usage line" {
    local step
    for step in step*.c; do
        step=${step%.c}
        run -2 "./$step"
        expect_match "$step" "^usage: $step" "$output"
        run -2 "./$step" a b c d e
        [ "$step" != step1-rootfs ] || run -2 "./$step" a b
    done
    run -2 ./step24-cost "$D" 0
    run -2 ./step24-cost "$D" 101
}

@test "every step: no mount is left" {
    local before step
    before=$(mounts)
    for step in 4-pivot 7-bind 8-file 9-recursive 11-propagation 12-lowers 13-upper 18-stack 19-twice 26-naive; do
        mkdir "$D/$step"
        run bounded "${AS_ROOT[@]}" "./step$step" "$D/$step"
        [ "$status" -eq 77 ] || expect "step$step: status, with $output" 0 "$status"
        expect "step$step: the mounts afterwards" "$before" "$(mounts)"
    done
}

@test "step1: a program needs its loader and its libraries" {
    local program=/usr/bin/env library
    ldd "$program" >"$D/ldd" 2>/dev/null || mendable dynamic "$program is not a dynamic program here" "another distribution, in the lab machine: make vm"
    mkdir "$D/root"
    step ./step1-rootfs "$D/root" "$program" echo works
    expect_match "with the program alone" "env: No such file or directory.status 127" "${output//$'\n'/.}"
    expect "the three states" "status 127 status 127 status" "$(grep -o '^status .*' <<<"$output" | cut -d ' ' -f 1,2 | head -n 3 | xargs | sed 's/ [0-9]*$//')"
    while read -r library; do
        [ -e "$D/root$library" ] || expect "in the new root" "$library" "not there"
    done < <(sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' "$D/ldd")
    # env found no echo in there; a program that needs nobody else runs
    mkdir "$D/root2"
    step ./step1-rootfs "$D/root2" "$program"
    expect_status 0
    expect_match "the last run" "LAB_MARK=.*status 0$" "${output//$'\n'/ }"
}

@test "step1: a static program needs nothing" {
    mkdir "$D/root"
    require tool:busybox
    ! ldd "$(command -v busybox)" >/dev/null 2>&1 || mendable tool:busybox "busybox is not static here" "make setup"
    step ./step1-rootfs "$D/root" "$(readlink -f "$(command -v busybox)")" true
    expect_status 0
    expect "the runs" "status 0" "$(grep ^status <<<"$output")"
}

@test "step2: a chroot changes names of files and nothing else" {
    step ./step2-chroot "$D"
    expect_status 0
    expect_match "the roots" "outside: / inside: $(realpath "$D")\$" "$(field "root directory")"
    expect "namespaces that are the same" 6 "$(grep -c 'namespace  the same$' <<<"$output")"
    expect_match "a name" "inside: /etc/passwd: No such file" "$output"
    expect "the process outside" "it ended by signal 15" "$(field "outside: ")"
    # the control: with a root that holds all names, that one is found
    step ./step2-chroot /
    expect_match "a name, in /" "inside: /etc/passwd: is there" "$output"
}

@test "step3: the attack gets out of the chroot" {
    step ./step3-escape "$D"
    expect_status 0
    expect "/ outside, by stat(1)" "inode $(stat -c %i /)" "$(root_is outside | cut -d ' ' -f 2-)"
    expect "/ in the chroot" "inode $(stat -c %i "$D")" "$(root_is 'in the chroot' | cut -d ' ' -f 2-)"
    expect "/ after the attack" "$(root_is outside)" "$(root_is 'after attack')"
    expect "what the attack left" "" "$(ls -A "$D")"
}

@test "step4: pivot_root wants a mount, not shared, and the old root can go" {
    local before
    before=$(mounts)
    step ./step4-pivot "$D"
    expect_status 0
    expect "the three attempts" "refused refused done" \
        "$(awk '/^pivot_root/ { print /Device|Invalid/ ? "refused" : $3 }' <<<"$output" | xargs)"
    expect_match "without the bind" "pivot_root\(DIR, DIR/old\) *(Device or resource busy|Invalid argument) " "${lines[1]}"
    expect_match "while shared" "pivot_root\(DIR, DIR/old\) *Invalid argument " "${lines[4]}"
    expect_match "in the end" "umount2\(/old, MNT_DETACH\) *done *mounts: 1  / shows .*${D##*/}" "$output"
    expect_match "an ordinary umount" "umount2\(/old, 0\) *Device or resource busy" "$output"
    expect "the mounts outside" "$before" "$(mounts)"
    expect "what is left in DIR" "" "$(ls -A "$D")"
}

@test "step5: after pivot_root the same attack stays in" {
    local before
    before=$(mounts)
    step ./step5-kept-in "$D"
    expect_status 0
    expect "/ outside, by stat(1)" "inode $(stat -c %i /)" "$(root_is outside | cut -d ' ' -f 2-)"
    expect "/ after pivot_root" "inode $(stat -c %i "$D")" "$(root_is 'after pivot' | cut -d ' ' -f 2-)"
    expect "/ after the attack" "$(root_is 'after pivot')" "$(root_is 'after attack')"
    expect "the mounts afterwards" "$before" "$(mounts)"
    # the control: the same attack where there is an old root
    step ./step3-escape "$D"
    expect "/ after the attack on a chroot" "$(root_is outside)" "$(root_is 'after attack')"
}

@test "step6: an open descriptor leads out, a closed one does not" {
    step ./step6-descriptor "$D"
    expect_status 0
    expect "with the descriptor, then without" "yes no" "$(sed -n 's/.*old root: //p' <<<"$output" | xargs)"
    expect_match "open" "fchdir +done.*unreachable.*can be read" "$(sed -n '/open$/,/closed$/p' <<<"$output" | xargs)"
    expect_match "closed" "fchdir +Bad file descriptor.*No such file" "$(sed -n '/closed$/,$p' <<<"$output" | xargs)"
}

@test "step7: a bind is the same directory, and hides what was there" {
    step ./step7-bind "$D"
    expect_status 0
    expect "view, from first to last" "of view|through view|through view|of view" \
        "$(sed -n 's/^  view .*"\(.*\)"/\1/p' <<<"$output" | paste -sd '|')"
    expect "src and view, bound" 1 "$(sed -n '/^written/,/link/p' <<<"$output" | awk '/inode/ { print $3 }' | sort -u | wc -l)"
    expect "src and view, at first" 2 "$(sed -n '/^at first/,/link/p' <<<"$output" | awk '/inode/ { print $3 }' | sort -u | wc -l)"
    expect "rmdir of the mount point" "Device or resource busy" "$(field "rmdir view:")"
    expect "a hard link" "Operation not permitted" "$(field "hard link to src:")"
    expect_match "the link, when src has moved" "link +No such file" "$(sed -n '/^src renamed/,/link/p' <<<"$output")"
    # and from outside
    expect "the files in the end" "through view, of view" "$(cat "$D/moved/file"), $(cat "$D/view/file")"
}

@test "step8: a bound file is an inode, and rename puts another in its place" {
    step ./step8-file "$D"
    expect_status 0
    expect "the file outside" "one two three" "$(sed -n 's/^  conf *"\(.*\)".*/\1/p' <<<"$output" | xargs)"
    expect "the file inside" "one two two" "$(sed -n 's/^  inside *"\(.*\)".*/\1/p' <<<"$output" | xargs)"
    expect "its names" "1 1 0" "$(sed -n 's/^  inside.*names: //p' <<<"$output" | xargs)"
    expect_match "mountinfo, at last" "mountinfo: /conf//deleted at /inside" "${lines[-1]}"
    expect "from outside" "three" "$(cat "$D/conf")"
}

@test "step4: a directory old that was there stays" {
    mkdir -p "$D/mine/old"
    step ./step4-pivot "$D/mine"
    expect_status 1
    expect_match "why" 'File exists' "$output"
    [ -d "$D/mine/old" ]
}

@test "step9: MS_REC takes the mounts below along, without it one sees under them" {
    require userns
    step ./step9-recursive "$D"
    expect_status 0
    expect "not recursive" "view/sub/file: under the mount" "$(field "MS_BIND  ")"
    expect "recursive" "view/sub/file: in the mount" "$(field "MS_BIND | MS_REC")"
    expect "not recursive, in a user namespace" "Invalid argument" "$(field "user namespace: MS_BIND  ")"
    expect "recursive, in a user namespace" "view/sub/file: in the mount" "$(field "user namespace: MS_BIND | MS_REC")"
    expect "taken off, in a user namespace" "Invalid argument" "$(field "user namespace: umount src/sub")"
}

@test "step10: only the recursive way makes all of a bind read-only" {
    step ./step10-readonly "$D"
    expect_status 0
    expect_output "MS_BIND | MS_RDONLY in one call:
  view      written
  view/sub  written
  src       written
bind, then remount read-only:
  view      Read-only file system
  view/sub  written
  src       written
bind, then mount_setattr with AT_RECURSIVE:
  view      Read-only file system
  view/sub  Read-only file system
  src       written"
    expect "what was written through the view" file "$(cd "$D/src" && echo f*)"
}

@test "step11: a later mount is seen where mounts are shared or slaves" {
    step ./step11-propagation "$D"
    expect_status 0
    expect "the containers' conf: shared, slave, private" "new new old" "$(sed -n 's/.*reads conf: //p' <<<"$output" | xargs)"
    expect "the host's own: shared, slave, private" "container host host" "$(sed -n 's/.*reads own: //p' <<<"$output" | xargs)"
    expect_match "mountinfo" "shared:[0-9]+ .*master:[0-9]+ .*mountinfo: - " "$(xargs <<<"$output") "
    expect "the files afterwards" "old host" "$(cat "$D/conf") $(cat "$D/own")"
}

@test "step12: directories are merged, the leftmost layer wins, nothing is written" {
    step ./step12-lowers "$D"
    expect_status 0
    expect "both, in a:b and b:a" "from a|from b" "$(sed -n 's/^  merged\/both *//p' <<<"$output" | paste -sd '|')"
    expect "dir" "of-a of-b|of-a of-b" "$(sed -n 's/^  merged\/dir *//p' <<<"$output" | paste -sd '|')"
    expect "odd/file" "Not a directory|below b/odd" "$(sed -n 's/^  merged\/odd\/file *//p' <<<"$output" | paste -sd '|')"
    expect "new files" "Read-only file system|Read-only file system" "$(sed -n 's/^  a new file *//p' <<<"$output" | paste -sd '|')"
    expect "the layers afterwards" "both dir odd both dir odd" "$(cd "$D" && echo a/* b/* | sed 's/[ab]\///g')"
}

@test "step13: a change is copied up, a removal is a device 0,0, lower is not touched" {
    step ./step13-upper "$D"
    expect_status 0
    expect_match "after" 'changed +"two, too" +"two, too" +"two"' "$output"
    expect_match "after" 'removed +- +device 0,0 +"three"' "$output"
    expect_match "after" 'added +"four" +"four" +-' "$output"
    expect_match "after" 'kept +"one" +- +"one"' "$output"
    # and from outside
    expect "upper" "added changed removed" "$(cd "$D/upper" && echo *)"
    expect "upper/removed" "character special file 0:0" "$(stat -c '%F %t:%T' "$D/upper/removed")"
    expect "lower" "two three" "$(cat "$D/lower/changed") $(cat "$D/lower/removed")"
    # a new mount of the same layers goes on where it was; without upper nothing has happened
    expect "mounted again" "added changed kept" "$(in_overlay lower upper 'echo *')"
    mkdir "$D/empty"
    expect "the control, without upper" "changed kept removed" "$(in_overlay empty:lower "" 'echo *')"
}

@test "step14: one byte, or a mode, costs the whole file, and hard links part" {
    step ./step14-copyup "$D"
    expect_status 0
    expect "read" "upper:" "$(field "read ")"
    expect "a mode and a byte" "upper: mode 4194304 byte 4194305" "$(field "change a mode")"
    expect "hard links" "hard1 has 4194305 bytes, hard2 4194304" "${lines[-1]}"
    expect "upper, from outside" "byte hard1 mode" "$(cd "$D/upper" && echo *)"
    expect "hard links in lower" 2 "$(stat -c %h "$D/lower/hard1")"
}

@test "step15: memory that was mapped before a copy-up stays the lower file's" {
    step ./step15-open "$D"
    expect_status 0
    expect "a plain file" "read: new memory: new" "$(field "written by another  ")"
    expect "copied up" "read: new memory: old" "$(field "written by another, so copied up")"
    expect "opened again" "read: new memory: new" "$(field "opened again")"
    expect "the layers" "old new" "$(cat "$D/lower/file") $(cat "$D/upper/file")"
}

@test "step16: an opaque directory hides the lower one, its mark does it" {
    step ./step16-opaque "$D"
    expect_status 0
    expect "merged/dir, three times" "a b|c|a b c" "$(sed -n 's/^  merged\/dir *//p' <<<"$output" | paste -sd '|')"
    expect_match "the mark" "upper/dir has (trusted|user).overlay.opaque=y" "$output"
    expect "marks" 1 "$(grep -c opaque= <<<"$output")"
    expect "lower" "a b" "$(cd "$D/lower/dir" && echo *)"
}

@test "step17: a lower directory is not renamed, unless by a redirect" {
    step ./step17-rename "$D"
    expect_status 0
    expect_match "nofollow" "a file of the lower layer +done .*of the upper layer +done .*a directory of the lower layer +Invalid cross-device link" \
        "$(sed -n '/nofollow/,/=on/p' <<<"$output" | xargs)"
    if [ "$EUID" -eq 0 ]; then
        expect_match "on" "directory of the lower layer +done .*there, .*No such file .*trusted.overlay.redirect=dir" \
            "$(sed -n '/=on/,$p' <<<"$output" | xargs)"
        expect "upper2" "dir2 file2 made2 " "$(cd "$D/upper2" && find . -type d -name '*2' -o -type f | sort | sed 's/..//' | paste -sd ' ') "
    else
        expect_match "on, in a user namespace" "mount: (Invalid argument|Operation not permitted)" "$output"
    fi
}

@test "step18: layers are shared, and an overlay can be a layer, twice" {
    step ./step18-stack "$D"
    expect_status 0
    expect "box1" "1: base 2: app 3: site mine: box1" "$(field "box1    1" | sed 's/^/1/')"
    expect "box2" "1: base 2: app 3: app mine: box2" "$(field "box2    1" | sed 's/^/1/')"
    expect "box3" "1: base/sub 2: - 3: - mine: -" "$(field "box3    1" | sed 's/^/1/')"
    expect "deeper" "1: base 2: app 3: site mine: box1" "$(field "deeper  1" | sed 's/^/1/')"
    expect_match "a third level" "deepest .*: Invalid argument" "$output"
    expect "the upper layers" "upper1/mine upper2/mine" "$(cd "$D" && echo upper?/*m*)"
}

@test "step19: upper or work in use is refused with index=on, warned of without" {
    local log
    step ./step19-twice "$D"
    expect_status 0
    expect_match "with index=off" "upperdir=u1,workdir=w2,index=off +mounted" "$output"
    expect_match "upper, with index=on" "upperdir=u3,workdir=w4,index=on +Device or resource busy" "$output"
    expect_match "work, with index=on" "upperdir=u4,workdir=w3,index=on +Device or resource busy" "$output"
    expect_match "the control" "upperdir=u3,workdir=w3,index=on +mounted" "$output"
    expect_match "two file systems" "workdir=tmpfs/work +Invalid argument" "$output"
    expect_match "one inside the other" "workdir=u5/work +Invalid argument" "$output"
    expect_match "a lower layer in another" "lowerdir=lower:lower/sub +Too many levels" "$output"
    log=$(dmesg 2>/dev/null) || log=
    [[ $log != *overlayfs* ]] || expect_match "the kernel's log" "upperdir is in-use as upperdir/workdir" "$log"
}

@test "step20: after a new mount an overlay is as its layers are" {
    step ./step20-underneath "$D"
    expect_status 0
    expect "in a new mount" "new new not_there new new old" "$(awk 'NR > 1 { print /not there$/ ? "not_there" : $NF }' <<<"$output" | xargs)"
    # what is written to in place is the same file in both; for the rest anything may be shown
    expect "left alone" "old old" "$(field "left alone")"
    expect "lower" "added added2 alone replaced written" "$(cd "$D/lower" && echo *)"
}

# by_user CMD...: as the ordinary user
by_user() { ( close_fds; as_user timeout -k 2 20 "$@" </dev/null ); }

@test "step21: in a user namespace userxattr makes removed directories possible" {
    require overlay:user
    user_dir
    run by_user ./step21-userns "$USER_DIR"
    require_step "$status"
    expect_status 0
    expect "rmdir, without and with userxattr" "Input/output error|done" "$(sed -n 's/^  rmdir dir *//p' <<<"$output" | paste -sd '|')"
    expect "the whiteouts" "device 0,0|device 0,0" "$(sed -n 's/^  the whiteout *//p' <<<"$output" | paste -sd '|')"
    expect "the marks" "none|user.overlay.opaque" "$(sed -n 's/^  the mark *//p' <<<"$output" | paste -sd '|')"
    expect "upper2/file, from outside" "character special file 0:0" "$(stat -c '%F %t:%T' "$USER_DIR/upper2/file")"
}

# layered: base and upper with one change of every kind; what is seen then, in merged
layered() {
    mkdir -p "$D"/{base/dir,base/etc,upper,layer,look}
    echo keep >"$D/base/keep"
    echo gone >"$D/base/gone"
    echo a >"$D/base/dir/a"
    echo conf >"$D/base/etc/conf"
    in_overlay base upper '
        rm gone etc/conf && rm -r dir && mkdir dir && echo c >dir/c && echo more >>keep && ln -s keep link &&
        cp -a . ../merged' || mendable overlay "no overlay can have its upper layer in ${TMPDIR:-/tmp}" "set TMPDIR to a folder on ext4, xfs or btrfs"
}

@test "step22: whiteouts travel as .wh.NAME and .wh..wh..opq" {
    layered
    step ./step22-pack "$D/upper"
    expect_status 0
    bounded "${AS_ROOT[@]}" ./step22-pack "$D/upper" >"$D/layer.tar"
    expect "the names" "./.wh.gone ./dir/ ./dir/.wh..wh..opq ./dir/c ./etc/ ./etc/.wh.conf ./keep ./link" \
        "$(tar -tf "$D/layer.tar" | LC_ALL=C sort | xargs)"
    expect "what is in the marks" "0 0 0" "$(tar -tvf "$D/layer.tar" | awk '/\.wh\./ { print $3 }' | xargs)"
    # the control: tar alone packs a device, and loses the mark
    expect_match "tar alone" "^c.* 0,0 .*gone" "$(tar -C "$D/upper" -cf - . | tar -tvf - | grep gone)"
}

@test "step23: a tar of differences, applied, shows what the container saw" {
    layered
    bounded "${AS_ROOT[@]}" ./step22-pack "$D/upper" >"$D/layer.tar"
    run bounded "${AS_ROOT[@]}" sh -c './step23-apply "$1" <"$2"' _ "$D/layer" "$D/layer.tar"
    require_step "$status"
    expect_status 0
    expect "layer/gone" "character special file 0:0" "$(stat -c '%F %t:%T' "$D/layer/gone")"
    run in_overlay layer:base "" 'diff -r . ../merged && echo the same'
    expect_output "the same"
    # the control: unpacked by tar alone it hides nothing
    mkdir "$D/raw"
    tar -C "$D/raw" -xf "$D/layer.tar"
    run in_overlay raw:base "" 'ls -A . dir | xargs'
    expect_output ".: .wh.gone dir etc gone keep link dir: .wh..wh..opq a c"
}

@test "step24: an overlay takes a fraction of the space of a copy" {
    step ./step24-cost "$D" 4 "$D/data"
    expect_status 0
    expect_match "the lines" "KiB on disk, [0-9]+ : 1.  copies .*#.  overlays .*#.milliseconds, [0-9]+ : 1" "${output//$'\n'/.}"
    # by du(1), and ten times less is little to ask
    [ "$(du -sk "$D/copies" | cut -f 1)" -gt $((10 * $(du -skx "$D/overlays" 2>/dev/null | cut -f 1))) ] ||
        expect "copies against overlays" "ten times the space" "$(cd "$D" && du -skx copies overlays 2>/dev/null)"
    expect "the data" "4 5" "$(wc -l <"$D/data") $(awk '{ print NF }' "$D/data" | sort -u)"
    expect "a container's own file" "changed" "$(cat "$D/overlays/1.u/conf")"
    expect "the image's" "" "$(cat "$D/image/conf")"
}

@test "cost.gp: gnuplot draws it" {
    require tool:gnuplot
    printf '1 8204 172 13.6 0.6\n2 16404 180 30 1.6\n' >"$D/data"
    run gnuplot -e "data='$D/data'; out='$D/cost.png'" cost.gp
    expect_status 0
    expect "the picture's first bytes" "PNG" "$(head -c 4 "$D/cost.png" | tail -c 3)"
}

# where HOW: what step25 said of it
where() { sed -n "s/^$1  *//p" <<<"$output"; }

@test "step25: a link leads the joined path out, and openat2 keeps it in" {
    local path real
    real=$(realpath "$D")
    mkdir "$D/etc"
    : >"$D/etc/passwd"
    ln -s /etc "$D/absolute"
    ln -s ../../../../../../../../../../etc "$D/relative"
    for path in absolute/passwd relative/passwd; do
        run ./step25-inside "$D" "$path"
        require_step "$status"
        expect_status 0
        expect "$path, joined" /etc/passwd "$(where joined)"
        expect "$path, in the root" "$real/etc/passwd" "$(where RESOLVE_IN_ROOT)"
    done
    # the control: without a link both find the same
    run ./step25-inside "$D" etc/passwd
    expect "etc/passwd, joined" "$real/etc/passwd" "$(where joined)"
    expect "etc/passwd, in the root" "$real/etc/passwd" "$(where RESOLVE_IN_ROOT)"
    rm "$D/etc/passwd"
    run ./step25-inside "$D" absolute/passwd
    expect "absolute/passwd, missing in the root" "No such file or directory" "$(where RESOLVE_IN_ROOT)"
}

@test "step26 and step27: the image's links lead the naive runner out, not the careful one" {
    local before
    mkdir "$D/naive" "$D/careful"
    before=$(mounts)
    step ./step26-naive "$D/naive"
    expect_status 0
    expect "naive: mounts" "DIR/host/proc DIR/host/dev DIR/image/tmp" "$(sed -n 's/^mounted at *//p' <<<"$output" | xargs)"
    expect "naive: the host's file, from outside" container "$(cat "$D/naive/host/etc/hostname")"
    step ./step27-careful "$D/careful"
    expect_status 0
    # the control: what is no link is mounted on
    expect "careful: mounts" "DIR/image/tmp" "$(sed -n 's/^mounted at *//p' <<<"$output" | xargs)"
    expect "careful: the host's file, from outside" host "$(cat "$D/careful/host/etc/hostname")"
    expect "careful: files of the host" "etc/hostname" "$(cd "$D/careful/host" && find . -type f | sed 's/..//')"
    expect "the mounts afterwards" "$before" "$(mounts)"
}
