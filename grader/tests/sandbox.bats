#!/usr/bin/env bats
# sandbox.bats - what other people's programs see, can do, and leave behind
#
# Each test writes a small bats file of its own, with calls as the graded tests
# make them, and runs it as the grader does.
# shellcheck disable=SC2016  # what is in single quotes is for the shell inside
# shellcheck disable=SC2154  # status and output are set by run

load ../../support/bats

PART=01-capabilities

setup_file() {
    [ "$EUID" -eq 0 ] && [ -x "$LAB_TOP/capstone/skiff" ] || return 0
    export BOX=$BATS_FILE_TMPDIR/box
    make -s -C "$LAB_TOP/labs/$PART" payload-hold
    "$LAB_TOP/grader/sandbox" prepare "$BOX" "$PART"
    "$LAB_TOP/grader/sandbox" build "$BOX" "$PART" "$LAB_TOP/labs/$PART"
}

setup() {
    lab_setup
    require root user
    [ -x "$BOX/bin/capdrop" ] || { echo "the sandbox cannot be prepared"; return 1; }
    DIR=$BATS_TEST_TMPDIR/tests
    mkdir "$DIR"
    rm -f "$BOX/patience" "$BOX/waiting"
}

# inner BODY: a graded test with that body, in the sandbox; its output in $output
inner() {
    printf 'load %q/support/bats\nexercise capdrop\nexport SECRET_OF_GRADER=exposed\n@test "[1] inner" {\n%s\n}\n' \
        "$LAB_TOP" "$1" >"$DIR/inner.bats"
    run in_sandbox "$DIR/inner.bats"
}

in_sandbox() (
    local dir path=$PATH
    dir=$(dirname "$(command -v bats)")
    [ ! -e "$dir/bats-exec-test" ] || path=${path//"$dir:"/}
    unset "${!BATS_@}"
    exec 3>&- 4>&-
    exec timeout -k 2 600 env PATH="$path" "$LAB_TOP/grader/sandbox" run "$BOX" "$PART" bats --tap "$1" </dev/null
)

expect_ok() {
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

# ---- what is seen ---------------------------------------------------------

@test "no environment, descriptor, file or test of the grader's is inside" {
    export SECRET_OF_GRADER=exposed
    inner 'run bounded sh -c "env; ls -l /proc/self/fd; ls /; ls /tmp /var/tmp /home /root /run"
        [[ $output != *exposed* && $output = *LAB_MARK=* ]]
        expect "descriptors beyond its own" "" "$(grep -E " ([3-9]|[0-9]{2,}) -> " <<<"$output" | grep -v "/proc/" || true)"
        run bounded find / -xdev -name "*.bats" -o -xdev -name "capdrop.c" -o -xdev -name shadow
        expect "files of the course" "" "$(grep -v "^/usr\|find:" <<<"$output" || true)"
        run bounded ls "$BATS_TEST_DIRNAME"
        expect_output "$(printf "README.md\npayload-hold")"
        # the control: out here they are
        [ -e "$BATS_TEST_FILENAME" ] && [ "$SECRET_OF_GRADER" = exposed ]'
    expect_ok
}

@test "no network but lo, no process but its own, root is nobody's root" {
    inner 'run bounded sh -c "grep -c : /proc/net/dev; cat /proc/[0-9]*/comm | sort | uniq -c"
        expect "network links" 1 "${lines[0]}"
        [ "${#lines[@]}" -lt 8 ]
        run bounded cat /proc/self/uid_map
        read -r _ base _ <<<"$output"
        [ "$base" -ge 100000 ]
        run bounded sh -c "echo x >/proc/sys/kernel/core_pattern"
        [ "$status" -ne 0 ]
        run bounded sh -c "echo x >/usr/bin/planted"
        [ "$status" -ne 0 ]
        run bounded sh -c "id -u; echo x >/planted; cat /planted"   # the control: it is root of its own
        expect_output "$(printf "0\nx")"'
    expect_ok
    [ -w /proc/sys/kernel/core_pattern ]
}

# ---- what it can do -------------------------------------------------------

@test "all that the labs show works in it: namespaces, ids, file capabilities, set-user-ID, overlay, strace" {
    inner 'user_dir; cd "$USER_DIR"
        run -0 bounded unshare --mount --uts --ipc --net --pid --fork --cgroup --time --user --map-root-user mount -t proc p /proc
        run -0 as_user unshare --user sleep 0
        run -0 bounded_user sh -c "unshare --user sleep 1000 & until [ \$(readlink /proc/\$!/ns/user) != \$(readlink /proc/self/ns/user) ]; do :; done; newuidmap \$! 0 1000 1 1 20000 100 && cat /proc/\$!/uid_map; kill \$!"
        expect_match "its map" " 20000 +100" "$output"
        cp /bin/cat .; chmod 755 cat
        run -0 bounded sh -c "setcap cap_dac_override+ep cat; echo secret >closed; chmod 0 closed"
        run -0 as_user ./cat closed
        expect_output secret
        run -0 bounded sh -c "cp /usr/bin/id .; chmod 4755 id"
        run -0 as_user ./id -u
        expect_output 0
        mkdir l u w m
        run -0 bounded unshare --mount sh -c "mount -t overlay -o lowerdir=l,upperdir=u,workdir=w,userxattr o m && echo x >m/file"
        [ -s u/file ]
        run -0 bounded strace -qq -o trace true'
    expect_ok
}

@test "commands that are to meet share a machine; a fresh one does not know of the last" {
    inner 'run -0 bounded sh -c "echo here >/left; (sleep 1000 &)"
        run bounded cat /left
        [ "$status" -ne 0 ]
        before=$(footprint)
        run -0 bounded sh -c "echo here >/left"
        run -0 bounded cat /left
        expect_output here
        expect_footprint "$before"
        run -0 bounded sh -c "mount -t tmpfs t /mnt; setsid sleep 1000 & ip link add v type veth 2>/dev/null || :"
        run comm -13 <(sort <<<"$before") <(footprint | sort)
        expect_match "what is left" "mount /mnt.*process " "$(tr "\n" " " <<<"$output")"'
    expect_ok
}

@test "what is spawned is known by the pid of the program itself; its end is not that of the machine" {
    inner 'spawn sh -c "sleep 1000; exit 3"
        wait_for grep -qz "sleep 1000; exit 3" "/proc/$SPAWNED/cmdline" # it has none until its execve
        expect "its uids" "0 0 0 0" "$(proc_field "$SPAWNED" Uid)"
        run bounded grep -cz "sleep 1000; exit 3" "/proc/$(inside_pid "$SPAWNED")/cmdline"
        expect_output 1
        spawn setpriv --reuid=1000 --clear-groups sleep 1000
        wait_for eval "grep -qz 1000 /proc/$SPAWNED/cmdline && [ \"\$(proc_field $SPAWNED Uid)\" = \"1000 1000 1000 1000\" ]"
        kill -TERM "$SPAWNED"
        reap "$SPAWNED"
        expect_status 143
        first=${LAB_SPAWNED[0]}
        run -0 bounded kill -KILL "$(inside_pid "$first")"
        reap "$first"
        expect_status 137'
    expect_ok
}

# ---- what it cannot -------------------------------------------------------

@test "the exercise cannot be started out here, nor anything that it wrote" {
    inner 'run "$EXERCISE" -- true
        expect_status 126
        run -0 bounded sh -c "cp /bin/true $BATS_TEST_TMPDIR/mine; chmod 4755 $BATS_TEST_TMPDIR/mine"
        run "$BATS_TEST_TMPDIR/mine"
        expect_status 126
        run -0 prog -- true     # the control
        run -0 bounded "$BATS_TEST_TMPDIR/mine"'
    expect_ok
}

@test "a link, a device or a pipe that it leaves leads a test nowhere" {
    echo precious >"$BATS_TEST_TMPDIR/host"
    inner 'run bounded sh -c "cd $BATS_TEST_TMPDIR; ln -s '"$BATS_TEST_TMPDIR"'/host file; ln -s / root; mknod zero c 1 5"
        run cat "$BATS_TEST_TMPDIR/file"
        expect_match "reading through it" "symbolic link" "$output"
        run sh -c "echo x >$BATS_TEST_TMPDIR/file"
        [ "$status" -ne 0 ] && [ ! -e "$BATS_TEST_TMPDIR/root/etc/passwd" ]
        run head -c 1 "$BATS_TEST_TMPDIR/zero"
        [ "$status" -ne 0 ]
        run bounded sh -c "echo there >$BATS_TEST_TMPDIR/real"; run cat "$BATS_TEST_TMPDIR/real"
        expect_output there'
    expect_ok
    expect "the file of this machine" precious "$(cat "$BATS_TEST_TMPDIR/host")"
}

@test "what it prints is bounded, without NULs, and nobody who holds it open is waited for" {
    inner 'run bounded sh -c "yes | head -c 100000000"
        [ "${#output}" -lt 1100000 ]
        expect_match "the end of it" "cut: the test looks at no more" "${output: -100}"
        run bounded printf "a\\0b"
        expect_output ab
        run -0 bounded sh -c "sleep 1000 & echo done"
        expect_output done
        machine_pid
        run -0 bounded sh -c "sleep 1000 & echo done"
        expect_output done
        [ ! -e "$LAB_SANDBOX/patience" ]'
    expect_ok
}

@test "a fork bomb, a hog and a full disk cost the test, and not the next command" {
    inner 'run bounded sh -c "b() { b | b & b; }; b"
        [ "$status" -ne 0 ]
        run bounded tail /dev/zero
        expect_status 137
        run bounded sh -c "dd if=/dev/zero of=$BATS_TEST_TMPDIR/1 bs=1M count=1000; dd if=/dev/zero of=$BATS_TEST_TMPDIR/2 bs=1M count=1000"
        [ "$status" -ne 0 ]
        rm -f "$BATS_TEST_TMPDIR"/[12]
        run -0 bounded sh -c "echo fine"
        expect_output fine'
    expect_ok
}

@test "a program that hangs is ended, and waited for less each time" {
    echo 4 >"$BOX/patience"
    inner 'before=$SECONDS
        run bounded sleep 1000
        expect_status 124
        run bounded sh -c "trap \"\" TERM; sleep 1000"
        [ "$status" -ne 0 ] && [ $((SECONDS - before)) -lt 300 ]
        expect "the next time" 2 "$(cat "$LAB_SANDBOX/patience" | awk "{ print \$1 < 2 ? 2 : \$1 }")"
        run bounded sh -c "exit 124"
        expect_status 124'
    expect_ok
}

@test "nothing of a run is left: no process, mount, cgroup, record, file" {
    local before mark
    state() { grep -cF "$BOX" /proc/self/mountinfo; ls "$BOX/in" "$BOX/out" "$BOX/said"; }
    before=$(state)
    inner 'spawn sh -c "setsid sleep 98765 & mount -t tmpfs t /mnt; sleep 98765"
        run bounded sh -c "setsid sleep 98765 & :"
        [ -e "/run/skiff/$BOX_NAME" ]
        echo "# mark: $LAB_MARK machine: $BOX_NAME" >&3'
    expect_ok
    expect "mounts and files" "$before" "$(state)"
    mark=${output##*mark: } mark=${mark%%[[:space:]]*}
    expect_match "the mark of the inner test" '^lab-[0-9]+-1-' "$mark"
    gone() { ! grep -qsaF -f <(echo "$mark") /proc/[0-9]*/environ && [ ! -e "/run/skiff/${output##*machine: }" ]; }
    wait_for gone
}

# ---- compiling ------------------------------------------------------------

# compile TEXT: what the compiler says of it
compile() {
    mkdir -p "$DIR/source"
    printf '%s\n' "$1" >"$DIR/source/capdrop.c"
    run "$LAB_TOP/grader/sandbox" build "$BOX" "$PART" "$DIR/source"
}

@test "the compiler shows nothing of this machine, and does not run away with it" {
    echo 'secret of the grader' >"$BATS_TEST_TMPDIR/secret"
    cp "$BOX/bin/capdrop" "$BATS_TEST_TMPDIR/kept"
    for text in '#include "/etc/shadow"' "#include \"$BATS_TEST_TMPDIR/secret\"" '#include "/dev/zero"' 'no C at all'; do
        compile "$text"
        expect_status 1
        expect "of our files" "" "$(grep -E 'secret of|root:[*!$]' <<<"$output" || true)"
    done
    expect_match "the compiler's words" "capdrop.c:1" "$output"
    rm "$DIR/source/capdrop.c"
    ln -s "$BATS_TEST_TMPDIR/secret" "$DIR/source/capdrop.c"
    run "$LAB_TOP/grader/sandbox" build "$BOX" "$PART" "$DIR/source"
    expect_status 1
    expect_output "capdrop.c: there is no such file"
    rm "$DIR/source/capdrop.c"
    compile 'int main(void) { return 0; }'      # the control
    expect_status 0
    cp "$BATS_TEST_TMPDIR/kept" "$BOX/bin/capdrop"
}

# ---- grading --------------------------------------------------------------

# small_course [LAB]: the tree $COURSE with one lab, whose exercise is to end with 3
small_course() {
    local lab=${1:-01-one}
    user_dir
    COURSE=$USER_DIR/course
    mkdir -p "$COURSE"/{labs/"$lab",capstone,hidden,source}
    cp -r "$LAB_TOP/support" "$LAB_TOP/grader" "$COURSE"
    cp "$LAB_TOP/labs/lab.mk" "$COURSE/labs"
    cp "$LAB_TOP/capstone/skiff" "$COURSE/capstone"
    printf 'EXERCISE := first\ninclude ../lab.mk\n' >"$COURSE/labs/$lab/Makefile"
    # %test for the real word, which bats would take for a test of this file
    sed 's/^%/@/' >"$COURSE/labs/$lab/first.bats" <<'TEST'
load ../../support/bats
exercise first
%test "[60] ends with 3" { run -3 prog; }
%test "[40] prints nothing" { run prog; expect_output ""; }
TEST
    echo 'int main(void) { return 3; }' >"$COURSE/source/first.c"
}

# graded ARG...: the course's grader, on the sources of somebody else
graded() { run env -u LAB OUT="$COURSE/out" "$@" "$COURSE/grader/grade" --source "$COURSE/source" "$(basename "$COURSE"/labs/0*)"; }

@test "grade --source: the sources of a folder, not the course's own; a wrong one loses its points" {
    small_course
    echo '#error this is not to be built' >"$COURSE/labs/01-one/first.c"
    graded
    expect_status 0
    expect_match "the total" 'total +100 +100' "$output"
    echo 'int printf(const char *, ...); int main(void) { printf("3"); return 3; }' >"$COURSE/source/first.c"
    graded
    expect_status 1
    expect_match "the total" 'total +60 +100' "$output"
    rm "$COURSE/source/first.c"
    graded
    expect_status 1
    expect_match "the compiler's place" 'first.c: there is no such file' "$output"
}

@test "grade --source: hidden tests count, and are not named" {
    small_course
    sed 's/^%/@/' >"$COURSE/hidden/01-more.bats" <<'TEST'
load ../../support/bats
exercise first
%test "[4] a name that must not be told" { run -3 prog; }
%test "[9] another such name" { run -3 prog; echo a-word-not-to-be-told; expect_status 5; }
TEST
    graded HIDDEN="$COURSE/hidden"
    expect_status 1
    expect_match "the total" '01-one +104 +113' "$output"
    expect_match "what is told" "9  hidden test 2" "$output"
    expect "names that are told" "" "$(grep -rE 'to.be.told|another such' "$COURSE/out" || true)"
}

@test "a class: a hidden test counts; no page names it, no program can read it" {
    local id word=a-word-nowhere$RANDOM
    require tool:parallel
    small_course 01-capabilities
    cd "$COURSE"
    make -s -C grader/intake
    mkdir capstone/isolation
    printf '%%:\n\t@:\n' >Makefile
    sed 's/first/capdrop/' labs/01-capabilities/first.bats >labs/01-capabilities/capdrop.bats
    sed -i 's/first/capdrop/' labs/01-capabilities/Makefile
    { printf 'load ../../support/bats\nexercise capdrop\n'
      echo "@test \"[20] $word\" { run -3 prog on; echo $word-either; }"; } >hidden/01-more.bats
    mkdir -p class/right class/wrong
    echo 'int main(void) { return 3; }' >class/right/capdrop.c
    # This one does in a hidden test what a hidden test says, if it finds one.
    cat >class/wrong/capdrop.c <<-END
	#include <stdlib.h>
	int main(int argc, char **argv)
	{
	    (void)argv;
	    return argc == 1 || system("exec >/dev/null 2>&1; grep -rsq --exclude-dir=usr --exclude-dir=proc --exclude-dir=sys ${word%?}[${word: -1}] $COURSE / ||"
	                               "grep -sq ${word%?}[${word: -1}] /proc/[0-9]*/environ /proc/[0-9]*/cmdline") == 0 ? 3 : 4;
	}
	END
    run env -u STUDENT -u HOSTS -u ROSTER LAB=01 OUT="$COURSE/marks" HIDDEN="$COURSE/hidden" JOBS=2 bash -c 'exec 3>&- "$0" "$1" </dev/null' grader/class class
    expect_status 0
    expect "points" "120 100" "$(jq -r '[.students[].points] | map(tostring) | join(" ")' marks/class.json)"
    for id in right wrong; do
        grep -q 'hidden test 1' "marks/students/$id/feedback.html"
        expect "pages of $id that name it" "" "$(grep -rl "$word" "marks/students/$id"/{feedback.html,results.json,result.json,autolab.txt} || true)"
    done
    expect "what is said of it" "" "$(grep -F "$word" <<<"$output" || true)"
    grep -rsq "${word%?}[${word: -1}]" "$COURSE" # the control: out here it is found
}

@test "grade --source: a program that hangs has a mark in the end" {
    small_course
    echo 'int pause(void); int main(void) { for (;;) pause(); }' >"$COURSE/source/first.c"
    sed -i 's/ { run/ { echo 2 >"$LAB_SANDBOX\/patience"; run/' "$COURSE/labs/01-one/first.bats"
    graded
    expect_status 1
    expect_match "the total" 'total +40 +100' "$output"
}

@test "grade --source: a pipe in the place of a file that a test reads: a mark in the end, and no excuse" {
    small_course
    sed 's/^%/@/' >"$COURSE/labs/01-one/first.bats" <<'TEST'
load ../../support/bats
exercise first
%test "[30] ends with 3" { run -3 prog "$BATS_TEST_TMPDIR/one"; }
%test "[60] says so in a file" { run -3 prog "$BATS_TEST_TMPDIR/file"; grep -q 3 "$BATS_TEST_TMPDIR/file"; }
%test "[10] ends with 3 again" { run -3 prog "$BATS_TEST_TMPDIR/two"; }
TEST
    echo 'int mkfifo(const char *, unsigned); int main(int n, char **v) { (void)n; mkfifo(v[1], 0666); return 3; }' >"$COURSE/source/first.c"
    graded GRADE_TIMEOUT=10
    expect_status 1
    expect_match "the total" 'total +30 +100' "$output"
    sed -i 's/mkfifo(v\[1\], 0666)/mkfifo("x", 0666)/' "$COURSE/source/first.c"
    graded GRADE_TIMEOUT=10 # control
    expect_status 1
    expect_match "the total" 'total +40 +100' "$output"
}

# the folder of a student who changes it while it is read
@test "grade --source: a source that is a link by the time it is read, or lies behind one, is none; a pipe makes nobody wait" {
    local swapper word=secret$RANDOM
    printf 'int %s(void); #error %s\n' "$word" "$word" >"$BATS_TEST_TMPDIR/secret"
    mkdir "$DIR/swapped" "$BATS_TEST_TMPDIR/elsewhere" "$DIR/real"
    cp "$LAB_TOP/labs/$PART/capdrop.c" "$BATS_TEST_TMPDIR/elsewhere/"
    cp "$BOX/bin/capdrop" "$BATS_TEST_TMPDIR/kept"
    # what take does, without a compiler: many times, while it is swapped
    cat >"$DIR/take" <<-END
	eval "\$(sed -n '/^MOST_SOURCE=/p; /^take() {/,/^}/p' "$LAB_TOP/grader/sandbox")"
	for ((i = 0; i < 300; i++)); do
	    rm -f "$DIR/real/capdrop.c"
	    take "$DIR/swapped" capdrop.c "$DIR/real" >/dev/null && ! grep -q "$word" "$DIR/real/capdrop.c" || [ ! -s "$DIR/real/capdrop.c" ] || echo "read through a link"
	done
	END
    ( close_fds; exec bash -c 'cd "$0"; while :; do echo "int x;" >new; mv -f new capdrop.c; ln -sf "$1" new; mv -f new capdrop.c; rm -f capdrop.c; mkfifo capdrop.c; rm -f capdrop.c; done' \
        "$DIR/swapped" "$BATS_TEST_TMPDIR/secret" >/dev/null 2>&1 ) &
    swapper=$!
    run timeout 60 bash "$DIR/take"
    kill "$swapper"
    expect_status 0
    expect_output ""
    # a folder behind a link
    ln -s "$BATS_TEST_TMPDIR/elsewhere" "$DIR/link"
    run taken "$DIR/link"
    expect_status 1
    expect_output "capdrop.c: there is no such file"
    run taken "$BATS_TEST_TMPDIR/elsewhere"
    expect_status 0 # control
    cmp "$DIR/real/capdrop.c" "$LAB_TOP/labs/$PART/capdrop.c"
}

# taken FOLDER: grader/sandbox takes capdrop.c from there
taken() (
    eval "$(sed -n '/^MOST_SOURCE=/p; /^take() {/,/^}/p' "$LAB_TOP/grader/sandbox")"
    take "$1" capdrop.c "$DIR/real"
)

# frozen NAME: is there a process of that name that does not go on?  GROUPS_OF_IT are
# the containers whose groups it is in.
frozen() {
    local pid
    pid=$(grep -lxs "$1" /proc/[0-9]*/comm | head -n 1)
    pid=${pid#/proc/} pid=${pid%/comm}
    [ -n "$pid" ] || return 1
    mapfile -t GROUPS_OF_IT < <(grep -o 'skiff-[0-9a-f]*' "/proc/$pid/cgroup" | sort -u)
    grep -qE 'freez|refrigerator' "/proc/$pid/wchan" || grep -q '^State:.*D' "/proc/$pid/status"
}

@test "a program that freezes its own group ends with the run, and the group too" {
    local name=frozen-$RANDOM run group limit
    require cgroup1:freezer # on v2 who is frozen dies all the same
    small_course 04-one
    { cat "$LAB_TOP/grader/attacks/freezes-itself.c"
      printf '#include <sys/prctl.h>\nstatic void __attribute__((constructor(101))) name(void) { prctl(PR_SET_NAME, "%s"); }\n' "$name"
      echo 'int main(void) { return 3; }'; } >"$COURSE/source/first.c"
    # It has to be built first, and may not get so far in the shorter of the times.
    for limit in 5 15 45; do
        GROUPS_OF_IT=()
        ( close_fds; exec env -u LAB OUT="$COURSE/out" GRADE_TIMEOUT="$limit" "$COURSE/grader/grade" --source "$COURSE/source" 04 </dev/null ) \
            >"$BATS_TEST_TMPDIR/said" 2>&1 &
        run=$!
        until frozen "$name" || ! kill -0 "$run" 2>/dev/null; do nap 0.1; done
        reap "$run"
        [ "${#GROUPS_OF_IT[@]}" -eq 0 ] || break
    done
    [ "${#GROUPS_OF_IT[@]}" -gt 0 ]
    expect_status 1 # it kept the test waiting
    expect_match "what is said" "not done after $limit s" "$(<"$BATS_TEST_TMPDIR/said")"
    wait_for eval "! grep -lxs $name /proc/[0-9]*/comm"
    for group in "${GROUPS_OF_IT[@]}"; do
        wait_for eval "! find /sys/fs/cgroup -maxdepth 2 -name $group | grep ."
    done
}

@test "grade --source: one line, and 3 or 2, where it cannot be" {
    user_dir
    cp "$LAB_TOP/labs/$PART/capdrop.c" "$USER_DIR/"
    run --separate-stderr as_user env OUT="$USER_DIR/out" "$LAB_TOP/grader/grade" --source "$USER_DIR" "$PART"
    expect_error 3 grade
    run --separate-stderr "$LAB_TOP/grader/grade" --source "$USER_DIR/nowhere" "$PART"
    expect_error 2 grade
}

# ---- numbers that were given away ------------------------------------------

# inner_numbered BODY: as inner, in a pid namespace in which numbers are given away
inner_numbered() {
    NUMBERS=$BATS_TEST_TMPDIR/numbers
    rm -rf "$NUMBERS"
    mkdir "$NUMBERS"
    printf 'load %q/support/bats\nexercise capdrop\nreuse() { echo "$1" >%q/give; read -r _ <%q/given; [ "$(<%q/innocent)" = "$1" ]; }\n@test "[1] inner" {\n%s\n}\n' \
        "$LAB_TOP" "$NUMBERS" "$NUMBERS" "$NUMBERS" "$1" >"$DIR/inner.bats"
    run numbered_sandbox "$DIR/inner.bats"
}

numbered_sandbox() (
    local dir path=$PATH
    dir=$(dirname "$(command -v bats)")
    [ ! -e "$dir/bats-exec-test" ] || path=${path//"$dir:"/}
    unset "${!BATS_@}"
    exec 3>&- 4>&-
    exec timeout -k 2 100 env PATH="$path" unshare --pid --fork --kill-child --mount-proc bash "$LAB_TOP/support/tests/numbers.bash" \
        "$NUMBERS" "$LAB_TOP/grader/sandbox" run "$BOX" "$PART" bats --tap "$1" </dev/null
)

# It ends its container while the test runs: root of the container may end all but PID 1,
# and with what PID 1 started goes that.
ENDS='box_machine; init=$BOX_INIT skiff=$BOX_SKIFF
    bounded sh -c "kill -KILL -1" || true
    wait_for eval "[ ! -e /proc/$init ]"
    wait_for eval "[ ! -e /proc/$skiff ]"'

@test "a program that ends its container, whose number is then another's: the teardown kills nobody, and the test has failed" {
    inner_numbered "$ENDS; reuse \"\$init\"; run -0 prog -- true"
    expect_status 0 # of numbers.bash
    expect_match "the test" $'\nnot ok 1 .*status 1\n' "$output"
    expect_match "who has the number" 'innocent lives$' "$output"
    # of its skiff, for which the teardown waits
    inner_numbered "$ENDS; reuse \"\$skiff\""
    expect_match "who has the number" $'\nok 1 .*innocent lives$' "$output"
    # control: as it was
    inner_numbered "send_signal() { builtin kill \"-\$1\" \"\${2%%:*}\"; }; $ENDS; reuse \"\$init\""
    expect_match "who has the number" 'innocent was killed$' "$output"
}

@test "a test's signal to a program that has ended reaches nobody; nothing that is read of its number is the program's" {
    inner_numbered 'spawn sleep 1000
        pid=$SPAWNED
        run -0 bounded kill -KILL "$(inside_pid "$pid")"
        reap "$pid"
        expect_status 137
        reuse "$pid"
        run ! kill -KILL "$pid"
        run ! kill -0 "$pid"
        run ! box_has "$pid"
        echo "$output"'
    expect_match "the test, and who has the number" $'\nok 1 .*innocent lives$' "$output"
    inner_numbered 'spawn sleep 1000
        run -0 bounded kill -KILL "$(inside_pid "$SPAWNED")"
        reap "$SPAWNED"
        reuse "$SPAWNED"
        builtin kill -KILL "$SPAWNED"'
    expect_match "control" $'\nok 1 .*innocent was killed$' "$output"
}

@test "once its container has ended, nothing of the machine is compared with a test's" {
    inner_numbered "$ENDS; for word in 'machine_pid' 'ns_of self pid' 'same_ns pid self self' 'footprint' 'cgroup_file /proc/self/cgroup'; do
        run ! \$word
        expect_match \"\$word\" 'the sandbox of this test has ended' \"\$output\"
    done; reuse \"\$init\"; run ! footprint"
    expect_match "the test" $'\nok 1 ' "$output"
}
