# harness/tests/setup.bats - what setup would install, with package managers of our own
# shellcheck disable=SC2154  # output and status are set by run

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
    for name in bash sh env cat dirname basename id grep head setpriv sed awk chmod touch sleep; do
        ln -s "$(type -P "$name")" "$BIN/$name"
    done
    cat >"$TREE/harness/packages" <<'END'
# probe | apt | dnf | pacman | group | what for
command course-one      | pkg-one  | one-rpm | one-arch | build | the first thing
command course-two>=1.5 | pkg-two  | two-rpm | two-arch | test  | the second thing
header course-three.h   | pkg-three | -      | three    | lint  | the third thing
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

@test "installs what is missing and nothing else, says what and why; then it is quiet" {
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
    echo 'command bats>=1.5 | bats | bats | bats | test | the graded tests' >"$TREE/harness/packages"
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
    has "Run as root: env DEBIAN_FRONTEND=noninteractive apt-get" "--no-upgrade pkg-one pkg-two"
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

@test "interrupted: it says so and ends with 130" {
    require root
    printf '#!/bin/sh\ntouch %s/asked\nexec sleep 60\n' "$TREE" >"$BIN/apt-get"
    chmod 755 "$BIN/apt-get"
    spawn setsid env --default-signal PATH="$BIN" bash "$TREE/harness/setup"
    wait_for test -e "$TREE/asked"
    kill -INT -- "-$SPAWNED"
    reap "$SPAWNED"
    expect_status 130
    expect_match "what it said" 'interrupted' "$(cat "$SPAWNED_ERR")"
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
        expect_match "probe" '^(on [a-z0-9_]+ )?(command|header|library|file|static|gnu) [^ ]' "${fields[0]}"
        expect_match "group of: $line" '^ (build|check|test|lint|vm|bench|book|extra) $' "${fields[4]}"
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
    : >"$TREE/include/linux/course-three.h"
    with_cc() { run env -u DEBIAN_FRONTEND PATH="$BIN" CC=course-cc bash "$TREE/harness/setup" --check lint; }
    with_cc
    expect_status 1
    has "course-three.h" "pkg-three"
    : >"$TREE/include/course-three.h"
    with_cc
    expect_status 0
    expect_output ''
    # and without a compiler there is none
    run env -u DEBIAN_FRONTEND PATH="$BIN" CC=no-such-compiler bash "$TREE/harness/setup" --check lint
    expect_status 1
    has "course-three.h" "pkg-three"
}

@test "each header and library of the table is found here, and missing where only it is taken away" {
    local kind name
    while read -r kind name; do
        run env -u CC "${CC:-cc}" -I /usr/include/libnl3 -E -x c - <<<"#include <$name>"
        [ "$kind" = library ] || expect "$name, asked of the compiler itself" 0 "$status"
        # A compiler for which it is not there.
        printf '#!/bin/sh\ncase "$*" in *-print-file-name=%s*) echo %s; exit ;; esac\nsed "s|<%s>|</none>|" | exec cc "$@"\n' \
            "$name" "$name" "$name" >"$BIN/lacking"
        chmod 755 "$BIN/lacking"
        run env CC="$BIN/lacking" ../setup --check build check test
        expect_status 1
        expect "lines without $name" 1 "${#lines[@]}"
        has "missing: $name,"
    done < <(sed -nE 's/^(header|library) ([^ |]+).*[|] (build|check|test) +[|].*/\1 \2/p' ../packages)
}

@test "this machine has what building and testing need, and setup agrees" {
    run ../setup --check
    expect_status 0
    expect_output ''
}
