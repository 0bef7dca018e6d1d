# book/figures/plain.sed - an SVG of gnuplot or dot, on one line, as a part of a
# page: in the page's colours, as wide as it wants to be and no wider, and
# without ids, which a second figure would have too
s/='([^']*)'/="\1"/g
s/^.*(<svg )/\1/
s/<svg width="([0-9]+)(pt)?"[^>]*( viewBox="[^"]*")/<svg style="max-width:\1\2"\3/
s/<svg style="max-width:([0-9]+)"/<svg style="max-width:\1px"/
s/<(defs|desc)>.*<\/\1>//
s/<title>[^<]*<\/title>//g
s/<!--[^>]*-->//g
s/<rect [^>]*fill="(white|#ffffff)"[^>]*>//
s/ id="[^"]*"//g
s/"(black|#000000|rgb\( *0, *0, *0\))"/"currentColor"/g
