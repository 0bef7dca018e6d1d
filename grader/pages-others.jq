# pages-others.jq - a sheet for Classroom 50 and for Autolab
include "text";

# classroom50($env): the contract classroom50/result/v1.  Its runner knows what only
# GitHub can know, and gives it in the environment; without a runner the student's id
# is the owner, the folder of hand-ins the classroom, and what has no address says so.
# Points are before lateness: Classroom 50 marks that itself, from datetime.  It wants
# a number, so there is none of this for what is not graded.
def classroom50($env):
    def stamp: capture("^(?<d>[0-9]{4}-[0-9]{2}-[0-9]{2})[ T](?<t>[0-9]{2}:[0-9]{2}(:[0-9]{2})?)") // null
        | if . then "\(.d)T\(.t)" + (if .t | length == 5 then ":00Z" else "Z" end) else null end;
    def given($name; otherwise): if ($env[$name] // "") != "" then $env[$name] else otherwise end;
    ((.intake // {}).time // .date // "" | stamp // "1970-01-01T00:00:00Z") as $time
    | {
        schema: "classroom50/result/v1",
        classroom: given("CLASSROOM"; .source),
        assignment: given("ASSIGNMENT"; "containers"),
        assignment_type: given("ASSIGNMENT_TYPE"; "individual"),
        owner: given("OWNER"; .id),
        submission: given("SUBMISSION_TAG"; "submit/" + ($time | gsub(":"; "-")) + "-"
            + ([(.intake // {}).accepted // [] | .[].sha256 | .[:7]][0] // "0000000")),
        commit: given("COMMIT_URL"; "about:blank"),
        release: given("RELEASE_URL"; "about:blank"),
        review: given("REVIEW_URL"; given("COMMIT_URL"; "about:blank")),
        datetime: $time,
        score: 0,
        "max-score": 0,
        tests: [.parts[] | . as $part
            | if .tests == [] then { "test-name": "\(.part): all of it", passed: (.points == .of), score: .points, "max-score": .of,
                  output: (if .state == "absent" then "not handed in" else "" end) }
              else .tests[] | select(.state != "excluded") | { "test-name": "\($part.part): \(.what)", passed: (.state == "passed"),
                  score: (if .state == "passed" then .points else 0 end), "max-score": .points,
                  output: (if $part.built then .words else "does not build" end) } end]
    }
    # Whole numbers, and the sums of the tests: those that can never run are in neither.
    | .score = ([.tests[].score] | add) | .["max-score"] = ([.tests[]["max-score"]] | add);

# autolab: text for the student, and as the last line the scores, each under the name
# of its part, which is to be the name of the problem in Autolab.  What is not graded
# has none.  No line of a program begins a line here: all are indented.
def autolab: [
    (.parts[]
        | "\(.part): " + (if .points == null then "not graded" else "\(.points) of \(.of)" end),
          (if .left_out > 0 then "  this machine can never run \(.left_out) points of its tests: they cost nothing" else empty end),
          (if .state == "absent" then "  not handed in" else empty end),
          (if .tampered then "  its run was tampered with, so it counts 0" else empty end),
          (if .built then .tests[] | select(.state == "failed") | "  lost \(.points): \(.what)", (.words | select(. != "") | indented("      "))
           else "  it does not build:", (.compiler | indented("      ")) end)),
    ((.intake // {}).refused // [] | .[] | "refused: \(.name): \(.reason)"),
    ({ scores: ([.parts[] | select(.points != null) | { key: .part, value: .points }] | from_entries) } | tojson)] | join("\n") + "\n";
