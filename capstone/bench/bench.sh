#!/usr/bin/env bash
# capstone/bench/bench.sh - what a container costs: skiff, others, and the kernel's own price
#
# This script says what is measured and reads the results.  What is timed is
# timed by bench.c, without a shell between.
set -euo pipefail
HERE=$(CDPATH='' cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=../../support/lib.bash
source "$HERE/../../support/lib.bash"

usage() {
    cat <<'END'
usage: bench.sh [-o DIR] [--skiff PROGRAM] [EXPERIMENT...]

Measures, all contenders in turn within one run, and writes to DIR (build/bench):
  bench.csv     one line for every figure of every run
  summary.csv   quartiles of each, and skiff's median divided by this one's
  goals.csv     what we want skiff to be, and what it is
  skipped.csv   who did not take part, and why
  about.txt     this machine, its load, and every command line
  cost.csv      what each step adds
  start.svg running.svg calls.svg
Experiments (none named: all):
  start     a static `true`, from nothing to nothing
  cost      the same, a step at a time: what each default costs
  memory    the most memory of the runtime itself at any moment
  running   start again, with others running already
  calls     one system call under the default seccomp filter
  roots     copying a root filesystem against stacking it
  vm        a container against booting the lab VM
  oci       create, start, delete: skiff-oci against runc and crun
From the environment:
  QUICK=1        a few rounds only
  ROUNDS=N       of start; the others do a part of it (200)
  RUNNING='N..'  how many run already, for running (0 10 25 50)
  ROOTS='N..'    how many roots are made, for roots (1 10)
Status: 0 measured, 1 something failed, 2 wrong usage, 130 stopped by Ctrl-C.
END
}

HEADER=experiment,contender,setting,round,quantity,unit,value
EXPERIMENTS=(start cost memory running calls roots vm oci)

# ---- the contenders -------------------------------------------------------

# line_of NAME PAYLOAD...: the command line of a contender, into LINE.  The
# others are given the same namespaces; none of them but skiff has limits, a
# system call filter and an overlay by default.
line_of() {
    local name=$1
    shift
    case $name in
        skiff) LINE=("$SKIFF" run "$ROOT" "$@") ;;
        bwrap) LINE=(bwrap --unshare-all --die-with-parent --ro-bind "$ROOT" / --proc /proc --dev /dev "$@") ;;
        unshare) LINE=(unshare --user --map-root-user --mount --pid --fork --kill-child --uts --ipc --net --cgroup --root="$ROOT" "$@") ;;
        floor) LINE=("$BIN/floor" "$ROOT" "$@") ;;
        runc | crun)
            bundle "$name" "$@"
            LINE=("$name" --root "$WORK/state" run --bundle "$WORK/$name" skiff-bench) ;;
    esac
}

# bundle RUNTIME PAYLOAD: what its own `spec` writes, with this command and the
# namespaces that are missing there
bundle() {
    local dir=$WORK/$1 kind kinds='' map='[{"containerID":0,"hostID":1000000000,"size":65536}]' rootless=--rootless
    [ "$EUID" -ne 0 ] || rootless=
    mkdir -p "$dir"
    rm -f "$dir/config.json"
    ( cd "$dir" && "$1" spec $rootless ) 2>/dev/null || return 0
    for kind in user network cgroup; do
        grep -q "\"type\": \"$kind\"" "$dir/config.json" || kinds+="{\"type\":\"$kind\"},"
    done
    sed -i -e 's/"terminal": true/"terminal": false/' -e "s|\"sh\"|\"$2\"|" -e "s|\"path\": \"rootfs\"|\"path\": \"$ROOT\"|" \
        -e "s|\"namespaces\": \[|\"namespaces\": [$kinds|" "$dir/config.json"
    [ -n "$rootless" ] || sed -i "s|\"linux\": {|\"linux\": {\"uidMappings\":$map,\"gidMappings\":$map,|" "$dir/config.json"
}

# usable EXPERIMENT NAME SECONDS CMD...: does it run here?  If not, says why.
# Without skiff itself there is nothing to compare.
usable() {
    local experiment=$1 name=$2 seconds=$3 reason='' status=0
    shift 3
    if ! command -v "$1" >/dev/null; then
        reason="$1 is not installed"
    else
        background timeout -k 2 "$seconds" "$@" >"$WORK/output" 2>"$WORK/words" || status=$?
        [ "$status" -ne 0 ] || return 0
        read -r reason <"$WORK/words" || true
        # runc's are in a line of a log.
        if [[ $reason =~ ^time=.*\ msg=\"(.*)\"$ ]]; then reason=${BASH_REMATCH[1]}; fi
        reason=${reason:-it ended with status $status}
    fi
    [ "$name" != skiff ] || die 1 "$experiment: skiff does not run: $reason"
    skip "$experiment" "$name" "$reason"
    return 1
}

skip() {
    printf '%s,%s,"%s"\n' "$1" "$2" "${3//\"/\"\"}" >>"$OUT/skipped.csv"
    echo "$1: without $2: $3" >&2
}

# add NAME CMD...: to CONTENDERS, what bench is given
add() {
    [ ${#CONTENDERS[@]} -eq 0 ] || CONTENDERS+=(:::)
    CONTENDERS+=("$@")
    local name=$1
    shift
    echo "$experiment: $name: $*" >>"$OUT/about.txt"
}

# take_part EXPERIMENT BEFORE... -- NAME...: add those that are usable; BEFORE
# comes before the command line of each
take_part() {
    local experiment=$1 name before=()
    shift
    while [ "$1" != -- ]; do before+=("$1"); shift; done
    shift
    for name; do
        line_of "$name" /bin/payload-true
        if usable "$experiment" "$name" 60 "${before[@]}" "${LINE[@]}"; then
            add "$name" "${before[@]}" "${LINE[@]}"
        fi
    done
}

# ---- running --------------------------------------------------------------

# background CMD...: so that a signal is heeded now and not at its end.  Its input is a
# pipe at its end: crun gives its descriptors 0 to 2 to root of the container, with
# fchown, and /dev/null is the machine's.
background() {
    local status=0
    "$@" < <(:) &
    RUNNER=$!
    know "$RUNNER"
    wait "$RUNNER" || status=$?
    RUNNER=
    return "$status"
}

# measure OPTION... EXPERIMENT: with the CONTENDERS
measure() {
    background "$BIN/bench" "$@" "${CONTENDERS[@]}" >>"$OUT/bench.csv" || FAILED=1
    note_load "${*: -1}"
}

note_load() { echo "$1: load $(cut -d' ' -f1-3 /proc/loadavg) at its end" >>"$OUT/about.txt"; }

# share N: a part of ROUNDS, at least one
share() { echo $(((ROUNDS + $1 - 1) / $1)); }

do_start() {
    take_part start -- skiff bwrap unshare floor runc crun
    measure -n "$ROUNDS" start
}

# From a mere process to all that skiff does, and skiff itself.
do_cost() {
    local step
    [ "$EUID" -eq 0 ] || { skip cost everybody "needs root: it takes the steps that root takes"; return 0; }
    for step in $("$BIN/cost" --steps); do
        usable cost "$step" 60 "$BIN/cost" "$step" "$ROOT" /bin/payload-true || return 0
        add "$step" "$BIN/cost" "$step" "$ROOT" /bin/payload-true
    done
    take_part cost -- skiff
    measure -n "$ROUNDS" cost
}

do_memory() {
    [ "$EUID" -eq 0 ] || { skip memory everybody "needs root: others may not see page numbers"; return 0; }
    take_part memory "$BIN/peak" payload-true -- skiff bwrap unshare floor runc crun
    measure -o -n "$(share 50)" memory
}

do_running() {
    local n
    take_part running -- skiff floor
    line_of skiff /bin/payload-idle
    for n in $RUNNING; do
        background "$BIN/crowd" "$n" "${LINE[@]}" ::: \
            "$BIN/bench" -n "$(share 4)" -s "$n" running "${CONTENDERS[@]}" >>"$OUT/bench.csv" || FAILED=1
    done
    note_load running
}

# The calls are made by a payload in a skiff container; that loads Docker's
# list itself, with skiff's own filter out of the way.
do_calls() {
    add skiff "$SKIFF" run "$ROOT" /bin/payload-calls
    add unconfined "$SKIFF" run --security-opt seccomp=unconfined "$ROOT" /bin/payload-calls
    add docker "$SKIFF" run --security-opt seccomp=unconfined "$ROOT" /bin/payload-calls /docker.bpf
    measure -o -n "$(share 5)" calls
}

do_roots() {
    local n
    for n in $ROOTS; do
        CONTENDERS=()
        add stack "$BIN/roots" stack "$n" "$LAB_TOP/build/rootfs" "$WORK"
        add copy "$BIN/roots" copy "$n" "$LAB_TOP/build/rootfs" "$WORK"
        measure -o -n "$(share 10)" -s "$n" roots
    done
}

# The first boot may have to make its kernel ready; it is not measured.
do_vm() {
    local vm=$LAB_TOP/harness/vm
    [ -x "$vm" ] || { skip vm vm "there is no harness/vm"; return 0; }
    usable vm vm 300 "$vm" -- true || return 0
    take_part vm -- skiff
    add vm "$vm" -- true
    measure -n "$(share 100)" vm
}

# All three are given the same bundle; what calls them is the same little monitor.
# skiff stands for skiff-oci here.
do_oci() {
    local name program
    [ "$EUID" -eq 0 ] || { skip oci everybody "needs root: the bundle has no user namespace"; return 0; }
    make -s -C "$HERE/../oci"
    mkdir "$WORK/oci"
    jq --arg root "$ROOT" '.root.path = $root | .process.args = ["/bin/payload-true"] | .linux.cgroupsPath = "/skiff-bench-oci"' \
        "$HERE/../oci/config.json" >"$WORK/oci/config.json"
    for name in skiff runc crun; do
        program=$(if [ "$name" = skiff ]; then echo "$(dirname "$SKIFF")/skiff-oci"; else command -v "$name" || echo "$name"; fi)
        LINE=("$HERE/../oci/payload-monitor" "$program" "$WORK/state-$name" "$WORK/oci" skiff-bench)
        if ! command -v "$program" >/dev/null; then
            skip oci "$name" "$name is not installed"
        elif usable oci "$name" 60 "${LINE[@]}"; then
            add "$name" "${LINE[@]}"
        fi
    done
    measure -n "$(share 2)" oci
}

# ---- reading the results --------------------------------------------------

# read_results: bench.csv into the other files, and onto the terminal
read_results() {
    export LC_ALL=C
    tail -n +2 "$OUT/bench.csv" | sort -t, -k1,1 -k3,3n -k5,5 -k2,2 -k7,7g | awk -f "$HERE/summary.awk" >"$OUT/summary.csv"
    awk -f "$HERE/goals.awk" "$OUT/summary.csv" >"$OUT/goals.csv"
    awk -f "$HERE/table.awk" "$OUT/summary.csv" "$OUT/goals.csv"
    costs
    draw
    echo
    echo "load: $LOAD before, $(cut -d' ' -f1-3 /proc/loadavg) after.  All of it is in ${OUT#"$LAB_TOP/"}"
}

# costs: the steps of "cost" in their order, if they were measured
costs() {
    grep -q "^cost," "$OUT/bench.csv" || return 0
    awk -v steps="$("$BIN/cost" --steps | tr "\n" " ")skiff" -f "$HERE/cost.awk" "$OUT/bench.csv" >"$OUT/cost.csv"
    awk -F, '
        NR == 1 { printf "\nwhat each step adds (us; the floor is all up to net; skiff does some at the same time)\n"
                  printf "  %-14s %9s %9s %9s %9s\n", "", "adds", "so far", "adds CPU", "so far"; next }
        { printf "  %-14s %9s %9s %9s %9s\n", $1, $2, $3, $4, $5 }' "$OUT/cost.csv"
}

# draw: an SVG for each of these experiments that has results
draw() {
    local name
    if ! command -v gnuplot >/dev/null; then
        skip svg gnuplot "gnuplot is not installed"
        return 0
    fi
    for name in start running calls; do
        grep -q "^$name," "$OUT/summary.csv" || continue
        gnuplot -e "summary='$OUT/summary.csv'; output_file='$WORK/$name.svg'" "$HERE/$name.gnuplot"
        mv "$WORK/$name.svg" "$OUT/$name.svg"
    done
}

# about: the machine, once the folder is there
about() {
    local name
    echo "$(uname -srm), $(nproc) CPUs: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
    echo "uid $EUID, $ROUNDS rounds, load $LOAD"
    for name in bwrap unshare runc crun; do
        ! command -v "$name" >/dev/null || { "$name" --version 2>/dev/null || true; } | head -n 1
    done
    echo
}

# ---- all of it ------------------------------------------------------------

# clean_up: whatever way this ends
clean_up() {
    local name
    trap '' INT TERM HUP
    [ -n "$WORK" ] || return 0
    if [ -n "$RUNNER" ]; then
        send_signal TERM "$RUNNER" || true
        wait "$RUNNER" || true
    fi
    for name in runc crun; do
        [ ! -d "$WORK/state" ] || "$name" --root "$WORK/state" delete --force skiff-bench 2>/dev/null || true
    done
    [ ! -d "$WORK/state-skiff" ] || "$(dirname "$SKIFF")/skiff-oci" --root "$WORK/state-skiff" delete --force skiff-bench 2>/dev/null || true
    for name in runc crun; do
        [ ! -d "$WORK/state-$name" ] || "$name" --root "$WORK/state-$name" delete --force skiff-bench 2>/dev/null || true
    done
    rm -rf "$WORK"
}

parse() {
    SKIFF=$LAB_TOP/capstone/skiff OUT=$LAB_TOP/build/bench CHOSEN=()
    local word
    while [ $# -gt 0 ]; do
        case $1 in
            -h | --help) usage; exit 0 ;;
            -o) [ $# -gt 1 ] || { usage >&2; exit 2; }; OUT=$2; shift ;;
            --skiff) [ $# -gt 1 ] || { usage >&2; exit 2; }; SKIFF=$(realpath "$2"); shift ;;
            *)
                for word in "${EXPERIMENTS[@]}" ''; do [ "$word" != "$1" ] || break; done
                [ -n "$word" ] || { echo "bench.sh: no experiment '$1'" >&2; usage >&2; exit 2; }
                CHOSEN+=("$1") ;;
        esac
        shift
    done
    [ ${#CHOSEN[@]} -gt 0 ] || CHOSEN=("${EXPERIMENTS[@]}")
    [ -n "${ROUNDS-}" ] || { if [ -n "${QUICK-}" ] && [ "$QUICK" != 0 ]; then ROUNDS=12; else ROUNDS=200; fi; }
    RUNNING=${RUNNING-0 10 25 50} ROOTS=${ROOTS-1 10}
    [[ $ROUNDS =~ ^[1-9][0-9]{0,5}$ ]] || { echo "bench.sh: ROUNDS=$ROUNDS is not a number of rounds" >&2; exit 2; }
    for word in "$RUNNING" "$ROOTS"; do
        [[ $word =~ ^[0-9]+(\ [0-9]+)*$ ]] || { echo "bench.sh: '$word' is not a list of numbers" >&2; exit 2; }
    done
}

prepare() {
    local file
    [ -x "$SKIFF" ] || die 1 "no $SKIFF (make builds it)"
    [ -e "$LAB_TOP/build/rootfs/etc/passwd" ] || die 1 "no build/rootfs (make rootfs makes it)"
    make -s -C "$HERE"
    BIN=$LAB_TOP/build/bench/bin LOAD=$(cut -d' ' -f1-3 /proc/loadavg)
    mkdir -p "$OUT"
    OUT=$(realpath "$OUT")
    for file in "$OUT"/{bench,summary,goals,skipped,cost}.csv "$OUT/about.txt" "$OUT"/{start,running,calls}.svg; do
        [ ! -e "$file" ] || [ "$(head -n 1 "$OUT/bench.csv" 2>/dev/null)" = "$HEADER" ] ||
            die 1 "$file: is there already, and not from a run of this program: not replaced"
    done
    rm -f "$OUT"/{bench,summary,goals,skipped,cost}.csv "$OUT/about.txt" "$OUT"/{start,running,calls}.svg
    WORK=$(mktemp -d "$OUT/tmp.XXXXXX") ROOT=$WORK/rootfs
    cp -a "$LAB_TOP/build/rootfs" "$ROOT"
    cp "$BIN"/payload-* "$ROOT/bin/"
    cp "$BIN/docker.bpf" "$ROOT/"
    chmod 711 "$WORK"       # root of a container is nobody here
    echo "$HEADER" >"$OUT/bench.csv"
    echo experiment,contender,reason >"$OUT/skipped.csv"
    about >"$OUT/about.txt"
}

main() {
    local experiment
    parse "$@"
    RUNNER='' WORK='' FAILED=0
    trap clean_up EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    prepare
    for experiment in "${CHOSEN[@]}"; do
        CONTENDERS=()
        case $experiment in
            start) do_start ;;
            cost) do_cost ;;
            memory) do_memory ;;
            running) do_running ;;
            calls) do_calls ;;
            roots) do_roots ;;
            vm) do_vm ;;
            oci) do_oci ;;
        esac
    done
    read_results
    return "$FAILED"
}

main "$@"
