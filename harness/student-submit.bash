# shellcheck shell=bash
# harness/student-submit.bash - put back, pack, and the reference at last
#
# Sourced by harness/student.

MAX_SIZE=$((1 << 20))   # the class grader takes no larger file

# ---- as handed out -----------------------------------------------------------

# original FILE: prints it as it was handed out; status 1 where nobody knows.  In
# the instructor's tree that is the skeleton of the solved one.
original() {
    if [ -r ".original/$1" ]; then
        cat ".original/$1"
    elif [ -d .original ]; then
        return 1
    elif grep -qs 'BEGIN SOLUTION' "$1"; then
        "$HARNESS/skeleton" "$1"
    elif git cat-file -e "HEAD:$1" 2>/dev/null; then
        git show "HEAD:$1" >"$SCRATCH/private/${1##*/}"
        if grep -qs 'BEGIN SOLUTION' "$SCRATCH/private/${1##*/}"; then
            "$HARNESS/skeleton" "$SCRATCH/private/${1##*/}"
        else
            cat "$SCRATCH/private/${1##*/}"
        fi
    else
        return 1
    fi
}

# handed_out PART: the files that reset puts back
handed_out() {
    if [ -d ".original/$(part_dir "$1")" ]; then
        (cd .original && find "$(part_dir "$1")" -type f | sort)
    else
        sources_of "$1"
    fi
}

# confirmed QUESTION: yes on the terminal, or YES=1
confirmed() {
    local answer=''
    [ "${YES-}" != 1 ] || return 0
    [ -t 0 ] || die 2 "reset asks first, and there is no terminal: YES=1 says yes"
    read -r -p "$1 [y/N] " answer || true
    [[ $answer = [Yy]* ]]
}

reset_part() {
    local file backup changed=()
    SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/student.XXXXXX")
    mkdir -p "$SCRATCH/private" "$SCRATCH/new"
    while IFS= read -r file; do
        mkdir -p "$SCRATCH/new/${file%/*}"
        original "$file" >"$SCRATCH/new/$file" ||
            die 1 "$file: there is no copy of it as it was handed out"
        cmp -s "$file" "$SCRATCH/new/$file" || changed+=("$file")
    done < <(handed_out "$PART")
    if [ ${#changed[@]} -eq 0 ]; then
        echo "$PART: all is as it was handed out."
        return
    fi
    backup=backup/$(date +%Y-%m-%d-%H%M%S)
    while [ -e "$backup" ]; do backup+=+; done
    echo "As they were handed out:"
    printf '  %s\n' "${changed[@]}"
    confirmed "Put them back? Yours go to $backup." || { echo "Nothing is changed."; exit 1; }
    for file in "${changed[@]}"; do
        if [ -e "$file" ]; then
            mkdir -p "$backup/${file%/*}"
            cp -p -- "$file" "$backup/$file"
        fi
        # in place, with the owner and mode that it has
        cat "$SCRATCH/new/$file" >"$file"
        give_back "$file"
    done
    [ ! -d "$backup" ] || give_back backup "$backup"
    forget_test
    [ ! -e "$STATE" ] || keep "score $PART " ''
    echo "Done. Yours: $backup"
}

# ---- handing in ------------------------------------------------------------------

# begun PART: does it differ from what was handed out?  Where nobody knows, yes.
begun() {
    local file
    [ -d ".original/$(part_dir "$1")" ] || return 0
    while IFS= read -r file; do
        cmp -s "$file" ".original/$file" || return 0
    done < <(sources_of "$1")
    return 1
}

# ask_id: who submits, into ID
ask_id() {
    ID=${ID-}
    [ -n "$ID" ] || ID=$([ ! -r "$STATE" ] || sed -n 's/^id  *//p' "$STATE" | tr -d '\r' | tail -n 1)
    if [ -z "$ID" ]; then
        [ -t 0 ] || die 2 "who are you? make submit ID=name (as your instructor knows you)"
        read -r -p "Your id, as your instructor knows you: " ID || true
    fi
    [[ $ID =~ ^[A-Za-z0-9_][A-Za-z0-9._@+-]{0,63}$ ]] ||
        die 2 "ID '$ID': letters, digits and . _ @ + - only, 64 at most"
    keep "id " "id $ID"
}

# self_check PART: a line with what a check gives now; its JSON in $SCRATCH/PART.json
self_check() {
    local status=0 said="$SCRATCH/private/check" words
    PART=$1
    [ -z "$TERMINAL" ] || printf '\r\e[K  %s: checking' "$1" >&2
    if [ "${CHECK-}" = no ] || { [ -n "$ONLY" ] && [ "$ONLY" != "$1" ]; }; then
        read_score "$1"
        words="not checked now${POINTS:+; $POINTS of $OF at $WHEN}"
        WHEN=${WHEN:-never}
    else
        check_part >"$said" 2>&1 || status=$?
        read_score "$1"
        WHEN=now
        words="$POINTS of $OF points"
        [ "${UNTRIED:-0}" -eq 0 ] || words+=", $(plural "$UNTRIED" test) untried here ($REMEDY)"
        ! grep -q '(does not build)' "$said" || words="${RED}it does not compile$PLAIN: 0 of $OF points"
        [ "$status" -ne 2 ] || words="could not be checked: $(tail -n 1 "$said")"
    fi
    [ -z "$TERMINAL" ] || printf '\r\e[K' >&2
    printf '  %-18s %s\n' "$1" "$words"
    jq -n --arg part "$1" --arg points "$POINTS" --arg of "$OF" --arg untried "$UNTRIED" --arg when "$WHEN" \
        '{ $part, points: ($points | tonumber? // null), of: ($of | tonumber? // null),
           untried: ($untried | tonumber? // null), checked: $when }' >"$SCRATCH/private/$1.json"
}

# take FILE: a copy of it into the pack
take() {
    local to=$SCRATCH/pack/$ID/$1
    if [ -L "$1" ] || [ ! -f "$1" ]; then die 1 "$1: not an ordinary file, so it cannot be handed in"; fi
    [ "$(stat -c %s -- "$1")" -le "$MAX_SIZE" ] || die 1 "$1: larger than 1 MiB, which no grader takes"
    mkdir -p "${to%/*}"
    cp -- "$1" "$to"
}

submit() {
    local part file parts=() left=() ONLY=${1:-${LAB-}} archive
    [ -z "$ONLY" ] || ONLY=$(resolve_part "$ONLY") || exit 2
    ask_id
    begin_scratch
    warn_of_edited_tests
    for part in $(course_parts); do
        if begun "$part"; then parts+=("$part"); else left+=("$part"); fi
    done
    [ ${#parts[@]} -gt 0 ] || die 1 "nothing is written yet, so there is nothing to hand in (make next)"
    echo "${BOLD}Self-check$PLAIN"
    for part in "${parts[@]}"; do self_check "$part"; done
    for part in "${left[@]}"; do printf '  %-18s not begun, left out\n' "$part"; done
    for part in "${parts[@]}"; do
        while IFS= read -r file; do take "$file"; done < <(sources_of "$part")
    done
    write_manifest "${parts[@]}"
    archive=$ID.tar.gz
    if [ -e "$archive" ]; then
        tar -tzf "$archive" 2>/dev/null | grep -xF "$ID/manifest.json" >/dev/null ||
            die 1 "$archive: is there already, and is no submission: not replaced"
        echo "(the $archive of before is replaced)"
    fi
    tar -C "$SCRATCH/pack" --owner=0 --group=0 --numeric-owner --sort=name -czf "$archive.$$" "$ID"
    mv -f -- "$archive.$$" "$archive"
    give_back "$archive"
    show_pack
}

write_manifest() {
    local documents=("${@/#/$SCRATCH/private/}")
    documents=("${documents[@]/%/.json}")
    (cd "$SCRATCH/pack/$ID" && find . -type f -printf '%P\n' | sort | while IFS= read -r file; do
        jq -n --arg name "$file" --arg sha256 "$(sha256sum <"$file" | cut -d ' ' -f 1)" \
            --argjson size "$(stat -c %s -- "$file")" '{ $name, $size, $sha256 }'
    done) | jq -s '.' >"$SCRATCH/private/files.json"
    jq -s --arg id "$ID" --arg version "$(version)" --arg date "$(date -u '+%Y-%m-%dT%H:%M:%SZ')" \
        --slurpfile files "$SCRATCH/private/files.json" '{
            $id, $version, $date,
            score: ([.[].points // 0] | add), of: ([.[].of // 0] | add),
            parts: ., files: $files[0] }' "${documents[@]}" >"$SCRATCH/pack/$ID/manifest.json"
}

# version: of the course, as it was handed out
version() {
    if [ -r VERSION ]; then head -n 1 VERSION; else git describe --always --dirty 2>/dev/null || echo unknown; fi
}

show_pack() {
    echo
    echo "$BOLD$archive$PLAIN, $(stat -c %s -- "$archive") bytes, holds"
    tar -tzvf "$archive" | awk '$1 !~ /^d/ { printf "  %8d  %s\n", $3, $NF }'
    echo
    jq -r '"Self-check: \(.score) of \(.of) points. What counts is what your instructor'"'"'s grader finds."' \
        "$SCRATCH/pack/$ID/manifest.json"
}

# ---- the reference ------------------------------------------------------------------

# reference FILE: prints it; status 1 where it is not
reference() {
    if [ -r "solutions/$1.gz" ]; then
        gzip -dc "solutions/$1.gz"
    elif [ ! -d .original ] && grep -qs 'BEGIN SOLUTION' "$1"; then
        cat "$1"
    elif [ ! -d .original ] && git show "HEAD:$1" 2>/dev/null | grep -qs 'BEGIN SOLUTION'; then
        git show "HEAD:$1"
    else
        return 1
    fi
}

show_solution() {
    local file any='' status=0
    read_score "$PART"
    [ "${POINTS:-0}" -eq "${OF:-100}" ] ||
        die 1 "$PART: after full marks only; so far ${POINTS:-0} of ${OF:-100} points (make check LAB=${PART%%-*})"
    begin_scratch
    echo "student: looking whether your own still earns full marks" >&2
    check_part >"$SCRATCH/private/check" 2>&1 || status=$?
    [ "$status" -ne 3 ] || die 3 "$PART: not everything can be graded here, so no reference yet: $REMEDY"
    [ "$status" -eq 0 ] || die 1 "$PART: not full marks any more (make check LAB=${PART%%-*}); no reference yet"
    while IFS= read -r file; do
        reference "$file" >"$SCRATCH/private/reference" || continue
        any=yes
        [ "$PART" != capstone ] || printf '/* ---- %s ---- */\n' "$file"
        cat "$SCRATCH/private/reference"
    done < <(sources_of "$PART")
    [ -n "$any" ] || die 1 "the references are not in this tree; your instructor has them"
}
