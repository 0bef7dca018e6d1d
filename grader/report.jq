# report.jq - the marks as one page that a person reads (report.html)
#
#   jq -r -L grader --rawfile css grader/report.css -f report.jq WHOLE.json
#
# One file: no script, no font, no picture from elsewhere; the page forbids itself
# everything but its own style.
include "text";
include "html";

# ---- small pieces ---------------------------------------------------------

def anchor: @html "part-\(.)";

# Of a list of tests: points {passed, failed, ungraded}; what is excluded has none
def sums: reduce (.[] | select(.state != "excluded")) as $test ({ passed: 0, failed: 0, ungraded: 0 }; .[$test.state] += $test.points);

# A bar of those; in words for those who do not see it.
def bar($of):
    ([to_entries[] | select(.value > 0)]) as $shares
    | ([$shares[] | "\(.value) \({ passed: "earned", failed: "lost", ungraded: "not graded" }[.key])"] | join(", ")) as $words
    | @html "<div class=\"bar\" role=\"img\" aria-label=\"\($words), of \($of) points\">"
        + ([$shares[] | @html "<span class=\"\(.key)\" style=\"flex-grow:\(.value)\"></span>"] | add // "")
        + "</div>";

# What there is to say of a part without a list of tests has its points too.
def shares: if .tests == [] then { passed: 0, failed: 0, ungraded: .of } else .tests | sums end;

def score: if .points == null then "<span class=\"none\">not graded</span>"
    else @html "<b>\(.points)</b> of \(.of)" end;

# ---- a part ---------------------------------------------------------------

def problem: @html "<div class=\"notice ungraded\"><p><b>Not graded.</b> \(.what)</p>"
    + (if .detail != "" then @html "<pre>\(.detail)</pre>" else "" end) + "</div>\n";

def part:
    # The same reason on every line would say nothing more than the notice above.
    (if (.problems | length) > 0 or (.built | not) then .tests |= map(del(.reason)) else . end)
    | @html "<details class=\"part\" id=\"\(.part | anchor)\"" + (if .points == .of then "" else " open" end) + ">"
    + @html "<summary><h2>\(.part)</h2><span class=\"exercise\">\(.exercise)</span><span class=\"score\">" + score + "</span></summary>\n"
    + ([.problems[] | problem] | add // "")
    + (if .built then "" else
        @html "<div class=\"notice failed\"><p><b>It does not build,</b> so none of its tests could run. The compiler says:</p><pre>\(.compiler)</pre></div>\n" end)
    + "<ol class=\"tests\">\n" + ([.tests[] | test] | add // "") + "</ol></details>\n";

# ---- the page -------------------------------------------------------------

def row: @html "<tr><th scope=\"row\"><a href=\"#\(.part | anchor)\">\(.part)</a></th><td class=\"wide\">"
    + (.of as $of | shares | bar($of)) + "</td><td class=\"score\">" + score + "</td></tr>\n";

def count($state): [.parts[].tests[] | select(.state == $state)] | length;

def notice:
    "<div class=\"notice ungraded\" id=\"ungraded\"><p><b>This is not a mark, and not a zero.</b> Something could not be graded on this machine:</p><ul>"
    + ([.reasons[] | @html "<li>\(.reason)\(if .tests then " (\(.tests | plural("test")))" else "" end)</li>"] | add)
    + "</ul>"
    + ([.remedies[] | @html "<p class=\"remedy\">→ \(.)</p>"] | add // "") + "</div>\n";

def excluded($full):
    "<div class=\"notice ungraded\" id=\"excluded\"><p>This machine can never run these tests; they are in no total, and cost no points:</p><ul>"
    + ([.never[] | @html "<li>\(.reason) (\(.tests | plural("test")), \(.points) of \($full) points)</li>"] | add) + "</ul></div>\n";

def title: if .points == null then "Not graded" else "\(.points) of \(.of) points" end;

def fact(name): @html "<div><dt>\(name)</dt><dd>\(.)</dd></div>";

"<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"color-scheme\" content=\"light dark\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">
<title>" + (title | @html) + "</title>
<style>
" + $css + "</style>
</head>
<body>
<header>
<p class=\"kind\">Linux containers: graded tests</p>
<h1>" + (if .points == null then "Not graded" else @html "\(.points) <small>of \(.of) points</small>" end) + "</h1>\n"
+ (.of as $of | [.parts[] | shares] | { passed: (map(.passed) | add), failed: (map(.failed) | add), ungraded: (map(.ungraded) | add) } | bar($of))
+ "\n<ul class=\"key\">"
+ ([("passed", "failed", "excluded", "ungraded") as $state | count($state) as $n | select($n > 0)
    | "<li>" + ($state | mark | sub("class=\"unseen\">.*?</span>"; "class=\"unseen\"></span>")) + @html "\($n | plural("test")) \($state | word)</li>"] | add // "")
+ "</ul>
</header>
<main>
" + (if .ungraded then notice else "" end) + (if .never == [] then "" else excluded(.full) end)
+ "<table class=\"summary\">
<caption class=\"unseen\">Points of each part</caption>
<thead class=\"unseen\"><tr><th scope=\"col\">Part</th><th scope=\"col\">Share</th><th scope=\"col\">Points</th></tr></thead>
<tbody>
" + ([.parts[] | row] | add) + "</tbody>
</table>
" + ([.parts[] | part] | add)
+ "</main>
<footer>
<h2>This run</h2>
<dl>" + (.date | fact("Date")) + ("\(.seconds) s" | fact("Took"))
+ (.machine | (.system | fact("System")) + (.kernel | fact("Kernel")) + (.cgroups | fact("Cgroups"))
    + (.user | fact("User")) + (.runner | fact("Test runner"))) + "</dl>
</footer>
</body>
</html>"
