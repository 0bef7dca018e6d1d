# grader/tests/class.bats - a class is graded once, wholly, and nothing is lost

load class

setup_file() { a_course; }

setup() {
    lab_setup
    a_class
}

@test "every part that was handed in is graded; what was not is absent, and costs its points" {
    hand_in ann capdrop 'points 85'
    hand_in ann nsrun 'points 100'
    hand_in ann capstone/main 'points 150'
    hand_in bob layers 'points 7'
    class
    expect_status 0
    expect_json '[.students[].id] | join(" ")' 'ann bob'
    expect_json '[.students[].points] | join(" ")' '335 7'
    expect_json .of 800
    expect_json "$(student ann) | [.parts[].state] | join(\" \")" 'graded graded absent absent absent absent graded'
    expect_json "$(student bob).status" graded
    expect "whole.json" '335 800 ann' "$(jq -r '"\(.points) \(.of) \(.student.id)"' "$MARKS/students/ann/whole.json")"
    expect "nothing half done" "" "$(find "$MARKS" -name '.half*' -o -name '.run*' -o -name '*.new')"
    [ "$(grep -c class-job "$MARKS/joblog")" -eq 4 ]
}

@test "what is graded is not graded again; what changed is, and only that" {
    hand_in ann capdrop "note $NOTES"
    hand_in ann nsrun "note $NOTES"
    hand_in bob capdrop "note $NOTES"
    class
    expect_status 0
    class
    expect_status 0
    expect_match "what is to do" '0 of 3 parts to grade' "$output"
    expect "gradings" 3 "$(wc -l <"$NOTES")"
    hand_in ann nsrun "note $NOTES" 'points 99'
    class
    expect "gradings of ann's nsrun" 2 "$(graded_how_often ann 02-namespaces)"
    expect "gradings" 4 "$(wc -l <"$NOTES")"
    expect_json "$(student ann).points" 149
}

@test "a changed hidden test counts as a change; HIDDEN comes to the grader" {
    mkdir "$USER_DIR/hidden"
    echo first >"$USER_DIR/hidden/01-capabilities.bats"
    hand_in ann capdrop "tests $USER_DIR/seen"
    class HIDDEN="$USER_DIR/hidden"
    expect_status 0
    expect "what the grader saw" first "$(<"$USER_DIR/seen")"
    echo second >"$USER_DIR/hidden/01-capabilities.bats"
    class HIDDEN="$USER_DIR/hidden"
    expect "what the grader saw" second "$(<"$USER_DIR/seen")"
    expect_json .hidden true
}

@test "STUDENT and LAB grade just that; AGAIN grades what is done once more" {
    local id
    for id in ann bob cat; do
        hand_in "$id" capdrop "note $NOTES"
        hand_in "$id" cgrun "note $NOTES"
    done
    class LAB=04
    expect_status 0
    expect "parts graded" 04-cgroups "$(awk '{ print $2 }' "$NOTES" | sort -u)"
    expect_json '[.parts[].part] | join(" ")' 04-cgroups
    expect_json .of 100
    class
    expect "gradings" 6 "$(wc -l <"$NOTES")"
    class STUDENT=bob LAB=1
    expect "gradings of bob's capdrop" 2 "$(graded_how_often bob 01-capabilities)"
    expect "gradings" 7 "$(wc -l <"$NOTES")"
    class STUDENT=ann,cat
    expect "gradings" 11 "$(wc -l <"$NOTES")"
    class AGAIN=1 LAB=01
    expect "gradings" 14 "$(wc -l <"$NOTES")"
    expect_json '[.students[].points] | join(" ")' '100 100 100'
}

@test "what cannot be graded here is tried twice, is no mark, and makes 3; the next run tries again" {
    hand_in ann capdrop "note $NOTES" 'status 3'
    hand_in ann nsrun 'points 80'
    hand_in bob capdrop "once $USER_DIR/tried" 'points 70'
    hand_in cat capdrop silent
    class
    expect_status 3
    expect "tries" 2 "$(wc -l <"$NOTES")"
    expect_json "$(student ann) | [.status, .points, .parts[\"01-capabilities\"].state, .parts[\"02-namespaces\"].points] | map(tostring) | join(\" \")" \
        'error null error 80'
    expect_json "$(student bob) | [.status, .points] | map(tostring) | join(\" \")" 'graded 70'
    expect_json "$(student cat).points" null
    expect_json '[.errors[] | "\(.id) \(.part)"] | join(", ")' 'ann 01-capabilities, cat 01-capabilities'
    expect_match "the reason" 'NOT GRADED: ann, 01-capabilities: .*status 3, as asked' "$output"
    expect_json .status 3
    hand_in ann capdrop 'points 60'
    hand_in cat capdrop 'points 60'
    class
    expect_status 0
    expect_json '.errors | length' 0
    expect "error files" "" "$(find "$MARKS" -name '*.error.json')"
}

@test "points are on the scale of all tests, where a machine can never run some of them" {
    hand_in ann capdrop 'points 95' 'never 5'
    hand_in bob capdrop 'points 57' 'never 5'
    hand_in cat capdrop 'points 57'
    pages_made yes
    class
    expect_status 0
    expect_json '[.students[] | .points] | join(" ")' '100 60 57'
    expect_json '[.students[] | .of, .parts["01-capabilities"].of] | unique | map(tostring) | join(" ")' '100 800'
    expect "of Gradescope" '60 {"status":null,"max_score":null}' "$(jq -r '"\(.score) " + ([.tests[] | select(.name == "not here") | { status, max_score }][0] | tojson)' "$MARKS/students/bob/results.json")"
    grep -q 'The machine that graded can never run 5 points of them' "$MARKS/students/ann/feedback.html"
    run ! grep -q 'can never run' "$MARKS/students/cat/feedback.html"
}

@test "a mark that is there does not go because grading it again fails" {
    hand_in ann capdrop "refuse $USER_DIR/down" 'points 70'
    class
    expect_status 0
    : >"$USER_DIR/down"
    class STUDENT=ann
    expect_status 3
    expect_match "what it says" 'NOT GRADED again: ann, 01-capabilities' "$output"
    expect_json '.students[0].points' 70
}

@test "a run whose results a program wrote into is no error of the machine: 0, and it says so" {
    hand_in eve capdrop tampered
    hand_in eve nsrun 'points 40'
    pages_made yes
    class
    pages_made no
    expect_status 0
    expect_json "$(student eve) | [.status, .points, .parts[\"01-capabilities\"].tampered, .parts[\"02-namespaces\"].tampered] | map(tostring) | join(\" \")" \
        'graded 40 true false'
    expect_match "her page" 'tampered' "$(<"$MARKS/students/eve/feedback.html")"
}

@test "Ctrl-C ends everything within seconds, keeps what is done, and says how to go on" {
    local id
    for id in ann bob cat dan eve; do
        hand_in "$id" capdrop "note $NOTES"
        hand_in "$id" nsrun "note $NOTES" "sleep 1000"
    done
    spawn env "$COURSE/grader/class" "$HAND_INS"
    wait_for grep -q 02-namespaces "$NOTES"
    wait_for test -s "$MARKS/students/ann/01-capabilities.new"
    kill -INT "$SPAWNED"
    SECONDS=0
    reap "$SPAWNED"
    expect_status 130
    [ "$SECONDS" -le 100 ]
    expect_match "what it says" 'Nothing is lost: the same command goes on' "$(cat "$SPAWNED_ERR")"
    wait_for no_sign_of "$MARKS"
    sed -i 's/^sleep 1000/sleep 0/' "$HAND_INS"/*/nsrun.c
    class
    expect_status 0
    expect "gradings of ann's capdrop" 1 "$(graded_how_often ann 01-capabilities)"
    expect_json '[.students[].points] | join(" ")' '100 100 100 100 100'
}

@test "killed outright: everything ends, the next run goes on, whatever was half done is done anew" {
    local id
    for id in ann bob cat; do
        hand_in "$id" capdrop "note $NOTES"
        hand_in "$id" nsrun "note $NOTES" "sleep 1000"
    done
    spawn env "$COURSE/grader/class" "$HAND_INS"
    wait_for grep -q 02-namespaces "$NOTES"
    wait_for test -s "$MARKS/students/ann/01-capabilities.new"
    kill -KILL "$SPAWNED"
    reap "$SPAWNED"
    wait_for no_sign_of "$MARKS"
    sed -i 's/^sleep 1000/sleep 0/' "$HAND_INS"/*/nsrun.c
    # as a power cut leaves it: one result empty, one cut short, one of nothing but zeros
    : >"$MARKS/students/bob/01-capabilities.new"
    head -c 100 "$MARKS/students/ann/01-capabilities.new" >"$MARKS/students/cat/01-capabilities.json"
    head -c 4096 /dev/zero >"$MARKS/students/cat/02-namespaces.json"
    class
    expect_status 0
    expect "gradings of ann's capdrop" 1 "$(graded_how_often ann 01-capabilities)"
    expect_json '[.students[].points] | join(" ")' '100 100 100'
    expect "what is half done" "" "$(find "$MARKS" -name '.half*' -o -name '.run*' -o -name '*.new')"
}

@test "a job whose parallel was killed before the job began grades nothing" {
    local where=$USER_DIR/where job
    mkdir -p "$where/students/ann/submission"
    echo 'points 50' >"$where/students/ann/submission/capdrop.c"
    job=("$COURSE/grader/class-job" "$where" ann 01-capabilities digest "$GRADE" "")
    run env PARALLEL_PID=1 "${job[@]}"
    expect_status 143
    expect "what it left" "" "$(find "$where/students/ann" -name '*.new' -o -name '.half*')"
    # the control: called by nobody's parallel
    run "${job[@]}"
    expect_status 0
    expect "points" 50 "$(jq .part.points "$where/students/ann/01-capabilities.new")"
}

@test "two graders at once: the second says so, and the first is not disturbed" {
    hand_in ann capdrop "note $NOTES" "until $USER_DIR/go"
    spawn env "$COURSE/grader/class" "$HAND_INS"
    wait_for test -s "$NOTES"
    class
    expect_status 3
    expect_match "what it says" "another grader is at work there \(pid $SPAWNED\)" "$output"
    touch "$USER_DIR/go"
    reap "$SPAWNED"
    expect_status 0
    expect_json '.students[0].points' 50
}

@test "ids of all kinds are kept apart, and do nothing" {
    local id
    # shellcheck disable=SC2016  # nothing may expand it
    for id in 'Zoë Müller' 'a b' 'a%20b' -rf '$(touch pwned)' "o'neil;" $'tab\tbed' $'new\nline' $'\xff' '*' 'x.tar' '&& false'; do
        hand_in "$id" capdrop 'points 33'
    done
    ln -s /etc "$HAND_INS/link"
    class
    expect_status 0
    expect_json '[.students[] | select(.points == 33)] | length' 12
    expect_json '[.students[].key] | unique | length' 13
    expect_json "$(student link).intake.problem" 'a symbolic link, which is not followed'
    expect_json "$(student 'Zoë Müller').key" 'Zo%C3%AB%20M%C3%BCller'
    expect_json '[.students[].id | select(test("[\u0000-\u001f\u007f]"))] | length' 0
    [ ! -e pwned ]
}

@test "a roster adds who handed in nothing, and tells who is not on it" {
    hand_in 007 capdrop 'points 85'
    hand_in eve capdrop 'points 85'
    printf '\xef\xbb\xbfname,id,mail\r\n"Bond, ""James""",007,x\r\n=1+1,ann,\r\n' >"$USER_DIR/roster.csv"
    class ROSTER="$USER_DIR/roster.csv"
    expect_status 0
    expect_json '[.students[] | "\(.id) \(.status) \(.roster)"] | join(", ")' '007 graded true, ann missing true, eve graded false'
    expect_json "$(student 007).name" 'Bond, "James"'
    expect_json "$(student ann) | [.points, .late_hours, .name] | map(tostring) | join(\" \")" 'null null =1+1'
    expect_match "who is not on it" 'not on the roster: eve' "$output"
}

@test "lateness is told in hours; marks stay, unless LATE says how" {
    hand_in early capdrop 'points 80'
    hand_in late capdrop 'points 80'
    hand_in sidecar capdrop 'points 80'
    touch -d '2026-03-01 11:59' "$HAND_INS/early/capdrop.c"
    touch -d '2026-03-02 18:00' "$HAND_INS/late/capdrop.c"
    echo '2026-03-01 13:30' >"$HAND_INS/sidecar.time"
    class DEADLINE='2026-03-01 12:00'
    expect_status 0
    expect_json '[.students[].late_hours] | join(" ")' '0 30 1.5'
    expect_json '[.students[].final] | join(" ")' '80 80 80'
    class DEADLINE='2026-03-01 12:00' LATE=10%/day
    expect_json '[.students[].final] | join(" ")' '80 64 72'
    expect_json '[.students[].points] | join(" ")' '80 80 80'
    class DEADLINE='2026-03-01 12:00' LATE='5%/hour max 40%'
    expect_json '[.students[].lost_percent] | join(" ")' '0 40 10'
}

@test "of two submissions of one student the newest counts, and the others are told" {
    mkdir "$USER_DIR/one" "$USER_DIR/two"
    echo 'points 11' >"$USER_DIR/one/capdrop.c"
    echo 'points 22' >"$USER_DIR/two/capdrop.c"
    tar -C "$USER_DIR" -czf "$HAND_INS/ann.tar.gz" one
    tar -C "$USER_DIR" -cf "$HAND_INS/ann.tar" two
    touch -d '2026-03-01 12:00' "$HAND_INS/ann.tar"
    touch -d '2026-03-01 11:00' "$HAND_INS/ann.tar.gz"
    class
    expect_json '.students[0] | "\(.points) \(.intake.source) \(.intake.superseded[0])"' '22 ann.tar ann.tar.gz'
    echo '2026-03-01 12:01' >"$HAND_INS/ann.tar.gz.time"
    class
    expect_json '.students[0] | "\(.points) \(.intake.source) \(.intake.superseded[0])"' '11 ann.tar.gz ann.tar'
}

@test "bad usage is one line and 2, and touches nothing" {
    hand_in ann capdrop 'points 85'
    echo 'id;name' >"$USER_DIR/bad.csv"
    local setting
    for setting in JOBS=0 JOBS=many LAB=07 STUDENT=nobody DEADLINE=soon DEADLINE=2026-01-01\ LATE=harsh LATE=10%/day \
        ROSTER=/nonesuch HIDDEN=/nonesuch HOSTS=/nonesuch ROSTER="$USER_DIR/bad.csv" OUT="$HAND_INS/marks" OUT=/proc/marks; do
        if [[ $setting = *\ LATE=* ]]; then class "${setting%% *}" "${setting#* }"; else class "$setting"; fi
        expect_status 2 || { echo "with $setting"; return 1; }
        [ -z "$(find "$MARKS" -name class.json 2>/dev/null)" ]
        [[ $setting = LAB=* ]] || expect "lines, with $setting" 1 "${#lines[@]}"
    done
    run -2 "$LAB_TOP/grader/class"
    run -2 "$LAB_TOP/grader/class" /nonesuch
    run -2 "$LAB_TOP/grader/class" "$USER_DIR/marks-of-nobody"
    run -0 "$LAB_TOP/grader/class" --help
    expect_match help 'Status: 0 ' "$output"
}

@test "a folder that has students and is no grader's stays as it is" {
    hand_in ann capdrop 'points 85'
    mkdir -p "$MARKS/students/ann/submission" "$MARKS/.run.of mine"
    echo mine >"$MARKS/students/ann/submission/thesis"
    class
    expect_status 2
    expect "lines" 1 "${#lines[@]}"
    # the submissions themselves, say
    HAND_INS=$MARKS/students class
    expect_status 2
    expect "what is there" "mine" "$(cat "$MARKS/students/ann/submission/thesis")"
    expect "files" ". .. .run.of mine students" "$(cd "$MARKS" && shopt -s dotglob && echo . .. *)"
    rm -r "$MARKS/students"
    mkdir "$MARKS/.run.abcdef"
    class
    expect_json "$(student ann).id" ann
    # of a run that was killed, by its name; no other
    expect "files that begin with .run" ".run.of mine" "$(cd "$MARKS" && echo .run*)"
}

@test "the real grader: a perfect, an unfinished and a broken submission" {
    unset GRADE COURSE
    local lab=$LAB_TOP/labs/01-capabilities
    mkdir -p "$USER_DIR/w/ann/labs/01-capabilities" "$HAND_INS/bob" "$HAND_INS/cat"
    cp "$lab/capdrop.c" "$USER_DIR/w/ann/labs/01-capabilities/"
    tar -C "$USER_DIR/w" -czf "$HAND_INS/ann.tar.gz" ann
    "$LAB_TOP/harness/skeleton" "$lab/capdrop.c" >"$HAND_INS/bob/capdrop.c"
    echo 'int main(void) { return' >"$HAND_INS/cat/capdrop.c"
    class LAB=01
    expect_status 0
    expect_json "$(student ann) | [.status, .points, .of] | map(tostring) | join(\" \")" 'graded 100 100'
    expect_json "$(student bob) | .points < 50 and .parts[].built" true
    expect_json "$(student cat) | [.points, .parts[].built] | map(tostring) | join(\" \")" '0 false'
    expect_match "the compiler's words" 'error: ' "$(jq -r '.parts[0].compiler' "$MARKS/students/cat/whole.json")"
    [ -s "$MARKS/report.html" ]
    [ -s "$MARKS/gradebook.csv" ]
}
