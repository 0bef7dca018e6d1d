# start.gnuplot - summary.csv to a bar for each contender's start
#
#   gnuplot -e "summary='...'; output_file='...'" start.gnuplot

set terminal svg size 760,300 font "sans-serif,13" background "white"
set output output_file
set datafile separator ","
rows = "<awk -F, '$1 == \"start\" && $3 == \"wall\"' " . summary . " | sort -t, -k8,8gr"
stats rows using 9 nooutput
n = int(STATS_records)
most = STATS_max / 1000
set title "Start and end of a static true: median and quartiles" noenhanced
set xlabel "ms"
set xrange [0:most * 1.2]
set yrange [-0.6:n - 0.4]
set ytics () nomirror scale 0
set border 1
set xtics nomirror
set grid xtics lc rgb "#dddddd"
set style fill solid
unset key
color(name) = name eq "skiff" ? 0x1f77b4 : name eq "floor" ? 0x7f7f7f : 0xc7c7c7
plot rows using ($8 / 2000):0:(0):($8 / 1000):($0 - 0.32):($0 + 0.32):(color(strcol(5))):ytic(5) \
         with boxxyerror lc rgb variable, \
     rows using ($8 / 1000):0:($7 / 1000):($9 / 1000) with xerrorbars pt 0 lw 1.5 lc rgb "black", \
     rows using ($9 / 1000):0:(sprintf("  %.2f ms", $8 / 1000)) with labels left noenhanced
