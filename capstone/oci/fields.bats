#!/usr/bin/env bats
# Each row of FIELDS.md: config.json with one change, and what becomes of it.
# shellcheck disable=SC2030,SC2031,SC2154  # bats
load common

# rows SECTION: those of a section of FIELDS.md; the change, the question, the answer on a
# line each
rows() {
    awk -v section="## $1" '
        /^## / { inside = $0 == section; next }
        inside && /^\| / && !/^\| what config.json says/ {
            gsub(/\\\|/, "\001")
            count = split($0, cell, / \| /)
            sub(/ \|$/, "", cell[count])
            for (i = 2; i <= 4; i++) {
                gsub(/^`|`$/, "", cell[i])
                gsub("\001", "|", cell[i])
                print cell[i]
            }
        }' "$BATS_TEST_DIRNAME/FIELDS.md"
}

# answer CHANGE QUESTION ANSWER: a container with it is asked
answer() {
    local said
    bundle "$(script "$2")" "$1"
    said=$(bounded "$MONITOR" "$RUNTIME" "$STATE" "$BUNDLE" "$ID" 2>"$BATS_TEST_TMPDIR/words") || true
    expect_match "with $1: $2" "^ ?($3) ?$" "$(tr -s ' \t\n' ' ' <<<"$said")" || { cat "$BATS_TEST_TMPDIR/words"; return 1; }
}

# refused CHANGE STATUS WORDS: create says so, in one line, and leaves nothing
refused() {
    local said status=0
    bundle "$1"
    said=$(create_to_file 2>&1) || status=$?
    expect "with $1: status" "$2" "$status" || return 1
    expect_match "with $1: one line" "^skiff-oci: [^"$'\n'"]*($3)[^"$'\n'"]*$" "$said" || return 1
    expect "with $1: what is left" "" "$(ls "$STATE" 2>/dev/null || true)"
}

# section NAME: all of its rows; each that fails is shown
section() {
    local change question answer count=0 failed=0 first=$ID
    while IFS= read -r change && IFS= read -r question && IFS= read -r answer; do
        count=$((count + 1))
        ID=$first-$count
        case $question in
            refused) refused "$change" 125 "$answer" || failed=$((failed + 1)) ;;
            refused\ *) refused "$change" "${question#* }" "$answer" || failed=$((failed + 1)) ;;
            *) answer "$change" "$question" "$answer" || failed=$((failed + 1)) ;;
        esac
    done < <(rows "$1")
    ID=$first
    expect "rows that failed" 0 "$failed"
    [ "$count" -gt 10 ]
}

@test "FIELDS.md, process: rights" { section 'process: rights'; }
@test "FIELDS.md, process: program" { section 'process: program'; }
@test "FIELDS.md, version, root, names, hooks" { section 'ociVersion, root, hostname, annotations, hooks, unknown members'; }
@test "FIELDS.md, mounts" { section 'mounts'; }
@test "FIELDS.md, linux" { section 'linux: namespaces, ids, clocks, devices, paths'; }
@test "FIELDS.md, linux.seccomp" { section 'linux.seccomp'; }
@test "FIELDS.md, linux.resources" {
    require cgroup:pids cgroup:cpu
    section 'linux.resources'
}
