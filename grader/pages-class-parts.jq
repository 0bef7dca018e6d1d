# pages-class-parts.jq - the sections of the page of a class
include "text";
include "html";
include "pages-looks";

# Without sense a sort of numbers is wanted here, and not of text as it is shown.
def quantile($q): sort | . as $all | if . == [] then null else ((length - 1) * $q) as $at
    | ($at | floor) as $low | $all[$low] + ($all[[$low + 1, ($all | length) - 1] | min] - $all[$low]) * ($at - $low) end;
def median: quantile(0.5);
def rounded: . * 10 | round / 10;
def short: split("-")[0];
def number: if . == null then "–" else . * 100 | round / 100 | tostring end;

def page: @html "students/\(.key | @uri)/feedback.html";
def link: @html "<a href=\"\(page)\"><bdi>\(.title)</bdi></a>";
# Also the way to all that is known of them: the log, the files that were taken.
def id_cell: @html "<td class=\"id\"><a href=\"students/\(.key | @uri)/\"><bdi>\(.id | one_line(60))</bdi></a></td>";

# table(id, what it is, header cells as HTML, rows as HTML): a table that the script may
# sort; on a narrow screen it scrolls, and the page does not
def table($id; $caption; $head; rows): @html "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"\($caption)\"><table class=\"data\" id=\"\($id)\"><caption class=\"unseen\">\($caption)</caption>\n<thead><tr>"
    + ([$head[] | if type == "string" then @html "<th scope=\"col\">\(.)</th>" else @html "<th scope=\"col\" class=\"number\"><abbr title=\"\(.[1])\">\(.[0])</abbr></th>" end] | add)
    + "</tr></thead>\n<tbody>\n" + ([rows] | add // "") + "</tbody></table></div>\n";
def n($name): [$name, $name];

# ---- what is wrong with the run -------------------------------------------

def problems:
    (if .status == 3 or (.errors // [] | length) > 0 then
        "<div class=\"notice ungraded\" id=\"errors\"><p><b>Not everything could be graded.</b> What is named here has no mark, and no zero; grade it again.</p><ul>"
        + ([.errors // [] | .[] | @html "<li><bdi>\(.id | one_line(60))</bdi>, \(.part): \(.reason // "" | shown(500; 3))</li>\n"] | add // "") + "</ul></div>\n"
     else "" end)
    + (if (.unknown // []) == [] then "" else
        @html "<details class=\"notice\"><summary>\(.unknown | length | plural("thing")) in the folder of hand-ins \(if (.unknown | length) == 1 then "was" else "were" end) left out</summary><ul>"
        + ([.unknown[] | @html "<li><code>\(.name | one_line(300))</code> \(.reason | one_line(300))</li>\n"] | add) + "</ul></details>\n" end);

# ---- the distributions ----------------------------------------------------

# Of numbers from 0 to 1: how many are in each tenth; full marks apart
def bins: reduce .[] as $x ([range(11) | 0]; .[if $x >= 1 then 10 else $x * 10 | floor end] += 1);
def bin_name: if . == 10 then "full marks" elif . == 0 then "below 10 %" else "\(. * 10) to \(. * 10 + 9) %" end;

# 11 columns, 20 wide, 60 high
def histogram($title):
    bins as $bins | ($bins | max) as $max
    | ([range(11) | select($bins[.] > 0) as $i | "\($bins[$i]) \($i | bin_name)"] | join(", ")) as $words
    | @html "<svg class=\"histogram\" viewBox=\"0 0 240 92\" role=\"img\" aria-label=\"\($title): \(if $words == "" then "no marks" else $words end)\">"
        + ([range(11) as $i | ($bins[$i]) as $n | (if $max > 0 then $n / $max * 60 | . * 10 | round / 10 else 0 end) as $h
            | ($i * 21 + (if $i == 10 then 6 else 1 end)) as $x
            | @html "<g><title>\($i | bin_name): \($n)</title><rect class=\"\(if $i == 10 then "column full" else "column" end)\" x=\"\($x)\" y=\"\(74 - $h)\" width=\"19\" height=\"\($h)\" rx=\"1.5\"/>"
                + (if $n > 0 then @html "<text class=\"count\" x=\"\($x + 9.5)\" y=\"\(70 - $h)\">\($n)</text>" else "" end) + "</g>"] | add)
        + "<path class=\"axis\" d=\"M0 74.5H211M216 74.5H235\"/><text class=\"tick start\" x=\"1\" y=\"88\">0</text><text class=\"tick\" x=\"106\" y=\"88\">50 %</text><text class=\"tick end\" x=\"211\" y=\"88\">100</text><text class=\"tick\" x=\"225.5\" y=\"88\">full</text></svg>";

# card(title, exercise, marks from 0 to of, what is beside them)
def card($title; $exercise; $of; $notes):
    @html "<figure class=\"card\"><figcaption><b>\($title)</b> <span>\($exercise)</span></figcaption>" + ([.[] / $of] | histogram($title))
    + @html "<p>\(if . == [] then "no marks" else "median \(median | rounded), mean \(add / length | rounded) of \($of)" end)</p>"
    + @html "<p class=\"notes\">\($notes | join(", "))</p></figure>\n";

def parts($class):
    . as $people
    | "<section id=\"parts\"><h2>Marks, by part</h2>\n<div class=\"cards\">"
    + ([$class.parts[] | . as $part | [$people[] | select(.status != "missing") | .parts[$part.part] // { state: "absent", points: 0 }] as $marks
        | [$marks[] | select(.state != "absent").points | select(. != null)]
        | card($part.part; $part.exercise; ([$part.of, ($marks[] | .of // 0)] | max); [
            ([$marks[] | select(.state == "graded" and .built == false)] | length | select(. > 0) | "\(.) not building"),
            ([$marks[] | select(.state == "absent")] | length | select(. > 0) | "\(.) not handed in"),
            ([$marks[] | select(.points == null)] | length | select(. > 0) | "\(.) not graded")])] | add // "")
    + (if ($class.parts | length) > 1 then
        [$people[] | .points | select(. != null)] | card("all parts"; "before lateness"; ([$class.of, ($people[] | .of // 0)] | max); [
            ([$people[] | select(.status == "missing")] | length | select(. > 0) | "\(.) handed in nothing")]) else "" end)
    + "</div></section>\n";

# ---- who needs a look -----------------------------------------------------

# Lateness alone is for the gradebook.
def look_section:
    [.[] | select(.looks | any(.kind != "late"))] | sort_by([.looks[0].rank, .key])
    | @html "<section id=\"look\"><h2>Who needs a look</h2>\n"
    + (if . == [] then "<p>Nobody.</p>" else
        table("looks"; "Students who need a look"; ["Student", "Id", "Why", n("Points")];
            .[] | "<tr><td>" + link + "</td>" + id_cell
                + @html "<td data-v=\"\(.looks[0].rank)\"><ul class=\"flags\">" + ([.looks[] | @html "<li class=\"\(.kind)\">\(.text)</li>"] | add)
                + @html "</ul></td><td class=\"number\" data-v=\"\(.points // "")\">\(.points | number)</td></tr>\n") end)
    + "</section>\n";

# ---- the tests ------------------------------------------------------------

# Of those whose program builds and was graded.
def tests_table($id; $caption): table($id; $caption; ["Test", "Part", n("Points"), n("Fail"), n("Of"), n("%")];
    .[] | (.failed / .tried * 100) as $percent
        | @html "<tr><td class=\"test\">\(.what)" + (if .hidden then " <span class=\"tag\">hidden</span>" else "" end)
        + @html "</td><td>\(.part)</td><td class=\"number\">\(.points)</td><td class=\"number\">\(.failed)</td><td class=\"number\">\(.tried)</td>"
        + @html "<td class=\"number rate\" data-v=\"\($percent | rounded)\"><svg class=\"share lost\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"\($percent | rounded)\" height=\"10\"/></svg>\($percent | round)</td></tr>\n");

def tests_section:
    group_by([.part, .number, .what]) | map(.[0] + {
        failed: ([.[] | select(.state == "failed").n] | add // 0), tried: ([.[] | select(.state | IN("ungraded", "excluded") | not).n] | add // 0) })
    | map(select(.failed > 0)) | sort_by([-(.failed / .tried), .part, .number])
    | "<section id=\"tests\"><h2>Tests that fail most</h2>\n"
    + (if . == [] then "<p>No test fails.</p>" else
        "<p class=\"lead\">Of those whose program builds.</p>\n" + (.[:12] | tests_table("worst"; "The tests that most fail"))
        + (if length > 12 then @html "<details class=\"all\"><summary>All \(length) tests that somebody fails</summary>\n" + tests_table("failing"; "Tests, by how many fail them") + "</details>\n" else "" end) end)
    + "</section>\n";

# ---- the slowest ----------------------------------------------------------

def slow_section:
    [.[] | select((.seconds // 0) > 0)] | sort_by([-.seconds, .key]) | .[:10]
    | "<section id=\"slow\"><h2>Slowest to grade</h2>\n"
    + (if . == [] then "<p>Nothing was graded.</p>" else
        table("slowest"; "The submissions that took longest"; ["Student", "Id", n("Seconds"), "Longest part", n("Of it")];
            .[] | ([.parts // {} | to_entries[] | { part: .key, seconds: (.value.seconds // 0) }] | max_by(.seconds) // { part: "", seconds: 0 }) as $longest
                | "<tr><td>" + link + "</td>" + id_cell
                + @html "<td class=\"number\">\(.seconds)</td><td>\($longest.part)</td><td class=\"number\">\($longest.seconds)</td></tr>\n") end)
    + "</section>\n";

# ---- the same file twice --------------------------------------------------

# Also the skeleton of the handout, if it was handed in as it was: such a file builds
# and has few points, which the column says.
def same_section:
    [.[] | . as $one | .intake.accepted // [] | .[] | select(.sha256) | { name, sha256, person: $one }]
    | [group_by([.name, .sha256])[] | select([.[].person.key] | unique | length > 1)]
    | sort_by([-length, .[0].name, .[0].sha256])
    | if . == [] then "" else
        "<section id=\"same\"><h2>The same file, from several</h2>\n<p class=\"lead\">Byte for byte. A skeleton that was handed in as it was handed out is one of these, too.</p>\n"
        + table("twins"; "Files that several handed in"; ["File", n("Students"), "Who"];
            .[:50][] | @html "<tr><td><code>\(.[0].name | one_line(100))</code></td><td class=\"number\">\(length)</td><td class=\"who\">"
                + ([.[:12][] | .person | link] | join(", ")) + (if length > 12 then @html ", and \(length - 12) more" else "" end) + "</td></tr>\n")
        + "</section>\n" end;

# ---- everybody ------------------------------------------------------------

def mark_cell: if . == null or .state == "absent" then "<td class=\"number none\" data-v=\"0\">–</td>"
    elif .state == "pending" then "<td class=\"number none\" data-v=\"\">…</td>"
    elif .points == null then "<td class=\"number ungraded\" data-v=\"\"><abbr title=\"could not be graded\">?</abbr></td>"
    elif .tampered == true then @html "<td class=\"number bad\" data-v=\"\(.points)\"><abbr title=\"tampered with\">\(.points)!</abbr></td>"
    elif .built == false then @html "<td class=\"number bad\" data-v=\"\(.points)\"><abbr title=\"does not build\">\(.points)×</abbr></td>"
    else @html "<td class=\"number q\(if .of > 0 then .points / .of * 4 | floor else 0 end)\">\(.points)</td>" end;

def students_section($class):
    @html "<section id=\"students\"><h2>All students</h2>\n<p class=\"filter\" hidden><label>Filter <input type=\"search\" data-table=\"all\" placeholder=\"name, id, late, missing …\"></label> <output>\(length) of \(length)</output></p>\n"
    + table("all"; "All students"; (["Student", "Id", n("Final")] + (if any(.[]; (.lost_percent // 0) > 0) then [["Before", "Points before lateness"]] else [] end)
            + [$class.parts[] | [(.part | short), .part]] + [["Late", "Hours late"], "Look"]);
        (any(.[]; (.lost_percent // 0) > 0)) as $lateness
        | .[] | . as $one
        | "<tr><td>" + link + "</td>" + id_cell
            + @html "<td class=\"number final\" data-v=\"\(.final // "")\">\(.final | number)</td>"
            + (if $lateness then @html "<td class=\"number\" data-v=\"\(.points // "")\">\(.points | number)</td>" else "" end)
            + ([$class.parts[].part as $part | ($one.parts // {})[$part] | mark_cell] | add // "")
            + @html "<td class=\"number\" data-v=\"\(.late_hours // "")\">\(if (.late_hours // 0) > 0 then .late_hours | rounded else "" end)</td><td data-v=\"\(.looks | length)\">"
            + (if .looks == [] then "" else "<ul class=\"flags\">" + ([.looks[] | @html "<li class=\"\(.kind)\">\(.text)</li>"] | add) + "</ul>" end) + "</td></tr>\n")
    + "<p class=\"key\"><span>– not handed in</span> <span>× does not build</span> <span>! tampered with</span> <span>? could not be graded</span></p></section>\n";
