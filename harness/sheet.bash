# shellcheck shell=bash
# shellcheck disable=SC2034  # what it fills in is for walk and demo
# harness/sheet.bash - read a lab sheet and run its console blocks
#
# Sourced by harness/walk and harness/demo, after procs.bash.  Three parts: the sheet as a list of items, the two
# shells that run its commands, and the comparison of what a command printed
# with what the sheet promises.
#
# A console block is fenced ```console.  `$ cmd` runs as an ordinary user,
# `# cmd` as root; the lines below are the output (stdout and stderr merged).
# `...` inside a line matches any text, a line that is only `...` any number of
# lines.  Trailing blanks and trailing empty lines do not count.  A command
# that ends in `\` goes on in the next line.  Output that itself starts with
# `$ ` or `# ` is written with `...` in front.  `<!-- needs: FACILITY... -->` on
# a line before the fence says what the block takes (support/lib.bash).

# ---- the sheet ------------------------------------------------------------

# sheet_parse FILE: fills, in the order of the sheet,
#   ITEM_KIND ITEM_TEXT ITEM_LINE     heading, text (a paragraph, list item, ...),
#                                     verbatim (a table, a fence), block; the text
#                                     of a block is its number
#   BLOCK_SECTION BLOCK_NEEDS BLOCK_FIRST BLOCK_COUNT    per block: heading, needs,
#                                     its commands as a range of the next arrays
#   CMD_WHO CMD_TEXT CMD_OUTPUT CMD_LINE   per command: user or root, ...
# A sheet that cannot be read so: what and where in SHEET_ERROR, and status 1.
sheet_parse() {
    local file=$1 line n=0 section='' needs='' needs_line=0 fence='' start=0 para='' para_line=0 open='' table=-1
    ITEM_KIND=() ITEM_TEXT=() ITEM_LINE=()
    BLOCK_SECTION=() BLOCK_NEEDS=() BLOCK_FIRST=() BLOCK_COUNT=()
    CMD_WHO=() CMD_TEXT=() CMD_OUTPUT=() CMD_LINE=()
    SHEET_ERROR=''
    [ -r "$file" ] || { SHEET_ERROR="cannot be read"; return 1; }
    while IFS= read -r line || [ -n "$line" ]; do
        n=$((n + 1))
        if [ -n "$fence" ]; then
            if [[ $line =~ ^'```'[[:space:]]*$ ]]; then
                if [ "$fence" = console ]; then
                    [ -z "$open" ] || { SHEET_ERROR="line $n: the block ends in the middle of a command"; return 1; }
                    [ "${BLOCK_COUNT[-1]}" -gt 0 ] || { SHEET_ERROR="line $start: a console block without a command"; return 1; }
                else
                    sheet_item verbatim "$para" "$start"
                fi
                fence='' para=''
            elif [ "$fence" = console ]; then
                sheet_console_line "$line" "$n" || return 1
            else
                para+=${para:+$'\n'}"    $line"
            fi
            continue
        fi
        if [ "$needs_line" -gt 0 ] && [[ $line != '```console'* && $line =~ [^[:space:]] ]]; then
            SHEET_ERROR="line $needs_line: 'needs' without a console block below it"
            return 1
        fi
        if [[ $line == '```'* ]]; then
            sheet_paragraph_ends
            fence=${line#'```'} fence=${fence%%[[:space:]]*} start=$n
            if [ "$fence" = console ]; then
                BLOCK_SECTION+=("$section") BLOCK_NEEDS+=("$needs")
                BLOCK_FIRST+=("${#CMD_TEXT[@]}") BLOCK_COUNT+=(0)
                sheet_item block "$((${#BLOCK_SECTION[@]} - 1))" "$n"
                needs='' needs_line=0
            fi
            fence=${fence:-text}
        elif [[ $line =~ ^'<!--'[[:space:]]*needs:(.*)'-->'[[:space:]]*$ ]]; then
            sheet_paragraph_ends
            needs=${BASH_REMATCH[1]} needs_line=$n
        elif [[ $line =~ ^'<!--'.*'-->'[[:space:]]*$ || ! $line =~ [^[:space:]] ]]; then
            sheet_paragraph_ends
        elif [[ $line =~ ^(#+)[[:space:]]+(.*[^[:space:]])[[:space:]]*$ ]]; then
            sheet_paragraph_ends
            [ "${BASH_REMATCH[1]}" = '###' ] || section=${BASH_REMATCH[2]}
            sheet_item "heading${#BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "$n"
        elif [[ $line == '|'* || $line == '    '* && -z $para ]]; then
            sheet_paragraph_ends
            if [ "$table" -eq $((n - 1)) ]; then
                ITEM_TEXT[-1]+=$'\n'$line
            else
                sheet_item verbatim "$line" "$n"
            fi
            table=$n
        else
            [[ ! $line =~ ^[[:space:]]*([-*]|[0-9]+\.)[[:space:]] ]] || sheet_paragraph_ends
            [ -n "$para" ] || para_line=$n
            para+=${para:+$'\n'}$line
        fi
    done <"$file"
    sheet_paragraph_ends
    [ -z "$fence" ] || { SHEET_ERROR="line $start: this fence is never closed"; return 1; }
    [ "$needs_line" -eq 0 ] || { SHEET_ERROR="line $needs_line: 'needs' without a console block below it"; return 1; }
    [ "${#BLOCK_SECTION[@]}" -gt 0 ] || { SHEET_ERROR="no console block in it"; return 1; }
}

sheet_item() { ITEM_KIND+=("$1") ITEM_TEXT+=("$2") ITEM_LINE+=("$3"); }

# For sheet_parse alone: it works on the variables of its caller.
sheet_paragraph_ends() {
    [ -z "$para" ] || sheet_item text "$para" "$para_line"
    para=''
}

# One line inside a console block; open is set while a command goes on.
sheet_console_line() {
    local line=$1 n=$2 trimmed
    trimmed=${line%"${line##*[![:space:]]}"}
    if [ -n "$open" ]; then
        CMD_TEXT[-1]+=$'\n'$trimmed
    elif [[ $line == '$ '* || $line == '# '* ]]; then
        if [[ $line == '$'* ]]; then CMD_WHO+=(user); else CMD_WHO+=(root); fi
        CMD_TEXT+=("${trimmed:2}") CMD_OUTPUT+=('') CMD_LINE+=("$n")
        BLOCK_COUNT[-1]=$((BLOCK_COUNT[-1] + 1))
    elif [ "${BLOCK_COUNT[-1]}" -gt 0 ]; then
        CMD_OUTPUT[-1]+=$trimmed$'\n'
        return 0
    elif [ -n "$trimmed" ]; then
        SHEET_ERROR="line $n: output before the block's first command"
        return 1
    else
        return 0
    fi
    if [[ $trimmed == *\\ ]]; then open=yes; else open=''; fi
}

# sheet_block_lacks BLOCK: status 1 if this machine can run it; else 0, and in LACKS_NAME
# the facility that it lacks, LACKS_KIND what facility() ended with, LACKS why, and
# LACKS_REMEDY.  What it said is kept: a sheet asks often.
declare -A FACILITY_SAID=() FACILITY_KIND=()
sheet_block_lacks() {
    local name i want=" ${BLOCK_NEEDS[$1]} "
    for ((i = BLOCK_FIRST[$1]; i < BLOCK_FIRST[$1] + BLOCK_COUNT[$1]; i++)); do
        [[ $want = *" ${CMD_WHO[i]} "* ]] || want=" ${CMD_WHO[i]}$want"
    done
    LACKS='' LACKS_NAME='' LACKS_KIND=0 LACKS_REMEDY=''
    for name in $want; do
        if [ -z "${FACILITY_SAID[$name]+known}" ]; then
            FACILITY_KIND[$name]=0
            FACILITY_SAID[$name]=$(facility "$name") || FACILITY_KIND[$name]=$?
        fi
        [ "$LACKS_KIND" -eq 0 ] || continue
        LACKS_NAME=$name LACKS_KIND=${FACILITY_KIND[$name]} LACKS=${FACILITY_SAID[$name]%%$'\n'*}
        LACKS_REMEDY=${FACILITY_SAID[$name]#*$'\n'}
    done
    [ "$LACKS_KIND" -ne 0 ]
}

# ---- the two shells -------------------------------------------------------
#
# One bash as the ordinary user, one as root, neither with a terminal.  Each
# reads commands from a pipe.  To know where the output of a command ends, the
# shell is handed a fresh random word, only after the command has ended, and
# prints it: the command cannot have known it.  Commands have /dev/null as
# input and none of our descriptors.

# shellcheck disable=SC2016  # for that bash to expand
SHELL_LOOP='__walk_status() { return "$1"; }; __walk_last=0
exec 201>&1; umask 022; ulimit -S -c 0
while IFS= read -r -d "" __walk_do; do
    __walk_status "$__walk_last"
    eval "$__walk_do" </dev/null 201>&-
    __walk_last=$?
    IFS= read -r -d "" __walk_do
    printf "%s %s\n" "$__walk_do" "$__walk_last" >&201
done; exit 0'

# Far more than a sheet shows; a command that prints without end is ended.
OUTPUT_MAX=40000

declare -A SHELL_IN=() SHELL_OUT=() SHELL_PID=()

# shells_begin FOLDER: where the next shells start; they are started when needed
shells_begin() {
    SHELL_DIR=$1
    LAB_MARK="walk-$$-$RANDOM$RANDOM"
    export -n LAB_MARK # our own helpers are not to carry it
    SCRATCH=$(mktemp -d "$(scratch_base)/walk.XXXXXX")
    PIPES=$(mktemp -d "${TMPDIR:-/tmp}/walk-pipes.XXXXXX")
    [ "$EUID" -ne 0 ] || chown "$(lab_uid):$(lab_gid)" "$SCRATCH"
}

# A folder that the ordinary user can make files in; bats' own TMPDIR is not.
scratch_base() {
    if as_user test -w "${TMPDIR:-/tmp}" -a -x "${TMPDIR:-/tmp}"; then echo "${TMPDIR:-/tmp}"; else echo /tmp; fi
}

# shell_start WHO
shell_start() {
    local who=$1 in out
    mkfifo "$PIPES/in" "$PIPES/out"
    shell_become "$who" <"$PIPES/in" >"$PIPES/out" 2>&1 &
    SHELL_PID[$who]=$!
    know "$!"
    disown # bash would report its end
    exec {in}>"$PIPES/in" {out}<"$PIPES/out"
    SHELL_IN[$who]=$in SHELL_OUT[$who]=$out
    rm "$PIPES/in" "$PIPES/out"
    printf '%s\n' "$SHELL_LOOP" 2>/dev/null 1>&"$in" || return 1
    # shellcheck disable=SC2016  # for that bash to expand
    shell_run "$who" 'echo $$' 10 || return 1
    [[ $RUN_OUTPUT =~ ^[0-9]+$'\n'$ ]] || return 1
    # What it says is not enough: it must be one that we started.
    our_pids "${SHELL_PID[$who]}" "LAB_MARK=$LAB_MARK" | grep -xF "${RUN_OUTPUT%$'\n'}" >/dev/null || return 1
    SHELL_PID[$who]=${RUN_OUTPUT%$'\n'}
    know "${SHELL_PID[$who]}"
}

# In a subshell: becomes that shell.  env resets the signals that a background
# job is born ignoring, and that every program below it would then ignore.
shell_become() {
    local fd shell
    for fd in /proc/self/fd/*; do
        fd=${fd##*/}
        [ "$fd" -le 2 ] || [ "$fd" -eq 255 ] || eval "exec $fd>&-"
    done
    cd "$SHELL_DIR" || exit
    shell=(env --default-signal TERM=dumb TMPDIR="$SCRATCH" setsid bash --norc --noprofile)
    if [ "$1" = user ]; then
        LAB_HOME=$SCRATCH as_user "${shell[@]}"
    else
        env -i PATH="$PATH" HOME="$SCRATCH" LANG=C.UTF-8 LC_ALL=C.UTF-8 LAB_MARK="$LAB_MARK" "${shell[@]}"
    fi
}

# shell_run WHO COMMAND SECONDS [SHOW]: run it in that shell.  RUN_OUTPUT is what
# it printed, RUN_STATUS its status; status 0 if it ended by itself.  Else 1, and
# RUN_FATE says what happened:
#   late    it did not end in that time, and was ended; the shell goes on
#   stuck   the same, and the shell had to be ended with it
#   dead    the shell ended: exit, exec, or killed
#   stopped somebody set RUN_STOP while it ran; the shell goes on
# SHOW is a function that gets each piece of the output as it comes.  It calls
# heed_signals, of walk and demo, between any two reads.
shell_run() {
    local who=$1 show=${4-} word line='' rest SOME began end status size=0 hard=''
    local in=${SHELL_IN[$who]} out=${SHELL_OUT[$who]}
    RUN_OUTPUT='' RUN_STATUS='' RUN_FATE=dead
    read -r word </proc/sys/kernel/random/uuid
    word=$'\x1e'$word
    read -r began _ </proc/uptime
    printf '%s\0%s\0' "$2" "$word" 2>/dev/null 1>&"$in" || return 1
    end=$((SECONDS + $3)) RUN_FATE=ok
    while :; do
        status=0
        read_some "$out" 0.2 || status=$?
        heed_signals
        line+=$SOME
        if [[ $line == *"$word "*$'\n' ]]; then
            RUN_STATUS=${line##*"$word "} RUN_STATUS=${RUN_STATUS%$'\n'}
            shell_said "${line%"$word "*}"
            [ "$RUN_FATE" = ok ]
            return
        fi
        # A piece of a line may be the beginning of our word.
        rest=${line##*$'\n'}
        [[ $rest = *$'\x1e'* ]] || rest=''
        shell_said "${line%"$rest"}"
        line=$rest
        if [ "$status" -ne 0 ] && { [ "$status" -le 128 ] || ! is_same "${SHELL_PID[$who]}"; }; then
            [ "$RUN_FATE" = stuck ] || RUN_FATE=dead
            return 1
        fi
        if [ -n "${RUN_STOP-}" ] && [ "$RUN_FATE" = ok ]; then
            # As control-C would, so that programs can clean up; those that do not
            # care are ended as if they were late.
            RUN_FATE=stopped RUN_STOP=''
            kill_pids INT sheet_pids "$began"
            end=$((SECONDS + 2))
        elif [ "$SECONDS" -gt "$end" ] || { [ "$size" -gt "$OUTPUT_MAX" ] && [ "$RUN_FATE" = ok ]; }; then
            shell_interrupt "$who" "$began"
            end=$((SECONDS + 2))
        fi
    done
}

# Both for shell_run alone: they work on its variables.
shell_said() {
    [ -n "$1" ] || return 0
    size=$((size + ${#1}))
    [ "$size" -gt "$OUTPUT_MAX" ] || RUN_OUTPUT+=$1
    [ -z "$show" ] || "$show" "$1"
}

# First what the command started; if that does not bring the shell back, the shell.
shell_interrupt() {
    if [ -z "$hard" ]; then
        hard=yes
        [ "$RUN_FATE" = stopped ] || RUN_FATE=late
        kill_pids KILL sheet_pids "$2"
    else
        RUN_FATE=stuck
        send_signal KILL "${SHELL_PID[$1]}" || true
        kill_pids KILL sheet_pids "$2"
    fi
}

# shellcheck disable=SC2120  # kill_pids passes one on
# sheet_pids [SINCE]: what this sheet started and still runs, without its shells
sheet_pids() {
    our_pids "${SHELL_PID[*]}" "LAB_MARK=$LAB_MARK" "${1-}" | grep -vxFf <(printf '%s\n' "${SHELL_PID[@]}") || true
}

# pids_gone TRIES: wait until the sheet runs nothing more, 50 ms a try
pids_gone() {
    local tries
    for ((tries = 0; tries < $1; tries++)); do
        # shellcheck disable=SC2119
        [ -n "$(sheet_pids)" ] || return 0
        sleep 0.05
    done
    return 1
}

# shells_end: end the shells and all that the sheet left running, and remove the
# scratch folder.  Programs that clean up after themselves get a second for it.
shells_end() {
    local who
    [ -n "${SCRATCH-}" ] || return 0
    for who in "${!SHELL_IN[@]}"; do
        eval "exec ${SHELL_IN[$who]}>&- ${SHELL_OUT[$who]}<&-"
    done
    if ! pids_gone 1; then
        kill_pids TERM sheet_pids
        pids_gone 20 || kill_pids KILL sheet_pids
    fi
    for who in "${!SHELL_PID[@]}"; do
        send_signal KILL "${SHELL_PID[$who]}" || true
    done
    pids_gone 100 || kill_pids KILL sheet_pids
    SHELL_IN=() SHELL_OUT=() SHELL_PID=()
    rm -rf -- "$PIPES"
    # An overlay's work folder is closed even to its owner.
    rm -rf --one-file-system -- "$SCRATCH" 2>/dev/null || {
        chmod -R u+rwX "$SCRATCH" 2>/dev/null || true
        rm -rf --one-file-system -- "$SCRATCH" || true
    }
    SCRATCH=''
}

BACKGROUND='(^|[^&>|<])&($|[^&>0-9-])'

# command_run N SECONDS [SHOW]: command N of the sheet, in its shell
command_run() {
    local who=${CMD_WHO[$1]}
    RUN_OUTPUT='' RUN_STATUS='' RUN_FATE=dead
    if [ -z "${SHELL_PID[$who]-}" ]; then shell_start "$who" || return 1; fi
    shell_run "$who" "${CMD_TEXT[$1]}" "${@:2}" || return 1
    # A job that was put in the background is under way by the time that anybody
    # has typed the next command; here, that would come at once.
    [[ ! ${CMD_TEXT[$1]} =~ $BACKGROUND ]] || { sleep 0.1; heed_signals; }
}

# command_fate SECONDS: in words, what shell_run's RUN_FATE tells
command_fate() {
    case $RUN_FATE in
        stopped) echo "stopped by Ctrl-C" ;;
        late) echo "it did not end within $1 s, or printed without end, and was ended" ;;
        stuck) echo "it did not end within $1 s, or printed without end, and was ended, its shell too" ;;
        dead) echo "the shell ended" ;;
    esac
}

# ---- what comes before ----------------------------------------------------

# shared_variable EARLY WANTED: a variable that the commands of the blocks EARLY set
# and those of WANTED use without setting it first, or nothing
shared_variable() {
    local name
    for name in $(commands_of "$1" | grep -oE '(^|[ ;])[a-z_][a-z0-9_]*=' | tr -d ' ;=' | sort -u); do
        if awk -v set="(^|[ ;])$name=" -v use="[$]{?$name([^a-z0-9_]|$)" '
            $0 ~ set { exit }
            $0 ~ use { used = 1; exit }
            END { exit !used }' < <(commands_of "$2"); then
            echo "$name"
            return
        fi
    done
}

# run_unseen BLOCKS: those that this machine can run
run_unseen() {
    local block i
    for block in $1; do
        ! sheet_block_lacks "$block" || continue
        for ((i = BLOCK_FIRST[block]; i < BLOCK_FIRST[block] + BLOCK_COUNT[block]; i++)); do
            command_run "$i" "$SECONDS_MAX" || true
        done
    done
}

# commands_of BLOCKS: their commands, one a line
commands_of() {
    local block i
    for block in $1; do
        for ((i = BLOCK_FIRST[block]; i < BLOCK_FIRST[block] + BLOCK_COUNT[block]; i++)); do
            printf '%s\n' "${CMD_TEXT[i]}"
        done
    done
}

# ---- what the sheet promises ----------------------------------------------

# line_matches PATTERN LINE: `...` is any text, all else is itself
line_matches() {
    local want=$1 got=$2 part
    [[ $want == *...* ]] || { [ "$want" = "$got" ]; return; }
    part=${want%%...*}
    [ "${got:0:${#part}}" = "$part" ] || return 1
    got=${got:${#part}} want=${want#*...}
    while [[ $want == *...* ]]; do
        part=${want%%...*} want=${want#*...}
        [[ $got == *"$part"* ]] || return 1
        got=${got#*"$part"}
    done
    [[ $got == *"$want" ]]
}
# text_lines TEXT: into LINES, without trailing blanks and empty lines at the end
text_lines() {
    local i
    mapfile -t LINES <<<"$1"
    for i in "${!LINES[@]}"; do LINES[i]=${LINES[i]%"${LINES[i]##*[![:space:]]}"}; done
    while [ "${#LINES[@]}" -gt 0 ] && [ -z "${LINES[-1]}" ]; do unset 'LINES[-1]'; done
}

# output_matches EXPECTED OBSERVED: status 0 if they do.  Else the difference is
# in DIFF: what agrees at the top and at the end plain, between them what was
# expected and what was observed.
output_matches() {
    local -a want got
    local w=0 g=0 star=-1 mark=0 i tail=0
    text_lines "$1"; want=("${LINES[@]}")
    text_lines "$2"; got=("${LINES[@]}")
    while [ "$g" -lt "${#got[@]}" ]; do
        if [ "$w" -lt "${#want[@]}" ] && [ "${want[w]}" = ... ]; then
            star=$w mark=$g w=$((w + 1))
        elif [ "$w" -lt "${#want[@]}" ] && line_matches "${want[w]}" "${got[g]}"; then
            w=$((w + 1)) g=$((g + 1))
        elif [ "$star" -ge 0 ]; then
            mark=$((mark + 1)) g=$mark w=$((star + 1))
        else
            break
        fi
    done
    while [ "$w" -lt "${#want[@]}" ] && [ "${want[w]}" = ... ]; do w=$((w + 1)); done
    [ "$w" -lt "${#want[@]}" ] || [ "$g" -lt "${#got[@]}" ] || return 0

    DIFF=''
    for ((i = 0; i < ${#want[@]} && i < ${#got[@]}; i++)); do
        if [ "${want[i]}" = ... ] || ! line_matches "${want[i]}" "${got[i]}"; then break; fi
        DIFF+="          ${got[i]}"$'\n'
    done
    while ((tail < ${#want[@]} - i && tail < ${#got[@]} - i)) &&
        [ "${want[-1 - tail]}" != ... ] && line_matches "${want[-1 - tail]}" "${got[-1 - tail]}"; do
        tail=$((tail + 1))
    done
    for ((w = i; w < ${#want[@]} - tail; w++)); do DIFF+="expected: ${want[w]}"$'\n'; done
    [ "$w" -gt "$i" ] || DIFF+="expected: (nothing)"$'\n'
    for ((g = i; g < ${#got[@]} - tail; g++)); do DIFF+="observed: ${got[g]}"$'\n'; done
    [ "$g" -gt "$i" ] || DIFF+="observed: (nothing)"$'\n'
    for (( ; g < ${#got[@]}; g++)); do DIFF+="          ${got[g]}"$'\n'; done
    return 1
}
