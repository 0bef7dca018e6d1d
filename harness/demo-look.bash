# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153  # one part of harness/demo; the others are beside it
# harness/demo-look.bash - what the player puts on the screen
#
# Sourced by harness/demo.

# look_begin: colours only on a terminal, and not where NO_COLOR asks for none
look_begin() {
    BOLD='' PLAIN='' DIM='' CODE='' USER_SIGN='' ROOT_SIGN='' ALARM='' BAR='' ASK='' TELL='' SCREEN=''
    if [ -t 1 ] && [ "${TERM-dumb}" != dumb ]; then SCREEN=yes; fi
    if [ -n "$SCREEN" ] && [ -z "${NO_COLOR-}" ]; then
        BOLD=$'\e[1m' PLAIN=$'\e[0m' DIM=$'\e[2m' CODE=$'\e[36m' ALARM=$'\e[1;31m' BAR=$'\e[1;7m'
        USER_SIGN=$'\e[30;42m' ROOT_SIGN=$'\e[30;41m' ASK=$'\e[30;43m' TELL=$'\e[30;46m'
    fi
    ROWS=0
    look_size
    trap look_size WINCH
}

# look_size: into WIDTH and HEIGHT.  Prose is never wider than 100.
look_size() {
    local size=''
    COLUMNS_NOW=80 HEIGHT=0
    [ -z "$SCREEN" ] || { size=$(stty size <&3 2>/dev/null) || size=''; } 3<&1
    if [[ $size =~ ^([1-9][0-9]*)\ ([1-9][0-9]*)$ ]]; then HEIGHT=${BASH_REMATCH[1]} COLUMNS_NOW=${BASH_REMATCH[2]}; fi
    WIDTH=$((COLUMNS_NOW < 100 ? COLUMNS_NOW : 100))
}

# title_bar TITLE PLACE: a new screen; what was on the old one stays in the scrollback
title_bar() {
    local rule i
    ROWS=2
    if [ -z "$BAR" ]; then
        printf -v rule '%*s' "$((${#1} < WIDTH ? ${#1} : WIDTH))" ''
        printf '\n%s\n%s\n' "$1" "${rule// /=}"
        return
    fi
    for ((i = 0; i < HEIGHT; i++)); do echo; done
    printf '\e[H\e[J%s' "$BAR"
    i=$((COLUMNS_NOW - ${#1} - ${#2} - 2))
    if [ "$i" -gt 0 ]; then printf ' %s%*s%s ' "$1" "$i" '' "$2"; else printf ' %s ' "$1"; fi
    printf '%s\n' "$PLAIN"
}

# say TEXT: lines of the sheet.  Where they would push off the screen what nobody
# had the time to read, a key first.  Status 1 if that key says to leave.
say() {
    local line rows lines
    mapfile -t lines <<<"$1"
    for line in "${lines[@]}"; do
        visible_length "$line"
        rows=$((VISIBLE / COLUMNS_NOW + 1))
        if [ "$HEIGHT" -gt 4 ] && [ $((ROWS + rows)) -gt $((HEIGHT - 2)) ] && [ -z "$AUTO" ]; then
            wait_key '[more]' || return 1
        fi
        ROWS=$((ROWS + rows))
        printf '%s\n' "$line" 2>/dev/null || nobody_there
    done
    pace_text "$1"
}

# visible_length TEXT: into VISIBLE, without what only changes colours
visible_length() {
    local text=$1
    VISIBLE=0
    while [[ $text == *$'\e['* ]]; do
        VISIBLE=$((VISIBLE + $(printf %s "${text%%$'\e['*}" | wc -m)))
        text=${text#*$'\e['} text=${text#*m}
    done
    VISIBLE=$((VISIBLE + ${#text}))
}

# is_next_item ITEM: of a list that the item above it began
is_next_item() {
    local item='^[[:space:]]*([-*]|[0-9]+\.)[[:space:]]'
    [ "${ITEM_KIND[$1 - 1]}" = text ] && [[ ${ITEM_TEXT[$1]} =~ $item && ${ITEM_TEXT[$1 - 1]} =~ $item ]]
}

# prose TEXT: a paragraph or list item, wrapped.  Bold and `code` become what the
# terminal can show (code keeps its quotes where it can show nothing); a link is
# its text, and its address if that leads out of the course.
prose() {
    local text=$1 word words column=0 indent='' link='(.*)\[([^]]+)\]\(([^) ]+)\)(.*)' mark visible bold='' code=''
    while [[ $text =~ $link ]]; do
        case ${BASH_REMATCH[3]} in
            http*) text="${BASH_REMATCH[1]}${BASH_REMATCH[2]} <${BASH_REMATCH[3]}>${BASH_REMATCH[4]}" ;;
            *) text=${BASH_REMATCH[1]}${BASH_REMATCH[2]}${BASH_REMATCH[4]} ;;
        esac
    done
    if [[ $text =~ ^([[:space:]]*([-*]|[0-9]+\.)[[:space:]]+) ]]; then
        printf -v indent '%*s' "${#BASH_REMATCH[1]}" ''
        printf '%s' "${BASH_REMATCH[1]}"
        text=${text:${#indent}} column=${#indent}
    fi
    read -r -d '' -a words <<<"$text" || true
    for word in "${words[@]}"; do
        case $word in
            '**Predict.**' | '**Explain.**')
                visible=${word//'**'/}
                if [ "$visible" = Predict. ]; then mark=$ASK; else mark=$TELL; fi
                printf '%s' "$mark${mark:+ }$visible${mark:+ }$PLAIN"
                column=$((${#visible} + ${#mark} / 4))
                continue ;;
        esac
        visible=${word//'**'/}
        [ -z "$CODE" ] || visible=${visible//'`'/}
        if [ "$column" -gt "${#indent}" ]; then
            if [ $((column + 1 + ${#visible})) -gt "$WIDTH" ]; then
                printf '\n%s' "$indent"
                column=${#indent}
            else
                printf ' '
                column=$((column + 1))
            fi
        fi
        column=$((column + ${#visible}))
        while [[ $word == *'**'* || ( -n $CODE && $word == *'`'* ) ]]; do
            mark=${word%%'**'*}
            if [[ -n $CODE && $mark == *'`'* || $word != *'**'* ]]; then
                mark=${word%%'`'*}
                printf %s "$mark"
                word=${word#*'`'}
                if [ -z "$code" ]; then code=yes; printf %s "$CODE"; else code=''; printf %s "$PLAIN${bold:+$BOLD}"; fi
            else
                printf %s "$mark"
                word=${word#*'**'}
                if [ -z "$bold" ]; then bold=yes; printf %s "$BOLD"; else bold=''; printf %s "$PLAIN${code:+$CODE}"; fi
            fi
        done
        printf %s "$word"
    done
    printf '%s\n' "$PLAIN"
}

# verbatim TEXT: a table for this terminal; anything else as it stands
verbatim() {
    case $1 in
        '|'*) LC_ALL=C awk -v width="$COLUMNS_NOW" -v bold="$BOLD" -v plain="$PLAIN" -f "$HARNESS/demo-table.awk" <<<"$1" ;;
        *) printf '%s\n' "$1" ;;
    esac
}

# show PIECE: of the output of a command, as it comes
show() {
    printf %s "$1" 2>/dev/null || nobody_there
    if [[ $1 == *$'\n' ]]; then SHOWN_PARTIAL=''; else SHOWN_PARTIAL=yes; fi
}

# prompt_of N: into SIGN, plain, and PROMPT, as it is shown
prompt_of() {
    SIGN='$' PROMPT="$USER_SIGN${USER_SIGN:+ }\$${USER_SIGN:+ }$PLAIN "
    [ "${CMD_WHO[$1]}" = user ] || SIGN='#' PROMPT="$ROOT_SIGN${ROOT_SIGN:+ }#${ROOT_SIGN:+ }$PLAIN "
}

# type_command N: the prompt, and the command letter by letter; a key meanwhile
# shows the rest at once, and is heeded then unless it is the one to go on
type_command() {
    local text=${CMD_TEXT[$1]} i delay
    prompt_of "$1"
    printf '%s%s' "$PROMPT" "$BOLD"
    DRAWN=$PROMPT$BOLD$text$PLAIN
    if [ -n "$AUTO" ]; then
        pace_typing "$text"
    elif [ -n "$FAST" ]; then
        printf %s "$text"
    else
        # 30 ms a letter, and never more than 2.5 s in all
        delay=$((${#text} > 83 ? 2500 / ${#text} : 30))
        printf -v delay '0.%03d' "$((delay > 0 ? delay : 1))"
        for ((i = 0; i < ${#text}; i++)); do
            printf %s "${text:i:1}"
            [ $((i + 1)) -lt "${#text}" ] || break
            if IFS= read -rsN1 -t "$delay" HELD_KEY; then
                printf %s "${text:i+1}"
                case $HELD_KEY in $'\n' | ' ') HELD_KEY='' ;; esac
                break
            fi
            heed_signals
        done
    fi
    printf %s "$PLAIN"
}

# not_run BLOCK: what the sheet says of a block that cannot run here
not_run() {
    local i root=''
    case $LACKS_NAME in
        root)
            root=yes
            say "$ALARM(needs root)$PLAIN not run; this is what the sheet says:" || return 1 ;;
        *) say "$(prose "$ALARM(not run)$PLAIN $LACKS. This is what the sheet says:")" || return 1 ;;
    esac
    for ((i = BLOCK_FIRST[$1]; i < BLOCK_FIRST[$1] + BLOCK_COUNT[$1]; i++)); do
        SKIPPED=$((SKIPPED + 1))
        prompt_of "$i"
        say "$(printf '%s\n%s' "$SIGN ${CMD_TEXT[i]}" "${CMD_OUTPUT[i]}" | sed "s/^/  $DIM|$PLAIN /")" || return 1
    done
    if [ -n "$root" ] && [ -z "$AUTO" ] && [ -z "${TOLD_ROOT-}" ]; then
        TOLD_ROOT=yes
        say "$DIM(under sudo it runs. space: on, s: skip the rest of this step)$PLAIN"
    fi
}

# show_expected N: what the sheet promises of a command
show_expected() {
    local line
    prompt_of "$1"
    printf '%s\n' "${DIM}The sheet says (... is any text):$PLAIN" "  $DIM|$PLAIN $SIGN ${CMD_TEXT[$1]//$'\n'/$'\n'  $DIM|$PLAIN }"
    [ -z "${CMD_OUTPUT[$1]}" ] || while IFS= read -r line; do printf '%s\n' "  $DIM|$PLAIN $line"; done <<<"${CMD_OUTPUT[$1]%$'\n'}"
}

# ---- the source -----------------------------------------------------------

# source_here: into SOURCE, the file behind the command at hand (in the section HERE),
# or behind any of the section
source_here() {
    local name text
    SOURCE=''
    for text in "${1:+${CMD_TEXT[$1]}}" "$(commands_of "${SECTION_BLOCKS[HERE]}")"; do
        for name in $(grep -oE '(^|[ ;(/"])(step|payload-)[a-z0-9_-]+' <<<"$text" | tr -d ' ;(/"') "$(exercise_name "$DEMO_DIR")"; do
            if [[ $text != *"$name"* ]] || [ ! -f "$DEMO_DIR/$name.c" ]; then continue; fi
            SOURCE=$DEMO_DIR/$name.c
            return 0
        done
    done
    return 1
}

# show_source FILE: in less where there is one; Ctrl-C there is for less
show_source() {
    local text prompt
    text=$(coloured "$1")
    if [ -n "$SCREEN" ] && command -v less >/dev/null; then
        trap '' INT
        prompt=${1##*/}
        LESSSECURE=1 less -R -Ps"${prompt//./\\.}  (space\: on, q\: back to the demo)" <<<"$text" || true
        trap 'SIGNALLED=130' INT
    else
        printf '\n%s:\n%s\n' "${1##*/}" "$text"
    fi
    keys_again
}

# coloured FILE: a C file, numbered, with colours where there is a program for that
coloured() {
    [ -z "$BOLD" ] || ! command -v highlight >/dev/null ||
        ! highlight --syntax c --out-format ansi --line-numbers --line-number-length 3 --replace-tabs 8 "$1" 2>/dev/null || return 0
    cat -n "$1" | expand
}
