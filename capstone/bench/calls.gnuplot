# calls.gnuplot - summary.csv to what each system call costs under a filter
#
#   gnuplot -e "summary='...'; output_file='...'" calls.gnuplot

set terminal svg size 760,360 font "sans-serif,13" background "white"
set output output_file
set datafile separator ","
rows(name) = "<awk -F, '$1 == \"calls\" && $5 == \"" . name . "\"' " . summary
set title "One system call: median and quartiles"
set ylabel "ns"
set yrange [0:*]
set border 3
set xtics nomirror noenhanced
set ytics nomirror
set grid ytics lc rgb "#dddddd"
set style data histogram
set style histogram errorbars gap 1.5 lw 1
set style fill solid
set key top left Left reverse
plot rows("unconfined") using 8:7:9:xtic(3) title "no filter" lc rgb "#c7c7c7", \
     rows("skiff") using 8:7:9 title "skiff's" lc rgb "#1f77b4", \
     rows("docker") using 8:7:9 title "Docker's list" lc rgb "#ff7f0e"
