# grader/tests/pages.bats - what grading a class puts out
#
# The class is one of twenty students of all sorts (pages-class.jq), some of them hostile.

load ../../support/bats
load ../../support/browser
load pages
load gradescope

setup_file() {
    export CLASS=$BATS_FILE_TMPDIR/class
    make_class "$CLASS" 20
    "$LAB_TOP/grader/pages" "$CLASS" >"$BATS_FILE_TMPDIR/said" 2>&1
    browser_start
}
teardown_file() { browser_stop; }

pages() { bounded "$LAB_TOP/grader/pages" "$@"; }
# own_class: a copy, in $OWN, to change
own_class() {
    user_dir
    OWN=$USER_DIR/class
    cp -r "$CLASS" "$OWN"
}
# contents DIR: what is there, and its checksums
contents() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }
feedback() { echo "$CLASS/students/$1/feedback.html"; }
# expect_in FILE REGEX: on one of its lines
expect_in() { grep -qE -- "$2" "$1" || expect "in ${1##*/}" "$2" "nothing like it"; }
expect_not_in() { ! grep -E -- "$2" "$1" | head -n 3 | grep . || expect "in ${1##*/}" "nothing like $2" "the lines above"; }

# ---- the files ------------------------------------------------------------

@test "every student has their files; what has no mark has no result.json; who handed in nothing has feedback alone" {
    expect "what it said" "Class page: $CLASS/report.html   gradebook: $CLASS/gradebook.csv" "$(cat "$BATS_FILE_TMPDIR/said")"
    expect "graded" "autolab.txt feedback.html result.json results.json whole.json" "$(cd "$CLASS/students/s1000" && echo *)"
    expect "could not be graded" "autolab.txt feedback.html results.json whole.json" "$(cd "$CLASS/students/s1007" && echo *)"
    expect "not graded yet" "autolab.txt feedback.html results.json whole.json" "$(cd "$CLASS/students/s1017" && echo *)"
    expect "nothing handed in" "feedback.html" "$(cd "$CLASS/students/s1004" && echo *)"
    expect "pages of feedback" 20 "$(find "$CLASS/students" -name feedback.html | wc -l)"
    expect "anything else there" "class.json gradebook.csv report.html students" "$(cd "$CLASS" && echo *)"
    expect "hidden files" "" "$(find "$CLASS" -name '.*')"
}

@test "the same input gives the same files, on any number of processors; a mark that is taken back takes its files along" {
    local before
    own_class
    before=$(contents "$OWN")
    run -0 pages "$OWN"
    expect "the same again" "$before" "$(contents "$OWN")"
    run -0 bounded taskset -c "$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')" "$LAB_TOP/grader/pages" "$OWN"
    expect "the same on one processor" "$before" "$(contents "$OWN")"
    jq '(.students[] | select(.id == "s1000")) |= (.status = "missing" | .points = null | .final = null | .parts = {} | .intake = null)' "$OWN/class.json" >"$OWN/new"
    mv "$OWN/new" "$OWN/class.json"
    run -0 pages "$OWN"
    expect "files of a mark taken back" "feedback.html whole.json" "$(cd "$OWN/students/s1000" && echo *)"
}

@test "gradebook: a line for each student, empty cells where there is no mark, formulas defused" {
    local book=$CLASS/gradebook.csv
    expect "lines" 21 "$(wc -l <"$book")"
    expect "header" '"id","name","status","late_hours","lost_percent","points","final","of","01-capabilities","02-namespaces","03-userns","04-cgroups","05-seccomp","06-overlay","capstone","look"' "$(head -n 1 "$book")"
    expect_in "$book" '^"s1000","Ada Byron","graded",0,0,835,835,835,105,105,105,105,105,105,205,""$'
    expect_in "$book" '^"s1004","O.Neil, ""Sam""","missing",,0,,,835,,,,,,,,"nothing handed in"$'
    expect_in "$book" '^"s1007","[^"]*","error",0,0,,,835,([0-9]+,){4},[0-9]+,[0-9]+,"could not be graded: 05"$'
    expect_in "$book" '^"s1008","[^"]*","graded",12.5,10,640,576,835,'
    expect_in "$book" "^\"'@SUM\\(1\\+1\\)13\",\"'=HYPERLINK\\(\"\"http"
    expect_in "$book" "^\"'-e <x> 14\",\"␛\\[2JEve␊"
    expect "cells that a spreadsheet would run" "" "$(grep -oE "(^|,)\"?[=+@-].*" "$book")"
    expect "control characters" "" "$(LC_ALL=C grep -aP '[\x00-\x09\x0b-\x1f\x7f]' "$book")"
}

@test "feedback: expected, observed and hint of each test that failed, points of all" {
    local page
    page=$(feedback s1001)
    expect_in "$page" '<h1>402 <small>of 835 points</small></h1>'
    expect "tests on the page" "$(jq '[.parts[].tests[]] | length' "$CLASS/students/s1001/whole.json")" "$(grep -c '<li class="\(passed\|failed\)">' "$page")"
    expect_in "$page" '<h3>Expected</h3><pre>CapBnd of the command: 0000000000000400</pre>.*<h3>Observed</h3><pre>0000003fffffffff</pre>'
    expect_in "$page" '<b>Hint</b> the bounding set is dropped last, see capabilities\(7\)'
    expect_in "$page" '<span class="points">0<span class="of"> / 5</span>'
    expect_in "$page" '<div><dt>Handed in</dt><dd>2026-11-20 11:13 UTC</dd>'
}

@test "feedback: what was refused, by name; what the compiler said; lateness; what was tampered with, left out or not graded" {
    expect_in "$(feedback s1010)" '<h3>Refused: 3, and 9900 more</h3>'
    expect_in "$(feedback s1010)" '<code>s/\.\./\.\./etc/passwd</code> a way out of the folder'
    expect_in "$(feedback s1010)" '<code>s/&lt;img src=x onerror=alert\(1\)&gt;\\n.c</code> a symbolic link'
    expect_in "$(feedback s1011)" 'damaged: truncated gzip input'
    expect_in "$(feedback s1002)" "nsrun.c:41:9: error: &(#39|apos);clone_flags&(#39|apos); undeclared"
    expect_in "$(feedback s1008)" '<h1>576 <small>of 835'
    expect_in "$(feedback s1008)" '12.5 hours after the deadline: 10 % of 640 points are lost, 576 are left'
    expect_in "$(feedback s1006)" 'a program interfered with their results'
    expect_in "$(feedback s1019)" 'No layers.c was taken, so this part counts 0'
    expect_in "$(feedback s1007)" '<h1>Not graded yet</h1>'
    expect_in "$(feedback s1007)" 'This is not a mark, and not a zero'
    expect_in "$(feedback s1004)" '<h1>Nothing handed in</h1>'
    expect_in "$(feedback s1016)" 's1016.tgz, s1016</dd>'
    # Controls: on the page of somebody with nothing of this, it is not.
    expect_not_in "$(feedback s1000)" 'Refused|compiler|deadline:|interfered|was taken, so|not a zero|Older'
}

@test "of a hidden test nobody is told more than the result and the points" {
    local file
    expect_in "$CLASS/students/s1006/whole.json" SECRET-HIDDEN-NAME
    expect_in "$CLASS/students/s1018/whole.json" SECRET-OBSERVED
    for file in "$CLASS"/students/*/{feedback.html,results.json,result.json,autolab.txt}; do
        [ ! -e "$file" ] || expect_not_in "$file" 'SECRET|hidden\.bats'
    done
    expect_in "$(feedback s1001)" '<span class="what">hidden test 1</span><span class="points">5<span class="of"> / 5'
    expect_in "$(feedback s1001)" '<span class="what">hidden test 1</span><span class="points">0<span class="of"> / 5'
    expect "in results.json" '["output","hidden test 1",""]' "$(jq -c '[.tests[] | select(.name | test("hidden"))][0] | [(keys[] | select(. == "output")), .name, .output]' "$CLASS/students/s1001/results.json")"
    expect_in "$CLASS/report.html" 'hidden test 1 <span class="tag">hidden'
    expect_not_in "$CLASS/report.html" 'SECRET'
}

# ---- hostile text ---------------------------------------------------------

@test "what a program or a name says stays text, on every page" {
    local file
    expect_in "$CLASS/students/s1015/whole.json" '<script>document.title'
    expect_in "$(feedback s1015)" '&lt;/pre&gt;&lt;/div&gt;&lt;/body&gt;&lt;script&gt;'
    expect_in "$(feedback s1015)" '␛\[31mred␇␀'
    for file in "$CLASS"/students/*/feedback.html "$CLASS/report.html"; do
        expect_not_in "$file" '<(img|b>Bobby|i>x|/?script>[^"]*document.title)'
        expect "handlers, links outside in $file" "" "$(grep -oE '<[^>]* (on[a-z]+|src|style)=|href="[^#s]|url\(|@import|href="[a-z]+:' "$file")"
        expect "control characters in $file" "" "$(LC_ALL=C grep -aP '[\x00-\x08\x0b-\x1f\x7f]' "$file")"
        expect "what turns text round in $file" "" "$(grep -P '[\x{202a}-\x{202e}\x{2066}-\x{2069}]' "$file")"
        expect "not UTF-8" "" "$(iconv -f utf-8 -t utf-8 "$file" 2>&1 >/dev/null)"
    done
    expect "script elements on the class page" 1 "$(grep -c '<script>' "$CLASS/report.html")"
    expect "script elements on a student's page" 0 "$(grep -c '<script' "$(feedback s1015)")"
}

@test "whatever the tests of a student say, their pages stay small, and every result is there" {
    local file
    own_class
    jq '.parts[].tests[] |= (.state = "failed" | .pairs = [range(9) | { expected: ("<" * 5000), observed: ("&\n" * 5000) }] | .rest = "<" * 9000)' "$CLASS/students/s1001/whole.json" >"$OWN/students/s1001/whole.json"
    run -0 pages "$OWN"
    for file in "$OWN"/students/s1001/{feedback.html,results.json,result.json,autolab.txt}; do
        expect "size of ${file##*/}" "below 4 MB" "$([ "$(stat -c %s "$file")" -lt 4000000 ] && echo "below 4 MB")"
    done
    file=$OWN/students/s1001/feedback.html
    expect "tests on the page" "$(jq '[.parts[].tests[]] | length' "$CLASS/students/s1001/whole.json")" "$(grep -c '<li class="failed">' "$file")"
    expect_in "$file" '\(cut here: there was more\)'
    expect_in "$file" 'the tests of this part say more than fits'
    expect_not_in "$(feedback s1001)" 'more than fits'
}

@test "the pages are well-formed, and allow themselves nothing but their own style and script" {
    local file
    for file in "$CLASS"/students/s10{01,02,04,06,07,10,15}/feedback.html "$CLASS/report.html"; do
        expect "first line" "<!DOCTYPE html>" "$(head -n 1 "$file")"
        expect "ids used twice" "" "$(grep -oE ' id="[^"]*"' "$file" | sort | uniq -d)"
        expect "what is not closed in order in $file" "" "$(sed '/<style>/,/<\/style>/d; /<script>/,/<\/script>/d' "$file" | grep -oE '<[^>]*>' | awk '
            /^<!DOCTYPE/ || /^<(meta|input) / || /\/>$/ { next }
            !/^<\/?[a-z][a-z0-9]*( [a-zA-Z-]+(="[^"<]*")?)*>$/ { print "odd: " $0 }
            /^<\// { name = substr($0, 3, length($0) - 3); if (stack[depth--] != name) print "line " NR ": " $0; next }
            { name = substr($0, 2); sub(/[ >].*/, "", name); stack[++depth] = name }
            END { while (depth > 0) print "open: " stack[depth--] }')"
        expect_in "$file" "Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]*'"
        expect_not_in "$file" "unsafe-"
    done
    expect_not_in "$(feedback s1001)" "script-src"
}

# ---- for other systems ----------------------------------------------------

@test "results.json keeps every rule of Gradescope's, and has the score of the gradebook, or none" {
    local file
    for file in "$CLASS"/students/*/results.json; do
        expect "rules broken by $file" "" "$(gradescope_faults "$file")"
    done
    expect "late" 576 "$(jq .score "$CLASS/students/s1008/results.json")"
    expect "tampered with" 0 "$(jq '[.tests[] | select(.tags == ["04-cgroups"]).score] | add' "$CLASS/students/s1006/results.json")"
    expect "ungraded" false "$(jq 'has("score") or any(.tests[]; has("score"))' "$CLASS/students/s1007/results.json")"
    # Control: the rules notice what is wrong.
    jq '.score += 1 | .tests[0].status = "maybe"' "$CLASS/students/s1000/results.json" >"$BATS_TEST_TMPDIR/wrong"
    expect_match "rules broken" "sum of the tests.*status" "$(gradescope_faults "$BATS_TEST_TMPDIR/wrong" | tr '\n' ' ')"
}

# classroom50_faults FILE: every rule of classroom50/result/v1 that it breaks
classroom50_faults() {
    jq -r '
        def rule($words; condition): if condition then empty else $words end;
        def text: type == "string" and length > 0;
        def whole: type == "number" and . >= 0 and . == floor;
        rule("exactly these keys"; keys == (["assignment", "assignment_type", "classroom", "commit", "datetime", "max-score", "owner",
            "release", "review", "schema", "score", "submission", "tests"])),
        rule("schema"; .schema == "classroom50/result/v1"),
        rule("assignment_type"; .assignment_type == "individual" or .assignment_type == "group" or .assignment_type == "team"),
        rule("text"; [.classroom, .assignment, .owner, .commit, .release, .review] | all(.[]; text)),
        rule("submission"; .submission | test("^submit/")),
        rule("datetime"; .datetime | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$")),
        rule("scores"; (.score | whole) and (.["max-score"] | whole) and .score <= .["max-score"]),
        rule("sum of the tests"; .score == ([.tests[].score] | add) and .["max-score"] == ([.tests[]["max-score"]] | add)),
        (.tests[] | rule("a test"; (.["test-name"] | text) and (.passed | type == "boolean") and (.score | whole) and (.["max-score"] | whole) and .score <= .["max-score"]))' "$1"
}

@test "result.json keeps every rule of Classroom 50's contract; its points are before lateness" {
    local file count=0
    for file in "$CLASS"/students/*/result.json; do
        expect "rules broken by $file" "" "$(classroom50_faults "$file")"
        count=$((count + 1))
    done
    expect "files" 17 "$count"
    expect "late" '[640,"2026-11-21T18:13:00Z","s1008"]' "$(jq -c '[.score, .datetime, .owner]' "$CLASS/students/s1008/result.json")"
    jq 'del(.commit) | .tests[0].score = -1' "$CLASS/students/s1000/result.json" >"$BATS_TEST_TMPDIR/wrong"
    expect_match "rules broken" "exactly these keys" "$(classroom50_faults "$BATS_TEST_TMPDIR/wrong")"
}

@test "autolab.txt: the last line has the scores, and nothing of a program can begin a line" {
    local file
    for file in "$CLASS"/students/*/autolab.txt; do
        expect "lines like it in $file" 1 "$(grep -c '^{' "$file")"
        expect "keys" '["scores"]' "$(tail -n 1 "$file" | jq -c keys)"
    done
    expect "scores" "$(jq -c '.students[] | select(.id == "s1001").parts | map_values(.points)' "$CLASS/class.json")" "$(tail -n 1 "$CLASS/students/s1001/autolab.txt" | jq -c .scores)"
    expect "what is not graded" null "$(tail -n 1 "$CLASS/students/s1007/autolab.txt" | jq -c '.scores["05-seccomp"]')"
    expect_in "$CLASS/students/s1001/autolab.txt" '^      observed: 0000003fffffffff'
}

@test "--as prints one submission in each format, as its runner names it" {
    local whole=$CLASS/students/s1001/whole.json format
    jq '. + { seconds: 3, machine: {} }' "$whole" >"$BATS_TEST_TMPDIR/whole.json"
    run -0 pages --as gradescope "$BATS_TEST_TMPDIR/whole.json"
    echo "$output" >"$BATS_TEST_TMPDIR/results.json"
    expect "rules broken" "" "$(gradescope_faults "$BATS_TEST_TMPDIR/results.json")"
    OWNER=zoe CLASSROOM=os ASSIGNMENT=labs SUBMISSION_TAG=submit/1 COMMIT_URL=https://c RELEASE_URL=https://r REVIEW_URL=https://v \
        run -0 pages --as classroom50 "$BATS_TEST_TMPDIR/whole.json"
    echo "$output" >"$BATS_TEST_TMPDIR/result.json"
    expect "rules broken" "" "$(classroom50_faults "$BATS_TEST_TMPDIR/result.json")"
    expect "who" '["zoe","os","labs","submit/1","https://c","https://r","https://v",402]' "$(jq -c '[.owner, .classroom, .assignment, .submission, .commit, .release, .review, .score]' <<<"$output")"
    run -0 pages --as autolab "$BATS_TEST_TMPDIR/whole.json"
    expect "scores" 402 "$(jq '[.scores[]] | add' <<<"${lines[-1]}")"
    for format in gradescope classroom50 autolab; do
        run -0 pages --as "$format" "$BATS_TEST_TMPDIR/whole.json"
        [[ $output != *SECRET* ]] || expect "a hidden test's name" "not told" "told"
    done
    # A test that can never run costs nothing in any of them.
    jq '. + { seconds: 3, machine: {} } | .parts |= map(.tests[-1] as $last | . + { full: .of, excluded: $last.points, of: (.of - $last.points) }
        | .points -= (if $last.state == "passed" then $last.points else 0 end) | .tests[-1] |= { number, file, what, points, state: "excluded", reason: "x" })
        | .full = .of | .of = ([.parts[].of] | add) | .points = ([.parts[].points] | add)' "$whole" >"$BATS_TEST_TMPDIR/whole.json"
    run -0 pages --as classroom50 "$BATS_TEST_TMPDIR/whole.json"
    echo "$output" >"$BATS_TEST_TMPDIR/result.json"
    expect "rules broken" "" "$(classroom50_faults "$BATS_TEST_TMPDIR/result.json")"
    expect "points, of" "$(jq -c '[.points, .of]' "$BATS_TEST_TMPDIR/whole.json")" "$(jq -c '[.score, .["max-score"]]' <<<"$output")"
    run -0 pages --as gradescope "$BATS_TEST_TMPDIR/whole.json"
    echo "$output" >"$BATS_TEST_TMPDIR/results.json"
    expect "rules broken" "" "$(gradescope_faults "$BATS_TEST_TMPDIR/results.json")"
    expect "of, score" "$(jq -c '[.full, ([.parts[] | .points * .full / .of * 100 | round / 100] | add * 100 | round / 100)]' "$BATS_TEST_TMPDIR/whole.json")" \
        "$(jq -c '[.extra_data.of, .score]' <<<"$output")"
    run -0 pages --as autolab "$BATS_TEST_TMPDIR/whole.json"
    expect_match "a word" 'this machine can never run' "$output"
    jq '. + { seconds: 3, machine: {} }' "$CLASS/students/s1007/whole.json" >"$BATS_TEST_TMPDIR/whole.json"
    run -3 pages --as classroom50 "$BATS_TEST_TMPDIR/whole.json"
    expect_match output '^not graded' "$output"
}

# ---- what goes wrong ------------------------------------------------------

@test "bad usage is 2, a damaged folder 3 and named, in one line each; then nothing has changed" {
    local before
    run -0 pages --help
    for arguments in "" "--nonsense" "a b" "/nowhere" "--as" "--as nonsense /dev/null" "--as autolab /dev/null"; do
        # shellcheck disable=SC2086  # words
        run -2 --separate-stderr pages $arguments
        expect_error 2 pages
    done
    own_class
    before=$(contents "$OWN/students/s1000"; cat "$OWN/report.html" "$OWN/gradebook.csv" | sha256sum)
    truncate -s 700 "$OWN/students/s1005/whole.json" # half of it
    run -3 --separate-stderr pages "$OWN"
    expect_error 3 pages
    # shellcheck disable=SC2154  # stderr is set by run
    expect_match "it names the file" 'students/s1005/whole.json: damaged' "$stderr"
    expect "what is there" "$before" "$(contents "$OWN/students/s1000"; cat "$OWN/report.html" "$OWN/gradebook.csv" | sha256sum)"
    expect "left behind" "" "$(find "$OWN" -name '.*')"
    own_class
    jq '.students[3].key = "../../s1003"' "$CLASS/class.json" >"$OWN/class.json"
    run -3 --separate-stderr pages "$OWN"
    expect_match "no way out" 'class.json: damaged.*no name for a folder' "$stderr"
    jq '.students[3].key = "s1000"' "$CLASS/class.json" >"$OWN/class.json"
    run -3 --separate-stderr pages "$OWN"
    expect_match "no folder twice" 'two students share a folder' "$stderr"
    echo nonsense >"$OWN/class.json"
    run -3 --separate-stderr pages "$OWN"
    expect_error 3 pages
}

@test "a signal ends it at once, with nothing of it left" {
    local before started
    own_class
    before=$(contents "$OWN")
    mkdir "$BATS_TEST_TMPDIR/bin"
    printf '#!/bin/sh\ncase "$*" in *pages-students.jq*) echo >>%q; exec sleep 1000 ;; esac\nexec %q "$@"\n' \
        "$BATS_TEST_TMPDIR/started" "$(command -v jq)" >"$BATS_TEST_TMPDIR/bin/jq"
    chmod +x "$BATS_TEST_TMPDIR/bin/jq"
    spawn env PATH="$BATS_TEST_TMPDIR/bin:$PATH" "$LAB_TOP/grader/pages" "$OWN"
    wait_for test -s "$BATS_TEST_TMPDIR/started"
    started=$SECONDS
    kill -TERM "$SPAWNED"
    reap "$SPAWNED"
    expect_status 143
    expect "how long it took" "not long" "$([ $((SECONDS - started)) -lt 200 ] && echo "not long")"
    expect "files" "$before" "$(contents "$OWN")"
    expect "processes" "" "$(marked_pids)"
}

@test "an ordinary user makes pages of their own folder; root's belong to whom the folder belongs" {
    require user
    own_class
    if [ "$EUID" -eq 0 ]; then
        chown -R "$(lab_uid):$(lab_gid)" "$OWN"
        run -0 pages "$OWN"
        expect "what is root's" "" "$(find "$OWN" -uid 0)"
    fi
    rm "$OWN/report.html"
    run -0 as_user_bare "$LAB_TOP/grader/pages" "$OWN"
    expect "the page is there" yes "$([ -s "$OWN/report.html" ] && echo yes)"
}
as_user_bare() { ( close_fds; as_user "$@" </dev/null ); }

@test "a class of 200: the class page is below 2 MB, and all is there within a minute" {
    local class=$BATS_TEST_TMPDIR/many begun twenty
    make_class "$class" 200
    own_class
    begun=${EPOCHREALTIME/[.,]/}
    LAB_TIMEOUT=600 run -0 pages "$OWN"
    twenty=$((${EPOCHREALTIME/[.,]/} - begun)) begun=${EPOCHREALTIME/[.,]/}
    LAB_TIMEOUT=600 run -0 pages "$class"
    # a minute; or, on a slow machine, thirty times of what a tenth of them takes there
    expect "how long it took" "not long" "$(awk -v took=$((${EPOCHREALTIME/[.,]/} - begun)) -v unit="$twenty" \
        'BEGIN { print took < 60e6 || took < 30 * unit ? "not long" : took / 1e6 " s, and twenty " unit / 1e6 }')"
    expect "size" small "$([ "$(stat -c %s "$class/report.html")" -lt 2000000 ] && echo small)"
    expect "pages" 200 "$(find "$class/students" -name feedback.html | wc -l)"
    expect "lines of the gradebook" 201 "$(wc -l <"$class/gradebook.csv")"
}

# ---- in a browser ---------------------------------------------------------

# column TABLE N: what that column shows, from the top, in one line
column() {
    browser_js "return [...document.querySelectorAll('#$1 tbody tr')].filter(row => !row.hidden).map(row => row.cells[$2].textContent.trim()).join(' ')"
}

@test "in a browser: every page loads without an error, and no script of a student's runs" {
    browser_required
    local file
    for file in "$CLASS/report.html" "$CLASS"/students/s10{02,04,07,15}/feedback.html "$CLASS/students/%2De%20%3Cx%3E%2014/feedback.html"; do
        browser_open "file://${file//%/%25}"
        expect "errors of $file" "" "$(browser_errors)"
        expect "the title of $file" "not owned" "$(browser_js 'return document.title === "owned" || document.title === "" ? "owned" : "not owned"')"
        expect "the page is seen" true "$(browser_js 'return document.querySelector("h1").offsetHeight > 0')"
    done
}

@test "in a browser: were a student's markup not escaped, the policy would still hold" {
    browser_required
    local evil="<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"><a id=a href=\"javascript:document.title='owned'\">x</a>"
    evil+="<style>h1 { display: none; }</style><form action=\"http://example.com\"><button id=send>send</button></form><iframe src=\"/etc/hostname\"></iframe>"
    local file name
    for name in "$CLASS/report.html" "$(feedback s1015)"; do
        file=$BATS_TEST_TMPDIR/evil.html
        awk -v evil="$evil" '{ print } /^<main>$/ { print evil }' "$name" >"$file"
        browser_open "file://$file"
        browser_click '#a'
        browser_click '#send'
        expect "the title" "not owned" "$(browser_js 'return document.title === "owned" ? "owned" : "not owned"')"
        expect "its style" true "$(browser_js 'return document.querySelector("h1").offsetHeight > 0')"
        expect "where it is" "file://$file" "$(browser_js 'return location.href')"
        expect_match "refused" 'Content Security Policy' "$(browser_errors)"
        # Control: without the policy it is owned.
        sed -i '/Content-Security-Policy/d' "$file"
        browser_open "file://$file"
        expect "the title without the policy" owned "$(browser_js 'return document.title')"
        browser_errors >/dev/null
    done
}

@test "in a browser: a click sorts, again the other way, nothing last; the keyboard does it too" {
    browser_required
    local ids
    browser_open "file://$CLASS/report.html"
    ids=$(column all 1)
    browser_click '#all th:nth-child(3) button'
    expect "by final, upwards" "0 0 0 0 402 574 576 602 605 606 616 644 647 729 760 784 835 – – –" "$(column all 2)"
    expect "marked as" ascending "$(browser_js 'return document.querySelector("#all th:nth-child(3)").getAttribute("aria-sort")')"
    browser_click '#all th:nth-child(3) button'
    expect "by final, downwards" "835 784 760 729 647 644 616 606 605 602 576 574 402 0 0 0 0 – – –" "$(column all 2)"
    browser_type '#all th:nth-child(2) button' $'\uE007'
    expect "by id, with the Enter key" "$(tr ' ' '\n' <<<"$ids" | sort)" "$(column all 1 | tr ' ' '\n' | sort)"
    expect "only one is marked" 1 "$(browser_js 'return document.querySelectorAll("#all [aria-sort]").length')"
    expect_match "numbers in text by their value" 's1000 s1001 .*s1019' "$(column all 1)"
    browser_click '#worst th:nth-child(3) button'
    expect "points of tests, upwards" "$(column worst 2 | tr ' ' '\n' | sort -n | tr '\n' ' ')" "$(column worst 2) "
    expect "errors" "" "$(browser_errors)"
}

@test "in a browser: the filter shows who has all the words, and counts them" {
    browser_required
    browser_open "file://$CLASS/report.html"
    browser_type '.filter input' 'Build 0'
    expect "who" "s1002 s1003 s1019" "$(column all 1)"
    expect "counted" "3 of 20" "$(browser_js 'return document.querySelector(".filter output").textContent')"
    browser_type '.filter input' '2 nobodyatall'
    expect "nobody" "0 of 20" "$(browser_js 'return document.querySelector(".filter output").textContent')"
    browser_js 'document.querySelector(".filter input").select()' >/dev/null
    browser_type '.filter input' $'\uE003'
    expect "all again" "20 of 20" "$(browser_js 'return document.querySelector(".filter output").textContent')"
}

@test "in a browser: without script everything is there, and nothing that would not work" {
    browser_required
    browser_open "file://$CLASS/report.html"
    browser_scripts off
    browser_reload
    expect "rows, filter, buttons" '[20,0,0]' "$(browser_js 'return [document.querySelectorAll("#all tbody tr").length, document.querySelector(".filter").offsetHeight, document.querySelectorAll("button").length]')"
    browser_click '#all tbody a[href*="s1001"]'
    expect_match "a link leads there" 'students/s1001/feedback.html$' "$(browser_js 'return location.href')"
    browser_click '.rest summary'
    expect "what folds, unfolds" true "$(browser_js 'return document.querySelector(".rest").open')"
}

@test "in a browser: nothing is wider than a phone" {
    browser_required
    local file
    for file in "$CLASS/report.html" "$CLASS"/students/s10{02,04,10,15}/feedback.html; do
        browser_open "file://$file"
        browser_size 360 640
        expect "window and content of $file" '[360,360]' "$(browser_js 'return [innerWidth, document.documentElement.scrollWidth]')"
        expect_in "$file" '<meta name="viewport" content="width=device-width, initial-scale=1">'
    done
}

# What is to be read, against what is behind it, by WCAG's formula: at least 4.5.
CONTRAST='
    const rgb = (text) => (text.match(/[\d.]+/g) || []).map(Number);
    const light = (c) => [.2126, .7152, .0722].reduce((sum, share, i) => {
        const x = c[i] / 255;
        return sum + share * (x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
    }, 0);
    const behind = (e) => {
        for (; e; e = e.parentElement) {
            const style = getComputedStyle(e).backgroundColor;
            if (style.startsWith("rgb(")) return rgb(style);
        }
        return [255, 255, 255];
    };
    const low = new Set();
    for (const e of document.querySelectorAll("main *, header *, footer *")) {
        if (e.closest("svg") || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
        const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
        if ((a + .05) / (b + .05) < 4.5) low.add(e.tagName + "." + e.className + " " + ((a + .05) / (b + .05)).toFixed(2));
    }
    return [...low].slice(0, 5).join(", ");'

@test "in a browser: light and dark, all text stands out from what is behind it" {
    browser_required
    local file colours
    for file in "$CLASS/report.html" "$CLASS"/students/s10{02,07}/feedback.html; do
        for colours in light dark; do
            browser_open "file://$file"
            browser_media '' "$colours"
            expect "too little contrast, $colours, ${file##*/}" "" "$(browser_js "$CONTRAST")"
        done
        expect "dark is dark" true "$(browser_js 'return parseInt(getComputedStyle(document.body).backgroundColor.slice(4)) < 60')"
    done
}

@test "in a browser: printed, the class page has everybody and no controls; feedback has what folds away" {
    browser_required
    require tool:pdftotext
    local text
    browser_open "file://$CLASS/report.html"
    browser_pdf "$BATS_TEST_TMPDIR/class.pdf"
    text=$(pdftotext -layout "$BATS_TEST_TMPDIR/class.pdf" -)
    expect "students on paper" 20 "$(sed -n '/All students/,$p' <<<"$text" | grep -oE 's10[0-9]{2} |@SUM|-e <x>' | sort -u | wc -l)"
    expect_match "the last one's last mark" '1018 .* 644 ' "${text//$'\n'/ }"
    expect "the filter" "" "$(grep -E 'Filter|All [0-9]+ tests' <<<"$text")"
    expect "sheets" few "$([ "$(pdfinfo "$BATS_TEST_TMPDIR/class.pdf" | awk '/^Pages/ { print $2 }')" -le 6 ] && echo few)"
    browser_open "file://$(feedback s1000)"
    browser_pdf "$BATS_TEST_TMPDIR/one.pdf"
    expect_match "a folded part's tests" 'sets no_new_privs, and nothing else' "$(pdftotext -layout "$BATS_TEST_TMPDIR/one.pdf" -)"
}
