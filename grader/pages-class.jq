# pages-class.jq - a class as a page for the teacher (report.html)
#
#   jq -nRr -L grader --slurpfile class OUT/class.json --rawfile css CSS --rawfile js JS \
#       --arg hashes POLICY -f pages-class.jq TALLY
#
# TALLY: lines of `sort | uniq -c` over the results of all tests of all students.  The
# page can be read without its script, which only sorts and filters its tables.
include "text";
include "html";
include "pages-looks";
include "pages-feedback";
include "pages-class-parts";

$class[0] as $class
| $class.students as $students
| [$students[] | . + { looks: looks, title: (.name // .id | one_line(100)) }] as $people
| [inputs | capture("^ *(?<n>[0-9]+) (?<test>.*)$") | (.test | fromjson) as $test
    | { n: (.n | tonumber), part: $test[0], number: $test[1], points: $test[2], hidden: $test[3], state: $test[4], what: $test[5] }] as $tally
| ([$people[] | select(.status != "missing")]) as $handed
| ([$people[] | select(.looks | any(.kind != "late"))] | length) as $looked
| ("Class: \($class.source | one_line(100))" | head($css; $hashes))
+ "<body class=\"class\">\n<header>\n<p class=\"kind\">Linux containers: a class, graded</p>\n"
+ @html "<h1><bdi>\($class.source | one_line(100))</bdi></h1>\n"
+ "<ul class=\"facts\">"
+ ([($students | length | plural("student")), "\($handed | length) handed in",
    ([$students[].final | select(. != null)] | if . == [] then empty else "median \(median | rounded) of \($class.of)", "mean \(add / length | rounded)" end),
    ($looked | if . == 0 then "nobody needs a look" elif . == 1 then "1 needs a look" else "\(.) need a look" end)]
    | map(@html "<li>\(.)</li>") | add)
+ "</ul>\n<nav aria-label=\"On this page\"><a href=\"#parts\">Parts</a> <a href=\"#look\">Who needs a look</a> <a href=\"#tests\">Tests</a> <a href=\"#slow\">Slowest</a> <a href=\"#students\">All students</a></nav>\n</header>\n<main>\n"
+ ($class | problems)
+ ($people | parts($class))
+ ($people | look_section)
+ ($tally | tests_section)
+ ($people | slow_section)
+ ($people | same_section)
+ ($people | students_section($class))
+ "</main>\n<footer>\n<h2>This run</h2>\n<dl>" + ($class.date | fact("Graded"))
+ ($class.deadline | if . then time | fact("Deadline") else "" end)
+ ($class.late_rule | if . then fact("Lost for lateness") else "" end)
+ ((if $class.hidden then "yes" else "no" end) | fact("Hidden tests"))
+ (($class.machine // {}) | (.system | fact("System")) + (.kernel | fact("Kernel")))
+ "</dl>\n</footer>\n<script>" + $js + "</script>\n</body>\n</html>"
