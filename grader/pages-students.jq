# pages-students.jq - all files of all students, in one run
#
#   jq -nj -L grader --slurpfile class OUT/class.json --rawfile css CSS --arg hashes POLICY \
#       -f pages-students.jq WHOLE.json...
#
# Input: for each student their whole.json, or { student: { key } } where there is none.
# Output: records, each a record separator (036), a path below OUT, a new line, and
# what is to be written there; '-' says that such a file is not to be.  A separator in
# what is to be written is left out; text made fit to be shown has none.  The
# records called tally are lines of the results of single tests, for the class page.
include "text";
include "pages-sheet";
include "pages-gradescope";
include "pages-others";
include "pages-feedback";

def record(path): "\u001e\(path)\n" + (split("\u001e") | join(""));
def absent(path): "\u001e-\(path)\n";

def tally: [.parts[] | select(.built and (.tampered | not)) as $part
    | .tests[] | [$part.part, .number, .points, .hidden, .state, .what, .file // ""] | tojson + "\n"] | add // "";

$class[0] as $class
| ([$class.students[] | { key, value: . }] | from_entries) as $students
| inputs as $whole
| ($students[$whole.student.key] // error("a student who is not in class.json: \($whole.student.key)")) as $student
| (if $student.key | place then "students/\($student.key)" else error("no name for a folder: \($student.key)") end) as $dir
| ($whole | sheet($class; $student))
| (tally | record("tally")),
  (feedback($css; $hashes) | record("\($dir)/feedback.html")),
  if .status == "missing" then absent("\($dir)/results.json"), absent("\($dir)/result.json"), absent("\($dir)/autolab.txt")
  else
      (gradescope | tojson + "\n" | record("\($dir)/results.json")),
      (if .ungraded then absent("\($dir)/result.json") else classroom50($ENV | { CLASSROOM, ASSIGNMENT }) | tojson + "\n" | record("\($dir)/result.json") end),
      (autolab | record("\($dir)/autolab.txt"))
  end
