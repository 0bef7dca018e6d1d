# harness/tests/skeleton.bats - the student's version of an exercise
# shellcheck disable=SC2154  # output and stderr are set by run

load fixture

setup() {
    lab_setup
    user_dir
    SOURCE=$USER_DIR/x.c
}

skeleton() { run --separate-stderr ../skeleton "$SOURCE"; }

@test "an indented block becomes one line that ends the program; a whole function is dropped" {
    cat >"$SOURCE" <<'END'
#include <err.h>
/* BEGIN SOLUTION */
static int helper(void) { return 3; }
/* END SOLUTION */
int main(void)
{
	/* TODO 1: see foo(2) */
	/* BEGIN SOLUTION */
	return helper();
	/* END SOLUTION */
}
END
    skeleton
    expect_status 0
    expect_output '#include <err.h>
int main(void)
{
	/* TODO 1: see foo(2) */
	errx(125, "not written yet: line %d of %s", __LINE__, __FILE__);
}'
    gcc -o "$USER_DIR/x" -xc - <<<"$output"
    run "$USER_DIR/x"
    expect_status 125
}

@test "marks that do not pair are an error, and nothing is printed" {
    local text
    for text in 'int x;' '/* BEGIN SOLUTION */\nint x;' '/* END SOLUTION */\nint x;' \
        '/* BEGIN SOLUTION */\n/* BEGIN SOLUTION */\n/* END SOLUTION */' \
        'int y; /* BEGIN SOLUTION */\nint x;\n/* END SOLUTION */' \
        '/* BEGIN SOLUTION */\nint x;\n/* END SOLUTION */ int y;'; do
        printf '%b\n' "$text" >"$SOURCE"
        skeleton
        expect_status 1
        expect_output ''
        expect_match "what is wrong, on stderr" '^skeleton: .*x\.c:[0-9]+: ' "$stderr"
    done
}

@test "wrong usage is 2, and so is a file that is not there" {
    run ../skeleton
    expect_status 2
    run ../skeleton /nonexistent.c
    expect_status 2
}

@test "every exercise of the course has marks that pair, and its skeleton compiles" {
    local makefile program
    for makefile in ../../labs/*/Makefile; do
        program=${makefile%/*}/$(sed -n 's/^EXERCISE *:= *//p' "$makefile")
        ../skeleton "$program.c" >"$USER_DIR/s.c"
        gcc -D_GNU_SOURCE -std=c11 -w -c "$USER_DIR/s.c" -o "$USER_DIR/s.o"
    done
}

@test "in a module of skiff, an indented block becomes one line that fails" {
    cat >"$SOURCE" <<'END'
#include "skiff.h"
int module_verb(struct failure *f)
{
	/* BEGIN SOLUTION */
	return 0;
	/* END SOLUTION */
}
END
    skeleton
    expect_status 0
    expect_output '#include "skiff.h"
int module_verb(struct failure *f)
{
	return fail(f, 0, "not written yet: line %d of %s", __LINE__, __FILE__);
}'
    gcc -D_GNU_SOURCE -I../../capstone -c -o "$USER_DIR/x.o" -xc - <<<"$output"
}

@test "every module of skiff with marks compiles without what is between them" {
    local file files
    mapfile -t files < <(grep -l 'BEGIN SOLUTION' ../../capstone/*.c)
    [ "${#files[@]}" -gt 5 ]
    for file in "${files[@]}"; do
        ../skeleton "$file" >"$USER_DIR/s.c"
        run -0 gcc -D_GNU_SOURCE -std=c11 -w -I../../capstone -I../../build/capstone -c "$USER_DIR/s.c" -o "$USER_DIR/s.o"
    done
}
