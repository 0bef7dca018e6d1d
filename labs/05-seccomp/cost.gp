# cost.gp - the table of step18-cost as a picture
#
#   ./step18-cost >TABLE && gnuplot -e "table='TABLE'; picture='cost.png'" cost.gp
#
# `make plot` does both, into build/ at the top of the course.
set terminal pngcairo size 900,540 font ",12"
set output picture
set title "What a seccomp filter costs at each system call"
set xlabel "rules in the filter"
set ylabel "ns per getppid"
set key bottom right
set grid
set logscale x
set xrange [8:450]
set yrange [0:*]
set xtics (10, 100, 340)
stats table using (strcol(1) eq "none" ? $4 : NaN) nooutput name "none"
rows(rule, shape) = sprintf("< awk '$1 == \"%s\" && $2 == \"%s\"' %s", rule, shape, table)
plot none_min with lines dashtype 2 linewidth 2 linecolor rgb "gray40" title "no filter", \
     rows("by-argument", "line") using 3:4 with linespoints linewidth 2 pointtype 7 linecolor rgb "#c0392b" title "by argument, a line", \
     rows("by-argument", "tree") using 3:4 with linespoints linewidth 2 pointtype 5 linecolor rgb "#2471a3" title "by argument, a tree", \
     rows("by-number", "line") using 3:4 with linespoints linewidth 2 pointtype 9 linecolor rgb "#1e8449" title "by number, a line (answer kept)", \
     rows("by-number", "tree") using 3:4 with linespoints linewidth 2 pointtype 11 linecolor rgb "#b7950b" title "by number, a tree (answer kept)"
