# lint-calls.awk - for harness/lint-calls: gcc's words about a file, then its sources
#
#   awk -f lint-calls.awk words=1 - words=0 FILE...

function finding(line, what) {
    if (!excused(line)) print current ":" line ": " what
}

# excused: the statement's lines, or the comment right above, give a reason
function excused(line,    i) {
    for (i = first_line(line); i <= last_line(line); i++)
        if (text[i] ~ reason) return 1
    for (i = first_line(line) - 1; text[i] ~ /^[ \t]*(\/\*|\*)/; i--)
        if (text[i] ~ reason) return 1
    return 0
}

# first_line: of the statement that goes on at LINE
function first_line(line,    i) {
    for (i = line; i > 1 && text[i - 1] !~ /(^|[;{}:]|\*\/)[ \t]*$/; i--) ;
    return i
}

# last_line: of the statement that starts at LINE, which ends with ; or {
function last_line(line,    i) {
    for (i = line; i < lines && text[i] !~ /[;{][ \t]*(\/\*.*)?$/; i++) ;
    return i
}

function statement(line,    i, all) {
    for (i = line; i <= last_line(line); i++) all = all text[i] "\n"
    return all
}

# judge: what gcc and the text say about the file that was just read
function judge(    i, n, call, words_of) {
    for (i = 1; i <= lines; i++) {
        n = split(said[current, i], words_of, "\n")
        while (n > 0) {
            call = words_of[n--]
            if (call ~ /^refused /) finding(i, substr(call, 9) "() can cut a line or overrun its buffer")
            else if (call ~ /^unused strftime/ || (call ~ /^unused / && may_not_fit(i))) finding(i, substr(call, 8) "() may cut its text, and its result is not looked at")
        }
        if (text[i] ~ /scanf *\(/ && statement(i) ~ /"[^"]*%[0-9]+(s|\[)/) finding(i, "scanf() cuts at the width of a %Ns or %N[")
        if (text[i] ~ /printf *\(/ && statement(i) ~ /"[^"]*%-?[0-9]*\.[0-9]+s/) finding(i, "printf() cuts at the precision of a %.Ns")
    }
}

# may_not_fit: the format has a %s or is not seen, or gcc says so of this call
function may_not_fit(line,    i, format) {
    format = third(statement(line))
    if (format !~ /"/ || format ~ /%[-0-9.*]*s/) return 1
    for (i = line; i <= last_line(line); i++)
        if ((current, i) in too_long) return 1
    return 0
}

# third: argument of the call in ALL, where these functions have their format
function third(all,    i, c, depth, commas, inside, out) {
    sub(/^.*(snprintf|strftime) *\(/, "", all)
    for (i = 1; i <= length(all); i++) {
        c = substr(all, i, 1)
        if (inside && c == "\\") { out = out c substr(all, ++i, 1); continue }
        if (c == "\"") inside = !inside
        if (!inside && c == "(") depth++
        if (!inside && c == ")" && depth-- == 0) break
        if (!inside && c == "," && depth == 0) { if (++commas > 2) break; out = ""; continue }
        out = out c
    }
    return out
}

BEGIN { reason = "(fits|lint): [^ ]...." }

words {
    if (!match($0, /^[^:]+:[0-9]+:/)) next
    split($0, at, ":")
    file = at[1]
    while (sub(/[^\/]+\/\.\.\//, "", file)) ;
    if (match($0, /ignoring return value of '(v?snprintf|strftime)'/)) kind = "unused "
    else if (match($0, /'[a-z]+' is deprecated/)) kind = "refused "
    else {
        if ($0 ~ /-Wformat-truncation=\]$/) too_long[file, at[2]] = 1
        next
    }
    call = substr($0, RSTART, RLENGTH)
    split(call, quoted, "'")
    said[file, at[2]] = said[file, at[2]] kind quoted[2] "\n"
    next
}

FNR == 1 { judge(); current = FILENAME; lines = 0; split("", text) }
{ text[lines = FNR] = $0 }
END { judge() }
