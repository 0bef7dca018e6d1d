# part.jq - one part of the course, from the verdicts on its bats files
#
#   jq -s -L grader --arg part NAME --argjson number N --arg exercise NAME --argjson of 100 \
#       --argjson seconds N --arg problem WORDS --arg built yes|no --rawfile compiler TEXT \
#       -f part.jq VERDICTS
#
# Input: for each bats file {file, plan, verdict}; verdict is null if it was
# not run.  Every test becomes passed, failed, excluded or ungraded; one ungraded test
# leaves the whole part without points, because a sum that lacks some is not a
# mark.  What this machine can never do is excluded: .of is what can be earned here,
# .full what can be earned anywhere.  Where nothing can be, there is no mark.
include "text";

def untried($reason; $state):
    .plan.tests[] | { points, what: (.what | visible), state: $state, reason: $reason };

def judged:
    if $problem != "" then untried($problem; "ungraded")
    elif $built == "no" then untried("not run: it does not build"; "failed")
    elif .verdict.problem then untried("\(.file): \(.verdict.problem)"; "ungraded")
    else .verdict.tests[] end;

# Of a hidden test nobody is told more than what became of it.
def concealed:
    { points, state, hidden: true, file: "hidden" }
    + (if .ms then { ms } else {} end)
    + (if .state == "ungraded" then { reason: "a hidden test could not run here" }
       elif .state == "excluded" then { reason: "this machine can never run it" } else {} end);

[.[] | .file as $file | .hidden as $hidden
    | judged + { file: $file } | if $hidden then concealed else . end] as $all
| ([$all[] | select(.hidden | not)]
    + [[$all[] | select(.hidden)] | range(0; length) as $n | .[$n] + { what: "hidden test \($n + 1)" }]) as $tests
| {
    part: $part,
    number: $number,
    exercise: $exercise,
    full: ($of + ([$all[] | select(.hidden).points] | add // 0)),
    seconds: $seconds,
    built: ($built == "yes"),
    compiler: ($compiler | shown(12000; 120) | rtrimstr("\n")),
    problems: [
        (if $problem != "" then { what: $problem, detail: "" } else empty end),
        (.[] | select(.verdict.problem) | {
            what: (if .hidden then "the hidden tests: \(.verdict.problem)" else
                "\(.file): \(.verdict.problem)\(if .verdict.running then " (in the test: \(.verdict.running | visible))" else "" end)" end),
            detail: (if .hidden then "" else .verdict.detail end) })],
    tests: [range(0; $tests | length) | $tests[.] + { number: (. + 1) }]
}
| .excluded = ([.tests[] | select(.state == "excluded").points] | add // 0)
| .of = .full - .excluded
| if .of == 0 then
      .problems += [{ what: "this machine can never run any of its tests (elsewhere: make vm)", detail: "" }]
      | .of = .full | .excluded = 0 | .tests |= map(if .state == "excluded" then .state = "ungraded" else . end)
  else . end
| .ungraded = ((.problems | length) > 0 or any(.tests[]; .state == "ungraded"))
| .points = (if .ungraded then null else [.tests[] | select(.state == "passed").points] | add // 0 end)
