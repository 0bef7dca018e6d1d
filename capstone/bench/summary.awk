# summary.awk - rows of bench.csv, sorted, to quartiles and ratios
#
# Quartiles as R computes them by default: at a quarter, half and three quarters
# of the way from the first to the last sorted value, in proportion between two.
# skiff_ratio is skiff's median divided by this contender's, for the same
# quantity at the same setting.
BEGIN {
	FS = OFS = ","
	print "experiment,setting,quantity,unit,contender,runs,lower,median,upper,skiff_ratio"
}

function at(share,    place, i)
{
	place = 1 + share * (n - 1)
	i = int(place)
	return i < n ? value[i] + (place - i) * (value[i + 1] - value[i]) : value[n]
}

function finish(    field, same)
{
	if (n == 0)
		return
	split(key, field, ",")
	same = field[1] OFS field[2] OFS field[3]
	median[++count] = at(0.5)
	line[count] = key OFS n OFS sprintf("%.1f,%.1f,%.1f", at(0.25), median[count], at(0.75))
	group[count] = same
	# Where it is about roots, skiff's way is to stack them.
	if (field[5] == (field[1] == "roots" ? "stack" : "skiff"))
		own[same] = median[count]
	n = 0
}

{
	now = $1 OFS $3 OFS $5 OFS $6 OFS $2
	if (now != key)
		finish()
	key = now
	value[++n] = $7
}

END {
	finish()
	for (i = 1; i <= count; i++)
		print line[i], ((group[i] in own && median[i] > 0) ? sprintf("%.4f", own[group[i]] / median[i]) : "")
}
