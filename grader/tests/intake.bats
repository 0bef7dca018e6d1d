# grader/tests/intake.bats - what a submission may hold, and what nothing of it does
#
# Each hostile name or file lies beside an honest capdrop.c, which must come
# through: a refusal of everything would prove nothing.

load class

setup_file() { make -s -C "$BATS_TEST_DIRNAME/../intake"; }

setup() {
    lab_setup
    user_dir
    FROM=$USER_DIR/from TO=$USER_DIR/to
    mkdir -p "$FROM/top/labs/01-capabilities" "$TO"
    echo 'int main(void) { return 0; }' >"$FROM/top/labs/01-capabilities/capdrop.c"
}

# intake SUBMISSION: as bats' run; its JSON in $output, the files in $TO
intake() {
    rm -rf "$TO"
    mkdir "$TO"
    run --separate-stderr intake_bare "$1"
}
intake_bare() {
    ( close_fds; exec timeout -k 2 300 "$LAB_TOP/build/grader/intake" "$1" "$TO" \
        labs/{01-capabilities/capdrop,02-namespaces/nsrun,03-userns/idmaprun,04-cgroups/cgrun,05-seccomp/sandbox,06-overlay/layers}.c </dev/null )
}

# pack TAR-OPTION...: $FROM/top, with an archive's own idea of it
pack() { tar -C "$FROM" -czf "$USER_DIR/a.tar.gz" "$@" top; }

# expect_taken NAME...: just these files are there, regular and plain
expect_taken() {
    expect_status 0 || return 1
    expect "files taken" "$(printf '%s\n' "$@" | sort)" "$(cd "$TO" && find . -mindepth 1 ! -type d -printf '%P\n' | sort)" || return 1
    expect "what is no plain file" "" "$(find "$TO" ! -type d \( ! -type f -o -perm /7133 -o -links +1 \))" || return 1
    expect "accepted" "$(printf '%s\n' "$@" | sort)" "$(jq -r '.accepted[].name' <<<"$output" | sort)"
}

# expect_refused NAME REASON-REGEX: it is in the report, marked as odd
expect_refused() {
    expect_match "why $1 is refused" "$2" \
        "$(jq -r --arg name "$1" '.refused[] | select(.name == $name and .odd) | .reason' <<<"$output")"
}

# both REFUSED... : as a folder and as an archive: capdrop.c, and these refusals
# (NAME=REASON) of what lies in top/
both() {
    local pair
    intake "$FROM/top"
    expect_taken capdrop.c || return 1
    for pair; do expect_refused "${pair%%=*}" "${pair#*=}" || return 1; done
    pack
    intake "$USER_DIR/a.tar.gz"
    expect_taken capdrop.c || return 1
    for pair; do expect_refused "top/${pair%%=*}" "${pair#*=}" || return 1; done
}

@test "what make submit packs comes through: labs, capstone, manifest; packed, plain, as a folder" {
    mkdir "$FROM/top/capstone"
    echo 1 >"$FROM/top/capstone/main.c"
    echo 2 >"$FROM/top/capstone/skiff.h"
    echo '{}' >"$FROM/top/manifest.json"
    pack
    intake "$USER_DIR/a.tar.gz"
    expect_taken capdrop.c capstone/main.c capstone/skiff.h manifest.json
    cmp "$TO/capdrop.c" "$FROM/top/labs/01-capabilities/capdrop.c"
    tar -C "$FROM/top" -cf "$USER_DIR/a.tar" .
    intake "$USER_DIR/a.tar"
    expect_taken capdrop.c capstone/main.c capstone/skiff.h manifest.json
    intake "$FROM"
    expect_taken capdrop.c capstone/main.c capstone/skiff.h manifest.json
    mv "$FROM/top/labs/01-capabilities/capdrop.c" "$FROM/top/nsrun.c"
    intake "$FROM/top"
    expect_taken nsrun.c capstone/main.c capstone/skiff.h manifest.json
}

@test "links, FIFOs, sockets, set-id bits, folders for files: refused by name" {
    mkdir "$FROM/top/capstone" "$FROM/top/layers.c"
    ln -s /etc/shadow "$FROM/top/nsrun.c"
    ln "$FROM/top/labs/01-capabilities/capdrop.c" "$USER_DIR/elsewhere"
    cp "$USER_DIR/elsewhere" "$FROM/top/labs/01-capabilities/new" && mv -f "$FROM/top/labs/01-capabilities/new" "$FROM/top/labs/01-capabilities/capdrop.c"
    echo 1 >"$FROM/top/capstone/one.c"
    ln "$FROM/top/capstone/one.c" "$FROM/top/capstone/two.c"
    mkfifo "$FROM/top/cgrun.c"
    echo 1 >"$FROM/top/idmaprun.c"
    chmod 4755 "$FROM/top/idmaprun.c"
    intake "$FROM/top"
    expect_taken capdrop.c
    expect_refused nsrun.c 'symbolic link'
    expect_refused cgrun.c FIFO
    expect_refused idmaprun.c 'set-user-ID'
    expect_refused layers.c 'a folder where a file should be'
    expect_refused capstone/one.c 'hard link'
    expect_refused capstone/two.c 'hard link'
    tar --sort=name -C "$FROM" -czf "$USER_DIR/a.tar.gz" top
    intake "$USER_DIR/a.tar.gz"
    expect_taken capdrop.c capstone/one.c
    expect_refused top/nsrun.c 'symbolic link'
    expect_refused top/cgrun.c FIFO
    expect_refused top/idmaprun.c 'set-user-ID'
    expect_refused top/layers.c 'a folder where a file should be'
    expect_refused top/capstone/two.c 'hard link'
    # a link to the folder above all, and a folder that is a link
    rm -r "$FROM/top/capstone" "$FROM/top"/*.c
    mkdir "$USER_DIR/other"
    echo 1 >"$USER_DIR/other/main.c"
    ln -s "$USER_DIR/other" "$FROM/top/capstone"
    both 'capstone=symbolic link'
}

@test "devices: refused by name, and not opened" {
    require root
    mknod "$FROM/top/nsrun.c" c 1 5
    mknod "$FROM/top/cgrun.c" b 7 0
    both 'nsrun.c=character device' 'cgrun.c=block device'
}

@test "names with newlines, dashes, spaces, control characters, no UTF-8, without end" {
    local long
    printf -v long 'x%.0s' {1..250}
    : >"$FROM/top/"$'new\nline.c'
    : >"$FROM/top/"$'\e[31mred.c'
    : >"$FROM/top/"$'\xff.c'
    : >"$FROM/top/-rf"
    : >"$FROM/top/a b.c"
    : >"$FROM/top/\\\"'.c"
    : >"$FROM/top/$long"
    both 'new\nline.c=control character' '\x1b[31mred.c=control character' '\xff.c=not UTF-8'
    expect "all of them" 7 "$(jq '.refused | length' <<<"$output")"
    expect "what is not printable ASCII" "" "$(jq -r '.refused[].name' <<<"$output" | LC_ALL=C grep '[^ -~]' || true)"
    # longer than any file system takes
    tar -C "$FROM" -czf "$USER_DIR/a.tar.gz" --transform "s,^top/-rf,top/$(printf 'y%.0s' {1..3000})," top
    intake "$USER_DIR/a.tar.gz"
    expect_taken capdrop.c
    expect_match "the long name" 'too long: 3004 bytes, at most 1023' "$(jq -r '.refused[].reason' <<<"$output")"
}

@test "absolute names, names with .., a second folder, a second file of one name: refused by name" {
    echo 1 >"$FROM/nsrun.c"
    tar -C "$FROM" -cPf "$USER_DIR/a.tar" top
    tar -C "$FROM" -rPf "$USER_DIR/a.tar" --transform 's,^,/tmp/pwned/,' nsrun.c
    tar -C "$FROM" -rPf "$USER_DIR/a.tar" --transform 's,^,top/../../,' nsrun.c
    tar -C "$FROM" -rPf "$USER_DIR/a.tar" --transform 's,^,other/,' nsrun.c
    tar -C "$FROM" -rPf "$USER_DIR/a.tar" --transform 's,nsrun,capdrop,' nsrun.c
    tar -C "$FROM" -rPf "$USER_DIR/a.tar" --transform 's,nsrun,top/capdrop,' nsrun.c
    intake "$USER_DIR/a.tar"
    expect_taken capdrop.c
    cmp "$TO/capdrop.c" "$FROM/top/labs/01-capabilities/capdrop.c"
    expect_refused /tmp/pwned/nsrun.c absolute
    expect_refused top/../../nsrun.c '\.\.'
    expect_refused capdrop.c 'the first one counts'
    expect_refused top/capdrop.c 'the first one counts'
    expect_match "another folder" 'another folder' "$(jq -r '.refused[] | select(.name == "other/nsrun.c").reason' <<<"$output")"
    [ ! -e /tmp/pwned ]
}

@test "too large, sparse, too many: refused by name, without being read" {
    truncate -s 5G "$FROM/top/sandbox.c"
    head -c 1048577 /dev/zero >"$FROM/top/layers.c"
    head -c 1048576 /dev/zero >"$FROM/top/nsrun.c"
    intake "$FROM/top"
    expect_taken capdrop.c nsrun.c
    expect_refused sandbox.c '5368709120 bytes'
    expect_refused layers.c '1048577 bytes'
    pack -S
    intake "$USER_DIR/a.tar.gz"
    expect_taken capdrop.c nsrun.c
    expect_refused top/sandbox.c '5368709120 bytes'
    rm "$FROM/top"/*.c
    mkdir "$FROM/top/capstone"
    (cd "$FROM/top/capstone" && seq -f x%.0f 9000 | xargs touch)
    pack --sort=name
    intake "$USER_DIR/a.tar.gz"
    expect_taken capdrop.c
    expect "listed, and counted" '100 8900' "$(jq -r '"\(.refused | length) \(.more)"' <<<"$output")"
    intake "$FROM/top"
    expect_taken capdrop.c
    (cd "$FROM/top/capstone" && seq -f y%.0f 2000 | xargs touch)
    pack --sort=name
    for kind in top a.tar.gz; do
        if [ "$kind" = top ]; then intake "$FROM/top"; else intake "$USER_DIR/a.tar.gz"; fi
        expect_status 0
        expect_match "the word on it, $kind" 'more than [0-9]+ entries' "$(jq -r .problem <<<"$output")"
    done
}

@test "zeros without end, packed: reading ends early, with what came before" {
    mkdir "$FROM/top/z"
    truncate -s 300M "$FROM/top/z/zeros"
    tar --sort=name -C "$FROM" -c top | gzip -1 >"$USER_DIR/a.tar.gz"
    SECONDS=0
    intake "$USER_DIR/a.tar.gz"
    expect_taken capdrop.c
    expect_match "the word on it" 'more than 256 MiB' "$(jq -r .problem <<<"$output")"
    [ "$SECONDS" -lt 150 ]
}

@test "corrupt, truncated, wrongly compressed, empty: one word on it, and what was whole before counts" {
    local kind
    head -c 300000 /dev/urandom >"$FROM/top/zzz"
    tar --sort=name -C "$FROM" -czf "$USER_DIR/whole.tar.gz" top
    head -c 100000 "$USER_DIR/whole.tar.gz" >"$USER_DIR/cut.tar.gz"
    { head -c 100000 "$USER_DIR/whole.tar.gz"; head -c 50000 /dev/zero; } >"$USER_DIR/broken.tar.gz"
    for kind in cut broken; do
        intake "$USER_DIR/$kind.tar.gz"
        expect_taken capdrop.c
        expect_match "the word on $kind" '^damaged: ' "$(jq -r .problem <<<"$output")"
    done
    tar -C "$FROM" -cJf "$USER_DIR/xz.tar.gz" top
    : >"$USER_DIR/empty.tar.gz"
    head -c 5000 /dev/urandom >"$USER_DIR/noise.tar.gz"
    gzip -c </dev/null >"$USER_DIR/nothing.tar.gz"
    printf 'PK\3\4....' >"$USER_DIR/zip.tar.gz"
    for kind in xz empty noise nothing zip; do
        intake "$USER_DIR/$kind.tar.gz"
        expect_status 0
        expect "taken of $kind" 0 "$(jq '.accepted | length' <<<"$output")"
        expect_match "the word on $kind" 'not a tar archive' "$(jq -r .problem <<<"$output")"
    done
}

@test "a file that changes while it is read is not taken half" {
    require root
    head -c 1000000 /dev/zero >"$FROM/top/nsrun.c"
    ( close_fds; while :; do head -c 1000000 /dev/zero | tr '\0' a >"$FROM/top/nsrun.c"; done ) &
    LAB_SPAWNED+=("$!")
    for _ in 1 2 3 4 5; do
        intake "$FROM/top"
        expect_status 0
        # taken whole, or refused by name
        if [ -e "$TO/nsrun.c" ]; then
            [ "$(jq '.accepted[] | select(.name == "nsrun.c").size' <<<"$output")" -eq "$(stat -c %s "$TO/nsrun.c")" ]
        else
            expect_refused nsrun.c 'changed while it was read'
        fi
    done
}

@test "the reader has nobody's ids, no privilege but to read, a filter, and no descriptor but two" {
    require root tool:strace
    pack
    strace -f -o "$USER_DIR/trace" "$LAB_TOP/build/grader/intake" "$USER_DIR/a.tar.gz" "$TO" labs/01-capabilities/capdrop.c >/dev/null
    # all that the reading half does once it is confined
    reader=$(awk '/seccomp\(SECCOMP_SET_MODE_FILTER/ { print $1; exit }' "$USER_DIR/trace")
    awk -v pid="$reader" '$1 == pid && on { sub(/^[0-9]+ +/, ""); sub(/\(.*/, ""); print } /SECCOMP_SET_MODE_FILTER.*= 0/ { on = 1 }' \
        "$USER_DIR/trace" | sort -u >"$USER_DIR/calls"
    expect "calls that open, start or send" "" "$(grep -E '^(open|exec|clone|fork|socket|connect|kill|unlink|mkdir|rename|chmod|chown|mount)' "$USER_DIR/calls" || true)"
    grep -q '^read$' "$USER_DIR/calls"
    awk -v pid="$reader" '$1 == pid' "$USER_DIR/trace" | grep -q 'setresuid(65534, 65534, 65534) *= 0'
    awk -v pid="$reader" '$1 == pid' "$USER_DIR/trace" | grep -q 'PR_SET_NO_NEW_PRIVS, 1.* = 0'
    awk -v pid="$reader" '$1 == pid' "$USER_DIR/trace" | grep -q 'capset(.*effective=0, permitted=0'
}
