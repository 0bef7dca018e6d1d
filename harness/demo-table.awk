# harness/demo-table.awk - a table of a sheet, for a terminal of WIDTH columns
#
# In columns where they fit; else each row by itself, its first cell as a title.
# Set: width, bold and plain (what makes the terminal bold, and normal again).  Run
# with LC_ALL=C, so that all awks count the same.

{
    line = $0
    gsub(/\\\|/, "\001", line)
    gsub(/[`]|\*\*/, "", line)
    sub(/^[ \t]*\|/, "", line)
    sub(/\|[ \t]*$/, "", line)
    if (line ~ /^[-|: \t]+$/) next
    n = split(line, part, "|")
    rows++
    for (i = 1; i <= n; i++) {
        gsub(/^[ \t]+|[ \t]+$/, "", part[i])
        while (match(part[i], /\[[^]]*\]\([^)]*\)/)) { # a link is its text
            link = substr(part[i], RSTART + 1, RLENGTH - 1)
            sub(/\]\(.*/, "", link)
            part[i] = substr(part[i], 1, RSTART - 1) link substr(part[i], RSTART + RLENGTH)
        }
        gsub(/\001/, "|", part[i])
        cell[rows, i] = part[i]
        if (size(part[i]) > widest[i]) widest[i] = size(part[i])
    }
    if (n > columns) columns = n
}

END {
    total = 2 * (columns - 1)
    for (i = 1; i <= columns; i++) total += widest[i]
    for (r = 1; r <= rows; r++)
        if (total <= width) in_columns(r); else by_itself(r)
}

# size(S): in characters
function size(s) { gsub(/[\200-\277]/, "", s); return length(s) }

function in_columns(r,    i, out) {
    for (i = 1; i <= columns; i++) {
        out = out cell[r, i]
        if (i < columns) out = out sprintf("%" (widest[i] - size(cell[r, i]) + 2) "s", "")
    }
    print (r == 1 ? bold out plain : out)
}

function by_itself(r,    i) {
    if (r == 1) return
    wrapped(cell[r, 1], "", bold, plain)
    for (i = 2; i <= columns; i++)
        if (cell[r, i] != "") wrapped((cell[1, i] == "" ? "" : cell[1, i] ": ") cell[r, i], "    ", "", "")
}

function wrapped(text, indent, before, after,    word, count, i, line) {
    count = split(text, word, " ")
    line = indent word[1]
    for (i = 2; i <= count; i++)
        if (size(line) + 1 + size(word[i]) > width) {
            print before line after
            line = indent word[i]
        } else
            line = line " " word[i]
    print before line after
}
