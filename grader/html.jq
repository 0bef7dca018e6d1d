# html.jq - the pieces of which report.html and the pages of a class are made
#
# Whatever comes from a test or a program goes through @html, which escapes what
# it inserts.
include "text";

def word: { passed: "passed", failed: "failed", excluded: "not possible here", ungraded: "not graded" }[.];
def sign: { passed: "✓", failed: "✗", excluded: "○", ungraded: "–" }[.];
def mark: @html "<span class=\"mark \(.)\"><span aria-hidden=\"true\">\(sign)</span><span class=\"unseen\">\(word):</span></span>";

def printed: if . == "" then "<p class=\"nothing\">(nothing)</p>" else @html "<pre>\(.)</pre>" end;

def pair: "<div class=\"pair\"><div class=\"expected\"><h3>Expected</h3>" + (.expected | printed)
    + "</div><div class=\"observed\"><h3>Observed</h3>" + (.observed | printed) + "</div></div>";

# What a test said: expected and observed, why it was not graded, the hint, the rest.
def told:
    ((.pairs // []) | length > 0) as $pairs
    | ([(.pairs // [])[] | pair] | add // "")
    + (if .reason then @html "<p class=\"reason\">\(.reason)</p>" else "" end)
    + (if (.hint // "") != "" then @html "<p class=\"hint\"><b>Hint</b> \(.hint)</p>" else "" end)
    + (if (.rest // "") == "" then ""
       elif $pairs then @html "<details class=\"rest\"><summary>The check in the test file</summary><pre>\(.rest)</pre></details>"
       else @html "<pre>\(.rest)</pre>" end);

def test:
    "<li class=\"\(.state)\"><div class=\"line\">" + (.state | mark)
    + @html "<span class=\"what\">\(.what)</span>"
    + (if (.ms // 0) > 1000 then @html "<span class=\"time\">\(.ms / 100 | round / 10) s</span>" else "" end)
    + @html "<span class=\"points\">\(if .state == "passed" then .points elif .state == "failed" then 0 else "–" end)<span class=\"of\"> / \(.points)</span></span></div>"
    + (if .state == "passed" then "" else told | if . == "" then "" else "<div class=\"told\">\(.)</div>" end end)
    + "</li>\n";
