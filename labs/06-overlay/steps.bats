#!/usr/bin/env bats
# steps.bats - what each step of lab 06 claims, checked
#
# Without root the steps run as the root of a user namespace.
# shellcheck disable=SC2154,SC2030,SC2031  # status and output are set by run

load ../../support/bats

setup() {
    lab_setup
    AS_ROOT=()
    if [ "$EUID" -ne 0 ]; then
        require userns
        AS_ROOT=(unshare --map-root-user --mount)
    fi
    D=$BATS_TEST_TMPDIR
}

# The kernel leaves a folder of mode 000 in work, which only root deletes so.
teardown() {
    [ "$EUID" -eq 0 ] || chmod -R u+rwX "$BATS_TEST_TMPDIR"
    lab_teardown
}

step() { bounded "${AS_ROOT[@]}" "$@"; }

# mounts: of this namespace; other tests may be making cgroups and links
mounts() { footprint | grep '^mount '; }

# root_is WHEN: the directory that step2 and step3 printed for "/"
root_is() { sed -n "s/^$1 *\/ is //p" <<<"$output"; }

@test "every step: bad usage is 2, with a usage line" {
    local step
    for step in step1-overlay step2-chroot step3-pivot step4-bind step5-inside; do
        hint "$step"
        run -2 "./$step"
        expect_match "$step" "^usage: $step" "$output"
        run -2 "./$step" a b c
    done
}

@test "step1: a change is copied up, a removal is a device 0,0, lower is not touched" {
    run step ./step1-overlay "$D"
    require_step "$status"
    expect_status 0
    expect_match "after" 'changed +"two, too" +"two, too" +"two"' "$output"
    expect_match "after" 'removed +- +device 0,0 +"three"' "$output"
    expect_match "after" 'added +"four" +"four" +-' "$output"
    expect_match "after" 'kept +"one" +- +"one"' "$output"
    # and from outside
    expect "upper" "added changed removed" "$(cd "$D/upper" && echo *)"
    expect "upper/removed" "character special file 0:0" "$(stat -c '%F %t:%T' "$D/upper/removed")"
    expect "lower" "two three" "$(cat "$D/lower/changed") $(cat "$D/lower/removed")"
}

@test "step1: the mount ends with the program" {
    local before
    before=$(mounts)
    run step ./step1-overlay "$D"
    require_step "$status"
    expect_status 0
    expect "merged, afterwards" "" "$(ls "$D/merged")"
    expect "the mounts afterwards" "$before" "$(mounts)"
}

@test "step2: the attack gets out of the chroot" {
    run step ./step2-chroot "$D"
    expect_status 0
    expect "/ outside, by stat(1)" "inode $(stat -c %i /)" "$(root_is outside | cut -d ' ' -f 2-)"
    expect "/ in the chroot" "inode $(stat -c %i "$D")" "$(root_is 'in the chroot' | cut -d ' ' -f 2-)"
    expect "/ after the attack" "$(root_is outside)" "$(root_is 'after attack')"
    expect "what the attack left" "" "$(ls -A "$D")"
}

@test "step3: after pivot_root the same attack stays in" {
    local before
    before=$(mounts)
    run step ./step3-pivot "$D"
    expect_status 0
    expect "/ outside, by stat(1)" "inode $(stat -c %i /)" "$(root_is outside | cut -d ' ' -f 2-)"
    expect "/ after pivot_root" "inode $(stat -c %i "$D")" "$(root_is 'after pivot' | cut -d ' ' -f 2-)"
    expect "/ after the attack" "$(root_is 'after pivot')" "$(root_is 'after attack')"
    expect "the mounts afterwards" "$before" "$(mounts)"
    # the control: the same attack where there is an old root
    run step ./step2-chroot "$D"
    expect "/ after the attack on a chroot" "$(root_is outside)" "$(root_is 'after attack')"
}

@test "step4: only the recursive way makes all of a bind read-only" {
    run step ./step4-bind "$D"
    require_step "$status"
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

# where HOW: what step5 said of it
where() { sed -n "s/^$1  *//p" <<<"$output"; }

@test "step5: a link leads the joined path out, and openat2 keeps it in" {
    local path real
    real=$(realpath "$D")
    mkdir "$D/etc"
    : >"$D/etc/passwd"
    ln -s /etc "$D/absolute"
    ln -s ../../../../../../../../../../etc "$D/relative"
    for path in absolute/passwd relative/passwd; do
        run ./step5-inside "$D" "$path"
        require_step "$status"
        expect_status 0
        expect "$path, joined" /etc/passwd "$(where joined)"
        expect "$path, in the root" "$real/etc/passwd" "$(where RESOLVE_IN_ROOT)"
    done
    # the control: without a link both find the same
    run ./step5-inside "$D" etc/passwd
    expect "etc/passwd, joined" "$real/etc/passwd" "$(where joined)"
    expect "etc/passwd, in the root" "$real/etc/passwd" "$(where RESOLVE_IN_ROOT)"
    rm "$D/etc/passwd"
    run ./step5-inside "$D" absolute/passwd
    expect "absolute/passwd, missing in the root" "No such file or directory" "$(where RESOLVE_IN_ROOT)"
}
