# terminal.jq - what grader/grade prints
#
#   jq -r -L grader --arg view ""|check --arg color yes|"" --arg where DIR -f terminal.jq PART.json
#   jq -r -L grader --arg view ""|first --arg color yes|"" --arg where DIR -f terminal.jq WHOLE.json
include "text";

def paint(code): if $color == "yes" then "\u001b[\(code)m\(.)\u001b[0m" else . end;
def green: paint("32");
def red: paint("31");
def yellow: paint("33");
def left(width): tostring | if length < width then . + " " * (width - length) else . end;
def right(width): tostring | if length < width then " " * (width - length) + . else . end;

# Outside --check a test has a few lines of the page, not all it may want.
def few:
    if $view != "" then . else
        split("\n")
        | (if length > 12 then .[:12] + ["..."] else . end)
        | map(if length > 300 then .[:300] + "..." else . end)
        | join("\n")
    end;

# said("expected"): the word, and beside it all lines of the text in one column
def said(word):
    (word | length + 2) as $width
    | few | split("\n")
    | [("\(word):" | paint("1")) + " " + (.[0] // "")] + [.[1:][] | " " * $width + .] | join("\n");

def told:
    ((.pairs // []) | length == 0) as $nothing_else
    | ((.pairs // [])[] | (.expected | said("expected")), (.observed | said("observed"))),
      (.rest // "" | select(. != "" and ($nothing_else or $view == "check")) | few),
      (.hint // "" | select(. != "") | said("hint"));

def row:
    (if .state == "passed" then "✓" | green elif .state == "failed" then "✗" | red elif .state == "excluded" then "○" else "–" | yellow end) as $mark
    | "  \($mark) \(.points | right(3))  \(.what)"
        + (if (.ms // 0) > 1000 then "   \(.ms / 100 | round / 10) s" | paint("2") else "" end);

def score:
    if .points == null then "not graded" | yellow
    elif .points == .of then "\(.points) of \(.of)" | green
    else "\(.points) of \(.of)" | red end;

# ---- the views ------------------------------------------------------------

# A reason that several tests in a row share is said once, after the last.
def tests:
    .tests as $tests
    | range(0; $tests | length) as $at
    | $tests[$at]
    | row,
      (if .state == "failed" then told | indented("         ") else empty end),
      (if .reason and .reason != ($tests[$at + 1].reason // null) then "         \(.reason)" | paint("2") else empty end);

def part:
    "",
    ("\(.part)" | paint("1")) + "  \(.exercise): \(score)" + (if .built then "" else " (does not build)" end),
    (.problems[] | ("  not graded: " | yellow) + .what, (.detail | select(. != "") | indented("      "))),
    (if .compiler != "" and (.built == false or $view == "check") then .compiler | few | indented("    ") else empty end),
    (if (.problems | length) > 0 and all(.tests[]; .state == "ungraded") then empty
     elif .built == false then empty
     else tests end);

# What this machine can never do: named, and in no total.
def never($full): .never[] | "\(.tests | plural("test")), \(.points) of \($full) points, can never run on this machine and are in no total: \(.reason)";

def remedies: (.reasons[] | "  " + (if .tests then "\(.tests | plural("test")): " else "" end) + .reason),
    (.remedies[] | "  -> " + .);

def total:
    ([.parts[].part | length] | max + 3) as $width
    | "",
      "  \("part" | left($width))points    of",
      (.parts[] | "  \(.part | left($width))"
          + (.points // "–" | right(6) | if . == "     –" then yellow else . end) + (.of | right(6))),
      "  \("total" | left($width))" + (.points // "–" | right(6) | paint("1")) + (.of | right(6)),
      "",
      (never(.full), if .never == [] then empty else "" end),
      (if .ungraded then ("Not graded here, so there is no mark (and no zero):" | yellow), remedies, "" else empty end),
      "Report: \($where)/report.html   for Gradescope: \($where)/results.json";

# The first thing that costs points, in the order of the sheet.
def first:
    .parts[0] as $part
    | "",
      (if .ungraded then ("Not everything could be tried here:" | yellow), remedies else empty end),
      (if .points != null then "\(.points) of \(.of) points." else empty end),
      never(.full),
      ($part | if .built == false then "Fix first: make it compile. The first error above is the one to read."
       else ([.tests[] | select(.state == "failed")][0]
           | if . then ("Fix first: " | paint("1")) + "[\(.points)] \(.what)", (told | indented("    "))
             else empty end) end);

if has("parts") then (if $view == "first" then first else total end) else part end
