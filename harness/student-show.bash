# shellcheck shell=bash
# harness/student-show.bash - what the student's commands print
#
# Sourced by harness/student.

BOLD='' DIM='' RED='' GREEN='' YELLOW='' PLAIN='' TERMINAL=''

# prepare_terminal: colours, where there are some; and what a bar is made of
prepare_terminal() {
    # shellcheck disable=SC2034  # for next
    if [ -t 1 ] && [ -t 2 ]; then TERMINAL=yes; fi
    if [ -t 1 ] && [ -z "${NO_COLOR-}" ] && [ "${TERM:-dumb}" != dumb ]; then
        BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' GREEN=$'\e[32m' YELLOW=$'\e[33m' PLAIN=$'\e[0m'
    fi
    FULL='#' EMPTY='.'
    case ${LC_ALL:-${LC_CTYPE:-${LANG-}}} in *[Uu][Tt][Ff]*8*) FULL='█' EMPTY='░' ;; esac
}

# title PART: 'Lab 02: namespaces', as its sheet has it
title() {
    local line=''
    IFS= read -r line <"$LAB_TOP/$(part_dir "$1")/README.md" 2>/dev/null || true
    line=${line#'# '}
    [ -n "$line" ] || line=$1
    echo "$line"
}

# plural N WORD
plural() { if [ "$1" -eq 1 ]; then echo "1 $2"; else echo "$1 $2s"; fi; }

# bar POINTS OF: 20 columns
bar() {
    local full=$(($1 * 20 / $2)) text='' i
    # something is more than nothing
    [ "$1" -eq 0 ] || [ "$full" -gt 0 ] || full=1
    for ((i = 0; i < 20; i++)); do if [ "$i" -lt "$full" ]; then text+=$FULL; else text+=$EMPTY; fi; done
    echo "$text"
}

# clean: what a program printed, without what moves a cursor
clean() { LC_ALL=C tr -d '\000-\010\013-\037\177'; }

# headline: the lab, and what is known of its points
headline() {
    echo "$BOLD$(title "$PART")$PLAIN: $(exercise_of "$PART")${1:+   $1}"
    echo
}

# ---- next -----------------------------------------------------------------

# first_said: the failed test, as it told it: expected, observed, hint; what bats
# adds only where there is nothing else
first_said() {
    local told=$SCRATCH/private/first
    echo "$RED✗$PLAIN ${BOLD}[$FIRST_POINTS] $FIRST$PLAIN"
    if grep -q '^expected: ' "$told"; then
        grep -vE '^\((from function|in test file)|^ +(in test file|from function) |^  `.* failed( with status [0-9]+)?$' "$told"
    else
        cat "$told"
    fi | clean | awk -v bold="$BOLD" -v plain="$PLAIN" '
        NR > 40 { if (NR == 41) print "(and more: make check has it all)"; next }
        match($0, /^(expected|observed|hint):/) { $0 = bold substr($0, 1, RLENGTH) plain substr($0, RLENGTH + 1) }
        { if (length($0) > 600) $0 = substr($0, 1, 600) "..."; print }' | fold -s -w 76 | sed "s/^/    /"
}

# next_todo: TODO_FILE, TODO_LINE and TODO_TEXT of what is to be written now: where
# the failed test came to a gap, else the gap with the lowest number
next_todo() {
    local gap='' files
    TODO_FILE='' TODO_LINE='' TODO_TEXT=''
    mapfile -t files < <(sources_of "$PART")
    if [ -s "$SCRATCH/private/first" ] && [[ $(<"$SCRATCH/private/first") =~ not\ written\ yet:\ line\ ([0-9]+)\ of\ ([A-Za-z0-9_.-]+) ]]; then
        gap="${BASH_REMATCH[2]} ${BASH_REMATCH[1]}"
    fi
    # Each gap, and the comment with TODO above it.
    IFS=$'\t' read -r TODO_FILE TODO_LINE TODO_TEXT < <(awk -v gap="$gap" '
        FNR == 1 { text = ""; open = 0; name = FILENAME; sub(/.*\//, "", name) }
        /\/\*.*TODO/ || (inside && /TODO/) { text = ""; at = FNR; open = 1; todo = $0; sub(/.*TODO */, "", todo); number = todo + 0 }
        /\/\*/ { inside = 1 }
        open {
            line = $0
            if (text == "") sub(/.*TODO/, "TODO", line); else sub(/^[ \t]*\*?[ \t]*/, "", line)
            if (line ~ /\*\//) { sub(/[ \t]*\*\/.*/, "", line); open = 0 }
            text = text (text == "" ? "" : " ") line
        }
        /\*\// { inside = 0 }
        /"not written yet: line %d of %s"/ {
            where = FILENAME "\t" FNR "\t" (text == "" ? "this part" : text)
            if (gap == name " " FNR) { print where; found = 1; exit }
            if (best == "" || number < lowest) { best = where; lowest = number }
        }
        END { if (!found && best != "") print best }' "${files[@]}") || true
}

show_next() {
    if [ -z "$FIRST" ]; then
        show_no_failure
        return
    fi
    headline "$(score_text)"
    next_todo
    if [ -n "$TODO_FILE" ]; then
        echo "${BOLD}Write:$PLAIN $TODO_FILE:$TODO_LINE"
        fold -s -w 76 <<<"$TODO_TEXT" | sed 's/^/       /'
    else
        echo "${BOLD}Mend:$PLAIN  $(sources_of "$PART" | head -n 1)$([ "$PART" != capstone ] || echo " and its neighbours"); every TODO of it is written"
    fi
    echo
    echo "${BOLD}Why:$PLAIN   this is the first test that fails, in $(part_dir "$PART")/$([ "$PART" != capstone ] || echo isolation/)$FIRST_FILE:"
    echo
    first_said
    echo
    echo "${DIM}make hint: one hint more.  make watch: look again after every save.$PLAIN"
    echo "${DIM}The exercise is explained in $(part_dir "$PART")/README.md, \"The exercise\".$PLAIN"
    say_untried
    say_never
}

score_text() {
    read_score "$PART"
    [ -z "$POINTS" ] || echo "$POINTS of $OF points when last checked"
}

# show_no_failure: all that could be tried passed; or the run did not come to its end
show_no_failure() {
    if [ "$DONE" -lt "$PLANNED" ]; then
        headline
        echo "The tests did not come to their end:"
        tail -n 5 "$SCRATCH/private/stderr" | clean | grep -v BATS_RUN_TMPDIR | sed 's/^/    /' || true
    elif [ "$UNTRIED" -gt 0 ]; then
        headline "$POINTS of $OF points so far"
        echo "Nothing fails of what could be tried here."
        say_untried
        say_never
        local next
        next=$(course_parts | awk -v part="$PART" 'found { print; exit } $0 == part { found = 1 }')
        [ -z "$next" ] || echo "  -> or go on: make next LAB=${next%%-*}"
    else
        headline "$GREEN$POINTS of $OF points$PLAIN"
        echo "All $(plural "$PASSED" test) pass."
        say_never
        choose_part ''
        if [ -n "$PART" ]; then echo "Next: $(title "$PART"): make demo LAB=${PART%%-*} plays it, make next says where to begin."; else
            echo "That was the last one: make submit."
        fi
    fi
}

# skips KIND: of the tests that just ran, COUNT, REMEDY and WHY of each reason of that
# kind, the most frequent first; all that is not `never` counts as mendable
skips() {
    local reason
    sed -n 's/^ok .* # skip *//p' "$RESULTS" | while IFS= read -r reason; do
        read_skip "$reason"
        [ "${SKIP_KIND:-mendable}" != "$1" ] || printf '%s\t%s\n' "${SKIP_REMEDY:--}" "$SKIP_WHY"
    done | sort | uniq -c | sort -rn | sed -E 's/^ *([0-9]+) /\1\t/'
}

say_untried() {
    local count remedy why told=$'\n'
    [ "$UNTRIED" -gt 0 ] || return 0
    echo
    echo "$YELLOW$(plural "$UNTRIED" test) could not be tried here$PLAIN:"
    while IFS=$'\t' read -r count remedy why; do
        echo "  $count: $why" | clean
        [ "$remedy" != sudo ] || remedy="sudo make $COMMAND LAB=${PART%%-*}"
        [ "$remedy" != - ] || remedy="make doctor"
        [[ $told = *$'\n'"$remedy"$'\n'* ]] || { echo "  -> $remedy" | clean; told+=$remedy$'\n'; }
    done < <(skips mendable | head -n 5)
    [ "$told" != $'\n' ] || echo "  -> make vm, or make doctor"
}

say_never() {
    local count why
    [ "$NEVER" -gt 0 ] || return 0
    echo
    echo "$(plural "$NEVER" test) can never run on this machine, and $([ "$NEVER" -eq 1 ] && echo is || echo are) in no total:"
    while IFS=$'\t' read -r count _ why; do echo "  $count: $why"; done < <(skips never) | clean
}

show_build_failure() {
    headline
    echo "${RED}It does not compile.$PLAIN The first error is the one to read:"
    echo
    { grep -m 1 -n -E '(error|undefined|Error)' "$SCRATCH/private/compiler" || true; } >"$SCRATCH/private/at"
    local line
    line=$(cut -d: -f 1 "$SCRATCH/private/at")
    tail -n "+${line:-1}" "$SCRATCH/private/compiler" | clean | head -n 8 | sed 's/^/    /'
}

finish_status() {
    if [ -n "$FIRST" ]; then exit 1; fi
    if [ "$DONE" -lt "$PLANNED" ] || [ "$UNTRIED" -gt 0 ]; then exit 3; fi
}

# ---- hints ------------------------------------------------------------------

# hints_for PART WHAT: the hints of that test (or of that file), one a line
hints_for() {
    local file
    file=$LAB_TOP/$(part_dir "$1")/hints.txt
    [ -r "$file" ] || return 0
    awk -v what="$2" '
        { sub(/\r$/, "") }
        /^== / { on = (substr($0, 4) == what); next }
        !on { next }
        /^[0-9]+\. / { if (text != "") print text; text = $0; sub(/^[0-9]+\. +/, "", text); next }
        /^ +[^ ]/ { sub(/^ +/, ""); text = text " " $0 }
        END { if (text != "") print text }' "$file"
}

show_hints() {
    local what=$TEST hints i
    mapfile -t hints < <(hints_for "$PART" "$TEST")
    if [ ${#hints[@]} -eq 0 ]; then
        # shellcheck disable=SC2153  # read_test sets it
        what=$FILE
        mapfile -t hints < <(hints_for "$PART" "$FILE")
    fi
    if [ ${#hints[@]} -eq 0 ]; then
        echo "There is no hint for: $TEST"
        echo "The test itself names a man page: make next LAB=${PART%%-*}"
        exit 1
    fi
    read_hint "$PART" "$what"
    [ "$SEEN" -ge "${#hints[@]}" ] || { SEEN=$((SEEN + 1)); write_hint "$PART" "$SEEN" "$what"; }
    echo "$BOLD$PART$PLAIN: $TEST"
    for ((i = 0; i < SEEN; i++)); do
        echo
        if [ "$i" -eq $((SEEN - 1)) ]; then echo -n "$BOLD"; else echo -n "$DIM"; fi
        echo "Hint $((i + 1)) of ${#hints[@]}"
        fold -s -w 76 <<<"${hints[i]}" | sed 's/^/  /'
        echo -n "$PLAIN"
    done
    echo
    if [ "$SEEN" -lt "${#hints[@]}" ]; then
        echo "${DIM}Still stuck? make hint again says more.$PLAIN"
    else
        echo "${DIM}That was the last one. The steps of the lab show each call at work; then ask somebody.$PLAIN"
    fi
}

# ---- progress -----------------------------------------------------------------

show_progress() {
    local part sum=0 of=0 left
    for part in $(course_parts); do
        read_score "$part"
        if [ -z "$POINTS" ]; then
            POINTS=0 OF=100 left='not checked yet'
            [ "$part" != capstone ] || OF=200
        elif [ "$POINTS" -eq "$OF" ]; then
            left="done"
        else
            left=''
            [ "$FAILED" -eq 0 ] || left="$(plural "$FAILED" test) to go"
            [ "$UNTRIED" -eq 0 ] || left+="${left:+, }$UNTRIED untried (make check LAB=${part%%-*} says why)"
        fi
        printf '%-18s %-9s %s %3d of %3d   %s\n' "$part" "$(exercise_of "$part")" "$(bar "$POINTS" "$OF")" "$POINTS" "$OF" "$left"
        sum=$((sum + POINTS)) of=$((of + OF))
    done
    printf '%-18s %-9s %s %3d of %3d\n' total '' "$(bar "$sum" "$of")" "$sum" "$of"
    choose_part ''
    echo
    if [ -n "$PART" ]; then
        read_test "$PART"
        echo "Now: $(title "$PART")${TEST:+, \"$TEST\"}. make next says where."
    else
        echo "All done: make submit."
    fi
}
