# goals.awk - summary.csv to what skiff should be, and what it is
BEGIN {
	FS = OFS = ","
	print "goal,limit,observed,reached"
}

{
	median[$1, $2, $3, $5] = $8
	ratio[$1, $2, $3, $5] = $10
}

$1 == "running" && $3 == "wall" && $5 == "skiff" && $2 + 0 > most + 0 { most = $2 }

$1 == "calls" && $5 == "docker" && $10 > 0 {
	logs += log($10)
	calls++
}

function goal(what, limit, observed)
{
	if (observed > 0)
		print what, limit, sprintf("%.2f", observed), (sprintf("%.2f", observed) + 0 <= limit ? "yes" : "no")
}

END {
	goal("start: at most the time of bwrap", 1, ratio["start", 0, "wall", "bwrap"])
	goal("start: at most 1.5 times the floor", 1.5, ratio["start", 0, "wall", "floor"])
	goal("start: at most a sixth of runc", 0.17, ratio["start", 0, "wall", "runc"])
	goal("memory: at most 2.5 MiB", 2.5, median["memory", 0, "pages", "skiff"] / 1024)
	if (most > 0 && median["running", 0, "wall", "skiff"] > 0)
		goal("running: beside " most " others at most 1.1 times alone", 1.1, \
			median["running", most, "wall", "skiff"] / median["running", 0, "wall", "skiff"])
	# The geometric mean: a call that costs little counts as much as another.
	goal("calls: at most what they cost with Docker's list", 1, calls > 0 ? exp(logs / calls) : 0)
}
