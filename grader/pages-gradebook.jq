# pages-gradebook.jq - class.json as a table for a spreadsheet (gradebook.csv)
#
# As RFC 4180 has it, one line a student.  A cell that a spreadsheet could take for a
# formula gets an apostrophe in front.  What has no points has an empty cell, not a 0.
include "text";
include "pages-looks";

def cell: one_line(1000) | if test("^[\\s\"']*[=+@|%＝＋－＠-]") then "'" + . else . end;
def rounded: if . == null then null else . * 100 | round / 100 end;

.parts as $parts
| ["id", "name", "status", "late_hours", "lost_percent", "points", "final", "of"] + [$parts[].part] + ["look"],
  (.students[] | . as $student
    | [(.id | cell), (.name // "" | cell), .status, (.late_hours | rounded), (.lost_percent // 0 | rounded), .points, (.final | rounded), .of]
      + [$parts[].part as $part | ($student.parts // {})[$part].points]
      + [looks | map(.text) | join("; ") | cell])
| @csv
