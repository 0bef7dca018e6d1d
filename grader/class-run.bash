# shellcheck shell=bash disable=SC2034,SC2153
# grader/class-run.bash - what there is to grade, who grades it, what came of it
#
# Sourced by grader/class.  A job is "KEY PART DIGEST": class-job grades it and
# leaves students/KEY/PART.new; seal makes PART.json of that.  A part is done if
# there is a PART.json with the digest that the submission, the tests and all
# else that decides about marks have now.

declare -A DIGEST=()        # of a part of the course: its tests, and what runs them
HOST_ARGS=() TREE=$LAB_TOP  # where class-job is, on the machine it runs on

# the_parts: what of each part is asked for, and what decides about its marks;
# in the file sums each file that does
the_parts() {
    local part name common of
    WANTED=()
    : >"$SCRATCH/parts"
    : >"$SCRATCH/sums"
    common=$(cd "$LAB_TOP" && {
        find support -type f ! -path '*/tests/*'
        find grader -maxdepth 1 -type f ! -name 'class*' ! -name 'pages*' ! -name '*.md' \
            ! -name 'report.*' ! -name terminal.jq ! -name results.jq ! -name html.jq
        find capstone -type f \( -name '*.[ch]' -o -name Makefile -o -name '*.list' -o -name '*.sh' \) \
            ! -path '*/bench/*' ! -path '*/faults/*' ! -path '*/history/*' ! -path '*/unit/*' ! -path '*/oci/*'
        echo labs/lab.mk
    } | digest)
    [ -z "$HIDDEN" ] || common+=$(cd "$HIDDEN" && find . -type f | LC_ALL=C sort | tr '\n' '\0' | xargs -r0 sha256sum -- | sha256sum)
    for part in $(course_parts); do
        if [ "$part" = capstone ]; then
            name=skiff of=200
            DIGEST[$part]=$common$(cd "$LAB_TOP" && find capstone/isolation -type f \( -name '*.bats' -o -name '*.bash' \) | digest)
        else
            name=$(awk -F '[ \t]*:?=[ \t]*' '$1 == "EXERCISE" { print $2 }' "$LAB_TOP/labs/$part/Makefile")
            of=100
            WANTED+=("labs/$part/$name.c")
            DIGEST[$part]=$common$(cd "$LAB_TOP" && find "labs/$part" -maxdepth 1 -type f \
                \( -name Makefile -o -name "$name.bats" -o -name 'payload-*.c' \) | digest)
        fi
        DIGEST[$part]=$(printf %s "${DIGEST[$part]}" | sha256sum | head -c 8)
        jq -nc --arg part "$part" --arg exercise "$name" --arg digest "${DIGEST[$part]}" \
            --argjson number "${#DIGEST[@]}" --argjson of "$of" \
            '{ $part, $number, $exercise, $of, $digest }' >>"$SCRATCH/parts"
    done
    WANTED_JSON=$(jq -sc '[.[] | select(.part != "capstone") | { key: "\(.exercise).c", value: .part }] | from_entries' "$SCRATCH/parts")
}

# digest: of the files of the working directory that stdin names
digest() { LC_ALL=C sort | tr '\n' '\0' | xargs -r0 sha256sum -- | tee -a "$SCRATCH/sums" | sha256sum | head -c 64; }

# ---- what is to be done ---------------------------------------------------

# plan: the file jobs
plan() {
    local key part digest
    seal
    # what is done: KEY PART DIGEST
    find "$WHERE/students" -mindepth 2 -maxdepth 2 \( -name '[0-9]*.json' -o -name capstone.json \) \
        ! -name '*.error.json' -print0 | LC_ALL=C sort -z |
        xargs -r0 jq -Rr 'fromjson? | objects | "\(input_filename | split("/")[-2]) \(.part.part) \(.digest)"' >"$SCRATCH/done"
    # what could be: the same
    find "$WHERE/students" -mindepth 2 -maxdepth 2 -name intake.json -print0 | LC_ALL=C sort -z |
        xargs -r0 jq -r --slurpfile course "$SCRATCH/parts" '.key as $key | select(.unread | not) | .parts as $have
            | $course[] | select($have[.part]) | "\($key) \(.part) \(.digest)-\($have[.part][:16])"' >"$SCRATCH/all"
    local -A is_done=()
    while read -r key part digest; do is_done["$key $part $digest"]=yes; done <"$SCRATCH/done"
    : >"$SCRATCH/jobs"
    while read -r key part digest; do
        [[ -n ${ID_OF[$key]-} && -n ${CHOSEN[$key]-} && -n ${SOURCES[$key]-} ]] || continue
        [[ " ${PARTS[*]} " = *" $part "* ]] || continue
        [ -z "${is_done["$key $part $digest"]-}" ] || [ -n "$STUDENT$AGAIN" ] || continue
        echo "$key $part $digest" >>"$SCRATCH/jobs"
    done <"$SCRATCH/all"
    local todo all
    todo=$(wc -l <"$SCRATCH/jobs") all=$(wc -l <"$SCRATCH/all")
    echo "${#KEYS[@]} student$([ ${#KEYS[@]} -eq 1 ] || echo s); $todo of $all parts to grade$([ "$todo" -eq "$all" ] || echo ", the others are done or not chosen")."
}

# ---- doing it -------------------------------------------------------------

# run_jobs: and those that failed, once more at the end
run_jobs() {
    [ -s "$SCRATCH/jobs" ] || return 0
    [ -z "$HOSTS" ] || ready_hosts
    run_parallel "$SCRATCH/jobs"
    seal
    undone >"$SCRATCH/again"
    [ -s "$SCRATCH/again" ] || return 0
    echo "$(wc -l <"$SCRATCH/again") could not be graded; once more:"
    run_parallel "$SCRATCH/again"
    seal
    undone >"$SCRATCH/failed"
    [ ! -s "$SCRATCH/failed" ] || RESULT=3
}

# undone: the jobs of this run that have no result
undone() {
    local key part digest
    while read -r key part digest; do
        [ -e "$SCRATCH/sealed.$key.$part" ] || echo "$key $part $digest"
    done <"$SCRATCH/jobs"
}

# run_parallel FILE: the jobs in it, in a session of its own: a Ctrl-C comes to
# this shell alone, which ends the rest in good order.  If this shell is killed
# outright, so is parallel, and then the jobs end.
run_parallel() {
    local show=()
    [ ! -t 2 ] || show=(--bar)
    (
        cd "$WHERE" || exit
        exec setsid --wait setpriv --pdeathsig KILL parallel --plain --will-cite --no-notice -j "$JOBS" "${show[@]}" \
            --arg-file "$1" --colsep ' ' --joblog "+$WHERE/joblog" --termseq TERM,12000,KILL,100 \
            "${HOST_ARGS[@]}" \
            exec setpriv --pdeathsig TERM "$TREE/grader/class-job" \
            "$(printf %q "$WHERE")" '{1}' '{2}' '{3}' "$(printf %q "$GRADE")" "$(printf %q "${HIDDEN_THERE:-$HIDDEN}")"
    ) </dev/null &
    CHILD=$!
    know "$CHILD"
    [ -z "$HOSTS" ] || watch_hosts "$CHILD" &
    wait "$CHILD" || true
    CHILD=
}

# seal: what jobs have left counts from here on, if it is whole and on disk
seal() {
    local key part good name folder
    find "$WHERE/students" -mindepth 2 -maxdepth 2 -name '*.new' -print0 >"$SCRATCH/new"
    [ -s "$SCRATCH/new" ] || return 0
    sync -f "$WHERE/students"
    while read -r name good; do
        folder=${name%/*} part=${name##*/} part=${part%.new} key=${folder##*/}
        if [ "$good" = true ]; then
            mv -f "$name" "$folder/$part.json"
            rm -f "$folder/$part.error.json"
            : >"$SCRATCH/sealed.$key.$part"
        else
            mv -f "$name" "$folder/$part.error.json"
        fi
    done < <(xargs -r0 jq -Rr 'fromjson? | objects | "\(input_filename) \(.graded)"' <"$SCRATCH/new")
    # not whole: the machine went down in the middle of it
    xargs -r0 rm -f <"$SCRATCH/new"
    sync -f "$WHERE/students"
}

# ---- what came of it ------------------------------------------------------

# collect: whole.json of each student, and class.json
collect() {
    local key about
    about=$(jq -n --arg date "$DATE" --argjson seconds 0 '{ $date, $seconds, root: true, again: "sudo make grade" }')
    used_parts
    # One program out of three, so that the sums are those of grader/grade.
    { cat "$GRADER/class-parts.jq"; echo '| . as $before | ['; echo '.parts | ('; cat "$GRADER/whole.jq"; echo ')]'
        cat "$GRADER/class-student.jq"; } >"$SCRATCH/student.jq"
    : >"$SCRATCH/students"
    for key in "${KEYS[@]}"; do
        [ ! -t 2 ] || printf '\r\e[Kadding up %s' "$key" >&2
        sum_up "$key" "$about"
    done
    [ ! -t 2 ] || printf '\r\e[K' >&2
    jq -n --arg date "$DATE" --arg source "$(shown "${SUBMISSIONS##*/}")" --argjson deadline "$DEADLINE_AT" \
        --arg rule "${LATE:-none}" --argjson roster "$([ -n "$ROSTER" ] && echo true || echo false)" \
        --argjson hidden "$([ -n "$HIDDEN" ] && echo true || echo false)" \
        --slurpfile parts "$SCRATCH/used" --slurpfile unknown "$SCRATCH/unknown" \
        -f "$GRADER/class.jq" "$SCRATCH/students" >"$WHERE/.class.json"
    sync "$WHERE/.class.json"
    mv -f "$WHERE/.class.json" "$WHERE/class.json"
    [ "$(jq .status "$WHERE/class.json")" = 0 ] || RESULT=3
    [ ! -x "$GRADER/pages" ] || "$GRADER/pages" "$WHERE" || { echo "class: the pages could not be made" >&2; RESULT=3; }
    [ "${SUDO_UID:-0}" -eq 0 ] || chown -hR "$SUDO_UID:${SUDO_GID:-0}" "$WHERE"
}

# used_parts: those that are chosen, and those with marks from before
used_parts() {
    jq -c --arg chosen "${PARTS[*]}" --rawfile finished "$SCRATCH/done" \
        '.part as $part | select((" \($chosen) " | contains(" \($part) ")) or ($finished | contains(" \($part) ")))' \
        "$SCRATCH/parts" >"$SCRATCH/used"
}

# sum_up KEY ABOUT: students/KEY/whole.json, and a line of $SCRATCH/students
sum_up() {
    local on=null folder=$WHERE/students/$1 intake=$WHERE/students/$1/intake.json files=()
    mkdir -p "$folder"
    mapfile -t files < <(find "$folder" -maxdepth 1 \( -name '[0-9]*.json' -o -name 'capstone*.json' \) | LC_ALL=C sort)
    [ -e "$intake" ] || intake=/dev/null
    [ -z "$ROSTER" ] || { on=false; [ -z "${ON_ROSTER[$1]-}" ] || on=true; }
    jq -nRc -L "$GRADER" --arg id "$(shown "${ID_OF[$1]}")" --arg key "$1" --arg name "${NAME_OF[$1]-}" \
        --argjson roster "$on" \
        --argjson about "$2" --slurpfile used "$SCRATCH/used" --slurpfile intake "$intake" \
        --argjson deadline "$DEADLINE_AT" --argjson rule "$LATE_RULE" \
        -f "$SCRATCH/student.jq" "${files[@]:-/dev/null}" >"$SCRATCH/summed"
    head -n 1 "$SCRATCH/summed" >"$folder/.whole.json"
    mv -f "$folder/.whole.json" "$folder/whole.json"
    tail -n 1 "$SCRATCH/summed" >>"$SCRATCH/students"
}
