# shellcheck shell=bash
# grader/tests/pages.bash - a class of the tests' own, as grading it would leave it

# make_class DIR N: a folder as grader/class leaves it, with N students of all sorts
# (pages-class.jq).  The tests are those of the labs, and one more in each that is hidden.
make_class() {
    local dir=$1 made
    mkdir -p "$dir"
    class_parts >"$dir/parts.json"
    made=$(mktemp "$dir/made.XXXXXX")
    jq -n --argjson n "$2" --slurpfile parts "$dir/parts.json" -f "$LAB_TOP/grader/tests/pages-class.jq" >"$made"
    jq .class "$made" >"$dir/class.json"
    mkdir "$dir/students"
    (cd "$dir/students" && jq -r '.wholes | keys[]' "$made" | xargs mkdir)
    jq -j '.wholes | to_entries[] | "\u001e\(.key)\n\(.value | tojson)\n"' "$made" | awk -v dir="$dir/students" '
        BEGIN { RS = "\036" } NR > 1 { end = index($0, "\n"); file = dir "/" substr($0, 1, end - 1) "/whole.json"
            printf "%s", substr($0, end + 1) >file; close(file) }'
    rm "$made" "$dir/parts.json"
}

# class_parts: of each part its tests, as the bats files promise them
class_parts() {
    local part dir files exercise number=0
    for part in $(course_parts); do
        dir=$LAB_TOP/$(part_dir "$part") number=$((number + 1))
        if [ "$part" = capstone ]; then exercise=skiff files=("$dir"/isolation/*.bats)
        else exercise=$(sed -n 's/^EXERCISE *:= *//p' "$dir/Makefile") files=("$dir/$exercise.bats"); fi
        local file
        for file in "${files[@]}"; do
            jq -nRc -f "$LAB_TOP/grader/plan.jq" "$file" | jq -c --arg file "${file##*/}" '[.tests[] | { $file, what, points, hidden: false }]'
        done | jq -s --arg part "$part" --argjson number "$number" --arg exercise "$exercise" '
            { $part, $number, $exercise, tests: (add + [{ file: "hidden.bats", what: "SECRET-HIDDEN-NAME of \($part)", points: 5, hidden: true }]) }
            | .of = ([.tests[].points] | add)'
    done | jq -s .
}
