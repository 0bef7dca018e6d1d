# text.jq - what a program printed, made fit to be shown
#
# Everything that a student's program printed is data: it must not move the
# cursor, turn the text round, or fill the page.

# A control character as a picture of itself; what reorders text, ends lines
# where nobody expects it, or is no character at all, as a replacement mark.
def visible: if test("[^\t\n -~]") | not then . else
    explode | map(
        if . == 9 or . == 10 or (. >= 32 and . < 127) then .
        elif . < 32 then . + 9216
        elif . == 127 then 9249
        elif . < 160
            or (. >= 8206 and . <= 8207) or (. >= 8232 and . <= 8238) or (. >= 8294 and . <= 8297)
            or . == 1564 or . == 65279 or (. >= 55296 and . <= 57343)
            or (. >= 64976 and . <= 65007) or (. % 65536) >= 65534 then 65533
        else . end) | implode end;

# shown(characters; lines): the beginning, and a word where there was more
def shown(characters; lines):
    (.[:characters] | split("\n") | .[:lines] | join("\n")) as $beginning
    | if $beginning == . then visible else ($beginning | visible) + "\n(cut here: there was more)" end;

# plural("test"): "1 test", "2 tests"
def plural(word): "\(.) \(word)\(if . == 1 then "" else "s" end)";

# indented(blanks): every line of it
def indented(blanks): split("\n") | map(blanks + .) | join("\n");

# to_full: a part's points on the scale of all its tests, where some are excluded.  Totals
# of a class, or of an assignment somewhere else, are then the same on every machine.
def to_full:
    if (.excluded // 0) == 0 then . else
        .excluded as $points
        | (if .points == null then . else .points = (.points * .full / .of * 100 | round / 100) end)
        | .of = .full | .excluded = 0 | .left_out = $points end;

# words: what a test said, as text
def words: [
    (if .reason then .reason else empty end),
    ((.pairs // [])[] | "expected: \(.expected)", "observed: \(.observed)"),
    (if .state == "failed" and ((.pairs // []) | length == 0) and (.rest // "") != "" then .rest else empty end),
    (if (.hint // "") != "" then "hint: \(.hint)" else empty end)] | join("\n");

# one_line(characters): a name that somebody chose, on one line
def one_line(characters): if length <= characters and (test("[^ -~]") | not) then . else
    (if length > characters then .[:characters] + "…" else . end) | visible | gsub("\n"; "␊") | gsub("\t"; "␉") end;
