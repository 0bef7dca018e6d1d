# shellcheck shell=bash
# shellcheck disable=SC2154  # status and output are set by run
# harness/tests/student.bash - a small course for the student's commands

load fixture

# small_course: $TREE is a handout of one lab, whose program has two gaps, and a
# capstone with one test; it belongs to the ordinary user, in a path with blanks.
small_course() {
    user_dir
    TREE="$USER_DIR/a course"
    mkdir -p "$TREE"/{support,harness,labs/01-one,capstone/isolation}
    cp -r ../../grader "$TREE"
    rm -rf "$TREE/grader/tests"
    cp ../../support/{lib.bash,bats.bash,bound} "$TREE/support"
    cp ../../labs/lab.mk "$TREE/labs"
    cp ../student ../student-*.bash ../skeleton ../setup ../packages "$TREE/harness"
    printf '# Lab 01: the first\n\n## The exercise\n' >"$TREE/labs/01-one/README.md"
    printf 'EXERCISE := one\ninclude ../lab.mk\n' >"$TREE/labs/01-one/Makefile"
    solved >"$TREE/labs/01-one/solved"
    "$TREE/harness/skeleton" "$TREE/labs/01-one/solved" >"$TREE/labs/01-one/one.c"
    graded '[60] says hello' 'run --separate-stderr prog; expect_output hello' 'printf(3) says it' \
        '[40] ends with 3' 'run prog; expect_status 3' 'see exit(3)' >"$TREE/labs/01-one/one.bats"
    hints >"$TREE/labs/01-one/hints.txt"
    printf '# Capstone: skiff\n' >"$TREE/capstone/README.md"
    printf '#!/bin/sh\n' >"$TREE/capstone/rootfs.sh"
    printf 'skiff: skiff.c\n\t$(CC) $< -o $@\n' >"$TREE/capstone/Makefile"
    echo 'int main(void) { return 3; }' >"$TREE/capstone/skiff.c"
    graded '[200] ends with 3' 'run ./../skiff; expect_status 3' 'see exit(3)' >"$TREE/capstone/isolation/one.bats"
    chmod +x "$TREE/capstone/rootfs.sh"
    (
        cd "$TREE" || exit
        mkdir -p .original/labs/01-one .original/capstone
        cp labs/01-one/one.{c,bats} .original/labs/01-one
        cp capstone/skiff.c .original/capstone
        find . -type f -printf '%P\n' | sort | xargs -d '\n' sha256sum >"$USER_DIR/sums"
        mv "$USER_DIR/sums" SHA256SUMS
    )
    echo '2026-11-22 abc1234' >"$TREE/VERSION"
    [ "$EUID" -ne 0 ] || chown -R "$(lab_uid):$(lab_gid)" "$USER_DIR"
}

# solved: the reference, with its marks
solved() {
    cat <<'END'
#include <err.h>
#include <stdio.h>

int main(void)
{
	/* TODO 1: say hello,
	 * see printf(3) */
	/* BEGIN SOLUTION */
	printf("hello\n");
	/* END SOLUTION */

	/* TODO 2: end with 3, see exit(3) */
	/* BEGIN SOLUTION */
	return 3;
	/* END SOLUTION */
}
END
}

# graded NAME BODY HINT...: a bats file of such tests
graded() {
    printf 'load ../../support/bats\nexercise one\n'
    while [ $# -gt 0 ]; do
        printf '@%s "%s" {\n    hint "%s"\n    %s\n}\n' test "$1" "$3" "$2"
        shift 3
    done
}

hints() {
    cat <<'END'
# comment
== says hello
1. think of
   a greeting
2. five letters
3. printf with a newline
== ends with 3
1. only this one
END
}

# solve FROM TO: lines of one.c that say "not written yet", the first one first
write_first_gap() { sed -i '0,/errx(125, "not written yet.*/s//printf("hello\\n");/' "$TREE/labs/01-one/one.c"; }
write_second_gap() { sed -i '0,/errx(125, "not written yet.*/s//return 3;/' "$TREE/labs/01-one/one.c"; }

# student ARG...: the command as the ordinary user, without a terminal.  Variables
# in VARIABLES are for it.
student() {
    ( close_fds
        cd "$TREE" || exit
        as_user env "${VARIABLES[@]}" LC_ALL=C.UTF-8 timeout -k 2 300 harness/student "$@" </dev/null 2>&1 )
}
VARIABLES=()
