#!/usr/bin/env bats
# harness/tests/lint.bats - which calls harness/lint-calls names, and which it lets pass
# shellcheck disable=SC2154  # output and status are set by run

load ../../support/bats

setup() {
    lab_setup
    require tool:gcc
    cd "$BATS_TEST_TMPDIR" || return
}
teardown() { lab_teardown; }

# planted LINE...: the file one.c, whose function begins with these lines, from line 15 on
planted() {
    {
        cat <<'END'
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

__attribute__((format(printf, 3, 4), warn_unused_result))
int text_format(char *text, size_t size, const char *format, ...);

int f(const char *s, int n, const char *format, va_list args, FILE *file, const struct tm *when);
int f(const char *s, int n, const char *format, va_list args, FILE *file, const struct tm *when)
{
	char a[16], b[32], *c = NULL; size_t size = 0;
END
        printf '\t%s\n' "$@"
        printf '\treturn printf("%%s", a) + printf("%%s", b) + n + (s && format && args && file && when && c && size);\n}\n'
    } >one.c
}

# found WORDS LINE...: the first of these lines, and nothing else, is named, with WORDS
found() {
    local words=$1
    shift
    planted "$@"
    run "$LAB_TOP/harness/lint-calls" one.c
    [ "$status" -eq 1 ] || { echo "not found: $*"; echo "$output"; return 1; }
    expect_match "what is said of $1" "^one.c:15: $words" "$output"
    expect "lines for $1" 1 "${#lines[@]}"
}

# fine LINE...: of these nothing is said
fine() {
    planted "$@"
    run "$LAB_TOP/harness/lint-calls" one.c
    [ "$status" -eq 0 ] || { echo "named: $*"; echo "$output"; return 1; }
    expect "what is said of $1" "" "$output"
}

@test "a result that is not looked at, where the text may not fit, is found" {
    found 'snprintf' 'snprintf(a, sizeof(a), "%s", s);'
    found 'snprintf' '(void)snprintf(a, sizeof(a), "%.*s", n, s);'
    found 'snprintf' 'if (n) snprintf(a, sizeof(a), "%-8s|", s);'
    found 'snprintf' 'snprintf(a, sizeof(a), "/proc/%d/fd", n);'
    found 'snprintf' 'snprintf(a, sizeof(a), format, "x");'
    found 'snprintf' 'snprintf(a, sizeof(a),' '	 "%s,%d", s, n);'
    found 'vsnprintf' 'vsnprintf(a, sizeof(a), format, args);'
    found 'strftime' 'strftime(a, sizeof(a), "%A %Y", when);'
}

@test "the functions that cannot say that a text did not fit are found" {
    found 'strcpy' 'strcpy(a, s);'
    found 'strcat' 'strcat(strchr(a, 0), s);'
    found 'strncpy' 'strncpy(a, s, sizeof(a) - 1);'
    found 'strncat' 'strncat(a, s, 3);'
    found 'stpcpy' 'c = stpcpy(a, s);'
    found 'sprintf' 'n = sprintf(a, "%d", n);'
    found 'vsprintf' 'n += vsprintf(a, format, args);'
    found 'fgets' 'while (fgets(a, sizeof(a), file)) n++;'
    found 'scanf' 'if (sscanf(s, "%d %15s", &n, a) == 2) n++;'
    found 'scanf' 'if (fscanf(file, "%31[^:]", b) == 1) n++;'
    found 'printf' 'if (snprintf(a, sizeof(a), "%.8s", s) >= (int)sizeof(a)) return -1;'
}

@test "the safe forms are not" {
    fine 'if (snprintf(a, sizeof(a), "%s", s) >= (int)sizeof(a)) { errno = ENAMETOOLONG; return -1; }'
    fine 'if (text_format(a, sizeof(a), "%s", s) < 0) return -1;'
    fine 'if (vsnprintf(a, sizeof(a), format, args) >= (int)sizeof(a)) return -1;'
    fine 'if (strftime(a, sizeof(a), "%F", when) == 0) return -1;'
    fine 'snprintf(b, sizeof(b), "/proc/%d/fd", n);'
    fine 'if (asprintf(&c, "%s", s) < 0) return -1;'
    fine 'while (getline(&c, &size, file) > 0) n++;'
    fine 'if (sscanf(s, "%ms %*31s", &c) == 1) n++;'
    fine 'c = strdup(s);' 'n += printf("%.2f\n", 0.5);'
}

@test "a comment with a reason excuses its own call, above it or beside it, and no other" {
    fine 'snprintf(a, sizeof(a), "%s", s);	/* fits: the name of a signal */'
    fine '/* lint: only shown */' 'snprintf(a, sizeof(a), "%s", s);'
    fine '/* lint: two lines,' ' * and why */' 'snprintf(a, sizeof(a), "%s%s", s,' '	 s);'
    found 'snprintf' 'snprintf(a, sizeof(a), "%s", s);	/* fits: */'
    found 'snprintf' 'snprintf(a, sizeof(a), "%s", s);	/* it fits */'
    found 'strcpy' 'strcpy(a, s);' 'snprintf(b, sizeof(b), "%s", s);	/* fits: 3 bytes */'
    planted 'snprintf(b, sizeof(b), "%s", s);	/* fits: 3 bytes */' 'strcpy(a, s);'
    run "$LAB_TOP/harness/lint-calls" one.c
    expect_match "the next statement" '^one.c:16: strcpy' "$output"
}

@test "a header beside it is looked through too; what does not compile is 125" {
    printf '#include <string.h>\nstatic inline void g(char *a, const char *b)\n{\n\tstrcpy(a, b);\n}\n' >two.h
    printf '#include "two.h"\nint main(void) { return 0; }\n' >two.c
    run "$LAB_TOP/harness/lint-calls" two.c
    expect_status 1
    expect_match "the header" '^two.h:4: strcpy' "$output"
    echo 'int main(void) { return nothing; }' >three.c
    run "$LAB_TOP/harness/lint-calls" three.c
    expect_status 125
    expect_match "what is wrong" 'three.c: it does not compile' "$output"
    run "$LAB_TOP/harness/lint-calls"
    expect_status 2
    run "$LAB_TOP/harness/lint-calls" nonesuch.c
    expect_status 2
}

# skips LINE...: what harness/lint says of the skips in a bats file of these lines
skips() {
    printf '%s\n' "$@" >one.bats
    eval "$(sed -n '/^skips_in()/,/^}/p' "$LAB_TOP/harness/lint")"
    run skips_in one.bats
}

@test "a skip of no kind, and one without a remedy, are found" {
    local line
    for line in '    skip "not here"' '    [ -e /x ] || skip' '    cannot "no such thing"' '    [ -e /x ] || cannot "no x here"' \
        'if false; then skip; fi' '    { skip "why"; }'; do
        skips "$line"
        expect_output "one.bats:1: a skip of no kind: require FACILITY, or mendable CODE WHY REMEDY"
    done
    for line in 'mendable code "why"' '    [ -e /x ] || mendable code "why $x"' '    mendable code why'; do
        skips "$line"
        expect_output "one.bats:1: mendable without a remedy: mendable CODE WHY REMEDY"
    done
    # shellcheck disable=SC1003  # a line that ends with a backslash
    # the control: what is right, and what only looks so
    skips 'require root tool:jq' '[ -e /x ] || mendable tmp "no x: $(head -n 1 "$x")" "touch /x"' 'mendable root "why" sudo' \
        'mendable subid "none for $x" "$(subid_remedy "$x")"' '    mendable network "a long" \' '        "remedy"' \
        '# skip this' 'echo "skip"' 'skip_field never x' '[ "$key" != skip ]'
    expect_output ""
}

@test "a line that is read with a time limit is named; a character, text up to a NUL and a clock are not" {
    local tree=$BATS_TEST_TMPDIR/tree
    mkdir -p "$tree"/{harness,labs,capstone}
    cp -r "$LAB_TOP/support" "$tree"
    cp "$LAB_TOP"/harness/{lint,lint-calls*} "$tree/harness"
    cat >"$tree/script" <<'END'
#!/bin/bash
read -r -t 5 line <&7
IFS= read -t "$1" -r line
while read -rsn1 -t 0.1 key; do :; done
read -r -t 0.1 <> <(:)
read -r -t 0.1 -u "$clock" || true
IFS= read -rsN1 -t 1 key
read -r -d '' -t 1 text
read -r line; test -t 0
# read -r -t 5 line
END
    run "$tree/harness/lint"
    expect_status 1
    expect "what is named" "script:2 script:3 script:4" \
        "$(grep -oE '^ *[^ :]+:[0-9]+: a line that is read with a time limit' <<<"$output" | grep -oE '[^ :]+:[0-9]+' | xargs)"
}
