# whole.jq - all parts of a run together: the model behind everything shown
#
#   jq -s -L grader --argjson about FACTS -f whole.jq PART.json...
$about + {
    parts: .,
    of: ([.[].of] | add),
    full: ([.[].full // .[].of] | add),
    excluded: ([.[].excluded // 0] | add),
    ungraded: any(.[]; .ungraded)
}
| .points = (if .ungraded then null else [.parts[].points] | add * 100 | round / 100 end)
| .status = (if .ungraded then 3 elif .points < .of then 1 else 0 end)

# Why something was not graded, or is in no total, each reason once, with the number of
# tests; and of the former the remedies.
| def reasons($state): [.parts[] | .part as $part
    | (if $state == "ungraded" then .problems[] | { reason: "\($part): \(.what)", tests: null } else empty end),
      (if (.problems | length) > 0 and $state == "ungraded" then empty
       else .tests[] | select(.state == $state) | { reason, tests: 1, remedy, points } end)]
    | group_by(.reason) | map({ reason: .[0].reason, tests: (map(.tests) | add), points: (map(.points) | add), remedy: ([.[].remedy | select(.)] | .[0]) });
.again as $again
| .reasons = reasons("ungraded")
| .never = reasons("excluded")
| (if any(.parts[]; .problems | length > 0) or any(.reasons[]; .tests and .remedy == null)
   then ["see what this machine lacks, and the remedy: make doctor"] else [] end) as $look
| .remedies = ([.reasons[].remedy | select(.)] | unique | map(if . == "sudo" then "run it as root: \($again)" else . end)) + $look
