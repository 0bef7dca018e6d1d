# harness/tests/setup.bats - what setup would install, with package managers of our own
# shellcheck disable=SC2154,SC2030,SC2031  # output, lines and status are set by run

load fixture

# A folder of programs: package managers that write down what they were asked,
# and the few others that setup itself needs.  Nothing else is in PATH, so that
# each test chooses the distribution.
setup() {
    local name
    lab_setup
    fixture
    BIN=$TREE/bin
    LOG=$TREE/log
    mkdir "$BIN"
    : >"$LOG"
    for name in bash sh env cat cut dirname basename id grep head setpriv sed stat awk chmod touch sleep; do
        ln -s "$(type -P "$name")" "$BIN/$name"
    done
    cat >"$TREE/harness/packages" <<'END'
# probe | apt | dnf | pacman | group | what for
command course-one      | pkg-one  | one-rpm | one-arch | build | the first thing
command course-two>=1.5 | pkg-two  | two-rpm | two-arch | test  | the second thing
header course-three.h three | pkg-three | -  | three    | lint  | the third thing
END
}

# manager NAME [STATUS]: a package manager that installs what it is asked for
# (pkg-one brings course-one, and so on), or fails with STATUS
manager() {
    cat >"$BIN/$1" <<END
#!/bin/sh
echo "$1 \${DEBIAN_FRONTEND-} \$*" >>"$LOG"
case " \$* " in *" update "*) : >"$TREE/updated"; exit 0 ;; esac
[ "${2-0}" = 0 ] || [ -e "$TREE/updated" ] || exit ${2-0}
case "\$*" in *one*) printf '#!/bin/sh\n' >"$BIN/course-one"; chmod 755 "$BIN/course-one" ;; esac
case "\$*" in *two*) printf '#!/bin/sh\necho Course two %s\n' "\${NEW-1.10.0}" >"$BIN/course-two"; chmod 755 "$BIN/course-two" ;; esac
exit 0
END
    chmod 755 "$BIN/$1"
}

# have NAME [VERSION]: it is installed already
have() {
    printf '#!/bin/sh\necho %s %s\n' "$1" "${2-1.5.0}" >"$BIN/$1"
    chmod 755 "$BIN/$1"
}

setup_course() { run env -u DEBIAN_FRONTEND PATH="$BIN" bash "$TREE/harness/setup" "$@"; }
logged() { cat "$LOG"; }

@test "--check: one line a missing thing, with its package and what to run; nothing is installed" {
    manager apt-get
    setup_course --check
    expect_status 1
    expect "lines" 2 "${#lines[@]}"
    expect_match "the first" '^missing: course-one, for the first thing: package pkg-one; run: sudo make setup$' "${lines[0]}"
    expect_match "the second" 'package pkg-two; run: sudo make setup$' "${lines[1]}"
    setup_course --check build
    expect "lines" 1 "${#lines[@]}"
    setup_course --check lint
    has "course-three.h" "pkg-three" "sudo harness/setup lint"
    expect "asked of apt-get" "" "$(logged)"
}

@test "--check: silent and 0 where all is there" {
    manager apt-get
    have course-one
    have course-two 1.5
    setup_course --check
    expect_status 0
    expect_output ''
}

@test "the package's name is this distribution's" {
    manager dnf
    setup_course --check
    has "package one-rpm" "package two-rpm"
    setup_course --check lint
    has "has no package of it"
    rm "$BIN/dnf"
    manager pacman
    setup_course --check
    has "package one-arch"
}

@test "--unpackaged: whether this distribution has no package of it" {
    manager apt-get
    setup_course --unpackaged course-three.h
    expect_status 1
    rm "$BIN/apt-get"
    manager dnf
    setup_course --unpackaged course-three.h
    expect_status 0
    expect_output ''
    setup_course --unpackaged course-one
    expect_status 1
    setup_course --unpackaged nonesuch
    expect_status 1
}

@test "installs what is missing and nothing else, says what and why; then that nothing is missing" {
    require root
    manager apt-get
    have course-one
    setup_course
    expect_status 0
    has "pkg-two" "the second thing"
    has_not "pkg-one"
    expect_match "the call" 'apt-get noninteractive .*install --no-install-recommends --no-upgrade pkg-two'$'?\n''?$' "$(grep install "$LOG")"
    : >"$LOG"
    setup_course
    expect_status 0
    expect_output 'setup: nothing is missing'
    setup_course --quiet
    expect_status 0
    expect_output ''
    expect "asked of apt-get" "" "$(logged)"
}

@test "dnf and pacman are asked in their own words" {
    require root
    manager dnf
    setup_course
    expect_status 0
    expect "the call" "dnf  install -y --setopt=install_weak_deps=False one-rpm two-rpm" "$(logged)"
    rm "$BIN"/dnf "$BIN"/course-*
    : >"$LOG"
    manager pacman
    setup_course
    expect_status 0
    expect "the call" "pacman  -S --needed --noconfirm one-arch two-arch" "$(logged)"
}

@test "where the install fails, it fetches the lists and tries again" {
    require root
    manager apt-get 100
    setup_course
    expect_status 0
    has "pkg-one"
    expect_match "the calls" 'update.*install' "$(tr '\n' ' ' <"$LOG")"
}

@test "what is still missing afterwards is said, status 1" {
    require root
    manager apt-get
    export NEW=1.4.9
    setup_course
    expect_status 1
    has "still missing" "course-two" "here: course-two 1.4.9"
    has_not "missing: course-one, "
}

@test "too old a version is missing; a newer one is not" {
    manager apt-get
    have course-one
    local version
    for version in 1.4.9 0.9 1.2.1 none; do
        have course-two "$version"
        setup_course --check
        expect_status 1
        has "course-two"
    done
    for version in 1.5 1.5.0 1.10.0 2.0; do
        have course-two "$version"
        setup_course --check
        expect_status 0
    done
}

@test "an old bats: the remedy is spelled out" {
    require root
    echo 'command bats>=1.7 | bats | bats | bats | test | the graded tests' >"$TREE/harness/packages"
    manager apt-get
    have bats 1.2.1
    setup_course
    expect_status 1
    has "here: bats 1.2.1" "git clone" "install.sh /usr/local" "npm install -g bats"
}

@test "without root and without sudo: which command root must run, status 1" {
    require user
    manager apt-get
    run as_user env PATH="$BIN" bash "$TREE/harness/setup"
    expect_status 1
    has "missing: course-one" "Run as root: env DEBIAN_FRONTEND=noninteractive apt-get" "--no-upgrade pkg-one pkg-two"
    has_not "installing"
    expect "asked of apt-get" "" "$(logged)"
}

@test "without root, sudo is taken where it asks nothing, and not where it would" {
    require user
    manager apt-get
    chmod 666 "$LOG"
    chmod 777 "$BIN"
    # shellcheck disable=SC2016  # for that script to expand
    printf '#!/bin/sh\n[ "$1" = -n ] && shift\nexec "$@"\n' >"$BIN/sudo"
    chmod 755 "$BIN/sudo"
    ln -s "$(type -P true)" "$BIN/true"
    run as_user env PATH="$BIN" bash "$TREE/harness/setup"
    expect_status 0
    expect_match "the call" 'install .*pkg-one pkg-two' "$(logged)"
    rm "$BIN"/course-*
    printf '#!/bin/sh\nexit 1\n' >"$BIN/sudo"
    run as_user env PATH="$BIN" bash "$TREE/harness/setup" </dev/null
    expect_status 1
    has "Run as root:"
}

@test "an unknown distribution: the names to look for" {
    setup_course
    expect_status 1
    has "neither apt-get, dnf nor pacman" "pkg-one" "pkg-two"
}

@test "interrupted: it says so in one line and ends with 128 and the signal" {
    require root
    printf '#!/bin/sh\ntouch %s/asked\nexec sleep 60\n' "$TREE" >"$BIN/apt-get"
    chmod 755 "$BIN/apt-get"
    local signal
    for signal in HUP:129 INT:130 TERM:143; do
        rm -f "$TREE/asked"
        spawn setsid env --default-signal PATH="$BIN" bash "$TREE/harness/setup"
        wait_for test -e "$TREE/asked"
        kill "-${signal%:*}" -- "-$SPAWNED"
        reap "$SPAWNED"
        expect_status "${signal#*:}"
        # bash may name a child that a signal ended; the line is ours.
        expect "lines on $signal" 1 "$(grep -c '^setup: interrupted' "$SPAWNED_ERR")"
    done
}

@test "wrong usage is 2" {
    setup_course nonsense
    expect_status 2
    setup_course --check build nonsense
    expect_status 2
}

@test "the course's own table: six fields a line, probes and groups that setup knows" {
    local line fields
    while IFS= read -r line; do
        case $line in '' | '#'*) continue ;; esac
        IFS='|' read -r -a fields <<<"$line"
        expect "fields of: $line" 6 "${#fields[@]}"
        expect_match "probe" '^(on [a-z0-9_]+ )?((command|static|compiler|cross|file) [^ ]+|header [^ ]+ [^ ]+( -[^ ]+)*|library [^ ]+ [^ ]+( [-@][^ ]+)+) *$' "${fields[0]}"
        expect_match "names: $line" '^ *[^ ]+ +[^ ]+ +[^ ]+ *$' "${fields[1]}${fields[2]}${fields[3]}"
        expect_match "groups of: $line" '^( (build|check|class|test|mutants|lint|vm|vm-arm64|fresh|bench|book|extra))+ $' "${fields[4]}"
    done <../packages
}

@test "a header is what the compiler finds, and no file that is only called so" {
    hint "the kernel has a linux/seccomp.h, liblzma a lzma/check.h: include directories in cpp(1)"
    manager apt-get
    have course-one
    have course-two 1.5
    # A compiler that looks in a folder of this test's first; there is no such header yet.
    printf '#!/bin/sh\nPATH=%s exec cc -I "%s" "$@"\n' "$PATH" "$TREE/include" >"$BIN/course-cc"
    chmod 755 "$BIN/course-cc"
    mkdir -p "$TREE/include/linux"
    echo 'extern int three;' >"$TREE/include/linux/course-three.h"
    with_cc() { run env -u DEBIAN_FRONTEND PATH="$BIN" CC=course-cc bash "$TREE/harness/setup" --check lint; }
    with_cc
    expect_status 1
    has "course-three.h" "pkg-three"
    local text
    for text in '' '#include <course-gone.h>' 'extern int four;'; do
        echo "$text" >"$TREE/include/course-three.h"
        with_cc
        expect_status 1
    done
    echo 'extern int three;' >"$TREE/include/course-three.h"
    with_cc
    expect_status 0
    expect_output ''
    # and without a compiler there is none
    rm "$TREE/include/course-three.h"
    run env -u DEBIAN_FRONTEND PATH="$BIN" CC=no-such-compiler bash "$TREE/harness/setup" --check lint
    expect_status 1
    has "course-three.h" "pkg-three"
}

@test "this machine has what building and testing need, and setup agrees" {
    run ../setup --check
    expect_status 0
    expect_output ''
}

# ---- what is there, and what only looks so --------------------------------------

# plant_program LINE...: the table has course-one and nothing else; the program is this script
plant_program() {
    rm -rf "$BIN/course-one"
    printf '%s\n' "$@" >"$BIN/course-one"
    chmod 755 "$BIN/course-one"
}
one_row() { echo "$1 | pkg-one | one-rpm | one-arch | build | the first thing" >"$TREE/harness/packages"; }
# seen, not_seen WHAT: that row is there, is missing
seen() {
    setup_course --check
    [ "$status" -eq 0 ] || { echo "missed: $1"; echo "$output"; return 1; }
    expect "what is said of $1" "" "$output"
}
not_seen() {
    setup_course --check
    [ "$status" -eq 1 ] || { echo "not missed: $1"; return 1; }
    expect "lines for $1" 1 "${#lines[@]}"
    has "package pkg-one"
}

@test "a program is what runs, whatever it ends with" {
    local status_of
    manager apt-get
    one_row 'command course-one'
    for status_of in 0 1 2 77 125 128 193 255; do
        plant_program '#!/bin/sh' "exit $status_of"
        seen "one that ends with $status_of"
    done
    for status_of in 126 127; do
        plant_program '#!/bin/sh' "exit $status_of"
        not_seen "one that ends with $status_of"
    done
    # shellcheck disable=SC2016  # for that sh to expand
    plant_program '#!/bin/sh' 'kill -KILL $$'
    not_seen "one that a signal ends"
    plant_program '#!/nonesuch/interpreter'
    not_seen "a script without its interpreter"
    plant_program '#!/bin/sh' 'exec nonesuch-program "$@"'
    not_seen "a wrapper of nothing"
    plant_program 'echo no first line'
    not_seen "a file that no kernel starts"
    : >"$BIN/course-one"
    not_seen "an empty file"
    chmod 644 "$BIN/course-one"
    not_seen "a file that may not be run"
    rm "$BIN/course-one"
    ln -s nonesuch "$BIN/course-one"
    not_seen "a link to nothing"
    rm "$BIN/course-one"
    mkdir "$BIN/course-one"
    not_seen "a folder"
    rmdir "$BIN/course-one"
    # A program of another machine: its 18th byte names that.
    cp "$(type -P true)" "$BIN/course-one"
    seen "this machine's"
    printf '\26' | dd of="$BIN/course-one" bs=1 seek=18 conv=notrunc status=none
    not_seen "another machine's"
}

@test "a version counts if the program says it and ends well" {
    manager apt-get
    one_row 'command course-one>=20210822'
    plant_program '#!/bin/sh' 'echo GNU course 20221122'
    seen "a new one"
    plant_program '#!/bin/sh' 'echo GNU course 20221122 >&2' 'exit 1'
    not_seen "usage, with a number in it"
    plant_program '#!/bin/sh' 'echo GNU course 20221122' 'exit 1'
    not_seen "an error"
    # The other program of that name has a note of GNU in it, like every other.
    cp "$(type -P true)" "$BIN/course-one"
    not_seen "another program of that name"
    one_row 'command course-one>=1.6'
    plant_program '#!/bin/sh' 'echo course-1.10rc1'
    seen "1.10"
    plant_program '#!/bin/sh' 'echo course-1.08'
    seen "1.08, which is not octal"
    plant_program '#!/bin/sh' 'echo course-1'
    not_seen "1"
    plant_program '#!/bin/sh' 'echo course-2'
    seen "2"
}

@test "a static busybox is one that no loader starts" {
    manager apt-get
    one_row 'static course-one'
    require tool:busybox
    cp "$(type -P busybox)" "$BIN/course-one"
    # It is the shell of that name that it is asked for.
    mv "$BIN/course-one" "$TREE/busybox"
    plant_program '#!/bin/sh' "exec '$TREE/busybox' \"\$@\""
    not_seen "a script around one"
    sed -i 's/course-one/busybox/' "$TREE/harness/packages"
    rm "$BIN/course-one"
    ln -s "$TREE/busybox" "$BIN/busybox"
    seen "a static one"
    rm "$BIN/busybox"
    # It starts a shell, too.
    cp "$(type -P env)" "$BIN/busybox"
    not_seen "a dynamic one"
    has "busybox, but it is not static"
    cp "$(type -P true)" "$BIN/busybox"
    not_seen "one without a shell"
    has "does not run"
}

@test "a root filesystem is made of a busybox that runs and is static" {
    require tool:busybox
    local dir=$BATS_TEST_TMPDIR/programs program
    mkdir "$dir"
    : >"$dir/busybox"
    chmod 755 "$dir/busybox"
    for program in '' "$(type -P true)" "$(type -P env)"; do
        [ -z "$program" ] || cp "$program" "$dir/busybox"
        run env PATH="$dir:$PATH" "$LAB_TOP/capstone/rootfs.sh" "$BATS_TEST_TMPDIR/rootfs"
        expect_status 1
        expect "lines" 1 "${#lines[@]}"
        has "package busybox-static"
        expect "what is made" "" "$(compgen -G "$BATS_TEST_TMPDIR/rootfs*" || true)"
    done
    run "$LAB_TOP/capstone/rootfs.sh" "$BATS_TEST_TMPDIR/rootfs"
    expect_status 0
    [ -x "$BATS_TEST_TMPDIR/rootfs/bin/sh" ]
}

@test "a library is what links, and has what is needed of it" {
    local libraries=$TREE/lib
    require tool:cc tool:ar
    manager apt-get
    mkdir "$libraries"
    echo 'int three;' | cc -x c - -c -o "$TREE/three.o"
    echo 'int four;' | cc -x c - -c -o "$TREE/four.o"
    printf '#!/bin/sh\nPATH=%s exec cc "$@" -L "%s"\n' "$PATH" "$libraries" >"$BIN/course-cc"
    chmod 755 "$BIN/course-cc"
    export CC=course-cc
    one_row 'library libthree three -lthree'
    not_seen "none"
    : >"$libraries/libthree.a"
    not_seen "an empty file"
    rm "$libraries/libthree.a"
    ar qc "$libraries/libthree.a"
    not_seen "an empty archive"
    ar qc "$libraries/libthree.a" "$TREE/four.o"
    not_seen "another library of that name"
    ar qc "$libraries/libthree.a" "$TREE/three.o"
    seen "the library"
    one_row 'library libthree three -static -lthree'
    seen "the library, statically"
    rm "$libraries/libthree.a"
    echo 'int three;' | cc -shared -fPIC -x c - -o "$libraries/libthree.so"
    not_seen "a dynamic one, statically"
    one_row 'library libthree three -lthree'
    seen "a dynamic one"
    printf '\26' | dd of="$libraries/libthree.so" bs=1 seek=18 conv=notrunc status=none
    not_seen "another machine's"
}

@test "settings that break the compiler are named; no package is" {
    require tool:cc
    manager apt-get
    printf '#!/bin/sh\nPATH=%s exec cc "$@"\n' "$PATH" >"$BIN/cc"
    chmod 755 "$BIN/cc"
    one_row 'library libc getpid -lc'
    seen "the C library"
    local setting
    for setting in 'CC=cc -mno-such-option' CC=no-such-compiler CFLAGS=--no-such-option \
        CPPFLAGS=-no-such-option LDFLAGS=-Wl,--no-such-option; do
        run env PATH="$BIN" "$setting" bash "$TREE/harness/setup"
        expect_status 1
        expect "lines for $setting" 1 "${#lines[@]}"
        has "with ${setting%%=*}='${setting#*=}' something does not build that builds without"
        run env PATH="$BIN" "$setting" bash -c '. "$1"; machine_lacks build' . "$TREE/support/lib.bash"
        expect_status 0
        has "${setting%%=*}='${setting#*=}'"
    done
    expect "asked of apt-get" "" "$(logged)"
    export CFLAGS='-O2 -Wall -Wextra -Werror -flto' CPPFLAGS=-DNDEBUG LDFLAGS=-Wl,--as-needed
    seen "the C library, with settings that do no harm"
    one_row 'library libnone getpid -lnone'
    not_seen "a library that is not there, with the same"
}

@test "the caller's surroundings decide nothing" {
    manager apt-get
    have course-one
    one_row 'command course-one'
    in_odd() { cd "$TREE" && env "$@" bash harness/setup --check; }
    mkdir -p "$TREE/decoy/harness" "$TREE/decoy/support"
    run in_odd PATH="$BIN" CDPATH="$TREE/decoy"
    expect_status 0
    expect_output ''
    run in_odd PATH=":.::$BIN:/nonesuch:$TREE/harness/packages:" LC_ALL=nonesuch LANG=tr_TR.UTF-8 IFS=o POSIXLY_CORRECT=1 umask=1
    expect_status 0
    run bash -c 'umask 777; cd "$1" && PATH=$2 bash harness/setup --check' . "$TREE" "$BIN"
    expect_status 0
    run bash -c 'cd "$1" && PATH=$2 bash harness/setup --check <&- >&-' . "$TREE" "$BIN"
    expect_status 0
    # Not there, but for this folder, a function, or a folder of that name in CDPATH.
    mv "$BIN/course-one" "$TREE/course-one"
    # shellcheck disable=SC2329  # not to be called
    course-one() { :; }
    export -f course-one
    run in_odd PATH=".:$BIN:"
    expect_status 1
    has "missing: course-one"
}

@test "no script of the course is led astray by CDPATH" {
    local decoy=$BATS_TEST_TMPDIR/decoy script
    cd "$LAB_TOP"
    while IFS= read -r script; do
        mkdir -p "$decoy/${script%/*}"
        run env CDPATH="$decoy" timeout 20 "$script" --help </dev/null
        [[ $output != *"$decoy"* ]] || { echo "$script: $output"; return 1; }
        # The same with the folder of that name where it is.
        run env CDPATH="$LAB_TOP" timeout 20 "$script" --help </dev/null
        [[ $output != *"No such file"* ]] || { echo "$script: $output"; return 1; }
    done < <(grep -lE '^#!/usr/bin/env bash' harness/* grader/* book/build book/figures/draw 2>/dev/null)
    run grep -rnE '=\$\(cd "\$\(dirname "\$\{BASH_SOURCE' --include='*' harness grader capstone support book labs
    expect "scripts that look for themselves with CDPATH" "support/lib.bash" "$(printf '%s\n' "${lines[@]%%:*}" | sort -u)"
}

@test "--fields: for programs: what, its package, what for, what is here instead" {
    manager apt-get
    have course-two 1.4
    setup_course --fields build test
    expect_status 1
    expect_output $'course-one\tpkg-one\tthe first thing\t\ncourse-two\tpkg-two\tthe second thing\tcourse-two 1.4'
    have course-one
    have course-two 1.5
    setup_course --fields
    expect_status 0
    expect_output ''
}

@test "a lock of another package manager: one line, nothing is tried again" {
    require root tool:flock
    manager apt-get 100
    mkdir "$TREE/dpkg"
    : >"$TREE/dpkg/lock-frontend"
    printf '#!/bin/sh\necho "$2=%s/dpkg/status"\n' "$TREE" >"$BIN/apt-config"
    chmod 755 "$BIN/apt-config"
    exec 8<"$TREE/dpkg/lock-frontend"
    flock 8
    setup_course
    expect_status 1
    has "another package manager is at work (it holds $TREE/dpkg/lock-frontend)"
    has_not "still missing"
    expect "calls of apt-get" 1 "$(grep -c install "$LOG")"
    # and without the lock
    exec 8<&-
    setup_course
    expect_status 0
}

@test "no network: what is known is not tried one by one" {
    require root
    # Knows every name, and gets none.
    printf '#!/bin/sh\necho "$*" >>%s\ncase "$*" in *--simulate*) exit 0 ;; esac\necho "E: no network" >&2\nexit 100\n' "$LOG" >"$BIN/apt-get"
    chmod 755 "$BIN/apt-get"
    setup_course
    expect_status 1
    has "still missing after installing (what apt-get said stands above)" "missing: course-one" "missing: course-two"
    expect "attempts" 1 "$(grep -c ' install --no-install-recommends --no-upgrade' "$LOG")"
    # A name that is unknown does not hold up the others.
    printf '#!/bin/sh\necho "$*" >>%s\ncase "$*" in *pkg-two*) exit 100 ;; *--simulate* | *update*) exit 0 ;; esac\nprintf "#!/bin/sh\\n" >%s; chmod 755 %s\n' \
        "$LOG" "$BIN/course-one" "$BIN/course-one" >"$BIN/apt-get"
    setup_course
    expect_status 1
    has "missing: course-two"
    has_not "missing: course-one,"
}

# ---- the whole table ------------------------------------------------------------

# in_roots TREE [KIND [PACKAGE]]: see setup-root
in_roots() {
    require root ns:mnt overlay tool:dpkg tool:busybox tool:cc
    run unshare --mount --propagation private ./setup-root "$@"
    [ "$status" -ne 77 ] || mendable setup-root "$output" "$ELSEWHERE"
}

@test "each probe of build, check, class and test tells whether just its package is there" {
    hint "an overlay on / without the files of one package, dpkg(1)"
    in_roots "$LAB_TOP"
    expect_status 0
    expect "what is wrong, and the rows" \
        "$(awk -F '|' '!/^#/ && $5 ~ / (build|check|class|test) / { n++ } END { print n " rows" }' ../packages)" "$output"
}

# loosened FROM TO: $TREE's setup with the lines that have FROM changed
loosened() {
    cp ../packages "$TREE/harness/"
    grep -qF -- "$1" ../setup || { echo "setup has no line with: $1"; return 1; }
    FROM=$1 TO=$2 awk '(at = index($0, ENVIRON["FROM"])) {
        $0 = substr($0, 1, at - 1) ENVIRON["TO"] substr($0, at + length(ENVIRON["FROM"])) } { print }' ../setup >"$TREE/harness/setup"
}

# taken_in WHEN KIND PACKAGE: that test fails for a setup that is loosened so
taken_in() {
    in_roots "$TREE" "$2" "$3"
    expect_status 1
    has "$3: $2 " "$1, setup does not miss it"
}

@test "a probe that is loosened makes that test fail, each in its way" {
    # shellcheck disable=SC2016  # lines of setup
    {
        loosened 'is_program "$PROGRAM" || return 1' ':'
        taken_in "with files that look like it" command strace
        loosened 'command) program_runs' 'command) true program_runs'
        taken_in "without it" command strace
        loosened 'at_least "${BASH_REMATCH[0]}" "${2#'"'>='"'}" || return 1' ':'
        taken_in "with files that look like it" command parallel
        loosened 'LD_TRACE_LOADED_OBJECTS=1 ' ''
        taken_in "with files that look like it" static busybox-static
        loosened '"extern __typeof__(${words[2]}) *h$i;"' '""'
        taken_in "with files that look like it" header libseccomp-dev
        loosened 'header*) try -fsyntax-only "$i" ;;' 'header*) true ;;'
        taken_in "without it" header libseccomp-dev
        loosened ' char *a$i = &s$i;' ''
        taken_in "with files that look like it" library libseccomp-dev
        loosened '*) try "$i" ;;' '*) true ;;'
        taken_in "without it" library libseccomp-dev
        loosened 'compiler*) try -c "$i" ;;' 'compiler*) true ;;'
        taken_in "without it" compiler gcc
    }
    # and one that is too strict
    loosened 'static) program_is_static' 'static) false program_is_static'
    in_roots "$TREE" static busybox-static
    expect_status 1
    has "busybox: it is there, and setup misses it"
}

# used: what the course includes, links and requires, into the files headers, libraries and
# programs: NAME PATH
used() {
    local name
    cd "$LAB_TOP" || return
    find labs capstone grader support harness -name '*.[ch]' ! -path '*/tests/*' -print0 |
        xargs -0 sed -nE 's/^# *include <([^>]+)>.*/\1/p' | sort -u >"$WORK/names"
    sed 's/.*/#include <&>/' "$WORK/names" | cc -D_GNU_SOURCE -I/usr/include/libnl3 -M -MG -x c - | tr ' ' '\n' >"$WORK/paths"
    # Of two that end so the one with less before it: linux/seccomp.h is not <seccomp.h>.
    awk 'NR == FNR { path[++n] = $0; next } {
            best = ""
            for (i = 1; i <= n; i++)
                if (substr(path[i], length(path[i]) - length($0)) == "/" $0 && (best == "" || length(path[i]) < length(best)))
                    best = path[i]
            print "<" $0 "> " best
        }' "$WORK/paths" "$WORK/names" >"$WORK/used"
    find labs capstone grader support -name Makefile -exec grep -ohE '(^|[[:space:]])-l[a-z0-9-]+' {} + | tr -d ' \t' | sort -u |
        while IFS= read -r name; do echo "$name $(cc -print-file-name="lib${name#-l}.so")"; done >>"$WORK/used"
    grep -rhoE 'tool:[a-zA-Z0-9._-]+' --include='*.bats' labs capstone grader harness support | sed 's/tool://' | sort -u |
        while IFS= read -r name; do echo "$name $(type -P "$name" || true)"; done >>"$WORK/used"
}

# owners: NAME PACKAGE of each of them that a package has; a merged /usr has two names
owners() {
    while read -r name path; do
        [[ $path = /* ]] || continue
        printf '%s\n' "$path $name" "${path#/usr} $name" "$(realpath "$path") $name"
    done <"$WORK/used" | sort -u >"$WORK/candidates"
    cut -d ' ' -f 1 "$WORK/candidates" | xargs -d '\n' dpkg -S 2>/dev/null | grep -v '^diversion ' >"$WORK/found" || true
    awk 'NR == FNR { path = $NF; sub(/[:,].*/, ""); owner[path] = $0; next }
        $1 in owner && !seen[$2]++ { print $2, owner[$1] }' "$WORK/found" "$WORK/candidates" >"$WORK/owners"
}

# not_in_table FILE: those whose package is not in that table, nor always there, nor one
# that a package of the table or the compiler brings along; libraries without a row
not_in_table() {
    awk -F ' *[|] *' '!/^#/ && NF == 6 { print $2 }' "$1" | sort -u >"$WORK/have"
    {
        cat "$WORK/have"
        xargs -d '\n' dpkg-query -W -f '${Depends}\n' <"$WORK/have" 2>/dev/null | tr ',' '\n' | sed 's/^ *//; s/[ :].*//' | grep -v -- '-dev$'
        dpkg-query -W -f '${Essential} ${Package}\n' | sed -n 's/^yes //p'
        printf '%s\n' binutils systemd
    } | sort -u >"$WORK/allowed"
    # A package whose header is included has a row for one of its headers.
    awk -F ' *[|] *' '/^header/ { print "<" $2 }' "$1" >>"$WORK/allowed"
    awk 'NR == FNR { allowed[$1] = 1; next }
        { what = ($1 ~ /^</ ? "<" : "") $2 }
        !(what in allowed) && $2 !~ /^(libgcc-.*-dev|gcc-[0-9]+)$/ { print $1 " of " $2 }' "$WORK/allowed" "$WORK/owners"
    # The C library has -lm and -lutil.
    grep '^-l' "$WORK/owners" | grep -v ' libc6-dev$' | while read -r name _; do
        grep -qE "^library .* $name( |\$)" "$1" || echo "no row links $name"
    done
}

@test "the table has what the course includes, links and requires; without a row it has not" {
    require tool:dpkg tool:cc
    WORK=$BATS_TEST_TMPDIR
    (used)
    owners
    [ "$(grep -c '^<' "$WORK/owners")" -gt 50 ]
    run not_in_table ../packages
    expect_output ''
    grep -v '^header seccomp.h' ../packages >"$WORK/without"
    run not_in_table "$WORK/without"
    expect_output "<seccomp.h> of libseccomp-dev"
    grep -v '^library libseccomp' ../packages >"$WORK/without"
    run not_in_table "$WORK/without"
    expect_output "no row links -lseccomp"
    grep -v '^command strace' ../packages >"$WORK/without"
    run not_in_table "$WORK/without"
    expect_output "strace of strace"
}

# ---- what each target asks for ----------------------------------------------------

# asked TARGET [VARIABLE=...]: the groups that make asks setup for, in front of that target
asked() {
    (cd "$LAB_TOP" && env -u MAKEFLAGS -u MAKELEVEL -u LAB -u SUBMISSIONS make -n "$@" 2>/dev/null) |
        sed "s/\$(harness\/vm --groups)/$(../vm --groups)/" |
        sed -nE 's/.*harness\/setup (--quiet |--check )?([a-z]+( [a-z]+)*).*/\2/p' | tr ' ' '\n' | sort -u | paste -sd ' '
}

@test "each target asks for what it uses, and for no more" {
    require tool:make
    local target groups
    while IFS='|' read -r target groups; do
        # shellcheck disable=SC2086  # words
        expect "groups of make $target" "$groups" "$(asked $target)"
    done <<'END'
all|build
rootfs|build
handout|build
check LAB=01|build
demo LAB=01|build
grade|build check
grade SUBMISSIONS=hand-ins|build check class
mutants|build check mutants
test|book build check class extra fresh lint test vm
test-vm|build check class test vm
lint|build lint
vm|build vm
book|book build
bench|bench build
bench ONLY=class|build check class
END
}

@test "without the compiler for arm64 only those ask for it that use it" {
    require machine:x86_64 root ns:mnt tool:aarch64-linux-gnu-gcc tool:make
    : >"$TREE/empty"
    # without CMD...: that compiler is an empty file
    # shellcheck disable=SC2016  # for that sh to expand
    without() { run unshare --mount --propagation slave sh -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' without "$TREE/empty" "$(realpath "$(type -P aarch64-linux-gnu-gcc)")" "$@"; }
    local target
    for target in mutants test-vm grade vm; do
        # shellcheck disable=SC2046  # words
        without ../setup --check $(asked "$target")
        expect_output ''
    done
    without ../setup --check lint
    expect_status 1
    has "aarch64-linux-gnu-gcc"
}
