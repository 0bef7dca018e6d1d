#!/usr/bin/env bats
# The manual page tells what --help tells, and is well formed.
# shellcheck disable=SC2154  # run sets output, status, stderr
load ../../support/bats

setup() {
    lab_setup
    SKIFF=${LAB_BIN:-..}/skiff
}

# helped COMMAND: the options in --help, both spellings, with their arguments
helped() {
    "$SKIFF" "$1" --help | sed -nE 's/^  (-[a-z], |    )(--[a-z-]+).*/\1\2/p' | tr -d ' ' | tr , '\n' | grep . | sort
}

# described: those with a paragraph of their own in the page
described() { sed -nE '/^\.It Fl /{ s/^\.It//; s/ Fl / -/g; s/ (Ar|Ns|Op) .*//; s/ ,//g; p }' ../skiff.1 | tr ' ' '\n' | grep . | sort; }

@test "every option of --help is in the manual page, and no other" {
    expect "the options of skiff run" "$(helped run)" "$(described)"
}

@test "the manual page marks the options that are for exec too" {
    marked=$(awk '/^\.It Fl /{ option = $0 } /\(exec too\)/ { print option }' ../skiff.1 |
        sed -E 's/^\.It//; s/ Fl / -/g; s/ (Ar|Ns|Op) .*//; s/ ,//g' | tr ' ' '\n' | grep . | sort)
    expect "the options of skiff exec" "$(helped exec)" "$marked"
}

@test "the manual page has every command, and what each section is to have" {
    for command in run exec list kill stats; do
        expect_match "the page" $'\n'"\\.It Cm $command"$'\n' "$(cat ../skiff.1)"
    done
    for section in NAME SYNOPSIS DESCRIPTION COMMANDS OPTIONS 'EXIT STATUS' ENVIRONMENT FILES SECURITY LIMITS EXAMPLES 'SEE ALSO'; do
        expect_match "the page" $'\n'"\\.Sh $section"$'\n' "$(cat ../skiff.1)"
    done
}

@test "the manual page is formatted without a warning" {
    if command -v groff >/dev/null; then
        run --separate-stderr groff -ww -mandoc -Tutf8 ../skiff.1
        expect "warnings of groff" "" "$stderr"
        expect_status 0
    fi
    require tool:man
    run --separate-stderr env LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l ../skiff.1
    expect "warnings of man" "" "$stderr"
    expect_status 0
    expect_match "the page" "SKIFF\(1\)" "$output"
}
