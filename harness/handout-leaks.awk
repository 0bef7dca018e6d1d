# handout-leaks.awk - lines of a solution in what goes out to students
#
#   awk -f handout-leaks.awk -v sources=N SOLVED... FILE...
#
# The first N files are solved exercises; what stands between their marks is looked
# for in the others.  In the student's version of an exercise, and in anything that
# is not C, one line is a leak, unless an exercise has it outside its marks as well.
# In other C it takes three in a row: a step of a lab may well show the same call.
# Lines of less than 20 characters (braces, returns) are left aside.
# Status 1, and the lines, if there are any.

function squeezed(line) {
    gsub(/[ \t]+/, " ", line)
    sub(/^ /, "", line)
    sub(/ $/, "", line)
    return line
}

FNR == 1 {
    file++
    inside = 0
    last = before = ""
    name = FILENAME
    sub(/.*\//, "", name)
    if (file <= sources) exercise[name] = 1
    strict = FILENAME !~ /\.[ch]$/ || name in exercise
}

file <= sources && /^[ \t]*\/\* BEGIN SOLUTION \*\/$/ { inside = 1; last = before = ""; next }
file <= sources && /^[ \t]*\/\* END SOLUTION \*\/$/ { inside = 0; next }

{
    line = squeezed($0)
    if (length(line) < 20) next
    if (file <= sources && !inside) {
        given[line] = 1
    } else if (file <= sources) {
        single[line] = 1
        if (before != "") three[before "\n" last "\n" line] = 1
    } else if (strict ? line in single && !(line in given) : (before "\n" last "\n" line) in three) {
        printf "%s:%d: %s\n", FILENAME, FNR, line
        found = 1
    }
    before = last
    last = line
}

END { exit found }
