# class-parts.jq - the parts of one student, graded or not, as whole.jq wants them
#
# Input (raw lines): the files PART.json and PART.error.json of the student.  One
# that is not whole (the power went) is as good as none.

($intake[0] // null) as $in
| [inputs | fromjson? | objects] as $results
| {
    parts: [$used[] | . as $part
        | ($in.parts[.part] // null) as $handed
        | "\(.digest)-\(($handed // "")[:16])" as $digest
        | [$results[] | select(.part.part == $part.part)] as $mine
        | ([$mine[] | select(.graded)] | .[0]) as $good
        | ([$mine[] | select(.graded | not)] | .[0]) as $bad
        | { part, number, exercise, of, seconds: 0, built: true, compiler: "", problems: [], tests: [],
            ungraded: false, points: null, state: "pending", stale: false, host: null, graded: null, tampered: false } as $blank
        | if $in == null then $blank + { state: "absent", points: 0 }
          elif $in.unread then $blank + { state: "error", ungraded: true, problems: [{ what: $in.problem, detail: "" }] }
          elif $handed == null then $blank + { state: "absent", points: 0 }
          elif $bad != null and $bad.digest == $digest and ($good == null or $good.digest != $digest) then
              $blank + { state: "error", ungraded: true, host: $bad.host, graded: $bad.date,
                  problems: [{ what: $bad.reason, detail: "" }] }
          elif $good != null then
              $blank + $good.part + { state: "graded", stale: ($good.digest != $digest), host: $good.host,
                  graded: $good.date, seconds: $good.seconds, machine: $good.machine }
          else $blank + { ungraded: true, problems: [{ what: "not graded yet", detail: "" }] } end]
  }
