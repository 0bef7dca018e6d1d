# class-student.jq - one student: whole.json, and the record in class.json
#
# Appended to class-parts.jq and whole.jq (grader/class-run.bash, collect): the
# input is [whole].  Two lines come out: whole.json, and the record.
| .[0]
| ([.parts[].machine | select(.)] | .[0]) as $machine
| .machine = $machine
| .seconds = ([.parts[].seconds] | add // 0)
| .parts |= map(del(.machine))
| . + { student: { $id, $key, name: (if $name == "" then null else $name end) } }
| ($intake[0] // null) as $in
| (if any(.parts[]; .state == "error") then "error"
   elif $in == null then "missing"
   elif any(.parts[]; .state == "pending") then "partial"
   elif all(.parts[]; .state == "absent") then "empty"
   else "graded" end) as $status
| (if $in == null then null else .points end) as $points
| .points = $points
| (if $in == null or $deadline == null then null
   else [($in.at - $deadline), 0] | max | . / 36 | ceil / 100 end) as $late
| (if $rule == null or ($late // 0) == 0 then 0
   else [$rule.max, 100, $rule.percent * (($in.at - $deadline) / $rule.seconds | ceil)] | min end) as $lost
| .,
  {
    id: $id, key: $key, name: .student.name, roster: $roster, status: $status, late_hours: $late,
    points: $points, of, lost_percent: $lost,
    final: (if $points == null then null else $points * (100 - $lost) | round / 100 end),
    seconds,
    parts: (.parts | map({ key: .part, value: {
        state, points, of, built, stale, seconds, host, graded,
        tampered: (.tampered // false),
        passed: ([.tests[] | select(.state == "passed")] | length),
        failed: ([.tests[] | select(.state == "failed")] | length),
        reason: (if .state == "error" then [.problems[].what] | join("; ") else null end) } }) | from_entries),
    intake: $in,
    errors: [.parts[] | select(.state == "error") | { part, reason: ([.problems[].what] | join("; ")) }],
    machine: $machine
  }
