# cost.gp - the picture of step24-cost: an image copied, an image stacked
#
#   unshare -rm ./step24-cost DIR 10 DIR/cost.dat
#   gnuplot -e "data='DIR/cost.dat'; out='cost.png'" cost.gp
set terminal pngcairo size 1000,420 font ",11"
set output out
set multiplot layout 1,2 title "An image of 4 MiB for each of N containers"
set key top left
set xlabel "containers"
set xtics 2
set yrange [0:*]
set grid ytics lc rgb "#dddddd"
set border 3
set tics nomirror
set ylabel "MiB on disk"
plot data using 1:($2/1024) with linespoints pt 7 lw 2 lc rgb "#b03030" title "copies", \
     data using 1:($3/1024) with linespoints pt 5 lw 2 lc rgb "#3060a0" title "overlays"
set ylabel "milliseconds to make them"
plot data using 1:4 with linespoints pt 7 lw 2 lc rgb "#b03030" title "copies", \
     data using 1:5 with linespoints pt 5 lw 2 lc rgb "#3060a0" title "overlays"
unset multiplot
