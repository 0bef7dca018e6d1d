# part.jq - one part of the course, from the verdicts on its bats files
#
#   jq -s -L grader --arg part NAME --argjson number N --arg exercise NAME --argjson of 100 \
#       --argjson seconds N --arg problem WORDS --arg built yes|no --rawfile compiler TEXT \
#       -f part.jq VERDICTS
#
# Input: for each bats file {file, plan, verdict}; verdict is null if it was
# not run.  Every test becomes passed, failed or ungraded; one ungraded test
# leaves the whole part without points, because a sum that lacks some is not a
# mark.
include "text";

def untried($reason; $state):
    .plan.tests[] | { points, what: (.what | visible), state: $state, reason: $reason };

def judged:
    if $problem != "" then untried($problem; "ungraded")
    elif $built == "no" then untried("not run: it does not build"; "failed")
    elif .verdict.problem then untried("\(.file): \(.verdict.problem)"; "ungraded")
    else .verdict.tests[] end;

[.[] | .file as $file | judged + { file: $file }] as $tests
| {
    part: $part,
    number: $number,
    exercise: $exercise,
    of: $of,
    seconds: $seconds,
    built: ($built == "yes"),
    compiler: ($compiler | shown(12000; 120) | rtrimstr("\n")),
    problems: [
        (if $problem != "" then { what: $problem, detail: "" } else empty end),
        (.[] | select(.verdict.problem) | {
            what: "\(.file): \(.verdict.problem)\(if .verdict.running then " (in the test: \(.verdict.running | visible))" else "" end)",
            detail: .verdict.detail })],
    tests: [range(0; $tests | length) | $tests[.] + { number: (. + 1) }]
}
| .ungraded = ((.problems | length) > 0 or any(.tests[]; .state == "ungraded"))
| .points = (if .ungraded then null else [.tests[] | select(.state == "passed").points] | add // 0 end)
