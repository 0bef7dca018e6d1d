# whole.jq - all parts of a run together: the model behind everything shown
#
#   jq -s -L grader --argjson about FACTS -f whole.jq PART.json...
$about + {
    parts: .,
    of: ([.[].of] | add),
    ungraded: any(.[]; .ungraded)
}
| .points = (if .ungraded then null else [.parts[].points] | add end)
| .status = (if .ungraded then 3 elif .points < .of then 1 else 0 end)

# Why something was not graded, each reason once, with the number of tests.
| .reasons = ([.parts[] | .part as $part
    | (.problems[] | { reason: "\($part): \(.what)", tests: null }),
      (if (.problems | length) > 0 then empty else .tests[] | select(.state == "ungraded") | { reason, tests: 1 } end)]
    | group_by(.reason) | map({ reason: .[0].reason, tests: (map(.tests) | add) }))
| .remedies = [
    if any(.reasons[]; .reason | test("needs root|for uid [0-9]")) and (.root | not)
    then "run it as root: sudo make grade" else empty end,
    if any(.reasons[]; .tests and (.reason | test("needs root|for uid [0-9]|make setup") | not))
    then "see what this machine lacks, and the remedy: make doctor" else empty end,
    if any(.reasons[]; .reason | test("make setup")) then "install what is missing: make setup" else empty end
]
