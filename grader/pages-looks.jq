# pages-looks.jq - who needs a look, and why
#
# Of a student of class.json: a list of { rank, kind, text }, the gravest first.
include "text";

def hours: if . >= 48 then "\(. / 2.4 | round / 10) days" else "\(. * 10 | round / 10) h" end;

def looks:
    . as $student
    | [.parts // {} | to_entries[] | .value + { part: .key } | .short = (.part | split("-")[0])] as $parts
    | def those(condition): [$parts[] | select(condition).short] | join(", ");
    [
        (those(.tampered == true) | select(. != "") | { rank: 1, kind: "tampered", text: "tampered with: \(.)" }),
        (those(.state == "error") | select(. != "") | { rank: 2, kind: "error", text: "could not be graded: \(.)" }),
        (those(.state == "pending" or .stale == true) | select(. != "") | { rank: 3, kind: "pending", text: "not graded yet: \(.)" }),
        ($student.intake.problem | select(.) | { rank: 4, kind: "damaged", text: one_line(200) }),
        ($student | select(.status == "missing") | { rank: 5, kind: "missing", text: "nothing handed in" }),
        ($student | select(.status == "empty") | { rank: 5, kind: "empty", text: "nothing in it to grade" }),
        ([$student.intake.refused // [] | .[] | select(.odd)] | length | select(. > 0) | { rank: 6, kind: "refused", text: "odd files refused: \(.)" }),
        (those(.state == "graded" and .built == false) | select(. != "") | { rank: 7, kind: "build", text: "does not build: \(.)" }),
        (those(.state == "graded" and .built != false and .points == 0 and (.tampered != true)) | select(. != "") | { rank: 8, kind: "zero", text: "builds, and 0 points: \(.)" }),
        ($student | select(.roster == false) | { rank: 9, kind: "roster", text: "not in the roster" }),
        ($student.intake.superseded // [] | length | select(. > 0) | { rank: 10, kind: "several", text: "handed in \(. + 1) times" }),
        ($student.late_hours | select(. != null and . > 0) | { rank: 11, kind: "late", text: "late: \(hours)" })
    ];
