# memory.gnuplot - memory in use over time, a line for each limit
#
#   gnuplot -e "data='FILE'" memory.gnuplot      lines of: limit ms MiB

set terminal svg size 760,320 font "sans-serif,13"
set xlabel "milliseconds"
set ylabel "MiB in use"
set xrange [0:*]
set yrange [0:54]
set border 3
set tics nomirror
unset key
array Limit[3] = [16, 32, 48]
array Colour[3] = ["#2f8f83", "#c4772e", "#7a6fc0"]
do for [i = 1:3] {
    set arrow i from graph 0, first Limit[i] to graph 1, first Limit[i] nohead dashtype 2 lc rgb Colour[i]
    set label i sprintf("limit %d MiB", Limit[i]) at graph 0.99, first Limit[i] + 1.8 right textcolor rgb Colour[i]
}
# At the very end what is freed is already less.
plot for [i = 1:3] sprintf("<awk '$1 == %d { if ($3 + 0 < most) exit; most = $3 + 0; print }' %s", Limit[i], data) using 2:3 with steps lw 2.5 lc rgb Colour[i]
