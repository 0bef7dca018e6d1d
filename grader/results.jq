# results.jq - the marks as Gradescope wants them (results.json)
#
#   jq -L grader -f results.jq WHOLE.json
#
# Gradescope adds up the scores of the tests where there is no score on top.
# So when anything is ungraded there is no score anywhere: what is left of it
# would be a mark that lacks some.  Gradescope then reports an error of the
# autograder, which is what it was.
#
# The total of an assignment is fixed there.  So where this machine can never run some of
# the tests, the score on top is on the scale of all (95 of 95 is 100), which counts
# instead of the sum; those tests have neither score nor max_score.
include "text";

.ungraded as $ungraded
| ([.parts[] | to_full.points // 0] | add * 100 | round / 100) as $score
| (if .ungraded then {} else { score: $score } end) + {
    execution_time: .seconds,
    output: (if $ungraded then
            "Not graded. This is not a mark, and not a zero.\n" + ([.reasons[] | "- \(.reason)"
                + (if .tests then " (\(.tests | plural("test")))" else "" end)] | join("\n"))
        else "\(.points) of \(.of) points.\n"
            + ([.never[] | "This machine can never run \(.tests | plural("test")), \(.points) points, in no total: \(.reason)\n"] | add // "")
            + (if .excluded == 0 then "" else "On the scale of all \(.full) points: \($score).\n" end)
            + ([.parts[] | "\(.part): \(.points) of \(.of)" + (if .built then "" else ", does not build" end)] | join("\n"))
        end),
    output_format: "text",
    test_output_format: "text",
    test_name_format: "text",
    visibility: "visible",
    stdout_visibility: "hidden",
    extra_data: {
        ungraded: $ungraded,
        of,
        full,
        points,
        date,
        machine,
        parts: [.parts[] | { part, of, ungraded, built } + (if .ungraded then {} else { points } end)]
    },
    tests: [.parts[] | . as $part
        | (if .built then empty else {
              name: "\(.exercise) builds", name_format: "text", number: "\(.number).0", status: "failed",
              output: .compiler, output_format: "text", tags: [.part], visibility: "visible",
              extra_data: { part }
          } end),
          (.tests[] | {
              name: .what,
              name_format: "text",
              number: "\($part.number).\(.number)",
              output: words,
              output_format: "text",
              tags: [$part.part],
              visibility: "visible",
              extra_data: ({ part: $part.part, file, points, ungraded: (.state == "ungraded"), excluded: (.state == "excluded") }
                  + (if .ms then { seconds: (.ms / 1000) } else {} end))
          }
          + (if .state | IN("ungraded", "excluded") then {} else { status: .state } end)
          + (if $ungraded or .state == "excluded" then {} else { score: (if .state == "passed" then .points else 0 end), max_score: .points } end))]
}
