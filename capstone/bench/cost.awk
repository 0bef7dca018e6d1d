# cost.awk - what each step adds, from the rows "cost" of bench.csv
#
# -v steps=: the contenders, from the least to the most.  A round has run them
# all within milliseconds, so steps are compared within it: the median of the
# differences moves less with the machine's load than the difference of medians.
BEGIN {
	FS = ","
	OFS = ","
	count = split(steps, step, " ")
	print "step,adds_us,so_far_us,cpu_adds_us,cpu_us"
}

$1 == "cost" && ($5 == "wall" || $5 == "cpu") {
	value[$5, $2, $4] = $7
	if ($4 + 0 > rounds)
		rounds = $4 + 0
}

function median_of(n,    i, j, t)
{
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && list[j] < list[j - 1]; j--) {
			t = list[j]
			list[j] = list[j - 1]
			list[j - 1] = t
		}
	return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

# middle - the median over all rounds of NAME, less that of BEFORE
function middle(quantity, name, before,    r, n)
{
	for (r = 1; r <= rounds; r++)
		if ((quantity, name, r) in value && (before == "" || (quantity, before, r) in value))
			list[++n] = value[quantity, name, r] - (before == "" ? 0 : value[quantity, before, r])
	return n > 0 ? sprintf("%.0f", median_of(n)) : ""
}

END {
	for (i = 1; i <= count; i++)
		if (middle("wall", step[i], "") != "")
			print step[i], (i > 1 ? middle("wall", step[i], step[i - 1]) : ""), middle("wall", step[i], ""), \
				(i > 1 ? middle("cpu", step[i], step[i - 1]) : ""), middle("cpu", step[i], "")
}
