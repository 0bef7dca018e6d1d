#!/usr/bin/env bats
# make bench: that it measures what it says, never how long anything took.
# shellcheck disable=SC2154  # $before and $OUT are taken in setup and setup_file
load ../../support/bats
# The name of the container that runc and crun are given; skiff's own groups are
# the business of its own tests, and others may be running some.
export FOOTPRINT_CGROUPS='skiff-bench*'

BENCH=$BATS_TEST_DIRNAME/bench.sh
BIN=$BATS_TEST_DIRNAME/../../build/bench/bin

# One small run for most of the tests.  The folder can be reached by root of a
# container, who is nobody here.
setup_file() {
    export DIR OUT STATUS=0
    DIR=$(mktemp -d "${TMPDIR:-/tmp}/lab.XXXXXX")
    chmod 755 "$DIR"
    OUT=$DIR/out
    bench_into "$OUT" start memory running calls roots >"$DIR/table" 2>"$DIR/errors" || STATUS=$?
}

teardown_file() { rm -rf "$DIR"; }

setup() {
    lab_setup
    before=$(footprint)
}

teardown() {
    lab_teardown
    [ -z "${BATS_TEST_COMPLETED-}" ] || [ -z "${before-}" ] || expect_footprint "$before"
}

# bench_into DIR EXPERIMENT...: three rounds at most
bench_into() {
    local dir=$1
    shift
    LAB_TIMEOUT=120 bounded env ROUNDS=3 RUNNING='0 2' ROOTS='1 2' "$BENCH" -o "$dir" "$@"
}

# took_part EXPERIMENT: the contenders that have a command line in about.txt
took_part() { sed -n "s/^$1: \([a-z]*\): .*/\1/p" "${2:-$OUT}/about.txt" | sort -u; }

# values EXPERIMENT CONTENDER SETTING QUANTITY: from bench.csv, sorted
values() {
    awk -F, -v e="$1" -v c="$2" -v s="$3" -v q="$4" \
        '$1 == e && $2 == c && $3 == s && $5 == q { print $7 }' "$OUT/bench.csv" | sort -g
}

# summary EXPERIMENT SETTING QUANTITY CONTENDER COLUMN
summary() { awk -F, -v key="$1,$2,$3,$4" -v n="$5" '$1 "," $2 "," $3 "," $5 == key { print $n }' "$OUT/summary.csv"; }

# A runtime may give its standard streams to root of the container.  Where this test fails,
# /dev is one of its own: these nodes are mounted over the machine's.
# shellcheck disable=SC2016  # for the inner shell to expand
@test "no contender changes whose a node in /dev is, or its mode" {
    require root
    hint "fchown(2) of the descriptors 0, 1 and 2: crun(1) does it; $DIR/errors-dev"
    run -0 bounded make -s -C "$BATS_TEST_DIRNAME"
    LAB_TIMEOUT=180 run bounded unshare --mount --propagation private bash -euc '
        source "$1/support/lib.bash"
        mkdir "$2/dev"
        mount -t tmpfs -o mode=755 dev "$2/dev"
        name_nodes
        for node in "${NODES[@]}"; do
            [ -c "$node" ] || continue
            cp -a "$node" "$2/dev/"
            chown 0:0 "$2/dev/${node##*/}" # whatever an earlier run has done
            mount --bind "$2/dev/${node##*/}" "$node"
        done
        before=$(nodes)
        ROUNDS=1 RUNNING=1 "$1/capstone/bench/bench.sh" -o "$2/out-dev" start memory running oci </dev/null >/dev/null 2>"$2/errors-dev"
        diff <(echo "$before") <(nodes) && echo as before' bash "$LAB_TOP" "$DIR"
    expect_output "as before"
    expect_match "who took part" 'skiff' "$(took_part start "$DIR/out-dev" | tr '\n' ' ')"
}

@test "what is measured has pipes and files of the run as its input and outputs, no node" {
    hint "posix_spawn_file_actions_adddup2(3); fchown(2)"
    local told=$BATS_TEST_TMPDIR/told way
    # shellcheck disable=SC2016  # for the inner shell to expand
    local streams='for fd in 0 1 2; do [ ! -c /proc/self/fd/$fd ] && echo "no node" || readlink /proc/self/fd/$fd; done >>"$0"; printf x'
    for way in "bench one x" "bench -o one x" "crowd 2"; do
        rm -f "$told"
        # shellcheck disable=SC2086  # one word each
        case $way in
            crowd*) bounded "$BIN"/$way sh -c "$streams; cat" "$told" ::: true ;;
            *) bounded "$BIN"/$way sh -c "$streams" "$told" >/dev/null ;;
        esac
        expect "$way" "no node" "$(sort -u "$told")"
    done
    run bounded "$BIN/bench" one x cat
    expect_status 0 # its input is at its end
}

@test "a small run succeeds, and says what it found" {
    hint "$DIR/errors has what it said"
    expect "exit status" 0 "$STATUS$(sed 's/^/ /' "$DIR/errors" | grep -v ': without ' || true)"
    for word in skiff floor lower median upper goals load:; do
        expect_match "the table" "$word" "$(cat "$DIR/table")"
    done
}

@test "every run of every contender has its lines in bench.csv" {
    hint "a line for each quantity; round 0 is for warming up"
    expect "its head" experiment,contender,setting,round,quantity,unit,value "$(head -n 1 "$OUT/bench.csv")"
    expect "lines of another form" "" "$(tail -n +2 "$OUT/bench.csv" | grep -vE '^[a-z]+,[a-z]+,[0-9]+,[0-9]+,[a-z_]+,(us|ns|KiB|B),[0-9]+\.[0-9]$' || true)"
    for name in $(took_part start); do
        for quantity in wall gone cpu maxrss; do
            expect "$quantity of $name" 3 "$(values start "$name" 0 "$quantity" | wc -l)"
        done
        expect "rounds of $name" "1 2 3" "$(awk -F, -v c="$name" '$1 == "start" && $2 == c && $5 == "wall" { print $4 }' "$OUT/bench.csv" | xargs)"
    done
    for n in 0 2; do
        for name in skiff floor; do expect "$name beside $n" 1 "$(values running "$name" "$n" wall | wc -l)"; done
    done
    for name in skiff unconfined docker; do
        for call in getppid read write clock_gettime futex fstat openat personality; do
            expect "$call, $name" 1 "$(values calls "$name" 0 "$call" | wc -l)"
        done
    done
    for n in 1 2; do
        for name in stack copy; do
            for quantity in make bytes; do expect "$quantity of $n by $name" 1 "$(values roots "$name" "$n" "$quantity" | wc -l)"; done
        done
    done
}

@test "no run is over before it began: wall <= gone, and all is above zero" {
    hint "CLOCK_MONOTONIC around posix_spawn(3) and wait4(2)"
    expect "lines that cannot be" "" "$(awk -F, '
        $5 == "wall" { wall = $7 }
        ($5 == "gone" && $7 < wall) || ($7 <= 0 && $5 != "cpu") { print }' "$OUT/bench.csv" | grep -v ',value$' || true)"
}

@test "medians, quartiles and ratios follow from the lines" {
    hint "three values: the median is the second, the quartiles are half way to it"
    own=$(values start skiff 0 wall | sed -n 2p)
    for name in $(took_part start); do
        mapfile -t sorted < <(values start "$name" 0 wall)
        expect "runs of $name" 3 "$(summary start 0 wall "$name" 6)"
        expect "median of $name" "${sorted[1]}" "$(summary start 0 wall "$name" 8)"
        expect "quartiles of $name are near" yes "$(awk -v a="${sorted[0]}" -v b="${sorted[1]}" -v c="${sorted[2]}" \
            -v lower="$(summary start 0 wall "$name" 7)" -v upper="$(summary start 0 wall "$name" 9)" \
            'function near(x, y) { return x - y < 0.11 && y - x < 0.11 }
             BEGIN { print near(lower, (a + b) / 2) && near(upper, (b + c) / 2) ? "yes" : "no: " lower " " upper }')"
        # as far as four rounded digits tell
        expect "skiff's share of $name is near" yes "$(awk -v a="$own" -v b="${sorted[1]}" -v share="$(summary start 0 wall "$name" 10)" \
            'BEGIN { off = share - a / b; print (off < 0.001 && off > -0.001) ? "yes" : "no: " share " for " a " / " b }')"
    done
    expect "skiff's of itself" 1.0000 "$(summary start 0 wall skiff 10)"
}

# goal WHAT MOST A B RATIO,REACHED: the ratio is that of A to B, as far as two
# rounded digits tell, and the verdict follows from it
goal() {
    expect "$1" yes "$(awk -F, -v most="$2" -v a="$3" -v b="$4" '{ off = $1 - a / b
        right = off < 0.011 && off > -0.011 && $2 == ($1 <= most ? "yes" : "no")
        print right ? "yes" : "no: " $0 " for " a " / " b }' <<<"$5")"
}

@test "the goals are compared with what was measured" {
    hint "goals.awk reads summary.csv"
    goal "skiff to the floor" 1.5 "$(values start skiff 0 wall | sed -n 2p)" "$(values start floor 0 wall | sed -n 2p)" \
        "$(sed -n 's/^start: at most 1.5 times the floor,1.5,//p' "$OUT/goals.csv")"
    goal "beside 2 others" 1.1 "$(values running skiff 2 wall)" "$(values running skiff 0 wall)" \
        "$(sed -n 's/^running: beside 2 others at most 1.1 times alone,1.1,//p' "$OUT/goals.csv")"
}

@test "the charts are SVG, and have a bar for each contender" {
    hint "gnuplot with terminal svg"
    require tool:gnuplot tool:xmllint
    for name in start running calls; do
        run xmllint --noout "$OUT/$name.svg"
        expect_status 0
    done
    for name in $(took_part start); do
        expect_match start.svg ">$name<" "$(tr -d '\n' <"$OUT/start.svg" | sed 's/<tspan[^>]*>/>/g; s/> *\([a-z]*\) *</>\1</g')"
    done
}

@test "nothing is left in the folder but the results" {
    hint "a trap on EXIT"
    expected='about.txt bench.csv goals.csv skipped.csv summary.csv'
    ! command -v gnuplot >/dev/null || expected='about.txt bench.csv calls.svg goals.csv running.svg skipped.csv start.svg summary.csv'
    expect "the folder" "$expected" "$(find "$OUT" -mindepth 1 -printf '%f\n' | sort | xargs)"
}

# others_without NAME: a PATH with all but that program, in $PROGRAMS
others_without() {
    local dir IFS=:
    PROGRAMS=$BATS_TEST_TMPDIR/bin
    mkdir "$PROGRAMS"
    for dir in $PATH; do
        [ ! -d "$dir" ] || find "$dir" -maxdepth 1 -type f,l -not -name "$1" -exec ln -s -t "$PROGRAMS" {} + 2>/dev/null || true
    done
}

@test "who is not installed is named, and the others are measured" {
    hint "skipped.csv says who and why"
    others_without bwrap
    run bounded env PATH="$PROGRAMS" ROUNDS=1 "$BENCH" -o "$DIR/without" start
    expect_status 0
    expect "the line" 'start,bwrap,"bwrap is not installed"' "$(grep bwrap "$DIR/without/skipped.csv")"
    expect_match "what is said" "without bwrap: bwrap is not installed" "$output"
    expect "lines of bwrap" 0 "$(grep -c '^start,bwrap' "$DIR/without/bench.csv")"
    expect "lines of the floor" 4 "$(grep -c '^start,floor' "$DIR/without/bench.csv")"
}

@test "who refuses is named with its own words" {
    hint "the first line that it said"
    PROGRAMS=$BATS_TEST_TMPDIR/bin
    mkdir "$PROGRAMS"
    printf '%s\n' '#!/bin/sh' 'echo "not on a \"Sunday\"" >&2' 'exit 3' >"$PROGRAMS/bwrap"
    chmod +x "$PROGRAMS/bwrap"
    run bounded env PATH="$PROGRAMS:$PATH" ROUNDS=1 "$BENCH" -o "$DIR/refused" start
    expect_status 0
    expect "the line" 'start,bwrap,"not on a ""Sunday"""' "$(grep bwrap "$DIR/refused/skipped.csv")"
}

@test "without skiff there is nothing to compare" {
    hint "usable() in bench.sh"
    run bounded env ROUNDS=1 "$BENCH" -o "$DIR/none" --skiff /bin/false start
    expect_status 1
    expect_match "what is said" "skiff does not run" "$output"
    run bounded "$BENCH" -o "$DIR/none" --skiff /nowhere/skiff start
    expect_status 1
}

@test "a signal ends it at once, with all that it started" {
    hint "it runs everything in the background and waits; see bash(1), SIGNALS"
    for signal in INT TERM; do
        spawn env --default-signal=INT ROUNDS=100000 "$BENCH" -o "$DIR/stopped" start
        wait_for grep -q '^start,skiff' "$DIR/stopped/bench.csv"
        kill -s "$signal" "$SPAWNED"
        reap "$SPAWNED"
        case $signal in INT) expect_status 130 ;; TERM) expect_status 143 ;; esac
        wait_for eval '[ -z "$(marked_pids)" ]'
        expect "what is left in the folder" "" "$(find "$DIR/stopped" -mindepth 1 -maxdepth 1 -name 'tmp*')"
        expect_footprint "$before"
    done
}

@test "a signal ends what a command has left behind, too" {
    hint "bench.c: wait4(2) for orphans, which nobody else ends"
    for signal in INT TERM; do
        # shellcheck disable=SC2016  # for the inner shell
        spawn env --default-signal=INT "$BIN/bench" -n 3 start leaves sh -c 'sleep 1000 & echo >"$0"' "$DIR/left"
        wait_for test -e "$DIR/left"
        kill -s "$signal" "$SPAWNED"
        wait_for eval '[ -z "$(marked_pids)" ]'
        reap "$SPAWNED"
        case $signal in INT) expect_status 130 ;; TERM) expect_status 143 ;; esac
        rm "$DIR/left"
    done
}

@test "so it does while others are running" {
    hint "crowd.c: they end at the end of their input"
    spawn env --default-signal=INT ROUNDS=100000 RUNNING=3 "$BENCH" -o "$DIR/crowd" running
    wait_for eval '[ "$(tail -n +2 "$DIR/crowd/bench.csv" | wc -l)" -gt 3 ]'
    kill -INT "$SPAWNED"
    reap "$SPAWNED"
    expect_status 130
    wait_for eval '[ -z "$(marked_pids)" ]'
    expect_footprint "$before"
}

@test "usage: --help, and words that it does not know" {
    hint "parse() in bench.sh"
    run bounded "$BENCH" --help
    expect_status 0
    expect_match help "QUICK=1" "$output"
    for words in nonsense "-o" "--skiff" "-x"; do
        # shellcheck disable=SC2086  # words
        run bounded "$BENCH" $words
        expect_status 2
    done
    run bounded env ROUNDS=0 "$BENCH" start
    expect_status 2
    run bounded env RUNNING=many "$BENCH" start
    expect_status 2
}

# ---- the programs it measures with ----------------------------------------

@test "bench: the runs of a round are in random order" {
    hint "random(3) and a shuffle"
    run bounded "$BIN/bench" -n 40 order a true ::: b true
    expect_status 0
    firsts=$(awk -F, '$5 == "wall" && !seen[$4]++ { print $2 }' <<<"$output" | sort | uniq -c | wc -l)
    expect "who was first in some round" 2 "$firsts"
    expect "runs" 80 "$(grep -c ',wall,' <<<"$output")"
}

@test "bench: a run that fails ends it, and is quoted" {
    hint "a time of something that did not happen is no time"
    run --separate-stderr bounded "$BIN/bench" fail good true ::: bad sh -c 'echo "no luck" >&2; exit 7'
    expect_status 1
    expect "its words" "bench: bad: a run ended with status 7: no luck" "$stderr"
}

@test "bench: what a command leaves running counts until it is gone" {
    hint "PR_SET_CHILD_SUBREAPER in prctl(2)"
    run bounded "$BIN/bench" orphan left sh -c 'sleep 0.3 & exit 0'
    expect_status 0
    expect "gone after at least 0.3 s, wall before" yes "$(awk -F, '{ v[$5] = $7 } END { print (v["gone"] >= 300000 && v["wall"] < v["gone"]) ? "yes" : v["wall"] " " v["gone"] }' <<<"$output")"
}

@test "bench: the figures that a command prints, with -o" {
    hint "each line: QUANTITY UNIT VALUE"
    run bounded "$BIN/bench" -o -n 2 -s 7 said it echo 'depth m 12.5'
    expect_status 0
    expect_output $'said,it,7,1,depth,m,12.5\nsaid,it,7,2,depth,m,12.5'
}

@test "crowd: all are there while the command runs, and gone after it" {
    hint "each writes a byte when it is up"
    run bounded "$BIN/crowd" 5 "$BIN/payload-idle" ::: sh -c 'set -- $(cat /proc/$PPID/task/$PPID/children); echo $#; exit 9'
    expect_status 9
    expect_output 6
    expect "still there" "" "$(marked_pids)"
    run bounded "$BIN/crowd" 2 true ::: echo never
    expect_status 125
}

@test "floor: seven namespaces, a range of ids, a root of its own, and nothing more" {
    hint "clone3(2), pivot_root(2)"
    require root
    cp "$BIN/payload-idle" "$BATS_TEST_TMPDIR/"
    mkdir "$BATS_TEST_TMPDIR/root"
    chmod 755 "$BATS_TEST_TMPDIR/root"
    mv "$BATS_TEST_TMPDIR/payload-idle" "$BATS_TEST_TMPDIR/root/"
    mkfifo "$BATS_TEST_TMPDIR/hold"
    ( close_fds; exec "$BIN/floor" "$BATS_TEST_TMPDIR/root" /payload-idle <"$BATS_TEST_TMPDIR/hold" >/dev/null ) &
    floor=$!
    exec {hold}>"$BATS_TEST_TMPDIR/hold"
    wait_for eval '[ "$(readlink "/proc/$(child_of $floor)/exe")" = /payload-idle ]'
    inner=$(child_of "$floor")
    for kind in user mnt pid uts ipc net cgroup; do
        expect "its $kind namespace is another" yes "$([ "$(ns_of "$inner" "$kind")" != "$(ns_of $$ "$kind")" ] && echo yes)"
    done
    expect "its time namespace is ours" "$(ns_of $$ time)" "$(ns_of "$inner" time)"
    expect "its root" payload-idle "$(ls "/proc/$inner/root/")"
    expect "mounts" 1 "$(wc -l <"/proc/$inner/mountinfo")"
    expect "uid" 1000000000 "$(proc_field "$inner" Uid | cut -d' ' -f1)"
    expect "seccomp" 0 "$(proc_field "$inner" Seccomp)"
    exec {hold}>&-
    reap "$floor"
    expect_status 0
    run -127 bounded "$BIN/floor" "$BATS_TEST_TMPDIR/root" /not-there
}

@test "peak: counts the pages that are there, each once" {
    hint "the kernel's pagemap.rst"
    require root tool:busybox
    peak_of() { bounded "$BIN/peak" none "$@" | sed -n 's/^pages KiB //p'; }
    small=$(peak_of busybox true)
    # dd fills a buffer of that size.
    large=$(peak_of busybox dd if=/dev/zero of=/dev/null bs=8M count=1)
    expect "8 MiB more, about" yes "$([ $((large - small)) -ge 8000 ] && [ $((large - small)) -lt 9500 ] && echo yes || echo "$small $large")"
    # Two processes, the same program: most pages are shared.
    both=$(peak_of busybox sh -c 'sleep 0.1 & wait; true')
    expect "less than twice one" yes "$([ "$both" -lt $((2 * small)) ] && echo yes || echo "$small $both")"
    expect "of the payload nothing" yes "$(bounded "$BIN/peak" busybox busybox dd if=/dev/zero of=/dev/null bs=8M count=1 |
        awk '$1 == "pages" { print ($3 < 8000) ? "yes" : $3 }')"
    run bounded "$BIN/peak" none sh -c 'exit 3'
    expect_status 3
}

@test "roots: a copy holds the bytes of ROOTFS, a stack only what was changed" {
    hint "upper layer in the kernel's overlayfs.rst"
    require root
    mkdir -p "$BATS_TEST_TMPDIR/rootfs/etc" "$BATS_TEST_TMPDIR/work"
    head -c 1M /dev/urandom >"$BATS_TEST_TMPDIR/rootfs/file"
    bytes_of() { bounded "$BIN/roots" "$1" 3 "$BATS_TEST_TMPDIR/rootfs" "$BATS_TEST_TMPDIR/work" | sed -n 's/^bytes B //p'; }
    expect "copied 3 MiB" yes "$([ "$(bytes_of copy)" -ge $((3 << 20)) ] && echo yes)"
    expect "stacked three pages" yes "$([ "$(bytes_of stack)" -le $((3 << 16)) ] && echo yes)"
    expect "left" "" "$(ls "$BATS_TEST_TMPDIR/work")"
    expect "ROOTFS is unchanged" "" "$(ls "$BATS_TEST_TMPDIR/rootfs/etc")"
}

# evidence STEP: what a process sees of itself after the steps up to STEP
evidence() {
    # shellcheck disable=SC2016  # for the shell in there
    bounded "$BIN/cost" "$1" "$BATS_TEST_DIRNAME/../../build/rootfs" /bin/sh -c '
        for kind in user mnt pid uts ipc cgroup net; do echo "$kind $(readlink /proc/self/ns/$kind)"; done
        grep -E "^(Uid|CapBnd|Seccomp):" /proc/self/status
        sed "s/^/group /" /proc/self/cgroup
        awk "{ print \"mount\", \$5 }" /proc/self/mountinfo
        ip -o link show lo 2>/dev/null | grep -o "LOOPBACK,UP"'
}

@test "cost: each step does what it is called after, and not sooner" {
    hint "cost.c: a step is there from its own name on"
    require root
    local step last=process here there
    # Before there is a proc in the new root, the namespaces show in what it adds next.
    expect "at first" "$(readlink /proc/self/ns/user)" "$(evidence process | sed -n 's/^user //p')"
    expect "user" 1 "$(evidence user | grep -c 'user user:' )"
    [ "$(evidence user | sed -n 's/^user //p')" != "$(readlink /proc/self/ns/user)" ]
    for step in sys masks limits capabilities filter; do
        here=$(evidence "$step") there=$(evidence "$last")
        case $step in
            sys) expect "mounts" "/ /dev /dev/full /dev/mqueue /dev/null /dev/pts /dev/random /dev/shm /dev/tty /dev/urandom /dev/zero /proc /sys" \
                    "$(sed -n 's/^mount //p' <<<"$here" | sort | xargs)"
                for kind in user mnt pid uts ipc cgroup net; do
                    [ "$(sed -n "s/^$kind //p" <<<"$here")" != "$(readlink "/proc/self/ns/$kind")" ] || { echo "no $kind namespace"; false; }
                done
                expect "lo" "LOOPBACK,UP" "$(tail -n 1 <<<"$here")" ;;
            masks) expect "hidden" "0 1" "$(grep -c 'mount /proc/keys' <<<"$there") $(grep -c 'mount /proc/keys' <<<"$here")" ;;
            limits) expect "its group" "0 yes" "$(grep -c skiff-bench <<<"$there") $(grep -q skiff-bench <<<"$here" && echo yes)" ;;
            capabilities) expect "the bounding set" 00000000800405fb "$(awk '$1 == "CapBnd:" { print $2 }' <<<"$here")"
                expect_match "the one before" ffffff "$(grep CapBnd <<<"$there")" ;;
            filter) expect "seccomp" "0 2" "$(awk '$1 == "Seccomp:" { print $2 }' <<<"$there"$'\n'"$here" | xargs)" ;;
        esac
        last=$step
    done
    run bounded "$BIN/cost" nonsense / /bin/true
    expect_status 2
}

@test "cost: a line for each step, in their order, with what it adds" {
    hint "cost.awk"
    require root
    run bench_into "$DIR/cost" cost
    expect_status 0
    expect "the steps" "step $("$BIN/cost" --steps | xargs) skiff" "$(cut -d, -f1 "$DIR/cost/cost.csv" | xargs)"
    printf '%s\n' cost,a,0,1,wall,us,10 cost,b,0,1,wall,us,30 cost,a,0,2,wall,us,500 cost,b,0,2,wall,us,510 \
        cost,a,0,3,wall,us,20 cost,b,0,3,wall,us,50 cost,a,0,1,cpu,us,5 cost,b,0,1,cpu,us,6 >"$DIR/rounds"
    expect "compared round by round" $'a,,20,,5\nb,20,50,1,6' "$(awk -v steps='a b' -f "$BATS_TEST_DIRNAME/cost.awk" "$DIR/rounds" | tail -n +2)"
}

@test "roots: a folder that is there already stays, and a path that is too long is refused" {
    local name
    mkdir -p "$BATS_TEST_TMPDIR/mine/root1" "$BATS_TEST_TMPDIR/small/etc"
    echo precious >"$BATS_TEST_TMPDIR/mine/root1/thesis"
    run ! "$BIN/roots" copy 2 "$BATS_TEST_TMPDIR/small" "$BATS_TEST_TMPDIR/mine"
    expect_match "why" 'root1: File exists' "$output"
    expect "my file" precious "$(cat "$BATS_TEST_TMPDIR/mine/root1/thesis")"
    printf -v name '%0399d' 0
    run ! "$BIN/roots" copy 1 "$BATS_TEST_TMPDIR/small" "$name"
    expect_match "why" '405 bytes, at most 399' "$output"
    mkdir "$BATS_TEST_TMPDIR/empty"
    run -0 "$BIN/roots" copy 2 "$BATS_TEST_TMPDIR/small" "$BATS_TEST_TMPDIR/empty"
    expect "left" "" "$(ls "$BATS_TEST_TMPDIR/empty")"
}

@test "files of another's in the folder for the results stay" {
    mkdir "$BATS_TEST_TMPDIR/mine"
    echo precious >"$BATS_TEST_TMPDIR/mine/about.txt"
    run bench_into "$BATS_TEST_TMPDIR/mine" start
    expect_status 1
    expect_match "why" 'about.txt: is there already' "$output"
    expect "my file" precious "$(cat "$BATS_TEST_TMPDIR/mine/about.txt")"
}
