# class.jq - class.json (class.md), from the records of the students
#
#   jq -n --arg date ... --slurpfile parts PARTS --slurpfile unknown UNKNOWN -f class.jq STUDENTS

[inputs] as $students
| {
    date: $date, source: $source,
    deadline: (if $deadline == null then null else $deadline | todate end),
    late_rule: (if $rule == "none" then null else $rule end),
    roster: $roster, hidden: $hidden,
    machine: ([$students[].machine | select(.)] | .[0]),
    status: (if any($students[]; .status == "error") then 3 else 0 end),
    parts: [$parts[] | del(.digest)],
    of: ([$parts[].of] | add),
    unknown: $unknown,
    errors: [$students[] | . as $student | .errors[] | { id: $student.id, key: $student.key } + .],
    students: [$students[] | del(.machine)]
  }
