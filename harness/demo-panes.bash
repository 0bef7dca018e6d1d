# shellcheck shell=bash
# shellcheck disable=SC2153,SC2154  # one part of harness/demo; the others are beside it
# harness/demo-panes.bash - what the host sees, beside the demo, in tmux
#
# Sourced by harness/demo.  Where a step leaves something running, the processes
# that it started are shown as the host sees them: their PIDs and users out here
# and in there, which namespaces and control groups they have of their own.

# Smaller terminals have no room for both.
PANES_COLUMNS=132 PANES_ROWS=30 HOST_COLUMNS=52

# panes_begin ARGUMENT...: can there be panes?  Where there is a tmux and we are not
# in it, all goes on in one of our own, and ends with it.
panes_begin() {
    PANE='' PANES_MAY='' PANES_WANT=''
    if [ -n "$AUTO" ] || [ -n "${DEMO_RECORDED-}" ] || [ "${TERM-dumb}" = dumb ] || [ "${PANES-}" = 0 ] || ! command -v tmux >/dev/null; then
        return 0
    fi
    [ "${PANES-}" != 1 ] || PANES_WANT=yes
    if [ -n "${TMUX-}" ]; then
        PANES_MAY=yes
    elif [ -n "$PANES_WANT" ] || { panes_fit && leaves_running "${SECTION_BLOCKS[*]}"; }; then
        panes_own_tmux "$@"
    fi
}

# panes_fit: is the terminal large enough?
panes_fit() {
    local rows=0 columns=0
    [ -z "$PANE" ] || return 0
    read -r rows columns < <(stty size 2>/dev/null) || true
    [ "${columns:-0}" -ge "$PANES_COLUMNS" ] && [ "$rows" -ge "$PANES_ROWS" ]
}

# leaves_running BLOCKS: does one of their commands go to the background?
leaves_running() {
    local line
    while IFS= read -r line; do
        [[ ! $line =~ $BACKGROUND ]] || return 0
    done < <(commands_of "$1")
    return 1
}

# panes_own_tmux ARGUMENT...: a server of its own, which reads nobody's settings, takes
# no keys for itself and ends with its terminal.  Comes back only if it did not start.
panes_own_tmux() {
    local file status
    file=$(mktemp "${TMPDIR:-/tmp}/demo.XXXXXX")
    # shellcheck disable=SC2016  # for that shell to expand
    tmux -L "demo-$$" -f /dev/null new-session \
        sh -c 'trap : INT; "$@"; echo $? >"$0"' "$file" "$HARNESS/demo" "$@" \; \
        set -g status off \; set -g prefix None \; set -sg escape-time 20 \; set -g destroy-unattached on || true
    status=$(cat "$file")
    rm -f -- "$file"
    heed_signals
    [ -z "$status" ] || exit "$status"
}

# panes_for SECTION: shown where it helps, unless the lecturer has decided (PANES_WANT)
panes_for() {
    [ -n "$PANES_MAY" ] || return 0
    panes_tell
    case $PANES_WANT in
        yes) pane_open ;;
        no) pane_close ;;
        *) if leaves_running "${SECTION_BLOCKS[$1]}" && panes_fit; then pane_open; else pane_close; fi ;;
    esac
}

# panes_switch: the key
panes_switch() {
    if [ -z "$PANES_MAY" ]; then
        flash "a second pane needs tmux: start the demo in tmux, or with PANES=1"
    elif [ -n "$PANE" ]; then
        PANES_WANT=no
        pane_close
    else
        PANES_WANT=yes
        pane_open
    fi
}

pane_open() {
    local tries before=$COLUMNS_NOW
    [ -z "$PANE" ] || return 0
    PANE=$(tmux split-window -hbd -l "$HOST_COLUMNS" -t "$TMUX_PANE" -P -F '#{pane_id}' \
        "$HARNESS/demo" --host "$PIPES/host" 2>/dev/null) || { PANE=''; return 0; }
    # The new size comes a moment later.
    for ((tries = 0; tries < 20 && COLUMNS_NOW == before; tries++)); do sleep 0.05; look_size; done
}

pane_close() {
    local tries before=$COLUMNS_NOW
    [ -n "$PANE" ] || return 0
    tmux kill-pane -t "$PANE" 2>/dev/null || true
    PANE=''
    for ((tries = 0; tries < 20 && COLUMNS_NOW == before; tries++)); do sleep 0.05; look_size; done
}

panes_end() {
    [ -z "${PANE-}" ] || tmux kill-pane -t "$PANE" 2>/dev/null || true
    PANE=''
}

# panes_tell: what the other pane has to know: who we are, how to find what the sheet
# started, and its shells, which are not to be shown
panes_tell() {
    [ -n "$PANES_MAY" ] || return 0
    printf '%s\n' "$$" "$LAB_MARK" "${SHELL_PID[*]-}" >"$PIPES/host.new"
    mv "$PIPES/host.new" "$PIPES/host"
}

# ---- in the other pane ----------------------------------------------------

# host_view FILE: until the demo has ended, or the pane is closed
host_view() {
    local demo mark shells pid frame line room columns
    [ -r "$1" ] || misused "--host is for the demo itself"
    look_begin
    trap 'exit 0' INT HUP TERM
    printf '\e[?25l'
    while { { IFS= read -r demo && IFS= read -r mark && IFS= read -r shells; } <"$1"; } 2>/dev/null && [ -e "/proc/$demo" ]; do
        frame=''
        for pid in $(our_pids '' "LAB_MARK=$mark" | sort -n); do
            [[ " $shells " = *" $pid "* ]] || frame+=$(host_process "$pid")$'\n'
        done
        room=$((HEIGHT - 2)) columns=$COLUMNS_NOW
        printf '\e[H%s%-*s%s\n\e[K' "$BAR" "$columns" ' What the host sees' "$PLAIN"
        while IFS= read -r line && [ "$((room -= 1))" -gt 0 ]; do
            printf '%s%s\e[K\n' "${line:0:columns + 12}" "$PLAIN"
        done <<<"${frame:-  nothing of the demo runs now}"
        printf '\e[J'
        sleep 0.7
    done
}

# plain_line: stdin as one line of printable ASCII, '?' for each other byte
plain_line() { tr '\n' ' ' | LC_ALL=C tr -c ' -~' '?' | sed 's/ *$//'; }

# host_process PID: some lines on it, each of which fits by itself
host_process() {
    local key value name='' uid='' inside='' caps='' filter='' first own='' kind theirs line group
    while IFS=$':\t' read -r key value; do
        value=${value#"${value%%[![:space:]]*}"}
        case $key in
            Name) name=$value ;;
            State) [[ $value != Z* ]] || own=zombie ;;
            Uid) uid=${value%%[[:space:]]*} ;;
            NSpid) inside=${value##*[[:space:]]}; [[ $value = *[[:space:]]* ]] || inside='' ;;
            CapEff) caps=$value ;;
            Seccomp) [ "$value" = 0 ] || filter=yes ;;
        esac
    done 2>/dev/null <"/proc/$1/status"
    [ -n "$name" ] || return 0
    # What a process calls itself is for the terminal to show, never to act on.
    first=$(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | plain_line) || first=''
    name=$(plain_line <<<"$name")
    printf '\n%s\n' "$BOLD$(printf '%6s' "$1") ${first:-($name)}"
    if [ "$own" = zombie ]; then
        echo "       zombie: ended, and not waited for"
        return
    fi
    printf '       %s\n' "uid $uid$(host_id "$1" "$uid")${inside:+, PID $inside inside}"
    own=''
    for kind in user pid mnt uts ipc net cgroup time; do
        theirs=$(readlink "/proc/$1/ns/$kind" 2>/dev/null) || continue
        [ "$theirs" = "$(readlink "/proc/self/ns/$kind")" ] || own+="$CODE       $theirs"$'\n'
    done
    printf '%s' "$own"
    while IFS= read -r line; do
        group=${line#*:}
        grep -qxF -- "$line" /proc/self/cgroup || printf '       %s\n' "group $(plain_line <<<"${group#*:}") ${group%%:*}"
    done < <(cat "/proc/$1/cgroup" 2>/dev/null)
    [ "$caps" = 0000000000000000 ] || printf '       %s\n' "CapEff $caps"
    [ -z "$filter" ] || printf '       %s\n' "a seccomp filter"
}

# host_id PID UID: what this user is called in there, if that is another number
host_id() {
    awk -v uid="$2" '
        $1 == 0 && $2 == 0 && $3 == 4294967295 { exit }
        uid >= $2 && uid < $2 + $3 { found = 1; if ($1 + uid - $2 != uid) printf ", %d inside", $1 + uid - $2; exit }
        END { if (!found && NR > 1) print ", nobody inside" }' "/proc/$1/uid_map" 2>/dev/null || true
}
