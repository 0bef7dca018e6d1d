# table.awk - summary.csv and goals.csv for the terminal
BEGIN { FS = "," }

FNR == 1 {
	file++
	next
}

file == 1 {
	key = $1 SUBSEP $2
	lower[key, $5, $3] = $7
	median[key, $5, $3] = $8
	upper[key, $5, $3] = $9
	ratio[key, $5, $3] = $10
	runs[key] = $6
	if (!((key, $5) in known)) {
		known[key, $5] = 1
		contenders[key] = contenders[key] " " $5
	}
	if (!((key, "", $3) in known)) {
		known[key, "", $3] = 1
		quantities[key] = quantities[key] " " $3
	}
	if (!(key in known)) {
		known[key] = 1
		keys[++count] = key
	}
}

file == 2 {
	goals[++goal_count] = sprintf("  %-50s %8s   %s", $1, $3, $4 == "yes" ? "reached" : "missed (" $2 ")")
}

function ms(us) { return us == "" ? "" : sprintf("%.2f", us / 1000) }

function two(x) { return x == "" ? "" : sprintf(x < 0.01 ? "%.4f" : "%.2f", x) }

# by_median - the contenders of KEY, the fastest first, into ORDER
function by_median(key, quantity,    n, i, j, t)
{
	n = split(contenders[key], order, " ")
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && median[key, order[j], quantity] + 0 < median[key, order[j - 1], quantity] + 0; j--) {
			t = order[j]; order[j] = order[j - 1]; order[j - 1] = t
		}
	return n
}

# times - start, running and vm: how long it took, and what else it used
function times(key, title,    n, i, c)
{
	printf "\n%s, %d runs of each (ms)\n", title, runs[key]
	printf "  %-10s %9s %9s %9s %9s %9s %9s %9s\n", "", "lower", "median", "upper", "skiff/it", "all gone", "CPU", "KiB"
	n = by_median(key, "wall")
	for (i = 1; i <= n; i++) {
		c = order[i]
		printf "  %-10s %9s %9s %9s %9s %9s %9s %9d\n", c, ms(lower[key, c, "wall"]), ms(median[key, c, "wall"]), \
			ms(upper[key, c, "wall"]), two(ratio[key, c, "wall"]), ms(median[key, c, "gone"]), \
			ms(median[key, c, "cpu"]), median[key, c, "maxrss"]
	}
}

function memory(key,    n, i, c)
{
	printf "\nmemory at the peak, all processes of the runtime together (KiB)\n"
	printf "  %-10s %9s %9s %9s\n", "", "all", "no file's", "skiff/it"
	n = by_median(key, "pages")
	for (i = 1; i <= n; i++) {
		c = order[i]
		printf "  %-10s %9d %9d %9s\n", c, median[key, c, "pages"], median[key, c, "anon"], two(ratio[key, c, "pages"])
	}
}

function calls(key,    n, i, q)
{
	printf "\nsystem calls, medians of %d runs (ns)\n", runs[key]
	printf "  %-14s %10s %10s %10s %13s\n", "", "unconfined", "skiff", "Docker's", "skiff/Docker"
	n = split(quantities[key], list, " ")
	for (i = 1; i <= n; i++) {
		q = list[i]
		printf "  %-14s %10.0f %10.0f %10.0f %13.2f\n", q, median[key, "unconfined", q], median[key, "skiff", q], \
			median[key, "docker", q], ratio[key, "docker", q]
	}
}

function roots(key, n,    i, c, list)
{
	printf "\n%s root filesystem%s, medians of %d runs\n", n, (n > 1 ? "s" : ""), runs[key]
	split("stack copy", list, " ")
	for (i = 1; i <= 2; i++) {
		c = list[i]
		printf "  %-10s %9s ms %10d KiB\n", c, ms(median[key, c, "make"]), median[key, c, "bytes"] / 1024
	}
}

# The order of the experiments, not of the alphabet.
END {
	split("start memory running calls roots vm oci", experiments, " ")
	for (e = 1; e <= 7; e++)
		for (k = 1; k <= count; k++) {
			split(keys[k], part, SUBSEP)
			if (part[1] != experiments[e])
				continue
			if (part[1] == "start")
				times(keys[k], "start and end of a static true")
			else if (part[1] == "running")
				times(keys[k], "the same with " part[2] " containers running")
			else if (part[1] == "vm")
				times(keys[k], "a container and the lab VM")
			else if (part[1] == "oci")
				times(keys[k], "create, start, delete of a static true (skiff: skiff-oci)")
			else if (part[1] == "memory")
				memory(keys[k])
			else if (part[1] == "calls")
				calls(keys[k])
			else
				roots(keys[k], part[2])
		}
	if (goal_count > 0)
		printf "\ngoals\n"
	for (g = 1; g <= goal_count; g++)
		print goals[g]
}
