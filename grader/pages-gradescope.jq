# pages-gradescope.jq - a sheet as Gradescope wants it (results.json)
#
# As in results.jq: where anything is ungraded there is no score anywhere, since
# Gradescope would add up what is left.  A score on top counts instead of the sum of
# the tests; it is what lateness leaves of them.
include "text";

def gradescope:
    .ungraded as $ungraded
    | (if $ungraded then {} else { score: .final } end) + {
        execution_time: .seconds,
        output: (if $ungraded then
                "Not graded. This is not a mark, and not a zero."
            else
                "\(.final) of \(.of) points"
                + (if .lost_percent > 0 then ", from \(.points): \(.late_hours) hours late, \(.lost_percent) % lost" else "" end)
            end + "\n"
            + ([.parts[] | "\(.part): " + (if .points == null then "not graded" else "\(.points) of \(.of)" end)
                + (if .tampered then ", its run was tampered with" elif .state == "absent" then ", not handed in"
                   elif .built then "" else ", does not build" end)
                + (if .left_out > 0 then ", on the scale of all tests; \(.left_out) points of them this machine can never run" else "" end)] | join("\n"))
            + ([(.intake // {}).refused // [] | .[] | "\nrefused: \(.name): \(.reason)"] | add // "")),
        output_format: "text",
        test_output_format: "text",
        test_name_format: "text",
        visibility: "visible",
        stdout_visibility: "hidden",
        extra_data: {
            ungraded: $ungraded, of, points, late_hours, lost_percent, date,
            parts: [.parts[] | { part, of, state, built, tampered } + (if .points == null then {} else { points } end)]
        },
        tests: [.parts[] | . as $part
            | (if .built or .state != "graded" then empty else {
                  name: "\(.exercise) builds", name_format: "text", number: "\(.number).0", status: "failed",
                  output: .compiler, output_format: "text", tags: [.part], visibility: "visible", extra_data: { part }
              } end),
              (.tests[] | {
                  name: .what,
                  name_format: "text",
                  number: "\($part.number).\(.number)",
                  output: .words,
                  output_format: "text",
                  tags: [$part.part],
                  visibility: "visible",
                  extra_data: { part: $part.part, points, hidden, ungraded: (.state == "ungraded"), excluded: (.state == "excluded") }
              }
              + (if .state | IN("ungraded", "excluded") then {} else { status: .state } end)
              + (if $ungraded or .state == "excluded" then {} else { score: (if .state == "passed" then .points else 0 end), max_score: .points } end))]
    };
