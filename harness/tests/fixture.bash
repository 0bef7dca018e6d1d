# shellcheck shell=bash
# shellcheck disable=SC2154  # output is set by run
# harness/tests/fixture.bash - a small course to try the harness on

load ../../support/bats

# fixture: $TREE is a course of its own: support, the harness, one lab without
# programs, a capstone without tests.  It belongs to the ordinary user.
fixture() {
    user_dir
    TREE=$USER_DIR
    mkdir -p "$TREE/support" "$TREE/harness" "$TREE/labs/01-one" "$TREE/capstone"
    cp ../../.shellcheckrc "$TREE"
    cp ../../support/*.bash "$TREE/support"
    cp ../demo ../demo-* ../doctor ../doctor-verdict.bash ../needs ../lint ../lint-calls ../lint-calls.* ../packages ../probe.c ../procs.bash ../record ../setup ../sheet.bash ../skeleton ../test ../walk "$TREE/harness"
    SHEET=$TREE/labs/01-one/README.md
    [ "$EUID" -ne 0 ] || chown -R "$(lab_uid):$(lab_gid)" "$TREE"
}

# sheet: the lab's sheet, from standard input
sheet() { cat >"$SHEET"; }

# has TEXT...: each stands in $output
has() {
    local text
    for text; do
        [[ $output = *"$text"* ]] || { echo "expected somewhere: $text"; echo "observed: $output"; return 1; }
    done
}

# has_not TEXT...
has_not() {
    local text
    for text; do
        [[ $output != *"$text"* ]] || { echo "expected nowhere: $text"; echo "observed: $output"; return 1; }
    done
}
