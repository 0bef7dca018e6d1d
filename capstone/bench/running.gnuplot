# running.gnuplot - summary.csv to the time of a start over the number running
#
#   gnuplot -e "summary='...'; output_file='...'" running.gnuplot

set terminal svg size 760,360 font "sans-serif,13" background "white"
set output output_file
set datafile separator ","
rows(name) = "<awk -F, '$1 == \"running\" && $3 == \"wall\" && $5 == \"" . name . "\"' " . summary
set title "A start while others are running: median and quartiles"
set xlabel "containers running"
set ylabel "ms"
set yrange [0:*]
set offsets graph 0.03, graph 0.03, graph 0.25, 0
set border 3
set ytics nomirror
set grid ytics lc rgb "#dddddd"
set key top left Left reverse
set xtics () nomirror
plot for [name in "skiff floor"] rows(name) using 2:($8 / 1000):($7 / 1000):($9 / 1000):xtic(2) \
         with yerrorlines lw 2 pt 7 ps 0.6 lc rgb (name eq "skiff" ? "#1f77b4" : "#7f7f7f") title name
