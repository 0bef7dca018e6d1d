# pages-one.jq - one submission, graded by grader/grade, for somebody else's system
#
#   jq -j -L grader --arg format gradescope|classroom50|autolab -f pages-one.jq WHOLE.json
include "text";
include "pages-sheet";
include "pages-gradescope";
include "pages-others";

.parts |= map(to_full)
| .points = (if .ungraded then null else [.parts[].points] | add * 100 | round / 100 end) | .of = (.full // .of)
| { date, source: "containers", machine, hidden: any(.parts[].tests[]; .hidden), parts } as $class
| { id: ($ENV.OWNER // $ENV.USERNAME // "student"), key: "one", status: (if .ungraded then "error" else "graded" end),
    points, final: .points, of, seconds,
    parts: (.parts | map({ key: .part, value: (. + { state: (if .points == null then "error" else "graded" end) }) }) | from_entries) } as $student
| sheet($class; $student)
| if $format == "gradescope" then gradescope | tojson + "\n"
  elif $format == "autolab" then autolab
  elif .ungraded then "not graded, and Classroom 50 wants a number\n" | halt_error(3)
  else classroom50($ENV | { CLASSROOM, ASSIGNMENT, ASSIGNMENT_TYPE, OWNER, SUBMISSION_TAG, COMMIT_URL, RELEASE_URL, REVIEW_URL }) | tojson + "\n" end
