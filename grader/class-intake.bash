# shellcheck shell=bash disable=SC2034
# grader/class-intake.bash - who handed in what, and when
#
# Sourced by grader/class.  Sets
#   KEYS      every student's key, in order; a key is a safe name for a folder
#   ID_OF     its id, as it was
#   SOURCES   its submissions, NUL-free names one a line, a / in front of each
#   ON_ROSTER, NAME_OF   from the roster

declare -A ID_OF=() SOURCES=() ON_ROSTER=() NAME_OF=() TIME_OF=() CHOSEN=()
KEYS=()

# key_of ID: into KEY.  What could mean something to a shell, a path or a table
# becomes %XX.
key_of() {
    local LC_ALL=C id=$1 i byte
    KEY=
    for ((i = 0; i < ${#id}; i++)); do
        byte=${id:i:1}
        case $byte in
            [A-Za-z0-9_@+]) KEY+=$byte ;;
            [.-]) if [ "$i" -gt 0 ]; then KEY+=$byte; else printf -v KEY '%%%02X' "'$byte"; fi ;;
            *) printf -v byte %d "'$byte"; printf -v byte '%%%02X' $((byte & 255)); KEY+=$byte ;;
        esac
    done
    [ ${#KEY} -le 200 ] || KEY=${KEY:0:180}%$(printf %s "$id" | sha256sum | head -c 16)
}

# shown ID: fit to be shown; as it is if it is plain UTF-8, else its key
shown() {
    if [[ $1 = *[[:cntrl:]]* ]] || ! iconv -f UTF-8 -t UTF-8 <<<"$1" >/dev/null 2>&1; then
        key_of "$1"
        printf %s "$KEY"
    else
        printf %s "$1"
    fi
}

# add_student ID: to KEYS, once; its key in KEY
add_student() {
    key_of "$1"
    [ -n "${ID_OF[$KEY]-}" ] || KEYS+=("$KEY")
    ID_OF[$KEY]=$1
}

# find_submissions: look at every name in the folder, and at the roster
find_submissions() {
    local entry kind when name id why
    : >"$SCRATCH/unknown"
    while IFS= read -r -d '' entry; do
        kind=${entry%%/*} entry=${entry#*/}
        when=${entry%%/*} name=${entry#*/}
        why='' id=${name%.tar.gz}
        [ "$id" != "$name" ] || id=${name%.tgz}
        [ "$id" != "$name" ] || id=${name%.tar}
        [ "$kind" != d ] || id=$name
        case $kind in
            d | f | l) ;;
            *) why="neither a folder nor a file" ;;
        esac
        [ "$kind" != f ] || [[ $name != *.time ]] || continue
        [[ $name != .* ]] || why="a hidden file"
        [[ $kind = [dl] || $id != "$name" ]] || why="neither a folder nor a .tar.gz, .tgz or .tar"
        [ -n "$id" ] || why="it has no id"
        if [ -n "$why" ]; then
            jq -nc --arg name "$(shown "$name")" --arg reason "$why" '$ARGS.named' >>"$SCRATCH/unknown"
            continue
        fi
        add_student "$id"
        SOURCES[$KEY]+=${name//$'\n'/$'\1'}$'\n'
        TIME_OF[$KEY/$name]=${when%.*}
    done < <(find "$SUBMISSIONS" -mindepth 1 -maxdepth 1 -printf '%y/%T@/%f\0' | LC_ALL=C sort -z -t / -k 3)
    [ -z "$ROSTER" ] || read_roster
    mapfile -t KEYS < <([ ${#KEYS[@]} -eq 0 ] || printf '%s\n' "${KEYS[@]}" | LC_ALL=C sort)
    [ ${#KEYS[@]} -gt 0 ] || die 2 "$SUBMISSIONS: no submissions there"
    gone
}

# read_roster: with Miller, which knows the quotes, line ends and marks of CSV
read_roster() {
    local id name
    mlr --icsv --ojson -S --allow-ragged-csv-input cat <"$ROSTER" >"$SCRATCH/roster" 2>"$SCRATCH/said" ||
        die 2 "ROSTER: $ROSTER: $(grep -m 1 . "$SCRATCH/said" || echo "no CSV")"
    jq -e 'length > 0 and all(.[]; has("id") and has("name"))' "$SCRATCH/roster" >/dev/null ||
        die 2 "ROSTER: $ROSTER: needs a header line with the columns id and name, and a line a student"
    while IFS= read -r -d '' id && IFS= read -r -d '' name; do
        [ -n "$id" ] || die 2 "ROSTER: $ROSTER: a student without id (${name:-and without name})"
        add_student "$id"
        [ -z "${ON_ROSTER[$KEY]-}" ] || die 2 "ROSTER: $ROSTER: $id is there twice"
        ON_ROSTER[$KEY]=yes NAME_OF[$KEY]=$name
    done < <(jq -j '.[] | .id, .name | tostring | gsub("\u0000"; "") | . + "\u0000"' "$SCRATCH/roster")
}

# gone: marks of an earlier run whose submission is not there any more stay, but
# are no part of the class; say so
gone() {
    local folder key
    for folder in "$WHERE"/students/*/; do
        [ -d "$folder" ] || continue
        key=$(basename "$folder")
        [ -n "${ID_OF[$key]-}" ] || jq -nc --arg name "$key" \
            '{ $name, reason: "graded before, and its submission is gone; the marks stay in students/\($name)" }' >>"$SCRATCH/unknown"
    done
}

# choose_students: into CHOSEN those of STUDENT=, or all
choose_students() {
    local word words=()
    if [ -z "$STUDENT" ]; then
        for word in "${KEYS[@]}"; do CHOSEN[$word]=yes; done
        return
    fi
    key_of "$STUDENT"
    if [ -n "${ID_OF[$KEY]-}" ]; then words=("$STUDENT")
    elif [[ $STUDENT = *,* ]]; then IFS=, read -r -a words <<<"$STUDENT"
    else read -r -a words <<<"$STUDENT"; fi
    for word in "${words[@]}"; do
        key_of "${word# }"
        [ -n "${ID_OF[$KEY]-}" ] || die 2 "STUDENT: no '$word' here; there are ${#KEYS[@]}, from $(shown "${ID_OF[${KEYS[0]}]}") to $(shown "${ID_OF[${KEYS[-1]}]}")"
        CHOSEN[$KEY]=yes
    done
}

# when_handed_in KEY NAME: into WHEN (seconds since 1970) and WHEN_FROM: a .time
# file beside it, of that very name or of the id, else the date of the file; of a
# folder, the newest date in it, as far as files are asked for
when_handed_in() {
    local side word
    for side in "$2.time" "${ID_OF[$1]}.time"; do
        [[ -f $SUBMISSIONS/$side && ! -L $SUBMISSIONS/$side ]] || continue
        word=$(head -c 100 -- "$SUBMISSIONS/$side" | tr -d '\0' | head -n 1)
        [[ ! $word =~ ^[0-9]{9,11}$ ]] || word=@$word
        if [ -n "$word" ] && WHEN=$(date -d "$word" +%s 2>/dev/null); then
            WHEN_FROM=$side
            return
        fi
        jq -nc --arg name "$(shown "$side")" '{ $name, reason: "no date that date(1) takes; the date of the submission itself counts" }' >>"$SCRATCH/unknown"
    done
    WHEN=${TIME_OF[$1/$2]} WHEN_FROM="its date"
    [ ! -d "$SUBMISSIONS/$2" ] || [ -L "$SUBMISSIONS/$2" ] || WHEN=$(find "$SUBMISSIONS/$2" -maxdepth 4 -type f \
        \( -name '*.[ch]' -o -name manifest.json \) -printf '%Ts\n' 2>/dev/null | sort -n | tail -n 1 | grep . || echo "$WHEN")
}

# take_submissions: the files of those chosen, and of whoever is new
take_submissions() {
    local key done=0
    for key in "${KEYS[@]}"; do
        done=$((done + 1))
        [ -z "${SOURCES[$key]-}" ] && { forget_submission "$key"; continue; }
        [ -n "${CHOSEN[$key]-}" ] || [ ! -e "$WHERE/students/$key/intake.json" ] || continue
        [ ! -t 2 ] || printf '\r\e[Ktaking in %d of %d' "$done" "${#KEYS[@]}" >&2
        take_one "$key"
    done
    [ ! -t 2 ] || printf '\r\e[K' >&2
}

# forget_submission KEY: on the roster, and nothing handed in
forget_submission() { rm -rf -- "$WHERE/students/$1/intake.json" "$WHERE/students/$1/submission"; }

# take_one KEY: the newest of its submissions, into students/KEY/submission, and
# students/KEY/intake.json about it
take_one() {
    local key=$1 name newest='' newest_when newest_from older=() folder=$WHERE/students/$1 half status=0 problem=''
    while IFS= read -r name; do
        name=${name//$'\1'/$'\n'}
        when_handed_in "$key" "$name"
        if [ -z "$newest" ] || [ "$WHEN" -gt "$newest_when" ]; then
            [ -z "$newest" ] || older+=("$(shown "$newest")")
            newest=$name newest_when=$WHEN newest_from=$WHEN_FROM
        else
            older+=("$(shown "$name")")
        fi
    done < <(printf %s "${SOURCES[$key]}")
    mkdir -p "$folder"
    half=$(mktemp -d "$folder/.half.XXXXXX")
    mkdir "$half/submission"
    if [ -L "$SUBMISSIONS/$newest" ]; then
        problem="a symbolic link, which is not followed"
    else
        "$LAB_TOP/build/grader/intake" "$SUBMISSIONS/$newest" "$half/submission" "${WANTED[@]}" \
            </dev/null >"$half/taken" 2>"$half/said" || status=$?
        [ "$status" -eq 0 ] || problem="cannot be read now: $(head -n 1 "$half/said" | tr -cd '\40-\176' | cut -c -200)"
    fi
    if [ -n "$problem" ]; then
        jq -nc --arg problem "$problem" '{ accepted: [], refused: [], more: 0, $problem }' >"$half/taken"
    fi
    describe "$key" "$newest" "$newest_when" "$newest_from" "$status" "${older[@]}" >"$half/intake.json"
    rm -rf "$folder/submission"
    mv "$half/submission" "$folder/submission"
    mv "$half/intake.json" "$folder/intake.json"
    rm -rf "$half"
}

# describe KEY NAME WHEN FROM STATUS OLDER...: intake.json, from the folder $half
describe() {
    local key=$1 name=$2 when=$3 from=$4 status=$5 kind=archive
    shift 5
    [ ! -d "$SUBMISSIONS/$name" ] || kind=folder
    (cd "$half/submission" && find . -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -r0 sha256sum --) >"$half/sums"
    head -c 65536 "$half/submission/manifest.json" >"$half/manifest" 2>/dev/null || true
    jq -nc --arg id "$(shown "${ID_OF[$key]}")" --arg key "$key" --arg source "$(shown "$name")" --arg kind "$kind" \
        --argjson when "$when" --arg from "$(shown "$from")" --argjson status "$status" \
        --slurpfile taken "$half/taken" --rawfile sums "$half/sums" --rawfile manifest "$half/manifest" \
        --arg capstone "$( { grep "  capstone/" "$half/sums" || true; } | sha256sum | head -c 64)" --argjson wanted "$WANTED_JSON" \
        -f "$GRADER/class-intake.jq" --args "$@"
}
