# pages-feedback.jq - a sheet as a page for the student (feedback.html)
#
# As report.html: one file, no script, nothing from elsewhere.  The page allows itself
# the one style in it, by its hash.
include "text";
include "html";

def head($css; $hashes): "<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"color-scheme\" content=\"light dark\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \($hashes); base-uri 'none'; form-action 'none'\">
<title>" + @html "\(.)" + "</title>
<style>" + $css + "</style>
</head>
";

def anchor: @html "part-\(.)";
def fact(name): if . == null or . == "" then "" else @html "<div><dt>\(name)</dt><dd>\(.)</dd></div>" end;
def time: sub("T"; " ") | sub(":[0-9]{2}Z$"; " UTC");
def bytes: if . < 1000 then "\(.) B" else "\(. / 102.4 | round / 10) KiB" end;

# An SVG, as a style attribute would need a hole in the policy.
def share: @html "<svg class=\"share\" viewBox=\"0 0 \(.of) 10\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"\(if .points == null then "not graded" else "\(.points) of \(.of) points" end)\"><rect class=\"passed\" width=\"\(.points // 0)\" height=\"10\"/>"
        + (if .points == null then @html "<rect class=\"ungraded\" y=\"4\" width=\"\(.of)\" height=\"2\"/>" else "" end) + "</svg>";

def score: if .points == null then "<span class=\"none\">not graded</span>" else @html "<b>\(.points)</b> of \(.of)" end;

def row: @html "<tr><th scope=\"row\"><a href=\"#\(.part | anchor)\">\(.part)</a></th><td class=\"wide\">" + share
    + "</td><td class=\"score\">" + score + "</td></tr>\n";

# ---- a part ---------------------------------------------------------------

def notice($class; $title; $text): @html "<div class=\"notice \($class)\"><p><b>\($title)</b> \($text)</p></div>\n";

def notices:
    (if .tampered then notice("failed"; "Not believed."; "While these tests ran, a program interfered with their results. A run that is tampered with counts 0.") else "" end)
    + (if .state == "absent" then notice("failed"; "Not handed in."; if .part == "capstone" then "No capstone/*.c was taken, so this part counts 0." else "No \(.exercise).c was taken, so this part counts 0." end) else "" end)
    + (if .state == "pending" then notice("ungraded"; "Not graded yet."; "This is not a zero.") else "" end)
    + (if .state == "error" then notice("ungraded"; "Not graded."; "This is not a zero: the machine that graded could not do it. " + (.reason // "")) else "" end)
    + (if .left_out > 0 then notice("ungraded"; "Some of its tests no program can pass here."; "The machine that graded can never run \(.left_out) points of them. They cost nothing: the points are on the scale of all tests.") else "" end)
    + (if .stale then notice("ungraded"; "Out of date."; "The tests or the files changed after this was graded.") else "" end)
    + (if .points == null then [.problems[] | @html "<div class=\"notice ungraded\"><p>\(.what)</p>" + (if .detail == "" then "" else @html "<pre>\(.detail)</pre>" end) + "</div>\n"] | add // "" else "" end)
    + (if .built then "" else @html "<div class=\"notice failed\"><p><b>It does not build,</b> so none of its tests could run. The compiler says:</p><pre>\(.compiler)</pre></div>\n" end);

def part:
    @html "<details class=\"part\" id=\"\(.part | anchor)\"" + (if .points == .of then "" else " open" end) + ">"
    + @html "<summary><h2>\(.part)</h2><span class=\"exercise\">\(.exercise)</span><span class=\"score\">" + score + "</span></summary>\n"
    + notices + (("<ol class=\"tests\">\n" + ([.tests[] | test] | add // "") + "</ol>") as $tests
        | if .tests == [] then "" elif .built and (.tampered | not) then $tests
          else @html "<details class=\"idle\"><summary>The \(.tests | length | plural("test"))</summary>" + $tests + "</details>" end) + "</details>\n";

# ---- what was handed in ---------------------------------------------------

def handed: if .intake == null then "" else .intake |
    "<section class=\"handed\"><h2>What you handed in</h2>\n"
    + (if .problem then @html "<div class=\"notice failed\"><p>\(.problem)</p></div>\n" else "" end)
    + (if .refused == [] and .more == 0 then "" else
        @html "<h3>Refused: \(.refused | length + 0)\(if .more > 0 then ", and \(.more) more" else "" end)</h3><ul class=\"files\">"
        + ([.refused[] | @html "<li><code>\(.name)</code> \(.reason)</li>\n"] | add // "") + "</ul>\n" end)
    + (if .accepted == [] then "<p>No file was taken.</p>" else
        @html "<details><summary>Taken: \(.accepted | length | plural("file"))</summary><ul class=\"files\">"
        + ([.accepted[] | @html "<li><code>\(.from)</code> \(.size | bytes), SHA-256 <code>\(.sha256[:12])</code></li>\n"] | add) + "</ul></details>" end)
    + "</section>\n" end;

# ---- the page -------------------------------------------------------------

# How many tests there are of each state, as on report.html.
def counts: [.parts[].tests[].state] as $states
    | [("passed", "failed", "excluded", "ungraded") as $state | ([$states[] | select(. == $state)] | length) as $n | select($n > 0)
        | "<li>" + ($state | mark | sub("class=\"unseen\">.*?</span>"; "class=\"unseen\"></span>")) + @html "\($n | plural("test")) \($state | word)</li>"]
    | if . == [] then "" else "<ul class=\"key\">\(add)</ul>\n" end;

def title: if .status == "missing" then "Nothing handed in"
    elif .ungraded then "Not graded yet"
    else "\(.final) of \(.of) points" end;

def lateness:
    if .late_hours == null or .late_hours <= 0 then ""
    elif .lost_percent > 0 and (.points // 0) > 0 then
        notice("ungraded"; "Late."; "Handed in \(.late_hours * 10 | round / 10) hours after the deadline: \(.lost_percent) % of \(.points) points are lost, \(.final) are left.")
    else notice("ungraded"; "Late."; "Handed in \(.late_hours * 10 | round / 10) hours after the deadline.\(if .lost_percent == 0 then " It costs no points." else "" end)") end;

def feedback($css; $hashes):
    . as $sheet
    | ("\(title), \(.name // .id)" | head($css; $hashes))
    + "<body class=\"feedback\">\n<header>\n<p class=\"kind\">Linux containers: graded tests</p>\n"
    + @html "<p class=\"who\"><bdi>\(.name // .id)</bdi>\(if .name then " " else "" end)" + (if .name then @html "<span class=\"id\"><bdi>\(.id)</bdi></span>" else "" end) + "</p>\n<h1>"
    + (if .status == "missing" or .ungraded then title | @html else @html "\(.final) <small>of \(.of) points</small>" end) + "</h1>\n" + counts + "</header>\n<main>\n"
    + lateness
    + (if .status == "missing" then notice("failed"; "Nothing was handed in,"; "so there is nothing to say here.")
       else
        (if .ungraded then notice("ungraded"; "This is not a mark, and not a zero."; "Something could not be graded yet; it is named below.") else "" end)
        + "<table class=\"summary\">
<caption class=\"unseen\">Points of each part</caption>
<thead class=\"unseen\"><tr><th scope=\"col\">Part</th><th scope=\"col\">Share</th><th scope=\"col\">Points</th></tr></thead>
<tbody>
" + ([.parts[] | row] | add // "") + "</tbody>\n</table>\n"
        + (if .intake != null and (.intake.problem or .intake.refused != []) then handed else "" end)
        + ([.parts[] | part] | add // "")
        + (if .intake != null and ((.intake.problem or .intake.refused != []) | not) then handed else "" end) end)
    + "</main>\n<footer>\n<h2>This run</h2>\n<dl>" + (.date | fact("Graded")) + ((.intake // {}).source | fact("Handed in as"))
    + ((.intake // {}).time | if . then time | fact("Handed in") else "" end)
    + (.deadline | if . then time | fact("Deadline") else "" end)
    + ((.intake // {}).superseded // [] | if . == [] then "" else join(", ") | fact("Older, not counted") end)
    + (.machine.system | fact("System")) + (.machine.kernel | fact("Kernel"))
    + "</dl>\n</footer>\n</body>\n</html>\n";
