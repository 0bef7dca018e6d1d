# pages-sheet.jq - what one student may know of their own marks
#
# Everything that goes to a student is made of this sheet: the page, Gradescope's
# results.json, Classroom 50's result.json, Autolab's lines.  So what is not in it
# cannot slip out: of a hidden test the result alone is.
include "text";

def place: test("\\A[A-Za-z0-9_@+%][A-Za-z0-9._@+%-]*\\z");
def rounded: if . == null then null else . * 100 | round / 100 end;

# As words, too, as several formats want it.
def told: { number, points, state, hidden: false, what: (.what | one_line(300)), file, ms } + (
    if .state == "passed" then { words: "" } else {
        state,
        pairs: [(.pairs // [])[:5][] | { expected: (.expected | shown(2000; 40)), observed: (.observed | shown(2000; 40)) }],
        hint: (.hint // "" | shown(500; 3)),
        rest: (.rest // "" | shown(2000; 40)),
        reason: (if .reason then .reason | shown(500; 3) else null end)
    } | .words = words end);

# All that the tests of one part say is bounded, too; each still has its result.
def told_tests: reduce .[] as $test ({ hidden: 0, left: 60000, tests: [] };
        if $test.hidden then .hidden += 1 | .hidden as $n | .tests += [$test | { number, points, state, hidden: true, what: "hidden test \($n)", words: "" }]
        else ($test | told) as $told
            | .left -= ($told.words + ($told.rest // "") | length)
            | .tests += [if .left >= 0 then $told else $told | del(.pairs, .hint, .rest) | .reason = "(cut here: the tests of this part say more than fits)" | .words = .reason end] end)
    | .tests;

# part($marks; $quotable): of whole.json; $marks is what class.json says of it.  With
# hidden tests about, what broke a run is not quoted: it may name one.
def part($marks; $quotable):
    $marks.part as $name
    | {
        part: $name, number: $marks.number, exercise: $marks.exercise, of: $marks.of,
        points: $marks.points, state: $marks.state, seconds: ($marks.seconds // 0),
        built: ($marks.built != false), tampered: ($marks.tampered == true), stale: ($marks.stale == true),
        reason: (if $quotable and $marks.reason then $marks.reason | shown(500; 3) else null end),
        compiler: (if $marks.built == false then .compiler // "" | shown(6000; 80) else "" end),
        problems: (if $quotable then [(.problems // [])[:5][] | { what: (.what | shown(500; 3)), detail: (.detail // "" | shown(2000; 40)) }] else [] end),
        left_out: (.left_out // 0),
        tests: ((.tests // []) | told_tests)
    }
    # No test of a run that is not believed, or that built nothing, says anything.
    | if .tampered then .tests |= map({ number, points, state: "failed", what, hidden, words: "" })
      elif .built | not then .tests |= map({ number, points, state, what, hidden, words: "" })
      elif .points == null then .tests |= map(.state = "ungraded" | del(.pairs, .hint, .rest))
      else . end;

# sheet($class; $student): of whole.json, or of null where there is none
def sheet($class; $student):
    (.parts // [] | map({ key: .part, value: . }) | from_entries) as $parts
    | {
        id: ($student.id | one_line(200)), key: $student.key,
        name: (if $student.name then $student.name | one_line(100) else null end),
        status: $student.status,
        points: $student.points, of: $student.of, final: ($student.final | rounded),
        lost_percent: ($student.lost_percent // 0 | rounded), late_hours: ($student.late_hours | rounded),
        seconds: ($student.seconds // 0),
        date: $class.date, deadline: $class.deadline, source: ($class.source | one_line(100)), machine: ($class.machine // {}),
        intake: (if $student.intake then $student.intake | {
            source: (.source | one_line(200)), time, superseded: [(.superseded // [])[:20][] | one_line(200)],
            problem: (if .problem then .problem | shown(500; 3) else null end),
            accepted: [(.accepted // [])[] | { name: (.name | one_line(100)), from: (.from // .name | one_line(300)), size, sha256: (.sha256 // "") }],
            refused: [(.refused // [])[:100][] | { name: (.name | one_line(300)), reason: (.reason | one_line(300)), odd: (.odd == true) }],
            more: (.more // 0) } else null end),
        parts: [$class.parts[] as $part | $parts[$part.part] // {}
            | part($part + ($student.parts[$part.part] // { state: "absent", points: null }); $class.hidden != true)]
    }
    | .ungraded = (.status != "missing" and any(.parts[]; .points == null));
