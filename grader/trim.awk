# trim.awk - bounds what one test may say, whatever it printed
#
# Of the comment lines after a result the first 300 and the last 20 (the hint is
# at the end), each to 20000 bytes; of all else 5000 lines, far more than a
# run that is believed can have.
function flush(    i) {
    if (said > 320) print "# (cut here: there was more)"
    for (i = said > 320 ? said - 19 : 301; i <= said; i++) print last[i % 20]
    said = 0
}
/^#/ {
    line = length($0) <= 20000 ? $0 : substr($0, 1, 20000) " (cut here: there was more)"
    if (++said <= 300) print line
    else last[said % 20] = line
    next
}
{
    flush()
    if (++others > 5000) exit
    print
}
END { flush() }
