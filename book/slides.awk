# book/slides.awk - the index from slide to step, out of the sheets' own tables
#
#   awk -f slides.awk slides.tsv labs/*/README.md >slides.md
#
# A row of "Slides covered" names a deck, a slide and where it is shown.  It
# counts for the title of slides.tsv that its slide begins with (the longest
# one), and for one more title after each semicolon.  A row without a title of
# its own goes on with the one before it.  A row that fits no slide, and a slide
# that has neither a row nor a reason to have none, is an error: status 1.

BEGIN { FS = "\t" }

function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }

# ---- the slides, then the sheets

FILENAME ~ /slides\.tsv$/ {
    if ($0 !~ /^#/ && NF >= 2) {
        slides++
        deck_of[slides] = $1; title[slides] = $2; reason[slides] = $3
    }
    next
}

FNR == 1 {
    count = split(FILENAME, folder, "/")
    lab = substr(folder[count - 1], 1, 2)
    page[lab] = folder[count - 1]
}
/^## Step [0-9]+:/ { split($0, word, /[ :]/); steps[lab] = word[3] + 0 }
/^## / {
    covered = ($0 ~ /^## Slides covered/)
    if ($0 !~ /^## Step /) headings[lab] = headings[lab] "\n" substr($0, 4)
}
covered && /^\| 00[0-9] \|/ {
    split($0, cell, "|")
    held++
    row_lab[held] = lab; row_deck[held] = trim(cell[2]); row_slide[held] = trim(cell[3])
    row_where[held] = trim(cell[4]); row_place[held] = FILENAME ":" FNR
}

END {
    for (i = 1; i <= held; i++) place_row(i)
    for (i = 1; i <= slides; i++) show(i)
    exit lost > 0
}

# ---- which slide a row is about

# title_in DECK TEXT: the number of the longest title that TEXT begins with
function title_in(deck, text,    i, best) {
    text = tolower(text)
    best = 0
    for (i = 1; i <= slides; i++)
        if (deck_of[i] == deck && index(text, tolower(title[i])) == 1 &&
            (!best || length(title[i]) > length(title[best])))
            best = i
    return best
}

# parts_of TEXT PARTS: cut at the semicolons that are not in parentheses
function parts_of(text, parts,    i, c, depth, n) {
    n = 1; parts[1] = ""; depth = 0
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        depth += (c == "(") - (c == ")")
        if (c == ";" && depth == 0) parts[++n] = ""
        else parts[n] = parts[n] c
    }
    return n
}

function place_row(i,    parts, p, n, slide, found) {
    if (row_where[i] == "–") return # the lab has nothing of that deck
    found = 0
    n = parts_of(row_slide[i], parts)
    for (p = 1; p <= n; p++) {
        slide = title_in(row_deck[i], trim(parts[p]))
        if (slide) { found = 1; last_slide = slide; note_row(i, slide, trim(parts[p])) }
    }
    if (!found && row_slide[i] ~ /^(–|the )/ && row_lab[i] == last_lab && deck_of[last_slide] == row_deck[i]) {
        found = 1
        note_row(i, last_slide, row_slide[i])
    }
    last_lab = row_lab[i]
    if (!found) {
        print row_place[i] ": no slide of deck " row_deck[i] " is called: " row_slide[i] >"/dev/stderr"
        lost++
    }
}

# note_row: what the row says beyond the title is which of its slides it means
function note_row(i, slide, text) {
    if (index(tolower(text), tolower(title[slide])) == 1) text = substr(text, length(title[slide]) + 1)
    sub(/^ *(\[continued\])?[:,]? */, "", text)
    sub(/^(–|the same( slide)?:?) */, "", text)
    if (text ~ /^\([^()]*\)$/ || text ~ /^\(.*\)$/) text = substr(text, 2, length(text) - 2)
    rows[slide] = rows[slide] (rows[slide] == "" ? "" : "\n") \
        text "\t[" row_lab[i] "](" page[row_lab[i]] ".html)\t" linked(row_where[i], row_lab[i])
}

# ---- links

function step_link(text, lab, number) { return "[" text "](" page[lab] ".html#step" number ")" }
function lab_link(text, lab) { return "[" text "](" page[lab] ".html)" }

# linked TEXT LAB: with a link for each lab in it, for each number that is a step
# of this lab, and for each name of a section
function linked(text, lab,    out, found, word, before) {
    out = ""
    while (match(text, /step [0-9]+ of lab 0[0-9]|labs? 0[0-9]( and 0[0-9])?|[0-9]+/)) {
        before = substr(text, 1, RSTART - 1)
        found = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        split(found, word, " ")
        if (found ~ /^step /) found = step_link(found, word[5], word[2])
        else if (found ~ /^labs .*and/) found = "labs " lab_link(word[2], word[2]) " and " lab_link(word[4], word[4])
        else if (found ~ /^lab/) found = lab_link(found, word[2])
        else if (before !~ /([A-Za-z0-9_.]|[a-z]\()$/ && found + 0 >= 1 && found + 0 <= steps[lab])
            found = step_link(found, lab, found)
        out = out before found
    }
    return sections_linked(out text, lab)
}

function sections_linked(text, lab,    n, i, name, at) {
    n = split(headings[lab], name, "\n")
    for (i = 1; i <= n; i++)
        if (name[i] != "" && (at = index(text, name[i])))
            text = substr(text, 1, at - 1) "[" name[i] "](" page[lab] ".html#" anchor(name[i]) ")" \
                substr(text, at + length(name[i]))
    return text
}

# anchor TITLE: the id that pandoc makes of it
function anchor(text) {
    text = tolower(text)
    gsub(/[^a-z0-9_. -]/, "", text)
    gsub(/ /, "-", text)
    return text
}

function show(i,    list, n, r, part) {
    if (reason[i] == "=") {
        print "\n## Deck " deck_of[i] ": " title[i] "\n\n| slide | what of it | lab | where |\n|----|-------|-|-----|"
        return
    }
    n = split(rows[i], list, "\n")
    if (!n && reason[i] == "") {
        print "slides.tsv: no sheet says where it shows slide: " deck_of[i] " " title[i] >"/dev/stderr"
        lost++
    }
    if (!n) print "| **" title[i] "** | | | " (reason[i] == "" ? "nowhere" : reason[i]) " |"
    for (r = 1; r <= n; r++) {
        split(list[r], part, "\t")
        print "| " (r == 1 ? "**" title[i] "**" : "") " | " part[1] " | " part[2] " | " part[3] " |"
    }
}
